//! How time is cut into bars: at most 24, their edges on the clock of the reader's zone, whatever clocks do in between.

use chrono::{DateTime, Datelike, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};

use crate::{
    core::time::{Edge, Timestamp, Zone, local_instant},
    logs::filter::Range,
};

/// The most bars there are.
pub const MOST: usize = 24;

/// How long a bar is on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many minutes; they divide an hour.
    Minutes(u32),
    /// So many hours; they divide a day.
    Hours(u32),
    /// So many days.
    Days(u32),
    /// From a Monday to the next.
    Week,
    /// So many months; they divide a year.
    Months(u32),
    /// So many years.
    Years(u32),
}

impl Step {
    /// Every step, shortest first. The last is long enough for every year that an entry may be of.
    const ALL: [Self; 24] = [
        Self::Minutes(1),
        Self::Minutes(2),
        Self::Minutes(5),
        Self::Minutes(10),
        Self::Minutes(15),
        Self::Minutes(30),
        Self::Hours(1),
        Self::Hours(2),
        Self::Hours(3),
        Self::Hours(6),
        Self::Hours(12),
        Self::Days(1),
        Self::Days(2),
        Self::Week,
        Self::Months(1),
        Self::Months(2),
        Self::Months(3),
        Self::Months(6),
        Self::Years(1),
        Self::Years(2),
        Self::Years(5),
        Self::Years(25),
        Self::Years(100),
        Self::Years(500),
    ];

    /// `minute`, `5 minutes`, `hour`: after “per”.
    #[must_use]
    pub fn words(self) -> String {
        let (n, one) = match self {
            Self::Minutes(n) => (n, "minute"),
            Self::Hours(n) => (n, "hour"),
            Self::Days(n) => (n, "day"),
            Self::Week => (1, "week"),
            Self::Months(n) => (n, "month"),
            Self::Years(n) => (n, "year"),
        };
        if n == 1 { one.to_owned() } else { format!("{n} {one}s") }
    }

    /// Whether its bars begin within days.
    #[must_use]
    pub fn is_within_a_day(self) -> bool {
        matches!(self, Self::Minutes(_) | Self::Hours(_))
    }

    /// No bar of it is longer than this, clock changes included.
    fn longest(self) -> Duration {
        const CHANGE: i64 = 26;
        Duration::hours(match self {
            Self::Minutes(_) => 2,
            Self::Hours(n) => i64::from(n) + 2,
            Self::Days(n) => i64::from(n) * 24 + CHANGE,
            Self::Week => 7 * 24 + CHANGE,
            Self::Months(n) => i64::from(n) * 31 * 24 + CHANGE,
            Self::Years(n) => i64::from(n) * 366 * 24 + CHANGE,
        })
    }

    /// How long most bars of it are.
    fn usual(self) -> Duration {
        match self {
            Self::Minutes(n) => Duration::minutes(n.into()),
            Self::Hours(n) => Duration::hours(n.into()),
            Self::Days(n) => Duration::days(n.into()),
            Self::Week => Duration::days(7),
            Self::Months(n) => Duration::days(i64::from(n) * 28),
            Self::Years(n) => Duration::days(i64::from(n) * 365),
        }
    }

    /// The last edge at or before a local time.
    fn floor(self, local: NaiveDateTime) -> Option<NaiveDateTime> {
        let date = local.date();
        let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN);
        let since_midnight = local - midnight(date);
        let down = |minutes: i64| {
            midnight(date)
                .checked_add_signed(Duration::minutes(since_midnight.num_minutes().div_euclid(minutes) * minutes))
        };
        Some(match self {
            Self::Minutes(n) => down(n.into())?,
            Self::Hours(n) => down(i64::from(n) * 60)?,
            Self::Days(n) => midnight(
                date.checked_sub_signed(Duration::days(i64::from(date.num_days_from_ce()).rem_euclid(n.into())))?,
            ),
            Self::Week => {
                midnight(date.checked_sub_signed(Duration::days(date.weekday().num_days_from_monday().into()))?)
            }
            Self::Months(n) => midnight(NaiveDate::from_ymd_opt(date.year(), date.month0() / n * n + 1, 1)?),
            Self::Years(n) => {
                let n = i32::try_from(n).ok()?;
                midnight(NaiveDate::from_ymd_opt(date.year().div_euclid(n) * n, 1, 1)?)
            }
        })
    }

    /// The edge after an edge.
    fn next(self, edge: NaiveDateTime) -> Option<NaiveDateTime> {
        match self {
            Self::Minutes(_) | Self::Hours(_) | Self::Days(_) | Self::Week => edge.checked_add_signed(self.usual()),
            Self::Months(n) => edge.checked_add_months(chrono::Months::new(n)),
            Self::Years(n) => edge.checked_add_months(chrono::Months::new(n * 12)),
        }
    }

    /// The edges around the time from `start` up to `end`: the first at or before `start`, the last at or after `end`.
    fn edges(self, start: Timestamp, end: Timestamp, zone: Zone) -> Option<Vec<Timestamp>> {
        // Clocks are set by a day at the most, so what is a step or a day beyond an instant on the clock is beyond it.
        let margin = self.usual().max(Duration::days(1));
        let mut local = self.floor(start.in_zone(zone).naive_local().checked_sub_signed(margin)?)?;
        let until = end.in_zone(zone).naive_local().checked_add_signed(margin)?;
        let mut edges: Vec<Timestamp> = Vec::new();
        loop {
            edges.extend(self.instants(local, zone));
            if local > until {
                break;
            }
            local = self.next(local)?;
        }
        edges.sort_unstable();
        edges.dedup();
        let first = edges.partition_point(|edge| *edge <= start).checked_sub(1)?;
        let last = edges.partition_point(|edge| *edge < end);
        edges.get(first..=last).map(<[Timestamp]>::to_vec)
    }

    /// When clocks show an edge. Of one that they show twice, up to an hour's step both are edges, so that the hour
    /// that is repeated has a bar of its own; a longer bar simply has that hour more.
    fn instants(self, local: NaiveDateTime, zone: Zone) -> Vec<Timestamp> {
        let utc = |at: DateTime<Zone>| Timestamp::from(at.with_timezone(&Utc));
        match zone.from_local_datetime(&local) {
            LocalResult::Ambiguous(one, other) if self.usual() <= Duration::hours(1) => vec![utc(one), utc(other)],
            _ => vec![local_instant(local, zone, Edge::From)],
        }
    }
}

