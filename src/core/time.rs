//! Instants, the clock that is passed in, and reading local times in a zone.

use std::sync::Arc;

use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone, Utc};

/// An IANA time zone.
pub type Zone = chrono_tz::Tz;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
///
/// SQLite stores exactly this integer, so an order by it is an order in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first instant Daybook accepts: the beginning of 1970.
    pub const MIN: Self = Self(0);
    /// The last instant Daybook accepts: the end of the year 9999.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// From microseconds since 1970; values outside [`Self::MIN`]..=[`Self::MAX`] are kept as they are.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The beginning of its second.
    #[must_use]
    pub const fn whole_second(self) -> Self {
        Self(self.0.div_euclid(1_000_000).saturating_mul(1_000_000))
    }

    /// The same instant for `chrono`; one beyond the years that RFC 3339 has (0 to 9999) becomes the nearest of them.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        const YEAR_0: i64 = -62_167_219_200_000_000;
        DateTime::from_timestamp_micros(self.0.clamp(YEAR_0, Self::MAX.0)).unwrap_or_default()
    }

    /// The same instant on the clocks of `zone`.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> DateTime<Zone> {
        self.utc().with_timezone(&zone)
    }

    /// RFC 3339 in UTC with six decimals: the form of the API and of exports.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.utc().to_rfc3339_opts(SecondsFormat::Micros, true)
    }

    /// Reads RFC 3339 with an offset. `None` where it is not, or lies outside the years 1970 to 9999.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let at = Self(DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros());
        (Self::MIN..=Self::MAX).contains(&at).then_some(at)
    }

    /// This instant plus `duration` (negative goes back); stays within `i64`.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.num_microseconds().unwrap_or(i64::MAX)))
    }

    /// From `earlier` to this instant.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::microseconds(self.0.saturating_sub(earlier.0))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_micros())
    }
}

/// Where "now" comes from: the system in the running product, a fixed instant in tests.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> Timestamp;
}

/// A clock that may be handed around.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine for the time")]
    fn now(&self) -> Timestamp {
        Utc::now().into()
    }
}

/// Which of two instants a local time means when clocks were set back and it happened twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The beginning of a range: the first of the two.
    From,
    /// The end of a range: the second of the two.
    To,
}

/// The instant at which the clocks of `zone` show `local`.
///
/// A time that happens twice is the first for [`Edge::From`] and the second for [`Edge::To`]; one that
/// never happens is the moment the clocks jumped over it.
#[must_use]
pub fn local_instant(local: NaiveDateTime, zone: Zone, edge: Edge) -> Timestamp {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => at.with_timezone(&Utc).into(),
        LocalResult::Ambiguous(first, second) => match edge {
            Edge::From => first.with_timezone(&Utc).into(),
            Edge::To => second.with_timezone(&Utc).into(),
        },
        LocalResult::None => jump(local, zone),
    }
}

/// The moment the clocks of `zone` jumped over `local`: bisects between a local time before the gap and one after it.
fn jump(local: NaiveDateTime, zone: Zone) -> Timestamp {
    let around = |hours: i64| -> Option<DateTime<Utc>> {
        let near = local.checked_add_signed(Duration::hours(hours))?;
        zone.from_local_datetime(&near).earliest().map(|at| at.with_timezone(&Utc))
    };
    let (Some(mut before), Some(mut after)) = (around(-26), around(26)) else {
        return Timestamp::from(local.and_utc());
    };
    // Invariant: clocks show less than `local` at `before` and more at `after`.
    while after - before > Duration::seconds(1) {
        let middle = before + (after - before) / 2;
        if middle.with_timezone(&zone).naive_local() < local {
            before = middle;
        } else {
            after = middle;
        }
    }
    let whole = after.timestamp();
    Timestamp::from_micros(whole * 1_000_000)
}

/// The start of `day` in `zone`: its midnight, or the moment the clocks jumped over midnight.
#[must_use]
pub fn day_start(day: NaiveDate, zone: Zone) -> Timestamp {
    local_instant(day.and_time(chrono::NaiveTime::MIN), zone, Edge::From)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").expect("a local time")
    }

    #[test]
    fn a_time_that_happens_twice_is_the_first_for_from_and_the_second_for_to() {
        let twice = local("2026-10-25T01:30:00");
        let zone = chrono_tz::Europe::London;
        assert_eq!(local_instant(twice, zone, Edge::From).rfc3339(), "2026-10-25T00:30:00.000000Z");
        assert_eq!(local_instant(twice, zone, Edge::To).rfc3339(), "2026-10-25T01:30:00.000000Z");
    }

    #[test]
    fn a_time_that_never_happens_is_the_moment_the_clocks_jumped() {
        for (text, zone, jumped) in [
            ("2026-03-29T01:30:00", chrono_tz::Europe::London, "2026-03-29T01:00:00.000000Z"),
            ("2026-03-29T01:00:00", chrono_tz::Europe::London, "2026-03-29T01:00:00.000000Z"),
            ("2026-10-04T02:15:00", chrono_tz::Australia::Lord_Howe, "2026-10-03T15:30:00.000000Z"),
            // Samoa left out the whole of 30 December 2011.
            ("2011-12-30T12:00:00", chrono_tz::Pacific::Apia, "2011-12-30T10:00:00.000000Z"),
        ] {
            assert_eq!(local_instant(local(text), zone, Edge::From).rfc3339(), jumped, "{text} {zone}");
            assert_eq!(local_instant(local(text), zone, Edge::To).rfc3339(), jumped, "{text} {zone}");
        }
    }

    #[test]
    fn a_day_without_a_midnight_starts_when_the_clocks_jumped() {
        let day = NaiveDate::from_ymd_opt(2018, 11, 4).expect("a day");
        assert_eq!(day_start(day, chrono_tz::America::Sao_Paulo).rfc3339(), "2018-11-04T03:00:00.000000Z");
    }

    #[test]
    fn rfc3339_keeps_microseconds_and_refuses_other_years() {
        let at = Timestamp::parse_rfc3339("2026-06-18T14:00:00.123456+01:00").expect("an instant");
        assert_eq!(at.rfc3339(), "2026-06-18T13:00:00.123456Z");
        assert_eq!(Timestamp::parse_rfc3339("1969-12-31T23:59:59Z"), None);
        assert_eq!(Timestamp::from_micros(i64::MIN).rfc3339(), "0000-01-01T00:00:00.000000Z");
        assert_eq!(Timestamp::from_micros(i64::MAX).rfc3339(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp::from_micros(i64::MIN).whole_second(), Timestamp::from_micros(i64::MIN));
        assert_eq!(Timestamp::parse_rfc3339("2026-06-18T14:00:00"), None);
    }
}
