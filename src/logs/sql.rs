//! From a filter to SQL, without asking anything: a plan is the filter's conditions, each as a residual to check and,
//! where an index serves it, as branches to walk.
//!
//! `IN (…)` with an order and a limit reads and sorts every match. So a condition that may drive a walk is one branch
//! for each of its values, each a limited walk of one index, merged in order.

use std::{cell::RefCell, collections::BTreeSet};

use uuid::Uuid;

use super::{
    filter::{Area, Choice, ExtraIs, Filter},
    json,
};
use crate::{
    core::time::Timestamp,
    db::{Column, Dialect, Sql},
    paging::{Cursor, Direction, Key},
};

/// How many branches a walk may merge; a condition with more is a residual only.
pub const BRANCHES: usize = 200;

/// What a filter's values stand for in this log at this moment. Asked for once a request; absent means too many to walk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meaning {
    /// Every action in the log.
    pub action_types: Vec<String>,
    /// Every status in the log.
    pub statuses: Vec<String>,
    /// The areas in the log that the included values stand for.
    pub areas: Option<Vec<String>>,
    /// Whom each value of `member` stands for.
    pub people: Vec<Person>,
    /// The addresses in the log that lie in the block.
    pub addresses: Option<Vec<[u8; 16]>>,
}

/// Whom a value of `member` stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// A member.
    Id(Uuid),
    /// An e-mail, and the members whose it is today.
    Email {
        /// As recorded, any case.
        email: String,
        /// Who has it today.
        owners: Vec<Uuid>,
    },
    /// Every e-mail that begins so, and the members whose one is today.
    Prefix {
        /// The beginning.
        prefix: String,
        /// The e-mails in the log.
        emails: Option<Vec<String>>,
        /// Who has one today.
        owners: Option<Vec<Uuid>>,
    },
    /// Neither id nor e-mail.
    Anonymous,
    /// An e-mail that nobody has today.
    NoAccount,
}

/// One condition of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicate {
    /// As a residual: true or false of a row at hand.
    pub residual: Sql,
    /// As walks in order, if indexes serve it.
    pub branches: Option<Vec<Sql>>,
    /// How many of the branches may meet the same row.
    pub overlap: i64,
}

/// What SQL cannot decide alike on both databases: decided on each candidate at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checks {
    /// Each must stand in one of the texts.
    pub terms: Vec<String>,
    /// Whether the error's texts count, or description and area alone.
    pub details: bool,
    /// Must stand in the user agent; in lower case.
    pub user_agent: Option<String>,
    /// What `extra` must hold.
    pub extra: Vec<ExtraIs>,
}

/// The columns that [`Checks`] look at.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Candidate {
    /// Its key: time
    pub timestamp: Timestamp,
    /// and id.
    pub id: Uuid,
    /// Where.
    pub area: String,
    /// What happened.
    pub description: String,
    /// The error in a line.
    pub error_message: Option<String>,
    /// The traceback.
    pub error_detail: Option<String>,
    /// The browser.
    pub user_agent: Option<String>,
    /// Anything else.
    pub extra: Option<String>,
}

impl Checks {
    /// Whether there is nothing to check.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.user_agent.is_none() && self.extra.is_empty()
    }

    /// Whether a candidate passes.
    #[must_use]
    pub fn pass(&self, candidate: &Candidate) -> bool {
        self.user_agent.as_deref().is_none_or(|wanted| holds(candidate.user_agent.as_deref(), wanted))
            && self.extra.iter().all(|extra| {
                let text = candidate.extra.as_deref().unwrap_or_default();
                extra.any.iter().any(|wanted| json::matches(text, &extra.key, wanted))
            })
            && self.terms.iter().all(|term| {
                holds(Some(&candidate.area), term)
                    || holds(Some(&candidate.description), term)
                    || (self.details
                        && (holds(candidate.error_message.as_deref(), term)
                            || holds(candidate.error_detail.as_deref(), term)))
            })
    }
}

