//! The statements of the list of groups: each order is a walk of an index for each state, and several are merged.

use super::{
    filter::{self, Sort},
    fingerprint::Fingerprint,
    state::State,
};
use crate::{
    db::{Arg, Dialect, Sql},
    paging::{At, Direction, Key},
};

/// The columns of a [`super::store::Group`].
const COLUMNS: &str = "fingerprint, state, times, members, anonymous, first_at, last_at, last_id, title, area, description, \
    exception, frame";

impl Sort {
    const fn column(self) -> &'static str {
        match self {
            Self::LastSeen => "last_at",
            Self::Members => "members",
            Self::Times => "times",
            Self::FirstSeen => "first_at",
        }
    }

    /// What is bound for a value of the column.
    fn arg(self, key: Key) -> Arg {
        match self {
            Self::LastSeen | Self::FirstSeen => key.timestamp.into(),
            Self::Members | Self::Times => key.timestamp.micros().into(),
        }
    }
}

/// Up to `limit` groups of these states beyond a place, in an order.
#[must_use]
pub fn rows(dialect: Dialect, states: &[State], sort: Sort, at: At, limit: i64) -> Sql {
    let arm = |state: &State| {
        let mut sql = Sql::new("SELECT ").text(COLUMNS).text(" FROM daybook_error_groups WHERE state = ");
        sql = sql.bind(state.as_str());
        if let Some(cursor) = at.cursor() {
            let beyond = match (at.direction(), cursor.inclusive) {
                (Direction::Older, false) => ", fingerprint) < (",
                (Direction::Older, true) => ", fingerprint) <= (",
                (Direction::Newer, false) => ", fingerprint) > (",
                (Direction::Newer, true) => ", fingerprint) >= (",
            };
            let number = filter::fingerprint(cursor.key).number();
            sql = sql.text(" AND (").text(sort.column()).text(beyond).bind(sort.arg(cursor.key)).text(", ");
            sql = sql.bind(number).text(")");
        }
        let sql = order(sql, sort, at.direction());
        if states.len() == 1 || dialect.limits_arms() { sql.limit(limit) } else { sql }
    };
    if let [state] = states {
        return arm(state);
    }
    let arms = states.iter().map(|state| Sql::new("SELECT * FROM (").append(&arm(state)).text(") AS b"));
    order(Sql::join(" UNION ALL ", arms), sort, at.direction()).limit(limit)
}

fn order(sql: Sql, sort: Sort, direction: Direction) -> Sql {
    match direction {
        Direction::Older => sql.text(" ORDER BY ").text(sort.column()).text(" DESC, fingerprint DESC"),
        Direction::Newer => sql.text(" ORDER BY ").text(sort.column()).text(", fingerprint"),
    }
}

/// How many groups there are of each of these states, counted to `most` each.
#[must_use]
pub fn counts(states: &[State], most: i64) -> Sql {
    let arm = |state: &State| {
        Sql::new("SELECT CAST(")
            .bind(state.as_str())
            .text(" AS TEXT) AS state, count(*) AS n FROM (SELECT 1 FROM daybook_error_groups WHERE state = ")
            .bind(state.as_str())
            .limit(most)
            .text(") AS c")
    };
    Sql::join(" UNION ALL ", states.iter().map(arm))
}

/// State and texts of every group, up to `most` of them.
#[must_use]
pub fn texts(most: i64) -> Sql {
    Sql::new("SELECT state, title, area, description, exception, frame FROM daybook_error_groups").limit(most)
}

/// One group.
#[must_use]
pub fn one(fingerprint: Fingerprint) -> Sql {
    Sql::new("SELECT ").text(COLUMNS).text(" FROM daybook_error_groups WHERE fingerprint = ").bind(fingerprint.number())
}

/// The group of an entry.
#[must_use]
pub fn of_entry(id: uuid::Uuid) -> Sql {
    Sql::new("SELECT ")
        .text(COLUMNS)
        .text(
            " FROM daybook_error_groups WHERE fingerprint = (SELECT fingerprint FROM daybook_error_entries WHERE id = ",
        )
        .bind(id)
        .text(")")
}

/// The places in the log of a group's entries beyond a place.
#[must_use]
pub fn entries(fingerprint: Fingerprint, at: At, limit: i64) -> Sql {
    let sql = Sql::new("SELECT \"timestamp\", id FROM daybook_error_entries WHERE fingerprint = ");
    let mut sql = sql.bind(fingerprint.number());
    if let Some(cursor) = at.cursor() {
        let beyond = match (at.direction(), cursor.inclusive) {
            (Direction::Older, false) => " AND (\"timestamp\", id) < (",
            (Direction::Older, true) => " AND (\"timestamp\", id) <= (",
            (Direction::Newer, false) => " AND (\"timestamp\", id) > (",
            (Direction::Newer, true) => " AND (\"timestamp\", id) >= (",
        };
        sql = sql.text(beyond).bind(cursor.key.timestamp).text(", ").bind(cursor.key.id).text(")");
    }
    let order = match at.direction() {
        Direction::Older => " ORDER BY \"timestamp\" DESC, id DESC",
        Direction::Newer => " ORDER BY \"timestamp\", id",
    };
    sql.text(order).limit(limit)
}

/// The members of a group, whom it met last first.
#[must_use]
pub fn members(fingerprint: Fingerprint, limit: i64) -> Sql {
    Sql::new("SELECT times, last_at, last_id FROM daybook_error_members WHERE fingerprint = ")
        .bind(fingerprint.number())
        .text(" ORDER BY last_at DESC, last_id DESC")
        .limit(limit)
}

/// How many errors of a group fell between an edge and the next, with the number of the first of both. The edges are quarters
/// of an hour since 1970; each sum is a walk of one stretch of the key.
#[must_use]
pub fn sums(fingerprint: Fingerprint, edges: &[i64]) -> Sql {
    let arm = |(at, ends): (i64, &[i64])| {
        Sql::new("SELECT CAST(")
            .bind(at)
            .text(" AS BIGINT) AS at, CAST(coalesce(sum(n), 0) AS BIGINT) AS n FROM daybook_error_quarters WHERE fingerprint = ")
            .bind(fingerprint.number())
            .text(" AND quarter >= ")
            .bind(ends[0])
            .text(" AND quarter < ")
            .bind(ends[1])
    };
    Sql::join(" UNION ALL ", (0..).zip(edges.windows(2)).map(arm))
}
