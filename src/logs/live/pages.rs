//! What Live prints: the strip above the rows, and the button that begins and ends it.

use askama::Template;

use super::{newer::CAP, since::Told};
use crate::core::words;

/// The switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// Whether it is on.
    pub on: bool,
    /// What asks for the new entries first.
    pub newer: String,
    /// The list, which ends it.
    pub list: String,
}

/// What stands in the strip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strip {
    /// Somebody watches.
    On {
        /// What asks again.
        again: String,
        /// `Nothing new yet`, or nothing where there is something to show.
        quiet: Option<&'static str>,
        /// `Show 3 new entries`.
        show: Option<String>,
        /// When it ends: `15:08`.
        until: String,
    },
    /// It is over: nobody pressed anything for half an hour.
    Ended {
        /// `Show 3 new entries`.
        show: Option<String>,
    },
    /// What is asked for cannot be watched.
    Refused {
        /// Why.
        message: &'static str,
    },
}

/// `GET /logs/newer`.
#[derive(Template)]
#[template(path = "logs/live/fragment.html")]
pub struct NewerFragment {
    /// The strip.
    pub strip: Strip,
    /// The switch, where it changes.
    pub live: Option<Live>,
    /// The list as of now.
    pub list: String,
    /// What a screen reader says, where there is news.
    pub announcement: Option<String>,
}

/// `3 new entries`; nothing where there is none.
#[must_use]
pub fn told_words(told: Told) -> Option<String> {
    let Told { entries, at_least } = told;
    let cap = u64::try_from(CAP).unwrap_or(u64::MAX);
    Some(match (entries, at_least) {
        (0, _) => return None,
        (n, _) if n > cap => format!("more than {} new entries", words::count(cap)),
        (n, true) => format!("at least {}", words::counted(n, "new entry", "new entries")),
        (n, false) => words::counted(n, "new entry", "new entries"),
    })
}

/// What the strip says where nothing is new.
#[must_use]
pub fn quiet_words(told: Told) -> &'static str {
    if told.at_least { "Nothing new found yet; not everything could be looked at" } else { "Nothing new yet" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_never_more_than_is_known() {
        let words = |entries, at_least| told_words(Told { entries, at_least }).unwrap_or_default();
        assert_eq!(words(0, true), "");
        assert_eq!(words(1, false), "1 new entry");
        assert_eq!(words(1_000, false), "1,000 new entries");
        assert_eq!(words(3, true), "at least 3 new entries");
        assert_eq!(words(1_001, false), "more than 1,000 new entries");
    }
}
