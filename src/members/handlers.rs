//! The requests about members: find one, look at one.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use uuid::Uuid;

use super::{
    pages::{EntriesView, MemberKind, MemberPage, MemberRow, MembersPage, Stat},
    store::{self, Figures, Found},
};
use crate::{
    core::{
        error::{Error, Result, What},
        query_string, words,
    },
    logs::{
        filter::{Choice, Filter, ListQuery, Preset, Range, Who},
        form::FilterForm,
        link,
        log::Log,
        look::Count,
        store as logs,
        view::{Reader, export::ExportMenu, list::count_figure, row},
    },
    paging::{At, Page},
    session::Signed,
    staff_log::Kind,
    web::{
        respond,
        shell::Section,
        spelling::{self, Spelling},
        state::State,
    },
};

/// The longest text to find a member by, in characters: the longest e-mail.
const LONGEST: usize = 255;

/// What the menu of exports says of a member.
const EXPORT: &str = "Everything recorded about this member. The export is recorded under your name.";

/// `GET /members`: who was seen lately, or who matches `q`.
pub async fn list(req: HttpRequest, state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let reader = Reader::of(&signed);
    let asked = query_string::parse(req.query_string()).into_iter().rfind(|pair| pair.name == "q");
    let problem = asked.as_ref().and_then(|pair| pair.problem).map(|problem| problem.message().to_owned());
    let q = asked.map(|pair| pair.value.trim().to_owned()).unwrap_or_default();
    let too_long = (q.chars().count() > LONGEST).then(|| format!("This is longer than {LONGEST} characters."));
    let error = problem.or(too_long);
    let members = match (&error, q.is_empty()) {
        (Some(_), _) => store::Members { found: Vec::new(), more: false },
        (None, true) => store::seen_lately(&state.db).await?,
        (None, false) => store::search(&state.db, &q, state.budgets.list).await?,
    };
    if error.is_none() {
        signed.record(Kind::MembersSearched, None, Some(q.clone()).filter(|q| !q.is_empty()))?;
    }
    let zone = reader.zone_at(reader.now);
    let order = if members.more {
        // Which of all were seen last is not known: looking ended when there were enough.
        format!(
            "{} of those who match, last seen first; type more to find others. Times in {zone}.",
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
        back: None,
        more: None,
    };
    respond::page(status, &page)
}

fn row_of(found: Found, reader: &Reader) -> MemberRow {
    let last_seen = found.last_seen.map(|at| reader.day_and_clock(at));
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

/// `GET /members/{id}`: one member. Any spelling of the id leads to the usual one.
pub async fn member(
    req: HttpRequest,
    path: web::Path<String>,
    state: web::Data<State>,
    signed: Signed,
) -> Result<HttpResponse> {
    let id = match spelling::read(&req, &path, What::Member, link::member)? {
        Spelling::Usual(id) => id,
        Spelling::Other(redirect) => return Ok(redirect),
    };
    let known = store::member(&state.db, id).await?;
    let who = Who::Member(id);
    let recorded = recorded(&state, &signed, &who).await?;
    let Some((name, email)) = known.or_else(|| recorded.newest().map(|log| (None, log.member_email.clone()))) else {
        return Err(Error::NotFound(What::Member));
    };
    signed.record(Kind::MemberOpened, Some(id.to_string()), None)?;
    let name = name.filter(|name| !name.trim().is_empty());
    let find = name.clone();
    respond::page(StatusCode::OK, &recorded.page(&signed, name, email, Some(id), find))
}

/// `GET /members/by-email`: an e-mail that nobody has an account with now; one that somebody has leads to them.
pub async fn by_email(req: HttpRequest, state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let form = FilterForm::new(req.query_string());
    let email = form.value("email").trim().to_owned();
    if email.is_empty() || email.chars().count() > LONGEST || email.contains('\u{fffd}') {
        return Err(Error::NotFound(What::Member));
    }
    if let Some(id) = store::owner_of(&state.db, &email).await? {
        // Already this tells something: whose the e-mail is.
        signed.record(Kind::MembersSearched, Some(id.to_string()), Some(email))?;
        return Ok(respond::see_other(&link::member(id)));
    }
    let who = Who::Email(email.to_ascii_lowercase());
    let recorded = recorded(&state, &signed, &who).await?;
    signed.record(Kind::MemberOpened, Some(email.clone()), None)?;
    // As recorded, not as typed.
    let email = recorded.newest().and_then(|log| log.member_email.clone()).unwrap_or(email);
    let find = email.split('@').next().filter(|local| !local.is_empty()).map(str::to_owned);
    respond::page(StatusCode::OK, &recorded.page(&signed, None, Some(email), None, find))
}

/// What the log holds of one person.
struct Recorded {
    reader: Reader,
    query: ListQuery,
    page: Page<Log>,
    figures: Option<Figures>,
}

async fn recorded(state: &State, signed: &Signed, who: &Who) -> Result<Recorded> {
    let reader = Reader::of(signed);
    let (db, budgets) = (&state.db, state.budgets);
    let query = ListQuery::first(Filter { who: vec![who.clone()], ..Filter::default() });
    let plan = logs::plan(db, &query.filter, reader.now, reader.role.sees_details()).await?;
    let page = logs::page(db, &plan, &query, budgets.list).await?;
    let figures = store::figures(db, who, &plan, reader.now, budgets.count).await?;
    Ok(Recorded { reader, query, page, figures })
}

impl Recorded {
    fn newest(&self) -> Option<&Log> {
        self.page.rows.first()
    }

    fn page(
        self,
        signed: &Signed,
        name: Option<String>,
        email: Option<String>,
        id: Option<Uuid>,
        find: Option<String>,
    ) -> MemberPage {
        let zone = self.reader.zone;
        let entries = (!self.page.rows.is_empty()).then(|| EntriesView {
            caption: format!("Their entries, newest first, times in {}", self.reader.zone_at(self.reader.now)),
            days: row::days(&self.page.rows, &self.reader, &self.query.query_string(zone), &[]),
            older: self.page.older.map(|cursor| link::list(&self.query.from(At::Before(cursor)), zone)),
        });
        MemberPage {
            shell: signed.shell(Section::Members),
            entries_href: link::list(&self.query, zone),
            export: ExportMenu::of(&self.query, &self.reader, EXPORT),
            find_href: find.map(|text| format!("/members?q={}", query_string::escape(&text))),
            stats: self.stats(),
            name,
            email,
            id: id.map(|id| id.to_string()),
            entries,
        }
    }

    fn stats(&self) -> Vec<Stat> {
        let (Some(newest), Some(figures)) = (self.newest(), &self.figures) else { return Vec::new() };
        let Reader { zone, now, .. } = self.reader;
        let errors_href = link::filtered(
            Filter {
                range: Range::Last(Preset::Month),
                status: Choice { any: vec!["error".to_owned()], none: Vec::new() },
                ..self.query.filter.clone()
            },
            zone,
        );
        let some_errors = figures.errors != Count::Exactly(0);
        vec![
            Stat {
                label: "Last seen",
                value: words::ago_short(now, newest.timestamp),
                note: Some(format!("{}, {}", self.reader.day_and_clock(newest.timestamp), newest.area)),
                ..Stat::default()
            },
            Stat {
                label: "First seen",
                value: words::date_short(figures.first.timestamp, zone),
                note: Some(words::ago(now, figures.first.timestamp)),
                ..Stat::default()
            },
            Stat {
                label: "Errors, last 30 days",
                value: count_figure(figures.errors),
                note: some_errors.then(|| "See them".to_owned()),
                note_href: some_errors.then_some(errors_href),
                alarming: some_errors,
            },
            Stat { label: "Entries", value: count_figure(figures.entries), ..Stat::default() },
        ]
    }
}
