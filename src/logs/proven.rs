//! What a count and the page beside it prove together. Either may have come further than the other, and what is said of
//! the list must not be less than what stands in it.

use super::look::Count;
use crate::paging::{At, Cursor, Key, Page};

/// How many entries match, as far as count and page show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proven {
    /// How many.
    pub count: Count,
    /// How far back that is known, where it is not known of all.
    pub back: Option<Back>,
    /// Where looking goes on from there, if the page leads on from there.
    pub further: Option<Cursor>,
}

/// How far back was looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// To this row.
    To(Key),
    /// To the oldest that there may be.
    Beginning,
}

impl Proven {
    /// That there are so many, whatever page is looked at.
    #[must_use]
    pub fn exactly(n: u64) -> Self {
        Self { count: Count::Exactly(n), back: None, further: None }
    }

    /// What `count`, which went from the newest row back, and a page from `at` prove.
    #[must_use]
    pub fn of<T>(count: Count, page: &Page<T>, at: At, key: impl Fn(&T) -> Key) -> Self {
        let whole = |count| Self { count, back: None, further: None };
        let Count::AtLeast { n: counted, looked_to } = count else { return whole(count) };
        let rows = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
        // Rows beyond what was counted are not among those that were.
        let beyond = |to: Key| rows(page.rows.iter().filter(|row| key(row) < to).count());
        let n = looked_to.map_or_else(|| counted.max(rows(page.rows.len())), |to| counted + beyond(to));
        let known = |back, further| Self { count: Count::AtLeast { n, looked_to }, back, further };
        match (page.older, looked_to) {
            (None, _) => {
                // To the end, and nothing between the two was left out.
                let joined = at.cursor().is_none_or(|from| looked_to.is_some_and(|to| to <= from.key));
                if joined { whole(Count::Exactly(n)) } else { known(Some(Back::Beginning), None) }
            }
            (Some(older), Some(to)) if to < older.key => known(Some(Back::To(to)), None),
            (Some(older), _) => known(Some(Back::To(older.key)), Some(older)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_set, prelude::*};
    use uuid::Uuid;

    use super::*;
    use crate::{core::time::Timestamp, paging::Seen};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a page hands out its rows by reference")]
    fn key(n: &i64) -> Key {
        Key { timestamp: Timestamp::from_micros(*n), id: Uuid::nil() }
    }

    fn counted(n: u64, to: i64) -> Count {
        Count::AtLeast { n, looked_to: Some(key(&to)) }
    }

    fn page(rows: &[i64], at: At, seen: Seen) -> Page<i64> {
        Page::new(rows.to_vec(), 3, at, seen, key)
    }

    fn proven(count: Count, rows: &[i64], at: At, seen: Seen) -> (Count, Option<Back>, bool) {
        let proven = Proven::of(count, &page(rows, at, seen), at, key);
        let count = match proven.count {
            Count::AtLeast { n, .. } => Count::AtLeast { n, looked_to: None },
            count => count,
        };
        (count, proven.back, proven.further.is_some())
    }

    fn at_least(n: u64) -> Count {
        Count::AtLeast { n, looked_to: None }
    }

    fn before(n: i64) -> At {
        At::Before(Cursor::beyond(key(&n)))
    }

    #[test]
    fn whichever_came_further_is_what_is_said() {
        let to = |n: i64| Some(Back::To(key(&n)));
        for (what, count, rows, at, seen, said) in [
            ("a full page", counted(1, 90), vec![95, 60, 50, 40], At::Newest, Seen::All, (at_least(3), to(50), true)),
            ("the count", counted(7, 20), vec![95, 60, 50, 40], At::Newest, Seen::All, (at_least(7), to(20), false)),
            ("looking", counted(0, 90), vec![], At::Newest, Seen::To(key(&30)), (at_least(0), to(30), true)),
            ("the end", counted(1, 90), vec![95, 60], At::Newest, Seen::All, (Count::Exactly(2), None, false)),
            ("a later page", counted(1, 90), vec![60, 50, 40, 30], before(70), Seen::All, (at_least(4), to(40), true)),
            ("one in it", counted(3, 55), vec![60, 50, 40, 30], before(70), Seen::All, (at_least(5), to(40), true)),
            ("a later end", counted(1, 90), vec![], before(70), Seen::All, (at_least(1), Some(Back::Beginning), false)),
            (
                "an end that joins",
                counted(3, 55),
                vec![60, 50],
                before(70),
                Seen::All,
                (Count::Exactly(4), None, false),
            ),
            ("nothing counted", at_least(0), vec![60, 50, 40, 30], before(70), Seen::All, (at_least(3), to(40), true)),
        ] {
            assert_eq!(proven(count, &rows, at, seen), said, "{what}");
        }
        let forward = At::After(Cursor::beyond(key(&30)));
        assert_eq!(proven(counted(1, 90), &[40, 50, 60, 70], forward, Seen::All), (at_least(4), to(40), true));
        assert_eq!(proven(Count::MoreThan(9), &[8, 7], At::Newest, Seen::All), (Count::MoreThan(9), None, false));
    }

    proptest! {
        #[test]
        fn nothing_is_said_that_the_rows_do_not_bear_out(
            all in btree_set(0_i64..60, 0..30),
            looked_to in 0_i64..60,
            from in proptest::option::of((0_i64..60, any::<bool>(), any::<bool>())),
            seen_to in proptest::option::of(0_i64..60),
        ) {
            let at = from.map_or(At::Newest, |(n, inclusive, forward)| {
                let cursor = Cursor { key: key(&n), inclusive, as_of: None };
                if forward { At::After(cursor) } else { At::Before(cursor) }
            });
            let forward = matches!(at, At::After(_));
            let is_met = |n: &i64| at.cursor().is_none_or(|from| {
                let (n, from, inclusive) = (key(n), from.key, from.inclusive);
                n == from && inclusive || if forward { n > from } else { n < from }
            });
            let is_seen = |n: &i64| seen_to.is_none_or(|to| if forward { *n <= to } else { *n >= to });
            let mut met: Vec<i64> = all.iter().copied().filter(is_met).collect();
            if !forward {
                met.reverse();
            }
            // Looking goes from where the page begins, and stops at its end or before.
            let stops = seen_to.filter(is_met);
            prop_assume!(seen_to.is_none() || stops.is_some());
            let met: Vec<i64> = met.into_iter().filter(is_seen).take(4).collect();
            let page = page(&met, at, stops.map_or(Seen::All, |to| Seen::To(key(&to))));
            let n = u64::try_from(all.iter().filter(|n| **n >= looked_to).count()).expect("few");
            let total = u64::try_from(all.len()).expect("few");
            let proven = Proven::of(counted(n, looked_to), &page, at, key);
            let on_page = u64::try_from(page.rows.len()).expect("few");
            match proven.count {
                Count::Exactly(said) => prop_assert!(said == total && proven.back.is_none()),
                Count::AtLeast { n: said, .. } => {
                    prop_assert!((n.max(on_page)..=total).contains(&said), "{said} of {total}, {on_page} on the page");
                    let Some(Back::To(to)) = proven.back else {
                        prop_assert!(page.older.is_none() && proven.back == Some(Back::Beginning));
                        return Ok(());
                    };
                    prop_assert!(page.rows.iter().all(|row| key(row) >= to), "a row lies beyond {to:?}");
                    prop_assert!(to <= key(&looked_to), "counting came further than {to:?}");
                }
                Count::MoreThan(_) => prop_assert!(false, "nothing was counted so far"),
            }
        }
    }
}
