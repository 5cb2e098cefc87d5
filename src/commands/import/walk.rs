//! Walking a table of an application's SQLite file step by step, whatever SQLite knows its rows by.

use std::collections::HashSet;

use anyhow::{Context as _, Result, bail};

use crate::{
    commands::line,
    db::{Db, Sql, address::Address},
};

/// A walk through a table, and how far it has come.
pub struct Walk {
    table: &'static str,
    /// The column that orders the rows and tells them apart.
    key: &'static str,
    after: Option<Place>,
}

/// A value of the key, which SQLite lets be of any type.
enum Place {
    Number(i64),
    Text(Vec<u8>),
    Bytes(Vec<u8>),
}

/// Names for the number that SQLite gives each row, unless the table has a column of that name.
const NUMBERS: [&str; 3] = ["rowid", "_rowid_", "oid"];

impl Walk {
    /// A walk from the beginning of a table with these columns: by the numbers of its rows, or by `id` where it numbers
    /// none. An id may be of any type, or none, so it is no order but where SQLite itself keeps the rows by it.
    pub async fn of(db: &Db, address: &Address, table: &'static str, columns: &HashSet<String>) -> Result<Self> {
        let sql =
            Sql::new("SELECT type, wr FROM pragma_table_list WHERE schema = 'main' AND lower(name) = ").bind(table);
        let about: Option<(String, i64)> = db.fetch_optional(sql).await.map_err(line)?;
        let (kind, is_without_numbers) = about.with_context(|| format!("--from: {address} has no table {table}"))?;
        let number = NUMBERS.into_iter().find(|name| !columns.contains(*name));
        let key = match number {
            _ if kind == "view" => Err("is a view"),
            _ if is_without_numbers != 0 && key_of(db, table).await? == ["id"] => Ok("id"),
            _ if is_without_numbers != 0 => Err("is kept WITHOUT ROWID and not by its id alone"),
            Some(number) => Ok(number),
            None => Err("has columns in the place of rowid"),
        };
        let key = key.map_err(|why| no_walk(address, table, why))?;
        Ok(Self { table, key, after: None })
    }

    /// Adds to a select list what [`Self::come_to`] takes, as `kind` and `key`, and asks for the next rows.
    pub fn ahead(&self, select: Sql, most: usize) -> Sql {
        let key = |sql: Sql| sql.text(self.table).text(".").text(self.key);
        let sql = key(select.text(", typeof(")).text(") AS kind, CAST(");
        let sql = key(sql).text(" AS BLOB) AS key FROM ").text(self.table);
        let sql = match &self.after {
            None => sql,
            Some(place) => {
                let sql = key(sql.text(" WHERE ")).text(" > ");
                match place {
                    Place::Number(number) => sql.bind(*number),
                    // Bound as bytes, since it need not be UTF-8.
                    Place::Text(text) => sql.text("CAST(").bind(text.clone()).text(" AS TEXT)"),
                    Place::Bytes(bytes) => sql.bind(bytes.clone()),
                }
            }
        };
        key(sql.text(" ORDER BY ")).limit(i64::try_from(most).unwrap_or(i64::MAX))
    }

    /// Goes on after a row.
    pub fn come_to(&mut self, kind: &str, key: Vec<u8>) -> Result<()> {
        let number = || std::str::from_utf8(&key).ok()?.parse().ok();
        self.after = Some(match kind {
            "text" => Place::Text(key),
            "blob" => Place::Bytes(key),
            _ => match number() {
                Some(number) => Place::Number(number),
                None => bail!("--from: an id in {} is a fraction", self.table),
            },
        });
        Ok(())
    }
}

/// The columns of a table's primary key.
async fn key_of(db: &Db, table: &'static str) -> Result<Vec<String>> {
    let sql = Sql::new("SELECT lower(name) FROM pragma_table_info(").bind(table).text(") WHERE pk > 0 ORDER BY pk");
    let names: Vec<(String,)> = db.fetch_all(sql).await.map_err(line)?;
    Ok(names.into_iter().map(|(name,)| name).collect())
}

fn no_walk(address: &Address, table: &str, why: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "--from: {table} of {address} {why}, so it cannot be read step by step; a copy can, with all three tables: \
         sqlite3 COPY.db \"ATTACH 'FILE' AS old; CREATE TABLE {table} AS SELECT * FROM old.{table}\""
    )
}
