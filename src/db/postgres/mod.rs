//! PostgreSQL: its pools, and how a statement reaches it.
//!
//! Daybook's own tables stand in the schema `daybook`; those of the application (`audit_logs`, `members`, `bookings`)
//! stand wherever they are, and are read through one definition each ([`shape`]), whatever types their columns have.

mod definition;
pub mod fittings;
pub(super) mod migrate;
mod origin;
mod question;
pub(super) mod refusal;
pub mod report;
pub(super) mod shape;

use std::{
    fmt::Write as _,
    sync::{Arc, RwLock},
    time::Duration,
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Postgres, pool::PoolOptions, postgres::PgArguments};

use question::Question;
pub use shape::Shape;
use tokio::sync::Mutex;

use super::{
    Arg, Sql,
    address::Server,
    explain,
    looking::Granted,
    memo::Memo,
    readers::{Readers, Remote},
    sql::statement,
};
use crate::core::error::{Outage, Result};

/// The pools of a server. Each is small, and none can take what another needs: a page never waits for an export, and
/// signing in never waits for those who look for long.
#[derive(Debug, Clone)]
pub struct PgDb {
    pages: Readers<Postgres, ()>,
    looks: Readers<Postgres, Granted>,
    writers: PgPool,
    snapshots: PgPool,
    shape: Arc<RwLock<Arc<Shape>>>,
    /// Held by the one who looks at the tables anew because a question failed.
    turn: Arc<Mutex<()>>,
    memo: Arc<Memo>,
}

/// Connections for short questions, for bounded looking, for writing, for snapshots.
const POOLS: [u32; 4] = [6, 6, 3, 2];
/// How long a request waits for a connection before it answers 503.
const ACQUIRE: Duration = Duration::from_secs(2);
/// How long a short question may take: each is bounded by its own text, so one that takes longer waits for something.
const SHORT: &str = "5s";
/// How long a statement of a snapshot may take, and how soon one notices that nobody waits for it any more.
const LONG: &str = "60s";
/// A connection that lay idle for longer is asked whether it still stands.
const STALE: Duration = Duration::from_secs(1);
/// How long a question is waited for: longer than the server waits before it ends one.
const REMOTE: Remote = Remote { stale: STALE, patience: Duration::from_secs(6) };
/// A connection is made anew after this time, so that what a server leaks ends.
const LIFETIME: Duration = Duration::from_mins(30);

impl PgDb {
    /// Connects.
    pub(super) async fn open(server: &Server) -> Result<Self> {
        let options = server.options();
        let mut first = PgConnection::connect_with(options).await.map_err(explain)?;
        let schema = origin::schema(&mut first, server.schema()).await?;
        let shape = Shape::of(&mut first, &schema).await?;
        let _ = first.close().await;
        let [pages, looks, writers, snapshots] = POOLS;
        let connect = |size, timeout| pool(size, schema.clone(), timeout).connect_lazy_with(options.clone());
        Ok(Self {
            pages: Readers::new(connect(pages, SHORT), Some(REMOTE)),
            looks: Readers::new(connect(looks, SHORT), Some(REMOTE)),
            writers: connect(writers, SHORT),
            snapshots: connect(snapshots, LONG),
            shape: Arc::new(RwLock::new(Arc::new(shape))),
            turn: Arc::default(),
            memo: Arc::default(),
        })
    }

    /// What was read a moment ago.
    pub(super) fn memo(&self) -> &Memo {
        &self.memo
    }

    pub(super) fn pages(&self) -> &Readers<Postgres, ()> {
        &self.pages
    }

    pub(super) fn looks(&self) -> &Readers<Postgres, Granted> {
        &self.looks
    }

    pub(super) fn writers(&self) -> &PgPool {
        &self.writers
    }

    pub(super) fn snapshots(&self) -> &PgPool {
        &self.snapshots
    }

