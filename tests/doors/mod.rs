//! The doors, over a table of routes of their own: who gets in where, how they sign in and out, what they set for
//! themselves, and that a fault behind a door is no fault of the house.

mod routes;
mod settings;
mod signing_in;

use actix_web::HttpResponse;
use daybook::{
    core::role::Role,
    session::{
        CheckedForm, Staff,
        access::{Access, Route, get, post},
        account, handlers,
    },
};

use crate::support::{
    Client, Page, TestApp, TestDb,
    app::{PASSWORD, Setup},
};

const MAYA: &str = "maya.osei@brackenfield.example";
const PETROV: &str = "d.petrov@brackenfield.example";

/// A handler with a fault.
async fn broken() -> HttpResponse {
    panic!("a fault")
}

static ROUTES: &[Route] = &[
    get("/broken", Access::Staff(Role::Viewer), |to| to.to(broken)),
    get("/open", Access::Public, |to| to.to(HttpResponse::Ok)),
    get("/things/{id}", Access::Public, |to| to.to(async || "a thing")),
    get("/things/new", Access::Public, |to| to.to(async || "a new thing")),
    get("/viewer", Access::Staff(Role::Viewer), |to| to.to(who)),
    get("/support", Access::Staff(Role::Support), |to| to.to(who)),
    get("/admin", Access::Staff(Role::Admin), |to| to.to(who)),
    post("/viewer", Access::Staff(Role::Viewer), |to| to.to(changed)),
    post("/admin", Access::Staff(Role::Admin), |to| to.to(changed)),
    get("/login", Access::Anyone, |to| to.to(handlers::login)),
    post("/login", Access::Anyone, |to| to.to(handlers::sign_in)),
    post("/logout", Access::Staff(Role::Viewer), |to| to.to(handlers::sign_out)),
    get("/account", Access::Staff(Role::Viewer), |to| to.to(account::page)),
    post("/account/zone", Access::Staff(Role::Viewer), |to| to.to(account::set_zone)),
    post("/account/theme", Access::Staff(Role::Viewer), |to| to.to(account::set_theme)),
    post("/account/password", Access::Staff(Role::Viewer), |to| to.to(account::set_password)),
];

async fn who(staff: Staff) -> String {
    format!("{} {} {}", staff.email, staff.role, staff.zone)
}

async fn changed(staff: Staff, form: CheckedForm) -> String {
    format!("{} {}", staff.role, form.value("field"))
}

/// A house in which nobody lives yet.
async fn house(db: TestDb) -> TestApp {
    TestApp::with_routes(db, Setup::default(), ROUTES).await
}

/// A house with an account of Maya's.
async fn house_of_maya(db: TestDb, role: Role) -> TestApp {
    let house = house(db).await;
    house.account_named(MAYA, role).await;
    house
}

/// A browser in which Maya has signed in.
async fn maya(house: &TestApp) -> Client {
    let client = house.client();
    client.sign_in(MAYA, PASSWORD).await;
    client
}

/// Opens the form and sends it, on the way to `/viewer`.
async fn try_sign_in(client: &Client, email: &str, password: &str) -> Page {
    let token = client.token("/login").await;
    let fields = [("email", email), ("password", password), ("next", "/viewer"), ("csrf_token", token.as_str())];
    client.post("/login", &fields).await
}

/// A number out of the database, with what staff did in it.
async fn number(house: &TestApp, sql: &str) -> i64 {
    house.staff_log.flush().await;
    house.db.outside().await.number(sql).await
}

/// How many lines of a kind the staff's log has.
async fn recorded(house: &TestApp, kind: &str) -> i64 {
    number(house, &format!("SELECT count(*) FROM daybook_staff_log WHERE kind = '{kind}'")).await
}

/// How many sessions there are.
async fn sessions(house: &TestApp) -> i64 {
    number(house, "SELECT count(*) FROM daybook_sessions").await
}
