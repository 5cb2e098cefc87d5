//! The request for the list of error groups, from query string to answer.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
    web,
};
use futures_util::future::try_join3;

use super::{
    filter::{PATH, Query},
    fingerprint::Fingerprint,
    form, gather,
    pages::{Body, ErrorsFragment, ErrorsPage},
    spark,
    store::{self, Group},
    view::{BadQuery, Controls, Found, Results},
};
use crate::{
    core::{error::Result, form::FieldErrors, query_string},
    logs::{form::FilterForm, view::Reader},
    paging::At,
    session::Signed,
    staff_log::Kind,
    web::{
        respond::{self, Want},
        shell::Section,
        state::State,
    },
};

/// htmx's header for the address to show.
const HX_PUSH_URL: HeaderName = HeaderName::from_static("hx-push-url");

/// `GET /errors`: the list, or for htmx the part of it that changed.
pub async fn list(req: HttpRequest, signed: Signed, state: web::Data<State>) -> Result<HttpResponse> {
    let reader = Reader::of(&signed);
    let form = FilterForm::new(req.query_string());
    match form::parse(&form, reader.asker()) {
        Ok(query) => found(&req, &state, &signed, &reader, &form, &query).await,
        Err(errors) => refused(&req, &signed, &form, &errors),
    }
}

async fn found(
    req: &HttpRequest,
    state: &State,
    signed: &Signed,
    reader: &Reader,
    form: &FilterForm,
    query: &Query,
) -> Result<HttpResponse> {
    let State { db, budgets, .. } = state;
    let (page, counts, progress) =
        try_join3(store::page(db, query, budgets.list), store::counts(db, query, budgets.count), gather::progress(db))
            .await?;
    let prints: Vec<Fingerprint> = page.rows.iter().map(Group::fingerprint).collect();
    let quarters = store::quarters(db, &prints, spark::begins(reader), budgets.count).await?;
    let asked = query.query_string();
    signed.record(Kind::ErrorsSearched, None, Some(asked).filter(|asked| !asked.is_empty()))?;
    let found = Found {
        query,
        page: &page,
        counts: counts.as_ref(),
        quarters: quarters.as_ref(),
        progress: &progress,
        budget: budgets.list.time,
    };
    let paged = Want::of(req) == Want::Fragment && query.at != At::Newest;
    let results = Results::of(&found, reader, paged);
    let answer = Answer {
        status: StatusCode::OK,
        title: query.state.map_or("Errors".to_owned(), |state| format!("Errors, {}", state.name().to_lowercase())),
        announcement: results.announcement(),
        url: query.link(),
        controls: Controls::of(form, &FieldErrors::new()),
        body: Body::List(Box::new(results)),
    };
    answer.send(req, signed)
}

/// A query that could not be read: everything typed is kept, nothing is looked for.
fn refused(req: &HttpRequest, signed: &Signed, form: &FilterForm, errors: &FieldErrors) -> Result<HttpResponse> {
    let answer = Answer {
        status: StatusCode::BAD_REQUEST,
        title: "A filter could not be read".to_owned(),
        announcement: "A filter could not be read, so nothing was looked for.".to_owned(),
        url: format!("{PATH}?{}", query_string::write(form.pairs())),
        controls: Controls::of(form, errors),
        body: Body::Bad(BadQuery::of(errors)),
    };
    answer.send(req, signed)
}

/// The list, ready for either rendering.
struct Answer {
    status: StatusCode,
    title: String,
    announcement: String,
    url: String,
    controls: Controls,
    body: Body,
}

impl Answer {
    fn send(self, req: &HttpRequest, signed: &Signed) -> Result<HttpResponse> {
        let Self { status, title, announcement, url, controls, body } = self;
        match Want::of(req) {
            Want::Page => {
                let shell = signed.shell(Section::Errors);
                respond::page(status, &ErrorsPage { shell, title, controls, body, oob: false })
            }
            Want::Fragment => {
                // The form knows what it sent, unless that could not be read.
                let all_controls = status != StatusCode::OK || respond::trigger(req) != "filters";
                let fragment = ErrorsFragment { title, controls, body, oob: true, all_controls, announcement };
                let mut answer = respond::page(status, &fragment)?;
                if let Ok(url) = HeaderValue::from_str(&url) {
                    answer.headers_mut().insert(HX_PUSH_URL, url);
                }
                Ok(answer)
            }
        }
    }
}
