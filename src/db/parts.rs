//! How the log is cut into parts for the index of words, which knows entries by other things than the list's order: a
//! frequent word is asked for part by part.
//!
//! SQLite's index knows entries by their arrival, and a part is a block of arrivals whose times a table keeps. A server's
//! index knows the week of an entry, and a part is a week; which there are is found by skipping from each to the next.

use super::{Dialect, Sql};
use crate::core::time::Timestamp;

/// How many entries by arrival make a part in SQLite; its migration says the same.
pub const BLOCK: i64 = 4_096;
/// An entry has two places in SQLite's index: `2 * seq` for what everybody reads (area and description), `2 * seq + 1` for
/// its error, if it has one. So a role that does not see errors searches as if they were not there.
pub const PLACES: i64 = 2;
/// Microseconds of a week.
const WEEK: i64 = 7 * 24 * 3_600_000_000;
/// The Monday that weeks are counted from.
const MONDAY: i64 = 946_857_600_000_000;
/// How many of the newest entries say whether a word is frequent.
const NEWEST: i64 = 2_000;

/// A part of the log: its number, and between which instants its entries lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Parts that follow one another have numbers that do.
    pub number: i64,
    /// No entry of it is older,
    pub first: Timestamp,
    /// and none newer.
    pub last: Timestamp,
}

/// A row that says that there is a part.
#[derive(Debug, sqlx::FromRow)]
pub struct PartRow {
    number: i64,
    first: Timestamp,
    last: Timestamp,
}

/// Where time ends.
const END: Timestamp = Timestamp::from_micros(i64::MAX);

/// When a week begins. The first and the last are longer: they reach to where time ends.
fn week(number: i64) -> Timestamp {
    let begins = number.checked_mul(WEEK).and_then(|micros| micros.checked_add(MONDAY));
    Timestamp::from_micros(begins.unwrap_or(if number < 0 { i64::MIN } else { i64::MAX }))
}

