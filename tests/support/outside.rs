//! Somebody else at a test's database: looks at all of it, locks it, breaks it.

use std::{collections::BTreeMap, path::Path, str::FromStr as _};

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, PgConnection, SqliteConnection,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

/// Every table by name, and its rows as SQL literals.
pub type Contents = BTreeMap<String, Vec<String>>;

/// A connection of its own.
pub enum Outside {
    /// To a file.
    Sqlite(SqliteConnection),
    /// To a server.
    Postgres(PgConnection),
}

impl Outside {
    /// Opens a database's file.
    pub async fn open(file: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(file).journal_mode(SqliteJournalMode::Wal);
        Self::Sqlite(options.connect().await.expect("a connection"))
    }

    /// Opens a database by its address.
    pub async fn at(address: &str) -> Self {
        match address.strip_prefix("sqlite://") {
            Some(file) => Self::open(Path::new(file)).await,
            None => Self::connect(address).await,
        }
    }

    /// Connects to a server.
    pub async fn connect(address: &str) -> Self {
        let options =
            PgConnectOptions::from_str(address).expect("an address").options([("search_path", "public,daybook")]);
        Self::Postgres(options.connect().await.expect("a connection"))
    }

    async fn execute(&mut self, sql: &str) -> sqlx::Result<()> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop),
            Self::Postgres(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop),
        }
    }

    /// Runs SQL that is expected to work.
    pub async fn run(&mut self, sql: &str) {
        self.execute(sql).await.expect(sql);
    }

    /// Keeps a table from being written to until [`Self::unlock`]; with a file, everything in it. It can be read.
    pub async fn lock(&mut self, table: &str) {
        let sql = match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE".to_owned(),
            Self::Postgres(_) => format!("BEGIN; LOCK TABLE {table} IN SHARE MODE"),
        };
        self.run(&sql).await;
    }

    /// Gives back what [`Self::lock`] took.
    pub async fn unlock(&mut self) {
        self.run("ROLLBACK").await;
    }

    /// Makes every question about a table fail by a fault of ours until [`Self::mend`]. A table that is not there is one for
    /// a file; on a server it is something that whoever runs it can mend, so there the table cannot be computed.
    pub async fn break_table(&mut self, table: &str) {
        self.run(&format!("ALTER TABLE {table} RENAME TO gone")).await;
        if let Self::Postgres(_) = self {
            let schema = if table.starts_with("daybook_") { "daybook" } else { "public" };
            let fails = format!("SELECT * FROM {schema}.gone WHERE (SELECT 1 / (random() * 0)::int) = 1 LIMIT 1000000");
            self.run(&format!("CREATE VIEW {schema}.{table} AS {fails}")).await;
        }
    }

    /// Takes back what [`Self::break_table`] did.
    pub async fn mend(&mut self, table: &str) {
        if let Self::Postgres(_) = self {
            self.run(&format!("DROP VIEW {table}")).await;
        }
        self.run(&format!("ALTER TABLE gone RENAME TO {table}")).await;
    }

    /// Why SQL that is expected to fail was refused.
    pub async fn refused(&mut self, sql: &str) -> String {
        self.execute(sql).await.expect_err(sql).to_string()
    }

    /// The first column of every row, as text.
    pub async fn texts(&mut self, sql: &str) -> Vec<String> {
        let text = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(text).fetch_all(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(text).fetch_all(connection).await,
        }
        .expect(sql)
    }

    /// The number that a query gives.
    pub async fn number(&mut self, sql: &str) -> i64 {
        let text = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(text).fetch_one(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(text).fetch_one(connection).await,
        }
        .expect(sql)
    }

    /// A column that holds an instant, as microseconds since 1970.
    pub fn micros(&self, column: &str) -> String {
        match self {
            Self::Sqlite(_) => column.to_owned(),
            Self::Postgres(_) => format!("CAST(extract(epoch FROM {column}) * 1000000 AS BIGINT)"),
        }
    }

    /// A column that holds an id, as text with dashes or without.
    pub fn id(&self, column: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("lower(hex({column}))"),
            Self::Postgres(_) => format!("{column}::text"),
        }
    }

    /// How many entries the totals know.
    pub async fn totals(&mut self) -> i64 {
        let waiting = match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => " + (SELECT coalesce(sum(n), 0) FROM daybook_totals_delta)",
        };
        self.number(&format!("SELECT CAST((SELECT coalesce(sum(n), 0) FROM daybook_totals_day){waiting} AS BIGINT)"))
            .await
    }

    /// Everything that is in it.
    pub async fn contents(&mut self) -> Contents {
        let mut out = Contents::new();
        let file = matches!(self, Self::Sqlite(_));
        // Without what is derived in the background, whatever a test does: error groups, and on a server the totals.
        let tables = if file {
            "SELECT name FROM sqlite_schema WHERE type = 'table' \
             AND (name NOT LIKE 'daybook\\_error\\_%' ESCAPE '\\' OR name = 'daybook_error_states') ORDER BY name"
        } else {
            "SELECT tablename::text FROM pg_tables WHERE schemaname IN ('public', 'daybook') \
             AND tablename NOT LIKE 'daybook\\_totals%' AND tablename <> 'daybook_combinations' \
             AND (tablename NOT LIKE 'daybook\\_error\\_%' OR tablename = 'daybook_error_states') ORDER BY 1"
        };
        for table in self.texts(tables).await {
            let rows = if file {
                let columns = self.texts(&format!("SELECT quote(name) FROM pragma_table_info('{table}')")).await;
                let columns: Vec<_> = columns.iter().map(|name| name.trim_matches('\'')).collect();
                let row: Vec<_> = columns.iter().map(|name| format!("'{name}=' || quote(\"{name}\")")).collect();
                self.texts(&format!("SELECT {} FROM \"{table}\" ORDER BY 1", row.join(" || ', ' || "))).await
            } else {
                self.texts(&format!("SELECT t::text FROM {table} AS t ORDER BY 1")).await
            };
            out.insert(table, rows);
        }
        out
    }
}
