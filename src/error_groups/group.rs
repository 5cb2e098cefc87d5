//! The requests about one group: what is known of it, and saying how it stands.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use futures_util::future::{try_join3, try_join4};

use super::{
    chart, differs,
    filter::{link, link_in},
    fingerprint::Fingerprint,
    form::{self, Told},
    gather,
    group_view::{GroupView, Sources},
    here::Here,
    pages::GroupPage,
    people, spark,
    state::{self, Outcome, Saying},
    store::{self, Group, Quarters},
};
use crate::{
    core::{
        error::{Error, Result, What},
        form::FieldErrors,
        time::Timestamp,
    },
    db::Db,
    logs::{form::FilterForm, json, overview::buckets::Buckets, store as logs, view::Reader},
    paging::{At, Cursor, Page},
    session::{CheckedForm, Signed},
    staff_log::{self, Kind},
    web::{respond, shell::Section, state::State},
};

/// How many times it happened stand on a page.
const SHOWN: usize = 25;

/// `GET /errors/{fingerprint}`
pub async fn page(
    req: HttpRequest,
    path: web::Path<String>,
    state: web::Data<State>,
    signed: Signed,
) -> Result<HttpResponse> {
    let fingerprint = read(&path)?;
    let drawn = draw(&req, &state, &signed, fingerprint).await?;
    respond::page(StatusCode::OK, &drawn)
}

/// `POST /errors/{fingerprint}`: says how it stands, and what to tell members.
pub async fn say(
    req: HttpRequest,
    path: web::Path<String>,
    state: web::Data<State>,
    here: web::Data<Here>,
    signed: Signed,
    form: CheckedForm,
) -> Result<HttpResponse> {
    let fingerprint = read(&path)?;
    let told = match form::told(&form) {
        Ok(told) => told,
        Err(errors) => return refused(&req, &state, &signed, fingerprint, &form, &errors).await,
    };
    let (by, at) = (signed.staff.email.as_str(), signed.now);
    let saying = Saying { state: told.state, note: told.note.as_deref(), by, at, shown: &told.shown };
    let mut tx = state.db.write().await?;
    let changed = match state::say(&mut tx, fingerprint, &saying).await? {
        Some(Outcome::Said(changed)) => changed,
        Some(Outcome::Overtaken { state: on_state, note: on_note }) => {
            drop(tx);
            return overtaken(&req, &state, &signed, fingerprint, &told, (on_state, on_note)).await;
        }
        None => return Err(Error::NotFound(What::ErrorGroup)),
    };
    let mut words = Vec::new();
    if let Some((before, now)) = changed.state {
        words.push(format!("{} to {}", before.name(), now.name()));
    }
    if changed.note {
        let note = told.note.as_deref().unwrap_or_default();
        words.push(if note.is_empty() { "note removed".to_owned() } else { format!("note: {note}") });
    }
    if !words.is_empty() {
        let line = signed.line(Kind::ErrorGroupChanged, Some(fingerprint.to_string()), Some(words.join("; ")));
        staff_log::commit(tx, line).await?;
        here.count().await;
    }
    let tz = FilterForm::new(req.query_string()).zone().map(|zone| zone.name().to_owned());
    Ok(respond::done(&link_in(fingerprint, None, tz.as_deref()), "State and note are saved."))
}

/// The fingerprint in a path.
pub(super) fn read(path: &str) -> Result<Fingerprint> {
    Fingerprint::parse(path).ok_or(Error::NotFound(What::ErrorGroup))
}

/// The group of a fingerprint.
pub(super) async fn of(db: &Db, fingerprint: Fingerprint) -> Result<Group> {
    store::group(db, fingerprint).await?.ok_or(Error::NotFound(What::ErrorGroup))
}

/// What could not be kept stands in the form again, with why.
async fn refused(
    req: &HttpRequest,
    state: &State,
    signed: &Signed,
    fingerprint: Fingerprint,
    form: &CheckedForm,
    errors: &FieldErrors,
) -> Result<HttpResponse> {
    let typed = |name: &str| form.field(name).map_or("", |pair| pair.value.as_str());
    let mut drawn = draw(req, state, signed, fingerprint).await?;
    drawn.group.form = drawn.group.form.typed(typed("state"), typed("note"), form::shown(form), errors);
    drawn.shell.next = link(fingerprint);
    respond::page(StatusCode::BAD_REQUEST, &drawn)
}

