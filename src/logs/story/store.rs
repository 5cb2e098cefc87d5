//! Asking for stretches of somebody's entries, and for what became of a failure.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    meant::Meant,
    moment::Moment,
    recovery::{Failed, Since},
    visits::{Beyond, Stretch},
};
use crate::{
    core::{
        error::{Error, Result},
        ip::{self, IpBlock},
        time::{Timestamp, Zone},
    },
    db::{Budget, Column, Db, Sql},
    logs::{
        checks::Candidate,
        filter::{Filter, Range, Who},
        json, look, predicates,
        sql::{Columns, MOMENT, Plan},
        store,
        vocabulary::Vocabulary,
        window::Window,
    },
    paging::{At, Cursor, Key, Seen},
};

/// How many entries from one address are looked through for those of one browser.
const ADDRESS: usize = 500;

/// Whose entries.
#[derive(Debug, Clone)]
pub struct Theirs {
    plan: Plan,
    budget: Budget,
    browser: Browser,
}

/// Which browser's entries count.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Browser {
    /// Every one's.
    Any,
    /// Those of this one, as it was sent; or those without one.
    Only(Option<String>),
}

impl Browser {
    fn counts(&self, moment: &Moment) -> bool {
        match self {
            Self::Any => true,
            Self::Only(browser) => moment.user_agent == *browser,
        }
    }
}

/// Up to so many entries from a place on, in the order of the walk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// The entries.
    pub moments: Vec<Moment>,
    /// Where looking stopped before it had found as many as were wanted: beyond that there may be others.
    pub stopped: Option<Key>,
}

impl Walked {
    /// Splits off what lies beyond the first `most`: the entry, or where looking stopped before it could be met.
    fn up_to(mut self, most: usize) -> (Vec<Moment>, Beyond) {
        let beyond = match (self.moments.get(most), self.stopped) {
            (Some(moment), _) => Beyond::Entry(Box::new(moment.clone())),
            (None, Some(key)) => Beyond::Unknown(key),
            (None, None) => Beyond::Nothing,
        };
        self.moments.truncate(most);
        (self.moments, beyond)
    }
}

impl Theirs {
    /// The entries of a person.
    pub async fn of(db: &Db, who: Who, now: Timestamp, budget: Budget) -> Result<Self> {
        let plan = store::plan(db, &Filter { who: vec![who], ..Filter::default() }, now, false).await?;
        Ok(Self { plan, budget, browser: Browser::Any })
    }

    /// The entries of one browser at the address that stands in a text; none where no address does.
    pub async fn at_address(
        db: &Db,
        (address, browser): (Option<&str>, Option<&str>),
        now: Timestamp,
        budget: Budget,
    ) -> Result<Option<Self>> {
        let Some(address) = address.and_then(ip::first_address) else { return Ok(None) };
        let filter = Filter { ip: Some(IpBlock::single(address)), ..Filter::default() };
        let plan = store::plan(db, &filter, now, true).await?;
        Ok(Some(Self { plan, budget, browser: Browser::Only(browser.map(str::to_owned)) }))
    }

    /// Up to `limit` of them beyond a place.
    pub async fn walk(&self, db: &Db, at: At, limit: usize) -> Result<Walked> {
        let most = if self.browser == Browser::Any { limit } else { ADDRESS };
        let Walked { mut moments, mut stopped } = self.rows(db, at, most).await?;
        if self.browser != Browser::Any {
            let last = moments.last().map(Moment::key).filter(|_| moments.len() == most);
            moments.retain(|moment| self.browser.counts(moment));
            stopped = stopped.or(last).filter(|_| moments.len() < limit);
            moments.truncate(limit);
        }
        Ok(Walked { moments, stopped })
    }

    /// All of them from one instant to another, both included, oldest first; nothing where there are too many to look at.
    pub async fn between(&self, db: &Db, from: Timestamp, to: Timestamp) -> Result<Option<Vec<Moment>>> {
        let narrowed = Self {
            plan: Plan {
                window: Window::of_time((Some(from), Some(to.plus(chrono::Duration::microseconds(1))))),
                ..self.plan.clone()
            },
            budget: self.budget,
            browser: Browser::Any,
        };
        let Walked { mut moments, stopped } = narrowed.rows(db, At::Newest, ADDRESS).await?;
        if moments.len() >= ADDRESS || stopped.is_some() {
            return Ok(None);
        }
        moments.retain(|moment| self.browser.counts(moment));
        moments.reverse();
        Ok(Some(moments))
    }

