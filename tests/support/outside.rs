//! Somebody else at a test's database: looks at all of it, locks it, breaks it.

use std::{collections::BTreeMap, path::Path};

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

/// Every table by name, and its rows as SQL literals.
pub type Contents = BTreeMap<String, Vec<String>>;

/// A connection of its own.
pub struct Outside(SqliteConnection);

impl Outside {
    /// Opens a database's file.
    pub async fn open(file: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(file).journal_mode(SqliteJournalMode::Wal);
        Self(options.connect().await.expect("a connection"))
    }

    /// Runs SQL that is expected to work.
    pub async fn run(&mut self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.0).await.expect(sql);
    }

    /// Why SQL that is expected to fail was refused.
    pub async fn refused(&mut self, sql: &str) -> String {
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.0).await;
        done.expect_err(sql).to_string()
    }

    /// The first column of every row, as text.
    pub async fn texts(&mut self, sql: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(&mut self.0).await.expect(sql)
    }

    /// The number that a query gives.
    pub async fn number(&mut self, sql: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut self.0).await.expect(sql)
    }

    /// Everything that is in it.
    pub async fn contents(&mut self) -> Contents {
        let mut out = Contents::new();
        for table in self.texts("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").await {
            let columns = self.texts(&format!("SELECT quote(name) FROM pragma_table_info('{table}')")).await;
            let columns: Vec<_> = columns.iter().map(|name| name.trim_matches('\'')).collect();
            let row: Vec<_> = columns.iter().map(|name| format!("'{name}=' || quote(\"{name}\")")).collect();
            let rows = self.texts(&format!("SELECT {} FROM \"{table}\" ORDER BY 1", row.join(" || ', ' || "))).await;
            out.insert(table, rows);
        }
        out
    }
}
