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
}

/// How often `entry` happened lately, from what of theirs was loaded before it, back to `loaded`; none where that is all.
#[must_use]
pub fn lately(entry: &Moment, before: &[&Moment], loaded: Option<Timestamp>) -> Lately {
    let since = entry.timestamp.plus(-LATELY);
    let alike = before.iter().filter(|moment| moment.timestamp > since && moment.is_alike(entry));
    let (times, first) =
        alike.fold((1, entry.timestamp), |(times, first), moment| (times + 1, first.min(moment.timestamp)));
    Lately { times, first, whole: loaded.is_none_or(|loaded| loaded <= since) }
}

#[cfg(test)]
mod tests {
    use super::{super::moment::tests::at, *};

    #[test]
    fn only_an_error_is_said_to_be_the_first() {
        let first = |moment: &Moment| crate::logs::story::view::lately(lately(moment, &[], None), moment);
        assert_eq!(first(&at(0, "error")).as_deref(), Some("for the first time in 24 hours"));
        let refused = Moment { status: "warning".to_owned(), ..at(0, "login") };
        assert_eq!(first(&refused), None);
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
        assert_eq!(counted, Lately { times: 3, first: before[1].timestamp, whole: true });
        assert!(!lately(&entry, &before[1..], Some(before[1].timestamp)).whole);
        assert!(lately(&entry, &before[1..], None).whole);
        assert_eq!(lately(&entry, &[], None).times, 1);
    }
}
