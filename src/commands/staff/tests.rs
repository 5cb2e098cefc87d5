//! Accounts as the command line makes and changes them.

use clap::Parser;

use super::*;
use crate::db::Sql;

const PASSWORD: &str = "four words in a row";

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Runs a command line: what it printed, or the one line it failed with.
async fn staff(db: &Db, ask: fn(bool) -> Result<String>, arguments: &[&str]) -> Result<String, String> {
    let command = Cli::try_parse_from(["staff"].iter().chain(arguments)).map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    let done = Desk { db, clock: &SystemClock, out: &mut out, ask }.run(&command.command).await;
    done.map_err(|error| format!("{error:#}"))?;
    Ok(String::from_utf8(out).expect("text"))
}

#[expect(clippy::unnecessary_wraps, reason = "it stands in for one that can fail")]
fn given(_: bool) -> Result<String> {
    Ok(PASSWORD.to_owned())
}

fn never(_: bool) -> Result<String> {
    bail!("asked for a password")
}

#[tokio::test]
async fn accounts_are_made_changed_listed_and_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = accounts::tests::database(&folder).await;
    assert!(staff(&db, never, &["list"]).await.expect("listed").starts_with("No staff account yet."));
    let add = ["add", "Maya.Osei@example.org", "--role", "support", "--name", "Maya Osei", "--password-stdin"];
    assert_eq!(staff(&db, given, &add).await.expect("added"), "Added Maya.Osei@example.org with the role support.\n");
    staff(&db, given, &["add", "d@example.org", "--role", "admin"]).await.expect("added");
    let account = accounts::by_email(&db, "maya.osei@example.org").await.expect("asked").expect("there");
    assert_eq!((account.role, account.name.as_deref()), (Role::Support, Some("Maya Osei")));

    staff(&db, never, &["set-role", "maya.osei@example.org", "viewer"]).await.expect("changed");
    staff(&db, never, &["disable", "maya.osei@example.org"]).await.expect("off");
    let again = staff(&db, never, &["disable", "maya.osei@example.org"]).await.expect("nothing to do");
    assert_eq!(again, "Maya.Osei@example.org is off already.\n");
    staff(&db, given, &["reset-password", "maya.osei@example.org"]).await.expect("changed");
    let today = SystemClock.now().utc().format("%Y-%m-%d");
    assert_eq!(
        staff(&db, never, &["list"]).await.expect("listed"),
        format!(
            "E-mail                 Name       Role    State  Created\n\
             d@example.org          -          admin   on     {today}\n\
             Maya.Osei@example.org  Maya Osei  viewer  off    {today}\n"
        )
    );
    staff(&db, never, &["enable", "maya.osei@example.org"]).await.expect("on");
    let lines: Vec<(String, String, Option<String>)> = db
        .fetch_all(Sql::new("SELECT kind, staff_email || ': ' || subject, detail FROM daybook_staff_log ORDER BY seq"))
        .await
        .expect("lines");
    let kinds: Vec<_> = lines.iter().map(|(kind, ..)| kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["staff_added", "staff_added", "staff_role_changed", "staff_disabled", "staff_password_reset", "staff_enabled"]
    );
    assert_eq!(lines[2].1, "command line: Maya.Osei@example.org");
    assert_eq!(lines[2].2.as_deref(), Some("support to viewer"));
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_one_line_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = accounts::tests::database(&folder).await;
    staff(&db, given, &["add", "maya@example.org", "--role", "viewer"]).await.expect("added");
    let weak: fn(bool) -> Result<String> = |_| Ok("maya@example.org".to_owned());
    let long = "x".repeat(81);
    for (ask, arguments) in [
        (never as fn(bool) -> Result<String>, &["add", "MAYA@example.org", "--role", "admin"][..]),
        (never, &["add", "no e-mail", "--role", "admin"]),
        (never, &["add", "new@example.org", "--role", "admin", "--name", &long]),
        (never, &["add", "new@example.org", "--role", "admin", "--name", "a\u{1b}[2J"]),
        (weak, &["reset-password", "maya@example.org"]),
        (never, &["disable", "nobody\u{1b}[2J@example.org"]),
    ] {
        let message = staff(&db, ask, arguments).await.expect_err("refused");
        assert!(!message.contains('\n') && !message.contains('\u{1b}'), "{message}");
        assert!(!message.contains("asked"), "{message}");
    }
    let message = staff(&db, never, &["add", "new@example.org", "--role", "owner"]).await.expect_err("no role");
    assert!(message.contains("viewer, support, admin"), "{message}");
    assert_eq!(accounts::list(&db).await.expect("listed").len(), 1);
}

#[test]
fn a_password_is_the_first_line() {
    assert_eq!(line(&b"four words \r\nmore"[..]).expect("a line"), "four words ");
    assert_eq!(line(&b"no end"[..]).expect("a line"), "no end");
    assert!(line(&b"\nmore"[..]).is_err() && line(&b""[..]).is_err() && line(&b"\xff\n"[..]).is_err());
}
