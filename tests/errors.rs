//! What is answered when something is wrong with the request or with Daybook: pages that say so and tell nothing else.

use daybook::core::role::Role;
use reqwest::StatusCode;

use crate::{
    database_test,
    support::{Client, Page, Places, TestApp, TestDb, raw::raw, safe_headers},
};

/// What no error may tell: SQL, a path, what it is made of.
fn tells_nothing(page: &Page, db: &TestDb, what: &str) {
    let text = page.text();
    let folder = db.folder.path().display().to_string();
    for secret in [
        folder.as_str(),
        "daybook.db",
        "audit_logs",
        "daybook_",
        "SELECT",
        "INSERT",
        "no such",
        "qlite",
        "sqlx",
        "panick",
        ".rs:",
        "session_key",
        "argon2",
    ] {
        assert!(!text.contains(secret), "{what} tells {secret}: {text}");
    }
    if page.has("h1") {
        safe_headers::check(&page.headers, what);
    } else {
        safe_headers::check_fragment(&page.headers, what);
    }
    assert_eq!(page.header("cache-control"), Some("no-store"), "{what}");
}

/// A page and a fragment with this status and heading.
async fn both(client: &Client, db: &TestDb, path: &str, status: u16, heading: &str) -> [Page; 2] {
    let pages = [client.get(path).await, client.htmx(path).await];
    for (page, css) in pages.iter().zip(["h1", "#results [role=alert] strong"]) {
        assert_eq!(page.status.as_u16(), status, "{path}: {}", page.text());
        let said = page.texts(css);
        assert!(said.iter().any(|said| said.trim_end_matches('.') == heading), "{path}: {said:?}");
        tells_nothing(page, db, path);
    }
    pages
}

/// The pages that show members' data.
fn data(places: &Places) -> [String; 7] {
    [
        "/logs".to_owned(),
        "/logs?range=all&status=error".to_owned(),
        format!("/logs/{}", places.entry),
        format!("/logs/{}/error_detail.txt", places.entry),
        "/members".to_owned(),
        format!("/members/{}", places.member),
        "/members/by-email?email=gone@example.org".to_owned(),
    ]
}

