//! Candidates of the index in the list's order.
//!
//! A term that few entries hold is asked for once, and its candidates are sorted. A frequent one is asked for part by
//! part, the part with the newest entry first: what is newer than every part still to come is in its final place.

use std::{collections::BTreeMap, ops::ControlFlow, time::Instant};

use super::{Question, index};
use crate::{
    core::{error::Result, time::Timestamp},
    db::{
        Budget, Looked, Looking, Sql,
        parts::{BLOCK, Part, PartRow},
    },
    logs::{
        checks::Candidate,
        look::{COUNT_CAP, Count, Facts},
        sql::Plan,
        window::{Bound, Window},
    },
    paging::{At, Direction, Key, Seen},
};

/// A term with at most so many candidates is asked for as a whole.
const FEW: i64 = 1_000;
/// A driver that meets at most so many entries needs no index of words.
const SHORT: i64 = 1_000;
/// How many parts are looked up at a time; more than are taken at once.
const PARTS: usize = 2 * MOST_PARTS;
/// In place of how many candidates a term has lately, where they are met soon by reading one entry after the other.
const OFTEN: i64 = i64::MAX;
/// A term is frequent where one in so many of the newest entries holds it.
const FREQUENT: i64 = 20;
/// How many parts say which of several frequent terms is the rarest.
const SAMPLE: i64 = 8;
/// The most parts of one statement: it must end in good time.
const MOST_PARTS: usize = 64;

/// A search that the index can serve.
pub struct Search<'a> {
    plan: &'a Plan,
    question: Question,
    few: bool,
    frequent: bool,
    /// The number of the part from which on all entries are indexed.
    indexed_from: i64,
}

impl<'a> Search<'a> {
    /// The search of a plan; none where it has no term that the index knows, where another walk is short, or where
    /// there was no time to find out.
    pub async fn of(looking: &mut Looking, plan: &'a Plan, window: Window, budget: Budget) -> Result<Option<Self>> {
        let questions: Vec<Question> = plan.checks.terms.iter().filter_map(|term| Question::of(term)).collect();
        if questions.is_empty() || !plan.dialect.has_words() {
            return Ok(None);
        }
        for driver in plan.drivers() {
            let probe = plan.boundary(driver, window, Direction::Older, budget.step.min(SHORT));
            match looking.fetch_all::<(Timestamp, uuid::Uuid)>(probe).await? {
                Looked::Whole(rows) if rows.is_empty() => return Ok(None),
                Looked::Whole(_) => {}
                Looked::Interrupted => return Ok(None),
            }
        }
        // By the same reader: whoever holds one and waits for another may wait for one who does so too.
        let indexed_from = if plan.dialect.derives() { Some(1) } else { number(looking, index::from()).await? };
        let Some(indexed_from) = indexed_from.map(index::part) else { return Ok(None) };
        let complete = indexed_from == i64::MIN;
        let search = |question, few, frequent| Self { plan, question, few, frequent, indexed_from };
        let mut rarest: Option<(i64, Question)> = None;
        for question in questions {
            match held(plan, looking, &question).await? {
                None => return Ok(None),
                Some(Held::Few) if complete => return Ok(Some(search(question, true, false))),
                // What is not indexed yet may hold it often.
                Some(Held::Few) => rarest = Some((0, question)),
                Some(Held::Lately(n)) if rarest.as_ref().is_none_or(|(least, _)| n < *least) => {
                    rarest = Some((n, question));
                }
                Some(Held::Lately(_)) => {}
            }
        }
        Ok(rarest.map(|(n, question)| search(question, false, n == OFTEN)))
    }

    /// Whether so many entries hold each term that reading one after the other meets enough of them soon.
    #[must_use]
    pub fn is_frequent(&self) -> bool {
        self.frequent
    }

