//! The request for what was done in Daybook, from query string to answer.

use std::time::Instant;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
    web,
};
use futures_util::future::try_join;
use uuid::Uuid;

use super::{
    controls::{Controls, PEOPLE, Sources},
    filter::{Filter, PATH, Part, Query},
    form,
    pages::{ActivityFragment, ActivityPage, Body},
    sql::{Plan, Whose},
    store::{self, Recorded, Tally},
    view::{BadQuery, Found, Results},
};
use crate::{
    core::{error::Result, form::FieldErrors, query_string},
    logs::{form::FilterForm, look::Count, proven::Proven, store::Times, view::Reader},
    paging::At,
    session::Signed,
    staff_log::{self, Kind},
    web::{
        respond::{self, Want},
        shell::Section,
        state::State,
    },
};

/// htmx's header for the address to show.
const HX_PUSH_URL: HeaderName = HeaderName::from_static("hx-push-url");

/// `GET /staff/activity`: the list, or for htmx the part of it that changed. It names members, so to look at it is
/// recorded as every other search is.
pub async fn page(req: HttpRequest, signed: Signed, state: web::Data<State>) -> Result<HttpResponse> {
    let reader = Reader::of(&signed);
    let form = FilterForm::new(req.query_string());
    match form::parse(&form, reader.asker()) {
        Ok(query) => found(&req, &state, &signed, &reader, &query).await,
        Err(errors) => refused(&req, &state, &signed, &reader, &form, &errors).await,
    }
}

async fn found(
    req: &HttpRequest,
    state: &State,
    signed: &Signed,
    reader: &Reader,
    query: &Query,
) -> Result<HttpResponse> {
    let State { db, budgets, .. } = state;
    let plan = store::plan(db, &query.filter, reader.now).await?;
    let times = Times { list: budgets.list, count: budgets.count };
    let ((page, count), tally) =
        try_join(store::page(db, &plan, query, times), store::tally(db, &plan, budgets.count)).await?;
    let nothing = page.rows.is_empty() && page.looked_to.is_none() && query.at == At::Newest;
    let ways = if nothing { ways(state, reader, &query.filter).await? } else { Vec::new() };
    let people = whose(&query.filter, state, reader).await?;
    let known = store::known(db, &page.rows, accounts(&tally, &plan)).await?;
    let proven = Proven::of(count, &page, query.at, Recorded::key);
    let detail = staff_log::counted(&proven.count.recorded(), &query.query_string(reader.zone));
    signed.record(Kind::StaffLogSearched, None, Some(detail))?;

    let found = Found { query, page: &page, proven, ways, known: &known, budget: budgets.list.time };
    let trigger = respond::trigger(req);
    let chip = trigger.strip_prefix("chip-").and_then(|at| at.parse().ok());
    let paged = Want::of(req) == Want::Fragment && query.at != At::Newest;
    let results = Results::of(found, reader, chip, paged);
    let answer = Answer {
        status: StatusCode::OK,
        title: format!("Activity in Daybook, {}", results.words),
        announcement: results.announcement(),
        url: query.link(reader.zone),
        controls: Controls::of(query, &Sources { tally: &tally, people: &people, known: &known }, reader),
        body: Body::List(Box::new(results)),
    };
    answer.send(req, signed)
}

/// Whom each person of a filter stands for, one for each of them.
async fn whose(filter: &Filter, state: &State, reader: &Reader) -> Result<Vec<Whose>> {
    let mut out = Vec::new();
    for person in &filter.person {
        let alone = Filter { person: vec![person.clone()], ..Filter::default() };
        out.extend(store::plan(&state.db, &alone, reader.now).await?.people);
    }
    Ok(out)
}

/// The accounts that the filter names: those that are chosen, and those that did most.
fn accounts(tally: &Tally, plan: &Plan) -> Vec<Uuid> {
    let chosen = plan.people.iter().filter_map(|whose| match whose {
        Whose::Account(id) => Some(*id),
        _ => None,
    });
    chosen.chain(tally.accounts().into_iter().take(PEOPLE)).collect()
}

/// What the list without each part of its filter would give, as far as there is time to count.
async fn ways(state: &State, reader: &Reader, filter: &Filter) -> Result<Vec<(Part, Count)>> {
    const MOST: usize = 8;
    let until = Instant::now() + state.budgets.list.time;
    let mut out = Vec::new();
    for part in filter.parts().into_iter().take(MOST) {
        let count = if Instant::now() < until {
            let plan = store::plan(&state.db, &filter.without(&part), reader.now).await?;
            super::look::count(&state.db, &plan, state.budgets.count).await?
        } else {
            Count::AtLeast { n: 0, looked_to: None }
        };
        out.push((part, count));
    }
    Ok(out)
}

/// A query that could not be read: everything typed is kept, nothing is searched.
async fn refused(
    req: &HttpRequest,
    state: &State,
    signed: &Signed,
    reader: &Reader,
    form: &FilterForm,
    errors: &FieldErrors,
) -> Result<HttpResponse> {
    // What is typed is read in the zone that was asked for, where that could be read.
    let reader = Reader { zone: form.zone().unwrap_or(reader.zone), ..*reader };
    let known = store::known(&state.db, &[], []).await?;
    let tally = Tally::default();
    let bad = BadQuery::of(form, errors, &reader);
    let answer = Answer {
        status: StatusCode::BAD_REQUEST,
        title: "A filter could not be read".to_owned(),
        announcement: "A filter could not be read, so nothing was searched.".to_owned(),
        url: format!("{PATH}?{}", query_string::write(form.pairs())),
        controls: Controls::typed(form, errors, &Sources { tally: &tally, people: &[], known: &known }, &reader),
        body: Body::Bad(bad),
    };
    answer.send(req, signed)
}

/// Whether the page that htmx asks from stands at a query that could not be read, and says so beside its fields.
fn shows_refused(req: &HttpRequest, signed: &Signed) -> bool {
    let url = req.headers().get("hx-current-url").and_then(|url| url.to_str().ok()).unwrap_or_default();
    let query = url.split('#').next().and_then(|url| url.split_once('?'));
    query.is_some_and(|(_, query)| form::parse(&FilterForm::new(query), Reader::of(signed).asker()).is_err())
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
                let shell = signed.shell(Section::StaffActivity);
                respond::page(status, &ActivityPage { shell, title, controls, body, oob: false })
            }
            Want::Fragment => {
                // The form knows what it sent, unless that could not be read, or was put right just now.
                let all_controls =
                    status != StatusCode::OK || respond::trigger(req) != "filters" || shows_refused(req, signed);
                let fragment = ActivityFragment { title, controls, body, oob: true, all_controls, announcement };
                let mut answer = respond::page(status, &fragment)?;
                if let Ok(url) = HeaderValue::from_str(&url) {
                    answer.headers_mut().insert(HX_PUSH_URL, url);
                }
                Ok(answer)
            }
        }
    }
}
