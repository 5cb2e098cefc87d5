//! Reading the totals: stretches of whole hours and whole days, newest first.

use std::ops::ControlFlow;

use super::{DAY, HOUR};
use crate::{
    core::{error::Result, time::Timestamp},
    db::{Looked, Looking, Sql},
};

/// A combination of action, status and area, by its number.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Combination {
    /// Its number in the cells.
    pub id: i64,
    /// Action,
    pub action_type: String,
    /// status
    pub status: String,
    /// and area.
    pub area: String,
}

/// How many combinations an overview takes; a log with more (ids in its areas, say) is counted entry by entry.
const MOST: i64 = 10_000;

/// Every combination there is; none where there are too many, or time was over.
pub async fn combinations(looking: &mut Looking) -> Result<Option<Vec<Combination>>> {
    let all = if looking.dialect().derives() {
        // What waits to be added up may hold new ones.
        Sql::new(
            "SELECT id, action_type, status, area FROM daybook_combinations UNION \
             SELECT combination, action_type, status, area FROM daybook_totals_delta",
        )
    } else {
        Sql::new("SELECT id, action_type, status, area FROM daybook_combinations")
    };
    let sql = all.limit(MOST + 1);
    Ok(match looking.fetch_all::<Combination>(sql).await? {
        Looked::Whole(all) if i64::try_from(all.len()).is_ok_and(|n| n <= MOST) => Some(all),
        _ => None,
    })
}

/// How large a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// An hour.
    Hour,
    /// A day.
    Day,
}

impl Size {
    /// In microseconds.
    #[must_use]
    pub const fn micros(self) -> i64 {
        match self {
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    /// All cells of one hour or day in one row: a row for each cell would cost more than reading it does.
    const fn sql(self, waiting: bool) -> (&'static str, &'static str, &'static str) {
        match (self, waiting) {
            (Self::Hour, true) => (
                "SELECT hour, string_agg(CAST(combination AS TEXT) || ':' || CAST(n AS TEXT), ',') \
                 FROM (SELECT hour, combination, n FROM daybook_totals_hour \
                 UNION ALL SELECT hour, combination, n FROM daybook_totals_delta) AS t WHERE hour >= ",
                " AND hour < ",
                " GROUP BY hour ORDER BY hour DESC",
            ),
            (Self::Day, true) => (
                "SELECT day, string_agg(CAST(combination AS TEXT) || ':' || CAST(n AS TEXT), ',') \
                 FROM (SELECT day, combination, n FROM daybook_totals_day \
                 UNION ALL SELECT floor(hour / 24.0)::bigint, combination, n FROM daybook_totals_delta) AS t WHERE day >= ",
                " AND day < ",
                " GROUP BY day ORDER BY day DESC",
            ),
            (Self::Hour, false) => (
                "SELECT hour, string_agg(CAST(combination AS TEXT) || ':' || CAST(n AS TEXT), ',') \
                 FROM daybook_totals_hour WHERE hour >= ",
                " AND hour < ",
                " GROUP BY hour ORDER BY hour DESC",
            ),
            (Self::Day, false) => (
                "SELECT day, string_agg(CAST(combination AS TEXT) || ':' || CAST(n AS TEXT), ',') \
                 FROM daybook_totals_day WHERE day >= ",
                " AND day < ",
                " GROUP BY day ORDER BY day DESC",
            ),
        }
    }
}

/// Hands every cell that begins from `from` on and before `to` to `each`, newest first: when it begins, the number of
/// its combination, how many. Both ends lie between cells. Whether it came to the end in time.
pub async fn read(
    looking: &mut Looking,
    size: Size,
    from: Timestamp,
    to: Timestamp,
    mut each: impl FnMut(Timestamp, i64, u64),
) -> Result<bool> {
    let (select, below, end) = size.sql(looking.dialect().derives());
    let cell = |at: Timestamp| at.micros().div_euclid(size.micros());
    let sql = Sql::new(select).bind(cell(from)).text(below).bind(cell(to)).text(end);
    let looked = looking.for_each(sql, |(cell, all): (i64, String)| {
        let at = Timestamp::from_micros(cell.saturating_mul(size.micros()));
        for one in all.split(',') {
            let Some((combination, n)) = one.split_once(':') else { continue };
            if let (Ok(combination), Ok(n)) = (combination.parse(), n.parse()) {
                each(at, combination, n);
            }
        }
        ControlFlow::Continue(())
    });
    Ok(matches!(looked.await?, Looked::Whole(())))
}
