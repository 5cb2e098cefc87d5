//! “About three o'clock, my time”: what was asked for, and what was found, in their zone and the reader's.

use super::pages::TimeForm;
use crate::{
    core::{
        time::{Timestamp, Zone},
        words,
    },
    logs::{
        form::FilterForm,
        story::{Moment, meant::Meant},
        view::Reader,
    },
    web::zones::ZoneWords,
};

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The time as typed.
    at: String,
    /// The zone as typed.
    tz: String,
    /// What it may mean; none where none was asked for or it cannot be read.
    pub meant: Option<Meant>,
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
        Self { at, tz, meant, at_error, tz_error }
    }

    /// Whether something that was typed cannot be read.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        self.at_error.is_some() || self.tz_error.is_some()
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
        let (guess, hint) = match said {
            Some((zone, at)) => (zone, format!("An entry of theirs names this zone: {}.", reader.day_and_clock(at))),
            None => (site, "No entry says their zone; this is the site’s.".to_owned()),
        };
        let typed = !self.tz.is_empty();
        TimeForm {
            at: self.at.clone(),
            at_error: self.at_error.clone(),
            tz: if typed { self.tz.clone() } else { guess.name().to_owned() },
            tz_error: self.tz_error.clone(),
            tz_hint: if typed { String::new() } else { hint },
            found,
            ..TimeForm::default()
        }
    }
}

/// What was found, in sentences: the time in both zones, what the clocks did, and how far away the nearest entry is.
#[must_use]
pub fn found(meant: Meant, nearest: Option<&Moment>, reader: &Reader, usual: Zone) -> String {
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
    match nearest {
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
            said = format!("{said} The nearest entry is of {}, {how}.", on_clock(moment.timestamp, zone));
        }
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
        found(Meant::read(at, zone).expect("a time"), None, &Reader { zone, role: Role::Support, now }, usual)
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
