//! The key that seals session cookies: made at the first start and kept in our own database, so that a restart signs
//! nobody out.

use actix_web::cookie::Key;
use anyhow::anyhow;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

use crate::{
    core::{
        error::{Error, Result},
        secret,
    },
    db::{Db, Sql},
};

/// Its name in `daybook_meta`.
const NAME: &str = "session_key";
/// How many bytes it has: half to sign, half to encrypt.
const LENGTH: usize = 64;

/// The key, made now where there is none.
pub async fn load_or_make(db: &Db) -> Result<Key> {
    if let Some(key) = load(db).await? {
        return Ok(key);
    }
    let fresh = STANDARD_NO_PAD.encode(secret::bytes::<LENGTH>());
    let mut tx = db.write().await?;
    tx.execute(
        Sql::new("INSERT INTO daybook_meta (name, value) VALUES (")
            .bind(NAME)
            .text(", ")
            .bind(fresh)
            // Another process may have made one between the look and the lock; then that one counts.
            .text(") ON CONFLICT DO NOTHING"),
    )
    .await?;
    tx.commit().await?;
    load(db).await?.ok_or_else(|| Error::Internal(anyhow!("the session key was written and is not there")))
}

async fn load(db: &Db) -> Result<Option<Key>> {
    let row: Option<(String,)> =
        db.fetch_optional(Sql::new("SELECT value FROM daybook_meta WHERE name = ").bind(NAME)).await?;
    let Some((text,)) = row else { return Ok(None) };
    match STANDARD_NO_PAD.decode(text.trim()) {
        Ok(bytes) if bytes.len() == LENGTH => Ok(Some(Key::from(&bytes))),
        _ => Err(Error::Internal(anyhow!(
            "the row session_key of daybook_meta is not a key: delete it, and everybody signs in anew"
        ))),
    }
}
