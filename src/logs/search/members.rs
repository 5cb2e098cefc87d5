//! Keeping the index of members' names and e-mails: those who came or changed wait until they are taken in, with the next
//! write of a member or in the background. On a server the index is one of the table and keeps itself.

use uuid::Uuid;

use crate::{
    core::error::Result,
    db::{Db, Sql, Tx},
};

/// How many members the background takes in with one transaction: writes wait for no longer than that takes.
const STEP: usize = 1_000;

#[derive(sqlx::FromRow)]
struct Waiting {
    n: i64,
    name: Option<String>,
    email: Option<String>,
}

/// Takes in up to `most` of those who wait; how many it was.
pub async fn take_in(tx: &mut Tx, most: usize) -> Result<usize> {
    if tx.dialect().derives() {
        return Ok(0);
    }
    let sql = Sql::new(
        "SELECT k.n, m.name, m.email FROM daybook_member_keys AS k INDEXED BY daybook_members_waiting \
         CROSS JOIN members AS m ON m.id = k.id WHERE k.waiting = 1 ORDER BY k.n",
    );
    let waiting: Vec<Waiting> = tx.fetch_all(sql.limit(i64::try_from(most).unwrap_or(i64::MAX))).await?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let lower = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase());
    let row = |member: &Waiting| {
        let sql = Sql::new("(").bind(member.n).text(", ").bind(lower(&member.name));
        sql.text(", ").bind(lower(&member.email)).text(")")
    };
    for some in waiting.chunks(200) {
        let rows = Sql::join(", ", some.iter().map(row));
        tx.execute(Sql::new("INSERT OR REPLACE INTO daybook_member_words (rowid, name, email) VALUES ").append(&rows))
            .await?;
    }
    let taken = Sql::new("UPDATE daybook_member_keys SET waiting = 0 WHERE n IN (");
    tx.execute(taken.bind_all(waiting.iter().map(|member| member.n)).text(")")).await?;
    Ok(waiting.len())
}

/// Takes in the next who wait, in a transaction of its own; whether some may be left.
pub async fn build(db: &Db) -> Result<bool> {
    if db.dialect().derives() || waiting(db).await?.is_none() {
        return Ok(false);
    }
    let mut tx = db.write().await?;
    let taken = take_in(&mut tx, STEP).await?;
    tx.commit().await?;
    Ok(taken == STEP)
}

/// One of those who wait.
async fn waiting(db: &Db) -> Result<Option<Uuid>> {
    let sql = Sql::new("SELECT id FROM daybook_member_keys WHERE waiting = 1 LIMIT 1");
    Ok(db.fetch_optional::<(Uuid,)>(sql).await?.map(|(id,)| id))
}

/// Empties the index, to be built anew by [`build`].
pub async fn clear(tx: &mut Tx) -> Result<()> {
    tx.execute(Sql::new("INSERT INTO daybook_member_words (daybook_member_words) VALUES ('delete-all')")).await?;
    tx.execute(Sql::new("UPDATE daybook_member_keys SET waiting = 1")).await.map(drop)
}

/// Whether everybody is in the index; on a server, whether there is one.
pub async fn is_complete(db: &Db) -> Result<bool> {
    if db.dialect().derives() {
        return Ok(db.dialect().has_member_words());
    }
    Ok(waiting(db).await?.is_none())
}
