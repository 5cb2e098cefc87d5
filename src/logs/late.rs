//! Errors that are written late. Whoever watches the newest errors looks at them down to some instant; one that is written
//! below it, by an import or by a program that sends what it kept back, is noted here with the entry, so that they look there.

use super::log::NewLog;
use crate::{
    core::{error::Result, time::Timestamp},
    db::{Sql, Tx},
};

/// Notes the oldest of these new entries that is an error and lies below what is watched.
pub(super) async fn note(tx: &mut Tx, new: &[&NewLog]) -> Result<()> {
    let errors = new.iter().filter(|log| log.is_error());
    let Some(oldest) = errors.map(|log| log.timestamp).min() else { return Ok(()) };
    let sql = Sql::new("UPDATE daybook_late SET oldest = ")
        .bind(oldest)
        .text(" WHERE watched_to > ")
        .bind(oldest)
        .text(" AND (oldest IS NULL OR oldest > ")
        .bind(oldest)
        .text(")");
    tx.execute(sql).await.map(drop)
}

/// Says down to where the newest errors are watched from now on; none where that is all of them.
pub async fn watch(tx: &mut Tx, to: Option<Timestamp>) -> Result<()> {
    tx.execute(Sql::new("UPDATE daybook_late SET watched_to = ").bind(to)).await.map(drop)
}

/// Takes what was noted: whoever does looks down to there.
pub async fn take(tx: &mut Tx) -> Result<Option<Timestamp>> {
    // Locked, so that nothing noted meanwhile is lost.
    let lock = tx.dialect().for_update();
    let sql = Sql::new("SELECT oldest FROM daybook_late").text(lock);
    let oldest = tx.fetch_all::<(Option<Timestamp>,)>(sql).await?.pop().and_then(|(oldest,)| oldest);
    if oldest.is_some() {
        tx.execute(Sql::new("UPDATE daybook_late SET oldest = NULL")).await?;
    }
    Ok(oldest)
}
