//! When the database cannot serve: pages with members' data answer 503 and say why, and work again by themselves.

use daybook::{core::role::Role, db::Sql};
use reqwest::StatusCode;

use crate::{
    database_test,
    support::{Client, Page, Places, TestApp, app::PASSWORD, safe_headers, wait},
};

const AWAY: &str = "The database cannot be reached just now";
const LOCKED: &str = "The database is locked just now";
const FULL: &str = "The database has no space left";
const UNRECORDED: &str = "This page cannot be shown just now";

/// The pages that show members' data.
fn data(places: &Places) -> [String; 7] {
    [
        "/logs".to_owned(),
        "/logs/export.ndjson".to_owned(),
        format!("/logs/{}", places.entry),
        format!("/logs/{}/error_detail.txt", places.entry),
        "/members".to_owned(),
        format!("/members/{}", places.member),
        "/members/by-email?email=gone@example.org".to_owned(),
    ]
}

/// It says that it cannot serve and when to try again, and shows nothing of a member.
fn unavailable(page: &Page, heading: &str, what: &str) {
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{what}: {}", page.text());
    let said = [page.texts("h1"), page.texts("#results [role=alert] strong")].concat();
    assert!(said.iter().any(|said| said.trim_end_matches('.') == heading), "{what}: {said:?}");
    let seconds: u32 = page.header("retry-after").expect("Retry-After").parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{what}: {seconds}");
    for secret in ["AttributeError", "Hana", "hana.lindqvist", "daybook.db", "SELECT", "qlite", "audit_logs"] {
        assert!(!page.text().contains(secret), "{what} tells {secret}: {}", page.text());
    }
    assert_eq!(page.header("cache-control"), Some("no-store"), "{what}");
    if page.has("h1") {
        safe_headers::check(&page.headers, what);
    } else {
        safe_headers::check_fragment(&page.headers, what);
    }
}

/// Every page with members' data, as a page and for htmx.
async fn all_unavailable(client: &Client, places: &Places, heading: &str) {
    for path in data(places) {
        unavailable(&client.get(&path).await, heading, &path);
        unavailable(&client.htmx(&path).await, heading, &format!("{path} by htmx"));
        assert!(client.get(&path).await.attributes("a", "href").contains(&path), "{path}: no way to try again");
    }
}

async fn all_shown(client: &Client, places: &Places) {
    for path in data(places) {
        assert_eq!(client.get(&path).await.status, StatusCode::OK, "{path}");
    }
}

/// Opens the list until it answers so; how often it was shown meanwhile.
async fn list_until(client: &Client, status: u16) -> i64 {
    let mut shown = 0;
    wait::until(&format!("the list answers {status}"), async || {
        let now = client.get("/logs").await.status;
        shown += i64::from(now == StatusCode::OK);
        (now.as_u16() == status).then_some(())
    })
    .await;
    shown
}

/// How often the list is recorded as opened.
async fn recorded(app: &TestApp) -> i64 {
    app.staff_log.flush().await;
    app.db.outside().await.number("SELECT count(*) FROM daybook_staff_log WHERE kind = 'logs_searched'").await
}

