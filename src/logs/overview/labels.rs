//! Bars in words: on the axis, in the table, and spoken.

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, TimeZone, Timelike};

use super::buckets::{Bar, Buckets, Step};
use crate::{
    core::{
        time::{Timestamp, Zone},
        words,
    },
    logs::view::Reader,
};

/// Within how many days of today a weekday says which day is meant.
const WEEK: i64 = 6;

/// Says the bars of one chart to one reader.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    buckets: &'a Buckets,
    zone: Zone,
    today: NaiveDate,
    /// Whether a weekday says which day is meant.
    by_weekday: bool,
}

impl<'a> Labels<'a> {
    /// For `reader`.
    #[must_use]
    pub fn of(buckets: &'a Buckets, reader: &Reader) -> Self {
        let zone = reader.zone;
        let today = reader.now.in_zone(zone).date_naive();
        let is_near = |at: Timestamp| (at.in_zone(zone).date_naive() - today).num_days().abs() <= WEEK;
        let last = buckets.bars.iter().rfind(|bar| bar.to.is_some()).map_or(reader.now, |bar| bar.from);
        let by_weekday = buckets.bars.first().is_some_and(|bar| is_near(bar.from)) && is_near(last);
        Self { buckets, zone, today, by_weekday }
    }

    /// A bar where it stands for itself: `Wed 15:00 to 16:00`, `Week of 2 Mar`, `Apr to Jun 2026`.
    #[must_use]
    pub fn full(&self, bar: Bar) -> String {
        let Some(to) = bar.to else { return format!("{} and later", self.moment(bar.from)) };
        let step = self.buckets.step;
        let (first, end) = (self.local(bar.from), self.local(to));
        if !bar.whole || step.is_within_a_day() {
            let end = if first.date_naive() == end.date_naive() { self.clock(to) } else { self.moment(to) };
            return format!("{} to {end}", self.moment(bar.from));
        }
        let last = end.date_naive().pred_opt().unwrap_or(end.date_naive());
        let first = first.date_naive();
        match step {
            Step::Week => format!("Week of {}", self.day(first)),
            Step::Months(1) => format!("{} {}", first.format("%b"), first.year()),
            Step::Months(_) => format!("{} to {} {}", first.format("%b"), last.format("%b"), first.year()),
            Step::Years(1) => first.year().to_string(),
            Step::Years(_) => format!("{} to {}", first.year(), last.year()),
            _ if first == last => format!("{} {}", first.format("%a"), self.day(first)),
            _ => format!("{} to {}", self.day(first), self.day(last)),
        }
    }

    /// Several bars that lie side by side.
    #[must_use]
    pub fn several(&self, first: Bar, last: Bar) -> String {
        let Some(to) = last.to else { return format!("{} and later", self.moment(first.from)) };
        let same_day = self.local(first.from).date_naive() == self.local(to).date_naive();
        let end = if same_day { self.clock(to) } else { self.moment(to) };
        format!("{} to {end}", self.moment(first.from))
    }

    /// Where a bar begins: on the axis, and in the table. What the label before says already is left out.
    #[must_use]
    pub fn start(&self, bar: Bar, before: Option<Bar>) -> String {
        let local = self.local(bar.from);
        let before = before.map(|bar| self.local(bar.from).date_naive());
        let date = local.date_naive();
        let year = if before.map_or(self.today.year(), |had| had.year()) == date.year() {
            String::new()
        } else {
            format!(" {}", date.year())
        };
        match self.buckets.step {
            Step::Years(_) => date.year().to_string(),
            Step::Months(_) if before.is_none() => format!("{} {}", date.format("%b"), date.year()),
            Step::Months(_) => format!("{}{year}", date.format("%b")),
            Step::Days(_) | Step::Week => format!("{} {}{year}", date.day(), date.format("%b")),
            Step::Minutes(_) | Step::Hours(_) => {
                let clock = local.format("%H:%M");
                match (before == Some(date), self.by_weekday) {
                    (true, _) => clock.to_string(),
                    (false, true) => format!("{} {clock}", date.format("%a")),
                    (false, false) => format!("{} {}{year} {clock}", date.day(), date.format("%b")),
                }
            }
        }
    }

    /// The whole time of the chart: `Wed 15:00 to Thu 15:00, London time`.
    #[must_use]
    pub fn span(&self) -> String {
        let bars = &self.buckets.bars;
        let (Some(first), Some(last)) = (bars.first(), bars.last()) else { return String::new() };
        let city = words::zone_city(self.zone);
        let zone = if city == "UTC" { city } else { format!("{city} time") };
        format!("{}, {zone}", self.several(*first, *last))
    }

    fn local(&self, at: Timestamp) -> DateTime<Zone> {
        at.in_zone(self.zone)
    }

    /// `Wed 15:00`, `5 Jan 15:00`, `5 Jan 2025`: the day as short as it can be, the clock where it is not midnight.
    fn moment(&self, at: Timestamp) -> String {
        let local = self.local(at);
        let day = if self.by_weekday { local.format("%a").to_string() } else { self.day(local.date_naive()) };
        let midnight = local.num_seconds_from_midnight() == 0;
        if midnight && !self.buckets.step.is_within_a_day() { day } else { format!("{day} {}", self.clock(at)) }
    }

    /// `5 Jan`, with the year where it is not this one.
    fn day(&self, date: NaiveDate) -> String {
        let day = format!("{} {}", date.day(), date.format("%b"));
        if date.year() == self.today.year() { day } else { format!("{day} {}", date.year()) }
    }

    /// `15:00`, with seconds where there are some, and with the name of the time where clocks show it twice.
    fn clock(&self, at: Timestamp) -> String {
        let local = self.local(at);
        let form = if local.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        let clock = local.format(form).to_string();
        match self.zone.from_local_datetime(&local.naive_local()) {
            LocalResult::Ambiguous(..) => format!("{clock} {}", words::zone_abbreviation(at, self.zone)),
            _ => clock,
        }
    }
}
