//! The request for the list of error groups, from query string to answer.

use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::future::try_join3;

use super::{
    filter::{PATH, Query},
    fingerprint::Fingerprint,
    form, gather,
    pages::{ErrorsFragment, ErrorsPage, List},
    spark,
    store::{self, Group},
    view::{BadQuery, Controls, Found, Results},
};
use crate::{
    core::{error::Result, form::FieldErrors, query_string},
    logs::{form::FilterForm, view::Reader},
    session::Signed,
    staff_log::Kind,
    web::{
        listing::{self, Body, Listing},
        shell::Section,
        state::State,
    },
};

/// `GET /errors`: the list, or for htmx the part of it that changed.
pub async fn list(req: HttpRequest, signed: Signed, state: web::Data<State>) -> Result<HttpResponse> {
    let reader = Reader::of(&signed);
    let form = FilterForm::new(req.query_string());
    let list = match form::parse(&form, reader.asker()) {
        Ok(query) => found(&req, &state, &signed, &reader, &form, &query).await?,
        Err(errors) => refused(&form, &errors),
    };
    list.send(
        &req,
        |query| form::parse(&FilterForm::new(query), reader.asker()).is_ok(),
        |list| ErrorsPage { shell: signed.shell(Section::Errors), list },
        |list, all_controls| ErrorsFragment { list, all_controls },
    )
}

async fn found(
    req: &HttpRequest,
    state: &State,
    signed: &Signed,
    reader: &Reader,
    form: &FilterForm,
    query: &Query,
) -> Result<List> {
    let State { db, budgets, .. } = state;
    let began = Instant::now();
    let (page, counts, progress) =
        try_join3(store::page(db, query, budgets.list), store::counts(db, query, budgets.count), gather::progress(db))
            .await?;
    let took = began.elapsed();
    let prints: Vec<Fingerprint> = page.rows.iter().map(Group::fingerprint).collect();
    let quarters = store::sums(db, &prints, &spark::edges(reader), budgets.count).await?;
    let asked = query.query_string();
    signed.record(Kind::ErrorsSearched, None, Some(asked).filter(|asked| !asked.is_empty()))?;
    let found = Found {
        query,
        page: &page,
        counts: counts.as_ref(),
        quarters: &quarters,
        progress: &progress,
        attached: db.is_attached(),
        took,
    };
    let results = Results::of(&found, reader, listing::is_paged(req, query.at));
    Ok(Listing {
        title: query.state.map_or("Errors".to_owned(), |state| format!("Errors, {}", state.name().to_lowercase())),
        announcement: results.announcement(),
        url: query.link(),
        controls: Controls::of(form, &FieldErrors::new()),
        body: Body::List(Box::new(results)),
    })
}

/// A query that could not be read: everything typed is kept, nothing is looked for.
fn refused(form: &FilterForm, errors: &FieldErrors) -> List {
    Listing {
        title: listing::UNREAD.to_owned(),
        announcement: "A filter could not be read, so nothing was looked for.".to_owned(),
        url: format!("{PATH}?{}", query_string::write(form.pairs())),
        controls: Controls::of(form, errors),
        body: Body::Bad(BadQuery::of(errors)),
    }
}
