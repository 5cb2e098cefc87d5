//! Bounded looking: walks a plan in steps until the page is full, the log ends, or the budget is spent, and says how
//! far it came.
//!
//! A step follows the one predicate whose `step`th entry lies furthest back (the rarest at that place), and reads at
//! most that many entries. So a conjunction that matches nothing costs a known amount of looking, whatever the planner
//! would have thought of it.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use super::{
    checks::Candidate,
    predicates::BRANCHES,
    search::walk::Search,
    sql::{Columns, Driver, Plan},
    window::{Bound, Window},
};
use crate::{
    core::{
        error::{Error, Outage, Result},
        time::Timestamp,
    },
    db::{Budget, Db, FromRow, Looked, Looking, Sql},
    paging::{At, Cursor, Direction, Key, Seen},
};

/// Counting stops here.
pub const COUNT_CAP: u64 = 10_000;

/// How long a count that stopped at [`COUNT_CAP`] is believed.
const MANY_FOR: Duration = Duration::from_secs(10);

/// In so many entries a frequent word is looked for before the index is asked.
const SOON: i64 = 1_000;

/// For which part of its time a list waits for the index of words; then it reads one entry after the other.
const SEARCHING: f32 = 0.6;

/// How much longer than its budget looking may take where nothing could be said otherwise.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many candidates are checked however late it is, so that looking further always leads further.
const AT_LEAST: usize = 100;

/// How many entries match, as far as was looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(u64),
    /// More than so many.
    MoreThan(u64),
    /// So many back to a row; how many before that is not known.
    AtLeast {
        /// So many.
        n: u64,
        /// The row up to which was looked, if that is known.
        looked_to: Option<Key>,
    },
}

impl Count {
    /// The count as the staff's log keeps it; see [`crate::staff_log::counted`].
    #[must_use]
    pub fn recorded(self) -> String {
        match self {
            Self::Exactly(n) => n.to_string(),
            Self::MoreThan(n) => format!(">{n}"),
            Self::AtLeast { n, .. } => format!(">={n}"),
        }
    }

    /// Both together, of entries that are not the same.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let n = |count| match count {
            Self::Exactly(n) | Self::MoreThan(n) | Self::AtLeast { n, .. } => n,
        };
        let sum = n(self) + n(other);
        match (self, other) {
            (Self::Exactly(_), Self::Exactly(_)) => Self::Exactly(sum),
            (Self::MoreThan(_), _) | (_, Self::MoreThan(_)) => Self::MoreThan(sum),
            _ => Self::AtLeast { n: sum, looked_to: None },
        }
    }
}

/// A key as a row.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct KeyRow {
    timestamp: Timestamp,
    id: uuid::Uuid,
}

impl From<KeyRow> for Key {
    fn from(row: KeyRow) -> Self {
        Self { timestamp: row.timestamp, id: row.id }
    }
}

/// What an overview counts an entry by.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Facts {
    /// When: its place in the list,
    pub timestamp: Timestamp,
    /// with its id.
    pub id: uuid::Uuid,
    /// What kind of thing happened.
    pub action_type: String,
    /// How it went.
    pub status: String,
    /// Where.
    pub area: String,
}

impl Facts {
    /// Its place in the list.
    #[must_use]
    pub fn key(&self) -> Key {
        Key { timestamp: self.timestamp, id: self.id }
    }
}

/// Up to `want` matching rows from a position on, in the order of the walk, and how far was looked.
pub async fn keys(db: &Db, plan: &Plan, at: At, want: usize, budget: Budget) -> Result<(Vec<Key>, Seen)> {
    let mut looking = db.look(budget).await?;
    match (keys_with(&mut looking, plan, at, want, budget).await, at.cursor()) {
        // It came nowhere from there, which can be said.
        (Err(Error::Unavailable(Outage::Unfitted)), Some(Cursor { key, inclusive: false, .. })) => {
            Ok((Vec::new(), Seen::To(key)))
        }
        (found, _) => finish(looking, found),
    }
}

