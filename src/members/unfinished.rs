//! Silent failures: visits that began something and show neither that nor an error, on one member and as a list.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::pages::{UnfinishedPage, UnfinishedRow};
use crate::{
    core::{
        error::{Error, Outage, Result},
        time::Timestamp,
        words,
    },
    db::{Budget, Db},
    logs::{
        filter::{Area, Choice, Filter},
        form::FilterForm,
        link,
        log::Log,
        look,
        sql::Columns,
        store as logs,
        story::{
            Moment, around,
            habits::{self, Habit, Known},
            store::{self as story, Place, Theirs},
            visits::{Beyond, Stretch, Visit, cut},
        },
        view::{Reader, row},
    },
    paging::{At, Cursor, Key, Seen},
    session::Signed,
    staff_log::{self, Kind},
    web::{respond, shell::Section, state::State},
};

/// How many of the newest entries habits are learned from.
const LEARNED_FROM: usize = 10_000;
/// How long what was learned counts.
const COUNTS: chrono::Duration = chrono::Duration::minutes(10);
/// How many openings of a page one page of the list looks at.
const LOOKED_AT: usize = 100;
/// How many visits one page of the list shows.
const SHOWN: usize = 25;
/// How many entries of a visit are looked at.
const VISIT: usize = 200;

type Learned = (Timestamp, Arc<Vec<Habit>>);

/// What was learned, and when. Shared by all workers, since it takes reading thousands of entries.
#[derive(Debug, Default)]
pub struct Habits {
    kept: RwLock<Option<Learned>>,
    first: Mutex<()>,
    learning: AtomicBool,
}

impl Habits {
    /// The habits that the newest entries show, beside those that the site sets. What was learned is told until something
    /// newer is; only the first who asks waits. No page fails for want of it.
    pub async fn now(self: &Arc<Self>, state: &web::Data<State>, now: Timestamp) -> Arc<Vec<Habit>> {
        if let Some((at, habits)) = self.kept() {
            if !(at..at.plus(COUNTS)).contains(&now) && !self.learning.swap(true, Ordering::AcqRel) {
                let (habits, state) = (self.clone(), state.clone());
                tokio::spawn(async move {
                    habits.learn(&state, now).await;
                    habits.learning.store(false, Ordering::Release);
                });
            }
            return habits;
        }
        let _one = self.first.lock().await;
        match self.kept() {
            Some((_, habits)) => habits,
            None => self.learn(state, now).await,
        }
    }

    fn kept(&self) -> Option<Learned> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn learn(&self, state: &State, now: Timestamp) -> Arc<Vec<Habit>> {
        match learn(state, now).await {
            Ok(habits) => {
                let habits = Arc::new(habits);
                *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some((now, habits.clone()));
                habits
            }
            Err(error) => {
                tracing::warn!("what opening a page mostly leads to could not be learned: {error}");
                Arc::new(habits::learn([], &state.site.begins))
            }
        }
    }
}

async fn learn(state: &State, now: Timestamp) -> Result<Vec<Habit>> {
    let all = logs::plan(&state.db, &Filter::default(), now, false).await?;
    let sql = all.walk(At::Newest, LEARNED_FROM, Columns::Moment);
    let newest: Vec<Moment> = match look::walk(&state.db, sql, state.budgets.list).await {
        // Without an index by time the whole table would be sorted for it: what is set counts all the same.
        Err(Error::Unavailable(Outage::Unfitted)) => Vec::new(),
        newest => newest?,
    };
    let mut by_member: HashMap<Uuid, Vec<Moment>> = HashMap::new();
    for moment in newest.into_iter().rev() {
        if let Some(id) = moment.member_id {
            by_member.entry(id).or_default().push(moment);
        }
    }
    let stretch = |moments: Vec<Moment>| Stretch { moments, older: Beyond::Nothing, newer: Beyond::Nothing };
    let visits: Vec<Visit> = by_member.into_values().flat_map(|moments| cut(stretch(moments))).collect();
    Ok(habits::learn(&visits, &state.site.begins))
}

