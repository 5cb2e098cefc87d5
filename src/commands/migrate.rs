//! `daybook migrate`: brings the schema up to date.

use anyhow::{Result, bail};
use clap::Args as ClapArgs;

use super::{line, open};
use crate::{
    config::{DatabaseArgs, Sources},
    db::{
        Db,
        address::Address,
        migrate as schema,
        postgres::fittings::{Kind, Without},
    },
};

/// Bring the schema of a database up to date
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  daybook migrate --dry-run --database sqlite://daybook.db")]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Print the SQL instead of running it
    #[arg(long)]
    dry_run: bool,
    /// What not to put onto the log's table in PostgreSQL; repeatable
    #[arg(long, value_name = "WHAT", value_enum)]
    without: Vec<Kind>,
}

/// Migrates, and prints each step.
pub async fn run(args: Args) -> Result<()> {
    let sources = Sources::new(args.database.config.as_ref())?;
    let address = sources.database(&args.database)?;
    let without = Without(args.without);
    if matches!(address, Address::Sqlite(_)) && !without.0.is_empty() {
        bail!("--without: only on PostgreSQL, where the log may be the application's table");
    }
    if args.dry_run {
        return print(&address, &without).await;
    }
    let db = open(&address, true).await?;
    let mut any = false;
    let ran = schema::run_anywhere(&db, &without, |step| {
        any = true;
        println!("done: {step}");
    });
    ran.await.map_err(line)?;
    if !any {
        println!("up to date: nothing to do");
    }
    db.close().await;
    Ok(())
}

/// Prints what would run, and makes nothing: not even the file.
async fn print(address: &Address, without: &Without) -> Result<()> {
    let db = match address {
        Address::Sqlite(file) if !file.exists() => None,
        Address::Sqlite(file) => Some(Db::inspect_sqlite(file).await.map_err(line)?),
        Address::Postgres(_) => Some(open(address, false).await?),
    };
    let pending = match &db {
        None => schema::all(),
        Some(db) => match schema::state(db).await.map_err(line)? {
            state @ (schema::State::Newer(_)
            | schema::State::Foreign
            | schema::State::Unfit(_)
            | schema::State::Encoded(_)) => bail!("{state}"),
            _ => schema::pending(db, without).await.map_err(line)?,
        },
    };
    if pending.is_empty() {
        println!("-- up to date: nothing to do");
    }
    for (name, sql) in pending {
        println!("-- {name}\n{sql}\n");
    }
    Ok(())
}
