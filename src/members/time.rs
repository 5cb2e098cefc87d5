//! “About three o'clock, my time”: what was asked for, and what was found, in their zone and the reader's.

use chrono::NaiveDateTime;

use super::pages::TimeForm;
use crate::{
    core::{
        time::{Timestamp, Zone},
        words,
    },
    logs::{
        form::FilterForm,
        story::{meant::Meant, store::Nearest},
        view::Reader,
    },
    web::zones::ZoneWords,
};

/// The kind of a field for a local time.
const LOCAL: &str = "datetime-local";

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The time as typed.
    at: String,
    /// The zone as typed.
    tz: String,
    /// What it may mean; none where none was asked for or it cannot be read.
    pub meant: Option<Meant>,
    /// The zone it was read in.
    zone: Zone,
    at_error: Option<String>,
    tz_error: Option<String>,
}

impl Asked {
    /// Reads `at` and `tz`.
    #[must_use]
    pub fn read(form: &FilterForm, zone: Zone) -> Self {
        let (at, tz) = (form.value("at").trim().to_owned(), form.value("tz").trim().to_owned());
        let tz_error = (!tz.is_empty() && tz.parse::<Zone>().is_err())
            .then(|| format!("“{tz}” is not a time zone. Write it like Europe/London."));
        let read = (!at.is_empty()).then(|| Meant::read(&at, zone));
        let at_error = match &read {
            Some(Err(why)) => Some(format!("“{at}” is not a date and time{why}. Write it like 2026-06-30T15:00.")),
            _ => None,
        };
        let meant = read.and_then(Result::ok).filter(|_| tz_error.is_none());
        Self { at, tz, meant, zone, at_error, tz_error }
    }

    /// Whether something that was typed cannot be read.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        self.at_error.is_some() || self.tz_error.is_some()
    }

    /// The time as its field takes it, and which kind of field that is: one for a local time (of an instant, the time on the
    /// clock there), or, for what none can hold, one with what was typed.
    fn shown(&self) -> (String, &'static str) {
        let typed = self.at.replace(' ', "T");
        let forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
        let local = match self.meant {
            Some(Meant::Once(at)) if at.micros().rem_euclid(1_000_000) == 0 => {
                Some(at.in_zone(self.zone).naive_local())
            }
            // One that comes twice or never is still the time that was meant.
            _ => forms.iter().find_map(|form| NaiveDateTime::parse_from_str(&typed, form).ok()),
        };
        match local {
            Some(local) => (local.format("%Y-%m-%dT%H:%M:%S").to_string(), LOCAL),
            None if self.at.is_empty() => (String::new(), LOCAL),
            None => (self.at.clone(), "text"),
        }
    }

    /// The form as it stands on the page. `said` is the zone that an entry of theirs says, and when it did.
    #[must_use]
    pub fn form(
        &self,
        said: Option<(Zone, Timestamp)>,
        site: Zone,
        reader: &Reader,
        found: Option<String>,
    ) -> TimeForm {
        let (tz, tz_hint) = match (said, self.meant) {
            _ if !self.tz.is_empty() => (self.tz.clone(), String::new()),
            // What was read is shown as it was read, whatever may be guessed.
            (_, Some(_)) => (self.zone.name().to_owned(), "No zone was given, so it was read in yours.".to_owned()),
            (Some((zone, at)), None) => {
                (zone.name().to_owned(), format!("An entry of theirs names this zone: {}.", reader.day_and_clock(at)))
            }
            (None, None) => (site.name().to_owned(), "Read in the site’s zone.".to_owned()),
        };
        let (at, kind) = self.shown();
        TimeForm {
            at,
            kind,
            at_error: self.at_error.clone(),
            tz,
            tz_error: self.tz_error.clone(),
            tz_hint,
            found,
            ..TimeForm::default()
        }
    }
}

/// What was found, in sentences: the time in both zones, what the clocks did, and how far away the nearest entry is.
#[must_use]
pub fn found(meant: Meant, nearest: &Nearest, reader: &Reader, usual: Zone) -> String {
    let zone = reader.zone;
    let there = ZoneWords::at(zone, meant.instants().next().unwrap_or(reader.now)).city;
    let mut said = match meant {
        Meant::Once(at) => format!("{}.", both(at, zone, usual)),
        Meant::Twice(first, second) => format!(
            "The clocks in {there} were set back then, so this time came twice: {}, and {}.",
            both(first, zone, usual),
            both(second, zone, usual)
        ),
        Meant::Never(at) => format!(
            "The clocks in {there} were set forward over this time, so it never came. They were set at {}.",
            both(at, zone, usual)
        ),
    };
    match &nearest.moment {
        None if nearest.stopped => {}
        None => said.push_str(" No entry is recorded."),
        Some(moment) => {
            let at = meant.instants().min_by_key(|at| at.micros().abs_diff(moment.timestamp.micros()));
            let at = at.unwrap_or(moment.timestamp);
            let away = words::span(moment.timestamp.since(at));
            let how = match moment.timestamp.cmp(&at) {
                std::cmp::Ordering::Less => format!("{away} before"),
                std::cmp::Ordering::Equal => "at that very time".to_owned(),
                std::cmp::Ordering::Greater => format!("{away} after"),
            };
            said = format!("{said} The nearest entry lies {how}: {}.", both(moment.timestamp, zone, usual));
        }
    }
    if nearest.stopped {
        said.push_str(" There may be a nearer one; there was no time to look further.");
    }
    said
}

