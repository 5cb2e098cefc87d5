//! From a filter to SQL, without asking anything: a plan is the filter's conditions and its time, and writes the
//! statements that walk them.

use super::{
    checks::Checks,
    filter::Filter,
    predicates::{self, Meaning, Predicate},
    search::Question,
    window::Window,
};
use crate::{
    core::time::Timestamp,
    db::{Dialect, Sql},
    paging::{At, Direction},
};

/// A filter as conditions.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Conditions that SQL decides.
    pub predicates: Vec<Predicate>,
    /// The rest.
    pub checks: Checks,
    /// The time.
    pub window: Window,
    /// How the database spells it.
    pub dialect: Dialect,
}

/// Which walk a statement follows: a predicate's branches, or time alone.
pub type Driver = Option<usize>;

impl Plan {
    /// The predicates that can drive a walk; time alone where none can.
    #[must_use]
    pub fn drivers(&self) -> Vec<Driver> {
        let able = |&at: &usize| self.predicates[at].branches.is_some();
        let drivers: Vec<Driver> = (0..self.predicates.len()).filter(able).map(Some).collect();
        if drivers.is_empty() { vec![None] } else { drivers }
    }

    /// Whether one walk meets matches only: looking needs no bound then but its limit.
    #[must_use]
    pub fn is_walk(&self) -> bool {
        self.checks.is_empty()
            && match self.predicates.as_slice() {
                [] => true,
                [only] => only.branches.is_some() && only.exact,
                _ => false,
            }
    }

    /// All that a plan which is a walk meets from a place on: up to `limit` rows of `columns`, in order.
    ///
    /// Rows that several branches meet come several times, one after the other.
    #[must_use]
    pub fn walk(&self, at: At, limit: usize, columns: Columns) -> Sql {
        let direction = at.direction();
        let window = at.cursor().map_or(self.window, |cursor| self.window.beyond(cursor.into(), direction));
        let driver = self.drivers().first().copied().flatten();
        self.rows(driver, window, direction, i64::try_from(limit).unwrap_or(i64::MAX), columns)
    }

    /// The walk of `driver` within `window`, every other condition checked: up to `limit` rows of `columns`, in order.
    ///
    /// Rows that several branches meet come several times, one after the other.
    #[must_use]
    pub fn rows(&self, driver: Driver, window: Window, direction: Direction, limit: i64, columns: Columns) -> Sql {
        let overlap = driver.map_or(1, |at| self.predicates[at].overlap);
        let arms = self.arms(driver, window, direction, limit, columns);
        if let [only] = arms.as_slice() {
            // One alone is in order, and meets no row twice.
            return if self.dialect.limits_arms() { only.clone() } else { only.clone().limit(limit) };
        }
        all(arms).text(order(direction)).limit(limit * overlap)
    }

    /// What each branch of `driver` meets within `window`, every other condition checked: rows of `columns`, in order.
    fn arms(&self, driver: Driver, window: Window, direction: Direction, limit: i64, columns: Columns) -> Vec<Sql> {
        let residuals = || {
            let left = self.predicates.iter().enumerate().filter(move |&(at, had)| Some(at) != driver || !had.exact);
            left.map(|(_, predicate)| predicate.residual.clone())
        };
        let arm = |branch: Option<&Sql>| {
            let arm = self.arm(branch, window, direction, columns, residuals());
            if self.dialect.limits_arms() { arm.limit(limit) } else { arm }
        };
        self.branches(driver).into_iter().map(arm).collect()
    }

    /// Rows of a range of parts of the log within `window`, every condition checked, in no order: those that may answer a
    /// question to the index of words (where one is asked), else all of them.
    #[must_use]
    pub fn candidates(&self, question: Option<&Question>, part: Option<(i64, i64)>, window: Window) -> Sql {
        let mut conditions: Vec<Sql> = Vec::new();
        if let Some(Question { trigrams, term }) = question {
            conditions.push(self.dialect.words(trigrams, term, self.checks.details));
        }
        if let Some((from, to)) = part {
            conditions.push(self.dialect.within_parts(question.is_some(), from, to));
        }
        window.conditions(&mut conditions);
        conditions.extend(self.predicates.iter().map(|predicate| predicate.residual.clone()));
        let from = if question.is_some() { self.dialect.words_with_entries() } else { self.dialect.arrivals() };
        Sql::new("SELECT ")
            .text(Columns::Candidate.text(&self.checks))
            .text(" FROM ")
            .text(from)
            .text(" WHERE ")
            .append(&Sql::join(" AND ", conditions))
    }

