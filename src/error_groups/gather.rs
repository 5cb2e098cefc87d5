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
    logs::late,
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
/// Among how many of them somebody is told at least of what is written below: the rest is how many may come between two looks.
const WATCHED: usize = 100;
/// How many errors are read and put into groups at once: some milliseconds of the writer's time.
const AT_ONCE: usize = 50;
/// How long a look at the newest may take, where no index serves errors: the newest few thousand entries.
const NEWEST: Budget = Budget { time: Duration::from_millis(250), step: 5_000, steps: 1 };
/// How long a step of the sweep may take there.
const SWEEP: Budget = Budget { time: Duration::from_millis(250), step: 10_000, steps: 1 };

/// What the rule is while groups are being forgotten, so that they are made by this version's.
pub(super) const FORGETTING: i64 = -RULE;

/// How far gathering is.
#[derive(Debug, Clone, PartialEq, Eq, Default, sqlx::FromRow)]
pub struct Progress {
    /// The version of the rule that groups were made by; below zero while those before are being forgotten,
    pub rule: i64,
    /// and where it took the application's own frames to be.
    pub app_root: String,
    /// 1 where a sweep has come to the end.
    pub complete: i64,
    /// Where the sweep stands; none where it is to begin.
    pub swept_at: Option<Timestamp>,
    /// The same entry's id.
    pub swept_id: Option<Uuid>,
    /// How far back it has to go at least, for what was written late.
    pub late_to: Option<Timestamp>,
    /// The oldest error that was written late since it began.
    pub late: Option<Timestamp>,
    /// When the last sweep that came to the oldest error had begun.
    pub as_of: Option<Timestamp>,
}

impl Progress {
    /// Whether every error is in a group, but for those of the last moment.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.has_swept() && self.late.is_none() && self.late_to.is_none()
    }

    /// Whether a sweep has come to the oldest error, whatever was written late since.
    #[must_use]
    pub fn has_swept(&self) -> bool {
        self.complete == 1
    }

    /// Since when every error is in a group, where that is not all of them; none where it cannot be said yet.
    #[must_use]
    pub fn back_to(&self) -> Option<Timestamp> {
        self.swept_at.filter(|_| !self.has_swept())
    }

    /// Whether groups are made by this version's rule, with the application's frames below `app_root`.
    fn is(&self, app_root: &str) -> bool {
        self.rule == RULE && self.app_root == app_root
    }

    /// Whether groups are being forgotten so that they are made like that.
    pub(super) fn is_forgetting(&self, app_root: &str) -> bool {
        self.rule == FORGETTING && self.app_root == app_root
    }

    /// Whether groups are made by a rule from before this version's, or are about to be.
    pub(super) fn is_older(&self) -> bool {
        self.rule.abs() < RULE
    }

    /// Whether groups are made otherwise, and not by a newer rule.
    pub(super) fn is_outdated(&self, app_root: &str) -> bool {
        self.is_older() || (self.rule.abs() == RULE && self.app_root != app_root)
    }

    /// Whether a sweep stands where it stood, of the same groups.
    fn stands_as(&self, had: &Self) -> bool {
        (self.rule, &self.app_root, self.place(), self.late_to) == (had.rule, &had.app_root, had.place(), had.late_to)
    }

    fn place(&self) -> Option<Key> {
        Some(Key { timestamp: self.swept_at?, id: self.swept_id? })
    }
}

/// How far gathering is.
pub async fn progress(db: &Db) -> Result<Progress> {
    Ok(db.fetch_optional(select_progress()).await?.unwrap_or_default())
}

