//! Forgetting every group, so that gathering begins anew: in steps, as there may be many, and none holds up a writer. What
//! people said of groups stays.

use super::{
    fingerprint::RULE,
    gather::{Progress, REST, select_progress},
    write,
};
use crate::{
    core::error::Result,
    db::{Db, Sql, Tx},
};

/// What the rule is while groups are being forgotten: no version of it.
const FORGETTING: i64 = -1;
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
    let sql = Sql::new("UPDATE daybook_error_progress SET complete = 0, swept_at = NULL, swept_id = NULL, rule = ");
    let mut begun = false;
    loop {
        let mut tx = db.write().await?;
        if write::take_turn(&mut tx).await? {
            if !begun {
                tx.execute(sql.clone().bind(FORGETTING)).await?;
                begun = true;
            }
            let done = step(&mut tx, app_root).await?;
            tx.commit().await?;
            if done {
                return Ok(());
            }
        }
        tokio::time::sleep(REST).await;
    }
}

/// Forgets some more; whether nothing is left, or another process has finished it.
async fn step(tx: &mut Tx, app_root: &str) -> Result<bool> {
    let had = tx.fetch_all::<Progress>(select_progress()).await?.pop();
    if had.is_none_or(|had| had.rule != FORGETTING) {
        return Ok(true);
    }
    for sql in DERIVED {
        if tx.execute(Sql::new(sql).limit(STEP).text(")")).await? > 0 {
            return Ok(false);
        }
    }
    let sql = Sql::new("UPDATE daybook_error_progress SET rule = ").bind(RULE).text(", app_root = ").bind(app_root);
    tx.execute(sql).await?;
    Ok(true)
}
