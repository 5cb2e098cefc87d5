//! Bringing the schema up to date, and refusing a database that this version cannot serve.

use anyhow::anyhow;
use sqlx::migrate::{MigrateError, Migrator};

use super::{
    Db, Sql, explain,
    postgres::{fittings::Without, migrate as postgres},
};
use crate::core::error::{Error, Result};

/// The embedded migrations of SQLite; each runs in a transaction of its own.
static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");

/// What stands between a database and this version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing: it can be served.
    Current,
    /// Migrations that have not run, by name.
    Behind(Vec<String>),
    /// It was migrated by a newer version, up to this number.
    Newer(i64),
    /// There is a table or a view `audit_logs` that Daybook did not make, in a file.
    Foreign,
    /// The application's `audit_logs` lacks columns without which nothing can be shown: these.
    Unfit(Vec<&'static str>),
    /// Its texts are not kept as UTF-8 but by this encoding, so not everything can be asked for.
    Encoded(String),
    /// There is a table `audit_logs` that Daybook did not make, on a server, and migrations that have not run.
    Unattached(Vec<String>),
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Current => f.write_str("up to date"),
            Self::Behind(steps) => {
                let n = steps.len();
                write!(f, "{n} {} to run; daybook serve runs them", if n == 1 { "step" } else { "steps" })
            }
            Self::Newer(version) => write!(
                f,
                "this database was migrated by a newer Daybook (step {version}): run that version, or a newer one"
            ),
            Self::Unfit(columns) => write!(
                f,
                "the application's audit_logs cannot be shown: it has no column {} of the type that an entry needs",
                columns.join(", nor ")
            ),
            Self::Encoded(how) => write!(
                f,
                "the database is encoded in {how}, and Daybook needs UTF8: make one with ENCODING 'UTF8' and load a dump of this one into it"
            ),
            Self::Unattached(_) => f.write_str(
                "the tables are the application's and Daybook's own are not all there: run daybook migrate (--dry-run shows what it does)",
            ),
            Self::Foreign => {
                f.write_str("its table audit_logs is the application's, not Daybook's: load it into a database of Daybook's own with daybook import --from URL")
            }
        }
    }
}

/// Looks at the schema without changing anything.
pub async fn state(db: &Db) -> Result<State> {
    match db {
        Db::Sqlite(_) => sqlite_state(db).await,
        Db::Postgres(db) => postgres::state(db).await,
    }
}

async fn sqlite_state(db: &Db) -> Result<State> {
    let tables: Vec<(String,)> = db
        .fetch_all(Sql::new(
            "SELECT lower(name) FROM sqlite_master
             WHERE type IN ('table', 'view') AND lower(name) IN ('_sqlx_migrations', 'audit_logs')",
        ))
        .await?;
    let has = |name: &str| tables.iter().any(|(table,)| table == name);
    let applied: Vec<(i64,)> = if has("_sqlx_migrations") {
        db.fetch_all(Sql::new("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")).await?
    } else if has("audit_logs") {
        return Ok(State::Foreign);
    } else {
        Vec::new()
    };
    let newest = SQLITE.iter().map(|migration| migration.version).max().unwrap_or_default();
    if let Some(&(version,)) = applied.last()
        && version > newest
    {
        return Ok(State::Newer(version));
    }
    let behind: Vec<String> = SQLITE
        .iter()
        .filter(|migration| !applied.contains(&(migration.version,)))
        .map(|migration| format!("{:04} {}", migration.version, migration.description))
        .collect();
    Ok(if behind.is_empty() { State::Current } else { State::Behind(behind) })
}

/// Name and SQL of a step, as `migrate --dry-run` prints it.
pub type Step = (String, String);

/// Every step of a new embedded database, in order.
#[must_use]
pub fn all() -> Vec<Step> {
    SQLITE.iter().map(|step| (format!("{:04} {}", step.version, step.description), in_one(step.sql.as_str()))).collect()
}

/// A migration as it runs: whole or not at all.
fn in_one(sql: &str) -> String {
    format!("BEGIN;\n{}\nCOMMIT;", sql.trim_end())
}

/// Every step that has not run, in order.
pub async fn pending(db: &Db, without: &Without) -> Result<Vec<Step>> {
    if let Db::Postgres(db) = db {
        return postgres::pending(db, without).await;
    }
    let State::Behind(names) = state(db).await? else { return Ok(Vec::new()) };
    Ok(all().into_iter().filter(|(name, _)| names.contains(name)).collect())
}

