//! Bounded looking in an embedded database: SQLite asks the clock from inside a statement.

use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection};

use super::{Looked, in_time};
use crate::{
    core::error::Result,
    db::{
        Sql, explain, readers,
        run::FromRow,
        sqlite::{self, SqliteDb},
    },
};

/// When the statement of a connection is to end, which it asks itself; none where it may take its time.
#[derive(Debug, Default)]
pub struct Deadline(Mutex<Option<Instant>>);

impl Deadline {
    fn set(&self, deadline: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }

    fn is_over(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|deadline| deadline <= Instant::now())
    }
}

/// The deadline of a connection, once it is told to ask for it.
pub type Watched = Option<Watch>;

/// Of a connection that asks for its deadline. Once it is dropped, whoever read by it is gone: what still runs ends.
#[derive(Debug)]
pub struct Watch(Arc<Deadline>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.set(Some(Instant::now()));
    }
}

/// How many steps of SQLite's machine a statement makes before it asks the clock: some 20 µs.
const STEPS: i32 = 1_000;

#[derive(Debug)]
pub(super) struct Reader {
    lent: readers::Reader<Sqlite, Watched>,
    deadline: Arc<Deadline>,
}

impl Reader {
    pub(super) async fn of(db: &SqliteDb) -> Result<Self> {
        let mut lent = db.readers()?.take(Option::is_some).await.map_err(explain)?;
        if let Some(Watch(deadline)) = lent.known() {
            let deadline = Arc::clone(deadline);
            return Ok(Self { lent, deadline });
        }
        let deadline = Arc::<Deadline>::default();
        let asked = Arc::clone(&deadline);
        let mut handle = lent.lock_handle().await.map_err(explain)?;
        handle.set_progress_handler(STEPS, move || !asked.is_over());
        drop(handle);
        *lent.known() = Some(Watch(Arc::clone(&deadline)));
        Ok(Self { lent, deadline })
    }

    pub(super) async fn fetch_all<T: FromRow>(&mut self, sql: Sql, deadline: Instant) -> Result<Looked<Vec<T>>> {
        let connection = self.until(deadline);
        let (text, args) = sqlite::statement(sql);
        in_time(sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(connection).await)
    }

    pub(super) async fn for_each<T: FromRow>(
        &mut self,
        sql: Sql,
        deadline: Instant,
        mut each: impl FnMut(T) -> ControlFlow<()>,
    ) -> Result<Looked<()>> {
        let connection = self.until(deadline);
        let (text, args) = sqlite::statement(sql);
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

    pub(super) fn done(self) {
        self.deadline.set(None);
        self.lent.keep();
    }

    /// The connection, told how long its next statement may take.
    fn until(&mut self, deadline: Instant) -> &mut SqliteConnection {
        self.deadline.set(Some(deadline));
        &mut self.lent
    }
}
