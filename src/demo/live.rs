//! What goes on after a plan's end: visits like those before it, at the pace of whoever asks.

use std::collections::VecDeque;

use super::club::{Club, Diary};
use super::dice::{Dice, Stream};
use super::visits::Step;
use super::{Event, Plan, story};
use crate::core::time::Timestamp;

/// How many visits go on at once, at most.
const AT_ONCE: usize = 6;

/// What happens at a club now.
pub struct Live {
    club: Club,
    diary: Diary,
    dice: Dice,
    /// The visits that go on, and what is still to happen in them.
    visits: Vec<VecDeque<Step>>,
}

impl Live {
    /// Goes on where the plan ends.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let club = Club::new(plan);
        let diary = Diary::new(&club, club.span.until);
        Self { club, diary, dice: Dice::new(plan.seed, Stream::Live), visits: Vec::new() }
    }

    /// What happens at `now`: mostly one entry, sometimes two, and bookings before entries that speak of them.
    pub fn next(&mut self, now: Timestamp) -> Vec<Event> {
        let entries = if self.dice.one_in(8) { 2 } else { 1 };
        let mut events = Vec::new();
        for _ in 0..entries {
            if let Some(step) = self.step(now) {
                events.extend(self.happens(step, now));
            }
        }
        events
    }

    /// The next step of one of the visits, or the first of a new one.
    fn step(&mut self, now: Timestamp) -> Option<Step> {
        if self.visits.is_empty() || (self.visits.len() < AT_ONCE && self.dice.one_in(4)) {
            let new = if self.club.cast.is_some() && self.dice.one_in(7) {
                story::goes_on(&self.club, &mut self.dice, now)
            } else {
                self.diary.visit(&self.club, &mut self.dice, now)
            };
            self.visits.push(new.into());
        }
        let place = self.dice.index(self.visits.len());
        let visit = self.visits.get_mut(place)?;
        let step = visit.pop_front();
        if visit.is_empty() {
            self.visits.swap_remove(place);
        }
        step
    }

    /// A step that was written beforehand happens at `now`.
    fn happens(&mut self, mut step: Step, now: Timestamp) -> impl Iterator<Item = Event> + use<> {
        step.log.timestamp = now;
        step.log.id = self.dice.id(now);
        self.diary.told(&step);
        step.books.map(Event::Booking).into_iter().chain([Event::Log(step.log)])
    }
}
