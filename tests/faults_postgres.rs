//! What happens while a server is away, slow, locked or full of others; and that everything is back when it is.

use std::time::{Duration, Instant};

use daybook::{
    core::role::Role,
    db::{Budget, Looked, Sql, migrate},
};

use crate::{
    database_test,
    support::{
        Outside, TestApp, TestDb,
        binary::{self, Server as Served, daybook, run},
        postgres::{self, Server},
        sample, wait,
    },
};

/// A database on a server of the test's own.
async fn own(server: &Server) -> TestDb {
    let db = TestDb::postgres_at(&server.address("owner", &server.database().await)).await;
    migrate::run(&db.db).await.expect("migrated");
    db
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_is_away_pages_say_so_and_are_back_soon_after_it_is() {
    let mut server = Server::start();
    let db = own(&server).await;
    db.write(vec![sample::log(sample::minutes_ago(5))]).await;
    let app = TestApp::start(db).await;
    let client = app.signed_in(Role::Support).await;
    for _ in 0..2 {
        assert_eq!(client.get("/logs").await.entries().len(), 1);
        server.stop();
        for path in ["/logs", "/logs/overview?range=all", "/members", "/readyz", "/login"] {
            let began = Instant::now();
            let page = client.get(path).await;
            let expected: &[u16] = if path == "/login" { &[200, 303, 503] } else { &[503] };
            assert!(expected.contains(&page.status.as_u16()), "{path}: {} {}", page.status, page.text());
            assert!(began.elapsed() < Duration::from_secs(8), "{path} took {:?}", began.elapsed());
            assert!(!page.text().contains("postgres") && !page.text().contains("SELECT"), "{}", page.text());
        }
        assert_eq!(client.get("/healthz").await.status, 200);
        server.run();
        let back = Instant::now();
        wait::until("it is ready again", async || (client.get("/readyz").await.status == 200).then_some(())).await;
        wait::until("pages are back", async || (client.get("/logs").await.status == 200).then_some(())).await;
        assert!(back.elapsed() < Duration::from_secs(5), "it took {:?}", back.elapsed());
    }
    // The session is the one from before, and is written down as ever.
    assert_eq!(client.get("/account").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_a_restart_is_a_503_and_never_a_500() {
    let mut server = Server::start();
    let db = own(&server).await;
    db.write((0..200).map(|at| sample::log(sample::minutes_ago(at))).collect()).await;
    let app = TestApp::start(db).await;
    let client = app.signed_in(Role::Support).await;
    let until = Instant::now() + Duration::from_secs(9);
    let (mut answers, mut restarted) = (Vec::new(), false);
    while Instant::now() < until {
        let all = ["/logs?range=all", "/logs?range=all&q=walk", "/members", "/logs/export.ndjson?range=all"];
        let ask = |path| client.get(path);
        let restart = async {
            if !restarted {
                tokio::task::block_in_place(|| {
                    server.stop();
                    server.run();
                });
            }
        };
        let (pages, ()) = tokio::join!(futures_util::future::join_all(all.map(ask)), restart);
        restarted = true;
        answers.extend(pages.into_iter().map(|page| page.status.as_u16()));
    }
    assert!(answers.iter().all(|status| [200, 503].contains(status)), "{answers:?}");
    assert!(answers.iter().rev().take(4).all(|status| *status == 200), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serve_waits_for_a_server_that_comes_up_later_and_not_for_what_will_never_be() {
    let mut server = Server::start();
    let db = own(&server).await;
    server.stop();
    let mut waiting = Served::start(daybook(&db, &["serve", "--listen", "127.0.0.1:0", "--database", &db.address]));
    wait::until("it says what it waits for", async || {
        waiting.stderr().iter().any(|line| line.contains("waiting for postgresql://")).then_some(())
    })
    .await;
    server.run();
    let base = waiting.base().await;
    assert!(base.starts_with("http://127.0.0.1:"));
    waiting.stop();

    let began = Instant::now();
    let nowhere = server.address("owner", "no_such_database");
    let why = run(&db, &["serve", "--listen", "127.0.0.1:0", "--database", &nowhere]).failed().to_owned();
    assert!(why.contains("no such database"), "{why}");
    let nobody = server.address("nobody_there", "postgres");
    let why = run(&db, &["serve", "--listen", "127.0.0.1:0", "--database", &nobody]).failed().to_owned();
    assert!(why.contains("refused the user"), "{why}");
    assert!(began.elapsed() < Duration::from_secs(20));
}

database_test! {
    async fn a_table_that_somebody_locks_is_a_503_in_good_time_and_signing_in_goes_on(db: ServerDb) {
        db.write(vec![sample::log(sample::minutes_ago(5))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let email = app.account(Role::Admin).await;
        let mut holder = app.db.outside().await;
        holder.run("BEGIN; LOCK TABLE audit_logs IN ACCESS EXCLUSIVE MODE").await;
        let began = Instant::now();
        let pages = futures_util::future::join_all((0..12).map(|_| client.get("/logs?range=all"))).await;
        let another = app.client();
        another.sign_in(&email, crate::support::app::PASSWORD).await;
        assert!(pages.iter().all(|page| page.status == 503), "{:?}", pages.iter().map(|page| page.status).collect::<Vec<_>>());
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
        assert_eq!(another.get("/account").await.status, 200);
        holder.run("COMMIT").await;
        assert_eq!(client.get("/logs?range=all").await.status, 200);
    }

    async fn a_statement_of_a_page_is_not_cut_by_the_time_of_a_look_before_it(db: ServerDb) {
        let short = Budget { time: Duration::from_millis(5), ..Budget::LIST };
        for _ in 0..20 {
            let mut looking = db.db.look(short).await.expect("a reader");
            let _ = looking.fetch_all::<(i64,)>(Sql::new("SELECT CAST(1 AS BIGINT)")).await.expect("looked");
            looking.done();
        }
        let slow = "SELECT CAST(1 AS BIGINT) FROM pg_sleep(0.1)";
        for _ in 0..8 {
            assert_eq!(db.db.fetch_all::<(i64,)>(Sql::new(slow)).await.expect("a row"), [(1,)]);
        }
        let mut looking = db.db.look(short).await.expect("a reader");
        let looked = looking.fetch_all::<(i64,)>(Sql::new(slow)).await.expect("looked");
        assert!(matches!(looked, Looked::Interrupted));
        looking.extend(Duration::from_secs(5));
        let looked = looking.fetch_all::<(i64,)>(Sql::new(slow)).await.expect("looked");
        assert!(matches!(looked, Looked::Whole(_)));
    }

    async fn a_server_that_does_not_end_a_statement_is_not_waited_for(db: ServerDb) {
        let pid = async |looking: &mut daybook::db::Looking| {
            let looked = looking.fetch_all::<(i64,)>(Sql::new("SELECT CAST(pg_backend_pid() AS BIGINT)")).await;
            let Looked::Whole(rows) = looked.expect("looked") else { panic!("there was time") };
            rows[0].0.to_string()
        };
        let mut looking = db.db.look(Budget::LIST).await.expect("a reader");
        let process = pid(&mut looking).await;
        assert!(binary::signal("STOP", &process));
        let one = || Sql::new("SELECT CAST(1 AS BIGINT)");
        let looked = looking.fetch_all::<(i64,)>(one()).await.expect("no failure");
        assert!(matches!(looked, Looked::Interrupted));
        // Looking goes on, by another connection.
        looking.extend(Duration::from_secs(5));
        assert_ne!(pid(&mut looking).await, process);
        let mut seen = 0;
        let each = |_: (i64,)| {
            seen += 1;
            std::ops::ControlFlow::Continue(())
        };
        assert!(matches!(looking.for_each(one(), each).await.expect("no failure"), Looked::Whole(())));
        assert_eq!(seen, 1);
        looking.done();
        assert!(binary::signal("CONT", &process));
    }

    async fn connections_that_were_left_in_the_middle_take_no_room(db: ServerDb) {
        let slow = || Sql::new("SELECT CAST(1 AS BIGINT) FROM pg_sleep(60)");
        for _ in 0..20 {
            let mut looking = db.db.look(Budget::LIST).await.expect("a reader");
            let left = tokio::time::timeout(Duration::from_millis(5), looking.fetch_all::<(i64,)>(slow())).await;
            assert!(left.is_err(), "it was not left");
            drop(looking);
            let asked = tokio::time::timeout(Duration::from_millis(5), db.db.fetch_all::<(i64,)>(slow())).await;
            assert!(asked.is_err(), "it was not left");
        }
        let looks = futures_util::future::join_all((0..6).map(|_| db.db.look(Budget::LIST))).await;
        assert!(looks.iter().all(Result::is_ok));
    }

    async fn looking_for_a_moment_is_never_a_failure_however_many_do(db: ServerDb) {
        let looks = (0..12_u64).map(|n| {
            let db = db.db.clone();
            tokio::spawn(async move {
                for turn in 0..40_u64 {
                    let time = Duration::from_micros(300 * ((n + turn) % 9));
                    let mut looking = db.look(Budget { time, ..Budget::LIST }).await.expect("a reader");
                    let all = Sql::new("SELECT CAST(i AS BIGINT) FROM generate_series(1, 200000) AS g (i)");
                    let _ = looking.fetch_all::<(i64,)>(all.clone()).await.expect("whole or interrupted");
                    looking.extend(time);
                    let each = |_: (i64,)| std::ops::ControlFlow::Continue(());
                    let _ = looking.for_each(all, each).await.expect("whole or interrupted");
                    looking.done();
                }
            })
        });
        for look in looks.collect::<Vec<_>>() {
            look.await.expect("no failure");
        }
    }

    async fn rows_are_handed_over_until_time_is_over_or_it_is_enough(db: ServerDb) {
        let many = || Sql::new("SELECT CAST(i AS BIGINT) FROM generate_series(1, 5000) AS g (i)");
        let mut looking = db.db.look(Budget::LIST).await.expect("a reader");
        for enough in [1, 200, 201, 700, 1_699, 5_000, 9_999] {
            let mut seen = Vec::new();
            let looked = looking
                .for_each(many(), |(i,): (i64,)| {
                    seen.push(i);
                    if seen.len() >= enough { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
                })
                .await
                .expect("looked");
            assert!(matches!(looked, Looked::Whole(())));
            assert_eq!(seen.len(), enough.min(5_000));
            assert!(seen.iter().copied().eq(1..=i64::try_from(seen.len()).expect("few")));
            looking.extend(Duration::from_secs(5));
        }
        looking.extend(Duration::from_millis(50));
        let slow = Sql::new("SELECT CAST(i AS BIGINT) FROM generate_series(1, 5000) AS g (i), LATERAL pg_sleep(0.001 * (i / i))");
        let looked = looking.for_each(slow, |_: (i64,)| std::ops::ControlFlow::Continue(())).await.expect("looked");
        assert!(matches!(looked, Looked::Interrupted));
        looking.extend(Duration::from_secs(5));
        let looked = looking.fetch_all::<(i64,)>(many()).await.expect("looked");
        assert!(matches!(looked, Looked::Whole(rows) if rows.len() == 5_000));
    }

    async fn what_a_snapshot_runs_ends_with_it(db: ServerDb) {
        let endless = "SELECT count(*) FROM generate_series(1, 2000000000) AS daybook_endless";
        let mut snapshot = db.db.snapshot().await.expect("a snapshot");
        let running = snapshot.fetch_all::<(i64,)>(Sql::new(endless));
        assert!(tokio::time::timeout(Duration::from_millis(300), running).await.is_err());
        drop(snapshot);
        let mut outside = Outside::connect(&db.address).await;
        wait::until("the server runs it no more", async || {
            let running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%daybook_endless%' \
                           AND pid <> pg_backend_pid() AND datname = current_database()";
            (outside.number(running).await == 0).then_some(())
        })
        .await;
        let _one = db.db.snapshot().await.expect("the first of two");
        let _two = db.db.snapshot().await.expect("the second");
        assert!(db.db.snapshot().await.is_err(), "a third at once");
    }

    async fn connections_that_an_admin_ended_are_made_anew(db: ServerDb) {
        db.write(vec![sample::log(sample::minutes_ago(5))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        assert_eq!(client.get("/logs").await.status, 200);
        let mut outside = app.db.outside().await;
        outside
            .run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'daybook' AND datname = current_database()")
            .await;
        let mut answers = Vec::new();
        for _ in 0..40 {
            answers.push(client.get("/logs").await.status.as_u16());
        }
        assert!(answers.iter().all(|status| [200, 503].contains(status)), "{answers:?}");
        // What staff do is written down again first; then pages are back.
        wait::until("pages are back", async || (client.get("/logs").await.status == 200).then_some(())).await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        for _ in 0..20 {
            assert_eq!(client.get("/logs").await.status, 200);
        }
    }

    async fn a_server_that_only_reads_is_a_503_and_no_more_is_told(db: ServerDb) {
        db.write(vec![sample::log(sample::minutes_ago(5))]).await;
        let mut outside = db.outside().await;
        let name = outside.texts("SELECT current_database()::text").await.remove(0);
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        outside.run(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
        outside
            .run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'daybook' AND datname = current_database()")
            .await;
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        for _ in 0..12 {
            let page = client.get("/logs").await;
            assert!([200, 503].contains(&page.status.as_u16()), "{}: {}", page.status, page.text());
        }
    }
}

#[tokio::test]
async fn the_shared_server_is_the_tests_own() {
    // `database` checks where its data lies.
    let name = postgres::shared().database().await;
    assert!(name.starts_with('t'));
}
