//! A question about the application's tables, which may have changed since they were looked at.

use std::sync::Arc;

use sqlx::postgres::PgArguments;

use super::{PgDb, Shape, refusal, statement};
use crate::{
    core::error::{Error, Result},
    db::Sql,
};

/// A question, and by what shape of the tables it is asked.
pub(in crate::db) struct Question<'a> {
    db: &'a PgDb,
    text: String,
    args: PgArguments,
    shape: Arc<Shape>,
    is_second: bool,
}

impl<'a> Question<'a> {
    pub(super) fn new(db: &'a PgDb, sql: Sql) -> Self {
        let (text, args) = statement(sql);
        Self { db, text, args, shape: db.shape(), is_second: false }
    }

    /// Its text and arguments, as sqlx takes them.
    pub(in crate::db) fn asked(&self) -> (String, PgArguments) {
        (self.shape.defined(self.text.clone()), self.args.clone())
    }

    /// After a failure: where the server said that something is not as it was, the tables are looked at anew, and the
    /// question may be asked once more.
    ///
    /// # Errors
    /// The failure, where that would not help.
    pub(in crate::db) async fn failed(&mut self, error: Error) -> Result<()> {
        if self.is_second || !refusal::is_of_a_change(&error) {
            return Err(error);
        }
        self.db.look_past(&self.shape).await?;
        self.shape = self.db.shape();
        self.is_second = true;
        Ok(())
    }
}
