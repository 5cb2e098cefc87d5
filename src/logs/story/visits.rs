//! Cuts somebody's entries into visits, and a loaded stretch into a page of them.
//!
//! What was loaded is mostly not all there is. So a stretch knows what lies just beyond each of its ends, a visit knows
//! whether its own beginning and end are in it, and a page ends between visits wherever it can.

use chrono::Duration;

use super::moment::Moment;
use crate::{
    core::time::Timestamp,
    paging::{Cursor, Key},
};

/// The silence that ends a visit.
pub const SILENCE: Duration = Duration::minutes(30);

/// Whether an entry begins a visit, after the one of theirs before it.
#[must_use]
pub fn begins(moment: &Moment, before: Option<Timestamp>) -> bool {
    moment.action_type == "login" || before.is_none_or(|before| moment.timestamp.since(before) >= SILENCE)
}

/// A visit, or as much of one as was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Its entries, oldest first; never none.
    pub moments: Vec<Moment>,
    /// Whether its beginning is here.
    pub begins: bool,
    /// Whether its end is here.
    pub ends: bool,
}

impl Visit {
    /// Its first entry that is here.
    #[must_use]
    pub fn first(&self) -> Option<&Moment> {
        self.moments.first()
    }

    /// Its last entry that is here.
    #[must_use]
    pub fn last(&self) -> Option<&Moment> {
        self.moments.last()
    }

    fn holds(&self, key: Key) -> bool {
        self.moments.iter().any(|moment| moment.key() == key)
    }
}

/// What lies beyond an end of a stretch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Beyond {
    /// Nothing.
    #[default]
    Nothing,
    /// The next entry of theirs.
    Entry(Box<Moment>),
    /// Not known: looking stopped here.
    Unknown(Key),
}

/// Somebody's entries from one place to another, without a hole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stretch {
    /// The entries, oldest first.
    pub moments: Vec<Moment>,
    /// What is older.
    pub older: Beyond,
    /// What is newer.
    pub newer: Beyond,
}

/// The visits of a stretch, oldest first.
#[must_use]
pub fn cut(stretch: Stretch) -> Vec<Visit> {
    let Stretch { moments, older, newer } = stretch;
    let mut out: Vec<Visit> = Vec::new();
    let mut before = match &older {
        Beyond::Entry(moment) => Some(moment.timestamp),
        Beyond::Nothing | Beyond::Unknown(_) => None,
    };
    for moment in moments {
        let known = !out.is_empty() || !matches!(older, Beyond::Unknown(_));
        let begins = begins(&moment, before) && (known || moment.action_type == "login");
        before = Some(moment.timestamp);
        match out.last_mut() {
            Some(visit) if !begins => visit.moments.push(moment),
            _ => out.push(Visit { moments: vec![moment], begins, ends: true }),
        }
    }
    if let Some(visit) = out.last_mut() {
        visit.ends = match newer {
            Beyond::Nothing => true,
            Beyond::Entry(newer) => begins(&newer, before),
            Beyond::Unknown(_) => false,
        };
    }
    out
}

/// Which end of a page was chosen by where it begins, and must stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The newer end: the page goes on to older visits.
    Newer,
    /// The older end: the page goes on to newer visits.
    Older,
    /// Neither: the visit with this entry, and what lies around it.
    Entry(Key),
}

/// A page of visits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// The visits, newest first.
    pub visits: Vec<Visit>,
    /// Where the older page begins, if there is one.
    pub older: Option<Cursor>,
    /// Where the newer page begins, if there is one.
    pub newer: Option<Cursor>,
    /// Where looking for older ones stopped, if it did not come to an end.
    pub looked_to: Option<Key>,
}

