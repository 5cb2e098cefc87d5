//! The requests about the log, each from query string to answer.

use std::time::Instant;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION},
    },
    web,
};
use futures_util::{
    StreamExt as _, TryStreamExt as _,
    future::{try_join, try_join3},
    stream,
};

use super::{
    filter::{Filter, ListQuery},
    form::{Asker, FilterForm, Surface},
    groups::ErrorGroups,
    link,
    log::Log,
    look::{self, Count},
    pages::{EntryPage, FirstPage, List, ListFragment, ListPage},
    proven::Proven,
    saved::{Saved, SavedViews},
    sql::Plan,
    store::{self, Neighbour, Times},
    story::{
        around::{self, Around, MOST},
        view::{self as told, AroundView, Shown},
    },
    view::{
        Reader,
        controls::Controls,
        empty::{self, Loosened},
        entry::{Entry, Place, Setting, Told},
        list::{Asked, BadQuery, Found, Results},
        saved::SavedHere,
    },
    vocabulary::Vocabulary,
};
use crate::{
    core::{
        error::{Error, Result, What},
        form::FieldErrors,
        query_string, words,
    },
    paging::{At, Cursor},
    session::Signed,
    staff_log::{self, Kind},
    web::{
        listing::{self, Body, Listing},
        respond,
        shell::Section,
        spelling::{self, Spelling},
        state::State,
    },
};

impl Reader {
    /// Whoever sent this request.
    #[must_use]
    pub fn of(signed: &Signed) -> Self {
        Self { zone: signed.staff.zone, role: signed.staff.role, now: signed.now }
    }

    /// The same as whoever asks for a list on a page.
    #[must_use]
    pub fn asker(&self) -> Asker {
        Asker { zone: self.zone, role: self.role, surface: Surface::Page }
    }
}

/// `GET /`
pub async fn home() -> HttpResponse {
    respond::see_other("/logs")
}

/// `GET /logs`: the list, or for htmx the part of it that changed.
pub async fn list(
    req: HttpRequest,
    state: web::Data<State>,
    views: web::Data<dyn SavedViews>,
    signed: Signed,
) -> Result<HttpResponse> {
    let reader = Reader::of(&signed);
    let form = FilterForm::new(req.query_string());
    match form.parse(reader.asker()) {
        Ok(query) => found(&req, &state, &signed, &reader, query, &**views).await,
        Err(errors) => {
            let saved = views.beside_list(&signed).await?;
            refused(&req, &state, &signed, &reader, Typed { form: &form, errors: &errors }, saved).await
        }
    }
}

async fn found(
    req: &HttpRequest,
    state: &State,
    signed: &Signed,
    reader: &Reader,
    query: ListQuery,
    views: &dyn SavedViews,
) -> Result<HttpResponse> {
    let State { db, budgets, .. } = state;
    let times = Times { list: budgets.list, count: budgets.count };
    let vocabulary = Vocabulary::of(db);
    let listed = Box::pin(async {
        let plan =
            store::plan_by(&vocabulary, &query.filter, query.as_of(reader.now), reader.role.sees_details()).await?;
        let began = Instant::now();
        let (page, count) = store::page(db, &plan, &query, times).await?;
        Ok((page, count, began.elapsed()))
    });
    // None of them needs the others, and each waits for the database.
    let ((page, count, took), values, saved) =
        try_join3(listed, vocabulary.values(), views.beside_list(signed)).await?;
    if page.rows.is_empty() && query.filter.is_only_time() && store::is_empty(db).await? {
        return first(signed, reader);
    }
    let nothing = page.rows.is_empty() && page.looked_to.is_none() && query.at == At::Newest;
    let ways = if nothing { ways(state, &vocabulary, reader, &query.filter).await? } else { Vec::new() };
    let proven = Proven::of(count, &page, query.at, Log::key);
    let detail = staff_log::counted(&proven.count.recorded(), &query.query_string(reader.zone));
    signed.record(Kind::LogsSearched, None, Some(detail))?;

    let found = Found { query: &query, page: &page, proven, ways, took, unfitted: !db.dialect().is_fitted() };
    let results = Results::of(found, reader, asked(req, &query));
    let list = Listing {
        title: results.title.clone(),
        announcement: results.announcement(),
        url: link::list(&query, reader.zone),
        controls: Controls::of(&query, &values, reader),
        body: Body::List(Box::new(results)),
    };
    send(req, signed, list, &SavedHere::of(&saved, Some(&query), reader, csrf_token(signed)))
}

