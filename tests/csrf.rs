//! Forms that other sites make a browser send: every post asks for a token of its session and for where it came from.

use std::collections::BTreeSet;

use daybook::{
    core::role::Role,
    routes::ROUTES,
    session::access::{Access, Route, Verb},
};
use reqwest::{Method, StatusCode};

use crate::{
    database_test,
    support::{Client, Page, Places, TestApp, app::PASSWORD, outside::Contents},
};

fn posts() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|row| row.verb == Verb::Post && !matches!(row.access, Access::Token(_)))
}

/// Somebody who has a form open.
struct Form {
    client: Client,
    path: String,
    /// All but the token.
    fields: Vec<(&'static str, String)>,
    /// The page that the form stands on.
    page: &'static str,
}

impl Form {
    /// Opens the form of a row: signed in anew, or before the door.
    async fn open(app: &TestApp, row: &Route) -> Self {
        let (client, email) = (app.client(), format!("{}@example.org", uuid::Uuid::new_v4()));
        app.account_named("owner@example.org", Role::Viewer).await;
        app.account_named(&email, Role::Admin).await;
        if let Access::Staff(_) = row.access {
            client.sign_in(&email, PASSWORD).await;
            let mut fields: Vec<_> =
                Places::fields(row).into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            // No two tokens in use have the same name, and no two people the same e-mail.
            match row.path {
                "/tokens" => fields[0].1 = uuid::Uuid::new_v4().to_string(),
                "/staff" => fields[0].1 = format!("{}@example.org", uuid::Uuid::new_v4()),
                _ => {}
            }
            let path = Places::post_path(&client, row).await;
            return Self { client, path, fields, page: "/account" };
        }
        assert_eq!(row.path, "/login", "say here what the form of {} holds", row.path);
        client.get("/login").await;
        let fields = vec![("email", email), ("password", PASSWORD.to_owned())];
        Self { client, path: row.path.to_owned(), fields, page: "/login" }
    }

    async fn token(&self) -> String {
        self.client.token(self.page).await
    }