/// The page of at most `most` visits that a stretch holds. A visit that was cut off by what was loaded stands on the
/// next page as a whole, unless it is the only one here.
#[must_use]
pub fn page(stretch: Stretch, from: From, most: usize) -> Timeline {
    let (beyond_older, beyond_newer) = (stretch.older.clone(), stretch.newer.clone());
    let mut visits = cut(stretch);
    let all = visits.len();
    let kept = match from {
        From::Newer => keep(&visits, all.saturating_sub(1), most, 0),
        From::Older => keep(&visits, 0, 0, most),
        From::Entry(key) => {
            let at = visits.iter().position(|visit| visit.holds(key)).unwrap_or(0);
            keep(&visits, at, most.div_ceil(2), most.div_ceil(2))
        }
    };
    let (cut_older, cut_newer) = (kept.start > 0, kept.end < all);
    visits.truncate(kept.end);
    visits.drain(..kept.start);
    visits.reverse();
    let end = |moment: Option<&Moment>| moment.map(|moment| Cursor::beyond(moment.key()));
    let (first, last) = (end(visits.last().and_then(Visit::first)), end(visits.first().and_then(Visit::last)));
    Timeline {
        older: onward(cut_older, &beyond_older, first),
        newer: onward(cut_newer, &beyond_newer, last),
        looked_to: match beyond_older {
            Beyond::Unknown(key) if !cut_older => Some(key),
            _ => None,
        },
        visits,
    }
}

/// Where the next page begins: `beside` the last entry of this one, where visits were left out or entries follow.
fn onward(left_out: bool, beyond: &Beyond, beside: Option<Cursor>) -> Option<Cursor> {
    match beyond {
        _ if left_out => beside,
        Beyond::Nothing => None,
        Beyond::Entry(_) => beside,
        Beyond::Unknown(key) => Some(Cursor::beyond(*key)),
    }
}

