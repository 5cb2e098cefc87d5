//! Running SQL: the only code that knows which database it speaks to.
//!
//! SQLite has many readers and one writer. Readers never wait for the writer (WAL); all writes go through one
//! connection, each in a transaction that takes the write lock at once, since one that reads first and writes later
//! can fail without a chance to wait.

use std::{
    ops::ControlFlow,
    path::Path,
    time::{Duration, Instant},
};

use futures_util::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Connection as _, Sqlite, SqliteConnection, SqlitePool,
    pool::{PoolConnection, PoolOptions},
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous},
};

use super::{Arg, Sql, explain, place::Place};
use crate::core::error::{Error, Result};

/// A row that can be read from either database; `#[derive(sqlx::FromRow)]` makes it.
pub trait FromRow: for<'r> sqlx::FromRow<'r, SqliteRow> + Send + Unpin {}
impl<T: for<'r> sqlx::FromRow<'r, SqliteRow> + Send + Unpin> FromRow for T {}

/// How long a list or a count may look before it says how far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The time from the first statement on.
    pub time: Duration,
    /// How many entries one step may touch, so that a step that was begun ends in good time.
    pub step: i64,
    /// How many steps at the most.
    pub steps: u32,
}

impl Budget {
    /// What the contract grants a list.
    pub const LIST: Self = Self { time: Duration::from_millis(250), step: 10_000, steps: u32::MAX };
    /// What the contract grants a count.
    pub const COUNT: Self = Self { time: Duration::from_millis(50), step: 10_000, steps: u32::MAX };
    /// What the contract grants an overview as a whole.
    pub const OVERVIEW: Self = Self::LIST;
}

/// An open database. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Db {
    /// The embedded one.
    Sqlite(SqliteDb),
}

/// The pools of the embedded database.
#[derive(Debug, Clone)]
pub struct SqliteDb {
    readers: SqlitePool,
    writer: SqlitePool,
    /// Apart from the readers, so that pages never wait for exports.
    snapshots: SqlitePool,
    place: Place,
}

impl SqliteDb {
    /// The readers, while the file is there.
    fn readers(&self) -> Result<&SqlitePool> {
        self.place.check().map(|()| &self.readers)
    }

    /// The readers of snapshots, while the file is there.
    pub(super) fn snapshots(&self) -> Result<&SqlitePool> {
        self.place.check().map(|()| &self.snapshots)
    }

    /// The writer, while the file is there.
    fn writer(&self) -> Result<&SqlitePool> {
        self.place.check().map(|()| &self.writer)
    }
}

/// How many readers there are; more than cores, since a reader also waits for the page to be written.
const READERS: u32 = 8;
/// How many snapshots may be held at once.
const SNAPSHOTS: u32 = 2;
/// How long a request waits for a reader or for the writer before it answers 503.
const ACQUIRE: Duration = Duration::from_secs(2);
/// How long the writer waits for a lock that another process holds.
const BUSY: Duration = Duration::from_secs(2);

impl Db {
    /// Opens the file of an embedded database; `create` makes it where there is none.
    pub async fn open_sqlite(file: &Path, create: bool) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(create)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit is acknowledged to the application, so it must survive a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("temp_store", "MEMORY")
            .pragma("journal_size_limit", "67108864")
            .pragma("trusted_schema", "OFF");
        let pool = |size: u32| {
            PoolOptions::<Sqlite>::new()
                .max_connections(size)
                .acquire_timeout(ACQUIRE)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        // The writer first: it sets WAL mode, in which readers and the writer do not wait for each other.
        let writer = pool(1).after_release(|writer, _| Box::pin(is_settled(writer)));
        let writer = writer.connect_with(options.clone().pragma("cache_size", "-8000")).await.map_err(explain)?;
        // A reader that comes later finds the file or nothing. Pages are read through the map; what a reader keeps
        // besides is little.
        let options = options
            .create_if_missing(false)
            .pragma("query_only", "ON")
            .pragma("cache_size", "-1000")
            .pragma("mmap_size", "17179869184");
        let readers = pool(READERS).min_connections(1).connect_with(options.clone()).await.map_err(explain)?;
        // A row may hold a traceback of any length, and rows that wait are held in memory.
        let options = options.row_buffer_size(8).statement_cache_capacity(16);
        let snapshots = pool(SNAPSHOTS).idle_timeout(Some(Duration::from_mins(1))).connect_lazy_with(options);
        Ok(Self::Sqlite(SqliteDb { readers, writer, snapshots, place: Place::of(file) }))
    }