/// A bar: a stretch of time, the first instant in and the first out again; without one it has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// The first instant that is in.
    pub from: Timestamp,
    /// The first that is out again.
    pub to: Option<Timestamp>,
    /// Whether it is a whole step, not cut short by the range.
    pub whole: bool,
}

/// Time cut into bars, oldest first: each begins where the one before ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    /// How long a bar is.
    pub step: Step,
    /// The bars, at least one and at most [`MOST`].
    pub bars: Vec<Bar>,
    /// Whether the last bar holds everything dated after the others, rather than a step.
    pub later: bool,
}

impl Buckets {
    /// Cuts a range of time. `ends` are the first and the last entry that there could be.
    ///
    /// A range without an upper end goes on to `now`. What is dated after that, by a clock that is ahead, gets one bar
    /// of its own: cutting up to there as well could leave everything else in one bar. None where the range and what
    /// there could be do not meet.
    #[must_use]
    pub fn of(range: Range, now: Timestamp, ends: Option<(Timestamp, Timestamp)>, zone: Zone) -> Option<Self> {
        // Bars are of the years that a filter takes. What is dated after them is in the one that has no end.
        let taken = |at: Timestamp| at.clamp(Timestamp::MIN, Timestamp::MAX);
        let (first, last) = ends.map(|(first, last)| (taken(first), taken(last)))?;
        let (from, to) = range.bounds(now);
        let from = from.map(|from| from.max(Timestamp::MIN));
        let start = from.unwrap_or(first);
        if let Some(to) = to {
            return (start < to).then(|| Self::cut(MOST, start, to, (from, Some(to)), zone))?;
        }
        if start > now.max(last) {
            return None;
        }
        // With a lower end of its own a range goes on to now; else it is as long as there are entries.
        let until = match from {
            _ if start > now => last,
            Some(_) => now,
            None => last.min(now),
        };
        // The bar for what is ahead must find room as well.
        for most in [MOST, MOST - 1] {
            let mut cut = Self::cut(most, start, until.plus(Duration::microseconds(1)), (from, None), zone)?;
            match cut.bars.last().and_then(|bar| bar.to) {
                Some(end) if end <= last && cut.bars.len() < MOST => {
                    cut.bars.push(Bar { from: end, to: None, whole: false });
                    cut.later = true;
                    return Some(cut);
                }
                Some(end) if end <= last => {}
                _ => return Some(cut),
            }
        }
        None
    }

    /// Cuts the time from `start` to `end` by the shortest step that gives at most `most` bars. The outermost bars are
    /// whole, unless `within` cuts them short.
    fn cut(
        most: usize,
        start: Timestamp,
        end: Timestamp,
        within: (Option<Timestamp>, Option<Timestamp>),
        zone: Zone,
    ) -> Option<Self> {
        let many = i32::try_from(most).unwrap_or(i32::MAX);
        let fits = |step: &Step| end.since(start) <= step.longest() * many;
        let edges = |step: Step| Some((step, step.edges(start, end, zone)?));
        let mut cuts = Step::ALL.into_iter().filter(fits).filter_map(edges);
        let (step, edges) = cuts.find(|(_, edges)| (2..=most + 1).contains(&edges.len()))?;
        let bar = |(from, to): (&Timestamp, &Timestamp)| {
            let cut_from = (*from).max(within.0.unwrap_or(Timestamp::MIN)).max(Timestamp::MIN);
            let cut_to = within.1.map_or(*to, |end| end.min(*to));
            // Beyond the last year that there is there is nothing more to leave out.
            let to_end = Some(cut_to).filter(|to| *to <= Timestamp::MAX);
            Bar { from: cut_from, to: to_end, whole: (cut_from, cut_to) == (*from, *to) }
        };
        Some(Self { step, bars: edges.iter().zip(edges.iter().skip(1)).map(bar).collect(), later: false })
    }

    /// Where the bars begin, and where the last ends: the end of time where it has none.
    #[must_use]
    pub fn edges(&self) -> Vec<Timestamp> {
        let end =
            self.bars.last().and_then(|bar| bar.to).unwrap_or(Timestamp::from_micros(Timestamp::MAX.micros() + 1));
        self.bars.iter().map(|bar| bar.from).chain([end]).collect()
    }
}

#[cfg(test)]
mod tests;
