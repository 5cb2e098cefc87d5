//! When faults happen: each has quiet weeks and episodes, and only in an episode does it strike.

use super::{Fault, Rhythm, all, burst};
use crate::core::time::Timestamp;
use crate::demo::dice::{Dice, Stream};
use crate::demo::span::{DAY, HOUR, Span, after};

impl Rhythm {
    /// The shortest and the longest quiet time.
    const fn quiet(self) -> (i64, i64) {
        match self {
            Self::Chronic => (3 * DAY, 21 * DAY),
            Self::Waves => (14 * DAY, 75 * DAY),
            Self::Storms => (30 * DAY, 110 * DAY),
            Self::Rare => (20 * DAY, 70 * DAY),
        }
    }

    /// The shortest and the longest episode.
    const fn lasts(self) -> (i64, i64) {
        match self {
            Self::Chronic => (3 * DAY, 14 * DAY),
            Self::Waves => (12 * HOUR, 4 * DAY),
            Self::Storms => (2 * HOUR, 9 * HOUR),
            Self::Rare => (DAY, 3 * DAY),
        }
    }

    /// How much denser it is in an episode than its weight says.
    const fn density(self) -> u32 {
        match self {
            Self::Chronic => 2,
            Self::Waves => 7,
            Self::Storms => 45,
            Self::Rare => 5,
        }
    }
}

/// From when until when a fault strikes.
#[derive(Debug, Clone, Copy)]
struct Episode {
    from: Timestamp,
    until: Timestamp,
}

/// All faults and their episodes.
#[derive(Debug)]
pub struct Troubles(Vec<(&'static Fault, Vec<Episode>)>);

impl Troubles {
    /// The episodes of a plan. Without the burst's fault where a story tells of it.
    pub fn new(seed: u64, span: Span, told: bool) -> Self {
        let mut dice = Dice::new(seed, Stream::Episodes);
        let episodes = |fault| (fault, episodes(fault, span, &mut dice));
        Self(all().filter(|&fault| !(told && std::ptr::eq(fault, burst()))).map(episodes).collect())
    }

    /// The faults that strike at `at`, with their weights.
    fn active(&self, at: Timestamp, staff: bool) -> impl Iterator<Item = (&'static Fault, u32)> + '_ {
        self.0.iter().filter_map(move |(fault, episodes)| {
            let next = episodes.partition_point(|episode| episode.from <= at);
            let episode = next.checked_sub(1).and_then(|last| episodes.get(last))?;
            let whose = staff || !fault.area.starts_with("admin/");
            (at < episode.until && whose).then(|| (*fault, fault.weight * fault.rhythm.density()))
        })
    }

    /// The fault that somebody meets who comes at `at`; mostly none.
    pub fn strike(&self, dice: &mut Dice, at: Timestamp, staff: bool) -> Option<&'static Fault> {
        let total: u32 = self.active(at, staff).map(|(_, weight)| weight).sum();
        // A storm is felt by many, and yet most visits go well in it.
        if !dice.per_mille((total * 3 / 4).clamp(40, 400)) {
            return None;
        }
        let mut left = dice.below(u64::from(total));
        self.active(at, staff)
            .find(|&(_, weight)| {
                let here = left < u64::from(weight);
                left = left.saturating_sub(u64::from(weight));
                here
            })
            .map(|(fault, _)| fault)
    }
}

/// The episodes of one fault, in order of time and apart from each other.
fn episodes(fault: &Fault, span: Span, dice: &mut Dice) -> Vec<Episode> {
    let (shortest, longest) = fault.rhythm.quiet();
    // Some faults come with a release, some are mended for good.
    let first = if dice.one_in(3) { span.at_per_mille(dice.between(100, 600)) } else { span.from };
    let last = if dice.one_in(5) { span.at_per_mille(dice.between(700, 980)) } else { span.until };
    let mut at = after(first, dice.between(0, shortest));
    let mut found = Vec::new();
    while at < last {
        let (short, long) = fault.rhythm.lasts();
        let until = after(at, dice.between(short, long));
        found.push(Episode { from: at, until });
        at = after(until, dice.between(shortest, longest));
    }
    found
}
