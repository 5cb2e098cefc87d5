//! What Daybook puts onto the application's tables: indexes, the triggers that keep entries as they are, the trigger that
//! keeps the totals. Each can be left out; none changes a row or a column.
//!
//! They are no steps that run once but a state that is looked for: what is missing or was left half made is made, and
//! where nothing is missing nothing happens.

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection};

use super::{Shape, literal, migrate::SETTINGS, quoted, shape};
use crate::{
    core::error::{Error, Outage, Result},
    db::explain,
};

/// What is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Without(pub Vec<Kind>);

/// What a fitting is for; the word is what `--without` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Kind {
    /// Indexes that serve filters in the order of the list.
    Indexes,
    /// Triggers that refuse to change or delete an entry.
    Triggers,
    /// The index that serves searching.
    Search,
    /// The trigger that keeps the totals, which serve the overview.
    Totals,
}

/// One of them, missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitting {
    /// What it is for.
    pub kind: Kind,
    /// Its name in the database.
    pub name: String,
    /// The statements that make it, each on its own; all of them in one transaction where that is possible.
    statements: Vec<String>,
    /// Whether they run in one transaction. An index that is made beside writers cannot.
    together: bool,
}

/// Whoever waits for a lock on the application's table holds up everybody behind it, so ours is not waited for longer.
const SOON: &str = "SET LOCAL lock_timeout = '200ms'";
/// How often it is asked for before giving up.
const TRIES: u32 = 100;
/// How long between two tries, while whoever stood behind it goes first.
const PAUSE: Duration = Duration::from_secs(1);
/// How long an index that is made beside writers waits for transactions that began before it. Nobody waits behind it.
const BESIDE: &str = "SET lock_timeout = '10min'";

impl Fitting {
    /// As `migrate --dry-run` prints it.
    #[must_use]
    pub fn shown(&self) -> String {
        let all = self.statements.iter().map(|sql| format!("{sql};")).collect::<Vec<_>>().join("\n");
        if self.together {
            format!("BEGIN;\n{SOON};\n{all}\nCOMMIT;")
        } else {
            format!("{BESIDE};\n{all}\n{SETTINGS};")
        }
    }

    /// Makes it.
    ///
    /// # Errors
    /// Where the lock it needs was not to be had for a while: a line that says so.
    pub(super) async fn make(&self, connection: &mut PgConnection) -> Result<()> {
        let mut made = if self.together { self.once(connection).await } else { self.beside(connection).await };
        for _ in 1..TRIES {
            if !self.together || !matches!(made, Err(Error::Unavailable(Outage::Locked))) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            made = self.once(connection).await;
        }
        match made {
            Err(Error::Unavailable(Outage::Locked)) => Err(Error::Internal(anyhow::anyhow!(
                "{} could not be made: transactions on the table stayed open; run daybook migrate again when they have ended",
                self.name
            ))),
            made => made,
        }
    }

    /// All statements in one transaction.
    async fn once(&self, connection: &mut PgConnection) -> Result<()> {
        let mut tx = sqlx::Connection::begin(connection).await.map_err(explain)?;
        sqlx::raw_sql(SOON).execute(&mut *tx).await.map_err(explain)?;
        for sql in &self.statements {
            sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut *tx).await.map_err(explain)?;
        }
        tx.commit().await.map_err(explain)
    }

    /// Each statement by itself, beside whoever writes. One that fails leaves half an index, which the next run makes anew.
    async fn beside(&self, connection: &mut PgConnection) -> Result<()> {
        sqlx::raw_sql(BESIDE).execute(&mut *connection).await.map_err(explain)?;
        for sql in &self.statements {
            sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut *connection).await.map_err(explain)?;
        }
        sqlx::raw_sql(SETTINGS).execute(connection).await.map_err(explain)?;
        Ok(())
    }
}

