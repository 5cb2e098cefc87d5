//! A calm line of bars: how many entries a day, and on which days there were errors.

use chrono::NaiveDate;

use crate::{
    core::{
        time::{Timestamp, Zone},
        words,
    },
    logs::{
        sql::Quarter,
        view::spark::{Bar, LastDays, Scale},
    },
};

/// How many days it shows.
pub const DAYS: usize = 90;
/// How it is drawn.
const SCALE: Scale = Scale { step: 4.0, high: 40.0, low: 1.0 };

/// Entries and errors by day, in the reader's zone, up to today.
#[derive(Debug, Clone)]
pub struct Tally {
    zone: Zone,
    days: LastDays<DAYS>,
    counted: [(u64, u64); DAYS],
}

/// The sparkline as its template prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spark {
    /// Its bars, oldest first; none for days that were not looked at.
    pub bars: Vec<Bar>,
    /// What it shows, for whoever does not see it.
    pub label: String,
    /// How far was looked, where that is not all of it.
    pub note: Option<String>,
}

impl Spark {
    /// Nothing, as there was no time to count.
    #[must_use]
    pub fn not_counted() -> Self {
        Self { bars: Vec::new(), label: String::new(), note: Some("Not counted: there was no time for it".to_owned()) }
    }
}

impl Tally {
    /// Nothing counted yet; the last day is `today`.
    #[must_use]
    pub fn new(today: NaiveDate, zone: Zone) -> Self {
        Self { zone, days: LastDays::new(today, zone), counted: [(0, 0); DAYS] }
    }

    /// Counts the entries of a quarter of an hour.
    pub fn add(&mut self, quarter: &Quarter) {
        if let Some((entries, errors)) = self.days.of(&mut self.counted, quarter.at) {
            *entries += u64::try_from(quarter.entries).unwrap_or_default();
            *errors += u64::try_from(quarter.errors).unwrap_or_default();
        }
    }

    /// The sparkline of what was counted; `stopped` says with which instant, where that was not all of it.
    #[must_use]
    pub fn spark(&self, stopped: Option<Timestamp>) -> Spark {
        // The day at which counting stopped is known in part only, so the next one is the first.
        let from = stopped.map_or(0, |at| usize::try_from(self.days.after_first(at) + 1).unwrap_or(0).min(DAYS));
        let most = self.counted[from..].iter().map(|day| day.0).max().unwrap_or(0);
        let bar = |(at, (entries, errors)): (usize, &(u64, u64))| SCALE.bar(at, *entries, most, *errors > 0);
        let note = stopped.map(|at| {
            let day = words::date_short(at, self.zone);
            if from < DAYS {
                format!("Their newest entries alone, back to {day}")
            } else {
                format!("Not counted: their newest entries, back to {day}, are too many to tell of a whole day")
            }
        });
        Spark {
            bars: self.counted.iter().enumerate().skip(from).map(bar).collect(),
            label: self.label(most, from),
            note,
        }
    }

    fn label(&self, most: u64, from: usize) -> String {
        const SAID: usize = 5;
        let name = |at: usize| self.days.date(at).map(|day| day.format("%-d %B").to_string()).unwrap_or_default();
        let days = DAYS - from.min(DAYS);
        let over = words::counted(u64::try_from(days).unwrap_or_default(), "day", "days");
        let mut label = format!("Entries a day over {over}.");
        if let Some(at) = self.counted.iter().skip(from).position(|day| day.0 == most && most > 0).map(|at| at + from) {
            label = format!("{label} Most: {most}, on {}.", name(at));
        }
        let bad: Vec<String> = (from..DAYS).rev().filter(|at| self.counted[*at].1 > 0).map(name).collect();
        match bad.len() {
            0 => format!("{label} No day with errors."),
            n if n <= SAID => format!("{label} Days with errors: {}.", words::list(&bad)),
            n => format!("{label} {n} days with errors, at last {}.", bad[0]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).expect("an instant")
    }

    #[test]
    fn entries_are_counted_by_the_readers_day() {
        let today = NaiveDate::from_ymd_opt(2026, 6, 18).expect("a day");
        let mut tally = Tally::new(today, chrono_tz::Europe::London);
        for (from, entries, errors) in [
            ("2026-06-18T10:00:00Z", 1, 0),
            // Just after midnight in London, and just before.
            ("2026-06-17T23:00:00Z", 1, 0),
            ("2026-06-17T22:45:00Z", 1, 1),
            // The day before the first, and one that is yet to come.
            ("2026-03-20T22:00:00Z", 5, 0),
            ("2026-06-19T22:00:00Z", 5, 0),
        ] {
            tally.add(&Quarter { at: at(from), entries, errors, oldest: at(from) });
        }
        let spark = tally.spark(None);
        assert_eq!(spark.bars.len(), DAYS);
        let tail: Vec<_> = spark.bars[DAYS - 2..].iter().map(|bar| (bar.class, bar.height.as_str())).collect();
        assert_eq!(tail, [("s-error", "20.0"), ("s-success", "40.0")]);
        assert_eq!(spark.label, "Entries a day over 90 days. Most: 2, on 18 June. Days with errors: 17 June.");
        let part = tally.spark(Some(at("2026-06-17T10:00:00Z")));
        assert_eq!(
            (part.bars.len(), part.note.as_deref()),
            (1, Some("Their newest entries alone, back to 17 June 2026")),
            "of the 17th not all was looked at"
        );
        assert_eq!(part.label, "Entries a day over 1 day. Most: 2, on 18 June. No day with errors.");
        let all_today = tally.spark(Some(at("2026-06-18T10:00:00Z")));
        assert!(all_today.bars.is_empty() && all_today.note.is_some_and(|note| note.starts_with("Not counted")));
        assert!(Spark::not_counted().bars.is_empty() && Spark::not_counted().note.is_some());
    }
}
