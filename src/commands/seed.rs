//! `daybook seed`: fills a database with made-up data, the same for the same seed.

use anyhow::{Result, anyhow, bail};
use clap::Args as ClapArgs;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{line, load, own, refuse_attached};
use crate::{
    app,
    config::DatabaseArgs,
    core::time::Timestamp,
    db::{Db, Sql},
    demo::{self, Event, Plan, Shape},
    logs::{
        store,
        write::{self, Batch, Indexed},
    },
};

/// Fill a database with made-up members and entries
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  daybook seed --entries 1000000 --database sqlite://big.db")]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// How many entries
    #[arg(long, value_name = "N")]
    entries: u64,
    /// How many members; as many as fit the entries unless said
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    members: Option<u64>,
    /// The number that all chance comes from: the same gives the same data
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The instant of the newest entry, such as 2026-06-18T12:00:00Z; now unless said
    #[arg(long, value_name = "INSTANT")]
    until: Option<String>,
}

/// Under this name the database remembers that `seed` may write into it.
const MARK: &str = "seeded";

/// Fills the database.
pub async fn run(args: Args) -> Result<()> {
    let until = match &args.until {
        None => app::system_clock().now(),
        Some(text) => Timestamp::parse_rfc3339(text).ok_or_else(|| {
            anyhow!("--until: “{text}” is not an instant with an offset, such as 2026-06-18T12:00:00Z")
        })?,
    };
    let (_, db) = own(&args.database).await?;
    let plan = Plan { seed: args.seed, entries: args.entries, members: args.members, until, shape: Shape::Seed };
    let bar = ProgressBar::with_draw_target(Some(plan.entries), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} {per_sec}, {eta} left  {msg}") {
        bar.set_style(style);
    }
    let written = fill(&db, &plan, &bar).await?;
    bar.finish_and_clear();
    println!("{} entries written, {} stood already", written.created, written.duplicate);
    db.close().await;
    Ok(())
}

/// Writes a plan into a database that holds nothing else, in flat memory; indexes are built last where it is empty.
pub async fn fill(db: &Db, plan: &Plan, bar: &ProgressBar) -> Result<write::Written> {
    refuse_attached(db)?;
    let empty = store::is_empty(db).await.map_err(line)?;
    if !empty && !is_marked(db).await? {
        bail!("this database holds entries that seed did not write: name a database of its own with --database");
    }
    mark(db).await?;
    let indexed = load::begin(db).await?;
    let mut total = write::Written::default();
    let mut batch = Batch { members: demo::people(plan), ..Batch::default() };
    for event in demo::events(plan) {
        match event {
            Event::Booking(booking) => batch.bookings.push(booking),
            Event::Log(log) => batch.logs.push(log),
        }
        if batch.logs.len() == load::BATCH {
            put(db, &mut batch, indexed, &mut total, bar).await?;
        }
    }
    put(db, &mut batch, indexed, &mut total, bar).await?;
    load::finish(db, bar).await?;
    Ok(total)
}

async fn put(
    db: &Db,
    batch: &mut Batch,
    indexed: Indexed,
    total: &mut write::Written,
    bar: &ProgressBar,
) -> Result<()> {
    let entries = u64::try_from(batch.logs.len()).unwrap_or_default();
    let mut tx = db.write().await.map_err(line)?;
    let written = write::write_in(&mut tx, batch, indexed).await.map_err(line)?;
    tx.commit().await.map_err(line)?;
    total.created += written.created;
    total.duplicate += written.duplicate;
    *batch = Batch::default();
    bar.inc(entries);
    Ok(())
}

async fn is_marked(db: &Db) -> Result<bool> {
    let sql = Sql::new("SELECT value FROM daybook_meta WHERE name = ").bind(MARK);
    Ok(db.fetch_optional::<(String,)>(sql).await.map_err(line)?.is_some())
}

async fn mark(db: &Db) -> Result<()> {
    let mut tx = db.write().await.map_err(line)?;
    let sql = Sql::new("INSERT INTO daybook_meta (name, value) VALUES (")
        .bind(MARK)
        .text(", 'yes') ON CONFLICT (name) DO NOTHING");
    tx.execute(sql).await.map_err(line)?;
    tx.commit().await.map_err(line)
}