/// An index that Daybook wants on one of the application's tables.
struct Index {
    name: &'static str,
    /// The columns of the table, each by its name; what stands in the index is what a definition selects.
    keys: &'static [Key],
    /// Which rows are in it; columns by name.
    only: Option<Only>,
}

/// A key of an index.
enum Key {
    /// What the definition selects under this name.
    Column(&'static str),
    /// The ASCII lower case of a text.
    Email(&'static str),
    /// The first address in the text.
    Address,
}

/// Which rows are in an index.
enum Only {
    With(&'static str),
    EmailAlone,
    Neither,
}

/// The indexes that serve searching: the log, and its members by name and e-mail.
pub(super) const WORDS: [&str; 2] = ["daybook_words", "daybook_member_words"];

/// A walk by a column in the order of the list. Each ends in the whole of that order.
const LOG: [Index; 9] = [
    Index {
        name: "daybook_action_type",
        keys: &[Key::Column("action_type"), Key::Column("status"), Key::Column("timestamp"), Key::Column("id")],
        only: None,
    },
    Index {
        name: "daybook_status",
        keys: &[Key::Column("status"), Key::Column("timestamp"), Key::Column("id")],
        only: None,
    },
    Index {
        name: "daybook_member_id",
        keys: &[Key::Column("member_id"), Key::Column("timestamp"), Key::Column("id")],
        only: Some(Only::With("member_id")),
    },
    Index {
        name: "daybook_area",
        keys: &[Key::Column("area"), Key::Column("timestamp"), Key::Column("id")],
        only: None,
    },
    Index {
        name: "daybook_booking",
        keys: &[Key::Column("booking_id"), Key::Column("timestamp"), Key::Column("id")],
        only: Some(Only::With("booking_id")),
    },
    Index {
        name: "daybook_email",
        keys: &[Key::Email("member_email"), Key::Column("timestamp"), Key::Column("id")],
        only: Some(Only::With("member_email")),
    },
    Index {
        name: "daybook_ip",
        keys: &[Key::Address, Key::Column("timestamp"), Key::Column("id")],
        only: Some(Only::With("ip_address")),
    },
    Index {
        name: "daybook_no_account",
        keys: &[Key::Column("timestamp"), Key::Column("id")],
        only: Some(Only::EmailAlone),
    },
    Index {
        name: "daybook_anonymous",
        keys: &[Key::Column("timestamp"), Key::Column("id")],
        only: Some(Only::Neither),
    },
];

impl Index {
    /// Its keys and its condition, where the table has what they need.
    fn body(&self, shape: &Shape) -> Option<String> {
        let there = |name: &str| shape.tables[0].column(name).is_some();
        let mut keys = Vec::new();
        for key in self.keys {
            keys.push(match key {
                Key::Column(name) => there(name).then(|| shape.select(0, name))?,
                Key::Email(name) => there(name).then(|| format!("lower({} COLLATE \"C\")", shape.select(0, name)))?,
                Key::Address => {
                    there("ip_address").then(|| format!("daybook.ip({})", shape.select(0, "ip_address")))?
                }
            });
        }
        let without = |column: &str| if there(column) { format!("{} IS NULL", quoted(column)) } else { "true".into() };
        let only = match &self.only {
            None => String::new(),
            Some(Only::With(column)) => format!(" WHERE {} IS NOT NULL", quoted(column)),
            Some(Only::EmailAlone) if !there("member_email") => return None,
            Some(Only::EmailAlone) => format!(" WHERE {} AND \"member_email\" IS NOT NULL", without("member_id")),
            Some(Only::Neither) => format!(" WHERE {} AND {}", without("member_id"), without("member_email")),
        };
        // Every key in brackets: what is an expression needs them, and a plain column may have them.
        let keys: Vec<String> = keys.into_iter().map(|key| bracketed(&key)).collect();
        Some(format!("({}){only}", keys.join(", ")))
    }
}

/// Whether an index of the log still holds what its definition says: ours do while values may be as long as they were.
pub(super) fn holds(shape: &Shape, index: &shape::Index) -> bool {
    let ours = LOG.iter().find(|ours| ours.name == index.name);
    ours.and_then(|ours| ours.body(shape)).is_none_or(|body| body.contains("left(") == index.cut)
}

/// A key as `CREATE INDEX` takes it. A collation belongs beside the column, or the index would not be one of the column.
fn bracketed(key: &str) -> String {
    let inner = key.strip_prefix('(').and_then(|key| key.strip_suffix(')'));
    match inner {
        Some(inner) if inner.ends_with(" COLLATE \"C\"") && inner.starts_with('"') && !inner.contains("::") => {
            inner.to_owned()
        }
        _ if key.starts_with('"') && key.ends_with('"') && !key.contains("::") => key.to_owned(),
        _ => format!("({key})"),
    }
}

/// What is missing and not left out, in the order in which it is made.
pub(super) async fn missing(connection: &mut PgConnection, shape: &Shape, without: &Without) -> Result<Vec<Fitting>> {
    let all = wanted(connection, shape).await?;
    let standing: Vec<String> = sqlx::query_scalar(
        "SELECT i.relname::text FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid
         JOIN pg_namespace AS n ON n.oid = i.relnamespace
         WHERE n.nspname = $1 AND i.relname LIKE 'daybook\\_%'",
    )
    .bind(&shape.schema)
    .fetch_all(&mut *connection)
    .await
    .map_err(explain)?;
    let schema = quoted(&shape.schema);
    let mut wanted: Vec<Fitting> = all.into_iter().filter(|fitting| !without.0.contains(&fitting.kind)).collect();
    // What the totals begin with is the first and the last instant, read while every writer waits: by an index alone.
    if !shape.tables[0].leads_with("timestamp") && !wanted.iter().any(|fitting| fitting.name == "daybook_timestamp") {
        wanted.retain(|fitting| fitting.kind != Kind::Totals);
    }
    Ok(wanted
        .into_iter()
        .map(|mut fitting| {
            // One that was left half made, or made when a column was of another type, stands in the way of its own name.
            if standing.contains(&fitting.name) {
                let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {schema}.{}", quoted(&fitting.name));
                fitting.statements.insert(0, drop);
            }
            fitting
        })
        .collect())
}

/// The indexes of a table whose expressions the planner is to look at, as `daybook_meta` keeps those it has looked at.
fn expressions(schema: &str, table: &str) -> String {
    format!(
        "SELECT coalesce(string_agg(x.indexrelid::text, ' ' ORDER BY x.indexrelid), '') FROM pg_index AS x \
         JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_class AS c ON c.oid = x.indrelid \
         WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = {}) AND c.relname = {} \
         AND i.relname LIKE 'daybook\\_%' AND x.indexprs IS NOT NULL",
        literal(schema),
        literal(table)
    )
}

/// What the planner is to be told after these are made, as a step of its own: without a look at what an expression gives,
/// it guesses, and walks the wrong index. Also where an earlier run ended before that.
pub(super) async fn unknown(connection: &mut PgConnection, shape: &Shape, made: &[Fitting]) -> Result<Vec<Fitting>> {
    let mut tables: Vec<String> = Vec::new();
    let begun = "SELECT to_regclass('daybook.daybook_meta') IS NOT NULL";
    if sqlx::query_scalar(begun).fetch_one(&mut *connection).await.map_err(explain)? {
        for table in ["audit_logs", "members"] {
            let looked = format!(
                "SELECT coalesce((SELECT value FROM daybook.daybook_meta WHERE name = {}), '') <> ({})",
                literal(&looked_at(table)),
                expressions(&shape.schema, table)
            );
            if sqlx::query_scalar(AssertSqlSafe(looked)).fetch_one(&mut *connection).await.map_err(explain)? {
                tables.push(table.to_owned());
            }
        }
    }
    let schema = quoted(&shape.schema);
    for table in ["audit_logs", "members"] {
        let on = format!(" ON {schema}.{table} ");
        let is_new =
            made.iter().flat_map(|fitting| &fitting.statements).any(|sql| sql.contains(&on) && sql.contains(" INDEX "));
        if is_new && !tables.iter().any(|had| had == table) {
            tables.push(table.to_owned());
        }
    }
    tables.sort();
    let tell = |table: String| Fitting {
        kind: Kind::Indexes,
        name: format!("statistics of {table}"),
        statements: vec![
            format!("ANALYZE {schema}.{table}"),
            format!(
                "INSERT INTO daybook.daybook_meta (name, value) VALUES ({}, ({})) \
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                literal(&looked_at(&table)),
                expressions(&shape.schema, &table)
            ),
        ],
        together: false,
    };
    Ok(tables.into_iter().map(tell).collect())
}

/// The name under which `daybook_meta` keeps which indexes of a table the planner has looked at.
fn looked_at(table: &str) -> String {
    format!("looked at {table}")
}

async fn wanted(connection: &mut PgConnection, shape: &Shape) -> Result<Vec<Fitting>> {
    if !shape.tables[0].takes_fittings() {
        return Ok(Vec::new());
    }
    let mut out = indexes(shape);
    out.extend(search(connection, shape).await?);
    out.extend(triggers(connection, shape).await?);
    Ok(out)
}

fn indexes(shape: &Shape) -> Vec<Fitting> {
    let schema = quoted(&shape.schema);
    let log = &shape.tables[0];
    let mut out = Vec::new();
    // On a server of Daybook's own the model's four already end in the whole order.
    let model = |name: &str| match name {
        "daybook_action_type" => log.has_index("ix_audit_logs_action_type", 4),
        "daybook_status" => log.has_index("ix_audit_logs_status", 3),
        "daybook_member_id" => log.has_index("ix_audit_logs_member_id", 3),
        _ => false,
    };
    let plain = |name: &str, table: &str, body: &str| Fitting {
        kind: Kind::Indexes,
        name: name.to_owned(),
        statements: vec![format!("CREATE INDEX CONCURRENTLY {} ON {schema}.{table} {body}", quoted(name))],
        together: false,
    };
    if !log.leads_with("timestamp") {
        out.push(plain("daybook_timestamp", "audit_logs", "(\"timestamp\", id)"));
    }
    for index in &LOG {
        if log.has_index(index.name, 1) || model(index.name) {
            continue;
        }
        if let Some(body) = index.body(shape) {
            out.push(plain(index.name, "audit_logs", &body));
        }
    }
    let members = &shape.tables[1];
    if members.takes_fittings() && members.column("email").is_some() && !members.has_index("daybook_members_email", 1) {
        let body = format!("(lower({} COLLATE \"C\"))", shape.select(1, "email"));
        out.push(plain("daybook_members_email", "members", &body));
    }
    out
}

/// The schema of an extension, where it stands.
async fn schema_of_extension(connection: &mut PgConnection, name: &str) -> Result<Option<String>> {
    let sql = "SELECT n.nspname::text FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace \
               WHERE e.extname = $1";
    sqlx::query_scalar(sql).bind(name).fetch_optional(connection).await.map_err(explain)
}

async fn search(connection: &mut PgConnection, shape: &Shape) -> Result<Vec<Fitting>> {
    let [log, members, _] = &shape.tables;
    let [words, member_words] = WORDS;
    let schema = quoted(&shape.schema);
    let mut out = Vec::new();
    if !log.has_index(words, 1) && log.column("description").is_some() {
        // The week stands first: a frequent word is asked for week by week.
        let body = |operators: &[String]| {
            format!(
                "audit_logs USING gin (({}) {}.timestamptz_ops, ({}) {trigrams}.gin_trgm_ops, ({}) {trigrams}.gin_trgm_ops)",
                shape.week(),
                operators[1],
                shape.open_words(),
                shape.error_words(),
                trigrams = operators[0],
            )
        };
        out.push(words_index(connection, (&schema, words), &["pg_trgm", "btree_gin"], body).await?);
    }
    let lowered = shape.member_words();
    if members.takes_fittings() && !lowered.is_empty() && !members.has_index(member_words, 1) {
        let body = |operators: &[String]| {
            let keys = lowered.iter().map(|key| format!("({key}) {}.gin_trgm_ops", operators[0]));
            format!("members USING gin ({})", keys.collect::<Vec<_>>().join(", "))
        };
        out.push(words_index(connection, (&schema, member_words), &["pg_trgm"], body).await?);
    }
    Ok(out)
}

/// An index of words in a schema, of these extensions, whose schemas its body is told.
async fn words_index(
    connection: &mut PgConnection,
    (schema, name): (&str, &str),
    extensions: &[&str],
    body: impl FnOnce(&[String]) -> String,
) -> Result<Fitting> {
    let mut statements = Vec::new();
    let mut schemas = Vec::new();
    for extension in extensions {
        let standing = schema_of_extension(connection, extension).await?;
        if standing.is_none() {
            statements.push(format!("CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA daybook"));
        }
        schemas.push(quoted(standing.as_deref().unwrap_or("daybook")));
    }
    statements.push(format!("CREATE INDEX CONCURRENTLY {} ON {schema}.{}", quoted(name), body(&schemas)));
    Ok(Fitting { kind: Kind::Search, name: name.to_owned(), statements, together: false })
}

async fn triggers(connection: &mut PgConnection, shape: &Shape) -> Result<Vec<Fitting>> {
    let standing: Vec<String> = sqlx::query_scalar(
        "SELECT t.tgname::text FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
         JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relname = 'audit_logs' AND NOT t.tgisinternal AND t.tgenabled <> 'D'",
    )
    .bind(&shape.schema)
    .fetch_all(&mut *connection)
    .await
    .map_err(explain)?;
    let table = format!("{}.audit_logs", quoted(&shape.schema));
    let log = &shape.tables[0];
    let counted = ["timestamp", "action_type", "status", "area"].iter().all(|column| log.column(column).is_some());
    let mut all = vec![
        (
            Kind::Triggers,
            "daybook_keep_entry",
            vec![format!(
                "CREATE OR REPLACE TRIGGER daybook_keep_entry BEFORE UPDATE ON {table} FOR EACH ROW \
                 EXECUTE FUNCTION daybook.keep_entry()"
            )],
        ),
        (
            Kind::Triggers,
            "daybook_keep_table",
            vec![format!(
                "CREATE OR REPLACE TRIGGER daybook_keep_table BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT \
                 EXECUTE FUNCTION daybook.keep_table()"
            )],
        ),
    ];
    if counted {
        all.push((
            Kind::Totals,
            "daybook_note_totals",
            vec![
                format!(
                    "CREATE OR REPLACE TRIGGER daybook_note_totals AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh \
                     FOR EACH STATEMENT EXECUTE FUNCTION daybook.note_totals()"
                ),
                // Creating a trigger waits for every writer, so what stands now is what the trigger has not seen.
                format!(
                    "INSERT INTO daybook.daybook_totals_build (one, counted, last, \"first\") \
                     SELECT 1, 0, coalesce(daybook.hour({newest}) - daybook.hour({oldest}) + 1, 0), \
                     coalesce(daybook.hour({oldest}), 0) FROM {table} \
                     WHERE \"timestamp\" < 'infinity' AND \"timestamp\" > '-infinity' \
                     ON CONFLICT (one) DO UPDATE SET counted = 0, last = excluded.last, \"first\" = excluded.\"first\"",
                    newest = shape.instant("max(\"timestamp\")"),
                    oldest = shape.instant("min(\"timestamp\")"),
                ),
            ],
        ));
    }
    let missing = all.into_iter().filter(|(_, name, _)| !standing.iter().any(|had| had == name));
    Ok(missing
        .map(|(kind, name, statements)| Fitting { kind, name: name.to_owned(), statements, together: true })
        .collect())
}
