//! Instants, days and spans in words, in a zone.

use chrono::{DateTime, Datelike, Duration, NaiveDate, Offset, Timelike};
use chrono_tz::OffsetName;

use super::counted;
use crate::core::time::{Timestamp, Zone};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// A twelfth of the mean Gregorian year, so that 24 months are 2 years.
const MONTH: u64 = YEAR / 12;
/// The mean Gregorian year of 365.2425 days.
const YEAR: u64 = 31_556_952;

/// The instant on the clocks of `zone`.
///
/// Instants are kept within the years that a local time can be made of whatever the zone.
fn local(at: Timestamp, zone: Zone) -> DateTime<Zone> {
    const FAR: i64 = 8_200_000_000_000_000_000;
    Timestamp::from_micros(at.micros().clamp(-FAR, FAR)).in_zone(zone)
}

/// How far apart two instants are, in the largest unit that fits at least once.
enum Distance {
    Moment,
    Of { n: u64, one: &'static str, many: &'static str, short: &'static str },
}

fn distance(seconds: u64) -> Distance {
    let (unit, one, many, short) = match seconds {
        0..MINUTE => return Distance::Moment,
        MINUTE..HOUR => (MINUTE, "minute", "minutes", "min"),
        HOUR..DAY => (HOUR, "hour", "hours", "h"),
        // Up to two months days say more than “1 month”, up to two years months more than “1 year”.
        _ if seconds < 2 * MONTH => (DAY, "day", "days", ""),
        _ if seconds < 2 * YEAR => (MONTH, "month", "months", ""),
        _ => (YEAR, "year", "years", ""),
    };
    Distance::Of { n: seconds / unit, one, many, short }
}

fn seconds_between(now: Timestamp, at: Timestamp) -> u64 {
    now.micros().abs_diff(at.micros()) / 1_000_000
}

/// How long ago: `just now`, `6 minutes ago`, `15 months ago`; of what is yet to come `in 14 minutes`.
#[must_use]
pub fn ago(now: Timestamp, at: Timestamp) -> String {
    match distance(seconds_between(now, at)) {
        Distance::Moment if at <= now => "just now".to_owned(),
        Distance::Moment => "in a moment".to_owned(),
        Distance::Of { n, one, many, .. } => {
            let much = counted(n, one, many);
            if at <= now { format!("{much} ago") } else { format!("in {much}") }
        }
    }
}

/// The same where there is little room and it stands alone: `6 min ago`, `5 h ago`, `2 days ago`, `In 14 min`.
#[must_use]
pub fn ago_short(now: Timestamp, at: Timestamp) -> String {
    match distance(seconds_between(now, at)) {
        Distance::Moment if at <= now => "Just now".to_owned(),
        Distance::Moment => "In a moment".to_owned(),
        Distance::Of { n, one, many, short } => {
            let much = if short.is_empty() { counted(n, one, many) } else { counted(n, short, short) };
            if at <= now { format!("{much} ago") } else { format!("In {much}") }
        }
    }
}

/// A span in its two largest units: `48 s`, `2 min 51 s`, `3 h 05 min`, `2 days 4 h`. Its sign is left out.
#[must_use]
pub fn span(duration: Duration) -> String {
    let seconds = duration.num_seconds().unsigned_abs();
    let (minutes, hours) = (seconds / MINUTE, seconds / HOUR);
    match seconds {
        0 if duration.is_zero() => "0 s".to_owned(),
        0 => "under 1 s".to_owned(),
        1..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => two(format!("{minutes} min"), seconds % MINUTE, |rest| format!("{rest} s")),
        HOUR..DAY => two(format!("{hours} h"), minutes % 60, |rest| format!("{rest:02} min")),
        _ => two(counted(seconds / DAY, "day", "days"), hours % 24, |rest| format!("{rest} h")),
    }
}

/// How long looking took: `250 ms`, `4.9 s`.
#[must_use]
pub fn took(time: std::time::Duration) -> String {
    if time.as_millis() < 1_000 { format!("{} ms", time.as_millis()) } else { format!("{:.1} s", time.as_secs_f64()) }
}

fn two(large: String, rest: u64, small: impl Fn(u64) -> String) -> String {
    if rest == 0 { large } else { format!("{large} {}", small(rest)) }
}

/// A day with its weekday: `Thursday 18 June 2026`.
#[must_use]
pub fn date_long(at: Timestamp, zone: Zone) -> String {
    with_weekday(local(at, zone).date_naive())
}

/// A day: `18 June 2026`.
#[must_use]
pub fn date_short(at: Timestamp, zone: Zone) -> String {
    day_month_year(local(at, zone).date_naive())
}

/// A day as a heading: `Today`, `Yesterday`, `Tuesday 16 June 2026`.
#[must_use]
pub fn day_name(day: NaiveDate, today: NaiveDate) -> String {
    if day == today {
        "Today".to_owned()
    } else if Some(day) == today.pred_opt() {
        "Yesterday".to_owned()
    } else {
        with_weekday(day)
    }
}

fn with_weekday(day: NaiveDate) -> String {
    format!("{} {}", day.format("%A"), day_month_year(day))
}

fn day_month_year(day: NaiveDate) -> String {
    format!("{} {} {}", day.day(), day.format("%B"), day.year())
}

/// The time of day: `14:32:07`; with its fraction, `14:32:07.418`, in three digits or as many more as it has.
#[must_use]
pub fn clock(at: Timestamp, zone: Zone, fraction: bool) -> String {
    let time = local(at, zone).time();
    let seconds = format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    if !fraction {
        return seconds;
    }
    let mut micros = format!("{:06}", time.nanosecond() % 1_000_000_000 / 1_000);
    while micros.len() > 3 && micros.ends_with('0') {
        micros.pop();
    }
    format!("{seconds}.{micros}")
}

/// What the zone calls its time at that instant, `BST`; where it has only a number, its offset.
#[must_use]
pub fn zone_abbreviation(at: Timestamp, zone: Zone) -> String {
    match local(at, zone).offset().abbreviation() {
        Some(name) if name.chars().all(|c| c.is_ascii_alphabetic()) => name.to_owned(),
        _ => zone_offset(at, zone),
    }
}

/// The zone's offset at that instant: `UTC+01:00`, `UTC−05:00`.
#[must_use]
pub fn zone_offset(at: Timestamp, zone: Zone) -> String {
    let seconds = local(at, zone).offset().fix().local_minus_utc();
    let sign = if seconds < 0 { '\u{2212}' } else { '+' };
    let seconds = seconds.unsigned_abs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match seconds % 60 {
        0 => format!("UTC{sign}{hours:02}:{minutes:02}"),
        rest => format!("UTC{sign}{hours:02}:{minutes:02}:{rest:02}"),
    }
}

/// The city a zone is named after: `London`, `New York`; `UTC` for itself.
#[must_use]
pub fn zone_city(zone: Zone) -> String {
    let name = zone.name();
    name.rsplit('/').next().unwrap_or(name).replace('_', " ")
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America, Asia, Etc, Europe, Pacific, TZ_VARIANTS, UTC};
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).expect("an instant")
    }

    #[test]
    fn distances_are_said_in_the_unit_that_fits() {
        let now = at("2026-06-18T13:38:05Z");
        for (seconds, long, short) in [
            (0, "just now", "Just now"),
            (59, "just now", "Just now"),
            (60, "1 minute ago", "1 min ago"),
            (6 * 60 + 59, "6 minutes ago", "6 min ago"),
            (3_599, "59 minutes ago", "59 min ago"),
            (3 * 3_600, "3 hours ago", "3 h ago"),
            (86_400, "1 day ago", "1 day ago"),
            (2 * 86_400, "2 days ago", "2 days ago"),
            (60 * 86_400, "60 days ago", "60 days ago"),
            (61 * 86_400, "2 months ago", "2 months ago"),
            (460 * 86_400, "15 months ago", "15 months ago"),
            (731 * 86_400, "2 years ago", "2 years ago"),
            (-20, "in a moment", "In a moment"),
            (-14 * 60, "in 14 minutes", "In 14 min"),
            (-3_600, "in 1 hour", "In 1 h"),
        ] {
            let at = now.plus(Duration::seconds(-seconds));
            assert_eq!((ago(now, at).as_str(), ago_short(now, at).as_str()), (long, short), "{seconds}");
        }
    }

    #[test]
    fn spans_have_two_units() {
        for (millis, said) in [
            (0, "0 s"),
            (400, "under 1 s"),
            (48_000, "48 s"),
            (120_000, "2 min"),
            (171_900, "2 min 51 s"),
            (-186_000, "3 min 6 s"),
            (3 * 3_600_000 + 5 * 60_000, "3 h 05 min"),
            (3 * 3_600_000 + 5_000, "3 h"),
            (86_400_000, "1 day"),
            (52 * 3_600_000, "2 days 4 h"),
        ] {
            assert_eq!(span(Duration::milliseconds(millis)), said);
        }
        assert!(span(Duration::MAX).ends_with(" h"));
    }

    #[test]
    fn days_and_times_are_those_of_the_zone() {
        let late = at("2026-06-18T23:32:07.418Z");
        assert_eq!(date_long(late, Europe::London), "Friday 19 June 2026");
        assert_eq!(date_short(late, UTC), "18 June 2026");
        assert_eq!(clock(late, Europe::London, false), "00:32:07");
        assert_eq!(clock(late, Europe::London, true), "00:32:07.418");
        assert_eq!(clock(at("2026-06-18T23:32:07.4185Z"), UTC, true), "23:32:07.4185");
        assert_eq!(clock(at("2026-06-18T23:32:07.000001Z"), UTC, true), "23:32:07.000001");
        assert_eq!(clock(at("2026-06-18T23:32:07Z"), UTC, true), "23:32:07.000");
    }

    #[test]
    fn days_near_today_have_names() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        assert_eq!(day_name(day("2026-06-18"), day("2026-06-18")), "Today");
        assert_eq!(day_name(day("2026-06-17"), day("2026-06-18")), "Yesterday");
        assert_eq!(day_name(day("2026-06-16"), day("2026-06-18")), "Tuesday 16 June 2026");
        assert_eq!(day_name(day("2026-06-19"), day("2026-06-18")), "Friday 19 June 2026");
        assert_eq!(day_name(NaiveDate::MAX, NaiveDate::MIN), with_weekday(NaiveDate::MAX));
    }

    #[test]
    fn zones_have_a_name_an_offset_and_a_city() {
        let summer = at("2026-06-18T13:32:07Z");
        for (zone, name, offset, city) in [
            (Europe::London, "BST", "UTC+01:00", "London"),
            (America::New_York, "EDT", "UTC\u{2212}04:00", "New York"),
            (Pacific::Honolulu, "HST", "UTC\u{2212}10:00", "Honolulu"),
            (Asia::Kathmandu, "UTC+05:45", "UTC+05:45", "Kathmandu"),
            (America::Argentina::Buenos_Aires, "UTC\u{2212}03:00", "UTC\u{2212}03:00", "Buenos Aires"),
            (UTC, "UTC", "UTC+00:00", "UTC"),
            (Etc::UTC, "UTC", "UTC+00:00", "UTC"),
        ] {
            assert_eq!(zone_abbreviation(summer, zone), name, "{zone}");
            assert_eq!(zone_offset(summer, zone), offset, "{zone}");
            assert_eq!(zone_city(zone), city, "{zone}");
        }
    }

    proptest! {
        #[test]
        fn any_instant_can_be_said_in_any_zone(micros in any::<i64>(), now in any::<i64>(), zone in 0..TZ_VARIANTS.len()) {
            let (at, now, zone) = (Timestamp::from_micros(micros), Timestamp::from_micros(now), TZ_VARIANTS[zone]);
            for said in [
                date_long(at, zone),
                date_short(at, zone),
                clock(at, zone, true),
                zone_abbreviation(at, zone),
                zone_offset(at, zone),
                zone_city(zone),
                ago(now, at),
                ago_short(now, at),
                span(at.since(now)),
            ] {
                prop_assert!(!said.is_empty());
            }
        }

        #[test]
        fn a_time_of_day_reads_back(micros in 0..Timestamp::MAX.micros(), zone in 0..TZ_VARIANTS.len()) {
            let (at, zone) = (Timestamp::from_micros(micros), TZ_VARIANTS[zone]);
            prop_assert_eq!(clock(at, zone, true).parse(), Ok(at.in_zone(zone).time()));
        }
    }
}
