//! What somebody means by “about three o'clock, my time”: a local time, which may come twice or never.

use chrono::NaiveDateTime;

use crate::{
    core::time::{Edge, Timestamp, Zone},
    logs::form::read_instant,
};

/// The instants that a local time may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    /// This one.
    Once(Timestamp),
    /// Either: the clocks were set back, and showed it twice.
    Twice(Timestamp, Timestamp),
    /// The clocks were set forward over it, at this instant.
    Never(Timestamp),
}

impl Meant {
    /// Reads a local time in a zone, or an instant with an offset. The error continues “is not a date and time”.
    pub fn read(text: &str, zone: Zone) -> Result<Self, &'static str> {
        let first = read_instant(text, zone, Edge::From)?;
        if Timestamp::parse_rfc3339(text).is_some() {
            return Ok(Self::Once(first));
        }
        let shown = |at: Timestamp| at.in_zone(zone).naive_local();
        let typed = text.replace(' ', "T");
        let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
        let Some(local) = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(&typed, form).ok()) else {
            // A day alone is its beginning.
            return Ok(Self::Once(first));
        };
        let second = read_instant(text, zone, Edge::To)?;
        Ok(if first != second {
            Self::Twice(first, second)
        } else if shown(first) == local || first == Timestamp::MIN || first == Timestamp::MAX {
            Self::Once(first)
        } else {
            Self::Never(first)
        })
    }

    /// The instants, the first one first.
    pub fn instants(self) -> impl Iterator<Item = Timestamp> {
        let (first, second) = match self {
            Self::Once(at) | Self::Never(at) => (at, None),
            Self::Twice(first, second) => (first, Some(second)),
        };
        std::iter::once(first).chain(second)
    }

    /// How far away an instant is from the nearest of them, in microseconds.
    #[must_use]
    pub fn away(self, at: Timestamp) -> u64 {
        self.instants().map(|meant| meant.micros().abs_diff(at.micros())).min().unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{Australia::Lord_Howe, Europe::London, UTC};

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).expect("an instant")
    }

    #[test]
    fn a_local_time_comes_once_twice_or_never() {
        for (text, zone, meant) in [
            ("2026-06-18T15:00", London, Meant::Once(at("2026-06-18T14:00:00Z"))),
            ("2026-06-18 15:00:30", London, Meant::Once(at("2026-06-18T14:00:30Z"))),
            ("2026-06-18T15:00:00+05:30", London, Meant::Once(at("2026-06-18T09:30:00Z"))),
            ("2026-06-18", London, Meant::Once(at("2026-06-17T23:00:00Z"))),
            ("2026-10-25T01:30", London, Meant::Twice(at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"))),
            ("2026-10-25T02:00", London, Meant::Once(at("2026-10-25T02:00:00Z"))),
            ("2026-10-25T01:30", UTC, Meant::Once(at("2026-10-25T01:30:00Z"))),
            ("2026-03-29T01:30", London, Meant::Never(at("2026-03-29T01:00:00Z"))),
            ("2026-10-04T02:15", Lord_Howe, Meant::Never(at("2026-10-03T15:30:00Z"))),
        ] {
            assert_eq!(Meant::read(text, zone), Ok(meant), "{text} {zone}");
        }
        for text in ["", "three", "15:00", "2026-02-30T15:00", "99999-01-01T00:00"] {
            assert!(Meant::read(text, London).is_err(), "{text}");
        }
    }

    #[test]
    fn the_nearest_of_two_counts() {
        let meant = Meant::read("2026-10-25T01:30", London).expect("a time");
        assert_eq!(meant.away(at("2026-10-25T01:29:00Z")), 60_000_000);
        assert_eq!(meant.away(at("2026-10-25T00:31:00Z")), 60_000_000);
    }
}
