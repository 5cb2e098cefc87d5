//! The totals of a server: whoever writes entries there only adds lines to `daybook_totals_delta`, whichever program
//! that is. What waits there is added up each second, and what stood before is counted here, hour by hour.

use std::time::Duration;

use crate::{
    core::error::Result,
    db::{Db, Sql, Tx},
};

/// How many hours are counted in one transaction: a day of a busy log.
const HOURS: i64 = 24;
/// How many lines are added up at once: some tenths of a second.
const LINES: i64 = 20_000;
/// How often what waits is added up.
const EACH: Duration = Duration::from_secs(1);
/// The number of the lock that keeps two processes from adding up at once.
const LOCK: i64 = 0x746f_7461_6c73;

/// Adds up what waits, for as long as the process lives.
pub async fn add_up_always(db: Db) {
    let mut failing = false;
    loop {
        match add_up(&db).await {
            Ok(more) => {
                failing = false;
                if more {
                    continue;
                }
            }
            Err(error) if !failing => {
                failing = true;
                tracing::warn!("the totals cannot be added up: {error}; trying again each second");
            }
            Err(_) => {}
        }
        tokio::time::sleep(EACH).await;
    }
}

/// Holds the lock until the transaction ends, if nobody else does.
async fn is_ours(tx: &mut Tx) -> Result<bool> {
    let sql = Sql::new("SELECT pg_try_advisory_xact_lock(").bind(LOCK).text(")");
    Ok(tx.execute_returning::<(bool,)>(sql).await?.first().is_some_and(|(ours,)| *ours))
}

/// Adds up a part of what waits, in one statement for those who read meanwhile; whether more waits. It may be much: while
/// Daybook does not run, nobody adds up.
pub async fn add_up(db: &Db) -> Result<bool> {
    let mut tx = db.write().await?;
    if !is_ours(&mut tx).await? {
        return Ok(false);
    }
    let sql = Sql::new(
        "WITH waiting AS (DELETE FROM daybook_totals_delta WHERE ctid = ANY \
            (ARRAY(SELECT ctid FROM daybook_totals_delta",
    )
    .limit(LINES)
    .text(
        ")) RETURNING *), \
        named AS (INSERT INTO daybook_combinations (id, action_type, status, area) \
            SELECT DISTINCT combination, action_type, status, area FROM waiting ON CONFLICT (id) DO NOTHING), \
        days AS (INSERT INTO daybook_totals_day (day, combination, n) \
            SELECT floor(hour / 24.0)::bigint, combination, sum(n)::bigint FROM waiting GROUP BY 1, 2 ORDER BY 1, 2 \
            ON CONFLICT (day, combination) DO UPDATE SET n = daybook_totals_day.n + excluded.n), \
        hours AS (INSERT INTO daybook_totals_hour (hour, combination, n) \
            SELECT hour, combination, sum(n)::bigint FROM waiting GROUP BY 1, 2 ORDER BY 1, 2 \
            ON CONFLICT (hour, combination) DO UPDATE SET n = daybook_totals_hour.n + excluded.n) \
        SELECT count(*) FROM waiting",
    );
    let added: Vec<(i64,)> = tx.execute_returning(sql).await?;
    tx.commit().await?;
    Ok(added.first().is_some_and(|(n,)| *n >= LINES))
}

