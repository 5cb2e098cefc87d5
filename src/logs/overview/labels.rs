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
        match self.buckets.step {
            Step::Week if bar.whole => format!("Week of {}", self.day(self.local(bar.from).date_naive())),
            _ => self.several(bar, bar),
        }
    }

    /// Several bars that lie side by side. Days are said with the last one in, times with the first one out.
    #[must_use]
    pub fn several(&self, first: Bar, last: Bar) -> String {
        let Some(to) = last.to else { return format!("{} and later", self.moment(first.from)) };
        let (from, end) = (self.local(first.from).date_naive(), self.local(to).date_naive());
        let step = self.buckets.step;
        if !first.whole || !last.whole || step.is_within_a_day() {
            let end = if from == end { self.clock(to) } else { self.moment(to) };
            return format!("{} to {end}", self.moment(first.from));
        }
        let end = end.pred_opt().unwrap_or(end);
        let month = |date: NaiveDate| date.format("%b").to_string();
        match step {
            Step::Years(_) if from.year() == end.year() => from.year().to_string(),
            Step::Years(_) => format!("{} to {}", from.year(), end.year()),
            Step::Months(_) if from.year() != end.year() => {
                format!("{} {} to {} {}", month(from), from.year(), month(end), end.year())
            }
            Step::Months(_) if from.month() == end.month() => format!("{} {}", month(from), from.year()),
            Step::Months(_) => format!("{} to {} {}", month(from), month(end), from.year()),
            _ if from == end => format!("{} {}", from.format("%a"), self.day(from)),
            _ => format!("{} to {}", self.day(from), self.day(end)),
        }
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
                let midnight = local.num_seconds_from_midnight() == 0;
                match (before == Some(date), self.by_weekday) {
                    (true, _) => clock.to_string(),
                    (false, true) => format!("{} {clock}", date.format("%a")),
                    // A date that many labels share the room with says the day alone.
                    (false, false) if midnight => format!("{} {}{year}", date.day(), date.format("%b")),
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

    /// `Wed 15:00`, `5 Jan 15:00`.
    fn moment(&self, at: Timestamp) -> String {
        let local = self.local(at);
        let day = if self.by_weekday { local.format("%a").to_string() } else { self.day(local.date_naive()) };
        format!("{day} {}", self.clock(at))
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

#[cfg(test)]
mod tests {
    use chrono_tz::Europe;

    use super::*;
    use crate::{
        core::role::Role,
        logs::filter::{Preset, Range},
    };

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).expect("an instant")
    }

    /// The first two bars and the last of a range, in words; then where the third begins, after the second.
    fn said(range: Range) -> [String; 4] {
        let now = at("2026-06-18T13:38:05Z");
        let ends = Some((at("2024-11-05T00:00:00Z"), at("2026-06-18T15:10:00Z")));
        let buckets = Buckets::of(range, now, ends, Europe::London).expect("bars");
        let labels = Labels::of(&buckets, &Reader { zone: Europe::London, role: Role::Viewer, now });
        let bars = &buckets.bars;
        let last = *bars.last().expect("a bar");
        [labels.full(bars[0]), labels.full(bars[1]), labels.full(last), labels.start(bars[2], Some(bars[1]))]
    }

    fn between(from: &str, to: &str) -> Range {
        Range::Between { from: Some(at(from)), to: Some(at(to)) }
    }

    #[test]
    fn bars_are_said_as_short_as_their_time_allows() {
        for (range, expected) in [
            (
                Range::Last(Preset::Hour),
                ["Thu 13:38:05 to 13:40", "Thu 13:40 to 13:45", "Thu 14:40 and later", "13:45"],
            ),
            (Range::Last(Preset::Day), ["Wed 14:38:05 to 16:00", "Wed 16:00 to 18:00", "Thu 16:00 and later", "18:00"]),
            (
                Range::Last(Preset::Week),
                ["11 Jun 14:38:05 to 12 Jun 00:00", "12 Jun 00:00 to 12:00", "18 Jun 12:00 to 19 Jun 00:00", "12:00"],
            ),
            (
                Range::Last(Preset::Month),
                ["19 May 14:38:05 to 20 May 00:00", "20 May to 21 May", "17 Jun to 18 Jun", "22 May"],
            ),
            (
                Range::Last(Preset::Quarter),
                ["20 Mar 13:38:05 to 23 Mar 00:00", "Week of 23 Mar", "Week of 15 Jun", "30 Mar"],
            ),
            (Range::All, ["Nov 2024", "Dec 2024", "Jun 2026", "Jan 2025"]),
            (
                between("2021-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
                ["Jan to Mar 2021", "Apr to Jun 2021", "Oct to Dec 2025", "Jul"],
            ),
            (between("2000-01-01T00:00:00Z", "2020-01-01T00:00:00Z"), ["2000", "2001", "2019", "2002"]),
            (
                between("2026-06-01T23:00:00Z", "2026-06-11T23:00:00Z"),
                ["2 Jun 00:00 to 12:00", "2 Jun 12:00 to 3 Jun 00:00", "11 Jun 12:00 to 12 Jun 00:00", "3 Jun"],
            ),
        ] {
            assert_eq!(said(range), expected, "{range:?}");
        }
    }
}
