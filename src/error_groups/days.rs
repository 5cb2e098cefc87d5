//! The days that a sparkline shows, as the database sums errors by them.

use chrono::Days;

use super::spark;
use crate::{
    core::time::{Timestamp, day_start},
    logs::view::Reader,
};

/// Where the days begin that are shown to a reader, oldest first, and where the last ends.
#[must_use]
pub fn edges(reader: &Reader) -> Vec<Timestamp> {
    let first = spark::begins(reader).in_zone(reader.zone).date_naive();
    let day = |at: usize| first.checked_add_days(Days::new(u64::try_from(at).unwrap_or_default())).unwrap_or(first);
    (0..=spark::DAYS).map(|at| day_start(day(at), reader.zone)).collect()
}

/// Where the reader's day at hand begins and ends.
#[must_use]
pub fn today(reader: &Reader) -> Vec<Timestamp> {
    edges(reader).split_off(spark::DAYS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::role::Role;

    #[test]
    fn days_are_as_long_as_the_clock_says() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).expect("an instant");
        let reader = Reader { zone: chrono_tz::Europe::London, role: Role::Support, now: at("2026-03-31T13:38:05Z") };
        let edges = edges(&reader);
        let hours: Vec<i64> = edges.windows(2).map(|day| day[1].since(day[0]).num_hours()).collect();
        assert_eq!(hours, [24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 23, 24, 24]);
        assert_eq!(today(&reader), [at("2026-03-30T23:00:00Z"), at("2026-03-31T23:00:00Z")]);
    }
}