/// The rows of a statement that reads no more than it brings, as a walk does whose every row is a match: where the database
/// is slow they are waited for, since there is nothing that could be said instead.
pub async fn walk<T: FromRow>(db: &Db, sql: Sql, budget: Budget) -> Result<Vec<T>> {
    let mut looking = db.look(budget).await?;
    let mut looked = looking.fetch_all(sql.clone()).await;
    if matches!(looked, Ok(Looked::Interrupted)) {
        patiently(&mut looking)?;
        looked = looking.fetch_all(sql).await;
    }
    match finish(looking, looked)? {
        Looked::Whole(rows) => Ok(rows),
        Looked::Interrupted => Err(Error::Unavailable(Outage::Away)),
    }
}

/// Gives time to a statement where nothing could be said otherwise.
///
/// # Errors
/// [`Outage::Unfitted`] where what it needs the time for is a whole table without an index by time: that can be said.
fn patiently(looking: &mut Looking) -> Result<()> {
    if !looking.dialect().serves_time() {
        return Err(Error::Unavailable(Outage::Unfitted));
    }
    looking.extend(PATIENCE);
    Ok(())
}

/// How many rows match at all.
pub async fn count(db: &Db, plan: &Plan, budget: Budget) -> Result<Count> {
    // Since when there are more than it counts to: that holds with each entry that comes, but for what is removed one day,
    // and for every window that begins no later.
    let condition = plan.checks.is_empty().then(|| plan.count(None, Window { older: None, ..plan.window }, 1));
    let since = condition.as_ref().and_then(|condition| db.memo().many_since(condition, MANY_FOR));
    if since.is_some_and(|since| plan.window.older.is_none_or(|from| from.key.timestamp <= since)) {
        return Ok(Count::MoreThan(COUNT_CAP));
    }
    let mut looking = db.look(budget).await?;
    let found = count_with(&mut looking, plan, budget).await;
    let (count, oldest) = finish(looking, found)?;
    if let (Count::MoreThan(_), Some(condition), Some(oldest)) = (count, condition, oldest) {
        db.memo().keep_many(condition, oldest);
    }
    Ok(count)
}

/// Hands every matching entry to `each`, newest first, as long as there is time; how far it came, if it came anywhere.
pub async fn each(looking: &mut Looking, plan: &Plan, budget: Budget, each: impl FnMut(Facts)) -> Result<Option<Seen>> {
    if let Some(search) = Search::of(looking, plan, plan.window, budget).await? {
        return search.each(looking, each).await;
    }
    Walk { plan, looking, direction: Direction::Older, budget }.each(each).await
}

async fn keys_with(
    looking: &mut Looking,
    plan: &Plan,
    at: At,
    want: usize,
    budget: Budget,
) -> Result<(Vec<Key>, Seen)> {
    let until = looking.deadline();
    let window = at.cursor().map_or(plan.window, |cursor| plan.window.beyond(cursor.into(), at.direction()));
    if let Some(search) = Search::of(looking, plan, window, budget).await? {
        if search.is_frequent() {
            let soon = Budget { step: budget.step.min(SOON), steps: 1, ..budget };
            let walk = Walk { plan, looking: &mut *looking, direction: at.direction(), budget: soon };
            let (found, seen) = walk.keys(at, want).await?;
            if found.len() >= want || seen == Seen::All {
                return Ok((found, seen));
            }
        }
        let now = Instant::now();
        let first = now + until.saturating_duration_since(now).mul_f32(SEARCHING);
        if let Some(found) = search.keys(looking, at, want, (first, until)).await? {
            return Ok(found);
        }
    }
    looking.until(until);
    Walk { plan, looking, direction: at.direction(), budget }.keys(at, want).await
}

