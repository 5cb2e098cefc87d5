//! The last fourteen days of a group, by the clock of the reader, as a calm line of bars.

use chrono::{Days, NaiveDate};

use super::store::Quarters;
use crate::{
    core::time::{Timestamp, Zone, day_start},
    logs::view::Reader,
};

/// How many days it shows.
pub const DAYS: usize = 14;
/// How high it is.
const HIGH: f64 = 24.0;

/// A bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Its colour.
    pub class: &'static str,
    /// From the left.
    pub x: String,
    /// From above.
    pub y: String,
    /// How high.
    pub height: String,
}

/// The sparkline as its template prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spark {
    /// Its bars, oldest first.
    pub bars: Vec<Bar>,
    /// Its numbers, spoken.
    pub label: String,
}

/// The first of the days that are shown.
fn first(today: NaiveDate) -> NaiveDate {
    let back = Days::new(u64::try_from(DAYS - 1).unwrap_or_default());
    today.checked_sub_days(back).unwrap_or(today)
}

fn date(at: Timestamp, zone: Zone) -> NaiveDate {
    at.in_zone(zone).date_naive()
}

/// The instant at which the days begin that are shown to a reader.
#[must_use]
pub fn begins(reader: &Reader) -> Timestamp {
    day_start(first(date(reader.now, reader.zone)), reader.zone)
}

/// How many errors fell into each of the days, oldest first. What is dated ahead is in none.
#[must_use]
pub fn by_day(quarters: &Quarters, reader: &Reader) -> [u64; DAYS] {
    let first = first(date(reader.now, reader.zone));
    let mut days = [0; DAYS];
    for (at, n) in quarters {
        let day = (date(*at, reader.zone) - first).num_days();
        if let Some(day) = usize::try_from(day).ok().and_then(|day| days.get_mut(day)) {
            *day += n;
        }
    }
    days
}

/// The sparkline of these days.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "it is drawn to a tenth of a pixel")]
pub fn spark(days: [u64; DAYS]) -> Spark {
    let most = days.into_iter().max().unwrap_or_default().max(1) as f64;
    let bar = |(at, n): (usize, &u64)| {
        let height = if *n == 0 { 1.0 } else { (*n as f64 / most * HIGH).max(2.0) };
        Bar {
            class: if *n == 0 { "s-success" } else { "s-error" },
            x: format!("{:.1}", at as f64 * 8.0),
            y: format!("{:.1}", HIGH - height),
            height: format!("{height:.1}"),
        }
    };
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
        assert_eq!(begins(&london), at("2026-06-04T23:00:00Z"));
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
