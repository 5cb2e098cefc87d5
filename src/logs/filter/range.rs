//! Which time a list is of.

use crate::{core::time::Timestamp, paging::At};

/// A span of time that ends now and has no upper end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// The last hour.
    Hour,
    /// The last 24 hours.
    Day,
    /// The last 7 days.
    Week,
    /// The last 30 days.
    Month,
    /// The last 90 days.
    Quarter,
}

impl Preset {
    /// All presets, shortest first.
    pub const ALL: [Self; 5] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Quarter];

    /// Its value in a query string.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
        }
    }

    /// Its words after “in the”.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Hour => "last hour",
            Self::Day => "last 24 hours",
            Self::Week => "last 7 days",
            Self::Month => "last 30 days",
            Self::Quarter => "last 90 days",
        }
    }

    /// How far back it reaches.
    #[must_use]
    pub fn span(self) -> chrono::Duration {
        chrono::Duration::hours(match self {
            Self::Hour => 1,
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Month => 30 * 24,
            Self::Quarter => 90 * 24,
        })
    }
}

/// Which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Range {
    /// A span that ends now.
    Last(Preset),
    /// Everything.
    #[default]
    All,
    /// From an instant (included) to another (excluded); either may be open.
    Between {
        /// The first instant that is in.
        from: Option<Timestamp>,
        /// The first instant that is out.
        to: Option<Timestamp>,
    },
}

impl Range {
    /// The first instant that is in, and the first that is out again.
    #[must_use]
    pub fn bounds(self, now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        match self {
            Self::Last(preset) => (Some(now.plus(-preset.span())), None),
            Self::All => (None, None),
            Self::Between { from, to } => (from, to),
        }
    }

    /// When it ends for the page at `at`: a preset as of when the first page of the walk was shown, so that nothing ages
    /// out of it between two pages.
    #[must_use]
    pub fn as_of(self, at: At, now: Timestamp) -> Timestamp {
        match self {
            Self::Last(_) => at.as_of().map_or(now, |as_of| as_of.min(now)),
            Self::All | Self::Between { .. } => now,
        }
    }

    /// `to`, as a place of the walk that the page at `at` is of.
    #[must_use]
    pub fn onward(self, at: At, to: At, now: Timestamp) -> At {
        if matches!(self, Self::Last(_)) { to.of_walk(self.as_of(at, now)) } else { to }
    }
}
