//! How often the same has happened to somebody lately, up to one entry.

use chrono::Duration;

use super::moment::Moment;
use crate::core::time::Timestamp;

/// How far back “lately” reaches.
pub const LATELY: Duration = Duration::hours(24);

/// How often, as far as was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lately {
    /// So many times, this one included.
    pub times: usize,
    /// When first, within [`LATELY`].
    pub first: Timestamp,
    /// Whether all of [`LATELY`] was looked through; else it was so often at least.
    pub whole: bool,
    /// Whether each time it was the same error, and not only the same description of one.
    pub same_error: bool,
}

/// How often `entry` happened lately, from what of theirs was loaded before it, back to `loaded`; none where that is all.
#[must_use]
pub fn lately(entry: &Moment, before: &[&Moment], loaded: Option<Timestamp>) -> Lately {
    let since = entry.timestamp.plus(-LATELY);
    let alike: Vec<&&Moment> =
        before.iter().filter(|moment| moment.timestamp > since && moment.is_alike(entry)).collect();
    Lately {
        times: alike.len() + 1,
        first: alike.iter().map(|moment| moment.timestamp).min().unwrap_or(entry.timestamp).min(entry.timestamp),
        whole: loaded.is_none_or(|loaded| loaded <= since),
        same_error: alike.iter().all(|moment| moment.is_same_error(entry)),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::moment::tests::at, *};

    #[test]
    fn only_an_error_is_said_to_be_the_first() {
        let first = |moment: &Moment| crate::logs::story::view::lately(lately(moment, &[], None), moment, true);
        assert_eq!(first(&at(0, "error")).as_deref(), Some("for the first time in 24 hours"));
        let refused = Moment { status: "warning".to_owned(), ..at(0, "login") };
        assert_eq!(first(&refused), None);
    }

    #[test]
    fn another_error_under_one_description_is_not_the_same() {
        let error = |seconds, message: &str| Moment { error_message: Some(message.to_owned()), ..at(seconds, "error") };
        let (entry, before) =
            (error(120, "KeyError: 'walker'"), [error(0, "TimeoutError"), error(60, "KeyError: 'walker'")]);
        let said = |before: &[&Moment], sees| {
            crate::logs::story::view::lately(lately(&entry, before, None), &entry, sees).expect("a sentence")
        };
        assert_eq!(said(&[&before[1]], true), "for the second time in a minute");
        assert_eq!(said(&[&before[1]], false), "for the second time with this description in a minute");
        assert_eq!(said(&[&before[1], &before[0]], true), "for the third time with this description in 2 minutes");
        assert_eq!(said(&[], false), "for the first time with this description in 24 hours");
    }

    #[test]
    fn the_same_counts_within_a_day() {
        const HOUR: i64 = 3_600;
        let entry = at(100 * HOUR, "error");
        let before = [
            at(76 * HOUR, "error"),
            at(77 * HOUR, "error"),
            at(80 * HOUR, "error members/help"),
            at(90 * HOUR, "page_visit"),
            at(99 * HOUR, "error"),
        ];
        let before: Vec<&Moment> = before.iter().collect();
        let counted = lately(&entry, &before, Some(before[0].timestamp));
        assert_eq!(counted, Lately { times: 3, first: before[1].timestamp, whole: true, same_error: true });
        assert!(!lately(&entry, &before[1..], Some(before[1].timestamp)).whole);
        assert!(lately(&entry, &before[1..], None).whole);
        assert_eq!(lately(&entry, &[], None).times, 1);
    }
}
