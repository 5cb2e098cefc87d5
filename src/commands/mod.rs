//! The command line: one file a command. A failure is one line on stderr that says what to do.

mod backup;
mod check;
mod demo;
mod export;
mod import;
mod load;
mod migrate;
mod output;
mod rebuild;
mod seed;
pub mod serve;
mod staff;
mod table;
mod token;

use anyhow::{Result, anyhow};
use clap::{Parser, Subcommand};

use crate::{
    config::{DatabaseArgs, Sources},
    core::error::Error,
    db::{Db, address::Address, migrate as schema},
};

/// A self-hosted dashboard over an application's audit log.
#[derive(Debug, Parser)]
#[command(name = "daybook", version, about, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Serve(serve::Args),
    Migrate(migrate::Args),
    Check(check::Args),
    Seed(seed::Args),
    Export(export::Args),
    Import(import::Args),
    Staff(staff::Args),
    Token(token::Args),
    Rebuild(rebuild::Args),
    Backup(backup::Args),
}

/// Runs a command to its end.
pub async fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Demo(args) => demo::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Migrate(args) => migrate::run(args).await,
        Command::Check(args) => check::run(args).await,
        Command::Seed(args) => seed::run(args).await,
        Command::Export(args) => export::run(args).await,
        Command::Import(args) => import::run(args).await,
        Command::Staff(args) => staff::run(args).await,
        Command::Token(args) => token::run(args).await,
        Command::Rebuild(args) => rebuild::run(args).await,
        Command::Backup(args) => backup::run(args).await,
    }
}

/// An error of ours as one line for the terminal.
fn line(error: Error) -> anyhow::Error {
    match error {
        Error::Internal(error) | Error::Unfit(error) => error,
        error => anyhow!("{error}"),
    }
}

/// Refuses to write entries where they are the application's own.
fn refuse_attached(db: &Db) -> Result<()> {
    anyhow::ensure!(
        !db.is_attached(),
        "attached-read-only: these tables are the application's, which Daybook reads and never writes; name another database with --database"
    );
    Ok(())
}

/// Opens an own database, which is made and migrated where that is due.
async fn own(args: &DatabaseArgs) -> Result<(Sources, Db)> {
    let sources = Sources::new(args.config.as_ref())?;
    let address = sources.database(args)?;
    let db = make(&address).await?;
    Ok((sources, db))
}

/// Opens the database at `address`, made and migrated where that is due.
async fn make(address: &Address) -> Result<Db> {
    migrated(open(address, true).await?).await
}

/// The same database, migrated where that is due.
async fn migrated(db: Db) -> Result<Db> {
    for step in schema::run(&db).await.map_err(line)? {
        tracing::info!("migrated: {step}");
    }
    Ok(db)
}

/// How long `serve` waits for a server that does not answer: longer than one takes to start beside it.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

/// The same, waiting for a server that is not there yet: both may have been started together.
async fn make_patiently(address: &Address) -> Result<Db> {
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        let opened = match address {
            Address::Sqlite(_) => return make(address).await,
            Address::Postgres(server) => Db::open_postgres(server).await,
        };
        match opened {
            Ok(db) => return migrated(db).await,
            Err(Error::Unavailable(why)) if std::time::Instant::now() < until => {
                tracing::warn!("waiting for {address}: {why}");
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
            Err(Error::Unavailable(why)) => {
                return Err(anyhow!("{address} did not answer for {} s: {why}", PATIENCE.as_secs()));
            }
            Err(error) => return Err(refused(address, error)),
        }
    }
}

/// Why a database could not be opened, in a line.
fn refused(address: &Address, error: Error) -> anyhow::Error {
    match error {
        Error::Internal(error) => anyhow!("{address} cannot be opened: {error:#}"),
        error => anyhow!("{address} cannot be opened: {error}"),
    }
}

/// Opens the database at `address`; `create` makes the file where there is none.
async fn open(address: &Address, create: bool) -> Result<Db> {
    let file = match address {
        Address::Sqlite(file) => file,
        Address::Postgres(server) => {
            return Db::open_postgres(server).await.map_err(|error| refused(address, error));
        }
    };
    if !create && !file.exists() {
        return Err(anyhow!(
            "there is no database at {address}: daybook serve makes it, or name another with --database"
        ));
    }
    if create && !file.exists() {
        private(file)?;
    }
    Db::open_sqlite(file, create).await.map_err(|error| match error {
        Error::Internal(error) => anyhow!("{address} cannot be opened: {error}"),
        error => anyhow!("{address} cannot be opened: {error}"),
    })
}

/// Makes an empty file that only its owner may read: it will hold members' data. SQLite gives its side files the same
/// rights.
fn private(file: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map(drop)
        .map_err(|error| anyhow!("{} cannot be made: {error}", file.display()))
}
