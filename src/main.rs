//! Parses the command line and runs it.

use std::process::ExitCode;

use clap::{Parser, error::ErrorKind};
use daybook::commands::{Cli, run};

/// What is said of a command line that is not understood: its first line, and where to look.
const WRONG_USAGE: u8 = 2;

#[actix_web::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misunderstood(&error),
    };
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Help goes to stdout as it is; anything else is one line that says what was wrong.
fn misunderstood(error: &clap::Error) -> ExitCode {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand) {
        error.exit();
    }
    let text = error.to_string();
    // What is missing is listed below the first line; usage and tips follow an empty one.
    let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    let what = lines.collect::<Vec<_>>().join(" ");
    say(&format!("{}; daybook --help says how it is meant", what.trim_start_matches("error: ")));
    ExitCode::from(WRONG_USAGE)
}

/// One line on stderr, whatever stands in it.
fn say(text: &str) {
    eprintln!("daybook: {}", text.replace(['\n', '\r'], " "));
}
