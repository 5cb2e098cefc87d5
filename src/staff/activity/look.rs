//! Bounded looking among records. One condition is a walk of its index, which meets matches only. With two, a step asks
//! both walks for as many records and follows the one that comes further with them; the other condition is checked in
//! Rust. So two conditions that nothing meets cost a known amount of looking.

use std::time::Duration;

use super::sql::{Driver, Glance, Plan};
use crate::{
    core::error::{Error, Outage, Result},
    db::{Budget, Db, Looked, Looking},
    logs::{
        look::{COUNT_CAP, Count},
        window::{Bound, Window},
    },
    paging::{At, Direction, Key, Seen},
};

/// How many records one step reads of each walk, at the most.
const STEP: i64 = 2_000;

/// Up to `want` matching records from a position on, in the order of the walk, and how far was looked.
pub async fn records(db: &Db, plan: &Plan, at: At, want: usize, budget: Budget) -> Result<(Vec<Glance>, Seen)> {
    let window = at.cursor().map_or(plan.window, |cursor| plan.window.beyond(cursor.into(), at.direction()));
    let mut looking = db.look(budget).await?;
    let walk = Walk { plan, direction: at.direction(), step: budget.step.min(STEP), steps: budget.steps };
    let found = walk.go(&mut looking, window, want).await?;
    looking.done();
    Ok(found)
}

/// How many records match at all.
pub async fn count(db: &Db, plan: &Plan, budget: Budget) -> Result<Count> {
    let most = usize::try_from(COUNT_CAP).unwrap_or(usize::MAX).saturating_add(1);
    if !plan.is_walk() {
        let (found, seen) = records(db, plan, At::Newest, most, budget).await?;
        let n = u64::try_from(found.len()).unwrap_or(u64::MAX);
        return Ok(match seen {
            _ if n > COUNT_CAP => Count::MoreThan(COUNT_CAP),
            Seen::All => Count::Exactly(n),
            Seen::To(key) => Count::AtLeast { n, looked_to: Some(key) },
        });
    }
    let driver = plan.drivers().first().copied().unwrap_or(Driver::Time);
    let mut looking = db.look(budget).await?;
    let counted = looking.fetch_all::<(i64,)>(plan.count(driver, i64::try_from(most).unwrap_or(i64::MAX))).await?;
    looking.done();
    Ok(match counted {
        Looked::Whole(rows) => match rows.first().and_then(|(n,)| u64::try_from(*n).ok()).unwrap_or_default() {
            n if n > COUNT_CAP => Count::MoreThan(COUNT_CAP),
            n => Count::Exactly(n),
        },
        Looked::Interrupted => Count::AtLeast { n: 0, looked_to: None },
    })
}

struct Walk<'a> {
    plan: &'a Plan,
    direction: Direction,
    step: i64,
    steps: u32,
}

impl Walk<'_> {
    async fn go(mut self, looking: &mut Looking, mut window: Window, want: usize) -> Result<(Vec<Glance>, Seen)> {
        let mut found: Vec<Glance> = Vec::new();
        let mut seen: Option<Key> = None;
        let mut step = if self.plan.is_walk() { i64::try_from(want).unwrap_or(i64::MAX) } else { self.step };
        for taken in 1_u32.. {
            let (rows, is_end) = match self.step(looking, window, step).await? {
                Looked::Whole(step) => step,
                Looked::Interrupted => match seen {
                    Some(key) => return Ok((found, Seen::To(key))),
                    None => {
                        // What is granted once more is for one step.
                        self.steps = taken;
                        self.first_again(looking, window, &mut step).await?
                    }
                },
            };
            let last = rows.last().map(Glance::key);
            found.extend(rows.into_iter().filter(|glance| self.plan.matches(glance)));
            let Some(last) = last.filter(|_| !is_end) else { return Ok((found, Seen::All)) };
            if found.len() >= want || taken >= self.steps || !looking.in_time() {
                return Ok((found, Seen::To(last)));
            }
            seen = Some(last);
            window = window.beyond(Bound { key: last, inclusive: false }, self.direction);
        }
        Ok((found, seen.map_or(Seen::All, Seen::To)))
    }

    /// The records of one step and whether nothing comes after them, by whichever walk comes furthest.
    async fn step(&self, looking: &mut Looking, window: Window, step: i64) -> Result<Looked<(Vec<Glance>, bool)>> {
        let mut best: Option<Vec<Glance>> = None;
        for driver in self.plan.drivers() {
            let sql = self.plan.rows(driver, window, self.direction, step);
            let Looked::Whole(rows) = looking.fetch_all::<Glance>(sql).await? else { return Ok(Looked::Interrupted) };
            if i64::try_from(rows.len()).unwrap_or(i64::MAX) < step {
                return Ok(Looked::Whole((rows, true)));
            }
            let key = |rows: &[Glance]| rows.last().map(Glance::key);
            let further = best.as_deref().is_none_or(|best| match self.direction {
                Direction::Older => key(&rows) < key(best),
                Direction::Newer => key(&rows) > key(best),
            });
            if further {
                best = Some(rows);
            }
        }
        Ok(Looked::Whole((best.unwrap_or_default(), false)))
    }

    /// The first step must come to an end, or looking further would lead nowhere: it is made small and gets time.
    async fn first_again(&self, looking: &mut Looking, window: Window, step: &mut i64) -> Result<(Vec<Glance>, bool)> {
        const SMALL: i64 = 200;
        const TIME: Duration = Duration::from_secs(5);
        *step = (*step).min(SMALL);
        looking.extend(TIME);
        match self.step(looking, window, *step).await? {
            Looked::Whole(step) => Ok(step),
            // Nothing was seen, so nothing can be said: not that there is none either.
            Looked::Interrupted => Err(Error::Unavailable(Outage::Away)),
        }
    }
}