/// Whether `term`, in lower case, is a substring of the lower case of `text`.
fn holds(text: Option<&str>, term: &str) -> bool {
    thread_local! {
        static LOWER: RefCell<String> = const { RefCell::new(String::new()) };
    }
    let Some(text) = text else { return false };
    if !text.is_ascii() {
        return text.to_lowercase().contains(term);
    }
    // Ten thousand candidates are looked at in a step: one buffer serves them all.
    LOWER.with_borrow_mut(|lower| {
        lower.clear();
        lower.push_str(text);
        lower.make_ascii_lowercase();
        lower.contains(term)
    })
}

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
    fn conditions(self, conditions: &mut Vec<Sql>) {
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

/// A filter as conditions.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Conditions that SQL decides.
    pub predicates: Vec<Predicate>,
    /// The rest.
    pub checks: Checks,
    /// The time.
    pub window: Window,
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
                [only] => only.branches.is_some(),
                _ => false,
            }
    }

    /// The walk of `driver` within `window`, every other condition checked: up to `limit` rows of `columns`, in order.
    ///
    /// Rows that several branches meet come several times, one after the other.
    #[must_use]
    pub fn rows(&self, driver: Driver, window: Window, direction: Direction, limit: i64, columns: Columns) -> Sql {
        let residuals = || {
            let others = self.predicates.iter().enumerate().filter(move |&(at, _)| Some(at) != driver);
            others.map(|(_, predicate)| predicate.residual.clone())
        };
        let arm = |branch: Option<&Sql>| {
            self.arm(branch, window, direction, columns, residuals()).text(" LIMIT ").bind(limit)
        };
        let overlap = driver.map_or(1, |at| self.predicates[at].overlap);
        merge(self.branches(driver).into_iter().map(arm).collect(), direction).text(" LIMIT ").bind(limit * overlap)
    }

    /// How many rows the walk of `driver` meets within `window`, up to `limit`.
    #[must_use]
    pub fn count(&self, driver: Driver, window: Window, limit: i64) -> Sql {
        let overlap = driver.map_or(1, |at| self.predicates[at].overlap);
        let rows = self.rows(driver, window, Direction::Older, limit, Columns::Key);
        let begin = if overlap > 1 {
            "SELECT count(*) FROM (SELECT DISTINCT \"timestamp\", id FROM ("
        } else {
            "SELECT count(*) FROM (SELECT 1 FROM ("
        };
        Sql::new(begin).append(&rows).text(") AS r LIMIT ").bind(limit).text(") AS c")
    }

    /// The key of about the `step`th row that `driver` alone meets: a bounded probe for where one step of looking ends.
    /// No row where it meets fewer.
    #[must_use]
    pub fn boundary(&self, driver: Driver, window: Window, direction: Direction, step: i64) -> Sql {
        let branches = self.branches(driver);
        let each = (step / i64::try_from(branches.len().max(1)).unwrap_or(1)).max(1);
        let arm = |branch: Option<&Sql>| {
            self.arm(branch, window, direction, Columns::Key, std::iter::empty()).text(" LIMIT 1 OFFSET ").bind(each)
        };
        merge(branches.into_iter().map(arm).collect(), direction).text(" LIMIT 1")
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

/// Merges ordered selects; none of them meets nothing.
fn merge(arms: Vec<Sql>, direction: Direction) -> Sql {
    if arms.is_empty() {
        return Sql::new("SELECT \"timestamp\", id FROM audit_logs WHERE 1 = 0");
    }
    let arms = arms.into_iter().map(|arm| Sql::new("SELECT * FROM (").append(&arm).text(") AS b"));
    Sql::join(" UNION ALL ", arms).text(order(direction))
}

/// Which columns a walk brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// The key alone, which the index holds.
    Key,
    /// What checks look at ([`Candidate`]).
    Candidate,
}

impl Columns {
    fn text(self, checks: &Checks) -> &'static str {
        match self {
            Self::Key => "\"timestamp\", id",
            // Long texts lie on pages of their own: read only where they count.
            Self::Candidate if !checks.terms.is_empty() && checks.details => {
                "\"timestamp\", id, area, description, error_message, error_detail, user_agent, extra"
            }
            Self::Candidate => {
                "\"timestamp\", id, area, description, NULL AS error_message, NULL AS error_detail, user_agent, extra"
            }
        }
    }
}