pub(super) fn select_progress() -> Sql {
    Sql::new(
        "SELECT rule, app_root, complete, swept_at, swept_id, late_to, (SELECT oldest FROM daybook_late) AS late, as_of \
         FROM daybook_error_progress",
    )
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
#[expect(clippy::struct_excessive_bools, reason = "each is something else that was seen or said once")]
pub struct Gatherer {
    db: Db,
    app_root: Option<String>,
    /// Whether the schema was seen to be this version's.
    current: bool,
    /// Whether it was looked at once whether groups are to be made anew.
    begun: bool,
    /// Whether another process was met that makes groups otherwise.
    met: bool,
    /// When the last sweep came to the end.
    swept: Option<Instant>,
    /// Whether the sweep at hand began at the newest while this process ran.
    whole: bool,
    /// Whether it began for nothing but what was written late.
    only_late: bool,
    /// Where looking among the newest goes on, in a burst that is longer than one look: from the newest of all, and from now.
    bursts: [Option<Key>; 2],
    /// Whether entries are dated ahead, and may hide what happens now.
    ahead: bool,
    /// Whether it was said down to where the newest errors are watched,
    told: bool,
    /// and where that is.
    watched: Option<Timestamp>,
}

impl Gatherer {
    /// One for this database; `app_root` says which frames of a traceback are the application's.
    #[must_use]
    pub fn new(db: Db, app_root: Option<String>) -> Self {
        Self {
            db,
            app_root,
            current: false,
            begun: false,
            met: false,
            swept: None,
            whole: false,
            only_late: false,
            bursts: [None; 2],
            ahead: false,
            told: false,
            watched: None,
        }
    }

    fn root(&self) -> &str {
        self.app_root.as_deref().unwrap_or_default()
    }

    /// Begins anew where groups were made by an older rule, or with other frames; nothing that people said is lost. That is
    /// once in the life of a process: two that began anew each time they met would forget each other's for ever. What is
    /// being forgotten for this one is gone on with, as whoever began it may be gone.
    pub async fn begin(&mut self) -> Result<()> {
        if !self.begun || progress(&self.db).await?.is_forgetting(self.root()) {
            forget::outdated(&self.db, self.root()).await?;
            self.begun = true;
        }
        Ok(())
    }

    /// Whether groups are made as this process would; else it leaves gathering to whoever makes them, and says so once.
    fn leads(&mut self, had: &Progress) -> bool {
        let leads = had.is(self.root());
        if leads || had.is_forgetting(self.root()) {
            self.met = false;
            return leads;
        }
        if !self.met && had.rule.abs() == RULE {
            tracing::warn!(
                "another process gathers errors with the application root “{}”, this one has “{}”: it is left to the other; \
                 start both with the same --app-root",
                had.app_root,
                self.root()
            );
        } else if !self.met {
            tracing::warn!("another process gathers errors by the rule of another version: it is left to that one");
        }
        self.met = true;
        false
    }

    /// The same within a transaction.
    async fn is_ours(&self, tx: &mut Tx) -> Result<bool> {
        let had = tx.fetch_all::<Progress>(select_progress()).await?.pop();
        Ok(had.is_some_and(|had| had.is(self.root())))
    }

    /// Looks among the newest errors for those that are in no group. Where entries are dated ahead, it also looks among those
    /// that are newest until now: what is dated ahead stays the newest for long, and may be more than one look meets.
    pub async fn newest(&mut self, now: Timestamp) -> Result<Stepped> {
        let swept = progress(&self.db).await?.place();
        let found = errors::older(&self.db, self.bursts[0], WIDTH, now, NEWEST).await?;
        let from_top = self.bursts[0].is_none();
        if from_top {
            let first = found.keys.first().copied().max(found.on);
            self.ahead = first.is_some_and(|key| key.timestamp > now);
        }
        let stepped = self.meet(0, &found, swept).await?;
        if from_top && !self.ahead {
            self.watch(&found).await?;
        }
        if !self.ahead || stepped == Stepped::Waiting {
            return Ok(stepped);
        }
        let until_now = Key { timestamp: now.plus(chrono::Duration::microseconds(1)), id: Uuid::nil() };
        let (from_now, place) = (self.bursts[1].is_none(), self.bursts[1].unwrap_or(until_now));
        let found = errors::older(&self.db, Some(place), WIDTH, now, NEWEST).await?;
        if from_now {
            self.watch(&found).await?;
        }
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

    /// Says down to where the newest errors are watched, once some are beyond the reach of a look, so that what is written
    /// below is noted. As more errors come that instant moves, but never out of reach before it is said anew.
    async fn watch(&mut self, found: &Stretch) -> Result<()> {
        // Only an own database is told by whoever writes.
        if self.db.is_attached() {
            return Ok(());
        }
        let at = |at: usize| found.keys.get(at).or(found.keys.last()).copied().max(found.on).map(|key| key.timestamp);
        let to = at(WATCHED).filter(|_| found.on.is_some());
        let holds = match self.watched {
            None => to.is_none(),
            had => to.is_some() && had <= at(WATCHED / 2) && had >= at(WATCHED * 3),
        };
        if self.told && holds {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        late::watch(&mut tx, to).await?;
        tx.commit().await?;
        (self.told, self.watched) = (true, to);
        Ok(())
    }

    /// Begins a sweep at the newest, and takes upon it what was written late.
    async fn begin_sweep(&mut self, now: Timestamp) -> Result<bool> {
        let mut tx = self.db.write().await?;
        if !write::take_turn(&mut tx).await? || !self.is_ours(&mut tx).await? {
            return Ok(false);
        }
        let sql = Sql::new("UPDATE daybook_error_progress SET began_at = ").bind(now);
        let sql = match late::take(&mut tx).await? {
            Some(late) => sql
                .text(", late_to = CASE WHEN late_to < ")
                .bind(late)
                .text(" THEN late_to ELSE ")
                .bind(late)
                .text(" END"),
            None => sql,
        };
        tx.execute(sql).await?;
        tx.commit().await?;
        self.whole = true;
        Ok(true)
    }

    /// One more step of the sweep.
    pub async fn sweep(&mut self, now: Timestamp) -> Result<Stepped> {
        if progress(&self.db).await?.place().is_none() && !self.begin_sweep(now).await? {
            return Ok(Stepped::Waiting);
        }
        let had = progress(&self.db).await?;
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
        let is_past = |on: &Key| had.late_to.is_none_or(|late| on.timestamp < late);
        let on = found.on.filter(|on| !self.only_late || !is_past(on));
        if now.is_some_and(|now| now.stands_as(&had)) {
            move_on(&mut tx, on, had.late_to).await?;
            tx.commit().await?;
        }
        Ok(if on.is_some() { Stepped::More } else { Stepped::Done })
    }

    /// One look at the newest errors, and a step of the sweep where one is due.
    pub async fn look(&mut self, now: Timestamp) -> Result<Stepped> {
        if !self.current {
            self.current = migrate::state(&self.db).await? == migrate::State::Current;
        }
        if !self.current {
            return Ok(Stepped::Waiting);
        }
        self.begin().await?;
        let had = progress(&self.db).await?;
        if !self.leads(&had) {
            return Ok(Stepped::Waiting);
        }
        let newest = self.newest(now).await?;
        let again = self.swept.is_none_or(|swept| swept.elapsed() >= AGAIN);
        let under_way = !had.is_complete() || had.place().is_some();
        if newest == Stepped::Waiting || !(again || under_way) {
            return Ok(newest);
        }
        if had.place().is_none() {
            self.only_late = had.has_swept() && !again;
        }
        Ok(match self.sweep(now).await? {
            Stepped::Done => {
                // One that a process before had begun is followed by a whole one: much may have come meanwhile.
                if !self.only_late {
                    self.swept = Some(Instant::now()).filter(|_| self.whole);
                }
                (self.whole, self.only_late) = (false, false);
                newest
            }
            stepped => stepped,
        })
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

/// Moves the sweep to `place`; where there is none it has come to the end, and the next one begins at the newest. What was
/// written late down to `late_to` is met once it is past that.
async fn move_on(tx: &mut Tx, place: Option<Key>, late_to: Option<Timestamp>) -> Result<()> {
    let mut sql = Sql::new("UPDATE daybook_error_progress SET swept_at = ")
        .bind(place.map(|key| key.timestamp))
        .text(", swept_id = ")
        .bind(place.map(|key| key.id));
    if place.is_none() {
        sql = sql.text(", complete = 1, as_of = began_at");
    }
    if place.map(|key| key.timestamp) < late_to {
        sql = sql.text(", late_to = NULL");
    }
    tx.execute(sql).await.map(drop)
}

/// Gathers for as long as the process lives, and counts after each look how many groups wait for somebody.
pub async fn run(mut gatherer: Gatherer, clock: SharedClock, here: Arc<Here>) {
    let mut failing = false;
    loop {
        let began = Instant::now();
        let rest = match gatherer.look(clock.now()).await {
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

/// Gathers to the end; `each` is called after each step. What another process is at is waited for, but what it makes
/// otherwise is left to it.
pub async fn finish(db: &Db, app_root: Option<String>, now: Timestamp, mut each: impl FnMut()) -> Result<()> {
    let mut gatherer = Gatherer::new(db.clone(), app_root);
    loop {
        gatherer.begin().await?;
        if !gatherer.leads(&progress(db).await?) {
            break;
        }
        each();
        match (gatherer.newest(now).await?, gatherer.sweep(now).await?) {
            (Stepped::Done, Stepped::Done) if progress(db).await?.late.is_none() => break,
            (Stepped::Waiting, _) | (_, Stepped::Waiting) => tokio::time::sleep(REST).await,
            _ => {}
        }
    }
    Ok(())
}
