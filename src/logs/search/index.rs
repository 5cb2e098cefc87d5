//! Keeping the index: each new entry in its own transaction, those that were there before in the background.

use crate::{
    core::{error::Result, time::Timestamp},
    db::{Db, Sql, Tx},
    logs::log::NewLog,
};

use super::{BLOCK, PLACES, members};

/// Under this name `daybook_meta` keeps the lowest `seq` from which on all entries are indexed.
const FROM: &str = "words_from";
/// How many entries the background adds in one transaction: writes wait for no longer than that takes.
const STEP: i64 = 1_000;

/// What the index holds of an entry: places and texts in lower case. No term holds a line break, so none spans two
/// fields.
fn words<'a>(
    seq: i64,
    area: &'a str,
    description: &'a str,
    error_message: Option<&'a str>,
    error_detail: Option<&'a str>,
) -> impl Iterator<Item = (i64, String)> + use<'a> {
    let open = Some(format!("{area}\n{description}"));
    let error = match (error_message, error_detail) {
        (None, None) => None,
        (message, detail) => Some(format!("{}\n{}", message.unwrap_or_default(), detail.unwrap_or_default())),
    };
    let places = (seq * PLACES..).zip([open, error]);
    places.filter_map(|(place, text)| Some((place, text?.to_lowercase())))
}

/// Adds entries that were just inserted, the first of them at `first`, in their own transaction.
pub async fn add(tx: &mut Tx, logs: &[&NewLog], first: i64) -> Result<()> {
    let texts = (first..).zip(logs).flat_map(|(seq, log)| {
        words(seq, &log.area, &log.description, log.error_message.as_deref(), log.error_detail.as_deref())
    });
    put(tx, texts).await
}

async fn put(tx: &mut Tx, texts: impl Iterator<Item = (i64, String)>) -> Result<()> {
    let row = |(place, text): (i64, String)| Sql::new("(").bind(place).text(", ").bind(text).text(")");
    let rows = Sql::join(", ", texts.map(row));
    // Replaced rather than refused: a build that broke off may have added it already.
    tx.execute(Sql::new("INSERT OR REPLACE INTO daybook_words (rowid, words) VALUES ").append(&rows)).await?;
    Ok(())
}

/// Notes when entries that were just inserted happened, the first of them at `first`.
pub async fn note_times(tx: &mut Tx, logs: &[&NewLog], first: i64) -> Result<()> {
    let mut blocks: Vec<(i64, Timestamp, Timestamp)> = Vec::new();
    for (seq, log) in (first..).zip(logs) {
        let at = log.timestamp;
        match blocks.last_mut() {
            Some((block, low, high)) if *block == seq / BLOCK => {
                *low = at.min(*low);
                *high = at.max(*high);
            }
            _ => blocks.push((seq / BLOCK, at, at)),
        }
    }
    let row = |(block, low, high): (i64, Timestamp, Timestamp)| {
        Sql::new("(").bind(block).text(", ").bind(low).text(", ").bind(high).text(")")
    };
    let sql = Sql::new("INSERT INTO daybook_blocks (block, \"first\", \"last\") VALUES ")
        .append(&Sql::join(", ", blocks.into_iter().map(row)))
        .text(" ON CONFLICT (block) DO UPDATE SET \"first\" = min(\"first\", excluded.\"first\"), ")
        .text("\"last\" = max(\"last\", excluded.\"last\")");
    tx.execute(sql).await?;
    Ok(())
}

/// Asks for the lowest `seq` from which on all entries are indexed; no row where none is.
#[must_use]
pub fn from() -> Sql {
    Sql::new("SELECT CAST(value AS INTEGER) FROM daybook_meta WHERE name = ").bind(FROM)
}

/// The number of the part of the log from which on all entries are indexed, out of the lowest `seq` from which on they are;
/// the smallest number where all are.
#[must_use]
pub fn part(from: i64) -> i64 {
    // A part that is indexed in part counts as one that is not.
    if from <= 1 { i64::MIN } else { from.div_euclid(BLOCK).saturating_add(1) }
}

/// The lowest `seq` from which on all entries are indexed.
async fn first_indexed(db: &Db) -> Result<i64> {
    Ok(db.fetch_optional::<(i64,)>(from()).await?.map_or(i64::MAX, |(from,)| from))
}

