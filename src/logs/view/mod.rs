//! From rows to what a template prints: strings and URLs, already decided. What a role may see is decided here, once.

pub mod chips;
pub mod controls;
pub mod count;
pub mod entry;
pub mod export;
pub mod facets;
pub mod list;
pub mod message;
pub mod row;
pub mod saved;
pub mod spark;

use crate::{
    core::{
        role::Role,
        time::{Timestamp, Zone},
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

    /// `14:32:07 today`, `17:20:11 yesterday` or `20:14:05, 9 May 2026`; of what is yet to come also how far ahead it is.
    #[must_use]
    pub fn day_and_clock(&self, at: Timestamp) -> String {
        let clock = words::clock(at, self.zone, false);
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