    /// How many rows the walk of `driver` meets within `window`, up to `limit`, and when the oldest of those was.
    #[must_use]
    pub fn count(&self, driver: Driver, window: Window, limit: i64) -> Sql {
        let overlaps = driver.is_some_and(|at| self.predicates[at].overlap > 1);
        let (begin, rows) = if overlaps {
            let rows = self.rows(driver, window, Direction::Older, limit, Columns::Key);
            ("SELECT count(*), min(\"timestamp\") FROM (SELECT DISTINCT \"timestamp\", id FROM (", rows)
        } else {
            // Branch by branch: putting them in order would cost more than reading them.
            let arms = self.arms(driver, window, Direction::Older, limit, Columns::Key);
            ("SELECT count(*), min(\"timestamp\") FROM (SELECT \"timestamp\" FROM (", all(arms))
        };
        Sql::new(begin).append(&rows).text(") AS r").limit(limit).text(") AS c")
    }

    /// How many rows of each combination of action, status and area lie within `window`, every condition checked.
    #[must_use]
    pub fn combinations(&self, window: Window) -> Sql {
        let driver = self.drivers().first().copied().flatten();
        let facts = all(self.arms(driver, window, Direction::Older, i64::MAX / 4, Columns::Facts));
        Sql::new("SELECT action_type, status, area, count(*) AS n FROM (")
            .append(&facts)
            .text(") AS f GROUP BY action_type, status, area")
    }

    /// How many of the newest rows within the window, up to `limit`, fell into each quarter of an hour, how many of them are
    /// errors, and when the oldest was: rows of [`Quarter`], in no order.
    #[must_use]
    pub fn quarters(&self, limit: i64) -> Sql {
        let driver = self.drivers().first().copied().flatten();
        let rows = self.rows(driver, self.window, Direction::Older, limit, Columns::Facts);
        // What several branches meet is there once.
        let overlaps = driver.is_some_and(|at| self.predicates[at].overlap > 1);
        let rows = if overlaps { Sql::new("SELECT DISTINCT * FROM (").append(&rows).text(") AS d") } else { rows };
        Sql::new("SELECT ")
            .text(self.dialect.quarter())
            .text(
                " AS at, count(*) AS entries, count(*) FILTER (WHERE status = 'error' OR action_type = 'error') AS errors, \
                 min(\"timestamp\") AS oldest FROM (",
            )
            .append(&rows)
            .text(") AS r GROUP BY 1")
    }

    /// The key of about the `step`th row that `driver` alone meets: a bounded probe for where one step of looking ends.
    /// No row where it meets fewer.
    #[must_use]
    pub fn boundary(&self, driver: Driver, window: Window, direction: Direction, step: i64) -> Sql {
        let branches = self.branches(driver);
        // Where the log holds nothing of what is asked for, there is no branch at all.
        let each = (step / i64::try_from(branches.len()).unwrap_or(i64::MAX).max(1)).max(1);
        let arm = |branch: Option<&Sql>| {
            self.arm(branch, window, direction, Columns::Key, std::iter::empty()).text(" LIMIT 1 OFFSET ").bind(each)
        };
        let arms: Vec<Sql> = branches.into_iter().map(arm).collect();
        if arms.len() == 1 { all(arms) } else { all(arms).text(order(direction)).text(" LIMIT 1") }
    }

    fn branches(&self, driver: Driver) -> Vec<Option<&Sql>> {
        match driver.and_then(|at| self.predicates[at].branches.as_deref()) {
            Some(branches) => branches.iter().map(Some).collect(),
            None => vec![None],
        }
    }

