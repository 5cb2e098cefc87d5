//! How busy the club is: growth over the plan, habits of the week and the day, slow and busy days.

use chrono::{Datelike, Timelike};

use super::dice::{Dice, Stream};
use super::span::{HOUR, MINUTE, Span, after};
use crate::core::time::{Timestamp, Zone};

/// Where the club is, and most of its members.
pub const SITE_ZONE: Zone = chrono_tz::Europe::London;

/// Entries per hour of the day, at the club's own clock.
const HOURS: [u64; 24] = [6, 3, 2, 1, 2, 5, 20, 51, 77, 86, 79, 73, 78, 84, 76, 61, 67, 83, 94, 87, 74, 54, 34, 18];
/// Monday to Sunday.
const WEEKDAYS: [u64; 7] = [112, 104, 102, 105, 98, 74, 95];

/// A stretch of time with a number of entries to spread over it.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    /// Its first instant.
    pub from: Timestamp,
    /// No entry of it is later.
    pub until: Timestamp,
    /// How many entries it holds.
    pub entries: u64,
}

/// Finds the moment at which a given share of a stretch's entries has happened.
#[derive(Debug)]
pub struct Calendar {
    stretch: Stretch,
    /// The weight of all hours before the end of each.
    hours: Vec<u64>,
}

impl Calendar {
    /// The calendar of a stretch that lies in `span`.
    pub fn new(seed: u64, span: Span, stretch: Stretch) -> Self {
        let mut dice = Dice::new(seed, Stream::Calendar);
        let mut hours = Vec::new();
        let (mut total, mut day, mut mood) = (0, None, 100);
        let mut at = stretch.from;
        while at < stretch.until || hours.is_empty() {
            let local = at.in_zone(SITE_ZONE);
            if day != Some(local.date_naive()) {
                day = Some(local.date_naive());
                mood = if local.month() == 12 && (24..=27).contains(&local.day()) { 35 } else { 85 + dice.below(31) };
            }
            let growth = 450 + u64::try_from(span.per_mille(at)).unwrap_or(0) * 55 / 100;
            let hour = HOURS.get(local.hour() as usize).copied().unwrap_or(1);
            let weekday = WEEKDAYS.get(local.weekday().num_days_from_monday() as usize).copied().unwrap_or(100);
            let minutes = (stretch.until.micros() - at.micros()).clamp(0, HOUR) / MINUTE;
            total += growth * hour * weekday * mood * u64::try_from(minutes.max(1)).unwrap_or(1);
            hours.push(total);
            at = after(at, HOUR);
        }
        Self { stretch, hours }
    }

    /// When `done` of the stretch's entries have happened.
    pub fn at(&self, done: u64) -> Timestamp {
        let total = self.hours.last().copied().unwrap_or(1);
        let share = u128::from(total) * u128::from(done) / u128::from(self.stretch.entries.max(1));
        let weight = u64::try_from(share).unwrap_or(total).min(total);
        let slot = self.hours.partition_point(|&through| through <= weight).min(self.hours.len().saturating_sub(1));
        let before = if slot == 0 { 0 } else { self.hours.get(slot - 1).copied().unwrap_or(0) };
        let width = self.hours.get(slot).copied().unwrap_or(0).saturating_sub(before).max(1);
        let start = after(self.stretch.from, i64::try_from(slot).unwrap_or(0) * HOUR);
        let length = (self.stretch.until.micros() - start.micros()).clamp(1, HOUR);
        let into = i128::from(length) * i128::from(weight - before) / i128::from(width);
        after(start, i64::try_from(into).unwrap_or(0)).min(self.stretch.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_busier_than_nights_and_nothing_goes_back() {
        let until = Timestamp::parse_rfc3339("2026-06-18T13:38:05Z").expect("an instant");
        let span = Span::ending(until);
        let stretch = Stretch { from: span.from, until, entries: 10_000 };
        let calendar = Calendar::new(1, span, stretch);
        let times: Vec<Timestamp> = (0..=10_000).map(|done| calendar.at(done)).collect();
        assert!(times.is_sorted());
        assert_eq!(times.last(), Some(&until));
        let by_night = times.iter().filter(|at| at.in_zone(SITE_ZONE).hour() < 6).count();
        assert!((50..400).contains(&by_night), "{by_night} of 10,000 by night");
    }
}