/// The plan of a filter, for a role that sees `details` or not.
#[must_use]
pub fn plan(filter: &Filter, meaning: &Meaning, dialect: Dialect, now: Timestamp, details: bool) -> Plan {
    let predicates = [
        what(filter, meaning, dialect),
        areas(&filter.area, meaning, dialect),
        people(meaning, dialect),
        filter.booking.map(|id| equals(Sql::new("booking_id = ").bind(id), dialect, Column::BookingId, id)),
        filter.ip.map(|block| Predicate {
            residual: Sql::new(dialect.fenced(Column::Ip))
                .text(" BETWEEN ")
                .bind(block.first())
                .text(" AND ")
                .bind(block.last()),
            branches: branches(meaning.addresses.as_deref(), |address| Sql::new("ip = ").bind(*address)),
            overlap: 1,
        }),
    ];
    Plan {
        predicates: predicates.into_iter().flatten().collect(),
        checks: Checks {
            terms: filter.search.as_ref().map(|search| search.terms.clone()).unwrap_or_default(),
            details,
            user_agent: filter.user_agent.as_ref().map(|text| text.to_lowercase()),
            extra: filter.extra.clone(),
        },
        window: Window::of_time(filter.range.bounds(now)),
    }
}

fn equals(branch: Sql, dialect: Dialect, column: Column, value: Uuid) -> Predicate {
    let residual = Sql::new(dialect.fenced(column)).text(" = ").bind(value);
    Predicate { residual, branches: Some(vec![branch]), overlap: 1 }
}

fn branches<T>(values: Option<&[T]>, branch: impl Fn(&T) -> Sql) -> Option<Vec<Sql>> {
    values.filter(|values| values.len() <= BRANCHES).map(|values| values.iter().map(branch).collect())
}

fn among<'a>(column: &'static str, values: impl IntoIterator<Item = &'a String>) -> Sql {
    Sql::new(column).text(" IN (").bind_all(values).text(")")
}

fn none_of<'a>(column: &'static str, values: impl IntoIterator<Item = &'a String>) -> Sql {
    Sql::new(column).text(" NOT IN (").bind_all(values).text(")")
}

/// The values of a choice that the log may hold: what is included, or all that is known, without what is excluded.
fn wanted(choice: &Choice<String>, known: &[String]) -> Vec<String> {
    let from = if choice.any.is_empty() { known } else { &choice.any };
    from.iter().filter(|value| !choice.none.contains(value)).cloned().collect()
}

fn choice_residual(choice: &Choice<String>, column: &'static str) -> Vec<Sql> {
    let mut out = Vec::new();
    if !choice.any.is_empty() {
        out.push(among(column, &choice.any));
    }
    if !choice.none.is_empty() {
        out.push(none_of(column, &choice.none));
    }
    out
}

/// Action and status are one predicate: one index serves both.
fn what(filter: &Filter, meaning: &Meaning, dialect: Dialect) -> Option<Predicate> {
    if filter.action_type.is_empty() && filter.status.is_empty() {
        return None;
    }
    let mut residuals = choice_residual(&filter.action_type, dialect.fenced(Column::ActionType));
    residuals.extend(choice_residual(&filter.status, dialect.fenced(Column::Status)));
    let statuses = wanted(&filter.status, &meaning.statuses);
    let branches: Vec<Sql> = if filter.action_type.is_empty() {
        statuses.iter().map(|status| Sql::new("status = ").bind(status)).collect()
    } else {
        let actions = wanted(&filter.action_type, &meaning.action_types);
        let pair = |action: &String, status: &String| {
            Sql::new("action_type = ").bind(action).text(" AND status = ").bind(status)
        };
        actions.iter().flat_map(|action| statuses.iter().map(move |status| pair(action, status))).collect()
    };
    Some(Predicate {
        residual: Sql::join(" AND ", residuals),
        branches: (branches.len() <= BRANCHES).then_some(branches),
        overlap: 1,
    })
}

fn areas(choice: &Choice<Area>, meaning: &Meaning, dialect: Dialect) -> Option<Predicate> {
    if choice.is_empty() {
        return None;
    }
    let column = dialect.fenced(Column::Area);
    let is = |area: &Area| match area {
        Area::Exactly(area) => Sql::new(column).text(" = ").bind(area),
        Area::Below(top) => {
            let (first, last) = below(top);
            Sql::new("(")
                .text(column)
                .text(" = ")
                .bind(top)
                .text(" OR (")
                .text(column)
                .text(" >= ")
                .bind(first)
                .text(" AND ")
                .text(column)
                .text(" < ")
                .bind(last)
                .text("))")
        }
    };
    let mut residuals = Vec::new();
    if !choice.any.is_empty() {
        residuals.push(Sql::new("(").append(&Sql::join(" OR ", choice.any.iter().map(is))).text(")"));
    }
    residuals.extend(choice.none.iter().map(|area| Sql::new("NOT ").append(&is(area))));
    let included: Option<BTreeSet<&String>> = meaning
        .areas
        .as_ref()
        .filter(|_| !choice.any.is_empty())
        .map(|areas| areas.iter().filter(|area| choice.admits(|value| value.covers(area))).collect());
    let included: Option<Vec<&String>> = included.map(|areas| areas.into_iter().collect());
    Some(Predicate {
        residual: Sql::join(" AND ", residuals),
        branches: branches(included.as_deref(), |area| Sql::new("area = ").bind(*area)),
        overlap: 1,
    })
}

