//! Finding a member.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    pages::{MemberKind, MemberRow, MembersPage},
    store::{self, Found},
};
use crate::{
    core::{error::Result, query_string, words},
    logs::{link, view::Reader},
    session::Signed,
    staff_log::Kind,
    web::{respond, shell::Section, state::State},
};

/// The longest text to find a member by, in characters: the longest e-mail.
pub(super) const LONGEST: usize = 255;

/// `GET /members`: who was seen lately, or who matches `q`.
pub async fn list(req: HttpRequest, state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let reader = Reader::of(&signed);
    let asked = query_string::parse(req.query_string()).into_iter().rfind(|pair| pair.name == "q");
    let problem = asked.as_ref().and_then(|pair| pair.problem).map(|problem| problem.message().to_owned());
    let q = asked.map(|pair| pair.value.trim().to_owned()).unwrap_or_default();
    let too_long = (q.chars().count() > LONGEST).then(|| format!("This is longer than {LONGEST} characters."));
    let error = problem.or(too_long);
    let members = match (&error, q.is_empty()) {
        (Some(_), _) => store::Members::default(),
        (None, true) => store::seen_lately(&state.db, reader.now, state.budgets.list).await?,
        (None, false) => store::search(&state.db, &q, reader.now, state.budgets.list).await?,
    };
    if error.is_none() {
        signed.record(Kind::MembersSearched, None, Some(q.clone()).filter(|q| !q.is_empty()))?;
    }
    let zone = reader.zone_at(reader.now);
    let order = if q.is_empty() {
        format!("Who was seen most lately; search to find anybody else. Times in {zone}.")
    } else if members.more || members.stopped {
        // Which of all were seen last is not known: looking ended when there were enough, or no time was left.
        format!(
            "{} of those who match, not those seen last of all; type more to find the others. Times in {zone}.",
            members.found.len()
        )
    } else {
        format!("Last seen first. Times in {zone}.")
    };
    let status = if error.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let rows = members.found.into_iter().map(|found| row_of(found, &reader)).collect();
    let page = MembersPage {
        shell: signed.shell(Section::Members),
        asked: !q.is_empty(),
        q,
        error,
        order,
        rows,
        stopped: members.stopped,
        back: None,
        more: None,
    };
    respond::page(status, &page)
}

fn row_of(found: Found, reader: &Reader) -> MemberRow {
    let last_seen = found.last_seen.told(reader);
    match found.id {
        Some(id) => MemberRow {
            name: found.name,
            email: found.email,
            short_id: words::short_id(id),
            href: link::member(id),
            last_seen,
            kind: MemberKind::Known,
        },
        None => MemberRow {
            href: link::by_email(found.email.as_deref().unwrap_or_default()),
            name: None,
            email: found.email,
            short_id: String::new(),
            last_seen,
            kind: MemberKind::NoAccount,
        },
    }
}