/// `15:00:00 CEST on 18 June 2026 in Berlin is 14:00:00 BST in London`; of one zone, once.
fn both(at: Timestamp, zone: Zone, usual: Zone) -> String {
    // UTC is its own place.
    let place = |zone: Zone| match ZoneWords::at(zone, at) {
        words if words.city == words.abbreviation => String::new(),
        words => format!(" in {}", words.city),
    };
    let date = words::date_short(at, zone);
    let said = format!("{} on {date}{}", on_clock(at, zone), place(zone));
    if zone == usual {
        return said;
    }
    let day = words::date_short(at, usual);
    let day = if day == date { String::new() } else { format!(" on {day}") };
    format!("{said} is {}{day}{}", on_clock(at, usual), place(usual))
}

/// `15:00:00 CEST`.
fn on_clock(at: Timestamp, zone: Zone) -> String {
    format!("{} {}", words::clock(at, zone, false), words::zone_abbreviation(at, zone))
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America::New_York, Europe::Berlin, Europe::London};

    use super::*;
    use crate::core::role::Role;

    fn told(at: &str, zone: Zone, usual: Zone) -> String {
        let now = Timestamp::parse_rfc3339("2026-12-01T12:00:00Z").expect("an instant");
        found(
            Meant::read(at, zone).expect("a time"),
            &Nearest::default(),
            &Reader { zone, role: Role::Support, now },
            usual,
        )
    }

    #[test]
    fn what_looking_did_not_come_to_is_not_said_to_be_missing() {
        let now = Timestamp::parse_rfc3339("2026-12-01T12:00:00Z").expect("an instant");
        let reader = Reader { zone: Zone::UTC, role: Role::Support, now };
        let nearest = Nearest { moment: None, stopped: true };
        let said = found(Meant::read("2026-06-18T15:00", Zone::UTC).expect("a time"), &nearest, &reader, Zone::UTC);
        assert_eq!(said, "15:00:00 UTC on 18 June 2026. There may be a nearer one; there was no time to look further.");
    }

    #[test]
    fn a_time_comes_back_in_a_field_that_can_hold_it() {
        let shown = |typed: &str| {
            let query = format!("at={}", crate::core::query_string::escape(typed));
            Asked::read(&FilterForm::new(&query), London).shown()
        };
        for (typed, value) in [
            ("", ""),
            ("2026-06-18T15:00", "2026-06-18T15:00:00"),
            ("2026-06-18 15:00:30", "2026-06-18T15:00:30"),
            ("2026-06-18T13:00:00Z", "2026-06-18T14:00:00"),
            ("2026-06-18", "2026-06-18T00:00:00"),
            ("2026-10-25 01:30", "2026-10-25T01:30:00"),
            ("2026-03-29T01:30", "2026-03-29T01:30:00"),
        ] {
            assert_eq!(shown(typed), (value.to_owned(), LOCAL), "{typed}");
        }
        for typed in ["three o'clock", "15:00", "2026-02-30T15:00", "2026-06-18T13:00:00.5Z"] {
            assert_eq!(shown(typed), (typed.to_owned(), "text"), "{typed}");
        }
    }

    #[test]
    fn a_time_is_said_in_both_zones_and_what_clocks_did() {
        assert_eq!(
            told("2026-06-18T15:00", Berlin, London),
            "15:00:00 CEST on 18 June 2026 in Berlin is 14:00:00 BST in London. No entry is recorded."
        );
        assert_eq!(
            told("2026-06-18T15:00", Berlin, Zone::UTC),
            "15:00:00 CEST on 18 June 2026 in Berlin is 13:00:00 UTC. No entry is recorded."
        );
        assert_eq!(
            told("2026-06-18T22:30", New_York, London),
            "22:30:00 EDT on 18 June 2026 in New York is 03:30:00 BST on 19 June 2026 in London. No entry is recorded."
        );
        assert_eq!(
            told("2026-10-25T01:30", London, London),
            "The clocks in London were set back then, so this time came twice: 01:30:00 BST on 25 October 2026 in London, \
             and 01:30:00 GMT on 25 October 2026 in London. No entry is recorded."
        );
        assert_eq!(
            told("2026-03-29T01:30", London, London),
            "The clocks in London were set forward over this time, so it never came. They were set at 02:00:00 BST on 29 \
             March 2026 in London. No entry is recorded."
        );
    }
}
