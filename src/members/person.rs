//! The page of one person: a member, or an e-mail that nobody has an account with now.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use futures_util::future::try_join5;
use uuid::Uuid;

use super::{
    emails::{self, HELD, Holder},
    failures::{self, Failure, Failures},
    handlers::LONGEST,
    inferred::{self, Inferred},
    pages::{FailureView, MemberPage, Stat},
    spark::Spark,
    store::{self, Figures, WithoutAccount},
    time::{self, Asked},
    unfinished::Habits,
    visits::{self, Drawing},
};
use crate::{
    core::{
        error::{Error, Result, What},
        query_string,
        time::{Timestamp, Zone},
        words,
    },
    logs::{
        filter::{Filter, ListQuery, Who},
        form::FilterForm,
        link,
        look::Count,
        story::{
            Moment,
            habits::Habit,
            others::{self, Others},
            store::{self as story, Nearest, Place, Theirs, Walked},
            view::{self as told, Named},
            visits::{From, Timeline, page},
        },
        view::{Reader, count::count_figure, export::ExportMenu, row},
        vocabulary::Vocabulary,
    },
    paging::{At, Cursor, Key},
    session::Signed,
    staff_log::Kind,
    web::{
        respond,
        shell::Section,
        spelling::{self, Spelling},
        state::State,
    },
};

/// What the menu of exports says of a member.
const EXPORT: &str = "Everything recorded about this member. The export is recorded under your name.";
/// How many entries a page of visits is cut from at the most.
const ENTRIES: usize = 200;
/// How many visits a page has at the most.
const VISITS: usize = 20;

/// `GET /members/{id}`: one member. Any spelling of the id leads to the usual one.
pub async fn member(
    req: HttpRequest,
    path: web::Path<String>,
    state: web::Data<State>,
    habits: web::Data<Habits>,
    signed: Signed,
) -> Result<HttpResponse> {
    let id = match spelling::read(&req, &path, What::Member, link::member)? {
        Spelling::Usual(id) => id,
        Spelling::Other(redirect) => return Ok(redirect),
    };
    let known = store::member(&state.db, id).await?;
    let asked = Wanted::read(&req, Reader::of(&signed).zone)?;
    let mut recorded = Recorded::load(&state, &habits, &signed, Who::Member(id), asked).await?;
    let of_entry = || recorded.newest.as_ref().map(|newest| (None, newest.member_email.clone()));
    // Where looking stopped, whether any entry names them is not known.
    let so_far = recorded.stopped.then_some((None, None));
    let Some((name, email)) = known.or_else(of_entry).or(so_far) else { return Err(Error::NotFound(What::Member)) };
    signed.record(Kind::MemberOpened, Some(id.to_string()), None)?;
    if let Some(email) = email.as_deref().filter(|email| !email.is_empty()) {
        recorded.without_account = store::without_account(&state.db, email, state.budgets.count).await?;
    }
    let name = name.filter(|name| !name.trim().is_empty());
    let find = name.clone();
    recorded.answer(&signed, Person { name, email, id: Some(id), find, holder: Holder::Nobody, holders: Others::new() })
}

/// `GET /members/by-email`: an e-mail that nobody has an account with now; one that somebody has leads to them.
pub async fn by_email(
    req: HttpRequest,
    state: web::Data<State>,
    habits: web::Data<Habits>,
    signed: Signed,
) -> Result<HttpResponse> {
    let form = FilterForm::new(req.query_string());
    let given = query_string::parse(req.query_string()).into_iter().rfind(|pair| pair.name == "email");
    let given = given.filter(|pair| pair.problem.is_none()).map(|pair| pair.value).unwrap_or_default();
    if given.trim().is_empty() || given.trim().chars().count() > LONGEST {
        return Err(Error::NotFound(What::Member));
    }
    // Blanks around it were typed, unless it is recorded with them.
    let mut spellings = vec![given.as_str(), given.trim()];
    spellings.dedup();
    let mut recorded = None;
    for email in spellings {
        if let Some(id) = store::owner_of(&state.db, email).await? {
            // Already this tells something: whose the e-mail is.
            signed.record(Kind::MembersSearched, Some(id.to_string()), Some(email.to_owned()))?;
            let rest = query_string::write(form.pairs().filter(|(name, _)| *name != "email"));
            let mark = if rest.is_empty() { "" } else { "?" };
            return Ok(respond::see_other(&format!("{}{mark}{rest}", link::member(id))));
        }
        let asked = Wanted::read(&req, Reader::of(&signed).zone)?;
        let who = Who::Email(email.to_ascii_lowercase());
        let theirs = Recorded::load(&state, &habits, &signed, who, asked).await?;
        let is_there = theirs.newest.is_some();
        recorded = Some((email.to_owned(), theirs));
        if is_there {
            break;
        }
    }
    let Some((email, recorded)) = recorded else { return Err(Error::NotFound(What::Member)) };
    signed.record(Kind::MemberOpened, Some(email.clone()), None)?;
    // As recorded, not as typed.
    let email = recorded.newest.as_ref().and_then(|newest| newest.member_email.clone()).unwrap_or(email);
    let find = email.split('@').next().filter(|local| !local.is_empty()).map(str::to_owned);
    let holder = match &recorded.figures {
        Some(figures) => emails::holder(&state.db, &email, figures.entries, state.budgets.count).await?,
        None => Holder::Nobody,
    };
    let met = recorded.timeline.visits.iter().flat_map(|visit| &visit.moments).filter_map(|moment| moment.member_id);
    let named = match holder {
        Holder::Member(id) => Some(id),
        Holder::Nobody | Holder::NotFound => None,
    };
    let holders = others::with_ids(&state.db, met.chain(named).collect()).await?;
    recorded.answer(&signed, Person { name: None, email: Some(email), id: None, find, holder, holders })
}