/// The count, and when the oldest entry was that it met, where one walk counted.
async fn count_with(looking: &mut Looking, plan: &Plan, budget: Budget) -> Result<(Count, Option<Timestamp>)> {
    let mut until = looking.deadline();
    if let Some(search) = Search::of(looking, plan, plan.window, budget).await? {
        // Every text that is counted is read. Whoever searches waits for what was found, not for how much there is.
        let soon = until.min(Instant::now() + budget.time / 20);
        if !search.is_frequent()
            && let Some(count) = search.count(looking, (until, soon)).await?
        {
            return Ok((count, None));
        }
        until = soon;
    }
    looking.until(until);
    Walk { plan, looking, direction: Direction::Older, budget }.count().await
}

/// Gives the reader back where all went well; a failed one is closed.
pub(super) fn finish<T>(looking: Looking, found: Result<T>) -> Result<T> {
    let found = found?;
    looking.done();
    Ok(found)
}

struct Walk<'a> {
    plan: &'a Plan,
    looking: &'a mut Looking,
    direction: Direction,
    budget: Budget,
}

/// A stretch of the list that one step looks through.
struct Step {
    driver: Driver,
    window: Window,
    /// Its last row; none where it reaches the end.
    boundary: Option<Key>,
}

/// What came of one step.
enum Stepped<T> {
    Done(T),
    /// Time was over; looking came this far, if it came anywhere.
    Interrupted(T, Option<Key>),
}

