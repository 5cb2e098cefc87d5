//! Asking for groups: a page of them, how many there are, one with what belongs to it. All of it bounded.

use std::{collections::HashMap, ops::ControlFlow};

use uuid::Uuid;

use super::{
    filter::{self, Query, Sort},
    fingerprint::Fingerprint,
    sql,
    state::{self, Said, State},
    write::QUARTER,
};
use crate::{
    core::{
        error::{Error, Outage, Result},
        time::Timestamp,
    },
    db::{Budget, Db, Looked, Looking},
    logs::look::{COUNT_CAP, Count},
    paging::{At, Cursor, Key, Page, Seen},
};

/// How many groups one step of a search reads.
const STEP: i64 = 500;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Group {
    /// Its name, as a number.
    pub fingerprint: i64,
    /// How it stands, by its word.
    pub state: String,
    /// How often it was recorded.
    pub times: i64,
    /// How many members it has met.
    pub members: i64,
    /// How often it was recorded of nobody.
    pub anonymous: i64,
    /// When it was recorded first.
    pub first_at: Timestamp,
    /// When it was recorded last,
    pub last_at: Timestamp,
    /// and in which entry.
    pub last_id: Uuid,
    /// What people call it.
    pub title: String,
    /// Where it happened last.
    pub area: String,
    /// What the last entry says.
    pub description: String,
    /// The type of the exception.
    pub exception: Option<String>,
    /// The place in the code.
    pub frame: Option<String>,
}

impl Group {
    /// Its name.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::from_number(self.fingerprint)
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> State {
        State::parse(&self.state).unwrap_or(State::New)
    }

    /// Its place in an order.
    #[must_use]
    pub fn key(&self, sort: Sort) -> Key {
        let value = match sort {
            Sort::LastSeen => self.last_at.micros(),
            Sort::Members => self.members,
            Sort::Times => self.times,
            Sort::FirstSeen => self.first_at.micros(),
        };
        filter::key(value, self.fingerprint())
    }
}

/// What a search looks at: all that the pages say of a group.
#[derive(Debug, sqlx::FromRow)]
struct Texts {
    state: String,
    title: String,
    area: String,
    description: String,
    exception: Option<String>,
    frame: Option<String>,
}

/// Whether every term stands in one of these texts.
fn matches<'a>(texts: impl IntoIterator<Item = &'a str>, terms: &[String]) -> bool {
    let texts: Vec<String> = texts.into_iter().map(str::to_lowercase).collect();
    terms.iter().all(|term| texts.iter().any(|text| text.contains(term)))
}

fn texts<'a>(
    [title, area, description]: [&'a String; 3],
    more: [&'a Option<String>; 2],
) -> impl Iterator<Item = &'a str> {
    let more = more.into_iter().filter_map(Option::as_deref);
    [title, area, description].into_iter().map(String::as_str).chain(more)
}

fn terms(query: &Query) -> &[String] {
    query.search.as_ref().map_or(&[], |search| &search.terms)
}

fn states(state: Option<State>) -> Vec<State> {
    state.map_or_else(|| State::ALL.to_vec(), |state| vec![state])
}

/// A page of the list. A search reads one group after the other, for a bounded time, and says how far it came.
pub async fn page(db: &Db, query: &Query, budget: Budget) -> Result<Page<Group>> {
    let limit = usize::from(query.limit);
    let mut looking = db.look(budget).await?;
    let (found, seen) = groups(&mut looking, query, limit + 1, budget).await?;
    looking.done();
    Ok(Page::new(found, limit, query.at, seen, |group| group.key(query.sort)))
}

async fn groups(looking: &mut Looking, query: &Query, want: usize, budget: Budget) -> Result<(Vec<Group>, Seen)> {
    let (states, terms) = (states(query.state), terms(query));
    let step = if terms.is_empty() { i64::try_from(want).unwrap_or(i64::MAX) } else { STEP.min(budget.step) };
    let mut found: Vec<Group> = Vec::new();
    let mut at = query.at;
    let mut seen: Option<Key> = None;
    for taken in 1_u32.. {
        let sql = sql::rows(looking.dialect(), &states, query.sort, at, step);
        let rows = match (looking.fetch_all::<Group>(sql).await?, seen) {
            (Looked::Whole(rows), _) => rows,
            (Looked::Interrupted, Some(key)) => return Ok((found, Seen::To(key))),
            // Nothing was seen, so nothing can be said: not that there is none either.
            (Looked::Interrupted, None) => return Err(Error::Unavailable(Outage::Away)),
        };
        let is_end = i64::try_from(rows.len()).unwrap_or(i64::MAX) < step;
        let last = rows.last().map(|group| group.key(query.sort));
        found.extend(rows.into_iter().filter(|group| {
            let Group { title, area, description, exception, frame, .. } = group;
            terms.is_empty() || matches(texts([title, area, description], [exception, frame]), terms)
        }));
        let Some(last) = last.filter(|_| !is_end) else { break };
        if found.len() >= want || taken >= budget.steps || !looking.in_time() {
            return Ok((found, Seen::To(last)));
        }
        seen = Some(last);
        let beyond = Cursor::beyond(last);
        at = if matches!(at, At::After(_)) { At::After(beyond) } else { At::Before(beyond) };
    }
    Ok((found, Seen::All))
}

