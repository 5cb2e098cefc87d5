//! `daybook serve` as `scripts/bench` needs it: the product as it is, and beside its routes three that the product does
//! not have.
//!
//! `/bench/constant` answers 30 KB that are made before, behind the same layers as a page of staff: what a page can cost
//! at the least here. `/bench/rows` answers the same, but asks for the newest fifty rows first, in one plain statement:
//! what a page of rows can cost at the least with this driver. `/bench/statements` tells which statements the database ran since it was last asked and how long
//! each took, as the driver measures it around the statement itself: what a page's own queries cost, inside the very
//! server that makes the page.

use std::{
    fmt::Debug,
    sync::{Mutex, PoisonError},
};

use actix_web::{
    HttpResponse,
    web::{self, Bytes},
};
use clap::Parser;
use daybook::{
    commands::serve,
    core::{error::Error, role::Role, time::Timestamp},
    db::Sql,
    routes::ROUTES,
    session::access::{Access, Route, get},
    web::state::State,
};
use tracing::field::{Field, Visit};
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};
use uuid::Uuid;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    serve: serve::Args,
    /// Take down every statement; slower, so nothing else is measured then
    #[arg(long)]
    statements: bool,
}

static CONSTANT: [u8; 30 * 1024] = [b'x'; 30 * 1024];

static EXTRA: [Route; 3] = [
    get("/bench/rows", Access::Staff(Role::Viewer), |to| to.to(rows)),
    get("/bench/constant", Access::Staff(Role::Viewer), |to| to.to(constant)),
    get("/bench/statements", Access::Public, |to| to.to(statements)),
];

async fn constant() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(Bytes::from_static(&CONSTANT))
}

/// A list's columns of the application's table.
type Row =
    (Uuid, Timestamp, Option<Uuid>, Option<String>, String, String, String, String, Option<Uuid>, Option<String>);

async fn rows(state: web::Data<State>) -> Result<HttpResponse, Error> {
    let sql = Sql::new(
        "SELECT id, \"timestamp\", member_id, member_email, action_type, area, description, status, booking_id, \
         error_message FROM audit_logs ORDER BY \"timestamp\" DESC, id DESC",
    );
    let rows: Vec<Row> = state.db.fetch_all(sql.limit(50)).await?;
    assert_eq!(rows.len(), 50, "the database has fewer entries than a page");
    Ok(constant().await)
}

/// A line a statement: microseconds, a tab, the statement on one line.
async fn statements() -> HttpResponse {
    let ran = std::mem::take(&mut *RAN.lock().unwrap_or_else(PoisonError::into_inner));
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(ran.concat())
}

static RAN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Takes down what the driver logs of each statement.
struct TakeDown;

impl<S: tracing::Subscriber> Layer<S> for TakeDown {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        // A short statement is its own summary.
        let text = if statement.text.is_empty() { &statement.summary } else { &statement.text };
        let words: Vec<&str> = text.split_whitespace().collect();
        let line = format!("{:.1}\t{}\n", statement.seconds * 1e6, words.join(" "));
        RAN.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

#[derive(Default)]
struct Statement {
    summary: String,
    text: String,
    seconds: f64,
}

impl Visit for Statement {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.text),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if cli.statements {
        let only = Targets::new().with_target("sqlx::query", tracing::Level::DEBUG);
        tracing_subscriber::registry().with(TakeDown.with_filter(only)).init();
    }
    let routes = [ROUTES, EXTRA.as_slice()].concat();
    serve::run_with(cli.serve, routes.leak()).await
}
