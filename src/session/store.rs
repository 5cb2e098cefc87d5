//! Sessions in our own database. Only a hash of a session's id is kept: who reads the table cannot take one over.
//!
//! A session ends 7 days after it began, or after 12 hours without use. `expires_at` is the earlier of the two and is
//! moved along with use, at most once a minute.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time;
use anyhow::{Context as _, anyhow};
use chrono::Duration;
use uuid::Uuid;

use super::{kept, outage};
use crate::{
    core::{
        error::{Error, Result},
        secret,
        time::{SharedClock, Timestamp},
    },
    db::{Db, Sql},
};

/// How long a session lives at the most.
pub const LONGEST: Duration = Duration::days(7);
/// How long it lives without use.
pub const UNUSED: Duration = Duration::hours(12);
/// How often its use is written down at the most.
const TOUCH: Duration = Duration::minutes(1);
/// How many sessions one account has at the most; beyond that the ones not used for longest end.
pub const MOST: i64 = 500;

type State = HashMap<String, String>;

/// The store that `actix_session` asks.
#[derive(Clone)]
pub struct Store {
    db: Db,
    clock: SharedClock,
}

#[derive(sqlx::FromRow)]
struct Row {
    state: String,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
}

/// When a session that began at `created` and was used at `used` ends.
fn expiry(created: Timestamp, used: Timestamp) -> Timestamp {
    created.plus(LONGEST).min(used.plus(UNUSED))
}

/// The hash under which the session of a cookie is kept.
fn hash(key: &SessionKey) -> [u8; 32] {
    secret::hash(key.as_ref().as_bytes())
}

impl Store {
    /// Sessions in `db`, by the time of `clock`.
    #[must_use]
    pub fn new(db: Db, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    async fn find(&self, key: &SessionKey) -> Result<Option<State>> {
        let id = hash(key);
        let row: Option<Row> = self
            .db
            .fetch_optional(
                Sql::new("SELECT state, created_at, last_used_at, expires_at FROM daybook_sessions WHERE id_hash = ")
                    .bind(id),
            )
            .await?;
        let now = self.clock.now();
        let Some(row) = row.filter(|row| row.expires_at > now) else { return Ok(None) };
        if now.since(row.last_used_at) >= TOUCH {
            let db = self.db.clone();
            // Beside the page, not before it: reading goes on while somebody else holds the lock of the writer.
            tokio::spawn(async move {
                if let Err(error) = touch(&db, id, row.created_at, now).await {
                    tracing::warn!(%error, "the last use of a session could not be written");
                }
            });
        }
        Ok(Some(serde_json::from_str(&row.state).context("the state of a session cannot be read")?))
    }

    async fn insert(&self, state: &State) -> Result<SessionKey> {
        let token = secret::token();
        let now = self.clock.now();
        let staff = staff_of(state);
        let mut tx = self.db.write().await?;
        tx.execute(Sql::new("DELETE FROM daybook_sessions WHERE expires_at <= ").bind(now)).await?;
        if let Some(staff) = staff {
            tx.execute(
                Sql::new("DELETE FROM daybook_sessions WHERE staff_id = ")
                    .bind(staff)
                    .text(" AND id_hash NOT IN (SELECT id_hash FROM daybook_sessions WHERE staff_id = ")
                    .bind(staff)
                    .text(" ORDER BY last_used_at DESC, id_hash")
                    .limit(MOST - 1)
                    .text(")"),
            )
            .await?;
        }
        tx.execute(
            Sql::new(
                "INSERT INTO daybook_sessions (id_hash, staff_id, state, created_at, last_used_at, expires_at) VALUES (",
            )
            .bind(secret::hash(token.as_bytes()))
            .text(", ")
            .bind(staff)
            .text(", ")
            .bind(written(state)?)
            .text(", ")
            .bind_all([now, now, expiry(now, now)])
            .text(")"),
        )
        .await?;
        tx.commit().await?;
        token.try_into().map_err(|_| Error::Internal(anyhow!("a session id that is none")))
    }

    async fn change(&self, key: &SessionKey, state: &State) -> Result<()> {
        let mut tx = self.db.write().await?;
        // One that was ended meanwhile stays ended: nothing is inserted here.
        tx.execute(
            Sql::new("UPDATE daybook_sessions SET state = ")
                .bind(written(state)?)
                .text(", staff_id = ")
                .bind(staff_of(state))
                .text(" WHERE id_hash = ")
                .bind(hash(key)),
        )
        .await?;
        tx.commit().await
    }

    async fn end(&self, key: &SessionKey) -> Result<()> {
        let mut tx = self.db.write().await?;
        tx.execute(Sql::new("DELETE FROM daybook_sessions WHERE id_hash = ").bind(hash(key))).await?;
        tx.commit().await
    }
}

/// Writes the last use; of many requests in one minute only the first changes anything.
async fn touch(db: &Db, id: [u8; 32], created: Timestamp, now: Timestamp) -> Result<()> {
    let mut tx = db.write().await?;
    tx.execute(
        Sql::new("UPDATE daybook_sessions SET last_used_at = ")
            .bind(now)
            .text(", expires_at = ")
            .bind(expiry(created, now))
            .text(" WHERE id_hash = ")
            .bind(id)
            .text(" AND last_used_at <= ")
            .bind(now.plus(-TOUCH)),
    )
    .await?;
    tx.commit().await
}

fn written(state: &State) -> Result<String> {
    Ok(serde_json::to_string(state).context("the state of a session cannot be written")?)
}

fn staff_of(state: &State) -> Option<Uuid> {
    state.get(kept::STAFF).and_then(|json| serde_json::from_str(json).ok())
}

/// The trait hands out errors that become a bare 500, so what went wrong is left for [`outage`] to find.
impl SessionStore for Store {
    async fn load(&self, key: &SessionKey) -> std::result::Result<Option<State>, LoadError> {
        self.find(key).await.map_err(|error| LoadError::Other(outage::note(error)))
    }

    async fn save(&self, state: State, _ttl: &time::Duration) -> std::result::Result<SessionKey, SaveError> {
        self.insert(&state).await.map_err(|error| SaveError::Other(outage::note(error)))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: State,
        _ttl: &time::Duration,
    ) -> std::result::Result<SessionKey, UpdateError> {
        match self.change(&key, &state).await {
            Ok(()) => Ok(key),
            Err(error) => Err(UpdateError::Other(outage::note(error))),
        }
    }

    /// Nothing to do: a use is written when the session is loaded.
    async fn update_ttl(&self, _key: &SessionKey, _ttl: &time::Duration) -> anyhow::Result<()> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        self.end(key).await.map_err(outage::note)
    }
}