/// What somebody else said meanwhile stands beside what was typed, and nothing is kept before it was seen.
async fn overtaken(
    req: &HttpRequest,
    state: &State,
    signed: &Signed,
    fingerprint: Fingerprint,
    told: &Told,
    what: (bool, bool),
) -> Result<HttpResponse> {
    let mut drawn = draw(req, state, signed, fingerprint).await?;
    drawn.group.form = drawn.group.form.overtaken(told, what);
    drawn.shell.next = link(fingerprint);
    respond::page(StatusCode::CONFLICT, &drawn)
}

/// Which of the times it happened are asked for.
fn place(form: &FilterForm) -> Result<At> {
    const UNREADABLE: &str = "the place in the list cannot be read; open the error group anew";
    let cursor = |name: &str| match form.value(name) {
        "" => Ok(None),
        text => text.parse::<Cursor>().map(Some).map_err(|_| Error::BadRequest(UNREADABLE)),
    };
    match (cursor("before")?, cursor("after")?) {
        (None, None) => Ok(At::Newest),
        (Some(cursor), None) => Ok(At::Before(cursor)),
        (None, Some(cursor)) => Ok(At::After(cursor)),
        (Some(_), Some(_)) => Err(Error::BadRequest(UNREADABLE)),
    }
}

async fn draw(req: &HttpRequest, state: &State, signed: &Signed, fingerprint: Fingerprint) -> Result<GroupPage> {
    let reader = Reader::of(signed);
    let State { db, budgets, .. } = state;
    let form = FilterForm::new(req.query_string());
    let at = place(&form)?;
    let group = of(db, fingerprint).await?;
    signed.record(Kind::ErrorGroupOpened, Some(fingerprint.to_string()), None)?;
    let (said, progress, details) =
        try_join3(store::said(db, fingerprint), gather::progress(db), logs::details(db, group.last_id)).await?;
    let buckets = chart::buckets(&group, &reader);
    // None of them needs the others, and each waits for the database.
    let (page, people, differs, (bars, today)) = try_join4(
        Box::pin(times(state, fingerprint, at)),
        Box::pin(people::of(db, fingerprint, reader.now, (budgets.list, budgets.count))),
        Box::pin(differs::of(db, fingerprint, &group.area, reader.now, budgets.count)),
        Box::pin(counted(state, &group, buckets.as_ref(), &reader)),
    )
    .await?;
    let tz = form.zone().map(|zone| zone.name().to_owned());
    let sources = Sources {
        group: &group,
        said: said.as_ref(),
        progress: &progress,
        today,
        people: &people,
        page: &page,
        traceback: details.as_ref().and_then(|details| details.error_detail.as_deref()).filter(|text| !text.is_empty()),
        app_root: state.site.app_root.as_deref(),
        differs: &differs,
        tz: tz.as_deref(),
    };
    Ok(GroupPage {
        shell: signed.shell(Section::Errors),
        group: GroupView::of(&sources, &reader),
        figure: buckets.zip(bars).map(|(buckets, bars)| chart::figure(&group, &buckets, &bars, tz.as_deref(), &reader)),
        within_list: false,
    })
}

/// How many fell into each bar of the chart, and how many into the reader's day; none where there was no time to count.
async fn counted(
    state: &State,
    group: &Group,
    buckets: Option<&Buckets>,
    reader: &Reader,
) -> Result<(Option<Quarters>, Option<u64>)> {
    let print = group.fingerprint();
    let sums = async |edges: Vec<Timestamp>| {
        let sums = store::sums(&state.db, &[print], &edges, state.budgets.count).await;
        sums.map(|mut sums| sums.remove(&print))
    };
    let bars = match buckets {
        Some(buckets) => sums(buckets.edges()).await?,
        None => None,
    };
    let today = sums(spark::today(reader)).await?;
    Ok((bars, today.map(|today| today.iter().map(|(_, n)| n).sum())))
}

/// A page of the times it happened, each with its service type.
async fn times(
    state: &State,
    fingerprint: Fingerprint,
    at: At,
) -> Result<Page<(crate::logs::log::Log, Option<String>)>> {
    let Page { rows: keys, older, newer, looked_to } = store::entries(&state.db, fingerprint, at, SHOWN).await?;
    let entries = logs::logs(&state.db, &keys).await?;
    let extras = if keys.is_empty() {
        std::collections::HashMap::new()
    } else {
        logs::extras(&state.db, keys.iter().map(|key| key.id)).await?
    };
    let service = |id| extras.get(&id).and_then(|extra| json::top_level(extra, "service_type"));
    let rows = entries.into_iter().map(|log| (service(log.id), log)).map(|(service, log)| (log, service)).collect();
    Ok(Page { rows, older, newer, looked_to })
}
