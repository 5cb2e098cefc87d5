//! Floor 1: the database. Feature code builds [`Sql`] and names the row it wants; only [`run`] and
//! [`snapshot`] know which database they speak to, and only [`dialect`] how their SQL differs.

pub mod address;
pub mod ask;
pub mod dialect;
pub mod migrate;
mod place;
pub mod run;
pub mod snapshot;
pub mod sql;
mod types;

pub use ask::Ask;
pub use dialect::{Column, Dialect};
pub use run::{Budget, Db, FromRow, Looked, Looking, Tx};
pub use snapshot::Snapshot;
pub use sql::{Arg, Sql};

use crate::core::error::{Error, Outage};

/// What an error of the database means for a request: something that passes, or a fault of ours.
pub(crate) fn explain(error: sqlx::Error) -> Error {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const INTERRUPT: i32 = 9;
    const IO: i32 = 10;
    const FULL: i32 = 13;
    const CANNOT_OPEN: i32 = 14;
    const NOT_A_DATABASE: i32 = 26;
    match &error {
        sqlx::Error::PoolTimedOut => Error::Unavailable(Outage::Locked),
        sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => Error::Unavailable(Outage::Away),
        sqlx::Error::Database(database) => {
            let code = database.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or_default();
            // The low byte is the primary result code of SQLite; the rest says more about it.
            match code & 0xff {
                BUSY | LOCKED => Error::Unavailable(Outage::Locked),
                FULL => Error::Unavailable(Outage::Full),
                IO | CANNOT_OPEN | INTERRUPT => Error::Unavailable(Outage::Away),
                NOT_A_DATABASE => {
                    Error::Internal(anyhow::anyhow!("the file is not a database; name another with --database"))
                }
                _ => Error::Internal(anyhow::Error::new(error)),
            }
        }
        _ => Error::Internal(anyhow::Error::new(error)),
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        explain(error)
    }
}
