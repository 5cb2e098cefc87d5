//! Running SQL: the only code that knows which database it speaks to.

use std::{path::Path, time::Duration};

use sqlx::{AssertSqlSafe, Postgres, Sqlite, SqlitePool, postgres::PgRow, sqlite::SqliteRow};

use super::{Dialect, Sql, address::Server, explain, postgres::PgDb, sqlite, sqlite::SqliteDb};
use crate::core::error::Result;

/// A row that can be read from either database; `#[derive(sqlx::FromRow)]` makes it.
pub trait FromRow:
    for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin + 'static
{
}
impl<T> FromRow for T where
    T: for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin + 'static
{
}

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
    /// A server.
    Postgres(PgDb),
}

/// The answer to a question that any connection for reading may be asked, as this method of `sqlx` fetches it. Each
/// database has its own types of query and connection, so no function could take both.
macro_rules! asked {
    ($db:expr, $sql:expr, $fetch:ident) => {
        match $db {
            Self::Sqlite(db) => {
                let (text, args) = sqlite::statement($sql);
                db.readers()?
                    .ask(|on| {
                        let question = sqlx::query_as_with(AssertSqlSafe(text.clone()), args.clone());
                        Box::pin(async move { question.$fetch(on).await })
                    })
                    .await
                    .map_err(explain)
            }
            Self::Postgres(db) => {
                let mut question = db.question($sql);
                loop {
                    let (text, args) = question.asked();
                    let asked = db.pages().ask(|on| {
                        let question = sqlx::query_as_with(AssertSqlSafe(text.clone()), args.clone());
                        Box::pin(async move { question.$fetch(on).await })
                    });
                    match asked.await.map_err(explain) {
                        Ok(answer) => break Ok(answer),
                        Err(error) => question.failed(error).await?,
                    }
                }
            }
        }
    };
}

impl Db {
    /// Opens the file of an embedded database; `create` makes it where there is none.
    pub async fn open_sqlite(file: &Path, create: bool) -> Result<Self> {
        SqliteDb::open(file, create).await.map(Self::Sqlite)
    }

    /// Opens the file of an embedded database to look at it alone: nothing in it is changed.
    pub async fn inspect_sqlite(file: &Path) -> Result<Self> {
        SqliteDb::inspect(file).await.map(Self::Sqlite)
    }

    /// Connects to a server.
    pub async fn open_postgres(server: &Server) -> Result<Self> {
        PgDb::open(server).await.map(Self::Postgres)
    }

    /// Whether the tables are the application's, which Daybook reads and never writes.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(db) => db.shape().attached,
        }
    }

    /// Whether a server has the table of the log, as far as it was looked at last.
    #[must_use]
    pub fn has_log(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(db) => db.shape().exists(),
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.fetch_optional::<(i64,)>(Sql::new("SELECT CAST(1 AS BIGINT)")).await.map(drop)
    }

    /// All rows of a query that is bounded by its own text.
    pub async fn fetch_all<T: FromRow>(&self, sql: Sql) -> Result<Vec<T>> {
        asked!(self, sql, fetch_all)
    }

    /// The first row of a query, if there is one.
    pub async fn fetch_optional<T: FromRow>(&self, sql: Sql) -> Result<Option<T>> {
        asked!(self, sql, fetch_optional)
    }

    /// Begins a transaction: on the one writer of an embedded database, on one of several connections of a server.
    /// Dropped without [`Tx::commit`], it leaves nothing.
    pub async fn write(&self) -> Result<Tx> {
        match self {
            Self::Sqlite(db) => Ok(Tx::Sqlite(db.writer()?.begin_with("BEGIN IMMEDIATE").await.map_err(explain)?)),
            Self::Postgres(db) => Ok(Tx::Postgres(db.writers().begin().await.map_err(explain)?, db.clone())),
        }
    }

    /// Runs one statement outside a transaction of ours (`VACUUM INTO`, checkpoints).
    pub async fn execute_alone(&self, sql: Sql) -> Result<()> {
        match self {
            Self::Sqlite(db) => {
                let (text, args) = sqlite::statement(sql);
                sqlx::query_with(AssertSqlSafe(text), args).execute(db.writer()?).await.map(drop)
            }
            Self::Postgres(db) => {
                let (text, args) = super::postgres::statement(sql);
                let mut connection = db.writers().acquire().await.map_err(explain)?.detach();
                sqlx::raw_sql("SET statement_timeout = 0").execute(&mut connection).await.map_err(explain)?;
                sqlx::query_with(AssertSqlSafe(text), args).execute(&mut connection).await.map(drop)
            }
        }
        .map_err(explain)
    }

    /// The pool that migrations of an embedded database run on.
    pub(super) fn sqlite_writer(&self) -> Option<&SqlitePool> {
        match self {
            Self::Sqlite(db) => db.writer().ok(),
            Self::Postgres(_) => None,
        }
    }

    /// Lets running statements end and closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(db) => db.close().await,
            Self::Postgres(db) => db.close().await,
        }
    }
}