fn send(req: &HttpRequest, signed: &Signed, list: List, saved: &SavedHere) -> Result<HttpResponse> {
    list.send(
        req,
        |query| FilterForm::new(query).parse(Reader::of(signed).asker()).is_ok(),
        |list| ListPage { shell: signed.shell(Section::Activity), list, saved },
        |list, all_controls| ListFragment { list, saved, all_controls },
    )
}

/// The token of this page's forms.
fn csrf_token(signed: &Signed) -> String {
    signed.shell(Section::Activity).csrf_token
}

/// What htmx says of the control that was used.
fn asked(req: &HttpRequest, query: &ListQuery) -> Asked {
    Asked {
        chip: listing::chip(req),
        paged: listing::is_paged(req, query.at),
        news: respond::trigger(req) == "newer-show",
    }
}

/// What loosening each choice of a filter would give, as far as there is time to count.
async fn ways(
    state: &State,
    vocabulary: &Vocabulary<'_>,
    reader: &Reader,
    filter: &Filter,
) -> Result<Vec<(Loosened, Count)>> {
    const MOST: usize = 20;
    /// How many are counted side by side.
    const AT_ONCE: usize = 3;
    let State { db, budgets, .. } = state;
    let until = Instant::now() + budgets.list.time;
    let count = async |filter: &Filter| -> Result<Count> {
        if Instant::now() >= until {
            return Ok(Count::AtLeast { n: 0, looked_to: None });
        }
        let plan: Plan = store::plan_by(vocabulary, filter, reader.now, reader.role.sees_details()).await?;
        look::count(db, &plan, budgets.count).await
    };
    let counted = async |loosened: Loosened| {
        let counted = count(&loosened.filter).await?;
        // Where a month gives nothing either, all time may.
        match loosened.longest().filter(|_| counted == Count::Exactly(0)) {
            Some(longest) => {
                let counted = count(&longest.filter).await?;
                Ok((longest, counted))
            }
            None => Ok((loosened, counted)),
        }
    };
    stream::iter(empty::loosened(filter).into_iter().take(MOST)).map(counted).buffered(AT_ONCE).try_collect().await
}

fn first(signed: &Signed, reader: &Reader) -> Result<HttpResponse> {
    let page = FirstPage {
        shell: signed.shell(Section::Activity),
        as_of: words::clock(reader.now, reader.zone, false),
        as_of_datetime: reader.datetime(reader.now),
    };
    respond::page(StatusCode::OK, &page)
}

/// A query that could not be read, and why.
pub(super) struct Typed<'a> {
    pub(super) form: &'a FilterForm,
    pub(super) errors: &'a FieldErrors,
}

/// A query that could not be read: everything typed is kept, nothing is searched.
pub(super) async fn refused(
    req: &HttpRequest,
    state: &State,
    signed: &Signed,
    reader: &Reader,
    Typed { form, errors }: Typed<'_>,
    saved: Vec<Saved>,
) -> Result<HttpResponse> {
    let values = Vocabulary::of(&state.db).values().await?;
    // What is typed is read in the zone that was asked for, where that could be read.
    let reader = Reader { zone: form.zone().unwrap_or(reader.zone), ..*reader };
    let controls = Controls::typed(form, errors, &values, &reader);
    let bad = BadQuery::of(form, errors, &controls, &reader);
    let list = Listing {
        title: listing::UNREAD.to_owned(),
        announcement: bad.heading.clone(),
        url: format!("/logs?{}", query_string::write(form.pairs())),
        controls,
        body: Body::Bad(bad),
    };
    send(req, signed, list, &SavedHere::of(&saved, None, &reader, String::new()))
}

