//! A role that serves reads the log, writes what is Daybook's, and can do nothing else; the application's role needs no right
//! on what is Daybook's.

use crate::support::{
    Outside, TestDb,
    application::{ENTRIES, attached, found, signed_in},
    binary::run,
};

/// The rights of a role that serves, as docs/postgresql.md gives them.
fn grants(role: &str) -> Vec<String> {
    let documented = include_str!("../docs/postgresql.md");
    let (_, from) = documented.split_once("<!-- grants: serving -->").expect("they are in there");
    let (_, from) = from.split_once("```sql\n").expect("as SQL");
    let (sql, _) = from.split_once("```").expect("to its end");
    sql.replace("daybook_serve", role)
        .split(';')
        .map(str::trim)
        .filter(|sql| !sql.is_empty() && !sql.starts_with("CREATE ROLE") && !sql.contains("ON DATABASE"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_serves_reads_the_log_and_can_do_nothing_else_to_it() {
    let (db, mut outside) = attached("", &[]).await;
    let role = format!("serve_{}", db.address.len() + std::process::id() as usize);
    outside.run(&format!("CREATE ROLE {role} LOGIN")).await;
    let address = db.address.replacen("owner@", &format!("{role}@"), 1);
    let check = |address: &str| run(&db, &["check", "--database", address]);
    let grants = grants(&role);
    assert!(grants.len() >= 5, "{grants:?}");
    for grant in &grants {
        if grant.starts_with("ALTER DEFAULT") {
            break;
        }
        let ran = check(&address);
        assert!(!ran.status.success() && ran.stderr.contains("may not"), "before {grant}: {}", ran.stderr);
        outside.run(grant).await;
    }
    check(&address).done();

    let serving = TestDb::postgres_at(&address).await;
    let (app, client) = signed_in(serving).await;
    assert_eq!(found(&client, "range=all").await, ENTRIES);
    for path in [
        "/logs/b27e6f10-3c4d-4f6a-9e8b-7a6b5c4d3e03",
        "/members",
        "/members?q=aroha",
        "/account",
        "/views",
        "/logs/export.ndjson?range=all",
        "/logs?q=uq_booking_slot",
        "/logs?ip=198.51.100.0/24",
        "/readyz",
    ] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    drop(app);

    let mut served = Outside::connect(&address).await;
    for sql in [
        "UPDATE audit_logs SET area = 'x'",
        "DELETE FROM audit_logs",
        "TRUNCATE audit_logs",
        "INSERT INTO audit_logs (id, timestamp, action_type, area, description, status) VALUES (gen_random_uuid(), now(), 'a', 'b', 'c', 'd')",
        "ALTER TABLE audit_logs DISABLE TRIGGER ALL",
        "DROP TABLE audit_logs",
        "UPDATE members SET name = 'x'",
        "DELETE FROM bookings",
        "CREATE TABLE public.mine (x int)",
        "CREATE TABLE daybook.mine (x int)",
        "SET session_replication_role = replica",
        "UPDATE daybook.daybook_staff_log SET kind = 'x'",
        "DELETE FROM daybook.daybook_staff_log",
        "UPDATE daybook.daybook_migrations SET attached = false",
    ] {
        let why = served.refused(sql).await;
        assert!(why.contains("permission denied") || why.contains("must be owner"), "{sql}: {why}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_application_writes_on_without_a_right_on_what_is_daybook_s() {
    let (db, mut outside) = attached("", &[]).await;
    let role = format!("app_{}", db.address.len() + std::process::id() as usize);
    outside
        .run(&format!(
            "CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT ON audit_logs TO {role}; GRANT SELECT, DELETE ON members TO {role}"
        ))
        .await;
    let mut app = Outside::connect(&db.address.replacen("owner@", &format!("{role}@"), 1)).await;
    assert!(app.refused("SELECT * FROM daybook.daybook_staff").await.contains("permission denied"));
    app.run(
        "INSERT INTO audit_logs (id, timestamp, action_type, area, description, status, ip_address, error_detail) VALUES
         (gen_random_uuid(), now(), 'login', 'x', 'y', 'success', '198.51.100.9, 10.0.0.2', 'Trace'),
         (gen_random_uuid(), now(), 'login', 'x', 'y', 'success', '[2001:db8::1]:443', NULL)",
    )
    .await;
    app.run("DELETE FROM members WHERE id = '3f0a4f0e-6d3c-4a58-9a53-0b6f2c3f9a11'").await;
    assert_eq!(outside.number("SELECT count(*) FROM audit_logs WHERE member_id IS NOT NULL").await, 0);
    assert_eq!(outside.number("SELECT coalesce(sum(n), 0)::bigint FROM daybook.daybook_totals_delta").await, 2);
}
