//! `daybook check`: says what a database is, and whether it could be served. It creates nothing.

use anyhow::{Result, bail};
use clap::Args as ClapArgs;

use super::{line, open};
use crate::{
    config::{DatabaseArgs, Sources},
    core::words,
    db::{Db, Sql, address::Address, migrate as schema, postgres::report},
    error_groups::gather,
    logs::{
        search::{index, members},
        totals::build as totals,
    },
};

/// Report what a database is and what it lacks
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  daybook check --database sqlite://daybook.db")]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// A row of the report: what, and how it is.
type Finding = (&'static str, String);

/// Prints the report; fails where the database could not be served.
pub async fn run(args: Args) -> Result<()> {
    let sources = Sources::new(args.database.config.as_ref())?;
    let address = sources.database(&args.database)?;
    let mut findings: Vec<Finding> = vec![("database", address.to_string())];
    let mut problem = None;
    match &address {
        Address::Sqlite(file) if !file.exists() => {
            findings.push(("schema", "not there yet: daybook serve makes it".to_owned()));
        }
        Address::Sqlite(file) => {
            let db = Db::inspect_sqlite(file).await.map_err(line)?;
            problem = inspect(&db, &mut findings).await?;
        }
        Address::Postgres(_) => {
            let db = open(&address, false).await?;
            problem = inspect(&db, &mut findings).await?;
            db.close().await;
        }
    }
    let width = findings.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in &findings {
        println!("{name:width$}  {value}");
    }
    match problem {
        None => Ok(()),
        Some(problem) => bail!("this database cannot be served: {problem}"),
    }
}

/// Fills in the findings; what is returned keeps it from being served.
async fn inspect(db: &Db, findings: &mut Vec<Finding>) -> Result<Option<String>> {
    if let Db::Postgres(server) = db {
        findings.extend(report::tables(server).await.map_err(line)?);
        let lacking = report::rights(server).await.map_err(line)?;
        let problem =
            (!lacking.is_empty()).then(|| format!("the role of this connection may not {}", lacking.join(", nor ")));
        findings.push(("rights", problem.clone().unwrap_or_else(|| "all that serving needs".to_owned())));
        if problem.is_some() {
            return Ok(problem);
        }
    }
    let state = schema::state(db).await.map_err(line)?;
    findings.push(("schema", state.to_string()));
    match state {
        schema::State::Newer(_)
        | schema::State::Foreign
        | schema::State::Unfit(_)
        | schema::State::Encoded(_)
        | schema::State::Unattached(_) => {
            return Ok(Some(state.to_string()));
        }
        // What is not there yet cannot be counted; serve brings it up to date by itself.
        schema::State::Behind(_) => return Ok(None),
        schema::State::Current => {}
    }
    let accounts = number(db, "SELECT count(*) FROM daybook_staff WHERE disabled_at IS NULL").await?;
    findings.push((
        "staff accounts",
        match accounts {
            0 => "none: daybook staff add you@example.org --role admin".to_owned(),
            n => words::count(n),
        },
    ));
    let entries = number(db, "SELECT count(*) FROM (SELECT 1 FROM audit_logs LIMIT 10001) AS entries").await?;
    findings.push(("entries", if entries > 10_000 { "more than 10,000".to_owned() } else { words::count(entries) }));
    match db {
        Db::Sqlite(_) => file(db, findings).await?,
        Db::Postgres(server) => findings.extend(report::fittings(server).await.map_err(line)?),
    }
    findings.push((
        "totals",
        match totals::progress(db).await.map_err(line)? {
            None => "not kept: daybook migrate would make the overview fast".to_owned(),
            Some(totals) if totals.is_complete() => "complete".to_owned(),
            Some(totals) => {
                format!("{} % of the entries: daybook serve counts the rest while it serves", totals.percent())
            }
        },
    ));
    let searchable = index::progress(db).await.map_err(line)?;
    findings.push((
        "search index",
        match searchable {
            100 => "complete".to_owned(),
            0 if db.dialect().derives() => "not there: daybook migrate would make searching fast".to_owned(),
            percent => format!("{percent} % of the entries: daybook serve builds the rest while it serves"),
        },
    ));
    let indexed = members::is_complete(db).await.map_err(line)?;
    findings.push((
        "member index",
        match indexed {
            true => "complete".to_owned(),
            false if db.dialect().derives() => "not there: daybook migrate would make finding by name fast".to_owned(),
            false => "in part: daybook serve builds the rest while it serves".to_owned(),
        },
    ));
    let groups = gather::progress(db).await.map_err(line)?;
    findings.push((
        "error groups",
        match groups.back_to() {
            _ if groups.is_complete() => "complete".to_owned(),
            _ if groups.has_swept() => "older errors came in: daybook serve gathers them while it serves".to_owned(),
            Some(at) => {
                format!("back to {}: daybook serve gathers the rest while it serves", at.utc().format("%Y-%m-%d"))
            }
            None => "none yet: daybook serve gathers them while it serves".to_owned(),
        },
    ));
    Ok(None)
}

/// What only a file can tell.
async fn file(db: &Db, findings: &mut Vec<Finding>) -> Result<()> {
    let guards = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_logs' \
                  AND name IN ('daybook_no_replace', 'daybook_no_update', 'daybook_no_delete')";
    let guards = number(db, guards).await?;
    findings.push((
        "immutability",
        if guards == 3 {
            "guarded by the database".to_owned()
        } else {
            "NOT guarded: triggers of audit_logs are missing".to_owned()
        },
    ));
    let deferred = number(db, "SELECT count(*) FROM daybook_deferred_indexes").await?;
    findings.push((
        "indexes",
        match deferred {
            0 => "complete".to_owned(),
            n => format!("{n} to be built after a load that broke off: daybook migrate builds them"),
        },
    ));
    Ok(())
}

async fn number(db: &Db, sql: &'static str) -> Result<u64> {
    let row: Option<(i64,)> = db.fetch_optional(Sql::new(sql)).await.map_err(line)?;
    Ok(row.map_or(0, |(n,)| u64::try_from(n).unwrap_or_default()))
}
