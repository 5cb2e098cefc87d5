//! Whatever rows can be asked of: the readers, a transaction, a snapshot. For what reads alike from each of them.

use std::future::Future;

use super::{Db, FromRow, Snapshot, Sql, Tx};
use crate::core::error::Result;

/// Somewhere to ask for all rows of a query that is bounded by its own text.
pub trait Ask: Send {
    /// All rows.
    fn ask<T: FromRow>(&mut self, sql: Sql) -> impl Future<Output = Result<Vec<T>>> + Send;
}

impl Ask for &Db {
    async fn ask<T: FromRow>(&mut self, sql: Sql) -> Result<Vec<T>> {
        self.fetch_all(sql).await
    }
}

impl Ask for Tx {
    async fn ask<T: FromRow>(&mut self, sql: Sql) -> Result<Vec<T>> {
        self.fetch_all(sql).await
    }
}

impl Ask for Snapshot {
    async fn ask<T: FromRow>(&mut self, sql: Sql) -> Result<Vec<T>> {
        self.fetch_all(sql).await
    }
}