/// How much of the log is indexed, in percent.
pub async fn progress(db: &Db) -> Result<u8> {
    if db.dialect().derives() {
        return Ok(if db.dialect().has_words() { 100 } else { 0 });
    }
    let newest: Option<(i64,)> = db.fetch_optional(Sql::new("SELECT coalesce(max(seq), 0) FROM audit_logs")).await?;
    let newest = newest.map_or(0, |(seq,)| seq);
    let missing = first_indexed(db).await?.clamp(1, newest + 1) - 1;
    if newest == 0 {
        return Ok(100);
    }
    Ok(u8::try_from((newest - missing) * 100 / newest).unwrap_or(100))
}

/// Says that nothing is indexed, before a load that leaves that to [`build`].
pub async fn put_off(db: &Db) -> Result<()> {
    if db.dialect().derives() {
        return Ok(());
    }
    let mut tx = db.write().await?;
    set_from(&mut tx, i64::MAX).await?;
    tx.commit().await
}

/// Empties the index, to be built anew by [`build`].
///
/// On a server the index is the server's to make anew.
pub async fn clear(db: &Db) -> Result<()> {
    if db.dialect().derives() {
        return crate::db::migrate::reindex_words(db).await;
    }
    let mut tx = db.write().await?;
    tx.execute(Sql::new("INSERT INTO daybook_words (daybook_words) VALUES ('delete-all')")).await?;
    set_from(&mut tx, i64::MAX).await?;
    members::clear(&mut tx).await?;
    tx.commit().await
}

async fn set_from(tx: &mut Tx, from: i64) -> Result<()> {
    let sql = Sql::new("INSERT INTO daybook_meta (name, value) VALUES (")
        .bind(FROM)
        .text(", ")
        .bind(from.to_string())
        .text(") ON CONFLICT (name) DO UPDATE SET value = excluded.value");
    tx.execute(sql).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct TextRow {
    seq: i64,
    area: String,
    description: String,
    error_message: Option<String>,
    error_detail: Option<String>,
}

/// Adds the next members and entries that are not indexed yet, the newest entries first; whether some are left.
///
/// Each call is a short transaction of its own, so writes go on between them, and one that breaks off is made again.
pub async fn build(db: &Db) -> Result<bool> {
    if db.dialect().derives() {
        return Ok(false);
    }
    if members::build(db).await? {
        return Ok(true);
    }
    let mut tx = db.write().await?;
    let indexed: Vec<(i64,)> = tx.fetch_all(from()).await?;
    let newest: Vec<(i64,)> = tx.fetch_all(Sql::new("SELECT coalesce(max(seq), 0) FROM audit_logs")).await?;
    let newest = newest.first().map_or(0, |(seq,)| *seq);
    let from = indexed.first().map_or(i64::MAX, |(from,)| *from).min(newest + 1);
    if from <= 1 {
        return Ok(false);
    }
    let to = (from - STEP).max(1);
    let sql = Sql::new("SELECT seq, area, description, error_message, error_detail FROM audit_logs WHERE seq >= ")
        .bind(to)
        .text(" AND seq < ")
        .bind(from)
        .text(" ORDER BY seq");
    let rows: Vec<TextRow> = tx.fetch_all(sql).await?;
    for rows in rows.chunks(50) {
        let texts = rows.iter().flat_map(|row| {
            words(row.seq, &row.area, &row.description, row.error_message.as_deref(), row.error_detail.as_deref())
        });
        put(&mut tx, texts).await?;
    }
    set_from(&mut tx, to).await?;
    tx.commit().await?;
    Ok(to > 1)
}

/// Builds what is missing in the background, at a pace that leaves the writer to others.
pub async fn build_all(db: Db) {
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);
    const LATER: std::time::Duration = std::time::Duration::from_secs(5);
    loop {
        match build(&db).await {
            Ok(true) => tokio::time::sleep(PAUSE).await,
            Ok(false) => return,
            Err(error) => {
                tracing::warn!("the search index could not be built on: {error}; trying again");
                tokio::time::sleep(LATER).await;
            }
        }
    }
}
