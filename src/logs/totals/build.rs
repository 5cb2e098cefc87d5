//! Counts the entries that stood before the totals did: in the background, in steps that leave the writer free between.

use std::time::{Duration, Instant};

use super::{Increments, server};
use crate::{
    core::{error::Result, time::Timestamp},
    db::{Db, Sql, Tx},
};

/// Entries of one step: some milliseconds of the writer's time.
const STEP: i64 = 2_000;
/// The shortest rest between two steps.
const REST: Duration = Duration::from_millis(5);
/// How long to wait after a step that failed: the database may be locked, or away.
const AGAIN: Duration = Duration::from_secs(5);

/// How far counting is, in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Progress {
    /// Up to here entries are in the totals,
    pub counted: i64,
    /// of those that stood before the totals did.
    pub last: i64,
}

impl Progress {
    /// Whether every entry is in the totals.
    #[must_use]
    pub fn is_complete(self) -> bool {
        self.counted >= self.last
    }

    /// How much is done, in whole hundredths; never 100 before it is complete.
    #[must_use]
    pub fn percent(self) -> i64 {
        if self.is_complete() { 100 } else { (self.counted.saturating_mul(100) / self.last.max(1)).min(99) }
    }
}

/// How far counting is; none where no totals are kept.
pub async fn progress(db: &Db) -> Result<Option<Progress>> {
    db.fetch_optional(Sql::new("SELECT counted, last FROM daybook_totals_build")).await
}

/// Counts until nothing is left to count. It rests as long as it worked, so that the application's writes, which go
/// through the same writer, find it free at least every other moment.
pub async fn run(db: Db) {
    loop {
        let began = Instant::now();
        match step(&db).await {
            Ok(true) => return,
            Ok(false) => tokio::time::sleep(began.elapsed().max(REST)).await,
            Err(error) => {
                tracing::warn!("the totals could not be built further yet: {error}");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// What is counted of an entry.
#[derive(Debug, sqlx::FromRow)]
struct Entry {
    seq: i64,
    timestamp: Timestamp,
    action_type: String,
    status: String,
    area: String,
}

/// Counts some more entries; whether that was the end of it.
pub async fn step(db: &Db) -> Result<bool> {
    let Some(Progress { counted, last }) = progress(db).await? else { return Ok(true) };
    if counted >= last {
        return Ok(true);
    }
    if db.dialect().derives() {
        return server::step(db, counted, last).await;
    }
    // Entries never change, so they are read before the transaction begins: the writer is taken for the sums alone.
    let sql = Sql::new("SELECT seq, \"timestamp\", action_type, status, area FROM audit_logs WHERE seq > ")
        .bind(counted)
        .text(" AND seq <= ")
        .bind(last)
        .text(" ORDER BY seq")
        .limit(STEP);
    let entries: Vec<Entry> = db.fetch_all(sql).await?;
    let full = i64::try_from(entries.len()).is_ok_and(|n| n == STEP);
    let to = entries.last().filter(|_| full).map_or(last, |entry| entry.seq);
    let mut increments = Increments::default();
    for entry in &entries {
        increments.count(entry.timestamp, &entry.action_type, &entry.status, &entry.area);
    }
    let mut tx = db.write().await?;
    let sql = Sql::new("UPDATE daybook_totals_build SET counted = ").bind(to).text(" WHERE counted = ").bind(counted);
    // Somebody else was faster, or it began anew: these entries are theirs to count.
    if tx.execute(sql).await? == 0 {
        return Ok(false);
    }
    increments.add(&mut tx).await?;
    tx.commit().await?;
    Ok(to >= last)
}

/// Forgets every total; counting begins anew. Until it is done the totals are not asked.
pub async fn begin_again(tx: &mut Tx) -> Result<()> {
    if tx.dialect().derives() {
        return server::begin_again(tx).await;
    }
    for sql in [
        "DELETE FROM daybook_totals_hour",
        "DELETE FROM daybook_totals_day",
        "UPDATE daybook_totals_build SET counted = 0, last = (SELECT coalesce(max(seq), 0) FROM audit_logs)",
    ] {
        tx.execute(Sql::new(sql)).await?;
    }
    Ok(())
}
