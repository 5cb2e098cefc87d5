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
/// How many quarters of an hour a chart is made of at the most.
const QUARTERS: usize = 100_000;

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

/// Whether every term stands in a title.
fn matches(title: &str, terms: &[String]) -> bool {
    let title = title.to_lowercase();
    terms.iter().all(|term| title.contains(term))
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
        found.extend(rows.into_iter().filter(|group| matches(&group.title, terms)));
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
        let looked = looking.for_each(sql::titles(most), |(state, title): (String, String)| {
            met += 1;
            if matches(&title, terms) {
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

/// How many errors of a group began when: a quarter of an hour, and how many.
pub type Quarters = Vec<(Timestamp, u64)>;

/// The errors of groups by quarter of an hour from an instant on; none where there was no time, or they are too many.
pub async fn quarters(
    db: &Db,
    fingerprints: &[Fingerprint],
    from: Timestamp,
    budget: Budget,
) -> Result<Option<HashMap<Fingerprint, Quarters>>> {
    if fingerprints.is_empty() {
        return Ok(Some(HashMap::new()));
    }
    let mut out: HashMap<Fingerprint, Quarters> = HashMap::new();
    let mut met = 0;
    let mut looking = db.look(budget).await?;
    let looked = looking.for_each(sql::quarters(fingerprints, from), |(print, quarter, n): (i64, i64, i64)| {
        met += 1;
        let at = Timestamp::from_micros(quarter.saturating_mul(QUARTER));
        let counted = (at, u64::try_from(n).unwrap_or_default());
        out.entry(Fingerprint::from_number(print)).or_default().push(counted);
        if met < QUARTERS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let looked = looked.await?;
    looking.done();
    Ok((matches!(looked, Looked::Whole(())) && met < QUARTERS).then_some(out))
}
