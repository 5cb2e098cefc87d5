//! `daybook migrate`: brings the schema up to date.

use anyhow::{Result, bail};
use clap::Args as ClapArgs;

use super::{line, open};
use crate::{
    config::{DatabaseArgs, Sources},
    db::{address::Address, migrate as schema},
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
}

/// Migrates, and prints each step.
pub async fn run(args: Args) -> Result<()> {
    let sources = Sources::new(args.database.config.as_ref())?;
    let address = sources.database(&args.database)?;
    if args.dry_run {
        return print(&address).await;
    }
    let db = open(&address, true).await?;
    let steps = schema::run(&db).await.map_err(line)?;
    if steps.is_empty() {
        println!("up to date: nothing to do");
    }
    for step in steps {
        println!("done: {step}");
    }
    db.close().await;
    Ok(())
}

/// Prints what would run, and makes nothing: not even the file.
async fn print(address: &Address) -> Result<()> {
    let Address::Sqlite(file) = address;
    let pending = if file.exists() {
        let db = crate::db::Db::inspect_sqlite(file).await.map_err(line)?;
        match schema::state(&db).await.map_err(line)? {
            schema::State::Newer(_) | schema::State::Foreign => bail!("{}", schema::state(&db).await.map_err(line)?),
            _ => schema::pending(&db).await.map_err(line)?,
        }
    } else {
        schema::all()
    };
    if pending.is_empty() {
        println!("-- up to date: nothing to do");
    }
    for (name, sql) in pending {
        println!("-- {name}\nBEGIN;\n{}\nCOMMIT;\n", sql.trim_end());
    }
    Ok(())
}
