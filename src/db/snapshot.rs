//! A reader that sees the database as it was when it began, for as long as it takes.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Sqlite, pool::PoolConnection, postgres::PgArguments};

use super::{
    Sql, explain,
    looking::{CURSOR, fetch, parts},
    postgres::PgDb,
    run::{Db, FromRow},
    sqlite,
};
use crate::core::error::{Error, Outage, Result};

/// One read transaction on a reader of its own. No time is over for it, but dropping it ends what it runs.
///
/// While it lasts the database keeps every change made since: whoever holds one sees to it that it ends.
#[derive(Debug)]
pub struct Snapshot(Reader);

#[derive(Debug)]
enum Reader {
    Sqlite {
        connection: PoolConnection<Sqlite>,
        /// Asked from inside a statement: a dropped future alone does not stop SQLite's work.
        dropped: Arc<AtomicBool>,
    },
    Postgres {
        connection: PoolConnection<Postgres>,
        db: PgDb,
    },
    Given,
}

impl Db {
    /// Begins a snapshot as of now. Few may be held at once; another waits a little for one of them to end.
    ///
    /// # Errors
    /// [`Outage::Exporting`] where none ended in time.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let busy = |error| match error {
            sqlx::Error::PoolTimedOut => Error::Unavailable(Outage::Exporting),
            error => explain(error),
        };
        match self {
            Self::Sqlite(db) => {
                let mut connection = db.snapshots()?.acquire().await.map_err(busy)?;
                let dropped = Arc::new(AtomicBool::new(false));
                let asked = Arc::clone(&dropped);
                connection
                    .lock_handle()
                    .await
                    .map_err(explain)?
                    .set_progress_handler(1_000, move || !asked.load(Ordering::Relaxed));
                let mut snapshot = Snapshot(Reader::Sqlite { connection, dropped });
                snapshot.run("BEGIN").await?;
                // The first read is what it sees from now on: BEGIN alone takes hold of nothing.
                snapshot.run("SELECT 1 FROM sqlite_schema LIMIT 1").await?;
                Ok(snapshot)
            }
            Self::Postgres(db) => {
                let connection = db.snapshots().acquire().await.map_err(busy)?;
                let mut snapshot = Snapshot(Reader::Postgres { connection, db: db.clone() });
                if let Reader::Postgres { connection, .. } = &mut snapshot.0 {
                    begin(connection).await?;
                }
                Ok(snapshot)
            }
        }
    }
}

impl Snapshot {
    /// All rows of a query that is bounded by its own text.
    pub async fn fetch_all<T: FromRow>(&mut self, sql: Sql) -> Result<Vec<T>> {
        match &mut self.0 {
            Reader::Sqlite { connection, .. } => {
                let (text, args) = sqlite::statement(sql);
                sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(&mut **connection).await.map_err(explain)
            }
            Reader::Postgres { connection, db } => {
                let mut question = db.question(sql);
                loop {
                    let (text, args) = question.asked();
                    let asked = sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(&mut **connection);
                    match asked.await.map_err(explain) {
                        Ok(rows) => return Ok(rows),
                        Err(error) => question.failed(error).await?,
                    }
                    begin_again(connection).await?;
                }
            }
            Reader::Given => Err(given()),
        }
    }

    /// Hands each row to `each` as it comes, in flat memory, until that breaks off.
    pub async fn for_each<T: FromRow>(
        &mut self,
        sql: Sql,
        mut each: impl FnMut(T) -> ControlFlow<()> + Send,
    ) -> Result<()> {
        match &mut self.0 {
            Reader::Sqlite { connection, .. } => {
                let (text, args) = sqlite::statement(sql);
                let mut rows = sqlx::query_as_with::<_, T, _>(AssertSqlSafe(text), args).fetch(&mut **connection);
                while let Some(row) = rows.try_next().await.map_err(explain)? {
                    if each(row).is_break() {
                        break;
                    }
                }
            }
            Reader::Postgres { connection, db } => {
                let mut question = db.question(sql);
                while let Err(error) = hand_over(connection, question.asked(), &mut each).await.map_err(explain) {
                    question.failed(error).await?;
                    begin_again(connection).await?;
                }
                self.run("CLOSE daybook_rows").await?;
            }
            Reader::Given => return Err(given()),
        }
        Ok(())
    }

    /// Ends it and gives the reader back.
    pub async fn done(mut self) -> Result<()> {
        self.run("ROLLBACK").await?;
        if let Reader::Sqlite { mut connection, .. } = std::mem::replace(&mut self.0, Reader::Given) {
            connection.lock_handle().await.map_err(explain)?.remove_progress_handler();
        }
        Ok(())
    }

    async fn run(&mut self, text: &'static str) -> Result<()> {
        match &mut self.0 {
            Reader::Sqlite { connection, .. } => sqlx::query(text).execute(&mut **connection).await.map(drop),
            Reader::Postgres { connection, .. } => sqlx::query(text).execute(&mut **connection).await.map(drop),
            Reader::Given => return Err(given()),
        }
        .map_err(explain)
    }
}

/// Hands over the rows of a question as they come.
async fn hand_over<T: FromRow>(
    connection: &mut PgConnection,
    (text, args): (String, PgArguments),
    each: &mut (impl FnMut(T) -> ControlFlow<()> + Send),
) -> sqlx::Result<()> {
    let declare = format!("DECLARE {CURSOR} NO SCROLL CURSOR FOR {text}");
    sqlx::query_with(AssertSqlSafe(declare), args).execute(&mut *connection).await?;
    for part in parts() {
        let rows: Vec<T> = fetch(connection, part).await?;
        let last = rows.len() < part;
        if rows.into_iter().any(|row| each(row).is_break()) || last {
            break;
        }
    }
    Ok(())
}

/// Takes hold of what a server has now.
async fn begin(connection: &mut PgConnection) -> Result<()> {
    for sql in ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "SELECT 1"] {
        sqlx::query(sql).execute(&mut *connection).await.map_err(explain)?;
    }
    Ok(())
}

/// The same for a question that is asked once more: with its failure the transaction was over. Rows of a table keep it as
/// it is, so none of this table was read by then.
async fn begin_again(connection: &mut PgConnection) -> Result<()> {
    sqlx::query("ROLLBACK").execute(&mut *connection).await.map_err(explain)?;
    begin(connection).await
}

fn given() -> Error {
    Error::Internal(anyhow::anyhow!("a snapshot was used after it had ended"))
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        match &mut self.0 {
            Reader::Sqlite { connection, dropped } => {
                dropped.store(true, Ordering::Relaxed);
                connection.close_on_drop();
            }
            // The server notices that the connection is gone, and ends what it runs for it.
            Reader::Postgres { connection, .. } => connection.close_on_drop(),
            Reader::Given => {}
        }
    }
}
