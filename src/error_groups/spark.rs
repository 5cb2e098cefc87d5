//! The last fourteen days of a group, by the clock of the reader, as a calm line of bars.

use super::store::Quarters;
use crate::{
    core::time::Timestamp,
    logs::view::{
        Reader,
        spark::{Bar, LastDays, Scale},
    },
};

/// How many days it shows.
pub const DAYS: usize = 14;
/// How it is drawn.
const SCALE: Scale = Scale { step: 8.0, high: 24.0, low: 2.0 };

/// The sparkline as its template prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spark {
    /// Its bars, oldest first.
    pub bars: Vec<Bar>,
    /// Its numbers, spoken.
    pub label: String,
}

fn days(reader: &Reader) -> LastDays<DAYS> {
    LastDays::at(reader.now, reader.zone)
}

/// Where the days begin that are shown to a reader, oldest first, and where the last ends: the database sums errors by them.
#[must_use]
pub fn edges(reader: &Reader) -> Vec<Timestamp> {
    days(reader).edges()
}

/// Where the reader's day at hand begins and ends.
#[must_use]
pub fn today(reader: &Reader) -> Vec<Timestamp> {
    edges(reader).split_off(DAYS - 1)
}

/// How many errors fell into each of the days, oldest first. What is dated ahead is in none.
#[must_use]
pub fn by_day(quarters: &Quarters, reader: &Reader) -> [u64; DAYS] {
    let shown = days(reader);
    let mut days = [0; DAYS];
    for (at, n) in quarters {
        if let Some(day) = shown.of(&mut days, *at) {
            *day += n;
        }
    }
    days
}

/// The sparkline of these days.
#[must_use]
pub fn spark(days: [u64; DAYS]) -> Spark {
    let most = days.into_iter().max().unwrap_or_default();
    let bar = |(at, n): (usize, &u64)| SCALE.bar(at, *n, most, *n > 0);
    let numbers: Vec<String> = days.iter().map(u64::to_string).collect();
    Spark {
        bars: days.iter().enumerate().map(bar).collect(),
        label: format!("Last {DAYS} days: {}", numbers.join(", ")),
    }
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

    #[test]
    fn errors_are_counted_by_the_readers_day() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).expect("an instant");
        let reader = |zone| Reader { zone, role: Role::Support, now: at("2026-06-18T13:38:05Z") };
        let quarters = vec![
            (at("2026-06-18T13:30:00Z"), 2),
            // Just after midnight in London, and just before.
            (at("2026-06-17T23:00:00Z"), 3),
            (at("2026-06-17T22:45:00Z"), 5),
            // The day before the first, the first, and tomorrow.
            (at("2026-06-04T22:45:00Z"), 7),
            (at("2026-06-04T23:00:00Z"), 11),
            (at("2026-06-18T23:15:00Z"), 13),
        ];
        let london = reader(chrono_tz::Europe::London);
        assert_eq!(by_day(&quarters, &london), [11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 5]);
        assert_eq!(edges(&london)[0], at("2026-06-04T23:00:00Z"));
        // A quarter before midnight there is 18:15 here.
        let kathmandu = reader(chrono_tz::Asia::Kathmandu);
        assert_eq!(
            by_day(&vec![(at("2026-06-17T18:00:00Z"), 1), (at("2026-06-17T18:15:00Z"), 2)], &kathmandu)[12..],
            [1, 2]
        );
        let spark = spark(by_day(&quarters, &london));
        assert_eq!(spark.label, "Last 14 days: 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 5");
        let drawn: Vec<_> =
            spark.bars[..2].iter().map(|bar| (bar.class, bar.y.as_str(), bar.height.as_str())).collect();
        assert_eq!(drawn, [("s-error", "0.0", "24.0"), ("s-success", "23.0", "1.0")]);
    }
}
