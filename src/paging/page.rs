//! A page of rows and the ways on from it, made in one place.

use super::{Cursor, Key};
use crate::core::time::Timestamp;

/// Which way a walk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From newer to older: the order of the list.
    Older,
    /// From older to newer.
    Newer,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// At the newest row.
    Newest,
    /// With rows older than a position (`before`).
    Before(Cursor),
    /// With rows newer than a position (`after`).
    After(Cursor),
}

impl At {
    /// Which way the walk goes.
    #[must_use]
    pub fn direction(self) -> Direction {
        match self {
            Self::Newest | Self::Before(_) => Direction::Older,
            Self::After(_) => Direction::Newer,
        }
    }

    /// The position it starts from.
    #[must_use]
    pub fn cursor(self) -> Option<Cursor> {
        match self {
            Self::Newest => None,
            Self::Before(cursor) | Self::After(cursor) => Some(cursor),
        }
    }

    /// When the walk began that this is a place of, where it says so.
    #[must_use]
    pub fn as_of(self) -> Option<Timestamp> {
        self.cursor().and_then(|cursor| cursor.as_of)
    }

    /// The same place, of a walk that began at `as_of`.
    #[must_use]
    pub fn of_walk(self, as_of: Timestamp) -> Self {
        let on = |cursor| Cursor { as_of: Some(as_of), ..cursor };
        match self {
            Self::Newest => self,
            Self::Before(cursor) => Self::Before(on(cursor)),
            Self::After(cursor) => Self::After(on(cursor)),
        }
    }
}

/// How far a bounded walk came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// To the end of what there is, or as far as it was asked to.
    All,
    /// To this row and no further: it and all before it have been looked at.
    To(Key),
}

/// A page of rows, newest first whichever way it was walked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, at most as many as were asked for.
    pub rows: Vec<T>,
    /// Where the next older page begins, if there is or may be one.
    pub older: Option<Cursor>,
    /// Where the next newer page begins, if there is or may be one.
    pub newer: Option<Cursor>,
    /// Where looking stopped before the page was full; the way on in that direction starts there.
    pub looked_to: Option<Key>,
}

impl<T> Page<T> {
    /// Makes a page of `limit` rows out of up to `limit + 1` that a walk from `at` met, in the order it met them.
    #[must_use]
    pub fn new(mut rows: Vec<T>, limit: usize, at: At, seen: Seen, key: impl Fn(&T) -> Key) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let looked_to = match seen {
            Seen::To(key) if !more => Some(key),
            _ => None,
        };
        // Beyond the last row met, where more were met; else beyond what was looked at.
        let onward = if more { rows.last().map(&key) } else { looked_to }.map(Cursor::beyond);
        let backward = rows.first().map(&key).map(Cursor::beyond);
        // A page without rows leads back to where it began, that row included.
        let back_to_start = at.cursor().map(|cursor| Cursor { inclusive: !cursor.inclusive, ..cursor });
        match at.direction() {
            Direction::Older => {
                let newer = at.cursor().and(backward.or(back_to_start));
                Self { rows, older: onward, newer, looked_to }
            }
            Direction::Newer => {
                rows.reverse();
                let older = backward.or(back_to_start);
                Self { rows, older, newer: onward, looked_to }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a page hands out its rows by reference")]
    fn key(n: &i64) -> Key {
        Key { timestamp: Timestamp::from_micros(*n), id: Uuid::nil() }
    }

    fn page(rows: &[i64], at: At, seen: Seen) -> Page<i64> {
        Page::new(rows.to_vec(), 2, at, seen, key)
    }

    #[test]
    fn the_first_page_has_nothing_newer() {
        let page = page(&[9, 8, 7], At::Newest, Seen::All);
        assert_eq!((page.rows, page.newer, page.older), (vec![9, 8], None, Some(Cursor::beyond(key(&8)))));
    }

    #[test]
    fn a_page_in_the_middle_leads_both_ways() {
        let page = page(&[7, 6, 5], At::Before(Cursor::beyond(key(&8))), Seen::All);
        assert_eq!(page.newer, Some(Cursor::beyond(key(&7))));
        assert_eq!(page.older, Some(Cursor::beyond(key(&6))));
    }

    #[test]
    fn a_page_walked_to_newer_is_shown_newest_first() {
        let page = page(&[7, 8, 9], At::After(Cursor::beyond(key(&6))), Seen::All);
        assert_eq!(page.rows, [8, 7]);
        assert_eq!(page.newer, Some(Cursor::beyond(key(&8))));
        assert_eq!(page.older, Some(Cursor::beyond(key(&7))));
    }

    #[test]
    fn an_empty_page_leads_back_to_the_row_it_began_at() {
        let start = Cursor::beyond(key(&3));
        let page = page(&[], At::Before(start), Seen::All);
        assert_eq!((page.newer, page.older), (Some(Cursor::at(key(&3))), None));
    }

    #[test]
    fn where_looking_stopped_is_the_way_on() {
        let page = page(&[9], At::Newest, Seen::To(key(&4)));
        assert_eq!((page.looked_to, page.older), (Some(key(&4)), Some(Cursor::beyond(key(&4)))));
    }
}
