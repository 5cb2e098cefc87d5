//! The application's own tables, browsed where they are: as SQLAlchemy makes them, and as they may be instead; what
//! `migrate` adds to them, and that nothing in them changes.

use daybook::{
    core::role::Role,
    db::{
        migrate,
        postgres::fittings::{Kind, Without},
    },
};

use crate::support::{Client, Outside, TestApp, TestDb, app::Setup, binary::run, database::at, postgres};

const FIXTURE: &str = include_str!("fixtures/sqlalchemy_postgresql.sql");
/// The entries of the fixture, the newest first.
const ENTRIES: [&str; 6] = [
    "d4c3b2a1-f6e5-4708-9918-3b2a5d4c7f06",
    "a0b1c2d3-e4f5-4607-8819-2a3b4c5d6e05",
    "5c8d9e0f-1a2b-4c3d-8e4f-5a6b7c8d9e04",
    "b27e6f10-3c4d-4f6a-9e8b-7a6b5c4d3e03",
    "04d3c5f2-9a77-4be5-a3c0-8e5b0c1d2e02",
    "e9b1a0d4-5a0f-4a7e-8b57-1d6a0f4c1b01",
];
const AROHA: &str = "3f0a4f0e-6d3c-4a58-9a53-0b6f2c3f9a11";

