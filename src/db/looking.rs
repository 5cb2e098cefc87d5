//! Bounded looking: statements that end when their time is over.

mod embedded;
mod server;

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

pub(super) use embedded::Watched;
pub(super) use server::{CURSOR, Granted, fetch, parts};

use super::{
    Dialect, Sql, explain, postgres,
    run::{Budget, Db, FromRow},
    sqlite,
};
use crate::core::error::Result;

/// A reader that is interrupted when its time is over.
///
/// [`Self::done`] gives it back; dropped without that (the client went away), its connection is closed, and with it ends
/// whatever it still does.
#[derive(Debug)]
pub struct Looking {
    reader: Reader,
    deadline: Instant,
}

#[derive(Debug)]
enum Reader {
    Sqlite(embedded::Reader),
    Postgres(server::Reader),
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
            Self::Sqlite(db) => Reader::Sqlite(embedded::Reader::of(db).await?),
            Self::Postgres(db) => Reader::Postgres(server::Reader::of(db, budget.time).await?),
        };
        let mut looking = Looking { reader, deadline: Instant::now() };
        looking.extend(budget.time);
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
            Reader::Sqlite(_) => Dialect::Sqlite,
            Reader::Postgres(reader) => reader.dialect(),
        }
    }

    /// When the time is over.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Gives the next statements until then.
    pub fn until(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// Gives the next statements until `time` from now.
    pub fn extend(&mut self, time: Duration) {
        self.deadline = Instant::now() + time;
    }

    /// All rows, if they come in time.
    pub async fn fetch_all<T: FromRow>(&mut self, sql: Sql) -> Result<Looked<Vec<T>>> {
        match &mut self.reader {
            Reader::Sqlite(reader) => reader.fetch_all(sql, self.deadline).await,
            Reader::Postgres(reader) => Box::pin(reader.fetch_all(sql, self.deadline)).await,
        }
    }

    /// Hands each row to `each` as it comes, in flat memory, until that breaks off or time is over.
    pub async fn for_each<T: FromRow>(
        &mut self,
        sql: Sql,
        each: impl FnMut(T) -> ControlFlow<()>,
    ) -> Result<Looked<()>> {
        match &mut self.reader {
            Reader::Sqlite(reader) => reader.for_each(sql, self.deadline, each).await,
            Reader::Postgres(reader) => Box::pin(reader.for_each(sql, self.deadline, each)).await,
        }
    }

    /// Gives the reader back.
    pub fn done(self) {
        match self.reader {
            Reader::Sqlite(reader) => reader.done(),
            Reader::Postgres(reader) => reader.done(),
        }
    }
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