    /// Opens the file of an embedded database to look at it alone: nothing in it is changed.
    pub async fn inspect_sqlite(file: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(BUSY);
        let pool = PoolOptions::<Sqlite>::new().max_connections(1).acquire_timeout(ACQUIRE);
        let readers = pool.connect_with(options).await.map_err(explain)?;
        Ok(Self::Sqlite(SqliteDb {
            writer: readers.clone(),
            snapshots: readers.clone(),
            readers,
            place: Place::of(file),
        }))
    }

    /// Whether `audit_logs` was there before Daybook: then it is the application's, and Daybook writes none of it.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.fetch_optional::<(i64,)>(Sql::new("SELECT 1")).await.map(drop)
    }

    /// All rows of a query that is bounded by its own text.
    pub async fn fetch_all<T: FromRow>(&self, sql: Sql) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(db) => {
                let (text, args) = statement(sql);
                sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(db.readers()?).await.map_err(explain)
            }
        }
    }

    /// The first row of a query, if there is one.
    pub async fn fetch_optional<T: FromRow>(&self, sql: Sql) -> Result<Option<T>> {
        match self {
            Self::Sqlite(db) => {
                let (text, args) = statement(sql);
                sqlx::query_as_with(AssertSqlSafe(text), args).fetch_optional(db.readers()?).await.map_err(explain)
            }
        }
    }

    /// Begins looking within a budget: whatever runs through the result ends when its time is over.
    pub async fn look(&self, budget: Budget) -> Result<Looking> {
        match self {
            Self::Sqlite(db) => {
                let mut connection = db.readers()?.acquire().await.map_err(explain)?;
                let deadline = Instant::now() + budget.time;
                connection
                    .lock_handle()
                    .await
                    .map_err(explain)?
                    .set_progress_handler(1_000, move || Instant::now() < deadline);
                Ok(Looking { connection: Some(connection), deadline })
            }
        }
    }

    /// Begins a transaction on the one writer. Dropped without [`Tx::commit`], it leaves nothing.
    pub async fn write(&self) -> Result<Tx> {
        match self {
            Self::Sqlite(db) => Ok(Tx::Sqlite(db.writer()?.begin_with("BEGIN IMMEDIATE").await.map_err(explain)?)),
        }
    }

    /// Runs one statement on the writer, outside a transaction of ours (`VACUUM INTO`, checkpoints).
    pub async fn execute_alone(&self, sql: Sql) -> Result<()> {
        match self {
            Self::Sqlite(db) => {
                let (text, args) = statement(sql);
                sqlx::query_with(AssertSqlSafe(text), args).execute(db.writer()?).await.map_err(explain)?;
                Ok(())
            }
        }
    }

    /// The pool that migrations run on.
    pub(super) fn sqlite_writer(&self) -> &SqlitePool {
        match self {
            Self::Sqlite(db) => &db.writer,
        }
    }

    /// Lets running statements end and closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(db) => {
                db.snapshots.close().await;
                db.readers.close().await;
                db.writer.close().await;
            }
        }
    }
}

/// Whether the writer can begin another transaction; if not, the pool closes it and opens another.
///
/// Where there is no space left, SQLite ends a transaction by itself. sqlx then fails to end it, goes on counting it, and
/// would refuse every other one.
async fn is_settled(writer: &mut SqliteConnection) -> sqlx::Result<bool> {
    if writer.is_in_transaction() {
        // What was dropped a moment ago may still be on its way back.
        writer.ping().await?;
    }
    Ok(!writer.is_in_transaction())
}

/// Text and arguments as sqlx takes them. The text is made of `&'static str` alone ([`Sql`] sees to that).
pub(super) fn statement(sql: Sql) -> (String, SqliteArguments) {
    use sqlx::Arguments;
    let (text, args) = sql.render();
    let mut out = SqliteArguments::default();
    for arg in args {
        let added = match arg {
            Arg::Int(value) => out.add(value),
            Arg::Text(value) => out.add(value),
            Arg::Bytes(value) => out.add(value),
            Arg::Uuid(value) => out.add(value),
            Arg::Time(value) => out.add(value),
            Arg::NullText => out.add(None::<String>),
            Arg::NullBytes => out.add(None::<Vec<u8>>),
            Arg::NullUuid => out.add(None::<uuid::Uuid>),
            Arg::NullTime => out.add(None::<crate::core::time::Timestamp>),
        };
        debug_assert!(added.is_ok(), "none of these can fail to encode");
    }
    (text, out)
}