    async fn rows(&self, db: &Db, at: At, most: usize) -> Result<Walked> {
        if !self.plan.is_walk() {
            // No index meets them alone, so they are looked for as a list would be.
            let (keys, seen) = look::keys(db, &self.plan, at, most, self.budget).await?;
            let stopped = match seen {
                Seen::To(key) if keys.len() < most => Some(key),
                _ => None,
            };
            return Ok(Walked { moments: by_keys(db, &keys).await?, stopped });
        }
        let mut moments: Vec<Moment> = db.fetch_all(self.plan.walk(at, most, Columns::Moment)).await?;
        // Two branches may meet one entry; its copies stand side by side.
        moments.dedup_by_key(|moment| moment.id);
        moments.truncate(most);
        Ok(Walked { moments, stopped: None })
    }
}

/// The entries with these keys, in their order.
async fn by_keys(db: &Db, keys: &[Key]) -> Result<Vec<Moment>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let sql = Sql::new("SELECT ").text(MOMENT).text(" FROM audit_logs WHERE id IN (");
    let rows: Vec<Moment> = db.fetch_all(sql.bind_all(keys.iter().map(|key| key.id)).text(")")).await?;
    let mut rows: HashMap<Uuid, Moment> = rows.into_iter().map(|moment| (moment.id, moment)).collect();
    Ok(keys.iter().filter_map(|key| rows.remove(&key.id)).collect())
}

/// Which of these entries, by their place, have another one within `close` from the same address that has no member. One
/// question for all of them, as mostly none has; those it cannot be asked of are among them.
pub async fn with_strangers(db: &Db, moments: &[&Moment], close: chrono::Duration) -> Result<Vec<usize>> {
    if !db.dialect().serves(Column::Ip) {
        return Ok((0..moments.len()).collect());
    }
    let address = |moment: &Moment| moment.ip_address.as_deref().and_then(ip::first_address).map(IpBlock::single);
    let mut sql = Sql::new("SELECT v.column1 FROM (VALUES ");
    let mut asked = false;
    for (at, moment) in moments.iter().enumerate() {
        let Some(block) = address(moment) else { continue };
        sql = sql
            .text(if asked { ", (" } else { "(" })
            .bind(i64::try_from(at).unwrap_or(i64::MAX))
            .text(", ")
            .bind(block.first())
            .text(", ")
            .bind(moment.timestamp.plus(-close))
            .text(", ")
            .bind(moment.timestamp.plus(close))
            .text(")");
        asked = true;
    }
    if !asked {
        return Ok(Vec::new());
    }
    let sql = sql.text(
        ") AS v WHERE (SELECT l.id FROM audit_logs l WHERE l.ip = v.column2 AND l.\"timestamp\" >= v.column3 \
         AND l.\"timestamp\" <= v.column4 AND l.member_id IS NULL LIMIT 1) IS NOT NULL",
    );
    let rows: Vec<(i64,)> = db.fetch_all(sql).await?;
    Ok(rows.into_iter().filter_map(|(at,)| usize::try_from(at).ok()).collect())
}

/// Where a stretch lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// From a place on, one way.
    From(At),
    /// Around an entry.
    Around(Key),
}

/// A stretch of up to `limit` entries of somebody, and what lies beyond its ends.
pub async fn stretch(db: &Db, theirs: &Theirs, place: Place, limit: usize) -> Result<Stretch> {
    let half = limit / 2;
    let (older, newer) = match place {
        Place::From(At::Newest) => (theirs.walk(db, At::Newest, limit + 1).await?, Walked::default()),
        Place::From(At::Before(cursor)) => (
            theirs.walk(db, At::Before(cursor), limit + 1).await?,
            theirs.walk(db, At::After(other_side(cursor)), 1).await?,
        ),
        Place::From(At::After(cursor)) => (
            theirs.walk(db, At::Before(other_side(cursor)), 1).await?,
            theirs.walk(db, At::After(cursor), limit + 1).await?,
        ),
        Place::Around(key) => (
            theirs.walk(db, At::Before(Cursor::at(key)), half + 1).await?,
            theirs.walk(db, At::After(Cursor::beyond(key)), half + 1).await?,
        ),
    };
    let (older_most, newer_most) = match place {
        Place::From(At::Newest | At::Before(_)) => (limit, 0),
        Place::From(At::After(_)) => (0, limit),
        Place::Around(_) => (half, half),
    };
    let (older_moments, older) = older.up_to(older_most);
    let (newer_moments, newer) = newer.up_to(newer_most);
    Ok(Stretch { moments: older_moments.into_iter().rev().chain(newer_moments).collect(), older, newer })
}

