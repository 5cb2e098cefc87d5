//! The request for what is new, from query string to answer.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::CACHE_CONTROL},
    web,
};
use chrono::Duration;

use super::{
    newer::{News, Place},
    pages::{Live, NewerFragment, Strip, quiet_words, told_words},
    since::{Since, Told, Watched},
    watcher::{WIDTH, Watcher},
};
use crate::{
    core::{error::Result, time::Timestamp, words},
    logs::{filter::ListQuery, form::FilterForm, link, store, view::Reader},
    paging::At,
    session::Signed,
    staff_log::Kind,
    web::{respond, state::State},
};

/// How long somebody may watch without pressing anything.
const UNATTENDED: Duration = Duration::minutes(30);

/// `GET /logs/newer`: how many entries are new since the list of this query was shown, again and again. Where nothing
/// is new since the last answer there is none (204).
pub async fn newer(
    req: HttpRequest,
    state: web::Data<State>,
    watcher: web::Data<Watcher>,
    signed: Signed,
) -> Result<HttpResponse> {
    let reader = Reader::of(&signed);
    let form = FilterForm::new(req.query_string());
    let Ok(query) = form.parse(reader.asker()) else {
        return refused("A filter could not be read, so there is nothing to watch.");
    };
    let query = query.from(At::Newest);
    if is_opened(&req) {
        return Ok(respond::see_other(&link::list(&query, reader.zone)));
    }
    let Ok(since) = Since::parse(form.value("since").trim(), reader.now) else {
        return refused("This is no place in the list to look from. Load the list again.");
    };
    let asked = query.query_string(reader.zone);
    let sealed = |watched: &Watched| format!("{asked}\n{}.{watched}", since.shown);
    let had = since.watched.filter(|(watched, seal)| signed.is_sealed(&sealed(watched), seal));
    let had = had.map(|(watched, _)| watched);
    if let Some(had) = had.as_ref().filter(|had| reader.now >= had.until) {
        return ended(&query, &reader, had.told, &link::newer(&query, reader.zone, &since.shown.to_string()));
    }
    if had.is_none() {
        // Once for as long as it goes on: the seal lets nobody watch longer, or anything else.
        signed.record(Kind::LogsWatched, None, Some(asked.clone()))?;
    }

    let State { db, budgets, .. } = &**state;
    let plan = store::plan(db, &query.filter, since.shown.as_of, reader.role.sees_details()).await?;
    let budget = if had.is_some() { budgets.count } else { budgets.list };
    let place = Place { watcher: &watcher, db, plan: &plan, budget };
    let news = place.news(&since.shown, had.as_ref()).await?;
    if had.as_ref().is_some_and(|had| had.told == news.told) && news.came < WIDTH / 2 {
        return Ok(HttpResponse::NoContent().insert_header((CACHE_CONTROL, "no-store")).finish());
    }
    let until = had.as_ref().map_or(reader.now.plus(UNATTENDED), |had| had.until);
    let News { told, moment, base, .. } = news;
    let now_told = Watched { epoch: watcher.epoch().to_owned(), moment, base, told, until };
    let again = format!("{}.{now_told}.{}", since.shown, signed.seal(&sealed(&now_told))?);
    let had_some = had.as_ref().is_some_and(|had| had.told.entries > 0);
    let list = link::list(&query, reader.zone);
    let again = link::newer(&query, reader.zone, &again);
    let fragment = NewerFragment {
        announcement: told_words(told).filter(|_| !had_some),
        live: had.is_none().then(|| Live { on: true, newer: again.clone(), list: list.clone() }),
        strip: on(again, told, until, &reader),
        list,
    };
    respond::page(StatusCode::OK, &fragment)
}

fn on(again: String, told: Told, until: Timestamp, reader: &Reader) -> Strip {
    let show = told_words(told);
    let clock = words::clock(until, reader.zone, false);
    let minute = clock.rsplit_once(':').map_or(clock.clone(), |(minute, _)| minute.to_owned());
    Strip::On { again, quiet: show.is_none().then(|| quiet_words(told)), show, until: minute }
}

fn ended(query: &ListQuery, reader: &Reader, told: Told, newer: &str) -> Result<HttpResponse> {
    let list = link::list(query, reader.zone);
    let fragment = NewerFragment {
        strip: Strip::Ended { show: told_words(told) },
        live: Some(Live { on: false, newer: newer.to_owned(), list: list.clone() }),
        list,
        announcement: None,
    };
    respond::page(StatusCode::OK, &fragment)
}

fn refused(message: &'static str) -> Result<HttpResponse> {
    let strip = Strip::Refused { message };
    let fragment = NewerFragment { strip, live: None, list: String::new(), announcement: None };
    respond::page(StatusCode::BAD_REQUEST, &fragment)
}

/// Whether a browser opens it as a page, as after a sign-in that leads back here: a strip by itself helps nobody.
fn is_opened(req: &HttpRequest) -> bool {
    req.headers().get("sec-fetch-dest").is_some_and(|dest| dest == "document")
}
