//! Signing in and out: what the cookie is, what the database keeps of it, where it leads, and when it ends.

use std::collections::BTreeSet;

use actix_web::cookie::{Cookie, CookieJar, Key};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use daybook::{
    core::{role::Role, secret},
    db::Sql,
};
use reqwest::{StatusCode, Url};

use crate::{
    database_test,
    support::{
        Client, Page, TestApp,
        app::{PASSWORD, Setup},
        wait,
    },
};

const ADMIN: &str = "admin@example.org";
const HOUR: i64 = 3_600;

/// Whether these cookies are let in.
async fn is_in(app: &TestApp, cookies: &str) -> bool {
    let page = app.client().get_with("/account", &[("cookie", cookies)]).await;
    assert!([StatusCode::OK, StatusCode::SEE_OTHER].contains(&page.status), "{}", page.status);
    page.status == StatusCode::OK
}

/// The `Set-Cookie` header of a cookie.
fn set_cookie(page: &Page, name: &str) -> Option<String> {
    let all = page.headers.get_all("set-cookie").iter().filter_map(|header| header.to_str().ok());
    all.filter(|header| header.starts_with(&format!("{name}="))).map(str::to_owned).next_back()
}

/// `NAME=VALUE` of a `Set-Cookie` header, and what it tells the browser, in order.
fn parts(header: &str) -> (&str, Vec<&str>) {
    let mut parts = header.split("; ");
    let pair = parts.next().unwrap_or_default();
    let mut said: Vec<_> = parts.collect();
    said.sort_unstable();
    (pair, said)
}

/// What the database would have to hold for somebody to take a session over: its id, out of the cookie.
async fn id_in(app: &TestApp, cookies: &str) -> String {
    let row: Option<(String,)> = app
        .db
        .db
        .fetch_optional(Sql::new("SELECT value FROM daybook_meta WHERE name = 'session_key'"))
        .await
        .expect("asked");
    let key = STANDARD_NO_PAD.decode(row.expect("a key").0).expect("base64");
    let cookie = cookies.split("; ").find(|pair| pair.starts_with("daybook_session=")).expect("a session");
    let cookie = Cookie::parse_encoded(cookie.to_owned()).expect("a cookie");
    let jar = CookieJar::new();
    let open = jar.private(&Key::from(&key)).decrypt(cookie).expect("a cookie of ours");
    open.value().to_owned()
}

/// Whether `needle` stands anywhere in the database's files.
fn is_stored(app: &TestApp, needle: &[u8]) -> bool {
    let file = app.db.file();
    let files = [file.clone(), file.with_extension("db-wal")];
    files
        .iter()
        .filter_map(|file| std::fs::read(file).ok())
        .any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
}

/// A try with a form of its own: as often as asked, in one browser or several.
async fn try_with(client: &Client, email: &str, password: &str, next: &str) -> Page {
    let token = client.token("/login").await;
    client.post("/login", &[("csrf_token", &token), ("email", email), ("password", password), ("next", next)]).await
}

/// When the one session was last used, as far as that was written down.
async fn last_used(app: &TestApp) -> i64 {
    let mut outside = app.db.outside().await;
    let sql = format!("SELECT {} FROM daybook_sessions", outside.micros("last_used_at"));
    outside.number(&sql).await
}