    /// Up to `want` matching rows from a position on, in the order of the walk, and how far was looked `until` then. None
    /// where the index did not answer by `first`.
    pub async fn keys(
        &self,
        looking: &mut Looking,
        at: At,
        want: usize,
        (first, until): (Instant, Instant),
    ) -> Result<Option<(Vec<Key>, Seen)>> {
        let direction = at.direction();
        let window = at.cursor().map_or(self.plan.window, |cursor| self.plan.window.beyond(cursor.into(), direction));
        let mut found: Vec<Key> = Vec::new();
        let seen = self.walk(looking, window, direction, (first, until), |facts| {
            found.push(facts.key());
            if found.len() >= want { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let seen = seen.await?;
        Ok(seen.map(|seen| (found, seen)))
    }

    /// How many rows match at all, as far as was counted `until` then. None where the index did not answer by `first`.
    pub async fn count(&self, looking: &mut Looking, (first, until): (Instant, Instant)) -> Result<Option<Count>> {
        let mut n = 0;
        let seen = self.walk(looking, self.plan.window, Direction::Older, (first, until), |_| {
            n += 1;
            if n > COUNT_CAP { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let Some(seen) = seen.await? else { return Ok(None) };
        Ok(Some(match seen {
            _ if n > COUNT_CAP => Count::MoreThan(COUNT_CAP),
            Seen::All => Count::Exactly(n),
            Seen::To(key) => Count::AtLeast { n, looked_to: Some(key) },
        }))
    }

    /// Hands every match to `each`, newest first; how far that came in time, if it came anywhere.
    pub async fn each(&self, looking: &mut Looking, mut each: impl FnMut(Facts)) -> Result<Option<Seen>> {
        let until = looking.deadline();
        self.walk(looking, self.plan.window, Direction::Older, (until, until), |facts| {
            each(facts);
            ControlFlow::Continue(())
        })
        .await
    }

    /// Hands over every match in order until it is told to stop, the log ends, or time is over. None where not even the
    /// first part came by `first`: then looking further would lead nowhere.
    async fn walk(
        &self,
        looking: &mut Looking,
        window: Window,
        direction: Direction,
        (first, until): (Instant, Instant),
        mut hit: impl FnMut(Facts) -> ControlFlow<()>,
    ) -> Result<Option<Seen>> {
        looking.until(first);
        let mut waiting: BTreeMap<Key, Facts> = BTreeMap::new();
        if self.few {
            let taken = self.take(looking, window, None, &mut waiting).await?;
            if matches!(taken, Looked::Interrupted) {
                return Ok(None);
            }
            // Whoever stops it has what they wanted.
            let _ = release(&mut waiting, None, direction, &mut hit);
            return Ok(Some(Seen::All));
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut whole = false;
        let mut seen = None;
        let mut many = 1;
        loop {
            // One more than is taken: it says up to where things are in their final place.
            if parts.len() <= many && !whole {
                let more = self.parts(looking, window, direction, parts.last().copied()).await?;
                let Looked::Whole(more) = more else { return Ok(seen) };
                whole = more.len() < PARTS;
                parts.extend(more);
            }
            let next: Vec<Part> = parts.drain(..many.min(parts.len())).collect();
            if let Looked::Interrupted = self.take_parts(looking, window, &next, &mut waiting).await? {
                return Ok(seen);
            }
            let ahead = parts.first().map(|part| edge(part, direction));
            let stopped = release(&mut waiting, ahead, direction, &mut hit).is_break();
            let Some(ahead) = ahead else { return Ok(Some(Seen::All)) };
            seen = Some(Seen::To(ahead));
            if stopped || Instant::now() >= until {
                return Ok(seen);
            }
            looking.until(until);
            many = (many * 2).min(MOST_PARTS);
        }
    }

    /// The next parts that may hold entries of the window, the one that the walk meets first at the front; as many as
    /// [`PARTS`], or all that are left.
    async fn parts(
        &self,
        looking: &mut Looking,
        window: Window,
        direction: Direction,
        after: Option<Part>,
    ) -> Result<Looked<Vec<Part>>> {
        let dialect = self.plan.dialect;
        let at = |bound: Option<Bound>| bound.map(|bound| bound.key.timestamp);
        let within = (at(window.older), at(window.newer));
        let sql = dialect.parts(within, direction == Direction::Older, after, PARTS);
        Ok(match looking.fetch_all::<PartRow>(sql).await? {
            Looked::Whole(rows) => Looked::Whole(rows.iter().map(|row| dialect.part(row)).collect()),
            Looked::Interrupted => Looked::Interrupted,
        })
    }

    /// Takes the candidates of parts, those that follow one another in one statement.
    async fn take_parts(
        &self,
        looking: &mut Looking,
        window: Window,
        parts: &[Part],
        into: &mut BTreeMap<Key, Facts>,
    ) -> Result<Looked<()>> {
        let mut numbers: Vec<i64> = parts.iter().map(|part| part.number).collect();
        numbers.sort_unstable();
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        for number in numbers {
            match ranges.last_mut() {
                Some((_, end)) if *end == number => *end += 1,
                _ => ranges.push((number, number + 1)),
            }
        }
        for range in ranges {
            if let Looked::Interrupted = self.take(looking, window, Some(range), into).await? {
                return Ok(Looked::Interrupted);
            }
        }
        Ok(Looked::Whole(()))
    }

    /// Takes the candidates of a range of parts that pass; what is not indexed yet is read one by one.
    async fn take(
        &self,
        looking: &mut Looking,
        window: Window,
        range: Option<(i64, i64)>,
        into: &mut BTreeMap<Key, Facts>,
    ) -> Result<Looked<()>> {
        let (indexed, plain) = match range {
            None => (Some(None), None),
            Some((start, end)) => {
                let from = self.indexed_from.clamp(start, end);
                ((from < end).then_some(Some((from, end))), (start < from).then_some((start, from)))
            }
        };
        let mut statements = Vec::new();
        statements.extend(indexed.map(|range| self.plan.candidates(Some(&self.question), range, window)));
        statements.extend(plain.map(|range| self.plan.candidates(None, Some(range), window)));
        for sql in statements {
            let checks = &self.plan.checks;
            let looked = looking.for_each(sql, |candidate: Candidate| {
                if checks.pass(&candidate) {
                    into.insert(candidate.key(), candidate.facts());
                }
                ControlFlow::Continue(())
            });
            if let Looked::Interrupted = looked.await? {
                return Ok(Looked::Interrupted);
            }
        }
        Ok(Looked::Whole(()))
    }
}

/// How many entries hold a term.
enum Held {
    /// At most [`FEW`].
    Few,
    /// So many of the newest parts, or [`OFTEN`].
    Lately(i64),
}

/// How many entries hold a term; none where there was no time to find out.
async fn held(plan: &Plan, looking: &mut Looking, question: &Question) -> Result<Option<Held>> {
    let frequency = plan.dialect.frequency(&question.trigrams, &question.term, plan.checks.details);
    let Some((sql, of)) = frequency else {
        // This index stops where it is told to, so it is asked for all at once.
        let Some(all) = number(looking, hits(plan, question, None, FEW + 1)).await? else { return Ok(None) };
        if all <= FEW {
            return Ok(Some(Held::Few));
        }
        let Some(newest) = number(looking, hits(plan, question, Some(1), BLOCK / 4)).await? else { return Ok(None) };
        if newest >= BLOCK / 4 {
            return Ok(Some(Held::Lately(OFTEN)));
        }
        return Ok(number(looking, hits(plan, question, Some(SAMPLE), FEW * SAMPLE)).await?.map(Held::Lately));
    };
    let Some(newest) = number(looking, sql).await? else { return Ok(None) };
    if newest * FREQUENT > of {
        return Ok(Some(Held::Lately(OFTEN)));
    }
    let Some(lately) = number(looking, hits(plan, question, Some(SAMPLE), FEW * SAMPLE)).await? else {
        return Ok(None);
    };
    if lately > FEW {
        return Ok(Some(Held::Lately(lately)));
    }
    let Some(all) = number(looking, hits(plan, question, None, FEW + 1)).await? else { return Ok(None) };
    Ok(Some(if all <= FEW { Held::Few } else { Held::Lately(lately) }))
}

/// Asks how many candidates a question has for the role of the plan, up to `most`; of the newest parts alone where
/// `newest` says how many.
#[must_use]
pub fn hits(plan: &Plan, question: &Question, newest: Option<i64>, most: i64) -> Sql {
    plan.dialect.hits(&question.trigrams, &question.term, plan.checks.details, newest, most)
}

/// The number that a statement asks for, if it came in time.
async fn number(looking: &mut Looking, sql: Sql) -> Result<Option<i64>> {
    Ok(match looking.fetch_all::<(i64,)>(sql).await? {
        Looked::Whole(rows) => Some(rows.first().map_or(i64::MAX, |(n,)| *n)),
        Looked::Interrupted => None,
    })
}

/// Everything before this key was looked at once every part before `part` was: the first instant of it on the way.
fn edge(part: &Part, direction: Direction) -> Key {
    match direction {
        // Its newest instant is still to come, the next one is not.
        Direction::Older => match part.last.micros().checked_add(1) {
            Some(next) => Key { timestamp: Timestamp::from_micros(next), id: uuid::Uuid::nil() },
            None => Key { timestamp: part.last, id: uuid::Uuid::max() },
        },
        Direction::Newer => match part.first.micros().checked_sub(1) {
            Some(before) => Key { timestamp: Timestamp::from_micros(before), id: uuid::Uuid::max() },
            None => Key { timestamp: part.first, id: uuid::Uuid::nil() },
        },
    }
}

/// Hands over what is in its final place: everything on this side of `ahead`.
fn release(
    waiting: &mut BTreeMap<Key, Facts>,
    ahead: Option<Key>,
    direction: Direction,
    hit: &mut impl FnMut(Facts) -> ControlFlow<()>,
) -> ControlFlow<()> {
    loop {
        let next = match direction {
            Direction::Older => waiting.last_entry(),
            Direction::Newer => waiting.first_entry(),
        };
        let Some(next) = next else { return ControlFlow::Continue(()) };
        let key = *next.key();
        let settled = ahead.is_none_or(|ahead| match direction {
            Direction::Older => key >= ahead,
            Direction::Newer => key <= ahead,
        });
        if !settled {
            return ControlFlow::Continue(());
        }
        hit(next.remove())?;
    }
}
