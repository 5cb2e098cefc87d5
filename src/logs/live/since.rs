//! `since`: what a list had when it was shown, and how far whoever watches it has been told.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use super::watcher::Moment;
use crate::{
    core::time::Timestamp,
    logs::log::Log,
    paging::{Cursor, Key, Page},
};

/// What a list had: so many entries from a position on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The oldest place that was looked at.
    pub from: Cursor,
    /// How many matching entries were shown from there to the newest.
    pub entries: usize,
    /// As of when: “the last 24 hours” go on being those of the list, so that nothing ages out of it meanwhile.
    pub as_of: Timestamp,
}

impl Shown {
    /// What the first page of a list shows that was made at `as_of`.
    #[must_use]
    pub fn of(page: &Page<Log>, as_of: Timestamp) -> Self {
        let last = page.rows.last().map(Log::key);
        let nothing_older = Key { timestamp: Timestamp::MIN, id: Uuid::nil() };
        let from = match (page.looked_to, last) {
            (Some(looked_to), _) => looked_to,
            (None, Some(last)) if page.older.is_some() => last,
            // The whole list is shown, so whatever comes to it is new, however old it says it is.
            _ => nothing_older,
        };
        Self { from: Cursor::at(from), entries: page.rows.len(), as_of }
    }
}

/// How many new entries somebody was told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// So many.
    pub entries: u64,
    /// Whether there may be more.
    pub at_least: bool,
}

/// What somebody who watches was last told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Which watcher knows the moment.
    pub epoch: String,
    /// What came until then is counted.
    pub moment: Moment,
    /// So many entries were new then. It may be below nothing: what was shown before the watcher met it will be counted
    /// when it does.
    pub base: i64,
    /// What they were told.
    pub told: Told,
    /// When watching ends.
    pub until: Timestamp,
}

/// The value of `since`: `CURSOR.ENTRIES.AS_OF`, and where somebody watches, what they were told, under a seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// What the list had.
    pub shown: Shown,
    /// What they were told, and the seal of it.
    pub watched: Option<(Watched, String)>,
}

/// The text is no `since` of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotSince;

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.from, self.entries, self.as_of.micros())
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, moment, base, told, until } = self;
        let mark = if told.at_least { "~" } else { "" };
        write!(f, "{epoch}.{moment}.{base}.{}{mark}.{}", told.entries, until.micros())
    }
}

impl Since {
    /// Reads it at `now`; of a cursor alone, everything beyond it is new.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, NotSince> {
        let parts: Vec<&str> = text.split('.').collect();
        match parts.as_slice() {
            [cursor] => {
                let from = cursor.parse().map_err(|_| NotSince)?;
                Ok(Self { shown: Shown { from, entries: 0, as_of: now }, watched: None })
            }
            shown if shown.len() == 3 => Ok(Self { shown: read_shown(shown, now)?, watched: None }),
            [cursor, entries, as_of, epoch, moment, base, told, until, seal] => {
                let (entries_told, at_least) = told.strip_suffix('~').map_or((*told, false), |told| (told, true));
                let watched = Watched {
                    epoch: (*epoch).to_owned(),
                    moment: number(moment)?,
                    base: number(base)?,
                    told: Told { entries: number(entries_told)?, at_least },
                    until: Timestamp::from_micros(number(until)?),
                };
                let shown = read_shown(&[cursor, entries, as_of], now)?;
                Ok(Self { shown, watched: Some((watched, (*seal).to_owned())) })
            }
            _ => Err(NotSince),
        }
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, NotSince> {
    text.parse().map_err(|_| NotSince)
}

fn read_shown(parts: &[&str], now: Timestamp) -> Result<Shown, NotSince> {
    let [cursor, entries, as_of] = parts else { return Err(NotSince) };
    let shown = Shown {
        from: number(cursor)?,
        entries: number::<u16>(entries)?.into(),
        as_of: Timestamp::from_micros(number(as_of)?),
    };
    // No list is of tomorrow, and none was made in 1815.
    if (Timestamp::MIN..=now).contains(&shown.as_of) { Ok(shown) } else { Err(NotSince) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            (micros, id, entries, as_of) in (any::<i64>(), any::<u128>(), 0..300_usize, 0..NOW.micros()),
            (moment, base, told) in (any::<u64>(), any::<i64>(), any::<u64>()),
            (at_least, until) in (any::<bool>(), any::<i64>()),
        ) {
            let key = Key { timestamp: Timestamp::from_micros(micros), id: Uuid::from_u128(id) };
            let shown = Shown { from: Cursor::at(key), entries, as_of: Timestamp::from_micros(as_of) };
            prop_assert_eq!(Since::parse(&shown.to_string(), NOW), Ok(Since { shown, watched: None }));
            let watched = Watched {
                epoch: "Ab-_9xyz".to_owned(),
                moment,
                base,
                told: Told { entries: told, at_least },
                until: Timestamp::from_micros(until),
            };
            let text = format!("{shown}.{watched}.seal");
            prop_assert_eq!(Since::parse(&text, NOW), Ok(Since { shown, watched: Some((watched, "seal".to_owned())) }));
        }

        #[test]
        fn other_text_is_refused_without_a_panic(text in ".{0,60}|[A-Za-z0-9._~-]{0,90}") {
            let _ = Since::parse(&text, NOW);
        }
    }
}
