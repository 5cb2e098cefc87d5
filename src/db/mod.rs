//! Floor 1: the database. Feature code builds [`Sql`] and names the row it wants; only [`run`], [`looking`] and
//! [`snapshot`] know which database they speak to, and only [`dialect`] how their SQL differs.

pub mod address;
pub mod ask;
pub mod dialect;
pub mod looking;
pub mod memo;
pub mod migrate;
pub mod parts;
mod place;
pub mod postgres;
mod readers;
pub mod run;
pub mod snapshot;
pub mod sql;
mod sqlite;
mod types;

pub use ask::Ask;
pub use dialect::{Column, Dialect, MemberText, Served};
pub use looking::{Looked, Looking};
pub use run::{Budget, Db, FromRow, Tx};
pub use snapshot::Snapshot;
pub use sql::{Arg, Sql};

use crate::core::error::{Error, Outage};

/// What an error of the database means for a request: something that passes, or a fault of ours.
pub(crate) fn explain(error: sqlx::Error) -> Error {
    const NOT_A_DATABASE: i32 = 26;
    match &error {
        sqlx::Error::PoolTimedOut => Error::Unavailable(Outage::Locked),
        sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_) => {
            Error::Unavailable(Outage::Away)
        }
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            if database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                let known = postgres::outage(&code).map(Error::Unavailable);
                let known = known.or_else(|| postgres::refusal::of(&code, database.message()));
                return known.unwrap_or_else(|| Error::Internal(anyhow::Error::new(error)));
            }
            let code = code.parse::<i32>().unwrap_or_default();
            match sqlite::outage(code) {
                Some(outage) => Error::Unavailable(outage),
                None if code & 0xff == NOT_A_DATABASE => {
                    Error::Internal(anyhow::anyhow!("the file is not a database; name another with --database"))
                }
                None => Error::Internal(anyhow::Error::new(error)),
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