database_test! {
    async fn a_filter_for_what_the_log_holds_nothing_of_finds_nothing(db: TestDb) {
        // One entry, an error: so the log holds no other status, no other action, and one address.
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for query in ["status=!error", "action_type=error&status=!error", "ip=198.51.100.0/24", "area=none/*"] {
            for more in ["", "&q=x", "&user_agent=x", "&booking=00000000-0000-4000-8000-000000000000", "&member=none"] {
                let page = client.get(&format!("/logs?range=all&{query}{more}")).await;
                assert_eq!(page.status, StatusCode::OK, "{query}{more}");
                assert_eq!(page.entries(), [""; 0], "{query}{more}");
            }
        }
        let member = client.get(&format!("/members/{}", places.member)).await;
        assert_eq!(member.status, StatusCode::OK);
        assert!(member.text().contains(&places.entry.to_string()), "their one entry: {}", member.text());
    }

    async fn what_is_not_there_is_404_and_says_what_was_looked_for(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let nil = uuid::Uuid::nil();
        for id in [nil.to_string(), "nonsense".to_owned(), "%ff".to_owned(), "018f2b6e".to_owned(), "1".repeat(5_000)] {
            both(&client, &app.db, &format!("/logs/{id}"), 404, "There is no entry at this address").await;
            both(&client, &app.db, &format!("/logs/{id}/error_detail.txt"), 404, "There is no entry at this address")
                .await;
            both(&client, &app.db, &format!("/members/{id}"), 404, "There is no member at this address").await;
        }
        both(&client, &app.db, "/members/by-email", 404, "There is no member at this address").await;
        both(&client, &app.db, "/nowhere", 404, "There is no page at this address").await;
        let in_frame = client.get("/logs/nonsense").await;
        assert!(in_frame.has("header.top form[action='/logout']"));
    }

    async fn what_cannot_be_read_is_400_and_keeps_what_was_typed(db: TestDb) {
        Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for (query, field) in [
            ("range=lately", "lately"),
            ("limit=7", "7"),
            ("tz=Mars/Olympus", "Mars/Olympus"),
            ("member=hana", "hana"),
            ("booking=12", "12"),
            ("ip=300.1.1.1", "300.1.1.1"),
            ("from=yesterday", "yesterday"),
            ("before=x", "x"),
        ] {
            let path = format!("/logs?q=kept&{query}");
            for page in [client.get(&path).await, client.htmx(&path).await] {
                assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path}");
                assert!(
                    page.text().contains("value=\"kept\"") && page.text().contains(field),
                    "{path}: {}",
                    page.text()
                );
                assert!(page.has("[role=alert]") && page.entries().is_empty(), "{path}");
            }
        }
        for bad in ["%ff", "a%00b", "%c3%28", "%ed%a0%80"] {
            for path in [format!("/logs?q={bad}"), format!("/logs?area={bad}"), format!("/members?q={bad}")] {
                assert_eq!(client.get(&path).await.status, StatusCode::BAD_REQUEST, "{path}");
            }
        }
        let theme = client.submit("/account/theme", &[("theme", "sepia")]).await;
        assert_eq!(theme.status, StatusCode::BAD_REQUEST);
        assert_eq!(theme.texts("h1"), ["Daybook could not read this request"]);
        let zone = client.submit("/account/zone", &[("zone", "Mars/Olympus")]).await;
        assert_eq!((zone.status, zone.texts("h1")), (StatusCode::BAD_REQUEST, vec!["Your account".to_owned()]));
        assert!(zone.texts("#a-zone-e").concat().contains("Mars/Olympus"));
    }

    async fn a_form_of_seventy_kilobytes_is_413(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let large = "x".repeat(70_000);
        for (who, path) in [(&client, "/account/zone"), (&client, "/logout"), (&app.client(), "/login")] {
            let token = who.token(if path == "/login" { path } else { "/account" }).await;
            let fields = [("csrf_token", token.as_str()), ("zone", large.as_str())];
            let page = who.post(path, &fields).await;
            assert_eq!(
                (page.status, page.texts("h1")),
                (StatusCode::PAYLOAD_TOO_LARGE, vec!["That is more than Daybook takes at once".to_owned()])
            );
            let fragment = who.post_with(path, &[("HX-Request", "true")], &fields).await;
            assert_eq!(fragment.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
            assert!(fragment.has("#results [role=alert]"), "{path}");
            tells_nothing(&page, &app.db, path);
        }
        assert_eq!(client.get("/account").await.status, StatusCode::OK, "the session is still there");
        // Nor does it help not to say how much is coming.
        let mut body = Vec::new();
        for _ in 0..70 {
            body.extend_from_slice(format!("400\r\n{}\r\n", "x".repeat(0x400)).as_bytes());
        }
        body.extend_from_slice(b"0\r\n\r\n");
        let cookies = format!("Cookie: {}", client.cookies());
        let form = "Content-Type: application/x-www-form-urlencoded";
        let headers = [cookies.as_str(), form, "Transfer-Encoding: chunked"];
        assert_eq!(raw(&app.base, "POST /account/zone", &headers, &body).await.status(), 413);
    }

    async fn a_form_that_does_not_arrive_is_given_up(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let cookies = format!("Cookie: {}", client.cookies());
        let form = "Content-Type: application/x-www-form-urlencoded";
        let headers = [cookies.as_str(), form, "Content-Length: 500"];
        let answer = raw(&app.base, "POST /account/zone", &headers, b"zone=Europe/").await;
        assert_eq!(answer.status(), 408, "{}", answer.text());
        assert!(answer.text().contains("That took too long to arrive"));
    }

    async fn a_body_that_is_no_form_is_400(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let cookies = format!("Cookie: {}", client.cookies());
        let form = "Content-Type: application/x-www-form-urlencoded";
        for (headers, body) in [
            (vec![form], &b"zone=\xff\xfe"[..]),
            (vec![form, "Content-Encoding: gzip"], &b"\x1f\x8b\x08\x00"[..]),
            (vec![form, "Content-Encoding: br"], &b"x"[..]),
            (vec!["Content-Type: application/json"], &b"{}"[..]),
            (vec!["Content-Type: é"], &b"zone=UTC"[..]),
            (vec![], &b"zone=UTC"[..]),
        ] {
            let length = format!("Content-Length: {}", body.len());
            let headers: Vec<_> = headers.into_iter().chain([cookies.as_str(), length.as_str()]).collect();
            let answer = raw(&app.base, "POST /account/zone", &headers, body).await;
            assert_eq!(answer.status(), 400, "{headers:?}: {}", answer.text());
        }
    }

    async fn nothing_a_client_sends_is_our_fault(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let cookies = format!("Cookie: {}", client.cookies());
        let (long, terms) = ("x".repeat(20_000), "x%20".repeat(60));
        for path in [
            "/logs?",
            "/logs?&&&",
            "/logs?=",
            "/logs?%",
            "/logs?q=%",
            "/logs?q=%zz",
            "/logs?%00=%00",
            "/logs?extra.=1",
            "/logs?extra.%00=1",
            "/logs?q=\"",
            "/logs?limit=-1",
            "/logs?limit=99999999999999999999",
            "/logs?before=AAAA",
            "/logs?after=%ff",
            "/logs?from=-1",
            "/logs?from=9999-12-31T23:59:59Z&to=0000-01-01",
            "/logs?from=2026-02-30",
            "/logs?ip=::/0",
            "/logs?ip=0.0.0.0/0&range=all",
            "/logs?tz=",
            "/logs?tz=UTC&tz=Europe/London",
            "/logs?member=*",
            "/logs?member=%40*",
            "/logs?area=/*",
            "/logs?area=*&area=!*",
            "/logs?status=!",
            "/logs?status=!error&status=error",
            "/members?q=%25&q=_",
            "/members?q=%e2%80%ae",
            "/members/by-email?email=%40",
            "/login?next=%ff",
            "/account?tz=Mars",
            "/healthz?%",
            "/readyz?%ff",
            &format!("/logs?q={long}"),
            &format!("/logs?q={terms}"),
            &format!("/members?q={long}"),
            &format!("/logs?{}", "a=1&".repeat(4_000)),
            &format!("/logs?{}", "area=x&".repeat(300)),
            &format!("/logs/{}?before=x&after=y&limit=z", places.entry),
        ] {
            for more in [
                "X-A: 1",
                "HX-Request: true",
                "HX-Trigger: chip-99999999999999999999",
                "Accept-Encoding: *;q=x",
                "Range: bytes=0-1",
                "If-None-Match: \"",
            ] {
                let answer = raw(&app.base, &format!("GET {path}"), &[&cookies, more], b"").await;
                assert!((200..500).contains(&answer.status()), "{path} with {more}: {}", answer.head);
            }
        }
    }

    async fn a_fault_of_ours_is_a_number_and_nothing_more(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        app.staff_log.flush().await;
        app.db.outside().await.break_table("audit_logs").await;
        let mut numbers = std::collections::BTreeSet::new();
        for path in data(&places) {
            for page in both(&client, &app.db, &path, 500, "Daybook could not show this page").await {
                let incident = page.texts("#incident").concat();
                let (number, when) = incident.split_once(", ").expect("a number and a time");
                assert_eq!((number.len(), &number[..4], when), (13, "INC-", "18 June 2026, 14:38:05 BST"), "{path}");
                assert!(numbers.insert(number.to_owned()), "{number} twice");
                assert!(page.attributes("a", "href").contains(&path), "{path}: no way to try again");
            }
        }
        for page in ["/login", "/account", "/healthz", "/readyz"] {
            assert!(!client.get(page).await.status.is_server_error(), "{page}");
        }
        app.db.outside().await.mend("audit_logs").await;
        for path in data(&places) {
            assert_eq!(client.get(&path).await.status, StatusCode::OK, "{path}");
        }
    }

    async fn a_fault_before_anybody_is_known_is_a_bare_page(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        for table in ["daybook_staff", "daybook_sessions"] {
            let email = format!("{table}@example.org");
            app.account_named(&email, Role::Support).await;
            let (client, visitor) = (app.client(), app.client());
            client.sign_in(&email, crate::support::app::PASSWORD).await;
            let token = visitor.token("/login").await;
            app.staff_log.flush().await;
            app.db.outside().await.break_table(table).await;
            for path in data(&places) {
                for page in both(&client, &app.db, &path, 500, "Daybook could not show this page").await {
                    assert!(!page.has("form") && !page.text().contains(&email), "{path}: {}", page.text());
                }
            }
            let fields =
                [("csrf_token", token.as_str()), ("email", &email), ("password", crate::support::app::PASSWORD)];
            let refused = visitor.post("/login", &fields).await;
            assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR, "{table}");
            tells_nothing(&refused, &app.db, table);
            assert!(!visitor.cookies().contains("daybook_session"), "{table}");
            app.db.outside().await.mend(table).await;
            assert_eq!(client.get("/logs").await.status, StatusCode::OK, "{table}");
            visitor.sign_in(&email, crate::support::app::PASSWORD).await;
        }
    }
}
