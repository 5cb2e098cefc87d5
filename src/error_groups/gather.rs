//! Gathering in the background: each error is put into its group soon after it came, and those from before by and by.
//!
//! What is new is found by comparing the newest errors with those that are in a group, never by “later than the last”: a slow
//! transaction commits entries whose time lies before ones that were seen long ago. A sweep goes from the newest back to
//! the oldest, a step at a time, and goes on after a restart from where it was; it comes by again at each start and each
//! hour, as an import may bring old errors. Nothing stands on the log's own tables, so this is the same whoever writes it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use uuid::Uuid;

use super::{
    errors::{self, Stretch},
    fingerprint::{Alike, DETAIL, LONGEST, RULE, Said},
    forget,
    here::Here,
    write::{self, Read},
};
use crate::{
    core::{
        error::Result,
        time::{SharedClock, Timestamp},
    },
    db::{Budget, Db, Sql, Tx, migrate},
    paging::Key,
};

/// How often the newest errors are looked at.
const EACH: Duration = Duration::from_secs(2);
/// How often a sweep begins anew.
const AGAIN: Duration = Duration::from_hours(1);
/// How long to wait after a failure: the database may be locked, or away, or not migrated yet.
const LATER: Duration = Duration::from_secs(5);
/// The shortest rest between two steps.
pub(super) const REST: Duration = Duration::from_millis(20);
/// Among how many of the newest errors it looks, and how many a step of the sweep meets.
const WIDTH: usize = 500;
/// How many errors are read and put into groups at once: some milliseconds of the writer's time.
const AT_ONCE: usize = 50;
/// How long a look at the newest may take, where no index serves errors: the newest few thousand entries.
const NEWEST: Budget = Budget { time: Duration::from_millis(250), step: 5_000, steps: 1 };
/// How long a step of the sweep may take there.
const SWEEP: Budget = Budget { time: Duration::from_millis(250), step: 10_000, steps: 1 };

/// How far gathering is.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Progress {
    /// The version of the rule that groups were made by,
    pub rule: i64,
    /// and where it took the application's own frames to be.
    pub app_root: String,
    /// 1 where a sweep has come to the end.
    pub complete: i64,
    /// Where the sweep stands; none where it is to begin.
    pub swept_at: Option<Timestamp>,
    /// The same entry's id.
    pub swept_id: Option<Uuid>,
}

impl Progress {
    /// Whether every error is in a group, but for those of the last moment.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete == 1
    }

    /// Since when every error is in a group, where that is not all of them; none where it cannot be said yet.
    #[must_use]
    pub fn back_to(&self) -> Option<Timestamp> {
        self.swept_at.filter(|_| !self.is_complete())
    }

    fn place(&self) -> Option<Key> {
        Some(Key { timestamp: self.swept_at?, id: self.swept_id? })
    }
}

/// How far gathering is.
pub async fn progress(db: &Db) -> Result<Progress> {
    let none = || Progress { rule: 0, app_root: String::new(), complete: 0, swept_at: None, swept_id: None };
    Ok(db.fetch_optional(select_progress()).await?.unwrap_or_else(none))
}

pub(super) fn select_progress() -> Sql {
    Sql::new("SELECT rule, app_root, complete, swept_at, swept_id FROM daybook_error_progress")
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// There is more to do.
    More,
    /// Nothing is left to do.
    Done,
    /// Another process has the turn.
    Waiting,
}

/// Puts errors into groups, step by step.
#[derive(Debug)]
pub struct Gatherer {
    db: Db,
    app_root: Option<String>,
    /// Whether the schema was seen to be this version's.
    current: bool,
    /// Whether the sweep at hand began at the newest while this process ran.
    whole: bool,
    /// Where looking among the newest goes on, in a burst that is longer than one look: from the newest of all, and from now.
    bursts: [Option<Key>; 2],
    /// Whether entries are dated ahead, and may hide what happens now.
    ahead: bool,
}

impl Gatherer {
    /// One for this database; `app_root` says which frames of a traceback are the application's.
    #[must_use]
    pub fn new(db: Db, app_root: Option<String>) -> Self {
        Self { db, app_root, current: false, whole: false, bursts: [None; 2], ahead: false }
    }

    /// Begins anew where groups were made by another rule. Nothing that people said is lost.
    pub async fn begin(&self) -> Result<()> {
        let app_root = self.app_root.clone().unwrap_or_default();
        let had = progress(&self.db).await?;
        if had.rule == RULE && had.app_root == app_root {
            return Ok(());
        }
        forget::all(&self.db, &app_root).await
    }