/// `GET /logs/{id}`: one entry, and where it stands in the list it was opened from.
pub async fn entry(
    req: HttpRequest,
    path: web::Path<String>,
    state: web::Data<State>,
    groups: web::Data<dyn ErrorGroups>,
    signed: Signed,
) -> Result<HttpResponse> {
    let id = match spelling::read(&req, &path, What::Entry, |id| link::entry(id, ""))? {
        Spelling::Usual(id) => id,
        Spelling::Other(redirect) => return Ok(redirect),
    };
    let reader = Reader::of(&signed);
    let db = &state.db;
    let (Some(log), Some(details)) = try_join(store::entry(db, id), store::details(db, id)).await? else {
        return Err(Error::NotFound(What::Entry));
    };
    signed.record(Kind::EntryOpened, Some(id.to_string()), None)?;
    let sees = reader.role.sees_details();
    let shown = shown(&req);
    let around = Around::load(db, &log, &details, &reader, state.budgets.count, shown.later);
    let place = place(&req, &state, &reader, log.key());
    let (place, around) = try_join(Box::pin(place), Box::pin(around)).await?;
    let failed = around::failed(&log, details.extra.as_deref().filter(|_| sees));
    let since = around.since(db, &failed, reader.now, state.budgets.count).await?;
    let since =
        since.zip(around::who(&log)).map(|(since, who)| told::since(since, &failed, (&who, log.timestamp), &reader));
    let lately = around.lately().and_then(|lately| told::lately(lately, &around.entry, sees));
    let group = if sees && log.is_error() { groups.of_entry(id, &reader).await? } else { None };
    let base = respond::base(&req);
    let setting = Setting { base: &base, app_root: state.site.app_root.as_deref(), terms: &place.terms };
    let told = Told { around: &around, lately: lately.as_ref(), since: since.as_ref() };
    let entry = Entry::of(&log, &details, told, &reader, setting);
    let around = AroundView::of(&around, &reader, shown, place.query());
    respond::page(StatusCode::OK, &EntryPage { shell: signed.shell(Section::Activity), entry, place, around, group })
}

/// How much is asked for around an entry, `earlier` and `later`; what is no number is as if it were not there.
fn shown(req: &HttpRequest) -> Shown {
    let form = FilterForm::new(req.query_string());
    let n = |name: &str, usual: usize| form.value(name).trim().parse().unwrap_or(usual).clamp(usual, MOST);
    let usual = Shown::default();
    Shown { earlier: n("earlier", usual.earlier), later: n("later", usual.later) }
}

/// Back, Newer and Older, out of the list's query string. One that cannot be read leads back all the same.
async fn place(req: &HttpRequest, state: &State, reader: &Reader, key: crate::paging::Key) -> Result<Place> {
    let State { db, budgets, .. } = state;
    let form = FilterForm::new(req.query_string());
    let Ok(mut query) = form.parse(reader.asker()) else {
        return Ok(Place { list: format!("/logs?{}", query_string::write(form.pairs())), ..Place::default() });
    };
    // Opened from no list, it stands among all entries, and the way back is to the list as it is at first.
    let is_direct = !form.names_a_list();
    if is_direct {
        query.filter = Filter::default();
    }
    let plan = store::plan(db, &query.filter, query.as_of(reader.now), reader.role.sees_details()).await?;
    let beside = store::neighbours(db, &plan, key, budgets.count).await?;
    let list_query = if is_direct {
        query_string::write(query.tz.iter().map(|tz| ("tz", tz.name())))
    } else {
        query.query_string(reader.zone)
    };
    let way = |neighbour: Neighbour, on: fn(Cursor) -> At| match neighbour {
        Neighbour::Entry(key) => Some(link::entry(key.id, &list_query)),
        Neighbour::Unknown(key) => Some(link::list(&query.onward(on(Cursor::beyond(key)), reader.now), reader.zone)),
        Neighbour::None => None,
    };
    Ok(Place {
        terms: query.filter.terms().to_vec(),
        list: if list_query.is_empty() { "/logs".to_owned() } else { format!("/logs?{list_query}") },
        newer: way(beside.newer, At::After),
        older: way(beside.older, At::Before),
    })
}

/// `GET /logs/{id}/error_detail.txt`: the traceback as it came.
pub async fn error_detail(
    req: HttpRequest,
    path: web::Path<String>,
    state: web::Data<State>,
    signed: Signed,
) -> Result<HttpResponse> {
    let id = match spelling::read(&req, &path, What::Entry, link::error_detail)? {
        Spelling::Usual(id) => id,
        Spelling::Other(redirect) => return Ok(redirect),
    };
    let text = store::error_detail(&state.db, id).await?.ok_or(Error::NotFound(What::Entry))?;
    signed.record(Kind::ErrorDetailOpened, Some(id.to_string()), None)?;
    let name = format!("attachment; filename=\"error_detail-{}.txt\"", words::short_id(id));
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, name))
        .content_type("text/plain; charset=utf-8")
        .body(text))
}