/// The place that lies at the same row, seen from the other side: what one walk leaves out the other meets.
fn other_side(cursor: Cursor) -> Cursor {
    Cursor { inclusive: !cursor.inclusive, ..cursor }
}

/// One entry, if it is there.
pub async fn one(db: &Db, id: Uuid) -> Result<Option<Moment>> {
    let sql = Sql::new("SELECT ").text(MOMENT).text(" FROM audit_logs WHERE id = ").bind(id);
    db.fetch_optional(sql).await
}

/// The entry that lies nearest to what is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nearest {
    /// The entry.
    pub moment: Option<Moment>,
    /// Whether looking stopped before it was known that none is nearer.
    pub stopped: bool,
}

/// The entry of somebody that lies nearest to what is meant; of two as near, one of the later.
pub async fn nearest(db: &Db, theirs: &Theirs, meant: Meant) -> Result<Nearest> {
    let mut nearest: Option<Moment> = None;
    let mut stopped = false;
    for at in meant.instants() {
        let place = Cursor::at(Key { timestamp: at, id: Uuid::nil() });
        for side in [At::Before(other_side(place)), At::After(place)] {
            let walked = theirs.walk(db, side, 1).await?;
            stopped |= walked.stopped.is_some();
            for moment in walked.moments {
                let away = meant.away(moment.timestamp);
                if nearest.as_ref().is_none_or(|nearest| away <= meant.away(nearest.timestamp)) {
                    nearest = Some(moment);
                }
            }
        }
    }
    Ok(Nearest { moment: nearest, stopped })
}

/// The zone that an entry of somebody says they are in, and when: the newest of a few that does.
pub async fn zone_said(db: &Db, theirs: &Theirs) -> Result<Option<(Zone, Timestamp)>> {
    const LOOKED_AT: usize = 50;
    const KEYS: [&str; 4] = ["time_zone", "timezone", "tz", "zone"];
    if !theirs.plan.is_walk() {
        return Ok(None);
    }
    let rows: Vec<Candidate> = db.fetch_all(theirs.plan.walk(At::Newest, LOOKED_AT, Columns::Candidate)).await?;
    let said = |row: &Candidate| {
        let extra = row.extra.as_deref()?;
        let zone = KEYS.iter().find_map(|key| json::top_level(extra, key)?.parse::<Zone>().ok())?;
        Some((zone, row.timestamp))
    };
    Ok(rows.iter().find_map(said))
}

/// What became of a failure of `who` at `key`. Where that is an e-mail, the failure names no member: entries of another
/// member who had the e-mail, or has had it since, say nothing of it.
pub async fn since(
    vocabulary: &Vocabulary<'_>,
    who: &Who,
    key: Key,
    failed: &Failed,
    now: Timestamp,
    budget: Budget,
) -> Result<Since> {
    let db = vocabulary.db();
    let plan = async |filter: &Filter| {
        // `extra` is asked for only where the role may see it, so it may be looked at here.
        let mut plan = store::plan_by(vocabulary, filter, now, true).await?;
        if let Who::Email(email) = who {
            plan.predicates.push(predicates::nobody_elses(email, db.dialect()));
        }
        // One person has mostly fewer entries than a step looks through: asked first, they end the looking at once.
        plan.predicates.reverse();
        Ok::<_, Error>(plan)
    };
    // What is dated ahead has not been seen yet.
    let ahead = now.plus(chrono::Duration::microseconds(1));
    let seen = Range::Between { from: None, to: Some(ahead) };
    let beyond = At::After(Cursor::beyond(key));
    let successes = plan(&Filter { range: seen, ..failed.successes(who.clone()) }).await?;
    let (found, stopped) = look::keys(db, &successes, beyond, 1, budget).await?;
    if let Some(key) = found.first() {
        return Ok(Since::Recovered(*key));
    }
    if let Seen::To(key) = stopped {
        return Ok(Since::LookedTo(key));
    }
    let later = Range::Between { from: Some(key.timestamp), to: Some(ahead) };
    let theirs = plan(&Filter { range: later, who: vec![who.clone()], ..Filter::default() }).await?;
    let (last, stopped) = look::keys(db, &theirs, At::Newest, 1, budget).await?;
    match (last.first(), stopped) {
        (Some(last), _) if *last > key => return Ok(Since::NotSeenToSucceed(last.timestamp)),
        (None, Seen::To(_)) => return Ok(Since::LookedTo(key)),
        _ => {}
    }
    let all = plan(&Filter { who: vec![who.clone()], ..Filter::default() }).await?;
    let (after, _) = look::keys(db, &all, beyond, 1, budget).await?;
    Ok(Since::NotSeen { ahead: !after.is_empty() })
}
