//! Bringing Daybook's own tables on a server up to date, and putting onto the log what makes it fast and keeps it as it
//! is ([`fittings`]).
//!
//! Each step runs in a transaction of its own and is written down in it. One process at a time: a lock of the server
//! that ends with the connection, so whoever is killed holds nothing up.

use sqlx::{Acquire as _, AssertSqlSafe, PgConnection, migrate::Migrator};

use super::{
    PgDb, Shape,
    fittings::{self, Without},
    quoted, refusal,
};
use crate::{
    core::error::{Error, Result},
    db::{
        explain,
        migrate::{State, Step},
    },
};

/// The migrations; the same numbers and names as SQLite's.
static STEPS: Migrator = sqlx::migrate!("migrations/postgres");

/// The number of the step that makes the application's tables, where there are none.
const LOG: i64 = 1;

/// What everything stands in, and the list of what has run.
const BASE: &str = "CREATE SCHEMA IF NOT EXISTS daybook;
CREATE TABLE IF NOT EXISTS daybook.daybook_migrations (
    version  BIGINT NOT NULL PRIMARY KEY,
    name     TEXT NOT NULL,
    -- Whether the application's tables stood before Daybook came.
    attached BOOLEAN NOT NULL,
    ran_at   TIMESTAMPTZ NOT NULL DEFAULT now()
);";

/// What waits for a lock on the application's table holds up everybody behind it, so nothing of ours waits for long.
pub(super) const SHORT_LOCKS: &str = "SET lock_timeout = '2s'";

/// Any number, the same in every process.
const LOCK: i64 = 0x0064_6179_626f_6f6b;

fn name(step: &sqlx::migrate::Migration) -> String {
    format!("{:04} {}", step.version, step.description)
}