/// A transaction that writes.
#[derive(Debug)]
pub enum Tx {
    /// On the embedded database.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    /// On a server.
    Postgres(sqlx::Transaction<'static, Postgres>, PgDb),
}

impl Tx {
    /// Lets one transaction at a time go on from here, whichever process it is of, and sees to it that its commit is on disk:
    /// what it finds still holds when it has written. The embedded database has one writer anyway.
    pub async fn take_turn(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(tx, _) => super::postgres::take_turn(tx).await,
        }
    }

    /// Takes a turn that is not the writers' until the transaction ends, if nobody else has it: for work in the background,
    /// which one process at a time does. The embedded database has one writer anyway.
    pub async fn try_turn(&mut self, turn: i64) -> Result<bool> {
        match self {
            Self::Sqlite(_) => Ok(true),
            Self::Postgres(tx, _) => super::postgres::try_turn(tx, turn).await,
        }
    }

    /// Runs a statement; how many rows it changed.
    pub async fn execute(&mut self, sql: Sql) -> Result<u64> {
        match self {
            Self::Sqlite(tx) => {
                let (text, args) = sqlite::statement(sql);
                let done = sqlx::query_with(AssertSqlSafe(text), args).execute(&mut **tx).await;
                done.map(|done| done.rows_affected())
            }
            Self::Postgres(tx, _) => {
                let (text, args) = super::postgres::statement(sql);
                let done = sqlx::query_with(AssertSqlSafe(text), args).execute(&mut **tx).await;
                done.map(|done| done.rows_affected())
            }
        }
        .map_err(explain)
    }

    /// All rows of a query, as this transaction sees them.
    pub async fn fetch_all<T: FromRow>(&mut self, sql: Sql) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(tx) => {
                let (text, args) = sqlite::statement(sql);
                sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(&mut **tx).await
            }
            Self::Postgres(tx, db) => {
                let (text, args) = db.question(sql).asked();
                sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(&mut **tx).await
            }
        }
        .map_err(explain)
    }

    /// The rows that a statement which changes something gives back (`RETURNING`).
    pub async fn execute_returning<T: FromRow>(&mut self, sql: Sql) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(tx) => {
                let (text, args) = sqlite::statement(sql);
                sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(&mut **tx).await
            }
            Self::Postgres(tx, _) => {
                let (text, args) = super::postgres::statement(sql);
                sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(&mut **tx).await
            }
        }
        .map_err(explain)
    }

    /// Runs SQL that the database itself handed out (the text of its own indexes).
    pub(crate) async fn execute_stored(&mut self, text: String) -> Result<()> {
        match self {
            Self::Sqlite(tx) => sqlx::query(AssertSqlSafe(text)).execute(&mut **tx).await.map(drop),
            Self::Postgres(tx, _) => sqlx::query(AssertSqlSafe(text)).execute(&mut **tx).await.map(drop),
        }
        .map_err(explain)
    }

    /// The dialect of this database.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_, db) => Dialect::Postgres(db.shape().served),
        }
    }

    /// Makes it durable.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx, _) => tx.commit().await,
        }
        .map_err(explain)
    }
}