/// Which part of their story is asked for.
struct Wanted {
    /// From which place on.
    at: At,
    /// Around which entry of theirs.
    entry: Option<Uuid>,
    /// Around which time.
    time: Asked,
    /// `tz` of this request, which the page's own links keep.
    tz: Option<Zone>,
}

impl Wanted {
    fn read(req: &HttpRequest, zone: Zone) -> Result<Self> {
        const UNREADABLE: &str = "the place in the visits cannot be read; open the member anew";
        let form = FilterForm::new(req.query_string());
        let cursor = |name: &str| match form.value(name) {
            "" => Ok(None),
            text => text.parse::<Cursor>().map(Some).map_err(|_| Error::BadRequest(UNREADABLE)),
        };
        let at = match (cursor("before")?, cursor("after")?) {
            (None, None) => At::Newest,
            (Some(cursor), None) => At::Before(cursor),
            (None, Some(cursor)) => At::After(cursor),
            (Some(_), Some(_)) => return Err(Error::BadRequest(UNREADABLE)),
        };
        // Of anything that is no id there is no entry to go to.
        let entry = Uuid::parse_str(form.value("entry")).ok();
        Ok(Self { at, entry, time: Asked::read(&form, zone), tz: form.zone() })
    }
}

/// The pages of members and what they are called, in the order of their names.
fn called(members: &Others) -> Vec<(String, String)> {
    let mut called: Vec<_> = members.values().map(|one| (link::member(one.id), one.called())).collect();
    called.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    called
}

/// Who the page is about.
struct Person {
    name: Option<String>,
    email: Option<String>,
    id: Option<Uuid>,
    /// What others like them are found by.
    find: Option<String>,
    /// The member whom the newest entry with the e-mail names that names any.
    holder: Holder,
    /// All members whom the page knows to have entries with it.
    holders: Others,
}

/// What the log holds of one person, as far as the page shows it.
struct Recorded {
    reader: Reader,
    usual_zone: Zone,
    site_zone: Zone,
    query: ListQuery,
    wanted: Wanted,
    /// Their newest entry, also where it is dated ahead.
    newest: Option<Moment>,
    /// Their newest entry up to now, or where looking for it stopped.
    seen: Walked,
    /// Whether looking for one stopped before its end.
    stopped: bool,
    nearest: Nearest,
    timeline: Timeline,
    figures: Option<Figures>,
    spark: Option<Spark>,
    failures: Failures,
    without_account: Option<WithoutAccount>,
    inferred: Inferred,
    habits: Arc<Vec<Habit>>,
    zone_said: Option<(Zone, Timestamp)>,
}

