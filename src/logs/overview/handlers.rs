//! The request for an overview, from query string to answer.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use futures_util::future::try_join;

use super::{
    pages::{Finished, OverviewFragment, OverviewPage, RefusedFragment},
    store::{self, Asker, Overview, Reach},
    values, view,
};
use crate::{
    core::{error::Result, query_string, time::Timestamp},
    logs::{
        filter::ListQuery,
        form::FilterForm,
        handlers::{Typed, refused},
        link,
        proven::Proven,
        saved::SavedViews,
        summary,
        view::{Reader, controls::Controls, count::CountWords, facets},
        vocabulary::Vocabulary,
    },
    paging::At,
    session::Signed,
    staff_log::Kind,
    web::{
        respond::{self, Want},
        shell::Section,
        state::State,
    },
};

/// `GET /logs/overview`: histogram and counts of a query, for htmx the part of the page that was left free for them.
pub async fn overview(
    req: HttpRequest,
    state: web::Data<State>,
    views: web::Data<dyn SavedViews>,
    signed: Signed,
) -> Result<HttpResponse> {
    let reader = Reader::of(&signed);
    let as_of = as_of(&req, reader.now);
    let form = FilterForm::new(req.query_string());
    let query = match form.parse(reader.asker()) {
        Ok(query) => query.from(At::Newest),
        Err(errors) => {
            return match Want::of(&req) {
                Want::Page => {
                    let saved = views.beside_list(&signed).await?;
                    let typed = Typed { form: &form, errors: &errors };
                    refused(&req, &state, &signed, &reader, typed, saved).await
                }
                Want::Fragment => respond::page(StatusCode::BAD_REQUEST, &RefusedFragment),
            };
        }
    };
    let asker = Asker { now: as_of, zone: reader.zone, details: reader.role.sees_details() };
    let vocabulary = Vocabulary::of(&state.db);
    let counted = store::overview(&state.db, &query.filter, asker, state.budgets.overview);
    let (overview, held) = try_join(counted, vocabulary.values()).await?;
    let controls = Controls::of(&query, &held, &reader);
    signed.record(Kind::LogsCounted, None, Some(query.query_string(reader.zone)))?;

    let figure = view::figure(&overview, &query, &reader);
    match Want::of(&req) {
        Want::Fragment => {
            let numbers = values::numbers(&overview, &controls.facets);
            let count = finished(&req, &overview, &query, &reader);
            respond::page(StatusCode::OK, &OverviewFragment { figure, numbers, count, within_list: true })
        }
        Want::Page => {
            let page = OverviewPage {
                shell: signed.shell(Section::Activity),
                title: summary::sentence(&query.filter, reader.zone, reader.now).title(),
                as_of: reader.as_of(as_of),
                as_of_datetime: reader.datetime(as_of),
                list: link::list(&query, reader.zone),
                figure,
                values: values::values(&overview, &controls, &query, &reader),
                within_list: false,
            };
            respond::page(StatusCode::OK, &page)
        }
    }
}

/// The count that the list left open, where the overview counted to the end.
fn finished(req: &HttpRequest, overview: &Overview, query: &ListQuery, reader: &Reader) -> Option<Finished> {
    let pairs = query_string::parse(req.query_string());
    let open = pairs.iter().any(|pair| pair.name == "count" && pair.value == "open");
    (open && overview.reach == Reach::All).then(|| {
        let proven = Proven::exactly(overview.bars.iter().map(|bar| bar.sum()).sum());
        Finished {
            id: facets::count_id(&query.query_string(reader.zone)),
            count: CountWords::of_list(&proven, query, None, reader),
        }
    })
}

/// The instant of the list that this overview belongs to, so that both mean the same “last 24 hours”; now where none is
/// said.
fn as_of(req: &HttpRequest, now: Timestamp) -> Timestamp {
    let pairs = query_string::parse(req.query_string());
    let said = pairs.iter().find(|pair| pair.name == "as_of").and_then(|pair| Timestamp::parse_rfc3339(&pair.value));
    said.map_or(now, |at| at.min(now))
}
