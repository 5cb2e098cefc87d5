//! The embedded database: its pools, and how a statement reaches it.
//!
//! SQLite has many readers and one writer. Readers never wait for the writer (WAL); all writes go through one
//! connection, each in a transaction that takes the write lock at once, since one that reads first and writes later
//! can fail without a chance to wait.

use std::{path::Path, sync::Arc, time::Duration};

use sqlx::{
    Connection as _, Sqlite, SqliteConnection, SqlitePool,
    pool::PoolOptions,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{Arg, Sql, explain, looking::Watched, memo::Memo, place::Place, readers::Readers, sql::statement};
use crate::core::error::Result;

/// The pools of the embedded database.
#[derive(Debug, Clone)]
pub struct SqliteDb {
    readers: Readers<Sqlite, Watched>,
    writer: SqlitePool,
    /// Apart from the readers, so that pages never wait for exports.
    snapshots: SqlitePool,
    place: Place,
    memo: Arc<Memo>,
}

/// How many readers there are; more than cores, since a reader also waits for the page to be written.
const READERS: u32 = 8;
/// How many snapshots may be held at once.
const SNAPSHOTS: u32 = 2;
/// How long a request waits for a reader or for the writer before it answers 503.
const ACQUIRE: Duration = Duration::from_secs(2);
/// How long the writer waits for a lock that another process holds.
const BUSY: Duration = Duration::from_secs(2);

impl SqliteDb {
    /// Opens a file; `create` makes it where there is none.
    pub(super) async fn open(file: &Path, create: bool) -> Result<Self> {
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
        Ok(Self {
            readers: Readers::new(readers, None),
            writer,
            snapshots,
            place: Place::of(file),
            memo: Arc::default(),
        })
    }

    /// Opens a file to look at it alone: nothing in it is changed.
    pub(super) async fn inspect(file: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(BUSY);
        let pool = || PoolOptions::<Sqlite>::new().max_connections(1).acquire_timeout(ACQUIRE);
        let readers = pool().connect_with(options.clone()).await.map_err(explain)?;
        Ok(Self {
            readers: Readers::new(readers, None),
            writer: pool().connect_lazy_with(options.clone()),
            snapshots: pool().connect_lazy_with(options),
            place: Place::of(file),
            memo: Arc::default(),
        })
    }

    /// The readers, while the file is there.
    pub(super) fn readers(&self) -> Result<&Readers<Sqlite, Watched>> {
        self.place.check().map(|()| &self.readers)
    }

    /// The readers of snapshots, while the file is there.
    pub(super) fn snapshots(&self) -> Result<&SqlitePool> {
        self.place.check().map(|()| &self.snapshots)
    }

    /// What was read a moment ago.
    pub(super) fn memo(&self) -> &Memo {
        &self.memo
    }

    /// The writer, while the file is there.
    pub(super) fn writer(&self) -> Result<&SqlitePool> {
        self.place.check().map(|()| &self.writer)
    }

    /// Lets running statements end and closes every connection.
    pub(super) async fn close(&self) {
        self.snapshots.close().await;
        self.readers.close().await;
        self.writer.close().await;
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

statement!(SqliteArguments);

/// What an error of SQLite means for a request.
pub(super) fn outage(code: i32) -> Option<crate::core::error::Outage> {
    use crate::core::error::Outage;
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const INTERRUPT: i32 = 9;
    const IO: i32 = 10;
    const FULL: i32 = 13;
    const CANNOT_OPEN: i32 = 14;
    // The low byte is the primary result code of SQLite; the rest says more about it.
    match code & 0xff {
        BUSY | LOCKED => Some(Outage::Locked),
        FULL => Some(Outage::Full),
        IO | CANNOT_OPEN | INTERRUPT => Some(Outage::Away),
        _ => None,
    }
}

/// The code of a statement that a progress handler ended.
pub(super) const INTERRUPTED: &str = "9";
