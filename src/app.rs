//! Puts the server together: middleware in their order, the table of routes, and an orderly end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    middleware::{Compress, from_fn},
    web,
};
use anyhow::{Context, Result, anyhow};
use tokio::task::JoinHandle;

use crate::{
    db::Db,
    error_groups::{
        gather::{self, Gatherer},
        here::Here,
    },
    ingest::{Intake, Writer},
    logs::{
        groups::ErrorGroups,
        live::watcher::Watcher,
        saved::SavedViews,
        search::index,
        totals::{build as totals, server},
    },
    members::unfinished::Habits,
    routes,
    session::{
        SignIn,
        access::{self, Route},
        bearer::Desk,
    },
    staff_log::StaffLog,
    views::shelf::Shelf,
    web::{access_log, client, compress, headers, respond, shell::Waiting, state::State},
};

/// How long requests in flight may take to finish when the server is told to stop, in seconds.
const FINISH: u64 = 20;
/// How long a client may take to send its headers.
const HEADERS: Duration = Duration::from_secs(10);
/// How often the application's tables are looked at anew.
const AGAIN: Duration = Duration::from_secs(15);

/// A server that listens.
pub struct Running {
    /// Where it listens; with port 0 the port it was given.
    pub address: SocketAddr,
    /// What staff do; for tests that read it.
    pub staff_log: StaffLog,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
    background: Vec<JoinHandle<()>>,
}

impl Running {
    /// A way to stop it from elsewhere.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }

    /// Waits until it was stopped and every request in flight is answered, then writes down what staff did.
    pub async fn ended(self) -> Result<()> {
        let result = self.server.await.context("the server's task failed")?;
        self.staff_log.flush().await;
        // The step at hand is undone; the next start goes on from the one before.
        self.background.iter().for_each(JoinHandle::abort);
        result.context("the server failed")
    }
}

/// Fails where `listen` is taken: for before a database is made or migrated to be served there.
pub fn is_free(listen: SocketAddr) -> Result<()> {
    std::net::TcpListener::bind(listen).map(drop).map_err(|error| refused(listen, &error))
}

fn refused(listen: SocketAddr, error: &std::io::Error) -> anyhow::Error {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow!("{listen} is taken: choose another address with --listen, or port 0 for a free one")
        }
        _ => anyhow!("cannot listen on {listen}: {error}; choose another address with --listen"),
    }
}

/// Binds and serves every route of the product; returns once it listens.
pub async fn start(state: State, listen: SocketAddr) -> Result<Running> {
    start_with(state, listen, routes::ROUTES).await
}

/// The same with a table of routes of the caller's.
pub async fn start_with(state: State, listen: SocketAddr, routes: &'static [Route]) -> Result<Running> {
    let sign_in = SignIn::open(&state.db).await.map_err(|error| anyhow!(error))?;
    let staff_log = StaffLog::start(state.db.clone());
    let mut background = vec![
        tokio::spawn(totals::run(state.db.clone())),
        tokio::spawn(index::build_all(state.db.clone())),
        tokio::spawn(look_again(state.db.clone())),
    ];
    if state.db.dialect().derives() {
        background.push(tokio::spawn(server::add_up_always(state.db.clone())));
    }
    let here = Arc::new(Here::new(state.db.clone()));
    let gatherer = Gatherer::new(state.db.clone(), state.site.app_root.clone());
    background.push(tokio::spawn(gather::run(gatherer, state.clock.clone(), Arc::clone(&here))));
    let desk = web::Data::new(Desk::of(&state));
    let (intake, writer) = (web::Data::new(Intake::default()), web::Data::new(Writer::start(state.db.clone())));
    let data = (web::Data::new(state), web::Data::new(sign_in), web::Data::new(staff_log.clone()));
    let (state, sign_in, log) = data;
    let shelf: Arc<dyn SavedViews> = Arc::new(Shelf::new(state.db.clone()));
    let views = web::Data::from(shelf);
    let (of_entries, waiting): (Arc<dyn ErrorGroups>, Arc<dyn Waiting>) = (here.clone(), here.clone());
    let groups = (web::Data::from(here), web::Data::from(of_entries), web::Data::from(waiting));
    let habits = web::Data::new(Habits::default());
    let watcher = web::Data::new(Watcher::default());
    let server = HttpServer::new(move || {
        let sessions = sign_in.sessions(&state);
        App::new()
            .app_data(state.clone())
            .app_data(sign_in.clone())
            .app_data(log.clone())
            .app_data(desk.clone())
            .app_data(intake.clone())
            .app_data(writer.clone())
            .app_data(views.clone())
            .app_data(groups.0.clone())
            .app_data(groups.1.clone())
            .app_data(groups.2.clone())
            .app_data(habits.clone())
            .app_data(watcher.clone())
            .configure(|cfg| access::register(cfg, routes, &sessions))
            .default_service(access::nowhere(&sessions))
            // The last that is put on is the first that a request meets.
            .wrap(from_fn(respond::errors))
            .wrap(from_fn(compress::pages))
            .wrap(Compress::default())
            .wrap(from_fn(headers::security))
            .wrap(from_fn(access_log::line))
            .wrap(from_fn(client::number))
    })
    // Small packets go out at once: with Nagle's algorithm a compressed page waits 40 ms for an acknowledgement.
    .tcp_nodelay(true)
    .client_request_timeout(HEADERS)
    .shutdown_timeout(FINISH)
    .disable_signals()
    .bind(listen)
    .map_err(|error| refused(listen, &error))?;
    let address = server.addrs().first().copied().ok_or_else(|| anyhow!("nothing to listen on"))?;
    let server = server.run();
    let handle = server.handle();
    Ok(Running { address, staff_log, handle, server: tokio::spawn(server), background })
}

/// Follows what the application does to its tables, and what `migrate` adds to them.
async fn look_again(db: Db) {
    loop {
        tokio::time::sleep(AGAIN).await;
        if let Err(error) = db.look_again().await {
            tracing::debug!("the tables could not be looked at: {error}");
        }
    }
}

/// Stops `handle` in good order on SIGTERM or SIGINT.
pub fn stop_on_signals(handle: ServerHandle) -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: requests in flight are finished first");
        handle.stop(true).await;
    });
    Ok(())
}

/// A clock to share.
#[must_use]
pub fn system_clock() -> crate::core::time::SharedClock {
    Arc::new(crate::core::time::SystemClock)
}
