//! A stretch of the list between two of its places.

use uuid::Uuid;

use crate::{
    core::time::Timestamp,
    db::Sql,
    paging::{Cursor, Direction, Key},
};

/// One end of a stretch of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The row it lies at.
    pub key: Key,
    /// Whether that row is within.
    pub inclusive: bool,
}

impl From<Cursor> for Bound {
    fn from(cursor: Cursor) -> Self {
        Self { key: cursor.key, inclusive: cursor.inclusive }
    }
}

/// A stretch of the list: from the older end to the newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// The older end.
    pub older: Option<Bound>,
    /// The newer end.
    pub newer: Option<Bound>,
}

impl Window {
    /// The stretch of time from an instant (included) to another (excluded).
    #[must_use]
    pub fn of_time((from, to): (Option<Timestamp>, Option<Timestamp>)) -> Self {
        let key = |timestamp| Key { timestamp, id: Uuid::nil() };
        Self {
            older: from.map(|from| Bound { key: key(from), inclusive: true }),
            newer: to.map(|to| Bound { key: key(to), inclusive: false }),
        }
    }

    /// The part of it beyond a position, walking `direction`.
    #[must_use]
    pub fn beyond(self, bound: Bound, direction: Direction) -> Self {
        match direction {
            Direction::Older => Self { newer: Some(tighter(self.newer, bound, |a, b| a < b)), ..self },
            Direction::Newer => Self { older: Some(tighter(self.older, bound, |a, b| a > b)), ..self },
        }
    }

    /// The part of it up to `key` (included), walking `direction`.
    #[must_use]
    pub fn up_to(self, key: Key, direction: Direction) -> Self {
        let bound = Bound { key, inclusive: true };
        match direction {
            Direction::Older => self.beyond(bound, Direction::Newer),
            Direction::Newer => self.beyond(bound, Direction::Older),
        }
    }

    /// Adds its ends to conditions. One row value an end: with a second condition on time SQLite would use that
    /// instead, and read every row of an instant.
    pub(super) fn conditions(self, conditions: &mut Vec<Sql>) {
        let key = |text: &'static str, key: Key| Sql::new(text).bind(key.timestamp).text(", ").bind(key.id).text(")");
        if let Some(bound) = self.newer {
            let text = if bound.inclusive { "(\"timestamp\", id) <= (" } else { "(\"timestamp\", id) < (" };
            conditions.push(key(text, bound.key));
        }
        if let Some(bound) = self.older {
            let text = if bound.inclusive { "(\"timestamp\", id) >= (" } else { "(\"timestamp\", id) > (" };
            conditions.push(key(text, bound.key));
        }
    }
}

/// The bound that leaves less: the one whose key is `better`, or of two at one key the exclusive.
fn tighter(had: Option<Bound>, new: Bound, better: impl Fn(Key, Key) -> bool) -> Bound {
    match had {
        Some(had) if better(had.key, new.key) || (had.key == new.key && !had.inclusive) => had,
        _ => new,
    }
}
