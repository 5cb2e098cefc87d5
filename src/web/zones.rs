//! Time zones as a person reads and chooses them: names, today's offsets, the regions of the long list.

use std::sync::LazyLock;

use chrono_tz::TZ_VARIANTS;

use crate::core::{
    time::{Timestamp, Zone},
    words,
};

/// The regions of the list; what stands outside them (`Etc/GMT+5`, `US/Pacific`, `EST5EDT`) are other names for
/// what is in them, or no place.
const REGIONS: [&str; 10] =
    ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];

static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let placed = |name: &&str| name.split_once('/').is_some_and(|(region, _)| REGIONS.contains(&region));
    let mut names: Vec<_> = TZ_VARIANTS.iter().map(|zone| zone.name()).filter(placed).collect();
    names.sort_unstable();
    names.insert(0, "UTC");
    names
});

/// The zones to suggest, by name: `UTC`, then every place.
#[must_use]
pub fn names() -> &'static [&'static str] {
    &NAMES
}

/// What a page says about a zone at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneWords {
    /// Its IANA name: `Europe/London`.
    pub name: &'static str,
    /// The place in it: `London`.
    pub city: String,
    /// What its clocks are called then: `BST`, or the offset where they have no letters.
    pub abbreviation: String,
    /// How far they are from UTC then: `UTC+01:00`.
    pub offset: String,
}

impl ZoneWords {
    /// The words for `zone` as its clocks stand at `at`.
    #[must_use]
    pub fn at(zone: Zone, at: Timestamp) -> Self {
        Self {
            name: zone.name(),
            city: words::zone_city(zone),
            abbreviation: words::zone_abbreviation(at, zone),
            offset: words::zone_offset(at, zone),
        }
    }

    /// Place and clocks, for a heading: `London, BST`; for a zone that is no place, its name alone.
    #[must_use]
    pub fn heading(&self) -> String {
        if self.city == self.abbreviation { self.city.clone() } else { format!("{}, {}", self.city, self.abbreviation) }
    }
}

/// One zone of the long list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneOption {
    /// Its IANA name, which the form sends.
    pub value: &'static str,
    /// Name and offset: `America/New York, UTC−04:00`.
    pub label: String,
    /// Whether it is the one chosen now.
    pub selected: bool,
}

/// The zones of one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneGroup {
    /// The region: `Europe`.
    pub region: &'static str,
    /// Its zones, by name.
    pub zones: Vec<ZoneOption>,
}

/// Every zone by region with its offset at `at`, the chosen one marked. A chosen zone outside the regions is in the
/// first group, so that the form never loses it.
#[must_use]
pub fn groups(at: Timestamp, chosen: Option<Zone>) -> Vec<ZoneGroup> {
    let option = |zone: Zone| ZoneOption {
        value: zone.name(),
        label: format!("{}, {}", zone.name().replace('_', " "), ZoneWords::at(zone, at).offset),
        selected: chosen == Some(zone),
    };
    let mut groups = vec![ZoneGroup { region: "No region", zones: vec![option(Zone::UTC)] }];
    if let Some(zone) = chosen.filter(|zone| !names().contains(&zone.name())) {
        groups[0].zones.push(option(zone));
    }
    for zone in names().iter().filter_map(|name| name.parse::<Zone>().ok()).filter(|zone| *zone != Zone::UTC) {
        let region = zone.name().split_once('/').map_or("", |(region, _)| region);
        match groups.last_mut() {
            Some(group) if group.region == region => group.zones.push(option(zone)),
            _ => groups.push(ZoneGroup { region, zones: vec![option(zone)] }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn june() -> Timestamp {
        Timestamp::parse_rfc3339("2026-06-18T13:38:05Z").expect("an instant")
    }

    #[test]
    fn a_zone_is_said_as_its_clocks_stand() {
        let words = |zone| {
            let words = ZoneWords::at(zone, june());
            (words.heading(), words.offset)
        };
        assert_eq!(words(chrono_tz::Europe::London), ("London, BST".into(), "UTC+01:00".into()));
        assert_eq!(words(chrono_tz::America::St_Johns), ("St Johns, NDT".into(), "UTC\u{2212}02:30".into()));
        assert_eq!(words(chrono_tz::Asia::Kathmandu), ("Kathmandu, UTC+05:45".into(), "UTC+05:45".into()));
        assert_eq!(words(Zone::UTC), ("UTC".into(), "UTC+00:00".into()));
    }

    #[test]
    fn every_suggested_name_is_a_zone_and_stands_once() {
        let mut seen = std::collections::HashSet::new();
        for name in names() {
            assert!(name.parse::<Zone>().is_ok() && seen.insert(name), "{name}");
        }
        assert!(names().contains(&"Europe/London") && !names().contains(&"US/Pacific"));
    }

    #[test]
    fn the_long_list_has_each_zone_once_and_keeps_an_unusual_choice() {
        let groups = groups(june(), Some(chrono_tz::EST5EDT));
        let zones: Vec<_> = groups.iter().flat_map(|group| &group.zones).collect();
        assert_eq!(zones.len(), names().len() + 1);
        assert_eq!(zones.iter().filter(|zone| zone.selected).count(), 1);
        assert_eq!(groups[0].zones[1].value, "EST5EDT");
        assert!(zones.iter().any(|zone| zone.label == "America/New York, UTC\u{2212}04:00"));
    }
}
