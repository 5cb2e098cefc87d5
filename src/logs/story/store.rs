//! Asking for stretches of somebody's entries, and for what became of a failure.

use super::{
    moment::Moment,
    recovery::{Failed, Since},
    visits::Stretch,
};
use crate::{
    core::{
        error::Result,
        ip::{self, IpBlock},
        time::Timestamp,
    },
    db::{Budget, Db},
    logs::{
        filter::{Filter, Who},
        look,
        sql::{Columns, Plan},
        store,
        window::Window,
    },
    paging::{At, Cursor, Direction, Key, Seen},
};

/// How many entries from one address are looked through for those of one browser.
const ADDRESS: usize = 500;

/// Whose entries, as a walk of an index that meets them alone.
#[derive(Debug, Clone)]
pub struct Theirs {
    plan: Plan,
    /// Of an address, the browser that counts.
    browser: Option<Option<String>>,
}

/// Up to so many entries from a place on, in the order of the walk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// The entries.
    pub moments: Vec<Moment>,
    /// Whether looking stopped before it had found as many as were wanted: there may be others.
    pub stopped: bool,
}

impl Theirs {
    /// The entries of a person.
    pub async fn of(db: &Db, who: Who, now: Timestamp) -> Result<Self> {
        let plan = store::plan(db, &Filter { who: vec![who], ..Filter::default() }, now, false).await?;
        Ok(Self { plan, browser: None })
    }

    /// The entries of one browser at the address that stands in a text; none where no address does.
    pub async fn at_address(
        db: &Db,
        address: Option<&str>,
        browser: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Self>> {
        let Some(address) = address.and_then(ip::first_address) else { return Ok(None) };
        let filter = Filter { ip: Some(IpBlock::single(address)), ..Filter::default() };
        let plan = store::plan(db, &filter, now, true).await?;
        Ok(Some(Self { plan, browser: Some(browser.map(str::to_owned)) }))
    }

    /// Up to `limit` of them beyond a place.
    pub async fn walk(&self, db: &Db, at: At, limit: usize) -> Result<Walked> {
        let direction = at.direction();
        let window = at.cursor().map_or(self.plan.window, |cursor| self.plan.window.beyond(cursor.into(), direction));
        self.within(db, window, direction, limit).await
    }

    /// Up to `limit` of them within a window.
    pub async fn within(&self, db: &Db, window: Window, direction: Direction, limit: usize) -> Result<Walked> {
        let most = if self.browser.is_some() { ADDRESS } else { limit };
        let driver = self.plan.drivers().first().copied().flatten();
        let rows = i64::try_from(most).unwrap_or(i64::MAX);
        let sql = self.plan.rows(driver, window, direction, rows, Columns::Moment);
        let mut moments: Vec<Moment> = db.fetch_all(sql).await?;
        // Two branches may meet one entry; its copies stand side by side.
        moments.dedup_by_key(|moment| moment.id);
        moments.truncate(most);
        let met = moments.len();
        if let Some(browser) = &self.browser {
            moments.retain(|moment| moment.user_agent == *browser);
        }
        let stopped = self.browser.is_some() && met == ADDRESS && moments.len() < limit;
        moments.truncate(limit);
        Ok(Walked { moments, stopped })
    }
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
        Place::From(At::Newest) => (theirs.walk(db, At::Newest, limit + 1).await?.moments, Vec::new()),
        Place::From(At::Before(cursor)) => (
            theirs.walk(db, At::Before(cursor), limit + 1).await?.moments,
            theirs.walk(db, At::After(other_side(cursor)), 1).await?.moments,
        ),
        Place::From(At::After(cursor)) => (
            theirs.walk(db, At::Before(other_side(cursor)), 1).await?.moments,
            theirs.walk(db, At::After(cursor), limit + 1).await?.moments,
        ),
        Place::Around(key) => (
            theirs.walk(db, At::Before(Cursor::at(key)), half + 1).await?.moments,
            theirs.walk(db, At::After(Cursor::beyond(key)), half + 1).await?.moments,
        ),
    };
    let (older_most, newer_most) = match place {
        Place::From(At::Newest | At::Before(_)) => (limit, 0),
        Place::From(At::After(_)) => (0, limit),
        Place::Around(_) => (half, half),
    };
    let (mut older, mut newer) = (older, newer);
    let beyond_older = (older.len() > older_most).then(|| older.swap_remove(older_most));
    let beyond_newer = (newer.len() > newer_most).then(|| newer.swap_remove(newer_most));
    older.truncate(older_most);
    newer.truncate(newer_most);
    let moments = older.into_iter().rev().chain(newer).collect();
    Ok(Stretch { moments, older: beyond_older, newer: beyond_newer })
}

/// The place that lies at the same row, seen from the other side: what one walk leaves out the other meets.
fn other_side(cursor: Cursor) -> Cursor {
    Cursor { inclusive: !cursor.inclusive, ..cursor }
}

/// The entry of somebody that lies nearest to an instant, with how far away it is.
pub async fn nearest(db: &Db, theirs: &Theirs, at: Timestamp) -> Result<Option<Moment>> {
    let start = Cursor::at(Key { timestamp: at, id: uuid::Uuid::nil() });
    let after = theirs.walk(db, At::After(start), 1).await?.moments.pop();
    let before = theirs.walk(db, At::Before(Cursor { inclusive: false, ..start }), 1).await?.moments.pop();
    let away = |moment: &Moment| moment.timestamp.micros().abs_diff(at.micros());
    Ok(match (before, after) {
        (Some(before), Some(after)) => Some(if away(&before) < away(&after) { before } else { after }),
        (before, after) => before.or(after),
    })
}

/// What became of a failure of `who` at `key`.
pub async fn since(db: &Db, who: &Who, key: Key, failed: &Failed, now: Timestamp, budget: Budget) -> Result<Since> {
    let beyond = At::After(Cursor::beyond(key));
    let filter = failed.successes(who.clone());
    // `extra` is asked for only where the role may see it, so it may be looked at here.
    let mut plan = store::plan(db, &filter, now, true).await?;
    // One person has mostly fewer entries than a step looks through: asked first, they end the looking at once.
    plan.predicates.reverse();
    let (found, seen) = look::keys(db, &plan, beyond, 1, budget).await?;
    if let Some(key) = found.first() {
        return Ok(Since::Recovered(*key));
    }
    if let Seen::To(key) = seen {
        return Ok(Since::LookedTo(key));
    }
    let theirs = Theirs::of(db, who.clone(), now).await?;
    let last = theirs.walk(db, At::Newest, 1).await?.moments.pop();
    Ok(match last.filter(|last| last.key() > key) {
        Some(last) => Since::NotSeenToSucceed(last.timestamp),
        None => Since::NotSeen,
    })
}
