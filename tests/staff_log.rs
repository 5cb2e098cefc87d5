//! What staff do in Daybook is written down: who, what, when and from where, whether or not anybody waits for it.

use daybook::core::role::Role;
use reqwest::{Method, StatusCode};

use crate::{
    database_test,
    support::{
        Places, TestApp, TestDb,
        app::{PASSWORD, Setup, add_account},
        binary::Server,
        sample, wait,
    },
};

const MAYA: &str = "support@example.org";

/// The lines as text, oldest first: what, who, about what, what else, from where.
async fn lines(db: &TestDb) -> Vec<String> {
    let sql = "SELECT kind || ' by ' || staff_email || CASE WHEN staff_id IS NULL THEN ' (nobody)' ELSE '' END || ' about ' \
               || coalesce(subject, '-') || ' with ' || coalesce(detail, '-') || ' from ' || coalesce(ip_address, '-') \
               FROM daybook_staff_log ORDER BY \"timestamp\", seq";
    db.outside().await.texts(sql).await
}

async fn written(app: &TestApp) -> Vec<String> {
    app.staff_log.flush().await;
    lines(&app.db).await
}

database_test! {
    async fn what_is_done_is_recorded_with_who_what_and_from_where(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let Places { entry, member, .. } = &places;
        for path in [
            "/logs?status=error&range=7d",
            &format!("/logs/{entry}?status=error&range=7d"),
            &format!("/logs/{entry}/error_detail.txt"),
            "/members?q=hana",
            "/members",
            &format!("/members/{member}"),
            "/members/by-email?email=gone@example.org",
        ] {
            app.clock.advance(1);
            assert_eq!(client.get(path).await.status, StatusCode::OK, "{path}");
        }
        app.clock.advance(1);
        let new = "an entirely different sentence";
        let fields = [("current_password", PASSWORD), ("new_password", new), ("new_password_again", new)];
        assert_eq!(client.submit("/account/password", &fields).await.status, StatusCode::SEE_OTHER);
        app.clock.advance(1);
        assert_eq!(client.submit("/logout", &[]).await.status, StatusCode::SEE_OTHER);
        let expected = [
            format!("signed_in by {MAYA} about - with - from 127.0.0.1"),
            format!("logs_searched by {MAYA} about - with rows=1&range=7d&status=error from 127.0.0.1"),
            format!("entry_opened by {MAYA} about {entry} with - from 127.0.0.1"),
            format!("error_detail_opened by {MAYA} about {entry} with - from 127.0.0.1"),
            format!("members_searched by {MAYA} about - with hana from 127.0.0.1"),
            format!("members_searched by {MAYA} about - with - from 127.0.0.1"),
            format!("member_opened by {MAYA} about {member} with - from 127.0.0.1"),
            format!("member_opened by {MAYA} about gone@example.org with - from 127.0.0.1"),
            format!("password_changed by {MAYA} about - with - from 127.0.0.1"),
            format!("signed_out by {MAYA} about - with - from 127.0.0.1"),
        ];
        assert_eq!(written(&app).await, expected);
    }

    async fn each_line_has_its_instant_and_its_request(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for _ in 0..3 {
            app.clock.advance(7);
            client.get("/members").await;
        }
        app.staff_log.flush().await;
        let mut outside = app.db.outside().await;
        let times = format!("SELECT CAST({} AS TEXT) FROM daybook_staff_log ORDER BY seq", outside.micros("\"timestamp\""));
        let began = sample::now().micros();
        let expected: Vec<_> = (0..4).map(|at| (began + at * 7_000_000).to_string()).collect();
        assert_eq!(outside.texts(&times).await, expected);
        let requests = outside.texts("SELECT DISTINCT request_id FROM daybook_staff_log").await;
        assert_eq!(requests.len(), 4);
        assert!(
            requests.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())),
            "{requests:?}"
        );
    }

    async fn every_way_of_asking_is_recorded(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let restored = [("HX-Request", "true"), ("HX-History-Restore-Request", "true")];
        for path in [format!("/logs/{}", places.entry), "/logs".to_owned(), "/members".to_owned()] {
            let before = written(&app).await.len();
            client.get(&path).await;
            client.htmx(&path).await;
            client.get_with(&path, &restored).await;
            client.head(&path).await;
            assert_eq!(written(&app).await.len(), before + 4, "{path}");
        }
    }

    async fn what_was_not_shown_is_not_recorded_as_opened(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let before = written(&app).await;
        let nil = uuid::Uuid::nil();
        for path in [
            format!("/logs/{nil}"),
            format!("/members/{nil}"),
            "/logs/x".to_owned(),
            "/nowhere".to_owned(),
            "/account".to_owned(),
            format!("/logs/{}/error_detail.txt", places.entry),
            "/logs?range=x".to_owned(),
            "/members?q=%ff".to_owned(),
            format!("/logs/{}", places.entry.simple()),
        ] {
            client.get(&path).await;
            client.send(Method::PUT, &path, &[], None).await;
            app.client().get(&path).await;
        }
        assert_eq!(written(&app).await, before);
    }

    async fn sign_ins_that_fail_are_recorded_and_no_password_with_them(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Support).await;
        let client = app.client();
        for (email, password) in [
            ("SUPPORT@example.org", "guessed"),
            ("stranger@example.org", "guessed"),
            ("my secret sentence", ""),
            ("typed@in.the\u{202e}dark", "guessed"),
            (MAYA, "guessed"),
            (MAYA, "guessed"),
            (MAYA, PASSWORD),
        ] {
            client.try_sign_in(email, password).await;
        }
        let nobody = "(not an e-mail) (nobody)";
        let expected = [
            format!("sign_in_failed by {MAYA} about - with wrong password from 127.0.0.1"),
            "sign_in_failed by stranger@example.org (nobody) about - with no such account from 127.0.0.1".to_owned(),
            format!("sign_in_failed by {nobody} about - with no such account from 127.0.0.1"),
            format!("sign_in_failed by {nobody} about - with no such account from 127.0.0.1"),
            format!("sign_in_failed by {MAYA} about - with wrong password from 127.0.0.1"),
            format!("sign_in_failed by {MAYA} about - with wrong password from 127.0.0.1"),
            format!("sign_in_slowed by {MAYA} about - with - from 127.0.0.1"),
        ];
        assert_eq!(written(&app).await, expected);
        let stored = format!("{:?}", app.db.contents().await);
        assert!(!stored.contains("secret sentence") && !stored.contains("guessed"), "what was typed is stored");
    }

    async fn the_address_is_the_peers_unless_a_trusted_proxy_says_otherwise(db: TestDb) {
        let mut setup = Setup::default();
        setup.site.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")];
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Support).await;
        for forwarded in ["198.51.100.7", "192.0.2.1, 198.51.100.8", "2001:db8::9", "nonsense"] {
            client.get_with("/members", &[("X-Forwarded-For", forwarded)]).await;
        }
        let twice = [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "198.51.100.10")];
        client.get_with("/members", &twice).await;
        let from: Vec<_> =
            written(&app).await.iter().map(|line| line.rsplit_once(" from ").expect("from").1.to_owned()).collect();
        assert_eq!(from[1..], ["198.51.100.7", "198.51.100.8", "2001:db8::9", "127.0.0.1", "198.51.100.10"]);
    }

    async fn a_forwarded_address_from_anybody_else_counts_for_nothing(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        client.get_with("/members", &[("X-Forwarded-For", "198.51.100.7"), ("X-Real-IP", "198.51.100.7")]).await;
        assert!(written(&app).await.iter().all(|line| line.ends_with(" from 127.0.0.1")));
    }

    async fn lines_are_written_without_anybody_waiting_for_it(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for n in 1..=3 {
            client.get("/members").await;
            wait::until("it is written", async || (lines(&app.db).await.len() == n + 1).then_some(())).await;
        }
    }

    async fn a_line_is_never_changed_nor_removed(db: TestDb) {
        let app = TestApp::start(db).await;
        app.signed_in(Role::Support).await;
        let before = written(&app).await;
        for sql in ["UPDATE daybook_staff_log SET staff_email = 'x'", "DELETE FROM daybook_staff_log"] {
            let why = app.db.outside().await.refused(sql).await;
            assert!(why.contains("is immutable"), "{sql}: {why}");
        }
        assert_eq!(written(&app).await, before);
    }

    async fn a_long_search_is_kept_within_its_bounds(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let many: String = (0..50).map(|at| format!("&area={at}{}", "x".repeat(65))).collect();
        assert_eq!(client.get(&format!("/logs?range=all{many}")).await.status, StatusCode::OK);
        let line = written(&app).await.pop().expect("a line");
        assert!(line.contains("area=") && line.contains('…') && line.chars().count() < 1_200, "{}", line.len());
    }

    async fn what_was_shown_last_is_written_before_the_server_ends(db: TestDb) {
        let places = Places::write(&db).await;
        add_account(&db, MAYA, Role::Support, sample::now()).await;
        let mut server = Server::serve(&db);
        let client = server.client().await;
        client.sign_in(MAYA, PASSWORD).await;
        for _ in 0..20 {
            assert_eq!(client.get(&format!("/logs/{}", places.entry)).await.status, StatusCode::OK);
        }
        server.stop();
        let opened = lines(&db).await.into_iter().filter(|line| line.starts_with("entry_opened")).count();
        assert_eq!(opened, 20);
    }
}
