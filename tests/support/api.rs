//! A program with a token: what it sends and gets.

use daybook::{
    core::role::Role,
    session::{
        accounts,
        tokens::{self, NewToken, Scope, Scopes},
    },
};
use reqwest::Method;
use serde_json::Value;

use super::{Client, Page, TestApp, app::add_account};

/// A client that sends its token with each request.
pub struct Api {
    client: Client,
    token: String,
}

impl Api {
    /// A program with a new token of these scopes, whose owner `ROLE-api@example.org` has this role.
    pub async fn new(app: &TestApp, role: Role, scopes: &[Scope]) -> Self {
        let email = format!("{role}-api@example.org");
        if accounts::by_email(&app.db.db, &email).await.expect("asked").is_none() {
            add_account(&app.db, &email, role, app.now()).await;
        }
        let token = make(app, &format!("token {}", uuid::Uuid::new_v4()), &email, scopes).await;
        Self::with(app, &token)
    }

    /// A program that may write.
    pub async fn writer(app: &TestApp) -> Self {
        Self::new(app, Role::Viewer, &[Scope::Ingest]).await
    }

    /// A program that may read everything.
    pub async fn reader(app: &TestApp) -> Self {
        Self::new(app, Role::Support, &[Scope::Read]).await
    }

    /// A program with this token.
    pub fn with(app: &TestApp, token: &str) -> Self {
        Self { client: app.client(), token: token.to_owned() }
    }

    /// Its token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Any request.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Page {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        self.client.send(method, path, &all, body).await
    }

    /// `GET`
    pub async fn get(&self, path: &str) -> Page {
        self.send(Method::GET, path, &[], None).await
    }

    /// `DELETE`
    pub async fn delete(&self, path: &str) -> Page {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// `PUT` of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Page {
        let json = [("content-type", "application/json")];
        self.send(Method::PUT, path, &json, Some(body.to_string().into_bytes())).await
    }

    /// `POST` of one entry.
    pub async fn post(&self, body: &str) -> Page {
        let json = [("content-type", "application/json")];
        self.send(Method::POST, "/api/v1/logs", &json, Some(body.as_bytes().to_vec())).await
    }

    /// `POST` of lines.
    pub async fn post_lines(&self, lines: &str) -> Page {
        let ndjson = [("content-type", "application/x-ndjson")];
        self.send(Method::POST, "/api/v1/logs", &ndjson, Some(lines.as_bytes().to_vec())).await
    }
}

/// Makes a token as the command line does.
pub async fn make(app: &TestApp, name: &str, owner: &str, scopes: &[Scope]) -> String {
    let owner = accounts::by_email(&app.db.db, owner).await.expect("asked").expect("an account").id;
    let scopes = Scopes::new(scopes.iter().copied()).expect("a scope");
    let new = NewToken { name: name.to_owned(), scopes, owner, expires_at: None };
    let mut tx = app.db.db.write().await.expect("a transaction");
    let token = tokens::add(&mut tx, &new, app.now()).await.expect("asked").expect("made");
    tx.commit().await.expect("committed");
    token
}

/// An answer as JSON.
pub fn json(page: &Page) -> Value {
    serde_json::from_slice(&page.body).unwrap_or_else(|error| panic!("{error}: {}", page.text()))
}

/// What an answer lists as wrong: line, field and reason.
pub fn errors(page: &Page) -> Vec<(Option<u64>, String, String)> {
    let body = json(page);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (error["line"].as_u64(), text(&error["field"]), text(&error["reason"]))).collect()
}

/// The name of the kind of problem that an answer is.
pub fn problem(page: &Page) -> String {
    assert_eq!(page.header("content-type"), Some("application/problem+json"), "{}", page.text());
    let body = json(page);
    assert_eq!(body["status"], page.status.as_u16(), "{body}");
    assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
    body["type"].as_str().and_then(|text| text.strip_prefix("/api/docs#")).expect("a kind").to_owned()
}
