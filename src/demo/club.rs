//! The club as a whole: what a plan fixes before the first visit, and what visits leave behind.

use super::Plan;
use super::dice::Dice;
use super::faults::{Fault, Troubles, burst};
use super::people::People;
use super::phrase::Service;
use super::releases::Releases;
use super::span::{HOUR, MINUTE, Span, after};
use super::story::{BURST_LASTS, Cast};
use super::visits::{Held, Step, member, stranger};
use crate::core::time::Timestamp;

/// Of all visits, how many are without a member, in thousandths.
const STRANGERS: u32 = 105;
/// For so long before the end no fault strikes but the story's, so that it is the only one that somebody met twice.
const STORY_ALONE: i64 = 20 * MINUTE;
/// For so long before the end those who play in the story do nothing else.
const KEPT: i64 = 4 * HOUR;

/// What does not change while the plan is told.
#[derive(Debug)]
pub struct Club {
    /// The time it covers.
    pub span: Span,
    /// Everybody.
    pub people: People,
    /// The application's releases.
    pub releases: Releases,
    /// Who plays a part in the demo's story.
    pub cast: Option<Cast>,
    troubles: Troubles,
}

impl Club {
    /// The club of a plan.
    pub fn new(plan: &Plan) -> Self {
        let span = Span::ending(plan.until);
        let people = People::new(plan.seed, span, plan.member_count());
        let cast = plan.tells_a_story().then(|| Cast::new(plan.seed, span, &people));
        Self {
            span,
            releases: Releases::new(plan.seed, span),
            troubles: Troubles::new(plan.seed, span, cast.is_some()),
            cast,
            people,
        }
    }

    /// The fault that a visit meets which begins at `at`.
    pub fn strike(&self, dice: &mut Dice, at: Timestamp, staff: bool) -> Option<&'static Fault> {
        let alone = after(self.span.until, -STORY_ALONE)..=self.span.until;
        if self.cast.is_some() && alone.contains(&at) {
            return None;
        }
        self.troubles.strike(dice, at.min(self.span.until), staff)
    }

    /// What can be booked at `at` in place of `service`: nobody books what the burst makes fail.
    pub fn bookable(&self, service: Service, at: Timestamp) -> Service {
        let fails = self.cast.is_some() && at >= after(self.span.until, -BURST_LASTS);
        if fails && burst().services.contains(&service.key) {
            Service::of("solo_walk").unwrap_or(service)
        } else {
            service
        }
    }

    /// Whether somebody is kept for the story at `at`.
    fn kept(&self, place: usize, at: Timestamp) -> bool {
        at >= after(self.span.until, -KEPT) && self.cast.as_ref().is_some_and(|cast| cast.plays(place))
    }
}

/// What somebody's visits have left behind.
#[derive(Debug, Clone, Copy)]
struct Trace {
    /// Their visit lasts until then.
    busy_until: Timestamp,
    /// They have been here.
    known: bool,
    /// Their last booking, once its entry has been told.
    held: Option<Held>,
}

/// What visits have left behind: a line a person, however many entries there are.
#[derive(Debug)]
pub struct Diary(Vec<Trace>);

impl Diary {
    /// Opened at `at`: whoever joined before has been here.
    pub fn new(club: &Club, at: Timestamp) -> Self {
        let trace = |place| Trace {
            busy_until: Timestamp::MIN,
            known: club.people.get(place).is_some_and(|person| person.joined <= at),
            held: None,
        };
        Self((0..club.people.len()).map(trace).collect())
    }

    /// The visit of somebody who comes at `at`; never empty.
    pub fn visit(&mut self, club: &Club, dice: &mut Dice, at: Timestamp) -> Vec<Step> {
        let free =
            |place: usize| self.0.get(place).is_some_and(|trace| trace.busy_until <= at) && !club.kept(place, at);
        let place = if dice.per_mille(STRANGERS) { None } else { club.people.pick(dice, at, free) };
        let steps = place.map_or_else(Vec::new, |place| self.visit_of(club, dice, place, at));
        if steps.is_empty() { stranger(club, dice, at) } else { steps }
    }

    fn visit_of(&mut self, club: &Club, dice: &mut Dice, place: usize, at: Timestamp) -> Vec<Step> {
        let Some(trace) = self.0.get_mut(place) else { return Vec::new() };
        let joining = !trace.known;
        trace.known = true;
        let steps = member(club, dice, place, at, joining, &mut trace.held);
        trace.busy_until = steps.last().map_or(at, |step| after(step.log.timestamp, MINUTE));
        steps
    }

    /// An entry has been told: the booking that it made can be spoken of from now on.
    pub fn told(&mut self, step: &Step) {
        let Some(trace) = step.place.and_then(|place| self.0.get_mut(place)) else { return };
        let Some(booking) = &step.books else { return };
        let service = booking.service_type.as_deref().and_then(Service::of);
        trace.held = service.map(|service| Held { id: booking.id, service });
    }
}
