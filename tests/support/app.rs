//! A server of its own for one test, in this process, on a free port.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use daybook::{
    app,
    core::{
        role::Role,
        time::{Clock, Timestamp},
    },
    routes::ROUTES,
    session::{
        access::Route,
        accounts::{self, NewAccount},
        password,
    },
    staff_log::StaffLog,
    web::state::{Budgets, Site, State},
};

use super::{Client, TestDb, sample};

/// The password of every account of a test.
pub const PASSWORD: &str = "correct horse battery";

/// A clock that moves only when told.
pub struct TestClock(AtomicI64);

impl TestClock {
    /// One that stands at an instant.
    pub fn at(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.micros()))
    }

    /// Puts it to an instant.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.micros(), Ordering::SeqCst);
    }

    /// Lets seconds pass.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// How a test's server is set up, to be changed with `..`.
pub struct Setup {
    /// The site.
    pub site: Site,
    /// How long lists and counts look: by default long enough that a busy machine never cuts a test short.
    pub budgets: Budgets,
    /// When it is.
    pub now: Timestamp,
}

impl Default for Setup {
    fn default() -> Self {
        let mut budgets = Budgets::default();
        budgets.list.time = std::time::Duration::from_secs(30);
        budgets.count.time = std::time::Duration::from_secs(30);
        budgets.overview.time = std::time::Duration::from_secs(30);
        Self {
            site: Site {
                name: "Brackenfield Dogs".to_owned(),
                zone: chrono_tz::Europe::London,
                public_url: None,
                trusted_proxies: Vec::new(),
                app_root: None,
                begins: Vec::new(),
            },
            budgets,
            now: sample::now(),
        }
    }
}

/// A server that listens.
pub struct TestApp {
    /// Its database.
    pub db: TestDb,
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// What staff did.
    pub staff_log: StaffLog,
    handle: actix_web::dev::ServerHandle,
}

impl TestApp {
    /// Serves a database as every test does unless it says otherwise.
    pub async fn start(db: TestDb) -> Self {
        Self::with(db, Setup::default()).await
    }

    /// Serves a database.
    pub async fn with(db: TestDb, setup: Setup) -> Self {
        Self::with_routes(db, setup, ROUTES).await
    }

    /// Serves a database by a table of routes of the test's own.
    pub async fn with_routes(db: TestDb, setup: Setup, routes: &'static [Route]) -> Self {
        let clock = Arc::new(TestClock::at(setup.now));
        let state = State { db: db.db.clone(), clock: clock.clone(), site: setup.site, budgets: setup.budgets };
        let running = app::start_with(state, ([127, 0, 0, 1], 0).into(), routes).await.expect("a server");
        Self {
            base: format!("http://{}", running.address),
            handle: running.handle(),
            staff_log: running.staff_log.clone(),
            clock,
            db,
        }
    }

    /// The instant at which its clock stands.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A client without a session.
    pub fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// Makes an account: `ROLE@example.org` with [`PASSWORD`].
    pub async fn account(&self, role: Role) -> String {
        let email = format!("{role}@example.org");
        self.account_named(&email, role).await;
        email
    }

    /// Makes an account with [`PASSWORD`].
    pub async fn account_named(&self, email: &str, role: Role) {
        add_account(&self.db, email, role, self.clock.now()).await;
    }

    /// A client that is signed in as a new account of this role.
    pub async fn signed_in(&self, role: Role) -> Client {
        let email = self.account(role).await;
        let client = self.client();
        client.sign_in(&email, PASSWORD).await;
        client
    }
}

/// Makes an account with [`PASSWORD`].
pub async fn add_account(db: &TestDb, email: &str, role: Role, at: Timestamp) {
    // One hash serves every account of every test: making one costs as much as checking one.
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let hash = HASH.get_or_init(|| password::hash(PASSWORD).expect("a hash")).clone();
    let new = NewAccount { email: email.to_owned(), name: None, role, password_hash: hash };
    let mut tx = db.db.write().await.expect("a transaction");
    accounts::add(&mut tx, &new, at).await.expect("an account");
    tx.commit().await.expect("committed");
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // Not waited for: the process ends with its tests.
        drop(self.handle.stop(false));
    }
}
