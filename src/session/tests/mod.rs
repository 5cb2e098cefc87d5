//! The doors as a browser meets them: a table of routes, a database of its own, cookies that are kept.

use std::{future::Future, net::IpAddr, pin::Pin, rc::Rc, sync::Arc};

use actix_web::{
    App, HttpResponse,
    body::{BoxBody, to_bytes},
    dev::{Service, ServiceResponse},
    http::{Method, StatusCode, header::SET_COOKIE},
    test::{TestRequest, init_service},
    web,
};

use super::{
    SignIn, Staff,
    access::{Access, Route, get, post, register},
    account, accounts,
    form::CheckedForm,
    handlers, password,
};
use crate::{
    core::{
        query_string,
        role::Role,
        time::{SharedClock, SystemClock},
    },
    db::{Db, Sql},
    staff_log::StaffLog,
    web::{
        respond,
        state::{Budgets, Site, State},
    },
};

mod access;
mod door;
mod settings;

const MAYA: &str = "maya.osei@brackenfield.example";
const PASSWORD: &str = "four words in a row";

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

/// A worker that takes requests.
type Served = Rc<dyn Fn(TestRequest) -> Pin<Box<dyn Future<Output = ServiceResponse<BoxBody>>>>>;

/// A database and what is shared over it.
struct House {
    db: Db,
    state: State,
    door: SignIn,
    log: StaffLog,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        Self::at(None).await
    }

    async fn at(public_url: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db = accounts::tests::database(&folder).await;
        let clock: SharedClock = Arc::new(SystemClock);
        let site = Site {
            name: "Brackenfield Dogs".into(),
            zone: chrono_tz::Europe::London,
            public_url: public_url.map(str::to_owned),
            trusted_proxies: Vec::new(),
            app_root: None,
            begins: Vec::new(),
        };
        let state = State { db: db.clone(), clock, site, budgets: Budgets::default() };
        let door = SignIn::open(&db).await.expect("the door");
        Self { state, door, log: StaffLog::start(db.clone()), db, _folder: folder }
    }

    async fn with_maya(role: Role) -> Self {
        let house = Self::new().await;
        house.add(MAYA, role).await;
        house
    }

    async fn add(&self, email: &str, role: Role) -> accounts::Account {
        accounts::tests::added(&self.db, email, role, &password::hash(PASSWORD).expect("hashed")).await
    }

    async fn serve(&self) -> Served {
        let sessions = self.door.sessions(&self.state);
        let app = App::new()
            .app_data(web::Data::new(self.state.clone()))
            .app_data(web::Data::new(self.door.clone()))
            .app_data(web::Data::new(self.log.clone()))
            .configure(|cfg| register(cfg, ROUTES, &sessions))
            .wrap(actix_web::middleware::from_fn(respond::errors));
        let app = Rc::new(init_service(app).await);
        Rc::new(move |request| {
            let app = Rc::clone(&app);
            Box::pin(async move { app.call(request.to_request()).await.expect("an answer, never an error") })
        })
    }

    async fn count(&self, sql: &'static str) -> i64 {
        self.log.flush().await;
        self.db.fetch_optional::<(i64,)>(Sql::new(sql)).await.expect("counted").map_or(0, |(count,)| count)
    }

    async fn change(&self, sql: &'static str) {
        let mut tx = self.db.write().await.expect("a transaction");
        tx.execute(Sql::new(sql)).await.expect("changed");
        tx.commit().await.expect("committed");
    }
}

/// What was answered.
struct Answer {
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The token of the page's first form.
    fn token(&self) -> String {
        let after = self.body.split_once(r#"name="csrf_token" value=""#).expect("a form").1;
        after.split('"').next().expect("its token").to_owned()
    }
}

/// Something that keeps cookies.
struct Browser<'a> {
    app: &'a Served,
    cookies: Vec<(String, String)>,
    from: IpAddr,
}

impl<'a> Browser<'a> {
    fn new(app: &'a Served) -> Self {
        Self { app, cookies: Vec::new(), from: [127, 0, 0, 1].into() }
    }

    async fn send(&mut self, mut request: TestRequest) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.insert_header(("Cookie", cookies.join("; ")));
        }
        let response = (self.app)(request.peer_addr((self.from, 4000).into())).await;
        let (status, headers) = (response.status(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let (pair, rest) = cookie.to_str().expect("text").split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            self.cookies.retain(|(known, _)| known != name);
            if !rest.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let headers = headers.iter().map(|(n, v)| (n.to_string(), v.to_str().expect("text").to_owned())).collect();
        let body = to_bytes(response.into_body()).await.unwrap_or_else(|_| panic!("a body"));
        Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(TestRequest::get().uri(path)).await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(form(path, fields)).await
    }

    /// Opens the form and sends it.
    async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let token = self.get("/login").await.token();
        let fields = [("email", email), ("password", password), ("next", "/viewer"), ("csrf_token", &token)];
        self.post("/login", &fields).await
    }

    /// Signed in as Maya.
    async fn maya(app: &'a Served) -> Self {
        let mut browser = Self::new(app);
        let answer = browser.sign_in(MAYA, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    /// A token of the forms that Maya sees.
    async fn token(&mut self) -> String {
        self.get("/account").await.token()
    }

    fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }
}

fn form(path: &str, fields: &[(&str, &str)]) -> TestRequest {
    TestRequest::with_uri(path)
        .method(Method::POST)
        .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
        .set_payload(query_string::write(fields.iter().copied()))
}
