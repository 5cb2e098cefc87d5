//! Bringing Daybook's own tables on a server up to date, and putting onto the log what makes it fast and keeps it as it
//! is ([`fittings`]).
//!
//! Each step runs in a transaction of its own and is written down in it. One process at a time: a lock of the server
//! that ends with the connection, so whoever is killed holds nothing up.

use sqlx::{
    Acquire as _, AssertSqlSafe, PgConnection,
    migrate::{Migration, Migrator},
};

use super::{
    PgDb, Shape,
    fittings::{self, Without},
    literal, quoted, refusal,
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
);
-- Where they stand: all that is Daybook's in this database is about that log. The first versions did not write it down.
ALTER TABLE daybook.daybook_migrations ADD COLUMN IF NOT EXISTS schema TEXT;";

/// How a connection that migrates is set up: an index takes as long as it takes, a lock is not waited for.
pub(super) const SETTINGS: &str = "SET statement_timeout = 0;\nSET lock_timeout = '2s'";

/// Any number, the same in every process.
const LOCK: i64 = 0x0064_6179_626f_6f6b;

fn name(step: &Migration) -> String {
    format!("{:04} {}", step.version, step.description)
}

/// What a step runs in its transaction, which writes down that it ran.
///
/// The application's tables go where they are looked for, Daybook's own into its schema.
fn body(step: &Migration, shape: &Shape) -> String {
    let Shape { schema, attached, .. } = shape;
    let made = match (step.version == LOG, attached) {
        (true, true) => String::new(),
        (true, false) => format!("SET LOCAL search_path = {};\n{}\n", quoted(schema), step.sql.as_str().trim_end()),
        (false, _) => format!("SET LOCAL search_path = daybook;\n{}\n", step.sql.as_str().trim_end()),
    };
    format!(
        "{made}INSERT INTO daybook.daybook_migrations (version, name, attached, schema) VALUES ({}, {}, {attached}, {});",
        step.version,
        literal(&step.description),
        literal(schema)
    )
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

/// The steps that did not run.
fn due(ran: &[i64]) -> Vec<&'static Migration> {
    STEPS.iter().filter(|step| !ran.contains(&step.version)).collect()
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
    let behind: Vec<String> = due(&ran).into_iter().map(name).collect();
    Ok(match (behind.is_empty(), shape.attached) {
        (true, _) => State::Current,
        (false, true) => State::Unattached(behind),
        (false, false) => State::Behind(behind),
    })
}

/// Every step that has not run, as it would: run by hand in this order, they do the same.
pub(in crate::db) async fn pending(db: &PgDb, without: &Without) -> Result<Vec<Step>> {
    let mut connection = db.writers().acquire().await.map_err(explain)?;
    let ran = ran(&mut connection).await?;
    let shape = db.shape();
    let mut out = Vec::new();
    let steps = due(&ran);
    if !steps.is_empty() {
        out.push(("the schema of Daybook's own tables".to_owned(), format!("BEGIN;\n{BASE}\nCOMMIT;")));
    }
    for step in steps {
        out.push((name(step), format!("BEGIN;\n{}\nCOMMIT;", body(step, &shape))));
    }
    let shape = if shape.exists() { (*shape).clone() } else { Shape::own(&shape.schema) };
    let mut missing = fittings::missing(&mut connection, &shape, without).await?;
    missing.extend(fittings::unknown(&mut connection, &shape, &missing).await?);
    out.extend(missing.into_iter().map(|fitting| (fitting.name.clone(), fitting.shown())));
    if !out.is_empty() {
        let alone = format!("{SETTINGS};\nSELECT pg_advisory_lock({LOCK});");
        out.insert(0, ("one at a time, and no lock that is waited for".to_owned(), alone));
        out.push(("the next one may".to_owned(), format!("SELECT pg_advisory_unlock({LOCK});")));
    }
    Ok(out)
}

/// Runs what has not run; the names of the steps that did.
pub(in crate::db) async fn run(db: &PgDb, without: &Without, mut each: impl FnMut(&str)) -> Result<Vec<String>> {
    if let refused @ (State::Newer(_) | State::Unfit(_) | State::Encoded(_)) = state(db).await? {
        return Err(Error::Internal(anyhow::anyhow!("{refused}")));
    }
    // Not one of the pool: it waits for locks and builds indexes as long as that takes.
    let mut connection = db.writers().acquire().await.map_err(explain)?.detach();
    sqlx::raw_sql(SETTINGS).execute(&mut connection).await.map_err(explain)?;
    let locked: bool = wait_for_lock(&mut connection).await?;
    if !locked {
        return Err(Error::Internal(anyhow::anyhow!("another daybook migrate is running on this database")));
    }
    let shape = db.shape();
    let mut done = Vec::new();
    let ran = ran(&mut connection).await?;
    let steps = due(&ran);
    if !steps.is_empty() {
        let mut tx = connection.begin().await.map_err(explain)?;
        sqlx::raw_sql(BASE).execute(&mut *tx).await.map_err(explain)?;
        tx.commit().await.map_err(explain)?;
    }
    for step in steps {
        let mut tx = connection.begin().await.map_err(explain)?;
        sqlx::raw_sql(AssertSqlSafe(body(step, &shape))).execute(&mut *tx).await.map_err(explain)?;
        tx.commit().await.map_err(explain)?;
        if !(step.version == LOG && shape.attached) {
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

/// Makes the indexes of words anew, beside writers.
pub(in crate::db) async fn reindex_words(db: &PgDb) -> Result<()> {
    let shape = db.shape();
    let standing = shape.tables.iter().flat_map(|table| &table.indexes).map(|index| index.name.as_str());
    let standing: Vec<&str> = standing.filter(|name| fittings::WORDS.contains(name)).collect();
    if standing.is_empty() {
        return Ok(());
    }
    let mut connection = db.writers().acquire().await.map_err(explain)?.detach();
    sqlx::raw_sql("SET statement_timeout = 0").execute(&mut connection).await.map_err(explain)?;
    for index in standing {
        let text = format!("REINDEX INDEX CONCURRENTLY {}.{}", quoted(&shape.schema), quoted(index));
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await.map_err(explain).map_err(|error| match error {
            Error::Unfit(why) if refusal::is_of_a_right(&why) => Error::Internal(anyhow::anyhow!(
                "the index {index} belongs to the owner of its table: run daybook rebuild as the role that runs daybook migrate"
            )),
            error => error,
        })?;
    }
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
