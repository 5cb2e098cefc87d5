//! The application's own tables, browsed where they are: as SQLAlchemy makes them, and as they may be instead; and
//! that nothing in them changes.

use daybook::{
    core::role::Role,
    db::{Budget, postgres::fittings::Kind},
};

use crate::support::{
    Outside, TestApp, TestDb,
    app::Setup,
    application::{ENTRIES, attached, found, signed_in},
    binary::run,
    database::at,
};

const AROHA: &str = "3f0a4f0e-6d3c-4a58-9a53-0b6f2c3f9a11";

/// The application's tables as they stand.
async fn rows(outside: &mut Outside) -> Vec<String> {
    let mut out = Vec::new();
    for table in ["audit_logs", "members", "bookings"] {
        out.extend(outside.texts(&format!("SELECT t::text FROM public.{table} AS t ORDER BY 1")).await);
    }
    out
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
        // Nobody tells what an application writes with an earlier time, so nothing is claimed beyond the last time it was
        // looked at.
        let mut errors = client.get("/errors?q=nowhere").await;
        for _ in 0..100 {
            if errors.has("#as-of") {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            errors = client.get("/errors?q=nowhere").await;
        }
        assert!(errors.texts("#as-of").concat().contains("with an earlier time as of 0"), "{}", errors.text());
        assert_eq!(errors.texts(".empty h3"), ["Nothing matches so far"]);
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
            let page = client.get(path).await;
            assert_eq!(page.status, 200, "{what}: {path}: {}", page.text());
        }
        assert!(client.get(&format!("/members/{AROHA}")).await.status.as_u16() < 500, "{what}");
        let export = client.get("/logs/export.csv?range=all").await;
        assert_eq!(export.status, 200, "{what}");
        assert!(export.text().lines().count() > entries, "{what}: {}", export.text());
        drop(client);
        let checked = run(&app.db, &["check", "--database", &address]);
        let missing = checked.done().lines().any(|line| line.starts_with("missing columns"));
        assert_eq!(missing, what.starts_with("no ") && what != "no zone", "{what}: {}", checked.stdout);
        // One server has them all, and only so many connections.
        app.db.db.close().await;
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
async fn a_column_that_goes_while_it_serves_is_missed_and_no_page_fails_for_long() {
    let (db, mut outside) = attached("", &[]).await;
    let (app, client) = signed_in(db).await;
    assert_eq!(found(&client, "range=all").await, ENTRIES);
    outside.run("ALTER TABLE audit_logs DROP COLUMN extra; ALTER TABLE audit_logs DROP COLUMN user_agent").await;
    app.db.db.look_again().await.expect("looked");
    assert_eq!(found(&client, "range=all").await, ENTRIES);
    assert_eq!(client.get(&format!("/logs/{}", ENTRIES[3])).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_stopped_says_what_would_make_it_fast_where_that_is_missing() {
    for without in [vec![], vec![Kind::Indexes]] {
        let (db, _outside) = attached("", &without).await;
        let mut setup = Setup { now: at("2026-04-06T00:00:00Z"), ..Setup::default() };
        setup.budgets.list = Budget { step: 2, steps: 1, ..setup.budgets.list };
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Viewer).await;
        let page = client.get("/logs?range=all&area=members/*&status=success").await;
        assert!(page.texts(".tell").concat().contains("This looked for"), "{}", page.text());
        assert_eq!(page.texts(".tell").concat().contains("daybook migrate"), !without.is_empty(), "{without:?}");
    }
}

/// What stands on the column of time and serves no list.
const NO_USE: [&str; 5] = [
    "SELECT",
    "CREATE INDEX theirs ON audit_logs USING brin (timestamp)",
    "CREATE INDEX theirs ON audit_logs USING hash (timestamp)",
    "CREATE INDEX theirs ON audit_logs (timestamp) WHERE status = 'error'",
    "CREATE INDEX theirs ON audit_logs (timestamp DESC NULLS LAST)",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_by_time_is_made_wherever_none_serves_the_list() {
    for theirs in NO_USE {
        let (db, mut outside) = attached(&format!("DROP INDEX ix_audit_logs_timestamp; {theirs}"), &[]).await;
        let made = "SELECT count(*) FROM pg_indexes WHERE indexname = 'daybook_timestamp'";
        assert_eq!(outside.number(made).await, 1, "{theirs}");
        assert!(db.db.dialect().is_fitted(), "{theirs}");
    }
    for theirs in
        ["CREATE INDEX theirs ON audit_logs (timestamp DESC)", "CREATE INDEX theirs ON audit_logs (timestamp, id)"]
    {
        let (db, mut outside) = attached(&format!("DROP INDEX ix_audit_logs_timestamp; {theirs}"), &[]).await;
        assert_eq!(outside.number("SELECT count(*) FROM pg_indexes WHERE indexname = 'daybook_timestamp'").await, 0);
        assert!(db.db.dialect().is_fitted(), "{theirs}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_without_an_index_by_time_is_looked_at_no_longer_than_its_time() {
    for theirs in NO_USE {
        let change = format!("DROP INDEX ix_audit_logs_timestamp; {theirs}");
        let (db, mut outside) = attached(&change, &[Kind::Indexes]).await;
        // Its first instant would be looked for while every writer waits.
        let totals = "SELECT count(*) FROM pg_trigger WHERE tgname = 'daybook_note_totals'";
        assert_eq!(outside.number(totals).await, 0, "{theirs}");
        let address = db.address.clone();
        let (app, client) = signed_in(db).await;
        assert_eq!(found(&client, "range=all").await, ENTRIES, "what comes in time is shown");
        drop(app);
        let db = TestDb::postgres_at(&address).await;
        let mut setup = Setup { now: at("2026-04-06T00:00:00Z"), ..Setup::default() };
        setup.budgets.list = Budget { time: std::time::Duration::ZERO, ..setup.budgets.list };
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Support).await;
        for query in ["range=all", "range=24h", "range=all&status=error&area=members/*", "range=all&q=booking"] {
            let page = client.get(&format!("/logs?{query}")).await;
            assert_eq!(page.status, 503, "{theirs}: {query}");
            assert!(page.text().contains("daybook migrate"), "{}", page.text());
        }
        for path in [format!("/logs/{}", ENTRIES[3]), "/members".to_owned(), "/members/unfinished".to_owned()] {
            assert_eq!(client.get(&path).await.status, 200, "{theirs}: {path}");
        }
        assert!(
            client.get("/members").await.text().contains("Type to find a member"),
            "{theirs}: nobody is sorted for it"
        );
    }
}
