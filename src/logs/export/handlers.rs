//! The requests for a file: who asks for what is written down, then it streams.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION},
    },
    web,
};

use super::{Asked, Export, Format, stream};
use crate::{
    core::{error::Result, form::FieldErrors},
    logs::{
        form::{Asker, FilterForm, Surface},
        summary,
        view::Reader,
    },
    session::Signed,
    staff_log::Kind,
    web::{
        error_page::{ErrorFragment, ErrorPage, ErrorView},
        respond::{self, Want},
        shell::Section,
        state::State,
    },
};

/// `GET /logs/export.csv`
pub async fn csv(req: HttpRequest, state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    answer(&req, state, &signed, Format::Csv).await
}

/// `GET /logs/export.ndjson`
pub async fn ndjson(req: HttpRequest, state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    answer(&req, state, &signed, Format::Ndjson).await
}

async fn answer(req: &HttpRequest, state: web::Data<State>, signed: &Signed, format: Format) -> Result<HttpResponse> {
    let reader = Reader::of(signed);
    let form = FilterForm::new(req.query_string());
    let asked = match Asked::read(&form, Asker { zone: reader.zone, role: reader.role, surface: Surface::Machine }) {
        Ok(asked) => asked,
        Err(errors) => return refused(req, signed, &errors),
    };
    let name = file_name(&asked, &state.site.name, &reader);
    let mut file = HttpResponse::Ok();
    file.insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{format}\"")))
        .content_type(format.content_type());
    if req.method() == Method::HEAD {
        return Ok(file.finish());
    }
    let query = asked.query_string(reader.zone);
    let export = Export::open(&state.db, asked, format, reader.now, reader.role.sees_details()).await?;
    let (subject, query) = (Some(format.to_string()), Some(query));
    signed.record(Kind::Exported, subject.clone(), query.clone())?;
    let receipt = stream::Receipt::new(signed.witness(Kind::Exported, subject, query), state.clock.clone());
    Ok(file.streaming(stream::start(export, receipt, state.budgets.export).await?))
}

/// What a folder of exports tells them apart by: `daybook-brackenfield-dogs-errors-last-24-hours-2026-11-30`.
fn file_name(asked: &Asked, site: &str, reader: &Reader) -> String {
    let said = match asked.filter.parts().as_slice() {
        [] => String::new(),
        _ => summary::sentence(&asked.filter, reader.zone, reader.now).title(),
    };
    let site = if site == "Daybook" { "" } else { site };
    let day = reader.now.in_zone(reader.zone).format("%Y-%m-%d").to_string();
    let parts = ["daybook".to_owned(), plain(site), plain(&said), day];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// A text in the letters that every system takes in the name of a file; it may be anybody's, and goes into a header.
fn plain(text: &str) -> String {
    const LONGEST: usize = 80;
    let letters =
        text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { ' ' });
    let mut out = letters.collect::<String>().split_whitespace().collect::<Vec<_>>().join("-");
    out.truncate(LONGEST);
    out.trim_end_matches('-').to_owned()
}

/// What could not be read, each thing by the name that it has on the page.
fn refused(req: &HttpRequest, signed: &Signed, errors: &FieldErrors) -> Result<HttpResponse> {
    let error = ErrorView::bad_export(errors.iter().map(|(name, message)| format!("{name}: {message}")).collect());
    match Want::of(req) {
        Want::Page => {
            let shell = signed.shell(Section::Activity);
            respond::page(StatusCode::BAD_REQUEST, &ErrorPage { shell, error })
        }
        Want::Fragment => respond::page(StatusCode::BAD_REQUEST, &ErrorFragment { error }),
    }
}
