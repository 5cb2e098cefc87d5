//! Who may use which route: every row of the table, asked by nobody, by each role, and in ways it does not know.

use std::collections::BTreeMap;

use daybook::{
    core::{query_string, role::Role},
    routes::ROUTES,
    session::{
        access::{Access, Route, Verb},
        accounts,
    },
};
use reqwest::{Method, StatusCode};

use crate::{
    database_test,
    support::{Client, Page, Places, TestApp, raw::raw},
};

/// The rows that browsers ask; those of programs are asked in `tests/tokens.rs`.
fn rows(verb: Verb) -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(move |row| row.verb == verb && !matches!(row.access, Access::Token(_)))
}

/// The least role of a row that is for staff.
fn needed(row: &Route) -> Option<Role> {
    match row.access {
        Access::Staff(role) => Some(role),
        Access::Public | Access::Anyone | Access::Token(_) => None,
    }
}

/// The methods of each path, as `Allow` lists them.
fn methods() -> BTreeMap<&'static str, &'static str> {
    let has = |path, verb| ROUTES.iter().any(|row| row.path == path && row.verb == verb);
    ROUTES
        .iter()
        .map(|row| match [Verb::Get, Verb::Post, Verb::Put, Verb::Delete].map(|verb| has(row.path, verb)) {
            [true, true, ..] => (row.path, "GET, HEAD, POST"),
            [true, ..] => (row.path, "GET, HEAD"),
            [_, true, ..] => (row.path, "POST"),
            [.., true, true] => (row.path, "PUT, DELETE"),
            _ => panic!("say here how {} is asked", row.path),
        })
        .collect()
}

fn is_refused(page: &Page) -> bool {
    let to_the_door = page.status == StatusCode::SEE_OTHER && page.location().starts_with("/login");
    to_the_door || [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&page.status)
}

/// Changes an account as the command line does.
async fn set_role(app: &TestApp, email: &str, role: Role) {
    let account = accounts::by_email(&app.db.db, email).await.expect("asked").expect("an account");
    let mut tx = app.db.db.write().await.expect("a transaction");
    accounts::set_role(&mut tx, account.id, role).await.expect("changed");
    tx.commit().await.expect("committed");
}

async fn set_on(app: &TestApp, email: &str, on: bool) {
    use daybook::core::time::Clock as _;
    let account = accounts::by_email(&app.db.db, email).await.expect("asked").expect("an account");
    let mut tx = app.db.db.write().await.expect("a transaction");
    accounts::set_disabled(&mut tx, account.id, (!on).then(|| app.clock.now())).await.expect("changed");
    tx.commit().await.expect("committed");
}

