//! Floor 4: realistic data for `daybook seed` and `daybook demo`, the same for the same seed.
//!
//! Nothing here knows a database, a clock or the machine's randomness. [`people()`] are written first,
//! then [`events`] in about the order of time; a booking comes before the first entry that speaks of
//! it. Entries are made as they are taken, so that ten million need no more memory than ten thousand:
//! what is kept is a line a member, and the visits that go on at one moment.
//!
//! A [`Plan`] is told from the outside in: `calendar` says when, `people` who, `visits` what,
//! `faults` what goes wrong, `story` what the demo is about, and `telling` puts it in order.

mod calendar;
mod club;
mod dice;
mod faults;
mod hostile;
mod live;
mod people;
mod phrase;
mod releases;
mod span;
mod story;
mod telling;
#[cfg(test)]
mod tests;
mod visits;

pub use live::Live;

use self::club::Club;
use self::telling::Telling;
use crate::core::time::Timestamp;
use crate::logs::log::{NewBooking, NewLog, NewMember};

/// How many entries a demo has.
pub const DEMO_ENTRIES: u64 = 50_000;
/// A demo of fewer has no room for its story.
const SHORTEST_DEMO: u64 = 1_000;
/// Fewer entries leave hostile text out.
const FEWEST_WITH_HOSTILE: u64 = 500;

/// How entries are spread over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Over two years, growing.
    Seed,
    /// The same, but with a lively last week (16 of a hundred entries), a fault that began 105 minutes
    /// before the end and goes on, a member whom it hit for the second time six minutes before the end,
    /// and one entry 14 minutes ahead, from a wrong clock. Below 1,000 entries it is as [`Self::Seed`].
    Demo,
}

/// What to make up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Whatever is the same here comes out the same.
    pub seed: u64,
    /// How many entries, exactly.
    pub entries: u64,
    /// How many members; one for fifty entries, from 40 to 200,000, where it is not said. At least
    /// one, and at least 40 for a demo.
    pub members: Option<u64>,
    /// The last instant.
    pub until: Timestamp,
    /// How entries are spread.
    pub shape: Shape,
}

impl Plan {
    /// The plan of `daybook demo`.
    #[must_use]
    pub const fn demo(seed: u64, until: Timestamp) -> Self {
        Self { seed, entries: DEMO_ENTRIES, members: None, until, shape: Shape::Demo }
    }

    fn member_count(&self) -> usize {
        let fewest = if self.tells_a_story() { 40 } else { 1 };
        let count = self.members.unwrap_or((self.entries / 50).clamp(40, 200_000)).max(fewest);
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    fn tells_a_story(&self) -> bool {
        self.shape == Shape::Demo && self.entries >= SHORTEST_DEMO
    }

    fn holds_hostile_text(&self) -> bool {
        self.entries >= FEWEST_WITH_HOSTILE
    }
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly all events are the large one")]
pub enum Event {
    /// A booking was made; entries that speak of it follow.
    Booking(NewBooking),
    /// An entry.
    Log(NewLog),
}

/// The members of a plan, to be written before its events.
#[must_use]
pub fn people(plan: &Plan) -> Vec<NewMember> {
    Club::new(plan).people.members().collect()
}

/// The events of a plan: exactly as many entries as it says, in the order of time, none later than its
/// end but for the wrong clock of a demo.
pub fn events(plan: &Plan) -> impl Iterator<Item = Event> + use<> {
    Telling::new(plan)
}