/// Brings an own database up to date and finishes what a bulk load left undone; the names of the steps that ran. On one
/// that is attached and current nothing is changed.
///
/// # Errors
/// Where a newer version has migrated the database, or its table is not Daybook's: one line that says what to do.
pub async fn run(db: &Db) -> Result<Vec<String>> {
    let steps = match state(db).await? {
        State::Current => Vec::new(),
        State::Behind(steps) => steps,
        refused => return Err(Error::Internal(anyhow!("{refused}"))),
    };
    match db {
        Db::Sqlite(_) => {
            if let (Some(writer), false) = (db.sqlite_writer(), steps.is_empty()) {
                SQLITE.run(writer).await.map_err(|error| match error {
                    MigrateError::Execute(error) => explain(error),
                    error => Error::Internal(anyhow::Error::new(error).context("a migration failed and was undone")),
                })?;
            }
            restore_indexes(db).await?;
            Ok(steps)
        }
        // What stands on the application's tables is for `migrate` alone to change, and for whoever asks for it.
        Db::Postgres(db) if db.shape().attached => Ok(Vec::new()),
        Db::Postgres(db) => postgres::run(db, &Without::default(), |_| {}).await,
    }
}

/// Brings any database up to date, one that is the application's as well; `each` hears of each step that ran.
pub async fn run_anywhere(db: &Db, without: &Without, mut each: impl FnMut(&str)) -> Result<()> {
    match db {
        Db::Postgres(db) => postgres::run(db, without, each).await.map(drop),
        Db::Sqlite(_) => {
            for step in run(db).await? {
                each(&step);
            }
            Ok(())
        }
    }
}

/// Lets a server make its index of words anew, beside writers.
pub async fn reindex_words(db: &Db) -> Result<()> {
    match db {
        Db::Sqlite(_) => Ok(()),
        Db::Postgres(db) => postgres::reindex_words(db).await,
    }
}

/// Tells the planner what the data is like after a load, and lets no log of changes stay as long as the load was.
pub async fn settle(db: &Db) -> Result<()> {
    let all: &[&'static str] = match db {
        Db::Sqlite(_) => &["PRAGMA analysis_limit = 1000", "ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"],
        Db::Postgres(_) => &["VACUUM (ANALYZE) audit_logs", "ANALYZE members", "ANALYZE bookings"],
    };
    for sql in all {
        db.execute_alone(Sql::new(sql)).await?;
    }
    Ok(())
}

impl Db {
    /// Looks at the application's tables anew: what they are like, and which indexes stand, may change while Daybook runs.
    pub async fn look_again(&self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(db) => db.look_again().await,
        }
    }
}

/// Takes down the indexes of `audit_logs` before a bulk load, and writes down how to make them again.
///
/// An own database on a server keeps them: adding to an index there costs little of what a load takes.
pub async fn defer_indexes(db: &Db) -> Result<()> {
    if matches!(db, Db::Postgres(_)) {
        return Ok(());
    }
    let mut tx = db.write().await?;
    tx.execute(Sql::new(
        "INSERT OR IGNORE INTO daybook_deferred_indexes (name, sql)
         SELECT name, sql FROM sqlite_master
         WHERE type = 'index' AND tbl_name = 'audit_logs' AND sql IS NOT NULL AND sql NOT LIKE 'CREATE UNIQUE%'",
    ))
    .await?;
    let names: Vec<(String,)> = tx.fetch_all(Sql::new("SELECT name FROM daybook_deferred_indexes")).await?;
    for (name,) in names {
        tx.execute_stored(format!("DROP INDEX IF EXISTS \"{}\"", name.replace('"', "\"\""))).await?;
    }
    tx.commit().await
}

/// Makes the indexes again that a bulk load took down; `each` hears the name of each before it is made.
pub async fn restore_indexes_with(db: &Db, mut each: impl FnMut(&str)) -> Result<()> {
    if matches!(db, Db::Postgres(_)) {
        return Ok(());
    }
    let deferred: Vec<(String, String)> =
        db.fetch_all(Sql::new("SELECT name, sql FROM daybook_deferred_indexes ORDER BY name")).await?;
    for (name, sql) in deferred {
        each(&name);
        let mut tx = db.write().await?;
        tx.execute_stored(sql).await?;
        tx.execute(Sql::new("DELETE FROM daybook_deferred_indexes WHERE name = ").bind(&name)).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn restore_indexes(db: &Db) -> Result<()> {
    restore_indexes_with(db, |_| {}).await
}