/// A reader that is interrupted when its time is over.
///
/// [`Self::done`] gives it back; dropped without that (the client went away), its connection is closed, since the
/// interruption would stay with it.
#[derive(Debug)]
pub struct Looking {
    connection: Option<PoolConnection<Sqlite>>,
    deadline: Instant,
}

/// What came of a bounded statement.
#[derive(Debug)]
pub enum Looked<T> {
    /// It ran to its end.
    Whole(T),
    /// Its time was over first.
    Interrupted,
}

impl Looking {
    /// Whether there is time for another step.
    #[must_use]
    pub fn in_time(&self) -> bool {
        Instant::now() < self.deadline
    }

    /// When the time is over.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Gives the next statements until `time` from now.
    pub async fn extend(&mut self, time: Duration) -> Result<()> {
        self.deadline = Instant::now() + time;
        let deadline = self.deadline;
        let connection = self.connection()?;
        connection.lock_handle().await.map_err(explain)?.set_progress_handler(1_000, move || Instant::now() < deadline);
        Ok(())
    }

    /// All rows, if they come in time.
    pub async fn fetch_all<T: FromRow>(&mut self, sql: Sql) -> Result<Looked<Vec<T>>> {
        let (text, args) = statement(sql);
        let connection = self.connection()?;
        in_time(sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(connection).await)
    }

    /// Hands each row to `each` as it comes, in flat memory, until that breaks off or time is over.
    pub async fn for_each<T: FromRow>(
        &mut self,
        sql: Sql,
        mut each: impl FnMut(T) -> ControlFlow<()>,
    ) -> Result<Looked<()>> {
        let (text, args) = statement(sql);
        let connection = self.connection()?;
        let mut rows = sqlx::query_as_with::<_, T, _>(AssertSqlSafe(text), args).fetch(connection);
        loop {
            match in_time(rows.try_next().await)? {
                Looked::Whole(Some(row)) => {
                    if each(row).is_break() {
                        return Ok(Looked::Whole(()));
                    }
                }
                Looked::Whole(None) => return Ok(Looked::Whole(())),
                Looked::Interrupted => return Ok(Looked::Interrupted),
            }
        }
    }

    /// Gives the reader back.
    pub async fn done(mut self) -> Result<()> {
        if let Some(mut connection) = self.connection.take() {
            connection.lock_handle().await.map_err(explain)?.remove_progress_handler();
        }
        Ok(())
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection> {
        match self.connection.as_deref_mut() {
            Some(connection) => Ok(connection),
            None => Err(Error::Internal(anyhow::anyhow!("a reader was used after it was given back"))),
        }
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.close_on_drop();
        }
    }
}

/// Tells an interruption, which is expected, from a failure.
fn in_time<T>(result: sqlx::Result<T>) -> Result<Looked<T>> {
    const INTERRUPTED: &str = "9";
    match result {
        Ok(value) => Ok(Looked::Whole(value)),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(INTERRUPTED) => Ok(Looked::Interrupted),
        Err(error) => Err(explain(error)),
    }
}

/// A transaction on the writer.
#[derive(Debug)]
pub enum Tx {
    /// On the embedded database.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
}

impl Tx {
    /// Runs a statement; how many rows it changed.
    pub async fn execute(&mut self, sql: Sql) -> Result<u64> {
        match self {
            Self::Sqlite(tx) => {
                let (text, args) = statement(sql);
                let done = sqlx::query_with(AssertSqlSafe(text), args).execute(&mut **tx).await.map_err(explain)?;
                Ok(done.rows_affected())
            }
        }
    }

    /// All rows of a query, as this transaction sees them.
    pub async fn fetch_all<T: FromRow>(&mut self, sql: Sql) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(tx) => {
                let (text, args) = statement(sql);
                sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(&mut **tx).await.map_err(explain)
            }
        }
    }

    /// Runs SQL that the database itself handed out (the text of its own indexes).
    pub(crate) async fn execute_stored(&mut self, text: String) -> Result<()> {
        match self {
            Self::Sqlite(tx) => {
                sqlx::query(AssertSqlSafe(text)).execute(&mut **tx).await.map_err(explain)?;
                Ok(())
            }
        }
    }

    /// Makes it durable.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await.map_err(explain),
        }
    }
}
