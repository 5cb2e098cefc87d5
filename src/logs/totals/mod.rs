//! Running totals: how many entries of each combination of action, status and area fell into each hour and day (UTC).
//!
//! The one insert path adds to them in the transaction of the insert, so they never lag behind the log and need no
//! worker that could. They are derived: [`build`] makes them anew from the log.

pub mod build;
pub mod cells;
pub mod server;

use std::collections::{BTreeMap, HashMap};

use crate::{
    core::{error::Result, time::Timestamp},
    db::{Sql, Tx},
};

/// Microseconds of an hour.
pub const HOUR: i64 = 3_600_000_000;
/// Microseconds of a day.
pub const DAY: i64 = 24 * HOUR;

/// Rows of one statement.
const ROWS: usize = 200;

/// Action, status and area.
type Combination<'a> = (&'a str, &'a str, &'a str);

/// How many entries of what is being written fall into each cell: added once a transaction, since entries that arrive
/// together mostly share their cells.
#[derive(Debug, Default)]
pub struct Increments<'a>(BTreeMap<(i64, Combination<'a>), i64>);

impl<'a> Increments<'a> {
    /// Counts an entry.
    pub fn count(&mut self, at: Timestamp, action_type: &'a str, status: &'a str, area: &'a str) {
        *self.0.entry((at.micros().div_euclid(HOUR), (action_type, status, area))).or_default() += 1;
    }

    /// Adds what was counted to the totals.
    pub async fn add(self, tx: &mut Tx) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let ids = self.combinations(tx).await?;
        let id = |combination: &Combination<'a>| ids.get(combination).copied().unwrap_or_default();
        let mut hours: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        let mut days: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        for ((hour, combination), n) in &self.0 {
            hours.insert((*hour, id(combination)), *n);
            *days.entry((hour.div_euclid(24), id(combination))).or_default() += n;
        }
        upsert(
            tx,
            "INSERT INTO daybook_totals_hour (hour, combination, n) VALUES ",
            &hours,
            " ON CONFLICT (hour, combination) DO UPDATE SET n = daybook_totals_hour.n + excluded.n",
        )
        .await?;
        upsert(
            tx,
            "INSERT INTO daybook_totals_day (day, combination, n) VALUES ",
            &days,
            " ON CONFLICT (day, combination) DO UPDATE SET n = daybook_totals_day.n + excluded.n",
        )
        .await
    }

    /// The number of each combination; new ones get theirs.
    async fn combinations(&self, tx: &mut Tx) -> Result<HashMap<Combination<'a>, i64>> {
        let mut all: Vec<Combination<'a>> = self.0.keys().map(|(_, combination)| *combination).collect();
        all.sort_unstable();
        all.dedup();
        let mut ids = HashMap::new();
        known(tx, &all, &mut ids).await?;
        let new: Vec<Combination<'a>> = all.into_iter().filter(|combination| !ids.contains_key(combination)).collect();
        for rows in new.chunks(ROWS) {
            let sql = Sql::new("INSERT INTO daybook_combinations (action_type, status, area) VALUES ")
                .append(&Sql::join(", ", rows.iter().map(row)))
                .text(" ON CONFLICT (action_type, status, area) DO NOTHING");
            tx.execute(sql).await?;
        }
        known(tx, &new, &mut ids).await?;
        Ok(ids)
    }
}

fn row(combination: &Combination<'_>) -> Sql {
    let (action_type, status, area) = combination;
    Sql::new("(").bind(*action_type).text(", ").bind(*status).text(", ").bind(*area).text(")")
}

/// Looks up the numbers of combinations.
async fn known<'a>(
    tx: &mut Tx,
    combinations: &[Combination<'a>],
    ids: &mut HashMap<Combination<'a>, i64>,
) -> Result<()> {
    for asked in combinations.chunks(ROWS) {
        let sql = Sql::new(
            "SELECT id, action_type, status, area FROM daybook_combinations \
             WHERE (action_type, status, area) IN (VALUES ",
        )
        .append(&Sql::join(", ", asked.iter().map(row)))
        .text(")");
        let rows: Vec<(i64, String, String, String)> = tx.fetch_all(sql).await?;
        for (id, action_type, status, area) in rows {
            let is = |had: &&Combination<'a>| **had == (action_type.as_str(), status.as_str(), area.as_str());
            if let Some(combination) = asked.iter().find(is) {
                ids.insert(*combination, id);
            }
        }
    }
    Ok(())
}

async fn upsert(
    tx: &mut Tx,
    insert: &'static str,
    cells: &BTreeMap<(i64, i64), i64>,
    conflict: &'static str,
) -> Result<()> {
    let cells: Vec<_> = cells.iter().collect();
    for rows in cells.chunks(ROWS) {
        let row = |((at, combination), n): &(&(i64, i64), &i64)| {
            Sql::new("(").bind(*at).text(", ").bind(*combination).text(", ").bind(**n).text(")")
        };
        let sql = Sql::new(insert).append(&Sql::join(", ", rows.iter().map(row))).text(conflict);
        tx.execute(sql).await?;
    }
    Ok(())
}
