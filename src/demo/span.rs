//! Lengths of time in microseconds, and the two years that a plan covers.

use crate::core::time::Timestamp;

/// A second, in microseconds.
pub const SECOND: i64 = 1_000_000;
/// A minute, in microseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour, in microseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// A day, in microseconds.
pub const DAY: i64 = 24 * HOUR;

const TWO_YEARS: i64 = 730 * DAY;

/// From the first instant of a plan to its last.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The first instant.
    pub from: Timestamp,
    /// The last instant.
    pub until: Timestamp,
}

impl Span {
    /// The two years up to `until`; fewer where 1970 is nearer.
    pub fn ending(until: Timestamp) -> Self {
        let until = until.clamp(Timestamp::MIN, Timestamp::MAX);
        Self { from: after(until, -TWO_YEARS).max(Timestamp::MIN), until }
    }

    /// Its length in microseconds, at least 1.
    pub fn length(self) -> i64 {
        (self.until.micros() - self.from.micros()).max(1)
    }

    /// How far in it `at` lies, in thousandths.
    pub fn per_mille(self, at: Timestamp) -> i64 {
        (at.micros() - self.from.micros()).clamp(0, self.length()) / (self.length() / 1000).max(1)
    }

    /// The instant so many thousandths into it.
    pub fn at_per_mille(self, per_mille: i64) -> Timestamp {
        after(self.from, self.length() / 1000 * per_mille)
    }
}

/// `at` plus so many microseconds, and never outside the years that Daybook accepts.
pub fn after(at: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(at.micros().saturating_add(micros)).clamp(Timestamp::MIN, Timestamp::MAX)
}
