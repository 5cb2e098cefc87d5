//! `daybook rebuild`: computes everything derived anew while Daybook serves: the search indexes, the totals and
//! the error groups.

use anyhow::{Result, bail};
use clap::Args as ClapArgs;
use indicatif::{ProgressBar, ProgressDrawTarget};

use super::{line, open};
use crate::{
    config::{DatabaseArgs, Sources},
    core::time::{Clock as _, SystemClock},
    db::{Db, migrate as schema},
    error_groups::{forget, gather},
    logs::{search::index, totals::build},
};

/// Compute the search index, the totals and the error groups anew, while it serves
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  daybook rebuild --database sqlite:///var/lib/daybook/daybook.db")]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Forgets what is derived and computes it again. Broken off, it is gone on with by whatever serves next.
pub async fn run(args: Args) -> Result<()> {
    let sources = Sources::new(args.database.config.as_ref())?;
    let address = sources.database(&args.database)?;
    let db = open(&address, false).await?;
    let rebuilt = match schema::state(&db).await.map_err(line)? {
        schema::State::Current => rebuild(&db).await,
        state => bail!("{address} cannot be rebuilt: {state}"),
    };
    db.close().await;
    rebuilt
}

async fn rebuild(db: &Db) -> Result<()> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_message("search index");
    index::clear(db).await.map_err(line)?;
    while index::build(db).await.map_err(line)? {
        bar.tick();
    }
    bar.set_message("totals");
    let mut tx = db.write().await.map_err(line)?;
    build::begin_again(&mut tx).await.map_err(line)?;
    tx.commit().await.map_err(line)?;
    while !build::step(db).await.map_err(line)? {
        bar.tick();
    }
    bar.set_message("error groups");
    // As whoever served last took the application's own frames to be; what people said of groups stays.
    let app_root = gather::progress(db).await.map_err(line)?.app_root;
    forget::all(db, &app_root).await.map_err(line)?;
    let app_root = Some(app_root).filter(|root| !root.is_empty());
    gather::finish(db, app_root, SystemClock.now(), || bar.tick()).await.map_err(line)?;
    bar.finish_and_clear();
    println!("rebuilt: search index, totals, error groups");
    Ok(())
}
