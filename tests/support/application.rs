//! The application's own database, as SQLAlchemy made its tables, and as they may be instead.

use daybook::{
    core::role::Role,
    db::{
        migrate,
        postgres::fittings::{Kind, Without},
    },
};

use super::{Client, Outside, TestApp, TestDb, app::Setup, database::at, postgres};

/// Its tables and a few rows.
pub const FIXTURE: &str = include_str!("../fixtures/sqlalchemy_postgresql.sql");
/// The entries of the fixture, the newest first.
pub const ENTRIES: [&str; 6] = [
    "d4c3b2a1-f6e5-4708-9918-3b2a5d4c7f06",
    "a0b1c2d3-e4f5-4607-8819-2a3b4c5d6e05",
    "5c8d9e0f-1a2b-4c3d-8e4f-5a6b7c8d9e04",
    "b27e6f10-3c4d-4f6a-9e8b-7a6b5c4d3e03",
    "04d3c5f2-9a77-4be5-a3c0-8e5b0c1d2e02",
    "e9b1a0d4-5a0f-4a7e-8b57-1d6a0f4c1b01",
];

/// The application's database with its tables, changed by some SQL; its address and a connection of its owner's.
pub async fn application(change: &str) -> (String, Outside) {
    let server = postgres::shared();
    let address = server.address("owner", &server.database().await);
    let mut outside = Outside::connect(&address).await;
    outside.run(FIXTURE).await;
    if !change.is_empty() {
        outside.run(change).await;
    }
    (address, outside)
}

/// The same, with what `migrate` adds but for some of it.
pub async fn attached(change: &str, without: &[Kind]) -> (TestDb, Outside) {
    let (address, outside) = application(change).await;
    let db = TestDb::postgres_at(&address).await;
    migrate::run_anywhere(&db.db, &Without(without.to_vec()), |_| {}).await.expect("migrated");
    (db, outside)
}

/// Serves it shortly after its last entry, to an admin.
pub async fn signed_in(db: TestDb) -> (TestApp, Client) {
    let app = TestApp::with(db, Setup { now: at("2026-04-06T00:00:00Z"), ..Setup::default() }).await;
    let client = app.signed_in(Role::Admin).await;
    (app, client)
}

/// Everything that `migrate` may make, as the catalogue has it.
pub const OBJECTS: &str = "SELECT c.relkind::text || ' ' || c.relname || coalesce(' ' || pg_get_indexdef(i.indexrelid), '') \
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN pg_index AS i ON i.indexrelid = c.oid \
    WHERE n.nspname IN ('public', 'daybook') UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal \
    UNION ALL SELECT 'function ' || p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace \
    WHERE n.nspname = 'daybook' ORDER BY 1";

/// Runs what a dry run printed, each part as it says.
pub async fn by_hand(outside: &mut Outside, printed: &str) {
    for part in format!("\n{printed}").split("\n-- ").filter(|part| !part.trim().is_empty()) {
        let sql = part.split_once('\n').map_or("", |(_, sql)| sql);
        for one in if sql.contains("CONCURRENTLY") { sql.split(";\n").collect() } else { vec![sql] } {
            if !one.trim().is_empty() {
                outside.run(one).await;
            }
        }
    }
}

/// The entries that a query finds.
pub async fn found(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("/logs?{query}")).await;
    assert_eq!(page.status, 200, "{query}: {}", page.text());
    page.entries()
}