    fn arm(
        &self,
        branch: Option<&Sql>,
        window: Window,
        direction: Direction,
        columns: Columns,
        residuals: impl Iterator<Item = Sql>,
    ) -> Sql {
        let mut conditions: Vec<Sql> = branch.into_iter().cloned().collect();
        window.conditions(&mut conditions);
        conditions.extend(residuals);
        let mut sql = Sql::new("SELECT ").text(columns.text(&self.checks)).text(" FROM audit_logs");
        if !conditions.is_empty() {
            sql = sql.text(" WHERE ").append(&Sql::join(" AND ", conditions));
        }
        sql.text(order(direction))
    }
}

fn order(direction: Direction) -> &'static str {
    match direction {
        Direction::Older => " ORDER BY \"timestamp\" DESC, id DESC",
        Direction::Newer => " ORDER BY \"timestamp\", id",
    }
}

/// The rows of all selects; none of them meets nothing.
///
/// Where no select has a limit of its own and all are in the order that is asked for, SQLite reads them side by side, each no
/// further than the merge has come. With one it would first read and sort what each brings.
fn all(mut selects: Vec<Sql>) -> Sql {
    match selects.len() {
        0 => Sql::new("SELECT * FROM audit_logs WHERE 1 = 0"),
        1 => selects.remove(0),
        _ => Sql::join(
            " UNION ALL ",
            selects.into_iter().map(|select| Sql::new("SELECT * FROM (").append(&select).text(") AS b")),
        ),
    }
}

/// The columns of a [`super::story::Moment`].
pub const MOMENT: &str = "\"timestamp\", id, member_id, member_email, action_type, area, description, status, \
    substr(error_message, 1, 300) AS error_message, ip_address, user_agent";

/// The columns of a [`super::log::Log`] that stand in the log itself.
pub const LOG: &str = "id, \"timestamp\", member_id, member_email, action_type, area, description, status, booking_id, \
    substr(error_message, 1, 1000) AS error_message";

/// How many entries fell into a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Quarter {
    /// Its first instant.
    pub at: Timestamp,
    /// How many.
    pub entries: i64,
    /// How many of them are errors.
    pub errors: i64,
    /// When the oldest of them was.
    pub oldest: Timestamp,
}

/// Which columns a walk brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// The key alone, which the index holds.
    Key,
    /// What a list shows of the entry itself ([`super::log::Log`]).
    Log,
    /// What checks look at ([`Candidate`]).
    Candidate,
    /// What an overview counts by ([`super::look::Facts`]).
    Facts,
    /// What a story is told from ([`super::story::Moment`]).
    Moment,
}

impl Columns {
    fn text(self, checks: &Checks) -> &'static str {
        match self {
            Self::Key => "\"timestamp\", id",
            Self::Facts => "\"timestamp\", id, action_type, status, area",
            Self::Log => LOG,
            Self::Moment => MOMENT,
            // Long texts lie on pages of their own: read only where they count.
            Self::Candidate if !checks.terms.is_empty() && checks.details => {
                "\"timestamp\", id, action_type, status, area, description, error_message, error_detail, user_agent, extra"
            }
            Self::Candidate => {
                "\"timestamp\", id, action_type, status, area, description, NULL AS error_message, NULL AS error_detail, \
                 user_agent, extra"
            }
        }
    }
}

/// The plan of a filter, for a role that sees `details` or not.
#[must_use]
pub fn plan(filter: &Filter, meaning: &Meaning, dialect: Dialect, now: Timestamp, details: bool) -> Plan {
    Plan {
        predicates: predicates::of(filter, meaning, dialect),
        checks: Checks {
            terms: filter.search.as_ref().map(|search| search.terms.clone()).unwrap_or_default(),
            details,
            user_agent: filter.user_agent.as_ref().map(|text| text.to_lowercase()),
            extra: filter.extra.clone(),
        },
        window: Window::of_time(filter.range.bounds(now)),
        dialect,
    }
}
