//! From rows to what a template prints: strings and URLs, already decided. What a role may see is decided here, once.

pub mod chips;
pub mod controls;
pub mod count;
pub mod empty;
pub mod entry;
pub mod export;
pub mod facets;
pub mod list;
pub mod message;
pub mod row;
pub mod saved;
pub mod spark;

use chrono::{Duration, Offset as _};

use crate::{
    core::{
        role::Role,
        time::{Timestamp, Zone, day_start},
        words,
    },
    web::zones::ZoneWords,
};

/// For whom a view is made, and when.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// The zone in which they read times.
    pub zone: Zone,
    /// What they may see.
    pub role: Role,
    /// The instant of the request.
    pub now: Timestamp,
}

impl Reader {
    /// RFC 3339 with the reader's offset, for a `datetime` attribute.
    #[must_use]
    pub fn datetime(&self, at: Timestamp) -> String {
        super::filter::with_offset(at, self.zone)
    }

    /// `London, BST`: the zone as a heading says it.
    #[must_use]
    pub fn zone_at(&self, at: Timestamp) -> String {
        ZoneWords::at(self.zone, at).heading()
    }

    /// Whether the clocks of the zone are set on the day of an instant: a time of that day alone may be another's too.
    fn has_two_offsets(&self, at: Timestamp) -> bool {
        let offset = |at: Timestamp| at.in_zone(self.zone).offset().fix();
        let day = at.in_zone(self.zone).date_naive();
        let end = day.succ_opt().map_or(at, |next| day_start(next, self.zone).plus(-Duration::microseconds(1)));
        offset(day_start(day, self.zone)) != offset(end)
    }

    /// What the clocks are called, on a day on which they are set.
    #[must_use]
    pub fn clock_name(&self, at: Timestamp) -> Option<String> {
        self.has_two_offsets(at).then(|| words::zone_abbreviation(at, self.zone))
    }

    /// `14:32:07`, and `01:32:07 BST` on a day on which clocks are set.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> String {
        let clock = words::clock(at, self.zone, false);
        self.clock_name(at).map_or_else(|| clock.clone(), |name| format!("{clock} {name}"))
    }

    /// The day of an instant as a heading, and the rest of it: date, zone and, if it is the same all day, what the clocks
    /// are called.
    #[must_use]
    pub fn day_heading(&self, at: Timestamp) -> (String, String) {
        let day = |at: Timestamp| at.in_zone(self.zone).date_naive();
        let (name, long) = (words::day_name(day(at), day(self.now)), words::date_long(at, self.zone));
        let zone = if self.has_two_offsets(at) { self.city() } else { self.zone_at(at) };
        let rest = if name == long { zone } else { format!("{long}, {zone}") };
        (name, rest)
    }

    /// `London`: whose clocks times of any day are read on.
    #[must_use]
    pub fn city(&self) -> String {
        words::zone_city(self.zone)
    }

    /// `14:32:07`, with the day where that is not today: when a list was made.
    #[must_use]
    pub fn as_of(&self, at: Timestamp) -> String {
        let said = self.day_and_clock(at);
        said.strip_suffix(" today").map(str::to_owned).unwrap_or(said)
    }

    /// `14:32:07 today`, `17:20:11 yesterday` or `20:14:05, 9 May 2026`; of what is yet to come also how far ahead it is.
    #[must_use]
    pub fn day_and_clock(&self, at: Timestamp) -> String {
        let clock = self.clock(at);
        let day = at.in_zone(self.zone).date_naive();
        let today = self.now.in_zone(self.zone).date_naive();
        let said = if day == today {
            format!("{clock} today")
        } else if Some(day) == today.pred_opt() {
            format!("{clock} yesterday")
        } else {
            format!("{clock}, {}", words::date_short(at, self.zone))
        };
        if at > self.now { format!("{said}, {}", words::ago(self.now, at)) } else { said }
    }
}

/// A value that is shown, absent, or hidden from this role. A template cannot print what is hidden: it is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown<T> {
    /// To be shown.
    Value(T),
    /// None was recorded.
    Absent,
    /// The role does not see whether there is one.
    Hidden,
}

impl<T> Shown<T> {
    /// What a role that sees `details` or not is shown of a value.
    #[must_use]
    pub fn of(value: Option<T>, details: bool) -> Self {
        match value {
            _ if !details => Self::Hidden,
            Some(value) => Self::Value(value),
            None => Self::Absent,
        }
    }

    /// Whether the role does not see it.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        matches!(self, Self::Hidden)
    }
}
