//! From a filter of records to SQL, without asking anything: people and kinds each as walks of an index, and their time.

use uuid::Uuid;

use super::{
    filter::{Filter, Person},
    kinds::Group,
};
use crate::{
    core::time::Timestamp,
    db::{Dialect, Sql},
    logs::window::{Bound, Window},
    paging::{Direction, Key},
    staff_log::{COMMAND_LINE, Kind},
};

/// Whose records are meant, once it is known who has an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Of this account.
    Account(Uuid),
    /// Of no account, under this e-mail.
    Email(String),
    /// Of no account, whatever was typed.
    Nobody,
    /// Of the command line.
    CommandLine,
}

impl Whose {
    /// What a person stands for, where `account` has their e-mail.
    #[must_use]
    pub fn of(person: &Person, account: Option<Uuid>) -> Self {
        match (person, account) {
            (Person::Email(_), Some(id)) => Self::Account(id),
            (Person::Email(email), None) => Self::Email(email.clone()),
            (Person::Nobody, _) => Self::Nobody,
            (Person::CommandLine, _) => Self::CommandLine,
        }
    }

    /// The walk that meets these records; each condition has an index that ends in `(timestamp, seq)`.
    fn walk(&self, dialect: Dialect) -> Sql {
        match self {
            Self::Account(id) => Sql::new("staff_id = ").bind(*id),
            Self::Email(email) => Sql::new("staff_id IS NULL AND ").append(&dialect.staff_log_email_is(email)),
            // What was done at the command line is among them: see [`Plan::is_walk`].
            Self::Nobody => Sql::new("staff_id IS NULL"),
            Self::CommandLine => Sql::new("staff_id IS NULL AND ").append(&dialect.staff_log_email_is(COMMAND_LINE)),
        }
    }

    fn covers(&self, glance: &Glance) -> bool {
        match self {
            Self::Account(id) => glance.staff_id == Some(*id),
            Self::Email(email) => glance.staff_id.is_none() && glance.staff_email.eq_ignore_ascii_case(email),
            Self::Nobody => glance.staff_id.is_none() && glance.staff_email != COMMAND_LINE,
            Self::CommandLine => glance.staff_id.is_none() && glance.staff_email == COMMAND_LINE,
        }
    }
}

/// A record as far as a filter asks about it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Glance {
    /// When: its place in the list,
    pub timestamp: Timestamp,
    /// with its number.
    pub seq: i64,
    /// Whose account.
    pub staff_id: Option<Uuid>,
    /// Under which e-mail.
    pub staff_email: String,
    /// What was done.
    pub kind: String,
    /// With which token.
    pub token: Option<String>,
}

impl Glance {
    /// Its place in the list.
    #[must_use]
    pub fn key(&self) -> Key {
        key(self.timestamp, self.seq)
    }
}

/// The place of a record in the list. Its number stands for the id.
pub fn key(timestamp: Timestamp, seq: i64) -> Key {
    Key { timestamp, id: Uuid::from_u128(u128::from(seq.unsigned_abs())) }
}

/// The number of a record that a place in the list names.
fn seq(key: Key) -> i64 {
    i64::try_from(key.id.as_u128()).unwrap_or(i64::MAX)
}

/// A filter as conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Whose records; anybody's where there is none.
    pub people: Vec<Whose>,
    /// What was done; anything where there is none.
    pub kinds: Vec<Group>,
    /// The time.
    pub window: Window,
    /// How the database spells it.
    pub dialect: Dialect,
}

/// Which walk a statement follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// Time alone.
    Time,
    /// That of people.
    People,
    /// That of kinds.
    Kinds,
}

/// The columns of a [`Glance`].
const GLANCE: &str = "SELECT \"timestamp\", seq, staff_id, staff_email, kind, token FROM ";
/// The table.
const LOG: &str = "daybook_staff_log";

