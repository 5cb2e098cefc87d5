//! Bounded looking: statements that end when their time is over.
//!
//! SQLite asks the clock from inside a statement. A server is told beforehand how long a statement may take
//! (`statement_timeout`); it is told again only where that has become much too long, as telling costs a trip.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Postgres, Sqlite, Transaction, pool::PoolConnection};

use super::{
    Dialect, Sql, explain,
    postgres::{self, PgDb},
    run::{Budget, Db, FromRow},
    sqlite,
};
use crate::core::error::{Error, Result};

/// A reader that is interrupted when its time is over.
///
/// [`Self::done`] gives it back; dropped without that (the client went away), its connection is closed, since the
/// interruption would stay with it.
#[derive(Debug)]
pub struct Looking {
    reader: Reader,
    deadline: Instant,
}

#[derive(Debug)]
enum Reader {
    Sqlite(PoolConnection<Sqlite>),
    Postgres {
        connection: PoolConnection<Postgres>,
        db: PgDb,
        /// What the server was told last.
        granted: Option<Duration>,
    },
    Given,
}

/// What came of a bounded statement.
#[derive(Debug)]
pub enum Looked<T> {
    /// It ran to its end.
    Whole(T),
    /// Its time was over first.
    Interrupted,
}

impl Db {
    /// Begins looking within a budget: whatever runs through the result ends when its time is over.
    pub async fn look(&self, budget: Budget) -> Result<Looking> {
        let reader = match self {
            Self::Sqlite(db) => Reader::Sqlite(db.readers()?.acquire().await.map_err(explain)?),
            Self::Postgres(db) => Reader::Postgres {
                connection: db.looks().acquire().await.map_err(explain)?,
                db: db.clone(),
                granted: None,
            },
        };
        let mut looking = Looking { reader, deadline: Instant::now() };
        looking.extend(budget.time).await?;
        Ok(looking)
    }
}

impl Looking {
    /// Whether there is time for another step.
    #[must_use]
    pub fn in_time(&self) -> bool {
        Instant::now() < self.deadline
    }

    /// The dialect of its database.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match &self.reader {
            Reader::Postgres { db, .. } => Dialect::Postgres(db.shape().served),
            Reader::Sqlite(_) | Reader::Given => Dialect::Sqlite,
        }
    }

    /// When the time is over.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Gives the next statements until `time` from now.
    pub async fn extend(&mut self, time: Duration) -> Result<()> {
        self.deadline = Instant::now() + time;
        if let Reader::Sqlite(connection) = &mut self.reader {
            let deadline = self.deadline;
            let mut handle = connection.lock_handle().await.map_err(explain)?;
            handle.set_progress_handler(1_000, move || Instant::now() < deadline);
        }
        Ok(())
    }

    /// All rows, if they come in time.
    pub async fn fetch_all<T: FromRow>(&mut self, sql: Sql) -> Result<Looked<Vec<T>>> {
        let deadline = self.deadline;
        match &mut self.reader {
            Reader::Sqlite(connection) => {
                let (text, args) = sqlite::statement(sql);
                in_time(sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(&mut **connection).await)
            }
            Reader::Postgres { connection, db, granted } => {
                if !grant_again(connection, granted, deadline).await? {
                    return Ok(Looked::Interrupted);
                }
                let (text, args) = db.question(sql);
                in_time(sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(&mut **connection).await)
            }
            Reader::Given => Err(given()),
        }
    }

    /// Hands each row to `each` as it comes, in flat memory, until that breaks off or time is over.
    pub async fn for_each<T: FromRow>(
        &mut self,
        sql: Sql,
        mut each: impl FnMut(T) -> ControlFlow<()>,
    ) -> Result<Looked<()>> {
        let deadline = self.deadline;
        match &mut self.reader {
            Reader::Sqlite(connection) => {
                let (text, args) = sqlite::statement(sql);
                let mut rows = sqlx::query_as_with::<_, T, _>(AssertSqlSafe(text), args).fetch(&mut **connection);
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
            Reader::Postgres { connection, db, granted } => {
                let (text, args) = db.question(sql);
                // Before the transaction: what is granted within it goes with it.
                if !grant_again(connection, granted, deadline).await? {
                    return Ok(Looked::Interrupted);
                }
                // Not only as far as it is read: what a server has begun to send must be taken, so it sends in parts.
                let Looked::Whole(mut tx) = in_time(connection.begin().await)? else {
                    return Ok(Looked::Interrupted);
                };
                let declare = format!("DECLARE {CURSOR} NO SCROLL CURSOR FOR {text}");
                let declared = sqlx::query_with(AssertSqlSafe(declare), args).execute(&mut *tx).await;
                if matches!(in_time(declared)?, Looked::Interrupted) {
                    return Ok(Looked::Interrupted);
                }
                for part in parts() {
                    let rows: Looked<Vec<T>> = if grant(&mut tx, granted, deadline).await? {
                        in_time(fetch(&mut tx, part).await)?
                    } else {
                        Looked::Interrupted
                    };
                    let Looked::Whole(rows) = rows else {
                        // What was granted within the transaction goes with it.
                        *granted = None;
                        return Ok(Looked::Interrupted);
                    };
                    let last = rows.len() < part;
                    for row in rows {
                        if each(row).is_break() {
                            return end(tx).await;
                        }
                    }
                    if last {
                        break;
                    }
                }
                end(tx).await
            }
            Reader::Given => Err(given()),
        }
    }

    /// Gives the reader back.
    pub async fn done(mut self) -> Result<()> {
        match std::mem::replace(&mut self.reader, Reader::Given) {
            Reader::Sqlite(mut connection) => {
                connection.lock_handle().await.map_err(explain)?.remove_progress_handler();
            }
            // The next one to look says anew how long it may.
            Reader::Postgres { .. } | Reader::Given => {}
        }
        Ok(())
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        match &mut self.reader {
            Reader::Sqlite(connection) => connection.close_on_drop(),
            Reader::Postgres { connection, .. } => connection.close_on_drop(),
            Reader::Given => {}
        }
    }
}

