//! A reader that sees the database as it was when it began, for as long as it takes.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Postgres, Sqlite, pool::PoolConnection};

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
                snapshot.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                snapshot.run("SELECT 1").await?;
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
                sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(&mut **connection).await
            }
            Reader::Postgres { connection, db } => {
                let (text, args) = db.question(sql);
                sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(&mut **connection).await
            }
            Reader::Given => return Err(given()),
        }
        .map_err(explain)
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
                let (text, args) = db.question(sql);
                let declare = format!("DECLARE {CURSOR} NO SCROLL CURSOR FOR {text}");
                sqlx::query_with(AssertSqlSafe(declare), args).execute(&mut **connection).await.map_err(explain)?;
                for part in parts() {
                    let rows: Vec<T> = fetch(connection, part).await.map_err(explain)?;
                    let last = rows.len() < part;
                    if rows.into_iter().any(|row| each(row).is_break()) || last {
                        break;
                    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::migrate;

    async fn database(folder: &tempfile::TempDir) -> Db {
        let db = Db::open_sqlite(&folder.path().join("daybook.db"), true).await.expect("a database");
        migrate::run(&db).await.expect("migrated");
        db
    }

    async fn put(db: &Db, name: &'static str) {
        let mut tx = db.write().await.expect("a transaction");
        let sql = Sql::new("INSERT INTO daybook_meta (name, value) VALUES (").bind(name).text(", 'x')");
        tx.execute(sql).await.expect("written");
        tx.commit().await.expect("committed");
    }

    async fn names(snapshot: &mut Snapshot) -> usize {
        let sql = Sql::new("SELECT name FROM daybook_meta WHERE value = 'x'");
        snapshot.fetch_all::<(String,)>(sql).await.expect("rows").len()
    }

    #[tokio::test]
    async fn it_sees_what_was_there_when_it_began() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = database(&folder).await;
        put(&db, "a").await;
        let mut snapshot = db.snapshot().await.expect("a snapshot");
        put(&db, "b").await;
        assert_eq!(names(&mut snapshot).await, 1);
        put(&db, "c").await;
        assert_eq!(names(&mut snapshot).await, 1);
        snapshot.done().await.expect("ended");
        assert_eq!(names(&mut db.snapshot().await.expect("another")).await, 3);
    }

    #[tokio::test]
    async fn a_third_waits_and_is_told_why_and_dropping_one_lets_it_in() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = database(&folder).await;
        let first = db.snapshot().await.expect("the first");
        let _second = db.snapshot().await.expect("the second");
        let refused = db.snapshot().await.map(drop);
        assert!(matches!(refused, Err(Error::Unavailable(Outage::Exporting))), "{refused:?}");
        drop(first);
        db.snapshot().await.expect("the third");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn dropping_it_ends_what_it_runs() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = database(&folder).await;
        for _ in 0..4 {
            let mut snapshot = db.snapshot().await.expect("a reader, which the endless one before gave up");
            let endless =
                Sql::new("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n");
            let running = snapshot.fetch_all::<(i64,)>(endless);
            let ended = tokio::time::timeout(std::time::Duration::from_millis(100), running).await;
            assert!(ended.is_err(), "an endless statement ended");
        }
        // The pool closes only when every connection is back from its work.
        tokio::time::timeout(std::time::Duration::from_secs(30), db.close()).await.expect("nothing runs any more");
    }
}