impl Walk<'_> {
    async fn keys(mut self, at: At, want: usize) -> Result<(Vec<Key>, Seen)> {
        let mut window = self.plan.window;
        if let Some(cursor) = at.cursor() {
            window = window.beyond(cursor.into(), self.direction);
        }
        let mut found: Vec<Key> = Vec::new();
        let mut taken = 0;
        let mut seen = None;
        loop {
            let Some(step) = self.step(window, taken).await? else {
                return Ok((found, seen.map_or(Seen::All, Seen::To)));
            };
            match self.step_keys(&step, want - found.len()).await? {
                Stepped::Done(keys) => found.extend(keys),
                Stepped::Interrupted(keys, far) => {
                    found.extend(keys);
                    let far = far.or(seen);
                    if let Some(far) = far {
                        return Ok((found, Seen::To(far)));
                    }
                    self.again_smaller()?;
                    continue;
                }
            }
            let Some(boundary) = step.boundary else { return Ok((found, Seen::All)) };
            seen = Some(boundary);
            taken += 1;
            if found.len() >= want || taken >= self.budget.steps || !self.looking.in_time() {
                return Ok((found, Seen::To(boundary)));
            }
            window = window.beyond(Bound { key: boundary, inclusive: false }, self.direction);
        }
    }

    async fn count(mut self) -> Result<(Count, Option<Timestamp>)> {
        let mut window = self.plan.window;
        let mut n = 0;
        let mut oldest = None;
        let mut taken = 0;
        let mut looked_to = None;
        loop {
            let Some(step) = self.step(window, taken).await? else {
                return Ok((Count::AtLeast { n, looked_to }, oldest));
            };
            match self.step_count(&step, COUNT_CAP + 1 - n).await? {
                Stepped::Done((more, met)) => {
                    n += more;
                    oldest = met.or(oldest);
                }
                Stepped::Interrupted((more, _), far) => {
                    return Ok((Count::AtLeast { n: n + more, looked_to: far.or(looked_to) }, oldest));
                }
            }
            if n > COUNT_CAP {
                return Ok((Count::MoreThan(COUNT_CAP), oldest));
            }
            let Some(boundary) = step.boundary else { return Ok((Count::Exactly(n), oldest)) };
            looked_to = Some(boundary);
            taken += 1;
            if taken >= self.budget.steps || !self.looking.in_time() {
                return Ok((Count::AtLeast { n, looked_to }, oldest));
            }
            window = window.beyond(Bound { key: boundary, inclusive: false }, Direction::Older);
        }
    }

    async fn each(mut self, mut each: impl FnMut(Facts)) -> Result<Option<Seen>> {
        let mut window = self.plan.window;
        let mut seen = None;
        for taken in 1.. {
            // Never as the first step: one that cannot be finished in time is not made up for, but said.
            let Some(step) = self.step(window, taken).await? else { return Ok(seen.map(Seen::To)) };
            let (last, whole) = self.step_each(&step, &mut each).await?;
            // A walk has no boundary: it ends where it met fewer than it may in one step.
            let end = match (whole, step.boundary, last) {
                (false, _, last) => return Ok(last.or(seen).map(Seen::To)),
                (true, Some(boundary), _) => boundary,
                (true, None, Some(last)) if self.plan.is_walk() => last,
                (true, None, _) => return Ok(Some(Seen::All)),
            };
            seen = Some(end);
            if taken >= self.budget.steps || !self.looking.in_time() {
                break;
            }
            window = window.beyond(Bound { key: end, inclusive: false }, Direction::Older);
        }
        Ok(seen.map(Seen::To))
    }

    /// Hands over the matches of a step; the last one where more may follow, and whether it was finished in time.
    async fn step_each(&mut self, step: &Step, each: &mut impl FnMut(Facts)) -> Result<(Option<Key>, bool)> {
        if !self.plan.checks.is_empty() {
            let far = self.candidates(step, |candidate| {
                each(candidate.facts());
                ControlFlow::Continue(())
            });
            return Ok(match far.await? {
                Stepped::Done(()) => (None, true),
                Stepped::Interrupted((), far) => (far, false),
            });
        }
        // The stretch of a step bounds it; a walk is bounded by its limit, and its branches together are in order only
        // as far as that.
        let limit = if self.plan.is_walk() { self.budget.step } else { i64::MAX / 4 };
        let sql = self.plan.rows(step.driver, step.window, Direction::Older, limit, Columns::Facts);
        let (mut last, mut met) = (None, 0);
        let ran = self.looking.for_each(sql, |facts: Facts| {
            // Two branches may meet one row; its copies stand side by side.
            if last != Some(facts.key()) {
                last = Some(facts.key());
                met += 1;
                each(facts);
            }
            if met < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        Ok(match ran.await? {
            Looked::Whole(()) => (last.filter(|_| met >= limit), true),
            Looked::Interrupted => (last, false),
        })
    }

    /// The next stretch, and by which predicate to look through it. None where time is over and something was seen.
    async fn step(&mut self, window: Window, taken: u32) -> Result<Option<Step>> {
        let drivers = self.plan.drivers();
        if self.plan.is_walk() {
            let driver = drivers.first().copied().flatten();
            return Ok(Some(Step { driver, window, boundary: None }));
        }
        let mut best: Option<(Driver, Key)> = None;
        for driver in drivers {
            let sql = self.plan.boundary(driver, window, self.direction, self.budget.step);
            let boundary = match self.looking.fetch_all::<KeyRow>(sql.clone()).await? {
                Looked::Whole(rows) => rows,
                Looked::Interrupted if taken > 0 => return Ok(None),
                Looked::Interrupted => {
                    self.again_smaller()?;
                    let sql = self.plan.boundary(driver, window, self.direction, self.budget.step);
                    match self.looking.fetch_all::<KeyRow>(sql).await? {
                        Looked::Whole(rows) => rows,
                        // Nothing was seen, so nothing can be said: not that there is none either.
                        Looked::Interrupted => return Err(Error::Unavailable(Outage::Away)),
                    }
                }
            };
            let Some(key) = boundary.into_iter().next().map(Key::from) else {
                return Ok(Some(Step { driver, window, boundary: None }));
            };
            let further = |than: Key| match self.direction {
                Direction::Older => key < than,
                Direction::Newer => key > than,
            };
            if best.is_none_or(|(_, than)| further(than)) {
                best = Some((driver, key));
            }
        }
        Ok(best.map(|(driver, key)| Step { driver, window: window.up_to(key, self.direction), boundary: Some(key) }))
    }

    /// A first step must come to an end, or looking further would lead nowhere: it is made small and gets time.
    fn again_smaller(&mut self) -> Result<()> {
        const SMALL: i64 = 500;
        self.budget.step = self.budget.step.min(SMALL);
        self.budget.steps = 1;
        patiently(self.looking)
    }

    async fn step_keys(&mut self, step: &Step, want: usize) -> Result<Stepped<Vec<Key>>> {
        let mut keys: Vec<Key> = Vec::new();
        if self.plan.checks.is_empty() {
            let limit = i64::try_from(want).unwrap_or(i64::MAX);
            let sql = self.plan.rows(step.driver, step.window, self.direction, limit, Columns::Key);
            return Ok(match self.looking.fetch_all::<KeyRow>(sql).await? {
                Looked::Whole(rows) => {
                    keys.extend(rows.into_iter().map(Key::from));
                    // Two branches may meet one row; its copies stand side by side.
                    keys.dedup();
                    keys.truncate(want);
                    Stepped::Done(keys)
                }
                Looked::Interrupted => Stepped::Interrupted(keys, None),
            });
        }
        let far = self.candidates(step, |candidate| {
            keys.push(candidate.key());
            if keys.len() >= want { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        Ok(match far.await? {
            Stepped::Done(()) => Stepped::Done(keys),
            Stepped::Interrupted((), far) => Stepped::Interrupted(keys, far),
        })
    }

    /// How many match in a step, up to `cap`, and when the oldest of those was, where SQL counts them.
    async fn step_count(&mut self, step: &Step, cap: u64) -> Result<Stepped<(u64, Option<Timestamp>)>> {
        let mut n = 0;
        if self.plan.checks.is_empty() {
            let sql = self.plan.count(step.driver, step.window, i64::try_from(cap).unwrap_or(i64::MAX));
            return Ok(match self.looking.fetch_all::<(i64, Option<Timestamp>)>(sql).await? {
                Looked::Whole(rows) => {
                    let counted = rows.first().map(|(n, oldest)| (u64::try_from(*n).unwrap_or_default(), *oldest));
                    Stepped::Done(counted.unwrap_or_default())
                }
                Looked::Interrupted => Stepped::Interrupted((0, None), None),
            });
        }
        let far = self.candidates(step, |_| {
            n += 1;
            if n >= cap { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        Ok(match far.await? {
            Stepped::Done(()) => Stepped::Done((n, None)),
            Stepped::Interrupted((), far) => Stepped::Interrupted((n, None), far),
        })
    }

    /// Checks the candidates of a step one by one, in their order, and hands over those that pass.
    async fn candidates(
        &mut self,
        step: &Step,
        mut hit: impl FnMut(&Candidate) -> ControlFlow<()>,
    ) -> Result<Stepped<()>> {
        // A branch has at least one entry in a step, however small that is.
        let limit = self.budget.step.max(i64::try_from(BRANCHES).unwrap_or(i64::MAX)).saturating_mul(2);
        let sql = self.plan.rows(step.driver, step.window, self.direction, limit, Columns::Candidate);
        let deadline = self.looking.deadline();
        let checks = &self.plan.checks;
        let mut last: Option<Key> = None;
        let mut looked = 0;
        let mut late = false;
        let ran = self.looking.for_each(sql, |candidate: Candidate| {
            let key = candidate.key();
            if last == Some(key) {
                return ControlFlow::Continue(());
            }
            last = Some(key);
            looked += 1;
            if checks.pass(&candidate) {
                hit(&candidate)?;
            }
            // A traceback may be long: the clock is asked here as well, not only inside the database.
            if looked >= AT_LEAST && Instant::now() >= deadline {
                late = true;
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        Ok(match ran.await? {
            Looked::Whole(()) if !late => Stepped::Done(()),
            _ => Stepped::Interrupted((), last),
        })
    }
}
