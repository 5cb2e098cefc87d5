//! Bringing the schema up to date, and refusing a database that this version cannot serve.

use anyhow::anyhow;
use sqlx::migrate::{MigrateError, Migrator};

use super::{Db, Sql, explain};
use crate::core::error::{Error, Result};

/// The embedded migrations; each runs in a transaction of its own.
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
    /// There is a table `audit_logs` that Daybook did not make.
    Foreign,
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
            Self::Foreign => {
                f.write_str("its table audit_logs is the application's, not Daybook's: load it into a database of Daybook's own with daybook import --from URL")
            }
        }
    }
}

/// Looks at the schema without changing anything.
pub async fn state(db: &Db) -> Result<State> {
    let tables: Vec<(String,)> = db
        .fetch_all(Sql::new(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('_sqlx_migrations', 'audit_logs')",
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

/// Name and SQL of a migration.
pub type Step = (String, &'static str);

/// Every migration, in order.
#[must_use]
pub fn all() -> Vec<Step> {
    SQLITE.iter().map(|step| (format!("{:04} {}", step.version, step.description), step.sql.as_str())).collect()
}

/// Every migration that has not run, in order.
pub async fn pending(db: &Db) -> Result<Vec<Step>> {
    let State::Behind(names) = state(db).await? else { return Ok(Vec::new()) };
    Ok(all().into_iter().filter(|(name, _)| names.contains(name)).collect())
}

/// Brings an own database up to date and finishes what a bulk load left undone; the names of the steps that ran.
///
/// # Errors
/// Where a newer version has migrated the database, or its table is not Daybook's: one line that says what to do.
pub async fn run(db: &Db) -> Result<Vec<String>> {
    let steps = match state(db).await? {
        State::Current => Vec::new(),
        State::Behind(steps) => steps,
        refused @ (State::Newer(_) | State::Foreign) => return Err(Error::Internal(anyhow!("{refused}"))),
    };
    if !steps.is_empty() {
        SQLITE.run(db.sqlite_writer()).await.map_err(|error| match error {
            MigrateError::Execute(error) => explain(error),
            error => Error::Internal(anyhow::Error::new(error).context("a migration failed and was undone")),
        })?;
    }
    restore_indexes(db).await?;
    Ok(steps)
}

/// Takes down the indexes of `audit_logs` before a bulk load, and writes down how to make them again.
pub async fn defer_indexes(db: &Db) -> Result<()> {
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
