//! What `migrate` puts onto the application's tables: exactly what its dry run prints, whatever stands in its way, without
//! holding up who writes.

use daybook::db::postgres::fittings::Kind;

use crate::support::{
    Outside, TestDb,
    application::{OBJECTS, application, attached, by_hand},
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
        11
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
