//! `daybook serve`: serves the dashboard.

use anyhow::{Result, anyhow};
use clap::Args as ClapArgs;

use super::make_patiently;
use crate::{
    app,
    config::{DatabaseArgs, SiteArgs, Sources},
    routes::ROUTES,
    session::{access::Route, accounts},
    web::state::{Budgets, State},
};

/// Serve the dashboard
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  daybook serve --database sqlite:///var/lib/daybook/daybook.db --time-zone Europe/London"
)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    site: SiteArgs,
}

/// Serves until it is told to stop.
pub async fn run(args: Args) -> Result<()> {
    run_with(args, ROUTES).await
}

/// The same with a table of routes of the caller's.
pub async fn run_with(args: Args, routes: &'static [Route]) -> Result<()> {
    let sources = Sources::new(args.database.config.as_ref())?;
    let listen = sources.listen(&args.site)?;
    let site = sources.site(&args.site)?;
    let address = sources.database(&args.database)?;
    sources.log(&args.site).begin()?;
    app::is_free(listen)?;
    let db = make_patiently(&address).await?;
    let anybody = accounts::any_exist(&db).await.map_err(|error| anyhow!("{error}"))?;
    let state = State { db: db.clone(), clock: app::system_clock(), site, budgets: Budgets::default() };
    let running = app::start_with(state, listen, routes).await?;
    if !anybody {
        println!("There is no staff account yet. Make the first one:");
        println!("  daybook staff add you@example.org --role admin --database {address}");
    }
    println!("listening on http://{}", running.address);
    app::stop_on_signals(running.handle())?;
    running.ended().await?;
    db.close().await;
    Ok(())
}
