//! The request to find whatever was pasted.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::HOST},
    web,
};

use super::{
    pages::FindPage,
    pasted::{self, LONGEST, LONGEST_LINK},
    store::{self, Hit, Hits, SHOWN},
    view,
};
use crate::{
    core::{
        error::Result,
        query_string::{self, Pair},
        words,
    },
    logs::{form, terms::terms, view::Reader},
    session::Signed,
    staff_log::Kind,
    web::{
        respond,
        shell::Section,
        state::{Site, State},
    },
};

/// `GET /find`: what `q` stands for. One thing: there at once; several: a list; nothing: what was tried.
pub async fn find(req: HttpRequest, state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let reader = Reader::of(&signed);
    let asked = query_string::parse(req.query_string()).into_iter().rfind(|pair| pair.name == "q");
    let text = asked.as_ref().map(|pair| pair.value.trim().to_owned()).unwrap_or_default();
    if let Some(error) = problem(asked.as_ref(), &text) {
        return respond::page(StatusCode::BAD_REQUEST, &FindPage { error: Some(error), ..page(&signed, text) });
    }
    if text.is_empty() {
        return respond::page(StatusCode::OK, &page(&signed, text));
    }
    if let Some(path) = pasted::our_path(&text, &hosts(&req, &state.site)) {
        signed.record(Kind::Found, None, Some(text))?;
        return Ok(respond::see_other(&path));
    }
    let found = if pasted::is_link(&text) && text.chars().count() > LONGEST {
        Hits::default()
    } else {
        store::find(&state.db, &text, &reader, state.budgets).await?
    };
    let only = match found.hits.as_slice() {
        [hit] if !found.more && found.stopped.is_empty() => Some(hit),
        _ => None,
    };
    // Already where it leads tells something.
    signed.record(Kind::Found, only.and_then(view::subject), Some(text.clone()))?;
    if let Some(hit) = only {
        return Ok(respond::see_other(&view::href(hit, &reader)));
    }
    respond::page(StatusCode::OK, &answer(&signed, &reader, text, &found))
}

/// Why a text cannot be looked for.
fn problem(asked: Option<&Pair>, text: &str) -> Option<String> {
    if let Some(problem) = asked.and_then(|pair| pair.problem) {
        return Some(problem.message().to_owned());
    }
    let longest = if pasted::is_link(text) { LONGEST_LINK } else { LONGEST };
    (text.chars().count() > longest).then(|| format!("This is longer than {longest} characters."))
}

/// Where this Daybook is reached: as configured, and as this request came.
fn hosts(req: &HttpRequest, site: &Site) -> Vec<String> {
    let configured = site.public_url.as_deref().and_then(|url| url.split_once("://")).map(|(_, rest)| rest);
    let configured = configured.and_then(|rest| rest.split('/').next()).map(str::to_owned);
    let came = req.headers().get(HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    let authority = req.uri().authority().map(ToString::to_string);
    [configured, came, authority].into_iter().flatten().filter(|host| !host.is_empty()).collect()
}

fn page(signed: &Signed, q: String) -> FindPage {
    FindPage {
        shell: signed.shell(Section::Other),
        q,
        error: None,
        caption: String::new(),
        count: String::new(),
        groups: Vec::new(),
        more: false,
        entries: false,
        tried: Vec::new(),
        search: None,
    }
}

fn answer(signed: &Signed, reader: &Reader, text: String, found: &Hits) -> FindPage {
    let n = u64::try_from(found.hits.len()).unwrap_or_default();
    let unsure = found.more || !found.stopped.is_empty();
    let searchable = text.chars().count() <= form::SEARCH && terms(&text).len() <= form::TERMS;
    let search = format!("/logs?{}", query_string::write([("range", "all"), ("q", text.as_str())]));
    FindPage {
        caption: format!("Found, by kind, times in {}", reader.zone_at(reader.now)),
        count: match (n, unsure) {
            (0, false) => "Nothing found".to_owned(),
            (0, true) => "Nothing found so far".to_owned(),
            (n, false) => format!("{} found", words::count(n)),
            (n, true) => format!("At least {} found", words::count(n)),
        },
        groups: view::groups(found, &text, reader),
        more: found.hits.len() >= SHOWN || unsure,
        entries: found.hits.iter().filter(|hit| matches!(hit, Hit::Entry(_))).count() > 1,
        tried: if found.hits.is_empty() { view::tried(&text, reader, &found.stopped) } else { Vec::new() },
        search: searchable.then_some(search),
        ..page(signed, text)
    }
}