impl Recorded {
    async fn load(
        state: &web::Data<State>,
        habits: &Arc<Habits>,
        signed: &Signed,
        who: Who,
        wanted: Wanted,
    ) -> Result<Self> {
        let reader = Reader::of(signed);
        let (db, budgets) = (&state.db, state.budgets);
        let query = ListQuery::first(Filter { who: vec![who.clone()], ..Filter::default() });
        let theirs = Theirs::of(db, who.clone(), reader.now, budgets.list).await?;
        let Walked { mut moments, stopped } = theirs.walk(db, At::Newest, 1).await?;
        let newest = moments.pop();
        let last = match &newest {
            // What is dated ahead has not been seen yet.
            Some(newest) if newest.timestamp > reader.now => {
                let now = Cursor::at(Key { timestamp: reader.now, id: Uuid::max() });
                theirs.walk(db, At::Before(now), 1).await?
            }
            newest => Walked { moments: newest.iter().cloned().collect(), stopped: None },
        };
        let mut out = Self {
            reader,
            usual_zone: signed.staff.usual_zone,
            site_zone: state.site.zone,
            query,
            wanted,
            stopped: newest.is_none() && stopped.is_some(),
            newest,
            seen: last,
            nearest: Nearest::default(),
            timeline: Timeline::default(),
            figures: None,
            spark: None,
            failures: Failures::default(),
            without_account: None,
            inferred: Inferred::new(),
            habits: Arc::default(),
            zone_said: None,
        };
        if out.newest.is_none() {
            return Ok(out);
        }
        // Both are known by what a viewer does not see, and would tell it.
        let sees = reader.role.sees_details();
        let Wanted { entry, at, ref time, .. } = out.wanted;
        let told = async {
            let nearest = match (time.meant, entry) {
                (Some(meant), _) => story::nearest(db, &theirs, meant).await?,
                (None, Some(id)) => {
                    let moment = story::one(db, id).await?.filter(|moment| moment.is_of(&who));
                    Nearest { moment, stopped: false }
                }
                (None, None) => Nearest::default(),
            };
            let (place, from) = match (&nearest.moment, at) {
                (Some(nearest), _) => (Place::Around(nearest.key()), From::Entry(nearest.key())),
                (None, at @ At::After(_)) => (Place::From(at), From::Older),
                (None, at) => (Place::From(at), From::Newer),
            };
            let timeline = page(story::stretch(db, &theirs, place, ENTRIES).await?, from, VISITS);
            let inferred = if sees {
                inferred::of(db, &who, &timeline.visits, reader.now, budgets.count).await?
            } else {
                Inferred::new()
            };
            Ok((nearest, timeline, inferred))
        };
        let vocabulary = Vocabulary::of(db);
        let zone_said = async { if sees { story::zone_said(db, &theirs).await } else { Ok(None) } };
        // None of them needs the others, and each waits for the database.
        let (told, figures, spark, failures, zone_said) = try_join5(
            Box::pin(told),
            Box::pin(store::figures(&vocabulary, &who, reader.now, budgets.count)),
            Box::pin(store::spark(&vocabulary, &who, &reader, budgets.count)),
            Box::pin(failures::lately(&vocabulary, &who, &reader, budgets.count)),
            zone_said,
        )
        .await?;
        (out.nearest, out.timeline, out.inferred) = told;
        (out.figures, out.spark, out.failures, out.zone_said) = (Some(figures), Some(spark), failures, zone_said);
        out.habits = habits.now(state, reader.now).await;
        Ok(out)
    }

    fn answer(self, signed: &Signed, person: Person) -> Result<HttpResponse> {
        let status = if self.wanted.time.is_bad() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        respond::page(status, &self.page(signed, person))
    }

    fn page(self, signed: &Signed, person: Person) -> MemberPage {
        let Person { name, email, id, find, holder, holders } = person;
        let (reader, zone) = (&self.reader, self.reader.zone);
        let own = id.map_or_else(|| link::by_email(email.as_deref().unwrap_or_default()), link::member);
        let tz = self.wanted.tz.map(|tz| ("tz", tz.name()));
        let way = |name: &str, cursor: Cursor| {
            let cursor = cursor.to_string();
            let pairs = query_string::write([(name, cursor.as_str())].into_iter().chain(tz));
            format!("{own}{}{pairs}", if own.contains('?') { '&' } else { '?' })
        };
        let drawing = Drawing {
            reader,
            nearest: self.nearest.moment.as_ref(),
            near: if self.wanted.time.meant.is_some() { "nearest to that time" } else { "the entry you came from" },
            inferred: &self.inferred,
            habits: &self.habits,
            named: if self.is_of_several() { Named::Others(&holders) } else { Named::None },
            way: &way,
        };
        let timeline = self.newest.as_ref().map(|_| visits::view(&self.timeline, &drawing));
        let found = self.wanted.time.meant.map(|meant| time::found(meant, &self.nearest, reader, self.usual_zone));
        let mut form = self.wanted.time.form(self.zone_said, self.site_zone, reader, found);
        own.split('?').next().unwrap_or_default().clone_into(&mut form.action);
        form.email = email.clone().filter(|_| id.is_none());
        form.leads = self.nearest.moment.is_some();
        let sayable = self.query.filter.who.iter().all(Who::is_sayable);
        MemberPage {
            shell: signed.shell(Section::Members),
            entries_href: sayable.then(|| link::list(&self.query, zone)),
            export: if sayable { ExportMenu::of(&self.query, reader, EXPORT) } else { None },
            find_href: find.map(|text| format!("/members?q={}", query_string::escape(&text))),
            stats: self.stats(),
            stopped: self.stopped,
            spark: self.spark.clone(),
            holders: called(&holders),
            held: match holder {
                Holder::Nobody => "The log cannot tell whether there was an account.".to_owned(),
                _ => {
                    format!("None of the newest {HELD} entries with it names a member; older ones were not looked at.")
                }
            },
            without_account: self.without_account.as_ref().map(|entry| {
                let said = format!("{}, {}", row::titled(&entry.description), reader.day_and_clock(entry.timestamp));
                (link::entry(entry.id, ""), said)
            }),
            failures: self.failures.told.iter().map(|failure| self.failure_view(failure)).collect(),
            failures_whole: self.failures.whole,
            error_lists: self.error_lists(),
            time: form,
            timeline,
            name,
            email,
            id: id.map(|id| id.to_string()),
        }
    }

