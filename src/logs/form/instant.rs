//! An instant as people write one.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime};

use crate::core::time::{Edge, Timestamp, Zone, day_start, local_instant};

/// Reads an instant: RFC 3339 with an offset, or a local date and time, or a date. The error continues the sentence
/// “is not a date and time”.
pub fn read_instant(text: &str, zone: Zone, edge: Edge) -> Result<Timestamp, &'static str> {
    const YEARS: &str = ": years go from 1970 to 9999";
    if let Some(at) = Timestamp::parse_rfc3339(text) {
        return Ok(at);
    }
    // The first and the last hours of these years may lie outside them in UTC: then the first or last instant is meant.
    let ranged = |year: i32, at: Timestamp| {
        if (1970..=9999).contains(&year) { Ok(at.clamp(Timestamp::MIN, Timestamp::MAX)) } else { Err(YEARS) }
    };
    // chrono reads “2026-6-1”; the contract's forms have fixed widths.
    let digits = |wanted: &[usize]| wanted.contains(&text.len());
    for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"] {
        if let Ok(local) = NaiveDateTime::parse_from_str(text, form)
            && text.len() >= 16
        {
            return ranged(local.year(), local_instant(local, zone, edge));
        }
    }
    if digits(&[10])
        && let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d")
    {
        let year = day.year();
        let day = match edge {
            Edge::From => Some(day),
            Edge::To => day.succ_opt(),
        };
        return day.map_or(Err(YEARS), |day| ranged(year, day_start(day, zone)));
    }
    Err(why_not(text))
}

/// Why a text that looks like a date is none, where that can be said.
fn why_not(text: &str) -> &'static str {
    let number = |at: std::ops::Range<usize>| text.get(at).and_then(|digits| digits.parse::<u32>().ok());
    match (number(0..4), number(5..7), number(8..10)) {
        (Some(year), Some(_), Some(_)) if !(1970..=9999).contains(&year) => ": years go from 1970 to 9999",
        (Some(_), Some(month), Some(_)) if !(1..=12).contains(&month) => ": there is no such month",
        (Some(year), Some(month), Some(day)) if day > 28 => match month {
            2 if day > 29 || !is_leap(year) => ": February is shorter that year",
            4 | 6 | 9 | 11 if day > 30 => ": that month has 30 days",
            _ if day > 31 => ": there is no such day",
            _ => "",
        },
        _ => "",
    }
}

fn is_leap(year: u32) -> bool {
    i32::try_from(year).is_ok_and(|year| NaiveDate::from_ymd_opt(year, 2, 29).is_some())
}
