//! Entries in order, with what is between them said and what repeats folded.

use chrono::Duration;
use uuid::Uuid;

use super::moment::Moment;

/// From how much time between two entries on it is said.
pub const GAP: Duration = Duration::minutes(2);
/// From how many times on, one after the other, the same is folded.
const FOLD: usize = 3;

/// A part of a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item<'a> {
    /// So much time without an entry.
    Gap(Duration),
    /// An entry.
    One(&'a Moment),
    /// The same several times, one after the other.
    Many(&'a [Moment]),
}

/// The trail of entries, oldest first. `alone` is never folded: it is the one that is being read.
#[must_use]
pub fn items(moments: &[Moment], alone: Option<Uuid>) -> Vec<Item<'_>> {
    let mut out = Vec::new();
    let mut before: Option<&Moment> = None;
    for run in moments.chunk_by(|a, b| a.says_the_same(b) && Some(a.id) != alone && Some(b.id) != alone) {
        let parts = if run.len() >= FOLD { vec![run] } else { run.chunks(1).collect() };
        for part in parts {
            let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
            let silence = before.map(|before| first.timestamp.since(before.timestamp));
            out.extend(silence.filter(|silence| *silence >= GAP).map(Item::Gap));
            out.push(if part.len() == 1 { Item::One(first) } else { Item::Many(part) });
            before = Some(last);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::moment::tests::at, *};

    fn told(moments: &[Moment], alone: Option<Uuid>) -> Vec<String> {
        let tell = |item: Item<'_>| match item {
            Item::Gap(gap) => format!("{} s", gap.num_seconds()),
            Item::One(one) => one.action_type.clone(),
            Item::Many(many) => format!("{} x{}", many[0].action_type, many.len()),
        };
        items(moments, alone).into_iter().map(tell).collect()
    }

    #[test]
    fn gaps_of_two_minutes_are_said_and_three_of_a_kind_folded() {
        let moments = [
            at(0, "login"),
            at(119, "page_visit"),
            at(239, "page_visit"),
            at(240, "error"),
            at(241, "error"),
            at(600, "error"),
            at(601, "page_visit members/help"),
            at(602, "page_visit"),
        ];
        assert_eq!(
            told(&moments, None),
            ["login", "page_visit", "120 s", "page_visit", "error x3", "page_visit", "page_visit"]
        );
        // The one that is read stands by itself.
        assert_eq!(
            told(&moments, Some(moments[4].id)),
            [
                "login",
                "page_visit",
                "120 s",
                "page_visit",
                "error",
                "error",
                "359 s",
                "error",
                "page_visit",
                "page_visit"
            ]
        );
        assert!(items(&[], None).is_empty());
    }

    #[test]
    fn what_is_about_somebody_else_is_not_the_same() {
        let mut moments = [at(0, "page_visit"), at(1, "page_visit"), at(2, "page_visit")];
        moments[1].member_id = None;
        assert_eq!(told(&moments, None).len(), 3);
    }

    proptest! {
        #[test]
        fn every_entry_is_in_the_trail_once(kinds in prop::collection::vec((0..3_u8, 1..400_i64), 0..40)) {
            let mut now = 0;
            let moments: Vec<Moment> = kinds.iter().map(|(kind, wait)| {
                now += wait;
                at(now, ["page_visit", "login", "error"][usize::from(*kind)])
            }).collect();
            let trail = items(&moments, None);
            let met: Vec<&Moment> = trail.iter().flat_map(|item| match item {
                Item::Gap(_) => Vec::new(),
                Item::One(one) => vec![*one],
                Item::Many(many) => many.iter().collect(),
            }).collect();
            prop_assert_eq!(met, moments.iter().collect::<Vec<_>>());
            prop_assert!(trail.iter().all(|item| !matches!(item, Item::Gap(gap) if *gap < GAP)));
        }
    }
}