/// The versions that ran; none where there is no list.
async fn ran(connection: &mut PgConnection) -> Result<Vec<i64>> {
    let there: bool = sqlx::query_scalar("SELECT to_regclass('daybook.daybook_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await
        .map_err(explain)?;
    if !there {
        return Ok(Vec::new());
    }
    let sql = "SELECT version FROM daybook.daybook_migrations ORDER BY version";
    sqlx::query_scalar(sql).fetch_all(connection).await.map_err(explain)
}

/// Looks at the schema without changing anything.
pub(in crate::db) async fn state(db: &PgDb) -> Result<State> {
    let mut connection = db.writers().acquire().await.map_err(explain)?;
    let encoding: String = sqlx::query_scalar("SELECT current_setting('server_encoding')")
        .fetch_one(&mut *connection)
        .await
        .map_err(explain)?;
    if encoding != "UTF8" {
        return Ok(State::Encoded(encoding));
    }
    let shape = db.shape();
    if shape.exists() && !shape.lacking().is_empty() {
        return Ok(State::Unfit(shape.lacking()));
    }
    let ran = ran(&mut connection).await?;
    let newest = STEPS.iter().map(|step| step.version).max().unwrap_or_default();
    if let Some(&version) = ran.last()
        && version > newest
    {
        return Ok(State::Newer(version));
    }
    let behind: Vec<String> = STEPS.iter().filter(|step| !ran.contains(&step.version)).map(name).collect();
    Ok(match (behind.is_empty(), shape.attached) {
        (true, _) => State::Current,
        (false, true) => State::Unattached(behind),
        (false, false) => State::Behind(behind),
    })
}

/// Every step that has not run, as it would.
pub(in crate::db) async fn pending(db: &PgDb, without: &Without) -> Result<Vec<Step>> {
    let mut connection = db.writers().acquire().await.map_err(explain)?;
    let ran = ran(&mut connection).await?;
    let shape = db.shape();
    let mut out = Vec::new();
    if ran.is_empty() {
        out.push(("the schema of Daybook's own tables".to_owned(), BASE.to_owned()));
    }
    for step in STEPS.iter().filter(|step| !ran.contains(&step.version)) {
        if step.version == LOG && shape.attached {
            continue;
        }
        let path = search_path(step.version, &shape.schema);
        out.push((name(step), format!("BEGIN;\n{path};\n{}\nCOMMIT;", step.sql.as_str().trim_end())));
    }
    let shape = if shape.exists() { (*shape).clone() } else { Shape::own(&shape.schema) };
    let mut missing = fittings::missing(&mut connection, &shape, without).await?;
    missing.extend(fittings::unknown(&mut connection, &shape, &missing).await?);
    out.extend(missing.into_iter().map(|fitting| (fitting.name.clone(), fitting.shown())));
    Ok(out)
}

/// The application's tables go where they are looked for, Daybook's own into its schema.
fn search_path(version: i64, schema: &str) -> String {
    let schema = if version == LOG { quoted(schema) } else { "daybook".to_owned() };
    format!("SET LOCAL search_path = {schema}")
}

/// Runs what has not run; the names of the steps that did.
pub(in crate::db) async fn run(db: &PgDb, without: &Without, mut each: impl FnMut(&str)) -> Result<Vec<String>> {
    if let refused @ (State::Newer(_) | State::Unfit(_) | State::Encoded(_)) = state(db).await? {
        return Err(Error::Internal(anyhow::anyhow!("{refused}")));
    }
    // Not one of the pool: it waits for locks and builds indexes as long as that takes.
    let mut connection = db.writers().acquire().await.map_err(explain)?.detach();
    let raw = |sql: &'static str| sqlx::raw_sql(sql);
    raw("SET statement_timeout = 0").execute(&mut connection).await.map_err(explain)?;
    raw(SHORT_LOCKS).execute(&mut connection).await.map_err(explain)?;
    let locked: bool = wait_for_lock(&mut connection).await?;
    if !locked {
        return Err(Error::Internal(anyhow::anyhow!("another daybook migrate is running on this database")));
    }
    let attached = db.shape().attached;
    let schema = db.shape().schema.clone();
    let mut done = Vec::new();
    if ran(&mut connection).await?.is_empty() {
        let mut tx = connection.begin().await.map_err(explain)?;
        raw(BASE).execute(&mut *tx).await.map_err(explain)?;
        tx.commit().await.map_err(explain)?;
    }
    let ran = ran(&mut connection).await?;
    for step in STEPS.iter().filter(|step| !ran.contains(&step.version)) {
        let mut tx = connection.begin().await.map_err(explain)?;
        if !(step.version == LOG && attached) {
            let path = search_path(step.version, &schema);
            sqlx::raw_sql(AssertSqlSafe(path)).execute(&mut *tx).await.map_err(explain)?;
            sqlx::raw_sql(AssertSqlSafe(step.sql.as_str().to_owned())).execute(&mut *tx).await.map_err(explain)?;
        }
        sqlx::query("INSERT INTO daybook.daybook_migrations (version, name, attached) VALUES ($1, $2, $3)")
            .bind(step.version)
            .bind(&*step.description)
            .bind(attached)
            .execute(&mut *tx)
            .await
            .map_err(explain)?;
        tx.commit().await.map_err(explain)?;
        if !(step.version == LOG && attached) {
            each(&name(step));
            done.push(name(step));
        }
    }
    db.look_again().await?;
    let mut missing = fittings::missing(&mut connection, &db.shape(), without).await?;
    missing.extend(fittings::unknown(&mut connection, &db.shape(), &missing).await?);
    for fitting in missing {
        fitting.make(&mut connection).await?;
        each(&fitting.name);
        done.push(fitting.name.clone());
    }
    db.look_again().await?;
    let _ = sqlx::Connection::close(connection).await;
    Ok(done)
}

/// Makes the index of words anew, beside writers.
pub(in crate::db) async fn reindex_words(db: &PgDb) -> Result<()> {
    let shape = db.shape();
    if !shape.tables[0].has_index("daybook_words", 1) {
        return Ok(());
    }
    let mut connection = db.writers().acquire().await.map_err(explain)?.detach();
    sqlx::raw_sql("SET statement_timeout = 0").execute(&mut connection).await.map_err(explain)?;
    let text = format!("REINDEX INDEX CONCURRENTLY {}.daybook_words", quoted(&shape.schema));
    sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await.map_err(explain).map_err(|error| match error {
        Error::Unfit(why) if refusal::is_of_a_right(&why) => Error::Internal(anyhow::anyhow!(
            "the index of words belongs to the owner of audit_logs: run daybook rebuild as the role that runs daybook migrate"
        )),
        error => error,
    })?;
    let _ = sqlx::Connection::close(connection).await;
    Ok(())
}

/// Waits a little for another process that migrates, then gives up.
async fn wait_for_lock(connection: &mut PgConnection) -> Result<bool> {
    for _ in 0..100 {
        let sql = "SELECT pg_try_advisory_lock($1)";
        if sqlx::query_scalar::<_, bool>(sql).bind(LOCK).fetch_one(&mut *connection).await.map_err(explain)? {
            return Ok(true);
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    Ok(false)
}