database_test! {
    async fn the_cookie_is_for_this_site_alone_and_for_no_script(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Admin).await;
        let page = app.client().try_sign_in(ADMIN, PASSWORD).await;
        let header = set_cookie(&page, "daybook_session").expect("a cookie");
        assert_eq!(parts(&header).1, ["HttpOnly", "Path=/", "SameSite=Lax"]);
        let form = app.client().get("/login").await;
        assert_eq!(
            parts(&set_cookie(&form, "daybook_login").expect("a cookie")).1,
            ["HttpOnly", "Path=/login", "SameSite=Lax"]
        );
    }

    async fn over_https_the_cookie_is_secure_and_tied_to_the_host(db: TestDb) {
        let mut setup = Setup::default();
        setup.site.public_url = Some("https://daybook.example.org".to_owned());
        let app = TestApp::with(db, setup).await;
        app.account(Role::Admin).await;
        let form = app.client().get("/login").await;
        let header = set_cookie(&form, "daybook_login").expect("a cookie");
        let (form_cookie, said) = parts(&header);
        assert_eq!(said, ["HttpOnly", "Path=/login", "SameSite=Lax", "Secure"]);
        let token = form.attribute("input[name=csrf_token]", "value").expect("a token");
        let fields = [("csrf_token", token.as_str()), ("email", ADMIN), ("password", PASSWORD)];
        let page = app.client().post_with("/login", &[("cookie", form_cookie)], &fields).await;
        let header = set_cookie(&page, "__Host-daybook_session").expect("a cookie");
        let (session, said) = parts(&header);
        assert_eq!(said, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);
        assert!(is_in(&app, session).await);
        assert!(!is_in(&app, &session.replace("__Host-", "")).await, "a cookie that anybody may set was taken");
        assert_eq!(page.header("strict-transport-security"), Some("max-age=31536000"));
    }

    async fn the_database_keeps_nothing_that_a_session_could_be_taken_over_with(db: FileDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Admin).await;
        assert_eq!(client.get("/logs").await.status, StatusCode::OK);
        app.staff_log.flush().await;
        let id = id_in(&app, &client.cookies()).await;
        assert!(is_stored(&app, &secret::hash(id.as_bytes())), "where is the session kept?");
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&id).expect("an id is base64");
        assert_eq!(bytes.len(), 32);
        assert!(!is_stored(&app, id.as_bytes()) && !is_stored(&app, &bytes), "the id itself is stored");
        for pair in client.cookies().split("; ") {
            let (name, value) = pair.split_once('=').expect("a pair");
            assert!(!is_stored(&app, value.as_bytes()), "{name} is stored");
        }
        assert!(!is_stored(&app, PASSWORD.as_bytes()), "the password is stored");
    }

    async fn signing_in_gives_a_new_session_and_ends_the_one_before(db: TestDb) {
        let app = TestApp::start(db).await;
        // An attacker who plants their own session in somebody's browser gets nothing of what is done after sign-in.
        app.account_named("attacker@example.org", Role::Viewer).await;
        app.account(Role::Admin).await;
        let attacker = app.client();
        attacker.sign_in("attacker@example.org", PASSWORD).await;
        let planted = attacker.cookies();
        let form = app.client().get("/login").await;
        let form_cookie = set_cookie(&form, "daybook_login").expect("a cookie");
        let cookies = format!("{planted}; {}", parts(&form_cookie).0);
        let token = form.attribute("input[name=csrf_token]", "value").expect("a token");
        let fields = [("csrf_token", token.as_str()), ("email", ADMIN), ("password", PASSWORD)];
        let page = app.client().post_with("/login", &[("cookie", &cookies)], &fields).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text());
        let session = set_cookie(&page, "daybook_session").expect("a new cookie");
        let session = parts(&session).0;
        assert_ne!(id_in(&app, session).await, id_in(&app, &planted).await);
        assert!(is_in(&app, session).await);
        assert!(!is_in(&app, &planted).await, "the planted session lives on");
    }

    async fn signing_out_ends_the_session_itself(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Admin).await;
        let before = client.cookies();
        assert!(is_in(&app, &before).await);
        let page = client.submit("/logout", &[]).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/login"));
        let header = set_cookie(&page, "daybook_session").expect("the cookie is taken back");
        assert!(parts(&header).1.contains(&"Max-Age=0"), "{header}");
        assert!(!client.cookies().contains("daybook_session"));
        assert!(!is_in(&app, &before).await, "the old cookie still opens pages");
        assert_eq!(app.db.contents().await["daybook_sessions"], [""; 0]);
    }

    async fn showing_the_form_writes_nothing(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Admin).await;
        let before = app.db.contents().await;
        for cookies in
            ["", "daybook_session=x; daybook_login=y", "daybook_login=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
        {
            for path in ["/login", "/login?next=/logs%3Fq%3Da", "/login?email=x&password=y"] {
                let page = app.client().get_with(path, &[("cookie", cookies)]).await;
                assert_eq!(page.status, StatusCode::OK, "{path}");
                assert_eq!(page.attribute("input[name=email]", "value").as_deref(), Some(""));
                assert!(
                    set_cookie(&page, "daybook_session").is_none_or(|header| header.contains("Max-Age=0")),
                    "{cookies}"
                );
            }
        }
        app.staff_log.flush().await;
        assert_eq!(app.db.contents().await, before);
    }

    async fn signing_in_leads_only_to_pages_of_this_site(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Admin).await;
        let base: Url = app.base.parse().expect("a URL");
        for (next, leads) in [
            ("/logs?status=error&range=7d", "/logs?status=error&range=7d"),
            ("/members/by-email?email=a%40b.example", "/members/by-email?email=a%40b.example"),
            ("", "/logs"),
            ("logs", "/logs"),
            ("//evil.example", "/logs"),
            ("///evil.example/x", "/logs"),
            ("/\\evil.example", "/logs"),
            ("\\\\evil.example", "/logs"),
            ("\\/evil.example", "/logs"),
            ("/\t/evil.example", "/logs"),
            ("/\n/evil.example", "/logs"),
            ("\t//evil.example", "/logs"),
            ("https://evil.example", "/logs"),
            ("https:evil.example", "/logs"),
            ("http:///evil.example", "/logs"),
            ("javascript:alert(1)", "/logs"),
            ("data:text/html,x", "/logs"),
            ("@evil.example", "/logs"),
            (".evil.example", "/logs"),
            (":80@evil.example", "/logs"),
            ("/logs\r\nSet-Cookie: evil=1", "/logs"),
            ("/logs\u{0}", "/logs"),
            ("/\u{2028}/evil.example", "/logs"),
            ("/login", "/logs"),
            ("/logout", "/logs"),
            ("/./logout", "/logs"),
            ("/logs/../logout", "/logs"),
            ("/%6cogout", "/logs"),
            ("/%2e%2e/logout", "/logs"),
            ("/login/../logout?x", "/logs"),
            ("/..//evil.example", "/logs"),
            ("/.//evil.example", "/logs"),
        ] {
            let client = app.client();
            let asked = client.get(&format!("/login?next={}", daybook::core::query_string::escape(next))).await;
            assert_eq!(asked.attribute("input[name=next]", "value").as_deref(), Some(leads), "{next:?}");
            let page = try_with(&client, ADMIN, PASSWORD, next).await;
            assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, leads), "{next:?}");
            assert!(page.headers.get("set-cookie").is_none_or(|header| !header.as_bytes().starts_with(b"evil")));
            let to = base.join(page.location()).expect("an address");
            assert_eq!((to.host_str(), to.port(), to.scheme()), (base.host_str(), base.port(), base.scheme()));
            // Whoever is signed in already is led on by the same rule.
            let onwards = client.get(&format!("/login?next={}", daybook::core::query_string::escape(next))).await;
            assert_eq!((onwards.status, onwards.location()), (StatusCode::SEE_OTHER, leads), "{next:?}");
        }
        let twice = app.client().get("/login?next=%2Faccount&next=%2F%2Fevil.example").await;
        assert_eq!(twice.attribute("input[name=next]", "value").as_deref(), Some("/account"));
        let long = format!("/logs?q={}", "a".repeat(5_000));
        let page = try_with(&app.client(), ADMIN, PASSWORD, &long).await;
        assert_eq!(page.location(), "/logs");
    }

    async fn the_same_is_said_whether_or_not_there_is_an_account(db: FileDb) {
        let app = TestApp::start(db).await;
        for email in ["known@example.org", "off@example.org"] {
            app.account_named(email, Role::Viewer).await;
        }
        app.db.execute(Sql::new("UPDATE daybook_staff SET disabled_at = 5 WHERE email = 'off@example.org'")).await;
        let mut said = Vec::new();
        for (email, password) in [
            ("known@example.org", "wrong"),
            ("off@example.org", "wrong"),
            ("off@example.org", PASSWORD),
            ("nobody@example.org", "wrong"),
            ("nobody@example.org", PASSWORD),
            ("no-email", "wrong"),
            ("x' OR 1=1 --", "wrong"),
            ("known@example.org", ""),
        ] {
            let page = app.client().try_sign_in(email, password).await;
            let token = page.attribute("input[name=csrf_token]", "value").expect("a form");
            let escaped = page.text().contains(&format!("value=\"{email}\"")) || email.contains('\'');
            assert!(escaped, "{email} is not kept in its field");
            let typed = email.replace('\'', "&#39;");
            let body = page.text().replace(&token, "TOKEN").replace(&format!("value=\"{typed}\""), "value=\"E-MAIL\"");
            let headers: BTreeSet<_> = page.headers.keys().map(ToString::to_string).collect();
            said.push((page.status, page.header("retry-after").map(str::to_owned), headers, body));
        }
        assert_eq!(said[0].0, StatusCode::UNAUTHORIZED);
        for other in &said[1..] {
            assert_eq!(other, &said[0]);
        }
    }

    async fn a_session_ends_after_twelve_hours_without_use(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Admin).await;
        app.clock.advance(12 * HOUR - 1);
        assert!(is_in(&app, &client.cookies()).await);
        wait::until("its use is written down", async || {
            let rows =
                app.db.outside().await.texts("SELECT 'x' FROM daybook_sessions WHERE last_used_at > created_at").await;
            (!rows.is_empty()).then_some(())
        })
        .await;
        app.clock.advance(12 * HOUR - 1);
        assert!(is_in(&app, &client.cookies()).await, "use did not lengthen it");
        let other = app.client();
        other.sign_in(ADMIN, PASSWORD).await;
        app.clock.advance(12 * HOUR);
        assert!(!is_in(&app, &other.cookies()).await, "it outlived twelve hours without use");
        assert_eq!(other.get("/logs").await.location(), "/login?next=/logs");
    }

    async fn a_session_ends_after_seven_days_however_it_is_used(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Admin).await;
        let cookies = client.cookies();
        for turn in 1..=16 {
            app.clock.advance(10 * HOUR);
            let used = last_used(&app).await;
            assert!(is_in(&app, &cookies).await, "gone after {} hours", turn * 10);
            wait::until("its use is written down", async || {
                let now = last_used(&app).await;
                (now > used).then_some(())
            })
            .await;
        }
        app.clock.advance(8 * HOUR - 1);
        assert!(is_in(&app, &cookies).await, "gone before seven days");
        app.clock.advance(1);
        assert!(!is_in(&app, &cookies).await, "it outlived seven days");
    }

    async fn use_is_written_down_once_a_minute_at_the_most(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Admin).await;
        let used = async || last_used(&app).await;
        let began = used().await;
        for seconds in [59, 1] {
            app.clock.advance(seconds);
            assert!(is_in(&app, &client.cookies()).await);
        }
        // Had the first been written, the second would not be.
        let wrote = wait::until("its use is written down", async || Some(used().await).filter(|at| *at > began)).await;
        assert_eq!(wrote, began + 60_000_000);
    }

    async fn another_password_ends_every_other_session(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let other = app.client();
        other.sign_in("support@example.org", PASSWORD).await;
        let stranger = app.signed_in(Role::Admin).await;
        let before = client.cookies();
        let new = "an entirely different sentence";
        let fields = [("current_password", PASSWORD), ("new_password", new), ("new_password_again", new)];
        let page = client.submit("/account/password", &fields).await;
        assert_eq!(
            (page.status, page.location()),
            (StatusCode::SEE_OTHER, "/account?done=password"),
            "{}",
            page.text()
        );
        assert!(is_in(&app, &client.cookies()).await, "their own session ended");
        assert!(!is_in(&app, &before).await, "it goes on under its old id");
        assert!(!is_in(&app, &other.cookies()).await, "another session of theirs goes on");
        assert!(is_in(&app, &stranger.cookies()).await, "somebody else was signed out");
        assert_eq!(app.client().try_sign_in("support@example.org", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        app.client().sign_in("support@example.org", new).await;
    }
}
