//! Puts visits in order: those that go on at one time are told entry by entry, as they happen.

use std::collections::{BTreeMap, VecDeque};

use super::calendar::{Calendar, Stretch};
use super::club::{Club, Diary};
use super::dice::{Dice, Stream};
use super::span::{DAY, Span, after};
use super::visits::Step;
use super::{Event, Plan, hostile, story};
use crate::core::time::Timestamp;

/// Of a demo's entries, how many of a hundred are in the last week.
const LAST_WEEK: u64 = 16;
/// Visits begin up to so many entries later than they would in even order.
const UNEVEN: u64 = 12;

/// A plan that is being told.
pub struct Telling {
    club: Club,
    diary: Diary,
    dice: Dice,
    /// What has been written and not yet told, in order of time.
    pending: BTreeMap<(Timestamp, u64), Step>,
    written: u64,
    stretches: VecDeque<(Calendar, Stretch)>,
    /// How many entries of the first of these stretches have been written.
    done: u64,
    /// What will yet be written happens then or later.
    written_until: Timestamp,
    /// The entry of a booking that has just been told.
    after_booking: Option<Event>,
}

impl Telling {
    /// From the beginning of the plan.
    pub fn new(plan: &Plan) -> Self {
        let club = Club::new(plan);
        let mut dice = Dice::new(plan.seed, Stream::Visits);
        let mut fixed = club.cast.as_ref().map_or_else(Vec::new, |cast| story::steps(&club, cast, &mut dice));
        if plan.holds_hostile_text() {
            fixed.extend(hostile::steps(&club, plan.seed));
        }
        let stretches = stretches(plan, &club, fixed.len() as u64);
        let diary = Diary::new(&club, club.span.from);
        let mut telling = Self {
            stretches: stretches.into_iter().map(|it| (Calendar::new(plan.seed, club.span, it), it)).collect(),
            club,
            diary,
            dice,
            pending: BTreeMap::new(),
            written: 0,
            done: 0,
            written_until: Timestamp::MIN,
            after_booking: None,
        };
        telling.write(fixed);
        telling
    }

    fn write(&mut self, steps: impl IntoIterator<Item = Step>) {
        for step in steps {
            self.written += 1;
            self.pending.insert((step.log.timestamp, self.written), step);
        }
    }

    /// Writes the next visit. `false` where all are written.
    fn write_visit(&mut self) -> bool {
        while self.stretches.front().is_some_and(|(_, stretch)| self.done >= stretch.entries) {
            self.stretches.pop_front();
            self.done = 0;
        }
        let Some((calendar, stretch)) = self.stretches.front() else { return false };
        let at = calendar.at(self.done + self.dice.below(UNEVEN.min(stretch.entries - self.done)));
        let mut steps = self.diary.visit(&self.club, &mut self.dice, at);
        // A visit is cut where its stretch ends, and the last one where all entries are there.
        steps.retain(|step| step.log.timestamp <= stretch.until);
        steps.truncate(usize::try_from(stretch.entries - self.done).unwrap_or(usize::MAX));
        self.done += steps.len() as u64;
        self.written_until = calendar.at(self.done);
        self.write(steps);
        true
    }

    fn is_due(&self) -> bool {
        self.pending.first_key_value().is_some_and(|((at, _), _)| *at <= self.written_until)
    }
}

impl Iterator for Telling {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if let Some(entry) = self.after_booking.take() {
            return Some(entry);
        }
        while !self.is_due() && self.write_visit() {}
        let (_, step) = self.pending.pop_first()?;
        self.diary.told(&step);
        let entry = Event::Log(step.log);
        let Some(booking) = step.books else { return Some(entry) };
        self.after_booking = Some(entry);
        Some(Event::Booking(booking))
    }
}

/// The stretches of a plan, with the entries that are not fixed spread over them.
fn stretches(plan: &Plan, club: &Club, fixed: u64) -> Vec<Stretch> {
    let Span { from, until } = club.span;
    if club.cast.is_none() {
        return vec![Stretch { from, until, entries: plan.entries.saturating_sub(fixed) }];
    }
    let last_week = after(until, -7 * DAY);
    let lively = plan.entries * LAST_WEEK / 100;
    vec![
        Stretch { from, until: after(last_week, -1), entries: plan.entries - lively },
        Stretch { from: last_week, until, entries: lively.saturating_sub(fixed) },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Shape;

    #[test]
    fn what_is_kept_does_not_grow_with_the_number_of_entries() {
        let until = Timestamp::parse_rfc3339("2026-06-18T13:38:05Z").expect("an instant");
        let plan = |entries| Plan { seed: 3, entries, members: Some(400), until, shape: Shape::Seed };
        for entries in [2_000, 200_000] {
            let mut telling = Telling::new(&plan(entries));
            let mut most = 0;
            while telling.next().is_some() {
                most = most.max(telling.pending.len());
            }
            assert!(most < 150, "{most} of {entries} at once");
        }
    }
}