/// `began a booking …`: what a visit opened and did not end, and why that is thought.
#[must_use]
pub fn said(visit: &Visit, habits: &[Habit], now: Timestamp) -> Option<String> {
    let say = |one: habits::Unfinished<'_, '_>| {
        let action = words::action_name(&one.habit.action_type);
        format!("Opened {}; no “{action}” and no error is recorded after it. {}", one.habit.area, usually(one.habit))
    };
    let said: Vec<String> = habits::unfinished(visit, habits, now).into_iter().map(say).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

fn usually(habit: &Habit) -> String {
    let action = words::action_name(&habit.action_type);
    match habit.known {
        Known::Set => format!("Set: this page begins “{action}”."),
        Known::Learned { support, of } => {
            let n = |n: usize| words::count(u64::try_from(n).unwrap_or(u64::MAX));
            let percent = support * 100 / of.max(1);
            format!("Usually “{action}” follows: in {} of {} visits lately, {percent} %.", n(support), n(of))
        }
    }
}

/// `GET /members/unfinished`: visits that began something and show no end of it, newest first.
pub async fn list(
    req: HttpRequest,
    state: web::Data<State>,
    habits: web::Data<Habits>,
    signed: Signed,
) -> Result<HttpResponse> {
    let reader = Reader::of(&signed);
    let form = FilterForm::new(req.query_string());
    let at = match form.value("before") {
        "" => At::Newest,
        text => text
            .parse::<Cursor>()
            .map(At::Before)
            .map_err(|_| Error::BadRequest("the place in the list cannot be read; open the list anew"))?,
    };
    let habits = habits.now(&state, reader.now).await;
    let (found, looked_to) = find(&state.db, &habits, at, reader.now, state.budgets.list).await?;
    signed.record(Kind::MembersSearched, Some(staff_log::UNFINISHED.to_owned()), None)?;
    let page = UnfinishedPage {
        shell: signed.shell(Section::Members),
        habits: habits.iter().map(|habit| (habit.area.clone(), usually(habit))).collect(),
        rows: found.iter().map(|(log, habit)| row_of(log, habit, &reader)).collect(),
        zone: reader.zone_at(reader.now),
        most: VISIT / 2,
        looked_to: looked_to.map(|key| reader.day_and_clock(key.timestamp)),
        older: looked_to.map(|key| format!("/members/unfinished?before={}", Cursor::beyond(key))),
    };
    respond::page(StatusCode::OK, &page)
}

/// The entries that opened a page to no end, newest first, and where looking stopped if it did not come to the end.
async fn find<'a>(
    db: &Db,
    habits: &'a [Habit],
    at: At,
    now: Timestamp,
    budget: Budget,
) -> Result<(Vec<(Log, &'a Habit)>, Option<Key>)> {
    if habits.is_empty() {
        return Ok((Vec::new(), None));
    }
    let areas = habits.iter().map(|habit| Area::Exactly(habit.area.clone())).collect();
    let filter = Filter {
        action_type: Choice { any: vec!["page_visit".to_owned()], none: Vec::new() },
        area: Choice { any: areas, none: Vec::new() },
        ..Filter::default()
    };
    let plan = logs::plan(db, &filter, now, false).await?;
    let (keys, seen) = look::keys(db, &plan, at, LOOKED_AT, budget).await?;
    let mut looked_to = match seen {
        Seen::To(key) => Some(key),
        Seen::All if keys.len() == LOOKED_AT => keys.last().copied(),
        Seen::All => None,
    };
    let begun = Instant::now();
    let mut found = Vec::new();
    // Each visit is asked for once, and each thing it began told once: where it last did.
    let mut met: HashSet<Uuid> = HashSet::new();
    let mut opened: HashMap<Uuid, &Habit> = HashMap::new();
    for log in logs::logs(db, &keys).await? {
        let key = log.key();
        if !met.contains(&log.id)
            && let Some(who) = around::who(&log)
        {
            let theirs = Theirs::of(db, who, now, budget).await?;
            let visits = cut(story::stretch(db, &theirs, Place::Around(key), VISIT).await?);
            let holding = visits.iter().find(|visit| visit.moments.iter().any(|moment| moment.id == log.id));
            if let Some(visit) = holding {
                met.extend(visit.moments.iter().map(|moment| moment.id));
                let begun = habits::unfinished(visit, habits, now);
                opened.extend(begun.into_iter().map(|one| (one.opened.id, one.habit)));
            }
        }
        found.extend(opened.remove(&log.id).map(|habit| (log, habit)));
        if found.len() == SHOWN || begun.elapsed() > budget.time {
            looked_to = Some(key);
            break;
        }
    }
    Ok((found, looked_to))
}

fn row_of(log: &Log, habit: &Habit, reader: &Reader) -> UnfinishedRow {
    UnfinishedRow {
        who: row::Who::of(log.subject()),
        when: reader.day_and_clock(log.timestamp),
        datetime: reader.datetime(log.timestamp),
        href: link::entry(log.id, ""),
        title: row::titled(&log.description),
        area: habit.area.clone(),
        missing: words::action_name(&habit.action_type),
    }
}
