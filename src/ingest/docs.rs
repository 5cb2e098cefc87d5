//! The API described: the OpenAPI document for programs, and a page for people.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::CACHE_CONTROL},
    web,
};
use askama::Template;

use super::{
    describe::{
        ALWAYS, OPERATIONS, Operation, document, examples,
        fields::{self, Field},
    },
    intake,
};
use crate::{
    core::{error::Result, words},
    session::tokens::Scope,
    web::{problem::Kind, respond, shell::BareShell, state::State},
};

/// `GET /api/v1/openapi.json`
pub async fn document() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(document::document())
}

/// `GET /api/docs`
pub async fn page(req: HttpRequest, state: web::Data<State>) -> Result<HttpResponse> {
    let rates = state.budgets.rates;
    let page = DocsPage {
        shell: respond::bare_shell(&req),
        operations: OPERATIONS.iter().map(Section::of).collect(),
        tables: vec![
            Table { id: "entry", title: "An entry", fields: fields::ENTRY },
            Table { id: "member", title: "A member", fields: fields::MEMBER },
            Table { id: "booking", title: "A booking", fields: fields::BOOKING },
        ],
        problems: Kind::ALL,
        limits: vec![
            format!(
                "A body of entries has at most {} MiB and {} lines.",
                intake::BYTES / 1024 / 1024,
                words::count(intake::LINES as u64)
            ),
            format!("A body about a member or a booking has at most {} KiB.", intake::SMALL / 1024),
            format!(
                "A token has {} requests a minute to read and {} to write; RateLimit says what is left.",
                words::count(rates.read.get().into()),
                words::count(rates.ingest.get().into())
            ),
        ],
    };
    respond::page(StatusCode::OK, &page)
}

/// The page.
#[derive(Template)]
#[template(path = "ingest/docs.html")]
struct DocsPage {
    shell: BareShell,
    operations: Vec<Section>,
    tables: Vec<Table>,
    problems: &'static [Kind],
    limits: Vec<String>,
}

/// The fields of something.
struct Table {
    id: &'static str,
    title: &'static str,
    fields: &'static [Field],
}

/// An operation on the page.
struct Section {
    operation: &'static Operation,
    path: String,
    curl: String,
    /// What is answered: status, when, and an example.
    answers: Vec<(u16, &'static str, Option<String>)>,
    problems: Vec<Kind>,
}

impl Section {
    fn of(operation: &'static Operation) -> Self {
        let path = operation.full_path();
        let mut problems: Vec<Kind> = operation.problems.iter().chain(ALWAYS).copied().collect();
        problems.sort_by_key(|kind| kind.status());
        let example = |answer: &super::describe::Answer| {
            let value = examples::answered(answer.holds)?;
            serde_json::to_string_pretty(&value).ok().filter(|text| text != "{}")
        };
        Self {
            curl: curl(operation, &path),
            answers: operation.answers.iter().map(|answer| (answer.status, answer.about, example(answer))).collect(),
            path,
            problems,
            operation,
        }
    }
}

/// The request for a terminal.
fn curl(operation: &Operation, path: &str) -> String {
    let id = if path.contains("/members/") {
        examples::MEMBER
    } else if path.contains("/bookings/") {
        examples::BOOKING
    } else {
        examples::ENTRY
    };
    let query = if operation.query.is_empty() { "" } else { "?range=24h&status=error" };
    let mut lines = vec![format!("curl \"$DAYBOOK{}{query}\"", path.replace("{id}", id))];
    if operation.method != "GET" {
        lines.push(format!("--request {}", operation.method));
    }
    lines.push("--header \"Authorization: Bearer $TOKEN\"".to_owned());
    if let Some(sends) = operation.body {
        lines.push("--header 'Content-Type: application/json'".to_owned());
        lines.push(format!("--data '{:#}'", examples::sent(sends)));
    }
    lines.join(" \\\n  ")
}

impl DocsPage {
    /// The scopes and what they are for.
    fn scopes() -> [(Scope, &'static str); 2] {
        [
            (Scope::Ingest, "writes entries, members and bookings"),
            (Scope::Read, "reads entries, as its owner’s role may"),
        ]
    }
}
