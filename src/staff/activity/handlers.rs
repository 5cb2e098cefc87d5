//! The request for what was done in Daybook, from query string to answer.

use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::future::try_join;
use uuid::Uuid;

use super::{
    controls::{Controls, PEOPLE, Sources},
    filter::{Filter, PATH, Part, Query},
    form,
    pages::{ActivityFragment, ActivityPage, List},
    sql::{Plan, Whose},
    store::{self, Recorded, Tally},
    view::{self, Found, Results},
};
use crate::{
    core::{error::Result, form::FieldErrors, query_string},
    logs::{form::FilterForm, look::Count, proven::Proven, store::Times, view::Reader},
    paging::At,
    session::Signed,
    staff_log::{self, Kind},
    web::{
        listing::{self, Body, Listing},
        shell::Section,
        state::State,
    },
};

/// `GET /staff/activity`: the list, or for htmx the part of it that changed. It names members, so to look at it is
/// recorded as every other search is.
pub async fn page(req: HttpRequest, signed: Signed, state: web::Data<State>) -> Result<HttpResponse> {
    let reader = Reader::of(&signed);
    let form = FilterForm::new(req.query_string());
    let list = match form::parse(&form, reader.asker()) {
        Ok(query) => found(&req, &state, &signed, &reader, &query).await?,
        Err(errors) => refused(&state, &reader, &form, &errors).await?,
    };
    list.send(
        &req,
        |query| form::parse(&FilterForm::new(query), reader.asker()).is_ok(),
        |list| ActivityPage { shell: signed.shell(Section::StaffActivity), list },
        |list, all_controls| ActivityFragment { list, all_controls },
    )
}

async fn found(req: &HttpRequest, state: &State, signed: &Signed, reader: &Reader, query: &Query) -> Result<List> {
    let State { db, budgets, .. } = state;
    let plan = store::plan(db, &query.filter, query.as_of(reader.now)).await?;
    let times = Times { list: budgets.list, count: budgets.count };
    let began = Instant::now();
    let ((page, count), tally) =
        try_join(store::page(db, &plan, query, times), store::tally(db, &plan, budgets.count)).await?;
    let took = began.elapsed();
    let nothing = page.rows.is_empty() && page.looked_to.is_none() && query.at == At::Newest;
    let ways = if nothing { ways(state, reader, &query.filter).await? } else { Vec::new() };
    let people = whose(&query.filter, state, reader).await?;
    let known = store::known(db, &page.rows, accounts(&tally, &plan)).await?;
    let proven = Proven::of(count, &page, query.at, Recorded::key);
    let detail = staff_log::counted(&proven.count.recorded(), &query.query_string(reader.zone));
    signed.record(Kind::StaffLogSearched, None, Some(detail))?;

    let found = Found { query, page: &page, proven, ways, known: &known, took };
    let results = Results::of(found, reader, listing::chip(req), listing::is_paged(req, query.at));
    Ok(Listing {
        title: format!("Activity in Daybook, {}", results.words),
        announcement: results.announcement(),
        url: query.link(reader.zone),
        controls: Controls::of(query, &Sources { tally: &tally, people: &people, known: &known }, reader),
        body: Body::List(Box::new(results)),
    })
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

/// What the list without each choice of its filter would give, as far as there is time to count.
async fn ways(state: &State, reader: &Reader, filter: &Filter) -> Result<Vec<(Vec<Part>, Count)>> {
    let until = Instant::now() + state.budgets.list.time;
    let mut out = Vec::new();
    for choice in filter.choices() {
        let count = if Instant::now() < until {
            let plan = store::plan(&state.db, &filter.without_all(&choice), reader.now).await?;
            super::look::count(&state.db, &plan, state.budgets.count).await?
        } else {
            Count::AtLeast { n: 0, looked_to: None }
        };
        out.push((choice, count));
    }
    Ok(out)
}

/// A query that could not be read: everything typed is kept, nothing is searched.
async fn refused(state: &State, reader: &Reader, form: &FilterForm, errors: &FieldErrors) -> Result<List> {
    // What is typed is read in the zone that was asked for, where that could be read.
    let reader = Reader { zone: form.zone().unwrap_or(reader.zone), ..*reader };
    let known = store::known(&state.db, &[], []).await?;
    let tally = Tally::default();
    let bad = view::unread(form, errors, &reader);
    Ok(Listing {
        title: listing::UNREAD.to_owned(),
        announcement: bad.heading.clone(),
        url: format!("{PATH}?{}", query_string::write(form.pairs())),
        controls: Controls::typed(form, errors, &Sources { tally: &tally, people: &[], known: &known }, &reader),
        body: Body::Bad(bad),
    })
}