    /// Sends it with these tokens and headers.
    async fn send(&self, tokens: &[&str], headers: &[(&str, &str)]) -> Page {
        let mut fields: Vec<_> = self.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.extend(tokens.iter().map(|token| ("csrf_token", *token)));
        self.client.post_with(&self.path, headers, &fields).await
    }
}

async fn contents(app: &TestApp) -> Contents {
    app.staff_log.flush().await;
    app.db.contents().await
}

/// It was refused, says so to whoever sent it, and did nothing.
async fn refused(app: &TestApp, before: &Contents, page: &Page, how: &str) {
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{how}: {}", page.text());
    assert!(page.text().contains("This form is out of date"), "{how}: {}", page.text());
    assert_eq!(&contents(app).await, before, "{how}: it was done all the same");
    let ends = |cookie: &str| cookie.starts_with("daybook_session=");
    let cookies = page.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    assert!(!cookies.into_iter().any(ends), "{how}: it changed the session");
}

database_test! {
    async fn a_form_without_a_token_of_its_session_does_nothing(db: TestDb) {
        let app = TestApp::start(db).await;
        for row in posts() {
            let form = Form::open(&app, row).await;
            let own = form.token().await;
            let other = Form::open(&app, row).await.token().await;
            let door = app.client().token("/login").await;
            let swapped: String = own.chars().rev().collect();
            let zeros = "A".repeat(own.len());
            let before = contents(&app).await;
            for (how, tokens) in [
                ("none", vec![]),
                ("empty", vec![""]),
                ("another session's", vec![other.as_str()]),
                ("another browser's", vec![door.as_str()]),
                ("cut", vec![&own[..own.len() - 1]]),
                ("half", vec![&own[..own.len() / 2]]),
                ("swapped", vec![swapped.as_str()]),
                ("of zeros", vec![zeros.as_str()]),
                ("after a wrong one", vec![other.as_str(), own.as_str()]),
            ] {
                for headers in [&[][..], &[("HX-Request", "true")], &[("Sec-Fetch-Site", "same-origin")]] {
                    let page = form.send(&tokens, headers).await;
                    refused(&app, &before, &page, &format!("{} {how} {headers:?}", row.path)).await;
                }
            }
            let asked = form.client.post_with(&format!("{}?csrf_token={own}", form.path), &[], &[]).await;
            refused(&app, &before, &asked, &format!("{} in the query", row.path)).await;
            if row.path == "/login" {
                let page = Form { client: app.client(), ..form }.send(&[&own], &[]).await;
                refused(&app, &before, &page, "without the cookie of the form").await;
            }
        }
    }

    async fn two_sessions_of_one_account_have_tokens_of_their_own(db: TestDb) {
        let app = TestApp::start(db).await;
        let (one, two) = (app.signed_in(Role::Admin).await, app.client());
        two.sign_in("admin@example.org", PASSWORD).await;
        let before = contents(&app).await;
        let token = two.token("/account").await;
        let page = one.post("/account/theme", &[("csrf_token", &token), ("theme", "dark")]).await;
        refused(&app, &before, &page, "the other session's").await;
        assert_eq!(two.post("/account/theme", &[("csrf_token", &token), ("theme", "dark")]).await.status, 303);
    }

    async fn a_form_from_another_site_does_nothing_even_with_the_right_token(db: TestDb) {
        let app = TestApp::start(db).await;
        let host = app.base.trim_start_matches("http://").to_owned();
        let (port, https) = (format!("http://{host}0"), format!("https://{host}.evil.example"));
        for row in posts() {
            let form = Form::open(&app, row).await;
            let before = contents(&app).await;
            let own = format!("http://{host}");
            for headers in [
                vec![("Sec-Fetch-Site", "cross-site")],
                vec![("Sec-Fetch-Site", "same-site")],
                vec![("Sec-Fetch-Site", "")],
                vec![("Sec-Fetch-Site", "cross-site"), ("Origin", own.as_str())],
                vec![("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
                vec![("Origin", "https://evil.example")],
                vec![("Origin", "null")],
                vec![("Origin", "")],
                vec![("Origin", port.as_str())],
                vec![("Origin", https.as_str())],
                vec![("Origin", own.as_str()), ("Origin", "https://evil.example")],
                vec![("Sec-Fetch-Site", "cross-site"), ("HX-Request", "true")],
            ] {
                let token = form.token().await;
                let page = form.send(&[&token], &headers).await;
                refused(&app, &before, &page, &format!("{} {headers:?}", row.path)).await;
            }
        }
    }

    async fn a_form_of_ours_works(db: TestDb) {
        Places::write(&db).await;
        let app = TestApp::start(db).await;
        let ours = app.base.clone();
        for row in posts() {
            for headers in [
                vec![],
                vec![("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "navigate")],
                vec![("Sec-Fetch-Site", "none")],
                vec![("Origin", ours.as_str())],
                vec![("Sec-Fetch-Site", "same-origin"), ("Origin", ours.as_str())],
            ] {
                let form = Form::open(&app, row).await;
                let before = contents(&app).await;
                let token = form.token().await;
                let page = form.send(&[&token], &headers).await;
                assert_eq!(page.status, Places::done(row), "{} {headers:?}: {}", row.path, page.text());
                assert_ne!(contents(&app).await, before, "{} {headers:?}: nothing was done", row.path);
            }
        }
    }

    async fn a_token_is_never_written_the_same_twice(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Admin).await;
        let mut seen = BTreeSet::new();
        for page in ["/account", "/logs", "/members", "/account"] {
            let tokens: BTreeSet<_> =
                client.get(page).await.attributes("input[name=csrf_token]", "value").into_iter().collect();
            assert_eq!(tokens.len(), 1, "{page}: one token a page");
            for token in tokens {
                assert!(seen.insert(token.clone()), "{page} repeats a token");
                let halves: Vec<_> = seen.iter().map(|token| token[token.len() / 2..].to_owned()).collect();
                assert_eq!(
                    halves.iter().collect::<BTreeSet<_>>().len(),
                    halves.len(),
                    "the secret itself stands there"
                );
            }
        }
        for token in seen {
            let page = client.post("/account/theme", &[("csrf_token", &token), ("theme", "light")]).await;
            assert_eq!(page.status, StatusCode::SEE_OTHER, "an earlier page's form works as well");
        }
        let door = app.client();
        assert_ne!(door.token("/login").await, door.token("/login").await);
    }

    async fn only_a_form_is_read_as_a_form(db: TestDb) {
        let app = TestApp::start(db).await;
        for row in posts() {
            let form = Form::open(&app, row).await;
            let token = form.token().await;
            let mut pairs: Vec<_> = form.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            pairs.push(("csrf_token", &token));
            let body = daybook::core::query_string::write(pairs);
            let before = contents(&app).await;
            for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x", ""] {
                let body = Some(body.clone().into_bytes());
                let page = form.client.send(Method::POST, &form.path, &[("content-type", kind)], body).await;
                assert_eq!(page.status, StatusCode::BAD_REQUEST, "{} as {kind}", row.path);
                assert_eq!(contents(&app).await, before, "{} as {kind}", row.path);
            }
        }
    }

    async fn opening_an_address_changes_nothing(db: TestDb) {
        Places::write(&db).await;
        let app = TestApp::start(db).await;
        let pages = ["/login", "/views", "/tokens", "/staff"];
        for row in posts() {
            let form = Form::open(&app, row).await;
            let token = form.token().await;
            // To look at an error group is written down, as at any page with members' data.
            let is_group = row.path == "/errors/{fingerprint}";
            let kept = async || {
                let mut all = contents(&app).await;
                all.retain(|table, _| !is_group || table != "daybook_staff_log");
                all
            };
            let before = kept().await;
            let pairs: Vec<_> = form.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let query = daybook::core::query_string::write(pairs);
            for method in [Method::GET, Method::HEAD, Method::PUT] {
                let path = format!("{}?{query}&csrf_token={token}", form.path);
                let page = form.client.send(method.clone(), &path, &[], None).await;
                assert!(
                    page.status == 405 || ((is_group || pages.contains(&row.path)) && page.status == 200),
                    "{method} {path}"
                );
                assert_eq!(kept().await, before, "{method} {path}");
            }
        }
    }
}