impl Dialect {
    /// The next parts after one that may hold entries between two instants, the one that a walk meets first at the front.
    #[must_use]
    pub fn parts(
        self,
        (older, newer): (Option<Timestamp>, Option<Timestamp>),
        newest_first: bool,
        after: Option<Part>,
        most: usize,
    ) -> Sql {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        match self {
            Self::Sqlite => {
                let mut sql = Sql::new("SELECT block AS number, \"first\", \"last\" FROM daybook_blocks WHERE 1 = 1");
                if let Some(at) = older {
                    sql = sql.text(" AND \"last\" >= ").bind(at);
                }
                if let Some(at) = newer {
                    sql = sql.text(" AND \"first\" <= ").bind(at);
                }
                if let Some(after) = after {
                    let (beyond, time) = if newest_first {
                        (" AND (\"last\", block) < (", after.last)
                    } else {
                        (" AND (\"first\", block) > (", after.first)
                    };
                    sql = sql.text(beyond).bind(time).text(", ").bind(after.number).text(")");
                }
                sql.text(if newest_first {
                    " ORDER BY \"last\" DESC, block DESC"
                } else {
                    " ORDER BY \"first\", block"
                })
                .limit(most)
            }
            Self::Postgres(_) => {
                let mut range = Sql::empty();
                if let Some(after) = after {
                    range = if newest_first {
                        range.text(" AND \"timestamp\" < ").bind(after.first)
                    } else {
                        range.text(" AND \"timestamp\" > ").bind(after.last)
                    };
                }
                if let Some(at) = older {
                    range = range.text(" AND \"timestamp\" >= ").bind(at);
                }
                if let Some(at) = newer {
                    range = range.text(" AND \"timestamp\" <= ").bind(at);
                }
                let next = |beyond: &'static str| {
                    Sql::new("(SELECT \"timestamp\" FROM audit_logs WHERE ").text(beyond).append(&range).text(
                        if newest_first {
                            " ORDER BY \"timestamp\" DESC LIMIT 1)"
                        } else {
                            " ORDER BY \"timestamp\" LIMIT 1)"
                        },
                    )
                };
                let beyond = if newest_first {
                    "\"timestamp\" < date_bin('7 days', CAST(w.at AS timestamptz), '2000-01-03 00:00:00+00')"
                } else {
                    // The week of `-infinity` is followed by itself.
                    "\"timestamp\" > w.at AND \"timestamp\" >= \
                     date_bin('7 days', CAST(w.at AS timestamptz), '2000-01-03 00:00:00+00') + interval '7 days'"
                };
                Sql::new("WITH RECURSIVE w(at) AS (SELECT ")
                    .append(&next("true"))
                    .text(" UNION ALL SELECT ")
                    .append(&next(beyond))
                    .text(
                        " FROM w WHERE w.at IS NOT NULL) SELECT CAST(0 AS BIGINT) AS number, \
                         CAST(w.at AS timestamptz) AS first, CAST(w.at AS timestamptz) AS last \
                         FROM w WHERE w.at IS NOT NULL",
                    )
                    .limit(most)
            }
        }
    }

    /// A part as a row says it.
    #[must_use]
    pub fn part(self, row: &PartRow) -> Part {
        match self {
            Self::Sqlite => Part { number: row.number, first: row.first, last: row.last },
            Self::Postgres(_) => {
                let number = row.first.micros().saturating_sub(MONDAY).div_euclid(WEEK);
                let (first, next) = (week(number), week(number + 1));
                let last = if next == END { END } else { Timestamp::from_micros(next.micros() - 1) };
                Part { number, first, last }
            }
        }
    }

    /// Entries of the parts from one number to another (excluded): as the index of words knows them where it is asked, or
    /// as the log does.
    #[must_use]
    pub fn within_parts(self, asked: bool, from: i64, to: i64) -> Sql {
        match self {
            Self::Sqlite => {
                let (column, each) = if asked { ("daybook_words.rowid", BLOCK * PLACES) } else { ("seq", BLOCK) };
                Sql::new(column).text(" >= ").bind(from * each).text(" AND ").text(column).text(" < ").bind(to * each)
            }
            Self::Postgres(_) => {
                let column = if asked { "week" } else { "\"timestamp\"" };
                let below = if week(to) == END { " <= " } else { " < " };
                Sql::new(column).text(" >= ").bind(week(from)).text(" AND ").text(column).text(below).bind(week(to))
            }
        }
    }

    /// How many entries, up to a limit, may hold a term; of the newest parts alone where that is said.
    #[must_use]
    pub fn hits(self, question: &str, term: &str, details: bool, newest: Option<i64>, limit: i64) -> Sql {
        let begin = match self {
            Self::Sqlite => "SELECT count(*) FROM (SELECT rowid FROM daybook_words WHERE ",
            Self::Postgres(_) => "SELECT count(*) FROM (SELECT 1 FROM audit_logs WHERE ",
        };
        let mut sql = Sql::new(begin).append(&self.words(question, term, details));
        if let Some(newest) = newest {
            sql = match self {
                Self::Sqlite => {
                    sql.text(" AND rowid > (SELECT max(seq) FROM audit_logs) * 2 - ").bind(newest * BLOCK * PLACES)
                }
                Self::Postgres(_) => sql
                    .text(
                        " AND week > (SELECT date_bin('7 days', CAST(max(\"timestamp\") AS timestamptz), \
                         '2000-01-03 00:00:00+00') FROM audit_logs) - interval '7 days' * ",
                    )
                    .bind(newest),
            };
        }
        sql.limit(limit).text(") AS hits")
    }

    /// How many of the newest entries hold a term, and how many are looked at: where that is many, walking is faster than
    /// asking. None where the index of words knows the order of entries well enough to be asked at once.
    #[must_use]
    pub fn frequency(self, question: &str, term: &str, details: bool) -> Option<(Sql, i64)> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(_) => {
                let newest = "SELECT count(*) FROM (SELECT open_words, error_words FROM audit_logs \
                              ORDER BY \"timestamp\" DESC, id DESC";
                let sql = Sql::new(newest).limit(NEWEST).text(") AS newest WHERE ");
                Some((sql.append(&self.words(question, term, details)), NEWEST))
            }
        }
    }
}