/// The first text below `top/`, and the first beyond (`0` follows `/`).
pub(super) fn below(top: &str) -> (String, String) {
    (format!("{top}/"), format!("{top}0"))
}

/// The first text that begins with `prefix`, and one beyond all such.
pub(super) fn begins(prefix: &str) -> (String, String) {
    (prefix.to_owned(), format!("{prefix}\u{10ffff}"))
}

fn people(meaning: &Meaning, dialect: Dialect) -> Option<Predicate> {
    if meaning.people.is_empty() {
        return None;
    }
    let anonymous = || Sql::new("member_id IS NULL AND member_email IS NULL");
    let no_account =
        || Sql::new("member_id IS NULL AND member_email IS NOT NULL AND ").append(&dialect.nobody_has_its_email());
    let mut ids: BTreeSet<Uuid> = BTreeSet::new();
    // In one spelling: two of one e-mail would meet its entries twice.
    let mut emails: BTreeSet<String> = BTreeSet::new();
    let mut walks: Vec<Sql> = Vec::new();
    let mut residuals: Vec<Sql> = Vec::new();
    let mut walkable = true;
    for person in &meaning.people {
        match person {
            Person::Id(id) => drop(ids.insert(*id)),
            Person::Email { email, owners } => {
                emails.insert(email.to_ascii_lowercase());
                ids.extend(owners);
            }
            Person::Prefix { prefix, emails: recorded, owners } => {
                let (first, last) = begins(prefix);
                let column = dialect.fenced(Column::MemberEmail);
                let range = |column: &'static str| {
                    let low = Sql::new(column).text(" >= ").bind(&first);
                    low.text(" AND ").text(column).text(" < ").bind(&last)
                };
                residuals.push(range(column));
                match owners {
                    Some(owners) => ids.extend(owners),
                    None => residuals.push(
                        Sql::new(dialect.fenced(Column::MemberId))
                            .text(" IN (SELECT members.id FROM members WHERE ")
                            .append(&range(dialect.member_email()))
                            .text(")"),
                    ),
                }
                match recorded {
                    Some(recorded) => emails.extend(recorded.iter().map(|email| email.to_ascii_lowercase())),
                    None => walkable = false,
                }
                walkable &= owners.is_some();
            }
            Person::Anonymous => {
                walks.push(anonymous());
                residuals.push(anonymous());
            }
            Person::NoAccount => {
                walks.push(no_account());
                residuals.push(no_account());
            }
        }
    }
    // An entry has one id and one e-mail, so at most one walk by id and one by e-mail (or without account) meet it.
    let by_email = !emails.is_empty() || walks.len() > 1 || meaning.people.contains(&Person::NoAccount);
    let overlap = if by_email && (!ids.is_empty() || walks.len() + emails.len() > 1) { 2 } else { 1 };
    walks.extend(ids.iter().map(|id| Sql::new("member_id = ").bind(*id)));
    walks.extend(emails.iter().map(|email| dialect.log_email_is(email)));
    if !ids.is_empty() {
        residuals.push(Sql::new(dialect.fenced(Column::MemberId)).text(" IN (").bind_all(ids).text(")"));
    }
    if !emails.is_empty() {
        residuals.push(among(dialect.fenced(Column::MemberEmail), &emails));
    }
    let each = residuals.into_iter().map(|residual| Sql::new("(").append(&residual).text(")"));
    Some(Predicate {
        residual: Sql::new("(").append(&Sql::join(" OR ", each)).text(")"),
        branches: (walkable && walks.len() <= BRANCHES).then_some(walks),
        overlap,
    })
}