database_test! {
    async fn while_another_process_holds_the_lock_nothing_is_shown_that_cannot_be_recorded(db: FileDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let visitor = app.client();
        let token = visitor.token("/login").await;
        app.staff_log.flush().await;
        let mut other = app.db.outside().await;
        other.run("BEGIN IMMEDIATE").await;

        let shown = list_until(&client, 503).await;
        all_unavailable(&client, &places, UNRECORDED).await;
        for path in ["/login", "/account", "/healthz", "/readyz", daybook::web::assets::APP_CSS] {
            assert_eq!(
                client.get_with(path, &[("accept", "*/*")]).await.status.as_u16() / 100,
                if path == "/login" { 3 } else { 2 },
                "{path}"
            );
        }
        assert_eq!(visitor.get("/login").await.status, StatusCode::OK);
        let fields = [("csrf_token", token.as_str()), ("email", "support@example.org"), ("password", PASSWORD)];
        unavailable(&visitor.post("/login", &fields).await, UNRECORDED, "signing in");
        unavailable(&client.submit("/account/theme", &[("theme", "dark")]).await, LOCKED, "a change");

        other.run("ROLLBACK").await;
        let shown = shown + list_until(&client, 200).await;
        all_shown(&client, &places).await;
        visitor.sign_in("support@example.org", PASSWORD).await;
        assert_eq!(client.submit("/account/theme", &[("theme", "dark")]).await.status, StatusCode::SEE_OTHER);
        // The list of `all_shown` stands there too.
        assert_eq!(recorded(&app).await, shown + 1, "every page that was shown is recorded, and no other");
    }

    async fn signing_in_while_the_lock_is_held_says_so_and_works_afterwards(db: FileDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Support).await;
        let client = app.client();
        let token = client.token("/login").await;
        let mut other = app.db.outside().await;
        other.run("BEGIN IMMEDIATE").await;
        let fields = [("csrf_token", token.as_str()), ("email", "support@example.org"), ("password", PASSWORD)];
        unavailable(&client.post("/login", &fields).await, LOCKED, "signing in");
        assert!(!client.cookies().contains("daybook_session"));
        assert_eq!(client.get("/login").await.status, StatusCode::OK);
        other.run("ROLLBACK").await;
        app.staff_log.flush().await;
        client.sign_in("support@example.org", PASSWORD).await;
        assert_eq!(client.get("/logs").await.status, StatusCode::OK);
    }

    async fn where_staff_cannot_be_recorded_nothing_is_shown(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Admin).await;
        app.staff_log.flush().await;
        app.db.outside().await.run("ALTER TABLE daybook_staff_log RENAME TO gone").await;
        list_until(&client, 503).await;
        all_unavailable(&client, &places, UNRECORDED).await;
        app.db.outside().await.run("ALTER TABLE gone RENAME TO daybook_staff_log").await;
        list_until(&client, 200).await;
        all_shown(&client, &places).await;
    }

    async fn a_database_that_was_taken_away_is_missed_and_found_again(db: FileDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let visitor = app.client();
        let token = visitor.token("/login").await;
        all_shown(&client, &places).await;
        app.staff_log.flush().await;
        let (file, aside) = (app.db.file(), app.db.file().with_extension("aside"));
        std::fs::rename(&file, &aside).expect("moved away");

        all_unavailable(&client, &places, AWAY).await;
        let many = futures_util::future::join_all((0..20).map(|_| client.get("/logs"))).await;
        for page in &many {
            unavailable(page, AWAY, "one of many");
        }
        for path in ["/account", "/login", "/nowhere"] {
            unavailable(&visitor.get_with(path, &[("cookie", &client.cookies())]).await, AWAY, path);
        }
        let fields = [("csrf_token", token.as_str()), ("email", "support@example.org"), ("password", PASSWORD)];
        unavailable(&visitor.post("/login", &fields).await, AWAY, "signing in");
        assert_eq!(visitor.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(visitor.get("/readyz").await.text(), "the database does not answer\n");
        assert_eq!(visitor.get("/healthz").await.status, StatusCode::OK);
        assert_eq!(visitor.get(daybook::web::assets::APP_CSS).await.status, StatusCode::OK);
        assert!(!file.exists(), "another was made in its place");

        std::fs::rename(&aside, &file).expect("moved back");
        list_until(&client, 200).await;
        all_shown(&client, &places).await;
        visitor.sign_in("support@example.org", PASSWORD).await;
        assert_eq!(visitor.get("/readyz").await.status, StatusCode::OK);
    }

    async fn another_database_in_its_place_is_not_taken_for_it(db: FileDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        app.staff_log.flush().await;
        let (file, aside) = (app.db.file(), app.db.file().with_extension("aside"));
        std::fs::copy(&file, &aside).expect("copied");
        std::fs::rename(&aside, &file).expect("replaced");
        all_unavailable(&client, &places, AWAY).await;
    }

    async fn a_full_database_says_so_and_serves_again_when_there_is_space(db: FileDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        app.staff_log.flush().await;
        // A table that has used up its numbers is the one full thing that a test can make; SQLite says the same of it.
        let full = "CREATE TABLE brim (n INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO brim VALUES (9223372036854775807);
                    CREATE TRIGGER full_log BEFORE INSERT ON daybook_staff_log
                    BEGIN INSERT INTO brim (n) VALUES (NULL); END;
                    CREATE TRIGGER full_staff BEFORE UPDATE ON daybook_staff
                    BEGIN INSERT INTO brim (n) VALUES (NULL); END;";
        app.db.outside().await.run(full).await;

        let shown = list_until(&client, 503).await;
        all_unavailable(&client, &places, FULL).await;
        assert_eq!(app.client().get("/login").await.status, StatusCode::OK);
        unavailable(&app.client().try_sign_in("support@example.org", PASSWORD).await, FULL, "signing in");
        unavailable(&client.submit("/account/theme", &[("theme", "dark")]).await, FULL, "a change");

        app.db.outside().await.run("DROP TRIGGER full_log; DROP TRIGGER full_staff").await;
        let shown = shown + list_until(&client, 200).await;
        all_shown(&client, &places).await;
        app.client().sign_in("support@example.org", PASSWORD).await;
        assert_eq!(client.submit("/account/theme", &[("theme", "dark")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(recorded(&app).await, shown + 1, "every page that was shown is recorded, and no other");
    }

    async fn a_change_that_finds_no_space_says_so_and_the_next_one_works(db: FileDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Support).await;
        app.staff_log.flush().await;
        app.db.db.execute_alone(Sql::new("PRAGMA max_page_count = 1")).await.expect("as small as it is");
        // Each session takes some of what is left on the last page.
        let mut refused = None;
        for _ in 0..100 {
            let client = app.client();
            let page = client.try_sign_in("support@example.org", PASSWORD).await;
            if page.status != StatusCode::SEE_OTHER {
                refused = Some((client, page));
                break;
            }
        }
        let (client, page) = refused.expect("it is full at some time");
        unavailable(&page, FULL, "signing in");
        assert!(!client.cookies().contains("daybook_session"));
        app.db.db.execute_alone(Sql::new("PRAGMA max_page_count = 1000000")).await.expect("space");
        app.staff_log.flush().await;
        client.sign_in("support@example.org", PASSWORD).await;
        assert_eq!(client.get("/logs").await.status, StatusCode::OK);
    }
}
