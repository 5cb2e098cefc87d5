//! `daybook staff`: accounts, from the command line. Each change and its line in the staff's log are one transaction.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::{Args as ClapArgs, Subcommand, builder::TypedValueParser};

use super::{
    own,
    table::{self, shown},
};
use crate::{
    config::DatabaseArgs,
    core::{
        role::Role,
        time::{Clock, SystemClock},
    },
    db::{Db, Tx},
    session::{
        accounts::{self, Account, NewAccount},
        password,
    },
    staff_log::{self, Kind, Record},
};

/// Staff accounts: who may sign in, and what they may see
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  daybook staff add you@example.org --role admin")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What is done to an account.
#[derive(Debug, Subcommand)]
enum Command {
    /// Add an account; asks for its password
    #[command(after_help = "Example:\n  daybook staff add maya@example.org --role support --name 'Maya Osei'")]
    Add(Add),
    /// List all accounts
    #[command(after_help = "Example:\n  daybook staff list")]
    List(List),
    /// Switch an account off; ends its sessions
    #[command(after_help = "Example:\n  daybook staff disable maya@example.org")]
    Disable(Whose),
    /// Switch an account on again
    #[command(after_help = "Example:\n  daybook staff enable maya@example.org")]
    Enable(Whose),
    /// Give an account another password; ends its sessions
    #[command(after_help = "Example:\n  daybook staff reset-password maya@example.org")]
    ResetPassword(ResetPassword),
    /// Give an account another role; counts from its next request
    #[command(after_help = "Example:\n  daybook staff set-role maya@example.org admin")]
    SetRole(SetRole),
}

#[derive(Debug, ClapArgs)]
struct Add {
    /// Their e-mail, with which they sign in
    email: String,
    /// What they may see and do
    #[arg(long, value_parser = role())]
    role: Role,
    /// Their name
    #[arg(long)]
    name: Option<String>,
    /// Read the password from one line of standard input
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, ClapArgs)]
struct List {
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, ClapArgs)]
struct Whose {
    /// Their e-mail
    email: String,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, ClapArgs)]
struct ResetPassword {
    /// Their e-mail
    email: String,
    /// Read the password from one line of standard input
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, ClapArgs)]
struct SetRole {
    /// Their e-mail
    email: String,
    /// What they may see and do
    #[arg(value_parser = role())]
    role: Role,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Command {
    fn database(&self) -> &DatabaseArgs {
        match self {
            Self::Add(args) => &args.database,
            Self::List(args) => &args.database,
            Self::Disable(args) | Self::Enable(args) => &args.database,
            Self::ResetPassword(args) => &args.database,
            Self::SetRole(args) => &args.database,
        }
    }
}

fn role() -> impl TypedValueParser<Value = Role> {
    clap::builder::PossibleValuesParser::new(Role::ALL.map(Role::as_str)).try_map(|text| text.parse::<Role>())
}

/// Does it, and says so on standard output.
///
/// # Errors
/// One line that says what to do.
pub async fn run(args: Args) -> Result<()> {
    let (_, db) = own(args.command.database()).await?;
    let done = Desk { db: &db, clock: SystemClock, out: io::stdout() }.run(&args.command).await;
    db.close().await;
    done
}

/// Where commands are carried out.
struct Desk<'a> {
    db: &'a Db,
    clock: SystemClock,
    out: io::Stdout,
}

