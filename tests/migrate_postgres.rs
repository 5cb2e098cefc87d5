//! What `migrate` puts onto the application's tables: exactly what its dry run prints, whatever stands in its way, without
//! holding up who writes.

use daybook::db::postgres::fittings::Kind;

use crate::support::{
    Outside, TestDb,
    application::{OBJECTS, application, attached, by_hand, signed_in},
    binary::{Server, daybook, finish, run},
    postgres,
};

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
        "CREATE OR REPLACE TRIGGER daybook_note_totals",
    ] {
        assert!(printed.contains(part), "{part}");
    }
    assert!(!printed.contains("CREATE TABLE audit_logs"), "{printed}");
    assert_eq!(outside.number(objects).await, before);

    // The printed SQL, run by hand, is what migrate would have done.
    let (_, mut twin) = application("").await;
    by_hand(&mut twin, &printed).await;
    run(&db, &["migrate", "--database", &address]).done();
    assert_eq!(twin.texts(OBJECTS).await, outside.texts(OBJECTS).await);
    let again = run(&db, &["migrate", "--database", &address]).done().to_owned();
    assert!(again.contains("nothing to do"), "{again}");
    let again = run(&db, &["migrate", "--dry-run", "--database", &address]).done().to_owned();
    assert!(again.contains("nothing to do"), "{again}");

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
    // Whoever left something out meant it: nothing but `migrate` puts anything onto these tables.
    let mut added = daybook(&db, &["staff", "add", "a@example.org", "--role", "admin", "--password-stdin"]);
    added.args(["--database", &address]);
    finish(added, "correct horse battery\n").done();
    let mut served = Server::serve(&db);
    served.base().await;
    served.stop();
    assert_eq!((outside.number(indexes).await, outside.number(triggers).await), (0, 0));
    let migrate = |without: &'static str| run(&db, &["migrate", "--without", without, "--database", &address]);
    migrate("indexes").done();
    assert_eq!((outside.number(indexes).await, outside.number(triggers).await), (2, 3));
    outside.run("DROP INDEX daybook_words").await;
    migrate("search").done();
    assert_eq!(outside.number(indexes).await, 11);
    migrate("triggers").done();
    assert_eq!(outside.number(indexes).await, 12);
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
    assert_eq!(
        ran.lines().collect::<Vec<_>>(),
        ["done: daybook_area", "done: daybook_words", "done: statistics of audit_logs"]
    );
    let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
    assert_eq!(outside.number(invalid).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn extensions_are_used_where_they_stand_and_tables_found_in_any_schema() {
    let (address, mut outside) = application(
        "CREATE SCHEMA tools; CREATE EXTENSION pg_trgm SCHEMA tools; CREATE EXTENSION btree_gin SCHEMA public",
    )
    .await;
    let db = TestDb::postgres_at(&address).await;
    outside
        .run(
            "CREATE SCHEMA \"The App\"; ALTER TABLE audit_logs SET SCHEMA \"The App\";
             ALTER TABLE members SET SCHEMA \"The App\"; ALTER TABLE bookings SET SCHEMA \"The App\"",
        )
        .await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_stays_open_only_makes_migrate_wait() {
    let (address, mut outside) = application("").await;
    let db = TestDb::postgres_at(&address).await;
    // An index made beside writers waits for every transaction that began before it, longer than for any lock.
    let mut holder = Outside::connect(&address).await;
    holder
        .run("BEGIN; UPDATE members SET name = 'Aroha N.' WHERE name = 'Aroha Ngata'; SELECT count(*) FROM audit_logs")
        .await;
    holder.run("INSERT INTO audit_logs (id, timestamp, action_type, area, description, status) VALUES (gen_random_uuid(), now(), 'a', 'b', 'c', 'd')").await;
    let (folder, of) = (db.folder.path().to_owned(), address.clone());
    let migrating = tokio::task::spawn_blocking(move || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_daybook"));
        command.args(["migrate", "--database", &of]).current_dir(folder).output().expect("it runs")
    });
    for _ in 0..10 {
        outside.run("INSERT INTO audit_logs (id, timestamp, action_type, area, description, status) VALUES (gen_random_uuid(), now(), 'a', 'b', 'c', 'd')").await;
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    }
    holder.run("COMMIT").await;
    let ran = migrating.await.expect("it ended");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(outside.number("SELECT count(*) FROM pg_index WHERE NOT indisvalid").await, 0);
    assert!(run(&db, &["migrate", "--database", &address]).done().contains("nothing to do"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_migrate_finishes_the_next_time() {
    let (address, mut outside) = application("").await;
    outside
        .run(
            "INSERT INTO audit_logs (id, timestamp, action_type, area, description, status, ip_address)
             SELECT gen_random_uuid(), now() - interval '1 minute' * i, 'login', 'x' || i % 9, 'Did thing ' || i, 'success', '10.0.0.1'
             FROM generate_series(1, 30000) AS g (i)",
        )
        .await;
    let db = TestDb::postgres_at(&address).await;
    for after in ["0003 staff", "daybook_status", "daybook_ip", "daybook_anonymous", "daybook_members_email"] {
        let mut command = crate::support::binary::daybook(&db, &["migrate", "--database", &address]);
        let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn();
        let mut child = child.expect("it runs");
        let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().expect("a pipe")));
        for line in lines.map_while(Result::ok) {
            if line == format!("done: {after}") {
                // In the middle of what comes next.
                std::thread::sleep(std::time::Duration::from_millis(20));
                child.kill().expect("killed");
            }
        }
        child.wait().expect("it ended");
    }
    run(&db, &["migrate", "--database", &address]).done();
    assert!(run(&db, &["migrate", "--database", &address]).done().contains("nothing to do"));
    assert_eq!(outside.number("SELECT count(*) FROM pg_index WHERE NOT indisvalid").await, 0);
    assert_eq!(
        outside
            .number("SELECT count(*) FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'daybook%'")
            .await,
        12
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trigger_that_was_switched_off_is_missed_and_put_back() {
    let (db, mut outside) = attached("", &[]).await;
    outside.run("ALTER TABLE audit_logs DISABLE TRIGGER daybook_keep_entry").await;
    let checked = run(&db, &["check", "--database", &db.address]).done().to_owned();
    assert!(checked.contains("NOT guarded"), "{checked}");
    let ran = run(&db, &["migrate", "--database", &db.address]).done().to_owned();
    assert_eq!(ran, "done: daybook_keep_entry\n");
    assert!(outside.refused("UPDATE audit_logs SET area = 'x'").await.contains("immutable"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_whose_entries_have_no_name_or_time_is_refused_in_a_line() {
    for (change, named) in [
        ("ALTER TABLE audit_logs DROP COLUMN id, ADD COLUMN id serial", "id"),
        ("ALTER TABLE audit_logs DROP COLUMN timestamp", "timestamp"),
        ("ALTER TABLE audit_logs ALTER COLUMN timestamp TYPE text", "timestamp"),
    ] {
        let (address, _outside) = application(change).await;
        let db = TestDb::postgres_at(&address).await;
        for command in [&["migrate"][..], &["serve", "--listen", "127.0.0.1:0"]] {
            let why = run(&db, &[command, &["--database", &address]].concat()).failed().to_owned();
            assert!(why.contains("audit_logs") && why.contains(named), "{change}: {why}");
        }
        let checked = run(&db, &["check", "--database", &address]);
        assert!(!checked.status.success() && checked.stderr.contains(named), "{change}: {}", checked.stderr);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_printed_for_an_empty_database_is_what_is_made_there() {
    let server = postgres::shared();
    let (printed_for, made_in) = (server.database().await, server.database().await);
    let (printed_for, made_in) = (server.address("owner", &printed_for), server.address("owner", &made_in));
    let db = TestDb::postgres_at(&made_in).await;
    let printed = run(&db, &["migrate", "--dry-run", "--database", &made_in]).done().to_owned();
    let mut twin = Outside::connect(&printed_for).await;
    by_hand(&mut twin, &printed).await;
    run(&db, &["migrate", "--database", &made_in]).done();
    let mut made = Outside::connect(&made_in).await;
    assert_eq!(twin.texts(OBJECTS).await, made.texts(OBJECTS).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_that_was_run_by_hand_leaves_nothing_to_do() {
    let (address, mut outside) = application("").await;
    let db = TestDb::postgres_at(&address).await;
    let printed = run(&db, &["migrate", "--dry-run", "--database", &address]).done().to_owned();
    for part in ["lock_timeout", "statement_timeout", "pg_advisory_lock", "INTO daybook.daybook_migrations"] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    by_hand(&mut outside, &printed).await;
    assert!(run(&db, &["migrate", "--database", &address]).done().contains("nothing to do"));
    run(&db, &["check", "--database", &address]).done();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_entry_has_an_address_the_planner_is_told_once() {
    let (db, _outside) = attached("UPDATE audit_logs SET ip_address = NULL, member_email = NULL", &[]).await;
    for _ in 0..2 {
        assert!(run(&db, &["migrate", "--database", &db.address]).done().contains("nothing to do"));
    }
    assert!(run(&db, &["migrate", "--dry-run", "--database", &db.address]).done().contains("nothing to do"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_daybook_s_in_a_database_is_about_one_log_and_no_other_is_touched() {
    let (address, mut outside) = application("CREATE SCHEMA other").await;
    let db = TestDb::postgres_at(&address).await;
    run(&db, &["migrate", "--schema", "other", "--database", &address]).done();
    let checked = run(&db, &["check", "--database", &address]).done().to_owned();
    assert!(checked.contains("Daybook's own, in the schema other"), "{checked}");
    // A log of Daybook's own is written to, and it is not the application's.
    let entry = "{\"id\": \"01890000-0000-7000-8000-000000000001\", \"timestamp\": \"2026-04-05T00:00:00Z\", \
                 \"action_type\": \"login\", \"area\": \"x\", \"description\": \"y\", \"status\": \"success\"}\n";
    finish(daybook(&db, &["import", "-", "--database", &address]), entry).done();
    assert_eq!(outside.number("SELECT count(*) FROM other.audit_logs").await, 1);
    let ours = "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'public.audit_logs'::regclass AND NOT tgisinternal";
    assert_eq!((outside.number(ours).await, outside.number("SELECT count(*) FROM public.audit_logs").await), (0, 6));
    for command in [&["migrate"][..], &["check"], &["serve", "--listen", "127.0.0.1:0"], &["staff", "list"]] {
        let why = run(&db, &[command, &["--schema", "public", "--database", &address]].concat()).failed().to_owned();
        assert!(why.contains("about the log in the schema other"), "{command:?}: {why}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_that_is_not_there_is_not_made_and_one_off_the_path_is_named() {
    let (address, mut outside) = application("").await;
    let db = TestDb::postgres_at(&address).await;
    for command in [&["check"][..], &["migrate"], &["migrate", "--dry-run"]] {
        let why = run(&db, &[command, &["--schema", "nosuch", "--database", &address]].concat()).failed().to_owned();
        assert!(why.contains("there is no schema nosuch"), "{command:?}: {why}");
    }
    assert_eq!(outside.number("SELECT count(*) FROM pg_namespace WHERE nspname IN ('nosuch', 'daybook')").await, 0);
    outside
        .run("CREATE SCHEMA app; ALTER TABLE audit_logs SET SCHEMA app; ALTER TABLE members SET SCHEMA app; ALTER TABLE bookings SET SCHEMA app")
        .await;
    for command in [&["check"][..], &["migrate"], &["serve", "--listen", "127.0.0.1:0"]] {
        let why = run(&db, &[command, &["--database", &address]].concat()).failed().to_owned();
        assert!(why.contains("--schema app"), "{command:?}: {why}");
    }
    run(&db, &["migrate", "--schema", "app", "--database", &address]).done();
    let checked = run(&db, &["check", "--database", &address]).done().to_owned();
    assert!(checked.contains("in the schema app: attached"), "what was written down is found again: {checked}");
}

/// How the references of the log may be made, and what the tables that they point to are called then.
const REFERENCES: [(&str, &str, &str); 6] = [
    ("", "members", "bookings"),
    ("ALTER TABLE members RENAME TO users; ALTER TABLE bookings RENAME TO trips", "users", "trips"),
    ("CREATE SCHEMA crm; ALTER TABLE members SET SCHEMA crm; ALTER TABLE bookings SET SCHEMA crm", "crm.members", "crm.bookings"),
    ("ALTER TABLE audit_logs ADD day text GENERATED ALWAYS AS (area || '!') STORED", "members", "bookings"),
    (
        "ALTER TABLE audit_logs ADD updated_at timestamptz;
         CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := clock_timestamp(); RETURN NEW; END $$;
         CREATE TRIGGER a_touch BEFORE UPDATE ON audit_logs FOR EACH ROW EXECUTE FUNCTION touch()",
        "members",
        "bookings",
    ),
    ("ALTER TABLE members RENAME COLUMN id TO uid; ALTER TABLE audit_logs DROP COLUMN extra", "members", "bookings"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_application_deletes_what_entries_refer_to_however_its_tables_are_made() {
    for (change, members, bookings) in REFERENCES {
        let (_db, mut outside) = attached(change, &[]).await;
        outside.run(&format!("DELETE FROM {bookings}; DELETE FROM {members}")).await;
        let left = "SELECT count(*) FROM audit_logs WHERE member_id IS NOT NULL OR booking_id IS NOT NULL";
        assert_eq!((outside.number(left).await, outside.number("SELECT count(*) FROM audit_logs").await), (0, 6));
        for sql in
            ["UPDATE audit_logs SET area = 'x'", "UPDATE audit_logs SET member_email = NULL WHERE member_email > ''"]
        {
            let why = outside.refused(sql).await;
            assert!(why.contains("immutable"), "{change}: {sql}: {why}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reference_is_not_made_null_while_what_it_points_to_is_there_nor_along_with_anything_else() {
    for (change, ..) in REFERENCES {
        let (_db, mut outside) = attached(change, &[]).await;
        for sql in [
            "UPDATE audit_logs SET member_id = NULL WHERE member_id IS NOT NULL",
            "UPDATE audit_logs SET booking_id = NULL WHERE booking_id IS NOT NULL",
        ] {
            let why = outside.refused(sql).await;
            assert!(why.contains("immutable"), "{change}: {sql}: {why}");
        }
    }
    // Without a reference the server sets nothing null: the application does, and may once the member is gone.
    let (_db, mut outside) = attached(
        "ALTER TABLE audit_logs DROP CONSTRAINT audit_logs_member_id_fkey; DELETE FROM bookings; DELETE FROM members",
        &[],
    )
    .await;
    let why = outside.refused("UPDATE audit_logs SET member_id = NULL, area = 'x' WHERE member_id IS NOT NULL").await;
    assert!(why.contains("immutable"), "{why}");
    outside.run("UPDATE audit_logs SET member_id = NULL").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_insert_never_fails_for_what_migrate_made() {
    // The application's own indexes bound the others.
    let texts = "ALTER TABLE audit_logs ALTER area TYPE text, ALTER member_email TYPE text";
    // Of letters in no order, so that nothing can be made of them that is shorter.
    let long = "(SELECT string_agg(md5(i::text || random()::text), '') FROM generate_series(1, 300) AS g (i))";
    let insert = format!(
        "INSERT INTO audit_logs (id, timestamp, action_type, area, description, status, member_email) \
         VALUES (gen_random_uuid(), now(), 'login', {long}, 'Long', 'success', {long})"
    );
    let (db, mut outside) = attached(&format!("{texts}; {insert}"), &[]).await;
    outside.run(&insert).await;
    assert_eq!(outside.number("SELECT count(*) FROM pg_index WHERE NOT indisvalid").await, 0);
    // An index that was made while a text had a length is no longer what is asked for once it has none.
    let (changed, mut of) = attached("", &[]).await;
    of.run(texts).await;
    let checked = run(&changed, &["check", "--database", &changed.address]).stdout;
    assert!(checked.contains("missing") && checked.contains("daybook_area"), "{checked}");
    run(&changed, &["migrate", "--database", &changed.address]).done();
    of.run(&insert).await;
    assert!(run(&changed, &["migrate", "--database", &changed.address]).done().contains("nothing to do"));
    let (_app, client) = signed_in(db).await;
    assert_eq!(client.get("/logs?range=all&area=members/*").await.entries().len(), 4);
    assert_eq!(client.get("/logs?range=all").await.entries().len(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_writes_on_where_functions_are_kept_from_everybody() {
    let (db, mut outside) = attached("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC", &[]).await;
    let role = format!("writer_{}", db.address.len() + std::process::id() as usize);
    outside.run(&format!("CREATE ROLE {role} LOGIN; GRANT INSERT ON audit_logs TO {role}")).await;
    let mut app = Outside::connect(&db.address.replacen("owner@", &format!("{role}@"), 1)).await;
    app.run(
        "INSERT INTO audit_logs (id, timestamp, action_type, area, description, status, ip_address, error_detail)
         VALUES (gen_random_uuid(), now(), 'login', 'x', 'y', 'success', '198.51.100.9', 'Trace')",
    )
    .await;
}