/// The visits around the one at `at` that stay: fewer than `older` before it and fewer than `newer` after it, and none
/// on the open sides that is not whole.
fn keep(visits: &[Visit], at: usize, older: usize, newer: usize) -> std::ops::Range<usize> {
    let mut start = if older == 0 { at } else { (at + 1).saturating_sub(older) };
    let mut end = if newer == 0 { at + 1 } else { (at + newer).min(visits.len()) };
    if older > 0 && start < at && visits.get(start).is_some_and(|visit| !visit.begins) {
        start += 1;
    }
    if newer > 0 && end > at + 1 && visits.get(end - 1).is_some_and(|visit| !visit.ends) {
        end -= 1;
    }
    end = end.min(visits.len());
    start.min(end)..end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::moment::tests::at, *};

    const MINUTE: i64 = 60;

    fn lengths(visits: &[Visit]) -> Vec<usize> {
        visits.iter().map(|visit| visit.moments.len()).collect()
    }

    #[test]
    fn a_visit_begins_at_a_sign_in_or_after_half_an_hour_of_silence() {
        let moments = vec![
            at(0, "page_visit"),
            at(29 * MINUTE + 59, "page_visit"),
            at(59 * MINUTE + 59, "page_visit"),
            at(60 * MINUTE, "login"),
            at(60 * MINUTE + 1, "login"),
            at(61 * MINUTE, "logout"),
            at(62 * MINUTE, "page_visit"),
        ];
        let visits = cut(Stretch { moments: moments.clone(), ..Stretch::default() });
        assert_eq!(lengths(&visits), [2, 1, 1, 3]);
        assert!(visits.iter().all(|visit| visit.begins && visit.ends));
        // What lies beyond the ends says whether they are ends.
        let stretch = Stretch {
            moments,
            older: Beyond::Entry(Box::new(at(-29 * MINUTE, "page_visit"))),
            newer: Beyond::Entry(Box::new(at(80 * MINUTE, "page_visit"))),
        };
        let visits = cut(stretch);
        assert_eq!((visits[0].begins, visits[0].ends), (false, true));
        assert_eq!((visits[3].begins, visits[3].ends), (true, false));
        assert!(cut(Stretch::default()).is_empty());
        // Where looking stopped, only a sign-in is known to begin one.
        let unknown = |moments| Stretch { moments, older: Beyond::Unknown(at(0, "x").key()), ..Stretch::default() };
        assert!(!cut(unknown(vec![at(9, "page_visit")]))[0].begins);
        assert!(cut(unknown(vec![at(9, "login")]))[0].begins);
        let timeline = page(unknown(vec![at(9, "login")]), From::Newer, 5);
        assert_eq!(
            (timeline.older, timeline.looked_to),
            (Some(Cursor::beyond(at(0, "x").key())), Some(at(0, "x").key()))
        );
    }

    /// A page as the store loads one of `limit` entries, from all entries there are.
    fn load(all: &[Moment], from: From, cursor: Option<Key>, limit: usize) -> Stretch {
        let below = cursor.map_or(all.len(), |key| all.partition_point(|moment| moment.key() < key));
        let above = cursor.map_or(0, |key| all.partition_point(|moment| moment.key() <= key));
        let (start, end) = match from {
            From::Newer => (below.saturating_sub(limit), below),
            From::Older => (above, (above + limit).min(all.len())),
            From::Entry(key) => {
                let at = all.partition_point(|moment| moment.key() < key);
                (at.saturating_sub(limit / 2), (at + limit / 2).min(all.len()))
            }
        };
        let beyond =
            |moment: Option<&Moment>| moment.map_or(Beyond::Nothing, |moment| Beyond::Entry(Box::new(moment.clone())));
        Stretch {
            moments: all[start..end].to_vec(),
            older: beyond(start.checked_sub(1).map(|before| &all[before])),
            newer: beyond(all.get(end)),
        }
    }

    fn stories() -> impl Strategy<Value = Vec<Moment>> {
        prop::collection::vec((1..50_i64 * MINUTE, 0..12_u8), 1..90).prop_map(|steps| {
            let mut now = 0;
            let moment = |(wait, kind): (i64, u8)| {
                now += wait;
                at(now, if kind == 0 { "login" } else { "page_visit" })
            };
            steps.into_iter().map(moment).collect()
        })
    }

    proptest! {
        #[test]
        fn pages_of_visits_hold_each_entry_once_both_ways(all in stories(), limit in 2..40_usize, most in 1..6_usize) {
            let whole = cut(Stretch { moments: all.clone(), ..Stretch::default() });
            let mut met = Vec::new();
            let mut last = None;
            let mut cursor: Option<Key> = None;
            loop {
                let page = page(load(&all, From::Newer, cursor, limit), From::Newer, most);
                prop_assert!(page.visits.len() <= most && !page.visits.is_empty());
                prop_assert_eq!(page.newer.is_some(), cursor.is_some());
                for visit in &page.visits {
                    // What is drawn as a whole visit is one.
                    if visit.begins && visit.ends {
                        prop_assert!(whole.contains(visit));
                    }
                    met.extend(visit.moments.iter().rev().map(Moment::key));
                }
                last = page.visits.last().and_then(Visit::first).map(Moment::key).or(last);
                match page.older {
                    Some(next) => cursor = Some(next.key),
                    None => break,
                }
            }
            let keys: Vec<Key> = all.iter().map(Moment::key).collect();
            prop_assert_eq!(&met, &keys.iter().rev().copied().collect::<Vec<_>>());

            // And back up from the last page.
            let mut back = Vec::new();
            let mut cursor = keys[0];
            loop {
                let page = page(load(&all, From::Older, Some(cursor), limit), From::Older, most);
                for visit in page.visits.iter().rev() {
                    back.extend(visit.moments.iter().map(Moment::key));
                }
                match page.newer {
                    Some(next) => cursor = next.key,
                    None => break,
                }
            }
            prop_assert_eq!(&back[..], &keys[1..]);
        }

        #[test]
        fn a_page_around_an_entry_holds_it(all in stories(), limit in 2..40_usize, most in 1..6_usize, place in 0..90_usize) {
            let key = all[place % all.len()].key();
            let from = From::Entry(key);
            let page = page(load(&all, from, None, limit), from, most);
            prop_assert_eq!(page.visits.iter().filter(|visit| visit.holds(key)).count(), 1);
            let first = page.visits.last().and_then(Visit::first).map(Moment::key);
            let last = page.visits.first().and_then(Visit::last).map(Moment::key);
            prop_assert_eq!(page.older.is_none(), first == all.first().map(Moment::key));
            prop_assert_eq!(page.newer.is_none(), last == all.last().map(Moment::key));
        }
    }
}