    /// Whether the visits are of more people than one, or not all are known to be of the same.
    fn is_of_several(&self) -> bool {
        let mut whose = self.timeline.visits.iter().flat_map(|visit| &visit.moments).map(|moment| moment.member_id);
        let first = whose.next();
        whose.any(|id| Some(id) != first)
    }

    fn stats(&self) -> Vec<Stat> {
        let (Some(newest), Some(figures)) = (&self.newest, &self.figures) else { return Vec::new() };
        let Reader { zone, now, .. } = self.reader;
        let [by_status, by_action] = figures.errors;
        let errors = by_status.and(by_action);
        let some_errors = errors != Count::Exactly(0);
        let entry = |label, moment: &Moment| Stat {
            label,
            value: words::ago_short(now, moment.timestamp),
            note: Some(format!("{}, {}", self.reader.day_and_clock(moment.timestamp), moment.area)),
            ..Stat::default()
        };
        let unseen = |value: &str, note: Option<&str>| Stat {
            label: "Last seen",
            value: value.to_owned(),
            note: note.map(str::to_owned),
            ..Stat::default()
        };
        let mut stats = vec![match (self.seen.moments.first(), self.seen.stopped) {
            (Some(seen), _) => entry("Last seen", seen),
            (None, None) => unseen("Not yet", Some("Only entries dated ahead are recorded")),
            (None, Some(_)) => unseen("Not looked at yet", None),
        }];
        if newest.timestamp > now {
            stats.push(entry("Newest entry, dated ahead", newest));
        }
        let first = figures.first.filter(|first| first.timestamp <= now);
        stats.extend(first.map(|first| Stat {
            label: "First seen",
            value: first.timestamp.in_zone(zone).format("%-d %b %Y").to_string(),
            note: Some(words::ago(now, first.timestamp)),
            ..Stat::default()
        }));
        stats.extend([
            Stat {
                label: "Errors, last 30 days",
                value: count_figure(errors),
                links: self.error_lists(),
                alarming: some_errors,
                ..Stat::default()
            },
            Stat { label: "Entries", value: count_figure(figures.entries), ..Stat::default() },
        ]);
        stats
    }

    /// The lists of their errors of the last 30 days that hold some: by status, and by action alone, each with its name.
    fn error_lists(&self) -> Vec<(String, String)> {
        let who = self.query.filter.who.first().filter(|who| who.is_sayable());
        let (Some(who), Some(figures)) = (who, &self.figures) else { return Vec::new() };
        let [by_status, by_action] = figures.errors;
        // Where an error is one by its action alone, one list does not hold them all.
        let named = match (by_status, by_action) {
            (_, Count::Exactly(0)) => ["See them", ""],
            (Count::Exactly(0), _) => ["", "See them"],
            _ => ["Status error", "App errors with another status"],
        };
        let lists = figures.errors.into_iter().zip(named).zip(failures::errors(who));
        lists
            .filter(|((count, _), _)| *count != Count::Exactly(0))
            .map(|((_, name), filter)| (name.to_owned(), link::filtered(filter, self.reader.zone)))
            .collect()
    }

    fn failure_view(&self, failure: &Failure) -> FailureView {
        let Failure { log, who, failed, since } = failure;
        FailureView {
            href: link::entry(log.id, ""),
            title: row::titled(&log.description),
            area: log.area.clone(),
            when: self.reader.day_and_clock(log.timestamp),
            since: told::since(*since, failed, (who, log.timestamp), &self.reader),
        }
    }
}