    /// Whether groups are being made by this rule; else somebody else forgets them, or has begun anew.
    async fn is_ours(&self, tx: &mut Tx) -> Result<bool> {
        let had = tx.fetch_all::<Progress>(select_progress()).await?.pop();
        let app_root = self.app_root.as_deref().unwrap_or_default();
        Ok(had.is_some_and(|had| had.rule == RULE && had.app_root == app_root))
    }

    /// Looks among the newest errors for those that are in no group. Where entries are dated ahead, it also looks among those
    /// that are newest until now: what is dated ahead stays the newest for long, and may be more than one look meets.
    pub async fn newest(&mut self, now: Timestamp) -> Result<Stepped> {
        let swept = progress(&self.db).await?.place();
        let found = errors::older(&self.db, self.bursts[0], WIDTH, now, NEWEST).await?;
        if self.bursts[0].is_none() {
            let first = found.keys.first().copied().max(found.on);
            self.ahead = first.is_some_and(|key| key.timestamp > now);
        }
        let stepped = self.meet(0, &found, swept).await?;
        if !self.ahead || stepped == Stepped::Waiting {
            return Ok(stepped);
        }
        let until_now = Key { timestamp: now.plus(chrono::Duration::microseconds(1)), id: Uuid::nil() };
        let place = self.bursts[1].unwrap_or(until_now);
        let found = errors::older(&self.db, Some(place), WIDTH, now, NEWEST).await?;
        Ok(match self.meet(1, &found, swept).await? {
            Stepped::Done => stepped,
            other => other,
        })
    }

    /// Puts what was found into groups, and notes where to go on: as long as a look met anything new, what lies below may be
    /// new as well, but for what a sweep that is under way will come by.
    async fn meet(&mut self, burst: usize, found: &Stretch, swept: Option<Key>) -> Result<Stepped> {
        let new = ungrouped(&self.db, &found.keys).await?;
        if !new.is_empty() && !self.put(&new).await? {
            return Ok(Stepped::Waiting);
        }
        let on = found.on.filter(|on| !new.is_empty() && swept.is_none_or(|swept| *on > swept));
        self.bursts[burst] = on;
        Ok(if on.is_some() { Stepped::More } else { Stepped::Done })
    }

    /// One more step of the sweep.
    pub async fn sweep(&mut self, now: Timestamp) -> Result<Stepped> {
        let had = progress(&self.db).await?;
        self.whole |= had.place().is_none();
        let found = errors::older(&self.db, had.place(), WIDTH, now, SWEEP).await?;
        let new = ungrouped(&self.db, &found.keys).await?;
        if !self.put(&new).await? {
            return Ok(Stepped::Waiting);
        }
        let mut tx = self.db.write().await?;
        if !write::take_turn(&mut tx).await? {
            return Ok(Stepped::Waiting);
        }
        let now = tx.fetch_all::<Progress>(select_progress()).await?.pop();
        // Another process was faster, or it began anew: then this step says nothing.
        if now.as_ref() == Some(&had) {
            move_on(&mut tx, found.on).await?;
            tx.commit().await?;
        }
        Ok(if found.on.is_some() { Stepped::More } else { Stepped::Done })
    }

    /// Puts errors into groups, a few at a time; false where another process has the turn.
    async fn put(&self, keys: &[Key]) -> Result<bool> {
        for keys in keys.chunks(AT_ONCE) {
            let began = Instant::now();
            let mut reads = self.read(keys).await?;
            reads.sort_unstable_by_key(|read| read.key.id);
            let mut tx = self.db.write().await?;
            if !write::take_turn(&mut tx).await? || !self.is_ours(&mut tx).await? {
                return Ok(false);
            }
            write::assign(&mut tx, &reads).await?;
            tx.commit().await?;
            // As long as it worked, so that the application finds the one writer free at least every other moment.
            tokio::time::sleep(began.elapsed()).await;
        }
        Ok(true)
    }

    async fn read(&self, keys: &[Key]) -> Result<Vec<Read>> {
        let longest = |chars: usize| i64::try_from(chars).unwrap_or(i64::MAX);
        let sql = Sql::new("SELECT id, \"timestamp\", member_id, member_email, action_type, ")
            .append(&self.db.dialect().error_texts(longest(LONGEST), longest(DETAIL)))
            .text(" FROM audit_logs WHERE id IN (")
            .bind_all(keys.iter().map(|key| key.id))
            .text(")");
        let rows: Vec<Row> = self.db.fetch_all(sql).await?;
        Ok(rows.into_iter().map(|row| row.read(self.app_root.as_deref())).collect())
    }
}