database_test! {
    async fn without_a_session_a_page_leads_to_sign_in_and_back_to_exactly_there(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.client();
        for row in rows(Verb::Get) {
            let path = places.path(row);
            let mark = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{mark}q=a%20b%26&range=all&x=%C3%A9");
            if needed(row).is_none() {
                let page = client.get(&path).await;
                assert!(!is_refused(&page) && !page.status.is_server_error(), "{path}: {}", page.status);
                continue;
            }
            let door = format!("/login?next={}", query_string::escape(&path));
            for page in [
                client.get(&path).await,
                client.head(&path).await,
                client.get_with(&path, &[("HX-Request", "true"), ("HX-History-Restore-Request", "true")]).await,
            ] {
                assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, door.as_str()), "{path}");
                assert!(page.body.is_empty(), "{path}: {}", page.text());
            }
            let form = client.get(&door).await;
            assert_eq!(form.attribute("input[name=next]", "value"), Some(path.clone()));
            let fragment = client.htmx(&path).await;
            assert_eq!(fragment.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(fragment.header("hx-redirect"), Some(door.as_str()), "{path}");
            assert!(fragment.body.is_empty() && fragment.location().is_empty(), "{path}: {}", fragment.text());
        }
    }

    async fn a_part_of_a_page_leads_back_to_the_page(db: TestDb) {
        let app = TestApp::start(db).await;
        let shown = format!("{}/logs?range=1h&q=a%20b", app.base);
        let headers = [("HX-Request", "true"), ("HX-Current-URL", shown.as_str())];
        for (asked, page) in [
            ("/logs?range=24h&from=&to=&q=&status=error&member=&area=", "/logs?range=24h&status=error"),
            ("/logs/overview?range=1h&q=a%20b&as_of=1", "/logs?range=1h&q=a%20b"),
        ] {
            let fragment = app.client().get_with(asked, &headers).await;
            let door = format!("/login?next={}", query_string::escape(page));
            assert_eq!(fragment.header("hx-redirect"), Some(door.as_str()), "{asked}");
        }
        let fragment = app.client().post_with("/account/theme", &headers, &[("theme", "dark")]).await;
        let door = format!("/login?next={}", query_string::escape("/logs?range=1h&q=a%20b"));
        assert_eq!(fragment.header("hx-redirect"), Some(door.as_str()));
    }

    async fn without_a_session_a_post_does_nothing(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Admin).await;
        let client = app.client();
        let token = client.token("/login").await;
        let before = app.db.contents().await;
        for row in rows(Verb::Post).filter(|row| needed(row).is_some()) {
            let mut fields = Places::fields(row);
            fields.push(("csrf_token", &token));
            for cookies in ["", "daybook_session=garbled", "daybook_session=", "daybook_session=%ff"] {
                let page = client.post_with(row.path, &[("cookie", cookies)], &fields).await;
                assert_eq!(
                    (page.status, page.location()),
                    (StatusCode::SEE_OTHER, "/login?next=/logs"),
                    "{}",
                    row.path
                );
                let fragment =
                    client.post_with(row.path, &[("cookie", cookies), ("HX-Request", "true")], &fields).await;
                assert_eq!(fragment.status, StatusCode::UNAUTHORIZED, "{}", row.path);
                assert_eq!(fragment.header("hx-redirect"), Some("/login?next=/logs"), "{}", row.path);
            }
        }
        app.staff_log.flush().await;
        assert_eq!(app.db.contents().await, before);
    }

    async fn each_role_may_read_what_its_rows_say(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        for role in Role::ALL {
            let client = app.signed_in(role).await;
            for row in rows(Verb::Get) {
                let path = places.path(row);
                let (page, fragment) = (client.get(&path).await, client.htmx(&path).await);
                if needed(row).is_none_or(|needed| role >= needed) {
                    for answer in [&page, &fragment] {
                        assert!(!is_refused(answer), "{role} {path}: {}", answer.status);
                        assert!(answer.status.is_success() || answer.status.is_redirection(), "{role} {path}");
                    }
                    continue;
                }
                assert_eq!(page.status, StatusCode::FORBIDDEN, "{role} {path}");
                assert_eq!(page.texts("h1"), ["Your role cannot open this page"], "{role} {path}");
                assert!(page.has("header.top form[action='/logout']"), "{role} {path}: no frame around it");
                assert!(page.text().contains(&format!("{role}@example.org")), "{role} {path}");
                assert_eq!(fragment.status, StatusCode::FORBIDDEN, "{role} {path}");
                assert!(fragment.has("section#results [role=alert]") && !fragment.has("header.top"), "{role} {path}");
            }
        }
    }

    async fn each_role_may_change_what_its_rows_say(db: TestDb) {
        Places::write(&db).await;
        let app = TestApp::start(db).await;
        for role in Role::ALL {
            for (at, row) in rows(Verb::Post).enumerate() {
                let Some(needed) = needed(row) else { continue };
                let email = format!("{role}-{at}@example.org");
                app.account_named(&email, role).await;
                let client = app.client();
                client.sign_in(&email, crate::support::app::PASSWORD).await;
                app.account_named("owner@example.org", Role::Viewer).await;
                let path = Places::post_path(&client, row).await;
                app.staff_log.flush().await;
                let before = app.db.contents().await;
                let page = client.submit(&path, &Places::fields(row)).await;
                app.staff_log.flush().await;
                let changed = app.db.contents().await != before;
                if role >= needed {
                    assert_eq!(page.status, Places::done(row), "{role} {}: {}", row.path, page.text());
                    assert!(changed, "{role} {}: nothing was done", row.path);
                } else {
                    assert_eq!(page.status, StatusCode::FORBIDDEN, "{role} {}", row.path);
                    assert!(!changed, "{role} {}: it was done all the same", row.path);
                }
            }
        }
    }

    async fn what_stands_in_no_row_is_not_there(db: TestDb) {
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        for path in [
            "/nope",
            "/admin",
            "/.env",
            "/.git/config",
            "/static",
            "/static/",
            "/login/",
            "/logs/",
            "/logs/x/y",
            "/members/",
            "/logout/x",
            "/account/",
            "/account/zone/x",
            "/healthz/x",
            "/index.html",
            "/LOGS",
            "/api",
            "/logs/x/error_detail.txt/",
            "/logs;x=1",
            "/logs%2f",
            "/static/x/y",
            "/logs/%2e%2e/x",
        ] {
            for client in [&admin, &app.client()] {
                for method in [Method::GET, Method::POST, Method::HEAD, Method::DELETE] {
                    let page = client.send(method.clone(), path, &[], None).await;
                    assert_eq!(page.status, StatusCode::NOT_FOUND, "{method} {path}");
                }
            }
        }
        // As no browser would send them.
        for path in ["/static/../Cargo.toml", "/static/..%2fCargo.toml", "/logs/../account", "//logs", "/./logs"] {
            let answer = raw(&app.base, &format!("GET {path}"), &[&format!("Cookie: {}", admin.cookies())], b"").await;
            assert_eq!(answer.status(), 404, "{path}");
        }
        let page = admin.get("/nope").await;
        assert_eq!(page.texts("h1"), ["There is no page at this address"]);
        assert!(admin.htmx("/nope").await.has("section#results"));
    }

    async fn a_known_path_says_how_it_may_be_asked(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        app.staff_log.flush().await;
        let before = app.db.contents().await;
        let others = ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get", "BREW"];
        for (path, allowed) in methods() {
            let row = ROUTES.iter().find(|row| row.path == path).expect("a row");
            let path = places.path(row);
            let wrong = ["GET", "POST"].into_iter().filter(|method| !allowed.contains(method));
            for method in others.into_iter().filter(|method| !allowed.contains(method)).chain(wrong) {
                for client in [&admin, &app.client()] {
                    let method: Method = method.parse().expect("a method");
                    let page = client.send(method.clone(), &path, &[], Some(b"theme=dark".to_vec())).await;
                    assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
                    assert_eq!(page.header("allow"), Some(allowed), "{method} {path}");
                    if path.starts_with("/api/v1") {
                        assert_eq!(page.header("content-type"), Some("application/problem+json"), "{method} {path}");
                        continue;
                    }
                    assert_eq!(page.texts("h1"), ["This address is not opened this way"], "{method} {path}");
                }
            }
        }
        app.staff_log.flush().await;
        assert_eq!(app.db.contents().await, before);
    }

    async fn head_says_what_get_would_and_sends_nothing_more(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        let cookies = format!("Cookie: {}", admin.cookies());
        for row in rows(Verb::Get) {
            let path = places.path(row);
            let get = raw(&app.base, &format!("GET {path}"), &[&cookies], b"").await;
            let head = raw(&app.base, &format!("HEAD {path}"), &[&cookies], b"").await;
            assert_eq!(head.status(), get.status(), "{path}");
            for name in ["content-type", "location", "cache-control", "etag", "content-security-policy"] {
                assert_eq!(head.header(name), get.header(name), "{path} {name}");
            }
            assert!(head.body.is_empty(), "{path}: {}", head.text());
        }
    }

    async fn another_role_counts_from_the_next_request(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let (traceback, entry) =
            (format!("/logs/{}/error_detail.txt", places.entry), format!("/logs/{}", places.entry));
        let sees = async |client: &Client| {
            let seen = client.get(&entry).await.text().contains("AttributeError");
            assert_eq!(client.get(&traceback).await.status, if seen { 200 } else { 403 });
            seen
        };
        assert!(sees(&client).await);
        set_role(&app, "support@example.org", Role::Viewer).await;
        assert!(!sees(&client).await);
        set_role(&app, "support@example.org", Role::Admin).await;
        assert!(sees(&client).await);
    }

    async fn switching_an_account_off_counts_from_the_next_request_and_ends_its_sessions(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Admin).await;
        let cookies = client.cookies();
        assert_eq!(client.get("/logs").await.status, StatusCode::OK);
        set_on(&app, "admin@example.org", false).await;
        assert_eq!(client.get("/logs").await.status, StatusCode::SEE_OTHER);
        assert_eq!(client.htmx("/logs").await.status, StatusCode::UNAUTHORIZED);
        let refused = client.try_sign_in("admin@example.org", crate::support::app::PASSWORD).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        set_on(&app, "admin@example.org", true).await;
        let replayed = app.client().get_with("/logs", &[("cookie", &cookies)]).await;
        assert_eq!(replayed.status, StatusCode::SEE_OTHER, "a session outlived its account");
        client.sign_in("admin@example.org", crate::support::app::PASSWORD).await;
        assert_eq!(client.get("/logs").await.status, StatusCode::OK);
    }

    async fn an_account_that_is_off_or_gone_is_let_in_nowhere_even_where_its_session_stands(db: FileDb) {
        let app = TestApp::start(db).await;
        for change in ["UPDATE daybook_staff SET disabled_at = 5", "DELETE FROM daybook_staff"] {
            let client = app.client();
            app.account_named("maya@example.org", Role::Admin).await;
            client.sign_in("maya@example.org", crate::support::app::PASSWORD).await;
            let sql = format!("PRAGMA foreign_keys = OFF; {change}");
            app.db.outside().await.run(&sql).await;
            let page = client.get("/members").await;
            assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/login?next=/members"), "{change}");
            app.db.outside().await.run("DELETE FROM daybook_staff").await;
        }
    }
}
