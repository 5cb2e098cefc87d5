//! A calm line of bars, one for each of the last days by the clock of whoever reads it.

use chrono::{Days, NaiveDate};

use crate::core::time::{Timestamp, Zone, day_start};

/// The last `N` days in a zone, up to today.
#[derive(Debug, Clone, Copy)]
pub struct LastDays<const N: usize> {
    zone: Zone,
    first: NaiveDate,
}

impl<const N: usize> LastDays<N> {
    /// The last of them is `today`.
    #[must_use]
    pub fn new(today: NaiveDate, zone: Zone) -> Self {
        Self { zone, first: today.checked_sub_days(days(N.saturating_sub(1))).unwrap_or(today) }
    }

    /// The last of them is the one at `now`.
    #[must_use]
    pub fn at(now: Timestamp, zone: Zone) -> Self {
        Self::new(now.in_zone(zone).date_naive(), zone)
    }

    /// The instants at which they begin, oldest first, and at which the last ends.
    #[must_use]
    pub fn edges(&self) -> Vec<Timestamp> {
        (0..=N).map(|at| day_start(self.date(at).unwrap_or(self.first), self.zone)).collect()
    }

    /// How many days after the first an instant is; less than none before it.
    #[must_use]
    pub fn after_first(&self, at: Timestamp) -> i64 {
        (at.in_zone(self.zone).date_naive() - self.first).num_days()
    }

    /// What is counted of the day of an instant; nothing where it is none of them.
    pub fn of<'a, T>(&self, counted: &'a mut [T; N], at: Timestamp) -> Option<&'a mut T> {
        usize::try_from(self.after_first(at)).ok().and_then(|day| counted.get_mut(day))
    }

    /// The date of one of them.
    #[must_use]
    pub fn date(&self, at: usize) -> Option<NaiveDate> {
        self.first.checked_add_days(days(at))
    }
}

fn days(n: usize) -> Days {
    Days::new(u64::try_from(n).unwrap_or_default())
}

/// A bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// `s-success` or `s-error`.
    pub class: &'static str,
    /// From the left.
    pub x: String,
    /// From above.
    pub y: String,
    /// How high.
    pub height: String,
}

/// What bars are drawn by.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// From the left of one bar to the left of the next.
    pub step: f64,
    /// How high the highest is.
    pub high: f64,
    /// How high one of anything is at the least; one of nothing is a line.
    pub low: f64,
}

impl Scale {
    /// The bar of `n`, the `at`th of all, where the highest is of `most`.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "it is drawn to a tenth of a pixel")]
    pub fn bar(self, at: usize, n: u64, most: u64, is_bad: bool) -> Bar {
        let Self { step, high, low } = self;
        let height = if n == 0 { 1.0 } else { (n as f64 / most.max(1) as f64 * high).max(low) };
        Bar {
            class: if is_bad { "s-error" } else { "s-success" },
            x: format!("{:.1}", at as f64 * step),
            y: format!("{:.1}", high - height),
            height: format!("{height:.1}"),
        }
    }
}
