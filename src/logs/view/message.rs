//! The error of an entry as its page shows it: whole as a rule, cut where it is longer than a page can be.

use crate::{
    core::{
        marks::Marked,
        time::{Timestamp, Zone},
    },
    logs::{
        export::Format,
        filter::{Filter, ListQuery, Range},
        link,
    },
};

/// How much of an error is shown, in bytes; the same as of `extra`.
const SHOWN: usize = 64 * 1024;

/// The error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageView {
    /// Its text, with what was searched for marked.
    pub text: Marked,
    /// Whether there is more of it.
    pub cut: bool,
    /// Where there is: the entries of its instant as a file, in which it is whole, as far as a filter can mean that instant.
    pub file: Option<String>,
}

impl MessageView {
    /// The error of an entry at `at`; none where it is blank.
    #[must_use]
    pub fn of(message: Option<&str>, at: Timestamp, zone: Zone, terms: &[String]) -> Option<Self> {
        let message = message.filter(|text| !text.trim().is_empty())?;
        let shown = &message[..message.floor_char_boundary(SHOWN)];
        let cut = shown.len() < message.len();
        Some(Self { text: Marked::of(shown, terms), cut, file: if cut { file(at, zone) } else { None } })
    }
}

fn file(at: Timestamp, zone: Zone) -> Option<String> {
    let next = at.plus(chrono::Duration::microseconds(1));
    let sayable = at >= Timestamp::MIN && next <= Timestamp::MAX;
    let range = Range::Between { from: Some(at), to: Some(next) };
    let query = ListQuery::first(Filter { range, ..Filter::default() });
    sayable.then(|| link::export(&query, zone, Format::Ndjson))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_between_letters_and_leads_to_the_whole() {
        let at = Timestamp::parse_rfc3339("2026-06-18T13:32:07.418123Z").expect("an instant");
        let of = |text: &str| MessageView::of(Some(text), at, Zone::UTC, &[]);
        assert_eq!(of(" \n"), None);
        let short = of("KeyError: 'walker'").expect("a message");
        assert_eq!((short.cut, short.file), (false, None));
        let long = of(&"é".repeat(SHOWN)).expect("a message");
        let shown: usize = long.text.parts.iter().map(|part| part.text.len()).sum();
        assert_eq!((shown, long.cut), (SHOWN, true));
        let file = long.file.expect("a file");
        assert_eq!(
            file,
            "/logs/export.ndjson?range=custom&from=2026-06-18T13:32:07.418123%2B00:00&to=2026-06-18T13:32:07.418124%2B00:00"
        );
    }
}
