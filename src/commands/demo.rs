//! `daybook demo`: the main job with nothing to set up.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args as ClapArgs;
use indicatif::{ProgressBar, ProgressDrawTarget};

use super::{line, make, seed};
use crate::{
    app,
    config::{SiteArgs, Sources},
    core::{
        error::Error,
        role::Role,
        secret,
        time::{SharedClock, Timestamp},
    },
    db::{Budget, Db, address::Address},
    demo::{Event, Live, Plan},
    error_groups::{
        filter::Query,
        gather,
        state::{self, Said},
        store,
    },
    logs::write::{self, Batch},
    session::{
        accounts::{self, NewAccount},
        password,
    },
    web::state::{Budgets, State},
};

/// The e-mail of the demo account.
const EMAIL: &str = "demo@daybook.example";
/// The demo's numbers come out of this: each demo tells the same story, as of now.
const SEED: u64 = 20_260_618;

/// Try Daybook on made-up data, in a temporary folder
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  daybook demo --listen 127.0.0.1:0")]
pub struct Args {
    /// Keep the demo in this file instead of a temporary folder; it must not exist yet
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    #[command(flatten)]
    site: SiteArgs,
}

/// Fills a database of its own, serves it, and goes on writing.
pub async fn run(args: Args) -> Result<()> {
    // The database comes from the flag alone: a demo must never write into a real one.
    let sources = Sources::new(None)?;
    let listen: SocketAddr = sources.listen(&args.site)?;
    if !listen.ip().is_loopback() {
        bail!(
            "--listen: the demo's password is printed and its data made up, so it listens on loopback only, such as 127.0.0.1:8080"
        );
    }
    let mut site = sources.site(&args.site)?;
    if site.name == "Daybook" {
        "Brackenfield Dogs".clone_into(&mut site.name);
    }
    sources.log(&args.site).begin()?;
    app::is_free(listen)?;

    let folder =
        tempfile::Builder::new().prefix("daybook-demo-").tempdir().context("no temporary folder can be made")?;
    let address = match &args.database {
        None => Address::Sqlite(folder.path().join("daybook.db")),
        Some(text) => Address::parse(text).map_err(|why| anyhow!("--database: {why}"))?,
    };
    let Address::Sqlite(file) = &address else {
        bail!("--database: the demo keeps its made-up data in a file of its own: write sqlite://FILE")
    };
    if file.exists() {
        bail!("{address} exists: the demo fills a database of its own, so name a file that does not exist yet");
    }
    let db = make(&address).await?;
    let clock = app::system_clock();
    let plan = Plan::demo(SEED, clock.now());
    let bar = ProgressBar::with_draw_target(Some(plan.entries), ProgressDrawTarget::stderr());
    seed::fill(&db, &plan, &bar).await?;
    bar.finish_and_clear();

    let password = secret::password();
    let new = NewAccount {
        email: EMAIL.to_owned(),
        name: Some("Demo".to_owned()),
        role: Role::Admin,
        password_hash: password::hash(&password).map_err(line)?,
    };
    let mut tx = db.write().await.map_err(line)?;
    accounts::add(&mut tx, &new, clock.now()).await.map_err(line)?;
    tx.commit().await.map_err(line)?;

    say(&db, clock.now()).await.map_err(line)?;

    let state = State { db: db.clone(), clock: clock.clone(), site, budgets: Budgets::default() };
    let running = app::start(state, listen).await?;
    println!("The demo is at   http://{}", running.address);
    println!("E-mail           {EMAIL}");
    println!("Password         {password}");
    println!("listening on http://{}", running.address);
    app::stop_on_signals(running.handle())?;
    let writing = tokio::spawn(go_on(db.clone(), plan, clock));
    running.ended().await?;
    writing.abort();
    db.close().await;
    Ok(())
}

/// Gathers the errors of the demo, and says of some what staff would have said by now.
async fn say(db: &Db, now: Timestamp) -> Result<(), Error> {
    const NOTE: &str = "Group walk bookings fail while the new rota loads. Solo walks work. Offer to book it for them.";
    let day = chrono::Duration::days(1);
    gather::finish(db, None, now, || {}).await?;
    let all = Query { limit: 200, ..Query::default() };
    let groups = store::page(db, &all, Budget::LIST).await?.rows;
    let mut tx = db.write().await?;
    for (at, group) in groups.iter().enumerate() {
        let burst = group.description == "Booking could not be confirmed";
        let quiet = now.since(group.last_at) > day * 9;
        let came_back = at % 7 == 3 && group.last_at.since(group.first_at) > day * 20;
        let (state, after) = match () {
            () if burst => ("in_work", None),
            () if came_back => ("resolved", Some(group.last_at.plus(-day * 12))),
            () if quiet => ("resolved", Some(group.last_at.plus(day))),
            () if at % 3 == 1 => ("in_work", None),
            () => continue,
        };
        let said = Said {
            fingerprint: group.fingerprint,
            state: state.to_owned(),
            state_at: after.unwrap_or(group.first_at.plus(chrono::Duration::minutes(20))).min(now),
            state_by: EMAIL.to_owned(),
            resolved_after: after,
            resolved_ahead: 0,
            note: if burst { NOTE.to_owned() } else { String::new() },
            note_at: burst.then_some(now),
            note_by: burst.then(|| EMAIL.to_owned()),
        };
        state::put(&mut tx, said, group.last_at).await?;
    }
    tx.commit().await
}

/// Writes what happens from now on: an entry every few seconds.
async fn go_on(db: Db, plan: Plan, clock: SharedClock) {
    let mut live = Live::new(&plan);
    for turn in 0_u64.. {
        // Two to six seconds, without a rhythm that would be seen.
        tokio::time::sleep(Duration::from_millis(2_000 + (turn * 1_327) % 4_000)).await;
        let mut batch = Batch::default();
        for event in live.next(clock.now()) {
            match event {
                Event::Booking(booking) => batch.bookings.push(booking),
                Event::Log(log) => batch.logs.push(log),
            }
        }
        if let Err(error) = write::write(&db, &batch).await {
            tracing::warn!("the demo could not write an entry: {error}");
        }
    }
}
