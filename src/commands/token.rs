//! `daybook token`: API tokens, from the command line. Each change and its line in the staff's log are one transaction.

use std::io::{self, Write};

use anyhow::{Result, anyhow, bail, ensure};
use clap::{Args as ClapArgs, Subcommand, builder::TypedValueParser};

use super::{
    line, own,
    table::{self, shown},
};
use crate::{
    config::DatabaseArgs,
    core::time::{Clock, SystemClock, Timestamp},
    db::{Db, Tx},
    session::{
        accounts,
        tokens::{self, NewToken, NotMade, Scope, Scopes, Token},
    },
    staff_log::{self, Kind, Record},
};

/// API tokens: which programs may write entries, and which may read them
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  daybook token create clubhouse-web --scope ingest --owner you@example.org")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What is done to a token.
#[derive(Debug, Subcommand)]
enum Command {
    /// Make a token and print it; it cannot be shown again
    #[command(
        after_help = "Example:\n  daybook token create nightly-report --scope read --owner you@example.org --expires 2027-01-01T00:00:00Z"
    )]
    Create(Create),
    /// List all tokens
    #[command(after_help = "Example:\n  daybook token list")]
    List(List),
    /// Take a token back; it counts from its next request
    #[command(after_help = "Example:\n  daybook token revoke nightly-report")]
    Revoke(Revoke),
}

#[derive(Debug, ClapArgs)]
struct Create {
    /// What it is called: one token for each program, so that each can be revoked alone
    name: String,
    /// What it may do; repeatable
    #[arg(long, required = true, value_parser = scope())]
    scope: Vec<Scope>,
    /// The e-mail of the staff account that answers for it; it reads what their role may
    #[arg(long, value_name = "EMAIL")]
    owner: String,
    /// From when on it is refused, such as 2027-01-01T00:00:00Z; never unless said
    #[arg(long, value_name = "INSTANT")]
    expires: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, ClapArgs)]
struct List {
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, ClapArgs)]
struct Revoke {
    /// Its name
    name: String,
    #[command(flatten)]
    database: DatabaseArgs,
}

fn scope() -> impl TypedValueParser<Value = Scope> {
    clap::builder::PossibleValuesParser::new(Scope::ALL.map(Scope::as_str)).try_map(|text| text.parse::<Scope>())
}

impl Command {
    fn database(&self) -> &DatabaseArgs {
        match self {
            Self::Create(args) => &args.database,
            Self::List(args) => &args.database,
            Self::Revoke(args) => &args.database,
        }
    }
}

/// Does it, and says so on standard output.
///
/// # Errors
/// One line that says what to do.
pub async fn run(args: Args) -> Result<()> {
    let (_, db) = own(args.command.database()).await?;
    let (now, out) = (SystemClock.now(), &mut io::stdout());
    let done = match &args.command {
        Command::Create(args) => create(&db, args, now, out).await,
        Command::List(_) => list(&db, now, out).await,
        Command::Revoke(args) => revoke(&db, &args.name, now, out).await,
    };
    db.close().await;
    done
}

async fn create(db: &Db, args: &Create, now: Timestamp, out: &mut impl Write) -> Result<()> {
    let name = tokens::name(&args.name).map_err(|why| anyhow!("the name is not taken: {why}"))?;
    let expires_at = args.expires.as_deref().map(|text| expiry(text, now)).transpose()?;
    let scopes = Scopes::new(args.scope.iter().copied()).ok_or_else(|| anyhow!("give at least one --scope"))?;
    let owner = accounts::by_email(db, args.owner.trim()).await.map_err(line)?;
    let owner =
        owner.ok_or_else(|| anyhow!("nobody has the e-mail “{}”: see daybook staff list", shown(&args.owner)))?;
    ensure!(owner.disabled_at.is_none(), "the account {} is off: daybook staff enable {0}", owner.email);
    let new = NewToken { name: name.to_owned(), scopes, owner: owner.id, expires_at };
    let mut tx = db.write().await.map_err(line)?;
    let token = match tokens::add(&mut tx, &new, now).await.map_err(line)? {
        Ok(token) => token,
        Err(NotMade::Taken) => bail!("a token is called {name} already: revoke it first, or choose another name"),
        Err(NotMade::TooMany) => bail!("{} tokens are in use, as many as may be: revoke one first", tokens::MOST),
    };
    let detail = format!("{} for {}, {}…", new.scopes.listed(), owner.email, tokens::prefix(&token));
    commit(tx, Kind::TokenCreated, name, Some(detail), now).await?;
    writeln!(out, "{token}")?;
    Ok(())
}

/// An instant that is still to come.
fn expiry(text: &str, now: Timestamp) -> Result<Timestamp> {
    let at = Timestamp::parse_rfc3339(text).ok_or_else(|| {
        anyhow!("--expires: “{}” is not an instant with an offset, such as 2027-01-01T00:00:00Z", shown(text))
    })?;
    ensure!(at > now, "--expires: {} is over already", at.rfc3339());
    Ok(at)
}

async fn list(db: &Db, now: Timestamp, out: &mut impl Write) -> Result<()> {
    let all = tokens::list(db).await.map_err(line)?;
    if all.is_empty() {
        writeln!(out, "No token yet. Make one: daybook token create NAME --scope ingest --owner you@example.org")?;
        return Ok(());
    }
    let mut rows = vec![["Name", "Begins", "Scopes", "Owner", "State", "Last use", "Expires"].map(str::to_owned)];
    rows.extend(all.iter().map(|token| row(token, now)));
    Ok(table::print(out, &rows)?)
}

fn row(token: &Token, now: Timestamp) -> [String; 7] {
    let instant =
        |at: Option<Timestamp>| at.map_or("never".to_owned(), |at| at.utc().format("%Y-%m-%dT%H:%MZ").to_string());
    [
        shown(&token.name),
        token.prefix.clone(),
        token.scopes.listed(),
        shown(&token.owner_email),
        token.standing(now).word().to_owned(),
        instant(token.last_used_at),
        instant(token.expires_at),
    ]
}

async fn revoke(db: &Db, name: &str, now: Timestamp, out: &mut impl Write) -> Result<()> {
    let mut tx = db.write().await.map_err(line)?;
    let token = tokens::by_name(&mut tx, name.trim()).await.map_err(line)?;
    let token = token.ok_or_else(|| anyhow!("no token in use is called “{}”: see daybook token list", shown(name)))?;
    tokens::revoke(&mut tx, token.id, now).await.map_err(line)?;
    commit(tx, Kind::TokenRevoked, &token.name, Some(format!("{}…", token.prefix)), now).await?;
    writeln!(out, "{} is revoked.", token.name)?;
    Ok(())
}

/// Ends a change: its line is written in the same transaction.
async fn commit(tx: Tx, kind: Kind, name: &str, detail: Option<String>, now: Timestamp) -> Result<()> {
    staff_log::commit(tx, Record::by_command(now, kind, name, detail)).await.map_err(line)
}
