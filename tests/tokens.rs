//! API tokens: the page where admins make and revoke them, and what lets a program in.

use std::num::NonZeroU32;

use daybook::{
    core::role::Role,
    db::Sql,
    routes::ROUTES,
    session::{
        access::{Access, Verb},
        tokens::Scope,
    },
};
use reqwest::{Method, StatusCode};

use crate::{
    database_test,
    support::{
        Api, Client, Places, TestApp,
        api::{make, problem},
        app::Setup,
        wait,
    },
};

const MAYA: &str = "maya@example.org";

fn method(verb: Verb) -> Method {
    match verb {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
        Verb::Put => Method::PUT,
        Verb::Delete => Method::DELETE,
    }
}

/// Makes a token on the page; the token.
async fn make_on_page(admin: &Client, name: &str, scopes: &[&str], expires: &str) -> String {
    let mut fields = vec![("name", name), ("owner", MAYA), ("expires", expires)];
    fields.extend(scopes.iter().map(|scope| ("scope", *scope)));
    let page = admin.submit("/tokens", &fields).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    page.texts("#once").pop().expect("a token")
}

database_test! {
    async fn a_token_is_shown_once_works_and_is_revoked_at_once(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account_named(MAYA, Role::Support).await;
        let admin = app.signed_in(Role::Admin).await;
        let token = make_on_page(&admin, "nightly-report", &["read"], "").await;
        assert!(token.starts_with("dbk_") && token.len() == 47, "{token}");
        let page = admin.get("/tokens").await;
        assert!(!page.text().contains(&token), "it is shown again");
        assert_eq!(page.texts("td .title"), ["nightly-report"]);
        assert!(page.text().contains(&token[..8]) && page.text().contains(MAYA), "{}", page.text());

        let program = Api::with(&app, &token);
        assert_eq!(program.get("/api/v1/logs").await.status, StatusCode::OK);
        let revoke = page.attribute("form[action$='/revoke']", "action").expect("a form");
        assert_eq!(admin.submit(&revoke, &[]).await.status, StatusCode::SEE_OTHER);
        let refused = program.get("/api/v1/logs").await;
        assert_eq!(problem(&refused), "unauthorized");
        assert!(refused.header("www-authenticate").is_some_and(|said| said.contains("invalid_token")));
        assert!(admin.get("/tokens").await.text().contains("Revoked"));
        // The name is free again.
        assert_ne!(make_on_page(&admin, "nightly-report", &["read", "ingest"], "").await, token);

        let stored = app.db.contents().await;
        assert!(!format!("{stored:?}").contains(&token), "the token itself is kept");
        let lines = "SELECT kind || ' ' || subject || ' by ' || staff_email FROM daybook_staff_log \
                     WHERE kind LIKE 'token%' ORDER BY seq";
        app.staff_log.flush().await;
        assert_eq!(
            app.db.outside().await.texts(lines).await,
            [
                "token_created nightly-report by admin@example.org",
                "token_revoked nightly-report by admin@example.org",
                "token_created nightly-report by admin@example.org",
            ]
        );
    }

    async fn a_form_that_is_wrong_keeps_what_was_typed_and_makes_nothing(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account_named(MAYA, Role::Support).await;
        let admin = app.signed_in(Role::Admin).await;
        make_on_page(&admin, "taken", &["read"], "").await;
        let long = "x".repeat(61);
        for (fields, wrong) in [
            (vec![("name", ""), ("scope", "read"), ("owner", MAYA)], "t-name"),
            (vec![("name", "taken"), ("scope", "read"), ("owner", MAYA)], "t-name"),
            (vec![("name", &long), ("scope", "read"), ("owner", MAYA)], "t-name"),
            (vec![("name", "evil\u{202e}nekat"), ("scope", "read"), ("owner", MAYA)], "t-name"),
            (vec![("name", "taken\u{200b}"), ("scope", "read"), ("owner", MAYA)], "t-name"),
            (vec![("name", "a\nb"), ("scope", "read"), ("owner", MAYA)], "t-name"),
            (vec![("name", "new"), ("owner", MAYA)], "t-ingest"),
            (vec![("name", "new"), ("scope", "all"), ("owner", MAYA)], "t-ingest"),
            (vec![("name", "new"), ("scope", "read"), ("owner", "nobody@example.org")], "t-owner"),
            (vec![("name", "new"), ("scope", "read"), ("owner", MAYA), ("expires", "soon")], "t-exp"),
            (vec![("name", "new"), ("scope", "read"), ("owner", MAYA), ("expires", "2020-01-01T00:00")], "t-exp"),
        ] {
            let page = admin.submit("/tokens", &fields).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{fields:?}");
            assert_eq!(page.attributes("[role=alert] a", "href"), [format!("#{wrong}")], "{fields:?}");
            assert_eq!(page.attribute("#t-name", "value").as_deref(), Some(fields[0].1), "{fields:?}");
            assert_eq!(page.texts("td .title"), ["taken"], "{fields:?}");
        }
    }

    async fn every_route_of_programs_asks_for_a_token_of_its_scope(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        let (writer, reader) = (Api::writer(&app).await, Api::reader(&app).await);
        let made_up = Api::with(&app, &format!("dbk_{}", "x".repeat(43)));
        let mut seen = 0;
        for row in ROUTES {
            let Access::Token(needed) = row.access else { continue };
            seen += 1;
            let (path, method) = (places.path(row), method(row.verb));
            // A session is no token, whoever it is of.
            for page in [
                app.client().send(method.clone(), &path, &[], None).await,
                admin.send(method.clone(), &path, &[], None).await,
                made_up.send(method.clone(), &path, &[], None).await,
                app.client().send(method.clone(), &path, &[("authorization", "Basic dXNlcjpwYXNz")], None).await,
            ] {
                assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                assert_eq!(problem(&page), "unauthorized", "{method} {path}");
                assert!(page.header("www-authenticate").is_some_and(|said| said.starts_with("Bearer")), "{path}");
            }
            let other = if needed == Scope::Read { &writer } else { &reader };
            let page = other.send(method.clone(), &path, &[], None).await;
            assert_eq!((page.status, problem(&page).as_str()), (StatusCode::FORBIDDEN, "scope"), "{method} {path}");
        }
        assert!(seen >= 7, "{seen}");
    }

    async fn a_token_ends_with_its_time_and_with_its_owner(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account_named(MAYA, Role::Support).await;
        let admin = app.signed_in(Role::Admin).await;
        let short = Api::with(&app, &make_on_page(&admin, "short", &["read"], "2026-06-18T14:39").await);
        let long = Api::with(&app, &make_on_page(&admin, "long", &["read"], "").await);
        assert_eq!(short.get("/api/v1/logs").await.status, StatusCode::OK);
        app.clock.advance(60);
        let refused = short.get("/api/v1/logs").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert!(refused.text().contains("expired"), "{}", refused.text());
        assert_eq!(long.get("/api/v1/logs").await.status, StatusCode::OK);
        for (change, status) in [("created_at", StatusCode::UNAUTHORIZED), ("NULL", StatusCode::OK)] {
            let sql = format!("UPDATE daybook_staff SET disabled_at = {change} WHERE email = '{MAYA}'");
            app.db.outside().await.run(&sql).await;
            assert_eq!(long.get("/api/v1/logs").await.status, status, "{change}");
        }
        app.db.execute(Sql::new("DELETE FROM daybook_staff WHERE email = ").bind(MAYA)).await;
        assert_eq!(long.get("/api/v1/logs").await.status, StatusCode::UNAUTHORIZED);
    }

    async fn what_a_token_reads_is_recorded_under_it_and_its_owner(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        app.account_named(MAYA, Role::Support).await;
        let program = Api::with(&app, &make(&app, "nightly-report", MAYA, &[Scope::Read]).await);
        program.get("/api/v1/logs?status=error").await;
        program.get(&format!("/api/v1/logs/{}", places.entry)).await;
        program.get(&format!("/api/v1/logs/{}", uuid::Uuid::nil())).await;
        app.staff_log.flush().await;
        let sql = "SELECT kind || ' ' || coalesce(subject, '-') || ' ' || coalesce(detail, '-') || ' by ' || staff_email \
                   || ' with ' || token || ' from ' || ip_address FROM daybook_staff_log ORDER BY seq";
        let of = format!("by {MAYA} with nightly-report from 127.0.0.1");
        assert_eq!(
            app.db.outside().await.texts(sql).await,
            [format!("logs_searched - rows=1&range=all&status=error {of}"), format!("entry_opened {} - {of}", places.entry)]
        );
    }

    async fn the_last_use_is_written_once_a_minute(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::reader(&app).await;
        let used = async || {
            let mut outside = app.db.outside().await;
            let at = outside.micros("last_used_at");
            let sql = format!("SELECT CAST(coalesce({at}, 0) AS TEXT) || coalesce(last_used_ip, '') FROM daybook_tokens");
            outside.texts(&sql).await.pop().expect("a token")
        };
        assert_eq!(used().await, "0");
        program.get("/api/v1/logs").await;
        let first = wait::until("the use is written", async || Some(used().await).filter(|used| used != "0")).await;
        assert!(first.ends_with("127.0.0.1"), "{first}");
        app.clock.advance(59);
        program.get("/api/v1/logs").await;
        app.clock.advance(1);
        assert_eq!(used().await, first);
        program.get("/api/v1/logs").await;
        let next = wait::until("the next use is written", async || Some(used().await).filter(|used| *used != first)).await;
        // A clock that was wrong, and is put right.
        app.clock.advance(-86_400);
        program.get("/api/v1/logs").await;
        let back = wait::until("the use of before is written", async || Some(used().await).filter(|used| *used != next)).await;
        app.clock.advance(-59);
        program.get("/api/v1/logs").await;
        assert_eq!(used().await, back);
    }

    async fn a_token_that_asks_too_often_is_told_when_to_come_back(db: TestDb) {
        let mut setup = Setup::default();
        setup.budgets.rates.read = NonZeroU32::new(4).expect("four");
        let app = TestApp::with(db, setup).await;
        let program = Api::reader(&app).await;
        for left in [3, 2, 1, 0] {
            let page = program.get("/api/v1/logs?limit=25").await;
            assert_eq!(page.status, StatusCode::OK);
            assert_eq!(page.header("ratelimit-policy"), Some("\"read\";q=4;w=60"));
            assert!(page.header("ratelimit").is_some_and(|said| said.starts_with(&format!("\"read\";r={left};"))));
        }
        let refused = program.get("/api/v1/logs").await;
        assert_eq!((refused.status.as_u16(), problem(&refused).as_str()), (429, "too-many"));
        assert_eq!(refused.header("retry-after"), Some("15"));
        assert!(refused.header("ratelimit").is_some_and(|said| said.starts_with("\"read\";r=0;")));
        assert_eq!(Api::reader(&app).await.get("/api/v1/logs").await.status, StatusCode::OK, "another token waits too");
        app.clock.advance(15);
        assert_eq!(program.get("/api/v1/logs").await.status, StatusCode::OK);
        // An error counts, and says how the token stands.
        app.clock.advance(60);
        let bad = program.get("/api/v1/logs/x").await;
        assert_eq!(bad.status, StatusCode::NOT_FOUND);
        assert!(bad.header("ratelimit").is_some(), "{:?}", bad.headers);
    }
}
