//! What a server may lack, and that the commands say so in a line: another encoding, rights, rows that policies keep.

use crate::support::{
    Outside, TestDb,
    application::{OBJECTS, attached},
    binary::run,
    postgres,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_not_in_utf_8_is_refused_and_left_as_it_is() {
    let server = postgres::shared();
    let mut maker = Outside::connect(&server.address("owner", &server.database().await)).await;
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let name = format!("in_{}", encoding.to_lowercase());
        maker
            .run(&format!(
                "CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
            ))
            .await;
        let address = server.address("owner", &name);
        let db = TestDb::postgres_at(&address).await;
        let mut outside = Outside::connect(&address).await;
        for log in ["", "CREATE TABLE audit_logs (id uuid PRIMARY KEY, timestamp timestamptz NOT NULL)"] {
            outside.run(log).await;
            let before = outside.texts(OBJECTS).await;
            for command in [&["check"][..], &["migrate"], &["migrate", "--dry-run"], &["serve"], &["staff", "list"]] {
                let ran = run(&db, &[command, &["--database", &address]].concat());
                let why = ran.failed();
                assert!(why.contains(encoding) && why.contains("needs UTF8"), "{command:?}: {why}");
            }
            assert_eq!(outside.texts(OBJECTS).await, before, "{encoding}");
        }
    }
}

/// A role that serves, with every right that it needs; its address.
async fn serving(db: &TestDb, outside: &mut Outside, name: &str) -> (String, String) {
    let role = format!("{name}_{}", std::process::id());
    outside
        .run(&format!(
            "CREATE ROLE {role} LOGIN; GRANT SELECT ON audit_logs, members, bookings TO {role};
             GRANT USAGE ON SCHEMA daybook TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA daybook TO {role}"
        ))
        .await;
    (db.address.replacen("owner@", &format!("{role}@"), 1), role)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_says_which_functions_may_not_be_called_and_which_rows_are_kept_back() {
    let (db, mut outside) = attached("", &[]).await;
    let (address, role) = serving(&db, &mut outside, "checked").await;
    let check = || run(&db, &["check", "--database", &address]);
    check().done();
    outside.run("REVOKE EXECUTE ON FUNCTION daybook.ip(text) FROM PUBLIC").await;
    assert!(check().failed().contains("may not execute the functions ip of the schema daybook"), "{}", check().stderr);
    outside.run(&format!("GRANT EXECUTE ON FUNCTION daybook.ip(text) TO {role}")).await;
    check().done();
    outside.run("ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY").await;
    assert!(check().failed().contains("public.audit_logs, which has row-level security"), "{}", check().stderr);
    outside.run(&format!("CREATE POLICY seen ON audit_logs FOR SELECT TO {role} USING (status = 'success')")).await;
    let checked = check();
    assert!(checked.done().contains("as far as policies let this role see"), "{}", checked.stdout);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_tells_a_view_from_what_is_like_one() {
    for (change, said) in [
        ("CREATE VIEW audit_logs AS SELECT * FROM entries", "is a view"),
        ("CREATE MATERIALIZED VIEW audit_logs AS SELECT * FROM entries", "is a materialised view"),
        (
            "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
             CREATE FOREIGN TABLE audit_logs (id uuid NOT NULL, timestamp timestamptz NOT NULL) SERVER files OPTIONS (filename '/dev/null')",
            "is a foreign table",
        ),
    ] {
        let (db, _outside) = attached(&format!("ALTER TABLE audit_logs RENAME TO entries; {change}"), &[]).await;
        let checked = run(&db, &["check", "--database", &db.address]);
        assert!(checked.done().contains(&format!("audit_logs {said}")), "{said}: {}", checked.stdout);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rebuilding_says_who_must_run_it() {
    let (db, mut outside) = attached("", &[]).await;
    let (address, _) = serving(&db, &mut outside, "rebuilds").await;
    let ran = run(&db, &["rebuild", "--database", &address]);
    assert!(ran.failed().contains("run daybook rebuild as the role that runs daybook migrate"), "{}", ran.stderr);
    run(&db, &["rebuild", "--database", &db.address]).done();
}
