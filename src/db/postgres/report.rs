//! What `check` says of a server: what its tables are, what this connection may not do, what is missing.

use super::{PgDb, fittings, quoted, shape::TABLES};
use crate::{core::error::Result, db::explain};

/// A row of the report: what, and how it is.
pub type Finding = (&'static str, String);

/// The server and the tables of the application.
pub async fn tables(db: &PgDb) -> Result<Vec<Finding>> {
    let shape = db.shape();
    let mut connection = db.writers().acquire().await.map_err(explain)?;
    let version: String = sqlx::query_scalar("SELECT split_part(current_setting('server_version'), ' ', 1)")
        .fetch_one(&mut *connection)
        .await
        .map_err(explain)?;
    let icu: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu')")
        .fetch_one(&mut *connection)
        .await
        .map_err(explain)?;
    let mut out =
        vec![("server", format!("PostgreSQL {version}{}", if icu { "" } else { ", without ICU: Daybook needs it" }))];
    let schema = &shape.schema;
    out.push((
        "tables",
        match (shape.exists(), shape.attached) {
            (false, _) => format!("none yet: daybook serve makes them in the schema {schema}"),
            (true, true) => format!("the application's, in the schema {schema}: attached, never written"),
            (true, false) => format!("Daybook's own, in the schema {schema}"),
        },
    ));
    if shape.exists() && !shape.tables[0].takes_fittings() {
        let what = match shape.tables[0].kind.as_str() {
            "p" => "in partitions",
            "m" => "a materialised view, as new as its last refresh",
            "f" => "a foreign table",
            _ => "a view",
        };
        let said = format!(
            "audit_logs is {what}: migrate puts no index or trigger onto it, and filters look for a bounded time"
        );
        out.push(("log", said));
    }
    if row_security(&mut connection, schema, TABLES[0]).await? {
        out.push(("rows", "as far as policies let this role see: the log has row-level security".to_owned()));
    }
    let missing = shape.missing();
    if shape.exists() && !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|(table, column)| format!("{table}.{column}")).collect();
        out.push(("missing columns", format!("{}: shown as absent", names.join(", "))));
    }
    Ok(out)
}

/// What serving needs and this connection may not do, each in words.
pub async fn rights(db: &PgDb) -> Result<Vec<String>> {
    let shape = db.shape();
    let mut connection = db.writers().acquire().await.map_err(explain)?;
    let mut out = Vec::new();
    let migrated: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'daybook')")
        .fetch_one(&mut *connection)
        .await
        .map_err(explain)?;
    if !migrated {
        return Ok(out);
    }
    for schema in ["daybook", shape.schema.as_str()] {
        let may: bool = sqlx::query_scalar("SELECT has_schema_privilege($1, 'USAGE')")
            .bind(schema)
            .fetch_one(&mut *connection)
            .await
            .map_err(explain)?;
        if !may {
            out.push(format!("use the schema {schema}"));
        }
    }
    if !out.is_empty() {
        return Ok(out);
    }
    for (table, name) in shape.tables.iter().zip(TABLES) {
        let full = format!("{}.{}", quoted(&shape.schema), quoted(name));
        if table.exists() && !has(&mut connection, &full, "SELECT").await? {
            out.push(format!("read {}.{name}", shape.schema));
        } else if table.exists()
            && row_security(&mut connection, &shape.schema, name).await?
            && no_row_is_for(&mut connection, &full).await?
        {
            out.push(format!(
                "read any row of {}.{name}, which has row-level security and no policy for this role",
                shape.schema
            ));
        }
    }
    let functions: Vec<String> = sqlx::query_scalar(
        "SELECT p.proname::text FROM pg_proc AS p WHERE p.pronamespace = 'daybook'::regnamespace \
         AND NOT has_function_privilege(p.oid, 'EXECUTE') AND p.prorettype <> 'trigger'::regtype
         AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e') ORDER BY 1",
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(explain)?;
    if !functions.is_empty() {
        out.push(format!("execute the functions {} of the schema daybook", functions.join(", ")));
    }
    let own: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'daybook'::regnamespace AND relkind = 'r' \
         ORDER BY 1",
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(explain)?;
    for name in own {
        let full = format!("daybook.{}", quoted(&name));
        let all = [("SELECT", "read"), ("INSERT", "add to"), ("UPDATE", "change"), ("DELETE", "delete from")];
        let needed = match name.as_str() {
            "daybook_migrations" => &all[..1],
            "daybook_staff_log" => &all[..2],
            _ => &all[..],
        };
        for (right, words) in needed {
            if !has(&mut connection, &full, right).await? {
                out.push(format!("{words} daybook.{name}"));
            }
        }
    }
    Ok(out)
}

/// Whether policies say which rows of a table this role sees.
async fn row_security(connection: &mut sqlx::PgConnection, schema: &str, table: &str) -> Result<bool> {
    let active: Option<bool> = sqlx::query_scalar(
        "SELECT row_security_active(c.oid) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relname = $2",
    )
    .bind(schema)
    .bind(table)
    .fetch_optional(connection)
    .await
    .map_err(explain)?;
    Ok(active == Some(true))
}

/// Whether none of its policies lets this role see a row.
async fn no_row_is_for(connection: &mut sqlx::PgConnection, table: &str) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT NOT EXISTS (
             SELECT FROM pg_policy AS p WHERE p.polrelid = to_regclass($1) AND p.polpermissive AND p.polcmd IN ('r', '*')
             AND EXISTS (SELECT FROM unnest(p.polroles) AS r (role)
                 WHERE r.role = 0 OR pg_has_role(current_user, r.role, 'USAGE')))",
    )
    .bind(table)
    .fetch_one(connection)
    .await
    .map_err(explain)
}

async fn has(connection: &mut sqlx::PgConnection, table: &str, right: &str) -> Result<bool> {
    sqlx::query_scalar("SELECT has_table_privilege($1, $2)")
        .bind(table)
        .bind(right)
        .fetch_one(connection)
        .await
        .map_err(explain)
}

/// What Daybook puts onto the log's table, and what of it is missing.
pub async fn fittings(db: &PgDb) -> Result<Vec<Finding>> {
    let mut connection = db.writers().acquire().await.map_err(explain)?;
    let missing = fittings::missing(&mut connection, &db.shape(), &fittings::Without::default()).await?;
    let named = |kind: fittings::Kind| -> Vec<&str> {
        missing.iter().filter(|fitting| fitting.kind == kind).map(|fitting| fitting.name.as_str()).collect()
    };
    let guards = named(fittings::Kind::Triggers);
    let indexes = named(fittings::Kind::Indexes);
    Ok(vec![
        (
            "immutability",
            if guards.is_empty() {
                "guarded by the database".to_owned()
            } else {
                "NOT guarded: daybook migrate adds triggers that refuse changes".to_owned()
            },
        ),
        (
            "indexes",
            if indexes.is_empty() {
                "complete".to_owned()
            } else {
                format!(
                    "missing, so filters look for a bounded time: {}; daybook migrate makes them",
                    indexes.join(", ")
                )
            },
        ),
    ])
}