/// The name of the cursor that a server sends rows through, in parts.
pub(super) const CURSOR: &str = "daybook_rows";

/// How many rows each part has: few at first, since whoever asks may have enough soon.
pub(super) fn parts() -> impl Iterator<Item = usize> {
    [200, 500].into_iter().chain(std::iter::repeat(1_000))
}

/// The next part.
pub(super) async fn fetch<T: FromRow>(connection: &mut PgConnection, part: usize) -> sqlx::Result<Vec<T>> {
    let text = format!("FETCH {part} FROM {CURSOR}");
    // Not kept: what it brings is another cursor's the next time.
    sqlx::query_as(AssertSqlSafe(text)).persistent(false).fetch_all(connection).await
}

/// Ends the transaction that rows were read in. If there was no time for that, they are no less whole.
async fn end(tx: Transaction<'_, Postgres>) -> Result<Looked<()>> {
    in_time(tx.commit().await)?;
    Ok(Looked::Whole(()))
}

/// The least that is granted. What is granted bounds also the statement that grants anew, the next time.
const LEAST: Duration = Duration::from_millis(20);

/// Tells the server how long the next statement may take, outside a transaction; false where no time is left.
async fn grant_again(connection: &mut PgConnection, granted: &mut Option<Duration>, deadline: Instant) -> Result<bool> {
    const TRIES: u32 = 5;
    for _ in 0..TRIES {
        if grant(connection, granted, deadline).await? {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
    }
    Ok(false)
}

/// Tells the server how long the next statement may take; false where no time is left, or telling took too long.
async fn grant(connection: &mut PgConnection, granted: &mut Option<Duration>, deadline: Instant) -> Result<bool> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Ok(false);
    }
    if granted.is_some_and(|granted| granted <= left * 2 && granted * 2 >= left) {
        return Ok(true);
    }
    let time = left.max(LEAST);
    let told = sqlx::query("SELECT set_config('statement_timeout', $1, false)")
        .bind(format!("{}ms", time.as_millis()))
        .execute(connection)
        .await;
    let told = matches!(in_time(told)?, Looked::Whole(_));
    if told {
        *granted = Some(time);
    }
    Ok(told)
}

fn given() -> Error {
    Error::Internal(anyhow::anyhow!("a reader was used after it was given back"))
}

/// Tells an interruption, which is expected, from a failure.
fn in_time<T>(result: sqlx::Result<T>) -> Result<Looked<T>> {
    match result {
        Ok(value) => Ok(Looked::Whole(value)),
        Err(sqlx::Error::Database(error))
            if matches!(error.code().as_deref(), Some(sqlite::INTERRUPTED | postgres::CANCELED)) =>
        {
            Ok(Looked::Interrupted)
        }
        Err(error) => Err(explain(error)),
    }
}
