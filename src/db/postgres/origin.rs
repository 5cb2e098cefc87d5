//! Which log is meant: what Daybook keeps in a database is about one, and the first `migrate` writes down whose it is and
//! where it stands.

use sqlx::PgConnection;

use crate::{
    core::error::{Error, Result},
    db::explain,
};

/// The schema of the application's tables: the one whose log all that is Daybook's in this database is about; before
/// there is any, the one that was named, else the first on the search path that has `audit_logs`, else the one where a new
/// table would go.
///
/// # Errors
/// A line that says what to do: where another schema is named than Daybook's tables are about, or one that is not there;
/// where none is named, and the only `audit_logs` stand where nobody would look for them.
pub(super) async fn schema(connection: &mut PgConnection, named: Option<&str>) -> Result<String> {
    let kept = Origin::of(connection).await?.and_then(|origin| origin.schema);
    if let (Some(kept), Some(named)) = (&kept, named.filter(|named| kept.as_deref() != Some(*named))) {
        return refused(format!(
            "what Daybook keeps in this database is about the log in the schema {kept}, not about one in {named}: \
             leave --schema out, or use a database of its own for the other log"
        ));
    }
    if let Some(schema) = kept.as_deref().or(named) {
        let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)")
            .bind(schema)
            .fetch_one(connection)
            .await
            .map_err(explain)?;
        if !there {
            return refused(format!(
                "there is no schema {schema} in this database: create it, or name another with --schema"
            ));
        }
        return Ok(schema.to_owned());
    }
    let logs: Vec<(String, bool)> = sqlx::query_as(
        "SELECT n.nspname::text, path.at IS NOT NULL FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         LEFT JOIN unnest(current_schemas(false)) WITH ORDINALITY AS path (name, at) ON path.name = n.nspname
         WHERE c.relname = 'audit_logs' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'daybook'
         AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' ORDER BY path.at NULLS LAST, 1",
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(explain)?;
    match logs.first() {
        Some((schema, true)) => return Ok(schema.clone()),
        Some((schema, false)) => {
            return refused(format!(
                "audit_logs stands in the schema {schema} of this database, which is not on the search path: \
                 name it with --schema {schema}, or with another where Daybook is to make its own"
            ));
        }
        None => {}
    }
    sqlx::query_scalar("SELECT coalesce(current_schema()::text, 'public')").fetch_one(connection).await.map_err(explain)
}

fn refused<T>(why: String) -> Result<T> {
    Err(Error::Internal(anyhow::anyhow!(why)))
}

/// What the first `migrate` wrote down of the application's tables.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Origin {
    /// Whether they stood before Daybook came.
    pub(super) attached: bool,
    /// Where they stand.
    pub(super) schema: Option<String>,
}

impl Origin {
    /// None before the first `migrate`, and where this connection may not read it.
    pub(super) async fn of(connection: &mut PgConnection) -> Result<Option<Self>> {
        let readable: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
             WHERE n.nspname = 'daybook' AND c.relname = 'daybook_migrations'
             AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))",
        )
        .fetch_one(&mut *connection)
        .await
        .map_err(explain)?;
        if !readable {
            return Ok(None);
        }
        // By way of JSON, as the first versions had no such column.
        let sql = "SELECT attached, max(to_jsonb(m) ->> 'schema') OVER () AS schema \
                   FROM daybook.daybook_migrations AS m ORDER BY version LIMIT 1";
        sqlx::query_as(sql).fetch_optional(connection).await.map_err(explain)
    }
}