/// Counts some more hours of what stood before the totals did; whether that was the end of it.
///
/// An hour is set to what the log holds of it less what waits for it: one question sees both as of one instant, so nothing
/// is counted twice however often an hour is counted and whoever writes meanwhile.
pub(super) async fn step(db: &Db, counted: i64, last: i64) -> Result<bool> {
    let first: Option<(i64,)> = db.fetch_optional(Sql::new("SELECT \"first\" FROM daybook_totals_build")).await?;
    let first = first.map_or(0, |(first,)| first);
    let begin = first + counted;
    let end = first + last;
    // Straight to the next hour that holds anything: a single entry may lie thousands of years ahead.
    let next = Sql::new(
        "SELECT daybook.hour(CAST(min(\"timestamp\") AS timestamptz)) FROM audit_logs \
         WHERE \"timestamp\" < 'infinity' AND \"timestamp\" >= to_timestamp(",
    );
    let next: Option<(Option<i64>,)> = db.fetch_optional(next.bind(begin).text("::bigint * 3600)")).await?;
    let from = next.and_then(|(hour,)| hour).unwrap_or(end).min(end - 1);
    // Whole days of UTC, but for the first.
    let to = ((from.div_euclid(HOURS) + 1) * HOURS).min(end);
    let mut tx = db.write().await?;
    if !is_ours(&mut tx).await? {
        return Ok(false);
    }
    let within = |sql: Sql| sql.bind(from).text(" AND hour < ").bind(to);
    let sql = Sql::new("DELETE FROM daybook_totals_hour WHERE hour >= ").bind(begin).text(" AND hour < ").bind(to);
    tx.execute(sql).await?;
    let counted_now = Sql::new(
        "SELECT daybook.hour(CAST(\"timestamp\" AS timestamptz)) AS hour, action_type, status, area, count(*) AS n \
         FROM audit_logs WHERE \"timestamp\" >= to_timestamp(",
    )
    .bind(from)
    .text("::bigint * 3600) AND \"timestamp\" < to_timestamp(")
    .bind(to)
    .text("::bigint * 3600) GROUP BY 1, 2, 3, 4 UNION ALL SELECT hour, action_type, status, area, -n FROM daybook_totals_delta WHERE hour >= ");
    let all = within(counted_now);
    let sql = Sql::new("SELECT hour, action_type, status, area, CAST(sum(n) AS BIGINT) AS n FROM (")
        .append(&all)
        .text(") AS a GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0");
    let cells: Vec<Cell> = tx.fetch_all(sql).await?;
    for cells in cells.chunks(500) {
        let row = |cell: &Cell| {
            Sql::new("(")
                .bind(cell.hour)
                .text("::bigint, ")
                .bind(&cell.action_type)
                .text(", ")
                .bind(&cell.status)
                .text(", ")
                .bind(&cell.area)
                .text(", ")
                .bind(cell.n)
                .text("::bigint)")
        };
        let values = Sql::new("(VALUES ")
            .append(&Sql::join(", ", cells.iter().map(row)))
            .text(") AS v (hour, action_type, status, area, n)");
        let names = Sql::new(
            "INSERT INTO daybook_combinations (id, action_type, status, area) \
             SELECT DISTINCT daybook.combination(action_type, status, area), action_type, status, area FROM ",
        );
        tx.execute(names.append(&values).text(" ON CONFLICT (id) DO NOTHING")).await?;
        let hours = Sql::new(
            "INSERT INTO daybook_totals_hour (hour, combination, n) \
             SELECT hour, daybook.combination(action_type, status, area), n FROM ",
        );
        tx.execute(hours.append(&values)).await?;
    }
    // The days that these hours touch, anew.
    let days =
        |sql: Sql| sql.bind(begin).text("::bigint / 24.0) AND day <= floor((").bind(to).text("::bigint - 1) / 24.0)");
    tx.execute(days(Sql::new("DELETE FROM daybook_totals_day WHERE day >= floor("))).await?;
    let sql = Sql::new(
        "INSERT INTO daybook_totals_day (day, combination, n) SELECT day, combination, sum(n)::bigint FROM \
         (SELECT floor(hour / 24.0)::bigint AS day, combination, n FROM daybook_totals_hour WHERE hour >= floor(",
    )
    .bind(begin)
    .text("::bigint / 24.0) * 24 AND hour < (floor((")
    .bind(to)
    .text("::bigint - 1) / 24.0) + 1) * 24) AS h GROUP BY 1, 2");
    tx.execute(sql).await?;
    let done = to - first;
    let sql = Sql::new("UPDATE daybook_totals_build SET counted = ").bind(done).text(" WHERE counted = ").bind(counted);
    // It began anew meanwhile: what was counted here is counted again.
    if tx.execute(sql).await? == 0 {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(done >= last)
}

/// Entries of a combination in an hour.
#[derive(sqlx::FromRow)]
struct Cell {
    hour: i64,
    action_type: String,
    status: String,
    area: String,
    n: i64,
}

/// Counting begins anew; each hour keeps its number until it is counted again.
pub(super) async fn begin_again(tx: &mut Tx) -> Result<()> {
    let ends: Vec<(i64, i64)> = tx
        .fetch_all(Sql::new(
            "SELECT coalesce(daybook.hour(CAST(min(\"timestamp\") AS timestamptz)), 0), \
             coalesce(daybook.hour(CAST(max(\"timestamp\") AS timestamptz)), -1) FROM audit_logs \
             WHERE \"timestamp\" < 'infinity' AND \"timestamp\" > '-infinity'",
        ))
        .await?;
    let (first, last) = ends.first().copied().unwrap_or((0, -1));
    let sql = Sql::new("UPDATE daybook_totals_build SET counted = 0, last = ")
        .bind(last - first + 1)
        .text(", \"first\" = ")
        .bind(first);
    tx.execute(sql).await.map(drop)
}