/// A walk: the table, as it says by which index where that must be said, and the condition.
type WalkOf = (&'static str, Sql);

impl Plan {
    /// The plan of a filter whose people are known.
    #[must_use]
    pub fn new(filter: &Filter, people: Vec<Whose>, dialect: Dialect, now: Timestamp) -> Self {
        let mut distinct: Vec<Whose> = Vec::new();
        for whose in people {
            if !distinct.contains(&whose) {
                distinct.push(whose);
            }
        }
        let window = Window::of_time(filter.range.bounds(now));
        Self { people: distinct, kinds: filter.kind.clone(), window, dialect }
    }

    /// The walks that meet all that matches.
    #[must_use]
    pub fn drivers(&self) -> Vec<Driver> {
        match (self.people.is_empty(), self.kinds.is_empty()) {
            (true, true) => vec![Driver::Time],
            (false, true) => vec![Driver::People],
            (true, false) => vec![Driver::Kinds],
            (false, false) => vec![Driver::People, Driver::Kinds],
        }
    }

    /// Whether one walk meets matches only: looking needs no bound then but its limit.
    #[must_use]
    pub fn is_walk(&self) -> bool {
        // No index tells nobody from the command line: the walk of the one meets the other.
        let meets_others = self.people.contains(&Whose::Nobody) && !self.people.contains(&Whose::CommandLine);
        (self.people.is_empty() || self.kinds.is_empty()) && !meets_others
    }

    /// Whether a record matches, but for its time.
    #[must_use]
    pub fn matches(&self, glance: &Glance) -> bool {
        let group = Group::of_record(Kind::parse(&glance.kind), glance.token.is_some());
        (self.people.is_empty() || self.people.iter().any(|whose| whose.covers(glance)))
            && (self.kinds.is_empty() || group.is_some_and(|group| self.kinds.contains(&group)))
    }

    /// The walk of `driver` within `window`: up to `limit` records, in order.
    #[must_use]
    pub fn rows(&self, driver: Driver, window: Window, direction: Direction, limit: i64) -> Sql {
        let arm = |walk: Option<WalkOf>| {
            let (log, walk) = walk.map_or((LOG, None), |(log, walk)| (log, Some(walk)));
            let mut conditions: Vec<Sql> = walk.into_iter().collect();
            bounds(window, &mut conditions);
            let sql = Sql::new(GLANCE).text(log);
            let sql =
                if conditions.is_empty() { sql } else { sql.text(" WHERE ").append(&Sql::join(" AND ", conditions)) };
            sql.text(order(direction))
        };
        match <[WalkOf; 1]>::try_from(self.walks(driver)) {
            Ok([walk]) => arm(Some(walk)).limit(limit),
            Err(walks) if walks.is_empty() => arm(None).limit(limit),
            Err(walks) => {
                let limited = self.dialect.limits_arms();
                let arms = walks.into_iter().map(|walk| {
                    let arm = arm(Some(walk));
                    let arm = if limited { arm.limit(limit) } else { arm };
                    Sql::new("SELECT * FROM (").append(&arm).text(") AS b")
                });
                Sql::join(" UNION ALL ", arms).text(order(direction)).limit(limit)
            }
        }
    }

    /// How many records the walk of `driver` meets, up to `limit`.
    #[must_use]
    pub fn count(&self, driver: Driver, limit: i64) -> Sql {
        let rows = self.rows(driver, self.window, Direction::Older, limit);
        Sql::new("SELECT count(*) FROM (").append(&rows).text(") AS c")
    }

    fn walks(&self, driver: Driver) -> Vec<WalkOf> {
        match driver {
            Driver::Time => Vec::new(),
            Driver::People => {
                // No record is met twice.
                let nobody = self.people.contains(&Whose::Nobody);
                let within = |whose: &Whose| nobody && matches!(whose, Whose::Email(_) | Whose::CommandLine);
                let walks = self.people.iter().filter(|whose| !within(whose));
                walks.map(|whose| (LOG, whose.walk(self.dialect))).collect()
            }
            Driver::Kinds => self.kinds.iter().flat_map(|group| kind_walks(*group, self.dialect)).collect(),
        }
    }
}

/// The walks that meet the records of a group.
fn kind_walks(group: Group, dialect: Dialect) -> Vec<WalkOf> {
    let by_program = (group == Group::Api).then(|| (dialect.staff_log_by_token(), Sql::new("token IS NOT NULL")));
    let kinds = group.kinds().into_iter();
    let kinds = kinds.map(|kind| (LOG, Sql::new("token IS NULL AND kind = ").bind(kind.as_str())));
    by_program.into_iter().chain(kinds).collect()
}

/// What each person did how often within a window, out of its newest `most` records.
#[must_use]
pub fn tally(window: Window, most: i64) -> Sql {
    let mut conditions: Vec<Sql> = Vec::new();
    bounds(window, &mut conditions);
    let mut newest = Sql::new(GLANCE).text(LOG);
    if !conditions.is_empty() {
        newest = newest.text(" WHERE ").append(&Sql::join(" AND ", conditions));
    }
    let newest = newest.text(order(Direction::Older)).limit(most);
    Sql::new(
        "SELECT staff_id, kind, by_program, by_command, count(*) AS n FROM (SELECT staff_id, kind, \
         CASE WHEN token IS NULL THEN CAST(0 AS BIGINT) ELSE 1 END AS by_program, \
         CASE WHEN staff_id IS NULL AND staff_email = 'command line' THEN CAST(1 AS BIGINT) ELSE 0 END AS by_command FROM (",
    )
    .append(&newest)
    .text(") AS newest) AS told GROUP BY staff_id, kind, by_program, by_command")
}

/// Adds the ends of a window to conditions: one row value an end.
fn bounds(window: Window, conditions: &mut Vec<Sql>) {
    let key = |text: &'static str, Bound { key, .. }: Bound| {
        Sql::new(text).bind(key.timestamp).text(", ").bind(seq(key)).text(")")
    };
    if let Some(bound) = window.newer {
        let text = if bound.inclusive { "(\"timestamp\", seq) <= (" } else { "(\"timestamp\", seq) < (" };
        conditions.push(key(text, bound));
    }
    if let Some(bound) = window.older {
        let text = if bound.inclusive { "(\"timestamp\", seq) >= (" } else { "(\"timestamp\", seq) > (" };
        conditions.push(key(text, bound));
    }
}

fn order(direction: Direction) -> &'static str {
    match direction {
        Direction::Older => " ORDER BY \"timestamp\" DESC, seq DESC",
        Direction::Newer => " ORDER BY \"timestamp\", seq",
    }
}
