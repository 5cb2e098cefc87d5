//! The only source of chance: numbered, independent streams out of one seed.

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::{Builder, Uuid};

use crate::core::time::Timestamp;

/// What a stream of numbers is for. Each use has its own, so that a change to one part of the
/// generator leaves the data of the others as they were.
#[derive(Debug, Clone, Copy)]
pub enum Stream {
    /// Who the members are.
    People = 1,
    /// Busy and slow days.
    Calendar = 2,
    /// When releases were made.
    Releases = 3,
    /// When each fault had its episodes.
    Episodes = 4,
    /// What everybody did.
    Visits = 5,
    /// The story of the demo.
    Story = 6,
    /// Hostile text.
    Hostile = 7,
    /// What goes on after the plan's end.
    Live = 8,
}

/// Seeded chance.
#[derive(Debug, Clone)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of that purpose out of `seed`.
    pub fn new(seed: u64, stream: Stream) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream as u64);
        Self(rng)
    }

    /// A number from 0 up to but not including `end`; 0 where `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.0.random_range(0..end) }
    }

    /// A number from `low` to `high`, both included; `low` where they are the wrong way round.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low { low } else { self.0.random_range(low..=high) }
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u32) -> bool {
        n > 0 && self.0.random_range(0..n) == 0
    }

    /// True `n` times in a thousand.
    pub fn per_mille(&mut self, n: u32) -> bool {
        self.0.random_range(0..1000) < n
    }

    /// A place in something of that length.
    pub fn index(&mut self, length: usize) -> usize {
        if length == 0 { 0 } else { self.0.random_range(0..length) }
    }

    /// One of these; the default of its type where there are none.
    pub fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let index = self.index(from.len());
        from.get(index).copied().unwrap_or_default()
    }

    /// One of these, each as often as its weight says. `None` where all weights are zero.
    pub fn weighted<'a, T>(&mut self, from: &'a [T], weight: impl Fn(&T) -> u32) -> Option<&'a T> {
        let total: u64 = from.iter().map(|item| u64::from(weight(item))).sum();
        let mut left = self.below(total);
        from.iter().find(|item| {
            let weight = u64::from(weight(item));
            let here = left < weight;
            left = left.saturating_sub(weight);
            here
        })
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A version-7 id of that moment.
    pub fn id(&mut self, at: Timestamp) -> Uuid {
        let mut random = [0; 10];
        self.0.fill_bytes(&mut random);
        let millis = u64::try_from(at.micros() / 1000).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}
