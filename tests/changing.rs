//! An application that changes its tables while they are served: no page fails for it, and what cannot be read is said.

use daybook::{
    core::{error::Error, role::Role},
    db::Sql,
};

use crate::support::{
    Client, TestApp, TestDb,
    application::{ENTRIES, attached, found, signed_in},
};

/// Each way of asking: a list by a walk, one by steps, one by candidates, a search, an entry, a count, exports.
const PATHS: [&str; 9] = [
    "/logs?range=all",
    "/logs?range=all&status=error&area=members/*",
    "/logs?range=all&user_agent=o",
    "/logs?range=all&q=booking",
    "/logs/5c8d9e0f-1a2b-4c3d-8e4f-5a6b7c8d9e04",
    "/logs/overview?range=all",
    "/logs/export.ndjson?range=all",
    "/logs/export.csv?range=all&q=booking&status=error",
    "/members?q=a",
];

/// What an application does to its tables one day.
const CHANGES: [(&str, &str); 9] = [
    ("a column less", "ALTER TABLE audit_logs DROP COLUMN user_agent"),
    ("another one less", "ALTER TABLE audit_logs DROP COLUMN extra, DROP COLUMN error_detail"),
    ("members without names", "ALTER TABLE members DROP COLUMN name"),
    ("another type", "ALTER TABLE audit_logs ALTER COLUMN status TYPE text"),
    ("another length", "ALTER TABLE audit_logs ALTER COLUMN area TYPE varchar(300)"),
    (
        "an enumeration",
        "CREATE TYPE how AS ENUM ('success', 'warning', 'error');
         ALTER TABLE audit_logs ALTER COLUMN status TYPE how USING status::how",
    ),
    ("no members", "ALTER TABLE members RENAME TO people"),
    ("bookings elsewhere", "ALTER TABLE bookings RENAME TO appointments"),
    ("a column more", "ALTER TABLE audit_logs ADD COLUMN user_agent text"),
];

/// Asks each way, several at a time as a browser does; the answers.
async fn statuses(client: &Client) -> Vec<(&'static str, u16)> {
    let ask = |path| async move { (path, client.get(path).await.status.as_u16()) };
    futures_util::future::join_all(PATHS.map(ask)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_may_change_its_tables_while_they_are_served() {
    let (db, mut outside) = attached("", &[]).await;
    let (_app, client) = signed_in(db).await;
    for (what, change) in CHANGES {
        for _ in 0..3 {
            for (path, status) in statuses(&client).await {
                assert_eq!(status, 200, "before {what}: {path}");
            }
        }
        outside.run(change).await;
        for (path, status) in statuses(&client).await {
            assert_eq!(status, 200, "{what}: {path}");
        }
    }
    assert_eq!(found(&client, "range=all").await, ENTRIES);
    // As a program gets it, each of them whole.
    let export = client.get("/logs/export.ndjson?range=all").await.text();
    assert_eq!(export.lines().count(), ENTRIES.len(), "{export}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_gone_or_cannot_be_read_is_an_outage_until_it_is_back() {
    let (db, mut outside) = attached("", &[]).await;
    let (app, client) = signed_in(db).await;
    for (change, back) in [
        ("ALTER TABLE audit_logs RENAME TO aside", "ALTER TABLE aside RENAME TO audit_logs"),
        (
            "ALTER TABLE audit_logs RENAME COLUMN timestamp TO at",
            "ALTER TABLE audit_logs RENAME COLUMN at TO timestamp",
        ),
        ("ALTER TABLE audit_logs RENAME COLUMN id TO key", "ALTER TABLE audit_logs RENAME COLUMN key TO id"),
    ] {
        outside.run(change).await;
        for (path, status) in statuses(&client).await {
            // Finding a member asks nothing of the log but when they were seen last.
            assert!(status == 503 || path.starts_with("/members"), "{change}: {path}: {status}");
        }
        assert_eq!(client.get("/readyz").await.status, 200);
        app.db.db.look_again().await.expect("looked");
        assert_eq!(client.get("/logs?range=all").await.status, 503, "{change}");
        outside.run(back).await;
        for (path, status) in statuses(&client).await {
            assert_eq!(status, 200, "{back}: {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_that_is_missing_is_an_outage_and_its_line_in_the_log_says_what_to_do() {
    let (db, mut outside) = attached("", &[]).await;
    let role = format!("reads_{}", std::process::id());
    outside.run(&format!("CREATE ROLE {role} LOGIN IN ROLE pg_read_all_data, pg_write_all_data")).await;
    let serving = TestDb::postgres_at(&db.address.replacen("owner@", &format!("{role}@"), 1)).await;
    let app = TestApp::start(serving).await;
    let client = app.signed_in(Role::Support).await;
    assert_eq!(client.get("/logs?range=all").await.status, 200);
    let own =
        format!("GRANT USAGE ON SCHEMA daybook TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA daybook TO {role}");
    outside.run(&format!("{own}; REVOKE pg_read_all_data FROM {role}")).await;
    for path in ["/logs?range=all", "/logs/export.csv?range=all"] {
        let page = client.get(path).await;
        assert_eq!(page.status, 503, "{path}: {}", page.text());
        assert!(!page.text().contains("permission"), "{}", page.text());
    }
    let asked = app.db.db.fetch_all::<(i64,)>(Sql::new("SELECT count(*) FROM audit_logs")).await;
    let Err(Error::Unfit(why)) = asked else { panic!("{asked:?}") };
    assert!(why.to_string().contains("permission denied") && why.to_string().contains("daybook check"), "{why}");
    outside.run(&format!("GRANT SELECT ON audit_logs, members, bookings TO {role}")).await;
    assert_eq!(client.get("/logs?range=all").await.status, 200);
}