impl Desk<'_> {
    async fn run(&mut self, command: &Command) -> Result<()> {
        match command {
            Command::Add(add) => self.add(add).await,
            Command::List(_) => self.list().await,
            Command::Disable(whose) => self.switch(&whose.email, false).await,
            Command::Enable(whose) => self.switch(&whose.email, true).await,
            Command::ResetPassword(reset) => self.reset_password(reset).await,
            Command::SetRole(set) => self.set_role(set).await,
        }
    }

    async fn add(&mut self, add: &Add) -> Result<()> {
        let email = accounts::email(&add.email).ok_or_else(|| anyhow!("“{}” is not an e-mail", shown(&add.email)))?;
        let name = name(add.name.as_deref())?;
        ensure!(accounts::by_email(self.db, email).await?.is_none(), taken(email));
        let password_hash = new_password(add.password_stdin, email, name)?;
        let new = NewAccount { email: email.to_owned(), name: name.map(str::to_owned), role: add.role, password_hash };
        let mut tx = self.db.write().await?;
        ensure!(accounts::add(&mut tx, &new, self.clock.now()).await?.is_some(), taken(email));
        self.commit(tx, Kind::StaffAdded, email, Some(add.role.as_str())).await?;
        writeln!(self.out, "Added {email} with the role {}.", add.role)?;
        Ok(())
    }

    async fn list(&mut self) -> Result<()> {
        let accounts = accounts::list(self.db).await?;
        if accounts.is_empty() {
            writeln!(self.out, "No staff account yet. Add one: daybook staff add you@example.org --role admin")?;
            return Ok(());
        }
        let mut rows = vec![["E-mail", "Name", "Role", "State", "Created"].map(str::to_owned)];
        rows.extend(accounts.into_iter().map(|account| {
            [
                shown(&account.email),
                shown(account.name.as_deref().unwrap_or("-")),
                account.role.to_string(),
                if account.disabled_at.is_some() { "off" } else { "on" }.to_owned(),
                account.created_at.utc().format("%Y-%m-%d").to_string(),
            ]
        }));
        Ok(table::print(&mut self.out, &rows)?)
    }

    async fn switch(&mut self, email: &str, on: bool) -> Result<()> {
        let account = self.account(email).await?;
        let email = &account.email;
        if account.disabled_at.is_none() == on {
            writeln!(self.out, "{email} is {} already.", if on { "on" } else { "off" })?;
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        accounts::set_disabled(&mut tx, account.id, (!on).then(|| self.clock.now())).await?;
        let kind = if on { Kind::StaffEnabled } else { Kind::StaffDisabled };
        self.commit(tx, kind, email, None).await?;
        writeln!(self.out, "{email} is {}.", if on { "on again" } else { "off, and signed out everywhere" })?;
        Ok(())
    }

    async fn reset_password(&mut self, reset: &ResetPassword) -> Result<()> {
        let account = self.account(&reset.email).await?;
        let hash = new_password(reset.password_stdin, &account.email, account.name.as_deref())?;
        let mut tx = self.db.write().await?;
        accounts::set_password(&mut tx, account.id, &hash).await?;
        self.commit(tx, Kind::StaffPasswordReset, &account.email, None).await?;
        writeln!(self.out, "{} has a new password, and is signed out everywhere.", account.email)?;
        Ok(())
    }

    async fn set_role(&mut self, set: &SetRole) -> Result<()> {
        let account = self.account(&set.email).await?;
        if account.role == set.role {
            writeln!(self.out, "{} has the role {} already.", account.email, set.role)?;
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        accounts::set_role(&mut tx, account.id, set.role).await?;
        let change = format!("{} to {}", account.role, set.role);
        self.commit(tx, Kind::StaffRoleChanged, &account.email, Some(&change)).await?;
        writeln!(self.out, "{} has the role {} now.", account.email, set.role)?;
        Ok(())
    }

    async fn account(&self, email: &str) -> Result<Account> {
        let account = accounts::by_email(self.db, email.trim()).await?;
        account.ok_or_else(|| anyhow!("nobody has the e-mail “{}”: see daybook staff list", shown(email)))
    }

    /// Ends a change: its line is written in the same transaction.
    async fn commit(&self, tx: Tx, kind: Kind, email: &str, detail: Option<&str>) -> Result<()> {
        let record = Record::by_command(self.clock.now(), kind, email, detail.map(str::to_owned));
        Ok(staff_log::commit(tx, record).await?)
    }
}

fn taken(email: &str) -> String {
    format!("{email} has an account already: use set-role or reset-password")
}

/// A name as it may stand in an account.
fn name(text: Option<&str>) -> Result<Option<&str>> {
    accounts::name(text.unwrap_or_default()).map_err(|why| anyhow!("{why}"))
}

/// Asks for a password: its hash.
fn new_password(from_stdin: bool, email: &str, name: Option<&str>) -> Result<String> {
    let password = ask(from_stdin)?;
    password::acceptable(&password, email, name).map_err(|reason| anyhow!("password not taken: {reason}"))?;
    Ok(password::hash(&password)?)
}

/// A password from a line of standard input, or twice from the terminal: never an argument, which others can see.
fn ask(from_stdin: bool) -> Result<String> {
    let stdin = io::stdin();
    if from_stdin {
        return line(stdin.lock());
    }
    if !stdin.is_terminal() {
        bail!("there is no terminal to ask for the password: add --password-stdin and give it on one line");
    }
    let ask = |prompt| rpassword::prompt_password(prompt).context("the terminal gave no password");
    let password = ask("Password: ")?;
    ensure!(password == ask("Password again: ")?, "the two passwords differ: nothing was changed");
    Ok(password)
}

/// The first line, without its end.
fn line(input: impl io::BufRead) -> Result<String> {
    const LONGEST: u64 = 4_096;
    let mut line = String::new();
    input.take(LONGEST).read_line(&mut line).context("standard input could not be read as a line of UTF-8")?;
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    ensure!(!line.is_empty(), "standard input held no password: give it on one line");
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line() {
        assert_eq!(line(&b"four words \r\nmore"[..]).expect("a line"), "four words ");
        assert_eq!(line(&b"no end"[..]).expect("a line"), "no end");
        assert!(line(&b"\nmore"[..]).is_err() && line(&b""[..]).is_err() && line(&b"\xff\n"[..]).is_err());
    }
}