/// An error as far as its group is told by it.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: Uuid,
    timestamp: Timestamp,
    member_id: Option<Uuid>,
    member_email: Option<String>,
    action_type: String,
    area: String,
    description: String,
    error_message: Option<String>,
    error_detail: Option<String>,
}

impl Row {
    fn read(self, app_root: Option<&str>) -> Read {
        let said = Said {
            action_type: &self.action_type,
            area: &self.area,
            description: &self.description,
            error_message: self.error_message.as_deref(),
            error_detail: self.error_detail.as_deref(),
        };
        Read {
            key: Key { timestamp: self.timestamp, id: self.id },
            member: write::member(self.member_id, self.member_email.as_deref()),
            alike: Alike::of(said, app_root),
            area: self.area,
            description: self.description,
        }
    }
}

/// Those of these errors that are in no group, in their order.
async fn ungrouped(db: &Db, keys: &[Key]) -> Result<Vec<Key>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let sql = Sql::new("SELECT id FROM daybook_error_entries WHERE id IN (").bind_all(keys.iter().map(|key| key.id));
    let had: Vec<(Uuid,)> = db.fetch_all(sql.text(")")).await?;
    let had: std::collections::HashSet<Uuid> = had.into_iter().map(|(id,)| id).collect();
    Ok(keys.iter().filter(|key| !had.contains(&key.id)).copied().collect())
}

/// Moves the sweep to `place`; where there is none it has come to the end, and the next one begins at the newest.
async fn move_on(tx: &mut Tx, place: Option<Key>) -> Result<()> {
    let mut sql = Sql::new("UPDATE daybook_error_progress SET swept_at = ")
        .bind(place.map(|key| key.timestamp))
        .text(", swept_id = ")
        .bind(place.map(|key| key.id));
    if place.is_none() {
        sql = sql.text(", complete = 1");
    }
    tx.execute(sql).await.map(drop)
}

/// Gathers for as long as the process lives, and counts after each look how many groups wait for somebody.
pub async fn run(mut gatherer: Gatherer, clock: SharedClock, here: Arc<Here>) {
    let mut failing = false;
    let mut swept: Option<Instant> = None;
    loop {
        let began = Instant::now();
        let rest = match look(&mut gatherer, clock.now(), &mut swept).await {
            Ok(Stepped::More) => began.elapsed().max(REST),
            Ok(Stepped::Done | Stepped::Waiting) => EACH,
            Err(error) => {
                if !failing {
                    tracing::warn!("errors could not be gathered: {error}; trying again");
                }
                failing = true;
                LATER
            }
        };
        failing &= rest == LATER;
        here.count().await;
        tokio::time::sleep(rest).await;
    }
}

/// One look at the newest errors, and a step of the sweep where one is due.
async fn look(gatherer: &mut Gatherer, now: Timestamp, swept: &mut Option<Instant>) -> Result<Stepped> {
    if !gatherer.current {
        gatherer.current = migrate::state(&gatherer.db).await? == migrate::State::Current;
    }
    if !gatherer.current {
        return Ok(Stepped::Waiting);
    }
    gatherer.begin().await?;
    let newest = gatherer.newest(now).await?;
    if newest == Stepped::Waiting || swept.is_some_and(|swept| swept.elapsed() < AGAIN) {
        return Ok(newest);
    }
    Ok(match gatherer.sweep(now).await? {
        Stepped::Done => {
            // One that a process before had begun is followed by a whole one: much may have come meanwhile.
            *swept = Some(Instant::now()).filter(|_| gatherer.whole);
            gatherer.whole = false;
            newest
        }
        stepped => stepped,
    })
}

/// Gathers to the end; `each` is called after each step. What another process is at is left to it, but waited for.
pub async fn finish(db: &Db, app_root: Option<String>, now: Timestamp, mut each: impl FnMut()) -> Result<()> {
    let mut gatherer = Gatherer::new(db.clone(), app_root);
    gatherer.begin().await?;
    loop {
        each();
        match (gatherer.newest(now).await?, gatherer.sweep(now).await?) {
            (Stepped::Done, Stepped::Done) => return Ok(()),
            (Stepped::Waiting, _) | (_, Stepped::Waiting) => tokio::time::sleep(REST).await,
            _ => {}
        }
    }
}
