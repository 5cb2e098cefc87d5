//! Walks a whole plan in steps of a known size, as `look` does, but to the end and in the order of the list.

use std::{collections::VecDeque, ops::ControlFlow};

use crate::{
    core::error::Result,
    db::Snapshot,
    logs::{
        checks::Candidate,
        look::KeyRow,
        search::whole,
        sql::{Columns, Driver, Plan},
        window::{Bound, Window},
    },
    paging::{Direction, Key},
};

/// How many entries one step looks through where each must be checked.
const STEP: i64 = 10_000;
/// How many keys one statement brings where it meets only matches.
const CHUNK: usize = 500;

/// Where a walk has come to.
pub(super) struct Walk {
    /// What is still to be looked through, but for the step at hand.
    window: Window,
    step: Option<Step>,
    /// Everything that is left, where the index of words found it at once; none before it was asked.
    found: Option<VecDeque<Key>>,
    ended: bool,
}

/// A stretch of the list, and by which predicate to look through it.
struct Step {
    driver: Driver,
    window: Window,
    /// Its last row; none where it reaches the end of the log.
    boundary: Option<Key>,
}

impl Walk {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { window: plan.window, step: None, found: None, ended: false }
    }

    /// The next matches, newest first; none at the end.
    pub(super) async fn next(&mut self, plan: &Plan, snapshot: &mut Snapshot) -> Result<Option<Vec<Key>>> {
        if self.found.is_none() {
            let found = whole::matches(snapshot, plan).await?;
            self.ended = found.is_some();
            self.found = Some(found.unwrap_or_default().into());
        }
        if let Some(found) = self.found.as_mut().filter(|found| !found.is_empty()) {
            return Ok(Some(found.drain(..found.len().min(CHUNK)).collect()));
        }
        while !self.ended {
            let step = match self.step.take() {
                Some(step) => step,
                None => step(plan, snapshot, self.window).await?,
            };
            let (found, more) = found(plan, snapshot, &step).await?;
            let beyond = |window: Window, key| window.beyond(Bound { key, inclusive: false }, Direction::Older);
            match (more, found.last(), step.boundary) {
                (true, Some(last), _) => self.step = Some(Step { window: beyond(step.window, *last), ..step }),
                (_, _, Some(boundary)) => self.window = beyond(self.window, boundary),
                (_, _, None) => self.ended = true,
            }
            if !found.is_empty() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// The next stretch of `window`: along the predicate that meets the fewest entries from here on.
async fn step(plan: &Plan, snapshot: &mut Snapshot, window: Window) -> Result<Step> {
    let drivers = plan.drivers();
    if plan.is_walk() {
        return Ok(Step { driver: drivers.first().copied().flatten(), window, boundary: None });
    }
    let mut best: Option<(Driver, Key)> = None;
    for driver in drivers {
        let rows: Vec<KeyRow> = snapshot.fetch_all(plan.boundary(driver, window, Direction::Older, STEP)).await?;
        let Some(key) = rows.into_iter().next().map(Key::from) else {
            return Ok(Step { driver, window, boundary: None });
        };
        if best.is_none_or(|(_, than)| key < than) {
            best = Some((driver, key));
        }
    }
    Ok(match best {
        Some((driver, key)) => Step { driver, window: window.up_to(key, Direction::Older), boundary: Some(key) },
        None => Step { driver: None, window, boundary: None },
    })
}

/// Matches of a step from its newer end on, and whether there may be more of them in it.
async fn found(plan: &Plan, snapshot: &mut Snapshot, step: &Step) -> Result<(Vec<Key>, bool)> {
    let rows = |limit, columns| plan.rows(step.driver, step.window, Direction::Older, limit, columns);
    if plan.checks.is_empty() {
        let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
        let found: Vec<KeyRow> = snapshot.fetch_all(rows(limit, Columns::Key)).await?;
        let mut found: Vec<Key> = found.into_iter().map(Key::from).collect();
        // Two branches may meet one row; its copies stand side by side.
        found.dedup();
        let more = found.len() >= CHUNK;
        found.truncate(CHUNK);
        return Ok((found, more));
    }
    let mut found: Vec<Key> = Vec::new();
    let mut last = None;
    let each = |candidate: Candidate| {
        let key = candidate.key();
        if last.replace(key) != Some(key) && plan.checks.pass(&candidate) {
            found.push(key);
        }
        ControlFlow::Continue(())
    };
    // Branches share out a step's rows and each may bring one more, so a step holds no more than this.
    snapshot.for_each(rows(STEP.saturating_mul(2), Columns::Candidate), each).await?;
    Ok((found, false))
}
