//! Parses the command line and runs it.

use std::process::ExitCode;

use clap::Parser;
use daybook::commands::{Cli, run};

#[actix_web::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, whatever stands in it.
            let line = format!("{error:#}").replace(['\n', '\r'], " ");
            eprintln!("daybook: {line}");
            ExitCode::FAILURE
        }
    }
}
