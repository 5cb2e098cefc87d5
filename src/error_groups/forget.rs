//! Forgetting every group, so that gathering begins anew: in steps, as there may be many, and none holds up a writer. What
//! people said of groups stays.

use super::{
    fingerprint::RULE,
    gather::{FORGETTING, Progress, REST, select_progress},
    write,
};
use crate::{
    core::error::Result,
    db::{Db, Sql, Tx},
};

/// How many rows go at once.
const STEP: i64 = 5_000;
/// What goes, one after the other.
const DERIVED: [&str; 4] = [
    "DELETE FROM daybook_error_groups WHERE fingerprint IN (SELECT fingerprint FROM daybook_error_groups",
    "DELETE FROM daybook_error_quarters WHERE (fingerprint, quarter) IN \
     (SELECT fingerprint, quarter FROM daybook_error_quarters",
    "DELETE FROM daybook_error_members WHERE (fingerprint, member) IN (SELECT fingerprint, member FROM daybook_error_members",
    "DELETE FROM daybook_error_entries WHERE id IN (SELECT id FROM daybook_error_entries",
];

/// Forgets all; from then on groups are made by this version's rule, with the application's frames below `app_root`.
pub async fn all(db: &Db, app_root: &str) -> Result<()> {
    forget(db, app_root, |_| true).await
}

/// The same where groups were made otherwise, but never where that was by a newer rule.
pub async fn outdated(db: &Db, app_root: &str) -> Result<()> {
    forget(db, app_root, |had| had.is_outdated(app_root)).await
}

/// Forgets all if that is still needed once it is this process's turn. Whoever asks for the same meanwhile joins in, and
/// nobody begins again what another process has finished.
async fn forget(db: &Db, app_root: &str, is_needed: impl Fn(&Progress) -> bool) -> Result<()> {
    let mut begun = false;
    loop {
        let mut tx = db.write().await?;
        if write::take_turn(&mut tx).await? {
            let Some(had) = tx.fetch_all::<Progress>(select_progress()).await?.pop() else { return Ok(()) };
            if !had.is_forgetting(app_root) {
                let is_needed = if begun { had.is_older() } else { is_needed(&had) };
                if !is_needed {
                    return Ok(());
                }
                begin(&mut tx, app_root).await?;
            }
            begun = true;
            let done = step(&mut tx, app_root).await?;
            tx.commit().await?;
            if done {
                return Ok(());
            }
        }
        tokio::time::sleep(REST).await;
    }
}

/// From now on nobody gathers until all is forgotten.
async fn begin(tx: &mut Tx, app_root: &str) -> Result<()> {
    let sql = Sql::new(
        "UPDATE daybook_error_progress SET complete = 0, swept_at = NULL, swept_id = NULL, as_of = NULL, rule = ",
    );
    tx.execute(sql.bind(FORGETTING).text(", app_root = ").bind(app_root)).await.map(drop)
}

/// Forgets some more; whether nothing is left.
async fn step(tx: &mut Tx, app_root: &str) -> Result<bool> {
    for sql in DERIVED {
        if tx.execute(Sql::new(sql).limit(STEP).text(")")).await? > 0 {
            return Ok(false);
        }
    }
    let sql = Sql::new("UPDATE daybook_error_progress SET rule = ").bind(RULE).text(", app_root = ").bind(app_root);
    tx.execute(sql).await?;
    Ok(true)
}