/// The application's database with its tables, changed by some SQL; its address and a connection of its owner's.
async fn application(change: &str) -> (String, Outside) {
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
async fn attached(change: &str, without: &[Kind]) -> (TestDb, Outside) {
    let (address, outside) = application(change).await;
    let db = TestDb::postgres_at(&address).await;
    migrate::run_anywhere(&db.db, &Without(without.to_vec()), |_| {}).await.expect("migrated");
    (db, outside)
}

async fn signed_in(db: TestDb) -> (TestApp, Client) {
    let app = TestApp::with(db, Setup { now: at("2026-04-06T00:00:00Z"), ..Setup::default() }).await;
    let client = app.signed_in(Role::Admin).await;
    (app, client)
}

/// The application's tables as they stand.
async fn rows(outside: &mut Outside) -> Vec<String> {
    let mut out = Vec::new();
    for table in ["audit_logs", "members", "bookings"] {
        out.extend(outside.texts(&format!("SELECT t::text FROM public.{table} AS t ORDER BY 1")).await);
    }
    out
}

/// The entries that a query finds.
async fn found(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("/logs?{query}")).await;
    assert_eq!(page.status, 200, "{query}: {}", page.text());
    page.entries()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sqlalchemy_made_is_browsed_where_it_is() {
    for without in [vec![], vec![Kind::Indexes, Kind::Triggers, Kind::Search, Kind::Totals]] {
        let (db, mut outside) = attached("", &without).await;
        assert!(db.db.is_attached());
        let before = rows(&mut outside).await;
        let (_app, client) = signed_in(db).await;
        assert_eq!(found(&client, "range=all").await, ENTRIES);
        for (query, expected) in [
            ("member=aroha.ngata@example.org", &ENTRIES[2..]),
            ("member=AROHA*", &ENTRIES[2..]),
            ("member=3f0a4f0e-6d3c-4a58-9a53-0b6f2c3f9a11", &ENTRIES[2..]),
            ("member=none", &ENTRIES[..1]),
            ("member=no-account", &ENTRIES[1..2]),
            ("status=error&range=all", &ENTRIES[3..4]),
            ("status=!success&range=all", &[ENTRIES[0], ENTRIES[3]]),
            ("action_type=error&status=error&range=all", &ENTRIES[3..4]),
            ("action_type=!page_visit&action_type=!login&range=all", &ENTRIES[1..4]),
            ("area=members/*&range=all", &ENTRIES[1..5]),
            ("area=members/bookings&status=success&range=all", &ENTRIES[2..3]),
            ("area=nowhere&range=all", &[]),
            ("booking=7b1c6a1e-0d4e-4c8f-9d5e-2f3a4b5c6d77", &ENTRIES[2..4]),
            ("ip=198.51.100.0/24", &ENTRIES[..1]),
            ("ip=2001:db8::/32", &ENTRIES[3..4]),
            ("ip=203.0.113.24", &[ENTRIES[2], ENTRIES[4], ENTRIES[5]]),
            ("q=uq_booking_slot", &ENTRIES[3..4]),
            ("q=UQ_Booking%20IntegrityError", &ENTRIES[3..4]),
            ("q=dashboard", &ENTRIES[4..5]),
            ("q=zyzzyva", &[]),
            ("user_agent=iphone&range=all", &ENTRIES[5..]),
            ("extra.service_type=walk&range=all", &ENTRIES[2..4]),
            ("extra.attempt=2&range=all", &ENTRIES[3..4]),
        ] {
            assert_eq!(found(&client, query).await, expected, "{query} without {without:?}");
        }
        let entry = client.get(&format!("/logs/{}", ENTRIES[3])).await;
        assert_eq!(entry.texts("h1"), ["Booking could not be saved"]);
        assert!(entry.text().contains("services/booking.py"));
        let export = client.get("/logs/export.ndjson?range=all").await;
        assert_eq!(export.text().lines().count(), 6);
        let member = client.get(&format!("/members/{AROHA}")).await;
        assert!(member.text().contains("Aroha Ngata"), "{}", member.text());
        let overview = client.htmx("/logs/overview?range=all").await;
        assert_eq!(overview.status, 200);
        assert_eq!(rows(&mut outside).await, before, "the application's rows");
    }
}

/// How tables may be instead, and how many of the fixture's entries a list then has.
const SHAPES: [(&str, &str, usize); 22] = [
    ("no e-mails of members", "ALTER TABLE members DROP COLUMN email", 6),
    ("no names of members", "ALTER TABLE members DROP COLUMN name", 6),
    ("no bookings", "DROP TABLE bookings CASCADE", 6),
    ("no members", "DROP TABLE members CASCADE", 6),
    ("no extra", "ALTER TABLE audit_logs DROP COLUMN extra", 6),
    ("no addresses", "ALTER TABLE audit_logs DROP COLUMN ip_address", 6),
    ("no e-mails", "ALTER TABLE audit_logs DROP COLUMN member_email", 6),
    ("no references", "ALTER TABLE audit_logs DROP COLUMN member_id, DROP COLUMN booking_id", 6),
    ("no errors", "ALTER TABLE audit_logs DROP COLUMN error_message, DROP COLUMN error_detail", 6),
    ("no area", "ALTER TABLE audit_logs DROP COLUMN area", 6),
    ("no status", "ALTER TABLE audit_logs DROP COLUMN status", 6),
    ("more columns and tables", "ALTER TABLE audit_logs ADD COLUMN tenant int DEFAULT 3; CREATE TABLE other (x int)", 6),
    (
        "no zone",
        "ALTER TABLE audit_logs ALTER COLUMN timestamp TYPE timestamp USING timestamp AT TIME ZONE 'UTC'",
        6,
    ),
    (
        "enumerations",
        "CREATE TYPE how AS ENUM ('success', 'warning', 'error');
         CREATE TYPE what AS ENUM ('login', 'page_visit', 'error', 'booking_created', 'profile_updated');
         ALTER TABLE audit_logs ALTER COLUMN status TYPE how USING status::how,
             ALTER COLUMN action_type TYPE what USING action_type::what",
        6,
    ),
    (
        "addresses of their own type",
        "ALTER TABLE audit_logs ALTER COLUMN ip_address TYPE inet USING split_part(ip_address, ',', 1)::inet",
        6,
    ),
    ("jsonb", "ALTER TABLE audit_logs ALTER COLUMN extra TYPE jsonb", 6),
    ("text for json", "ALTER TABLE audit_logs ALTER COLUMN extra TYPE text", 6),
    (
        "ids as text",
        "ALTER TABLE audit_logs DROP CONSTRAINT audit_logs_booking_id_fkey;
         ALTER TABLE audit_logs ALTER COLUMN booking_id TYPE varchar(40);
         UPDATE audit_logs SET booking_id = 'none of ours' WHERE booking_id IS NULL",
        6,
    ),
    (
        "nothing where the model has something",
        "ALTER TABLE audit_logs ALTER COLUMN area DROP NOT NULL, ALTER COLUMN status DROP NOT NULL,
             ALTER COLUMN action_type DROP NOT NULL, ALTER COLUMN description DROP NOT NULL;
         UPDATE audit_logs SET area = NULL, status = NULL, action_type = NULL, description = NULL WHERE member_id IS NULL",
        6,
    ),
    (
        "entries without a time",
        "ALTER TABLE audit_logs ALTER COLUMN timestamp DROP NOT NULL;
         UPDATE audit_logs SET timestamp = NULL WHERE member_id IS NULL",
        4,
    ),
    ("a time without end", "UPDATE audit_logs SET timestamp = 'infinity' WHERE member_email IS NULL", 6),
    (
        "a view",
        "ALTER TABLE audit_logs RENAME TO entries; CREATE VIEW audit_logs AS SELECT * FROM entries",
        6,
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_tables_are_like_no_page_fails() {
    for (what, change, entries) in SHAPES {
        let (db, _outside) = attached(change, &[]).await;
        let address = db.address.clone();
        let (app, client) = signed_in(db).await;
        assert_eq!(found(&client, "range=all").await.len(), entries, "{what}");
        for query in [
            "status=error",
            "action_type=error&status=error",
            "status=!success",
            "area=members/*",
            "area=members/bookings",
            "member=none",
            "member=no-account",
            "member=aroha.ngata@example.org",
            "member=a*",
            "q=booking",
            "q=b",
            "ip=203.0.113.0/24",
            "booking=7b1c6a1e-0d4e-4c8f-9d5e-2f3a4b5c6d77",
            "user_agent=iphone",
            "extra.service_type=walk",
            "member=3f0a4f0e-6d3c-4a58-9a53-0b6f2c3f9a11&status=error&area=members/*&q=booking",
        ] {
            let page = client.get(&format!("/logs?range=all&{query}")).await;
            assert_eq!(page.status, 200, "{what}: {query}: {}", page.text());
            let overview = client.htmx(&format!("/logs/overview?range=all&{query}")).await;
            assert_eq!(overview.status, 200, "{what}: overview of {query}");
        }
        for entry in ENTRIES {
            let page = client.get(&format!("/logs/{entry}")).await;
            assert!(page.status == 200 || (page.status == 404 && entries < 6), "{what}: {entry}: {}", page.text());
        }
        for path in ["/members", "/members?q=aroha", "/members/by-email?email=gone@example.com"] {
            assert_eq!(client.get(path).await.status, 200, "{what}: {path}");
        }
        assert!(client.get(&format!("/members/{AROHA}")).await.status.as_u16() < 500, "{what}");
        let export = client.get("/logs/export.csv?range=all").await;
        assert_eq!(export.status, 200, "{what}");
        assert!(export.text().lines().count() > entries, "{what}: {}", export.text());
        drop(client);
        let checked = run(&app.db, &["check", "--database", &address]);
        let missing = checked.done().lines().any(|line| line.starts_with("missing columns"));
        assert_eq!(missing, what.starts_with("no ") && what != "no zone", "{what}: {}", checked.stdout);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_that_is_an_enumeration_is_filtered_by_its_index() {
    let (_, change, _) = SHAPES.iter().find(|(what, ..)| *what == "enumerations").copied().expect("one of them");
    let (db, _outside) = attached(change, &[]).await;
    let (_app, client) = signed_in(db).await;
    assert_eq!(found(&client, "status=error&range=all").await, ENTRIES[3..4]);
    assert_eq!(found(&client, "status=no-such&range=all").await, [""; 0]);
    assert_eq!(found(&client, "action_type=page_visit&status=warning&range=all").await, ENTRIES[..1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_changed_before_migrate_and_serve_says_which_command() {
    let (address, mut outside) = application("").await;
    let db = TestDb::postgres_at(&address).await;
    let objects = "SELECT count(*) FROM pg_class WHERE relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\\_%')";
    let before = outside.number(objects).await;
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["staff", "list"], &["seed", "--entries", "5"]] {
        let why = run(&db, &[command, &["--database", &address]].concat()).failed().to_owned();
        assert!(why.contains("daybook migrate"), "{command:?}: {why}");
    }
    assert!(!run(&db, &["check", "--database", &address]).status.success());
    let printed = run(&db, &["migrate", "--dry-run", "--database", &address]).done().to_owned();
    for part in [
        "CREATE SCHEMA",
        "CREATE INDEX CONCURRENTLY \"daybook_area\"",
        "daybook_words",
        "CREATE TRIGGER daybook_note_totals",
    ] {
        assert!(printed.contains(part), "{part}");
    }
    assert!(!printed.contains("CREATE TABLE audit_logs"), "{printed}");
    assert_eq!(outside.number(objects).await, before);

    // The printed SQL, run by hand, is what migrate would have done.
    let (by_hand, mut twin) = application("").await;
    for part in printed.split("\n-- ").filter(|part| !part.trim().is_empty()) {
        let sql = part.split_once('\n').map_or("", |(_, sql)| sql);
        for one in if sql.contains("CONCURRENTLY") { sql.split(";\n").collect() } else { vec![sql] } {
            if !one.trim().is_empty() {
                twin.run(one).await;
            }
        }
    }
    run(&db, &["migrate", "--database", &address]).done();
    let made = "SELECT c.relkind::text || ' ' || c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
                WHERE n.nspname IN ('public', 'daybook') ORDER BY 1";
    assert_eq!(twin.texts(made).await, outside.texts(made).await);
    let again = run(&db, &["migrate", "--database", &address]).done().to_owned();
    assert!(again.contains("nothing to do"), "{again}");
    let again = run(&db, &["migrate", "--dry-run", "--database", &address]).done().to_owned();
    assert!(again.contains("nothing to do"), "{again}");
    drop(by_hand);

    let checked = run(&db, &["check", "--database", &address]).done().to_owned();
    assert!(checked.contains("attached") && checked.contains("guarded by the database"), "{checked}");
    let why = run(&db, &["seed", "--entries", "5", "--database", &address]).failed().to_owned();
    assert!(why.contains("the application's"), "{why}");
    let why = run(&db, &["backup", "copy.db", "--database", &address]).failed().to_owned();
    assert!(why.contains("pg_dump"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_part_can_be_left_out_and_added_later() {
    let (db, mut outside) = attached("", &[Kind::Indexes, Kind::Triggers, Kind::Search, Kind::Totals]).await;
    let indexes = "SELECT count(*) FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'daybook%'";
    let triggers =
        "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'daybook_%' AND tgrelid = 'public.audit_logs'::regclass";
    assert_eq!((outside.number(indexes).await, outside.number(triggers).await), (0, 0));
    let address = db.address.clone();
    let migrate = |without: &'static str| run(&db, &["migrate", "--without", without, "--database", &address]);
    migrate("indexes").done();
    assert_eq!((outside.number(indexes).await, outside.number(triggers).await), (1, 3));
    outside.run("DROP INDEX daybook_words").await;
    migrate("search").done();
    assert_eq!(outside.number(indexes).await, 10);
    migrate("triggers").done();
    assert_eq!(outside.number(indexes).await, 11);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_was_left_half_made_is_made_anew() {
    let (db, mut outside) = attached("", &[]).await;
    for index in ["daybook_area", "daybook_words"] {
        outside
            .run(&format!("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.{index}'::regclass"))
            .await;
    }
    let ran = run(&db, &["migrate", "--database", &db.address]).done().to_owned();
    assert_eq!(ran.lines().collect::<Vec<_>>(), ["done: daybook_area", "done: daybook_words"]);
    let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
    assert_eq!(outside.number(invalid).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn extensions_are_used_where_they_stand_and_tables_found_in_any_schema() {
    let (address, mut outside) = application(
        "CREATE SCHEMA tools; CREATE EXTENSION pg_trgm SCHEMA tools; CREATE EXTENSION btree_gin SCHEMA public;
         CREATE SCHEMA \"The App\"; ALTER TABLE audit_logs SET SCHEMA \"The App\";
         ALTER TABLE members SET SCHEMA \"The App\"; ALTER TABLE bookings SET SCHEMA \"The App\"",
    )
    .await;
    let db = TestDb::postgres_at(&address).await;
    run(&db, &["migrate", "--schema", "The App", "--database", &address]).done();
    let checked = run(&db, &["check", "--schema", "The App", "--database", &address]).done().to_owned();
    assert!(checked.contains("in the schema The App: attached"), "{checked}");
    let exported = run(&db, &["export", "--schema", "The App", "--query", "q=uq_booking_slot", "--database", &address]);
    assert_eq!(exported.done().lines().count(), 1);
    let extensions = "SELECT extname || ' in ' || n.nspname FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace \
                      WHERE extname IN ('pg_trgm', 'btree_gin') ORDER BY 1";
    assert_eq!(outside.texts(extensions).await, ["btree_gin in public", "pg_trgm in tools"]);
    // The third reference, of the immutability trigger, finds its tables there too.
    outside.run("DELETE FROM \"The App\".bookings; DELETE FROM \"The App\".members").await;
    assert_eq!(outside.number("SELECT count(*) FROM \"The App\".audit_logs WHERE member_id IS NOT NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrate_never_waits_long_for_the_application_nor_holds_it_up() {
    let (address, mut outside) = application("").await;
    let db = TestDb::postgres_at(&address).await;
    // Somebody holds the table for a while: migrate tries again until it may.
    let mut holder = Outside::connect(&address).await;
    holder.run("BEGIN; LOCK TABLE audit_logs IN ROW EXCLUSIVE MODE").await;
    let (command, of) = (db.folder.path().to_owned(), address.clone());
    let migrating = tokio::task::spawn_blocking(move || {
        std::process::Command::new(env!("CARGO_BIN_EXE_daybook"))
            .args(["migrate", "--without", "indexes", "--without", "search", "--database", &of])
            .current_dir(command)
            .output()
            .expect("it runs")
    });
    // Meanwhile the application writes, and no insert waits longer than migrate's lock timeout.
    let insert = "INSERT INTO audit_logs (id, timestamp, action_type, area, description, status) \
                  VALUES (gen_random_uuid(), now(), 'login', 'x', 'y', 'success')";
    for _ in 0..20 {
        let began = std::time::Instant::now();
        outside.run(insert).await;
        assert!(began.elapsed() < std::time::Duration::from_secs(4), "an insert waited {:?}", began.elapsed());
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    }
    holder.run("COMMIT").await;
    let ran = migrating.await.expect("it ended");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    outside.run(insert).await;
    let waiting = "SELECT coalesce(sum(n), 0)::bigint FROM daybook.daybook_totals_delta";
    assert!(outside.number(waiting).await >= 1, "the trigger counts what comes after it");
}

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
    app.run(&format!("DELETE FROM members WHERE id = '{AROHA}'")).await;
    assert_eq!(outside.number("SELECT count(*) FROM audit_logs WHERE member_id IS NOT NULL").await, 0);
    assert_eq!(outside.number("SELECT coalesce(sum(n), 0)::bigint FROM daybook.daybook_totals_delta").await, 2);
}
