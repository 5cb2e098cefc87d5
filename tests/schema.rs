//! The schemas of both databases are one: the same migrations, tables, columns, keys and indexes, but for what is named here.

use std::collections::BTreeSet;

use crate::support::{Outside, TestDb};

/// What only one of them has, and why.
const ONLY_ONE: [(&str, &str); 14] = [
    ("_sqlx_migrations", "how SQLite's migrations are written down"),
    ("daybook_migrations", "how PostgreSQL's are, with whether the tables were there before"),
    ("daybook_deferred_indexes", "a load into a file takes indexes down; a server keeps them"),
    ("daybook_blocks", "the search index of SQLite knows entries by arrival"),
    ("daybook_words", "the search index of SQLite is a table, PostgreSQL's an index"),
    ("daybook_member_words", "likewise the index of members"),
    ("daybook_member_keys", "which SQLite's knows by number"),
    ("daybook_members_waiting", "and those who wait for it"),
    ("daybook_totals_delta", "a server's writers add lines that are added up later"),
    ("audit_logs.seq", "the order of arrival, for the search index and the totals of SQLite"),
    ("audit_logs.ip", "PostgreSQL indexes the first address as an expression"),
    ("daybook_totals_build.first", "SQLite counts by arrival, a server hour by hour"),
    ("daybook_id", "the key is PostgreSQL's primary one, and SQLite's is `seq`"),
    ("audit_logs.id is key", "likewise"),
];

/// Lines that say what is in a schema.
type Lines = BTreeSet<String>;

async fn sqlite(outside: &mut Outside) -> Lines {
    let columns = "SELECT m.name || '.' || c.name || CASE WHEN c.\"notnull\" THEN ' not null' ELSE '' END \
                   FROM sqlite_schema AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' \
                   AND m.name NOT LIKE 'daybook_words_%' AND m.name NOT LIKE 'daybook_member_words_%'";
    let keys = "SELECT m.name || '.' || c.name || ' is key' FROM sqlite_schema AS m, pragma_table_info(m.name) AS c \
                WHERE m.type = 'table' AND c.pk > 0 AND m.name NOT LIKE 'daybook_words_%' AND m.name NOT LIKE 'daybook_member_words_%'";
    let indexes = "SELECT name FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE 'sqlite_%'";
    lines(outside, [columns, keys, indexes]).await
}

async fn postgres(outside: &mut Outside) -> Lines {
    let tables = "pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname IN ('public', 'daybook') \
                  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped";
    let columns = format!(
        "SELECT c.relname || '.' || a.attname || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END \
         FROM {tables} WHERE c.relkind = 'r'"
    );
    let keys = format!(
        "SELECT c.relname || '.' || a.attname || ' is key' FROM {tables} JOIN pg_index AS i ON i.indrelid = c.oid \
         AND i.indisprimary AND a.attnum = ANY (i.indkey) WHERE c.relkind = 'r'"
    );
    let indexes = "SELECT indexname::text FROM pg_indexes WHERE schemaname IN ('public', 'daybook') \
                   AND indexname NOT LIKE '%_pkey'";
    lines(outside, [&columns, &keys, indexes]).await
}

async fn lines(outside: &mut Outside, all: [&str; 3]) -> Lines {
    let mut out = Lines::new();
    for sql in all {
        out.extend(outside.texts(sql).await);
    }
    let named = |line: &str| {
        let table = line.split(['.', ' ']).next().unwrap_or_default();
        let column = line.split(' ').next().unwrap_or_default();
        ONLY_ONE.iter().any(|(name, _)| [table, column, line].contains(name))
    };
    out.retain(|line| !named(line));
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_have_one_schema() {
    let (file, server) = (TestDb::sqlite().await, TestDb::postgres().await);
    let (file, server) = (sqlite(&mut file.outside().await).await, postgres(&mut server.outside().await).await);
    assert!(file.len() > 80, "{file:?}");
    let (only_file, only_server): (Vec<_>, Vec<_>) =
        (file.difference(&server).collect(), server.difference(&file).collect());
    assert!(
        only_file.is_empty() && only_server.is_empty(),
        "only SQLite: {only_file:#?}\nonly PostgreSQL: {only_server:#?}"
    );
}

#[test]
fn migrations_have_the_same_numbers_and_names() {
    let names = |folder: &str| -> BTreeSet<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
        let files = std::fs::read_dir(folder).expect("a folder");
        files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}