/// How many groups of each state a list has; none where there was no time to count, or they are too many to search.
pub type Counts = HashMap<State, Count>;

/// How many groups of each state match what is searched for.
pub async fn counts(db: &Db, query: &Query, budget: Budget) -> Result<Option<Counts>> {
    let most = i64::try_from(COUNT_CAP).unwrap_or(i64::MAX) + 1;
    let terms = terms(query);
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut looking = db.look(budget).await?;
    let whole = if terms.is_empty() {
        let rows = looking.fetch_all::<(String, i64)>(sql::counts(&State::ALL, most)).await?;
        if let Looked::Whole(rows) = &rows {
            counts.extend(rows.iter().map(|(state, n)| (state.clone(), u64::try_from(*n).unwrap_or_default())));
        }
        matches!(rows, Looked::Whole(_))
    } else {
        let mut met = 0;
        let looked = looking.for_each(sql::texts(most), |group: Texts| {
            met += 1;
            let Texts { state, title, area, description, exception, frame } = group;
            if matches(texts([&title, &area, &description], [&exception, &frame]), terms) {
                *counts.entry(state).or_default() += 1;
            }
            ControlFlow::Continue(())
        });
        matches!(looked.await?, Looked::Whole(())) && met < most
    };
    looking.done();
    let count = |state: State| match counts.get(state.as_str()).copied().unwrap_or_default() {
        n if n > COUNT_CAP => Count::MoreThan(COUNT_CAP),
        n => Count::Exactly(n),
    };
    Ok(whole.then(|| State::ALL.into_iter().map(|state| (state, count(state))).collect()))
}

/// How many groups wait for somebody: new ones, and those that came back. Counted to `most`.
pub async fn waiting(db: &Db, most: u64) -> Result<u64> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let rows: Vec<(String, i64)> = db.fetch_all(sql::counts(&[State::New, State::CameBack], limit)).await?;
    Ok(rows.into_iter().map(|(_, n)| u64::try_from(n).unwrap_or_default()).sum::<u64>().min(most))
}

/// One group, if there is one.
pub async fn group(db: &Db, fingerprint: Fingerprint) -> Result<Option<Group>> {
    db.fetch_optional(sql::one(fingerprint)).await
}

/// The group of an entry, if it is in one.
pub async fn of_entry(db: &Db, id: Uuid) -> Result<Option<Group>> {
    db.fetch_optional(sql::of_entry(id)).await
}

/// What people said of a group.
pub async fn said(db: &Db, fingerprint: Fingerprint) -> Result<Option<Said>> {
    db.fetch_optional(state::select().text("= ").bind(fingerprint.number())).await
}

/// A page of a group's entries: their places in the log.
pub async fn entries(db: &Db, fingerprint: Fingerprint, at: At, limit: usize) -> Result<Page<Key>> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let keys: Vec<(Timestamp, Uuid)> = db.fetch_all(sql::entries(fingerprint, at, most)).await?;
    let keys = keys.into_iter().map(|(timestamp, id)| Key { timestamp, id }).collect();
    Ok(Page::new(keys, limit, at, Seen::All, |key| *key))
}

/// A member of a group: how often it met them, and in which entry last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Met {
    /// How often.
    pub times: i64,
    /// When last,
    pub last_at: Timestamp,
    /// in this entry.
    pub last_id: Uuid,
}

/// The members whom a group met last.
pub async fn members(db: &Db, fingerprint: Fingerprint, most: usize) -> Result<Vec<Met>> {
    db.fetch_all(sql::members(fingerprint, i64::try_from(most).unwrap_or(i64::MAX))).await
}

/// How many errors of a group fell into stretches of time: when each begins, and how many.
pub type Quarters = Vec<(Timestamp, u64)>;

/// How many errors of groups fell between each edge and the next, as quarters of an hour are counted. Groups that there was
/// no time for are left out.
pub async fn sums(
    db: &Db,
    fingerprints: &[Fingerprint],
    edges: &[Timestamp],
    budget: Budget,
) -> Result<HashMap<Fingerprint, Quarters>> {
    let mut out = HashMap::new();
    if fingerprints.is_empty() || edges.len() < 2 {
        return Ok(out);
    }
    // A quarter is where it begins.
    let quarters: Vec<i64> = edges.iter().map(|edge| -(-edge.micros()).div_euclid(QUARTER)).collect();
    let mut looking = db.look(budget).await?;
    for print in fingerprints {
        let sql = sql::sums(*print, &quarters);
        let Looked::Whole(sums) = looking.fetch_all::<(i64, i64)>(sql).await? else { break };
        let edge = |at: i64| usize::try_from(at).ok().and_then(|at| edges.get(at)).copied();
        let sum = |(at, n): (i64, i64)| Some((edge(at)?, u64::try_from(n).unwrap_or_default()));
        out.insert(*print, sums.into_iter().filter_map(sum).collect());
        if !looking.in_time() {
            break;
        }
    }
    looking.done();
    Ok(out)
}