    /// What the application's tables look like.
    #[must_use]
    pub fn shape(&self) -> Arc<Shape> {
        Arc::clone(&self.shape.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Looks at the application's tables anew, after something may have changed them.
    pub(super) async fn look_again(&self) -> Result<()> {
        let had = self.shape();
        let mut connection = self.writers.acquire().await.map_err(explain)?;
        let found = Shape::of(&mut connection, &had.schema).await?;
        self.take(if found.is_like(&had) { (*had).clone() } else { found.after(&had) });
        Ok(())
    }

    fn take(&self, shape: Shape) {
        *self.shape.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(shape);
    }

    /// Looks at the tables anew, unless another has since a question was asked by `shape`. Also where they look the same:
    /// what a connection has prepared may still be of what they were.
    async fn look_past(&self, shape: &Arc<Shape>) -> Result<()> {
        let _turn = self.turn.lock().await;
        let had = self.shape();
        if Arc::ptr_eq(&had, shape) {
            let mut connection = self.writers.acquire().await.map_err(explain)?;
            let found = Shape::of(&mut connection, &had.schema).await?;
            self.take(found.after(&had));
        }
        Ok(())
    }

    /// A question, by what the tables look like.
    pub(super) fn question(&self, sql: Sql) -> Question<'_> {
        Question::new(self, sql)
    }

    pub(super) async fn close(&self) {
        self.snapshots.close().await;
        self.looks.close().await;
        self.pages.close().await;
        self.writers.close().await;
    }
}

fn pool(size: u32, schema: String, timeout: &'static str) -> PoolOptions<Postgres> {
    PoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE)
        .max_lifetime(Some(LIFETIME))
        .test_before_acquire(false)
        .before_acquire(|connection: &mut PgConnection, meta| {
            // A server that was restarted meanwhile has ended it; asking costs a trip, so not at every page.
            Box::pin(async move {
                if meta.idle_for < STALE {
                    return Ok(true);
                }
                Ok(connection.ping().await.is_ok())
            })
        })
        .after_connect(move |connection, _| {
            let schema = schema.clone();
            Box::pin(async move { settle(connection, &schema, timeout).await })
        })
}

/// Sets up a connection: where tables are looked for, in which zone instants are written, how long anything may take.
async fn settle(connection: &mut PgConnection, schema: &str, timeout: &str) -> sqlx::Result<()> {
    let settings = [
        ("search_path", format!("daybook, {}", quoted(schema))),
        ("timezone", "UTC".to_owned()),
        ("statement_timeout", timeout.to_owned()),
        ("lock_timeout", "2s".to_owned()),
        ("idle_in_transaction_session_timeout", "10min".to_owned()),
        // A plan made for any value would walk the index of a common one for a rare one.
        ("plan_cache_mode", "force_custom_plan".to_owned()),
        // Compiling a plan takes longer than any of ours runs.
        ("jit", "off".to_owned()),
        // So that a statement ends soon after nobody waits for it any more.
        ("client_connection_check_interval", "1s".to_owned()),
        ("application_name", "daybook".to_owned()),
    ];
    let mut text = "SELECT true".to_owned();
    let mut args = PgArguments::default();
    for (at, (name, value)) in settings.into_iter().enumerate() {
        use sqlx::Arguments as _;
        let _ = write!(text, ", set_config(${}, ${}, false)", at * 2 + 1, at * 2 + 2);
        args.add(name).map_err(sqlx::Error::Encode)?;
        args.add(value).map_err(sqlx::Error::Encode)?;
    }
    sqlx::query_with(AssertSqlSafe(text), args).persistent(false).execute(connection).await?;
    Ok(())
}

/// The lock of those who write entries into an own database, by a number that nothing else takes.
const TURN: i64 = 0x6461_7962_6f6f_6b01;

/// Waits for the turn to write entries. A server that acknowledges before it has written (`synchronous_commit = off`) does
/// not do so for them, and one statement may take longer than a page's: a member who is deleted may have many entries.
pub(super) async fn take_turn(connection: &mut PgConnection) -> Result<()> {
    let sql = "SELECT set_config('lock_timeout', '10s', true), pg_advisory_xact_lock($1), \
               set_config('lock_timeout', '2s', true), set_config('statement_timeout', '60s', true), set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' \
               ELSE current_setting('synchronous_commit') END, true)";
    sqlx::query(sql).bind(TURN).execute(connection).await.map(drop).map_err(explain)
}

/// Takes a turn of another number, if nobody else has it.
pub(super) async fn try_turn(connection: &mut PgConnection, turn: i64) -> Result<bool> {
    let sql = "SELECT pg_try_advisory_xact_lock($1)";
    sqlx::query_scalar(sql).bind(turn).fetch_one(connection).await.map_err(explain)
}

/// A name as SQL writes it, whatever it holds.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL writes it, whatever it holds.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

statement!(PgArguments);

/// The code of a statement that was ended: its time was over.
pub(super) const CANCELED: &str = "57014";

/// What an error of the server means for a request.
pub(super) fn outage(code: &str) -> Option<Outage> {
    match code {
        // Deadlocks, locks that were not to be had, statements that waited for too long.
        "40001" | "40P01" | "55P03" | CANCELED => Some(Outage::Locked),
        "53100" => Some(Outage::Full),
        _ => match code.get(..2) {
            // Connections broken, resources short, the server going down, coming up, or standing by.
            Some("08" | "53" | "57" | "58") => Some(Outage::Away),
            _ => None,
        },
    }
}
