//! A filter in a sentence: the title of a page, the sentence above its list, and the words of its chips.

use chrono::Offset as _;

use super::filter::{Area, Filter, Part, Range, Who};
use crate::core::{
    time::{Timestamp, Zone},
    words,
};

/// A part of a filter in words: `Area` `under` `members/`. Only `value` was written by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartWords {
    /// What it is about.
    pub label: String,
    /// How it is meant: `is`, `is not`, `under`, `has`; may say it all.
    pub verb: String,
    /// The value, as typed or recorded.
    pub value: Option<String>,
}

/// A part of `filter` in words.
#[must_use]
pub fn part(filter: &Filter, part: &Part, zone: Zone, now: Timestamp) -> PartWords {
    let words = |label: &str, verb: &str, value: Option<String>| PartWords {
        label: label.to_owned(),
        verb: verb.to_owned(),
        value,
    };
    let is = |excluded: bool| if excluded { "is not" } else { "is" };
    match part {
        Part::Range => words("Time", &range(filter.range, zone, now), None),
        Part::Who(Who::Anonymous) => words("Member", "is anonymous", None),
        Part::Who(Who::NoAccount) => words("Member", "has no account now", None),
        Part::Who(Who::Member(id)) => words("Member", "is", Some(words::short_id(*id))),
        Part::Who(Who::Email(email)) => words("Member", "is", Some(email.clone())),
        Part::Who(Who::EmailPrefix(prefix)) => words("Member", "begins with", Some(prefix.clone())),
        Part::ActionType(value, excluded) => words("Action", is(*excluded), Some(words::action_name(value))),
        Part::Status(value, excluded) => words("Status", is(*excluded), Some(words::status_name(value))),
        Part::Area(Area::Exactly(area), excluded) => words("Area", is(*excluded), Some(area.clone())),
        Part::Area(Area::Below(top), excluded) => {
            words("Area", if *excluded { "not under" } else { "under" }, Some(format!("{top}/")))
        }
        Part::Search => words("Text", "has", filter.search.as_ref().map(|search| search.typed.clone())),
        Part::Booking => words("Booking", "is", filter.booking.map(words::short_id)),
        Part::Ip => words("IP", "is", filter.ip.map(|block| block.to_string())),
        Part::UserAgent => words("User agent", "has", filter.user_agent.clone()),
        Part::Extra(key, value) => words(&format!("Extra {key}"), "is", Some(value.clone())),
    }
}

/// `last 24 hours`, `all time`, `18 June 2026, 14:00 to 15:00`, `since …`, `before …`.
#[must_use]
pub fn range(range: Range, zone: Zone, now: Timestamp) -> String {
    match range {
        Range::Last(preset) => preset.words().to_owned(),
        Range::All | Range::Between { from: None, to: None } => "all time".to_owned(),
        Range::Between { from: Some(from), to: None } => format!("since {}", moment(from, zone, now)),
        Range::Between { from: None, to: Some(to) } => format!("before {}", moment(to, zone, now)),
        Range::Between { from: Some(from), to: Some(to) } => {
            let (first, last) = (from.in_zone(zone), to.in_zone(zone));
            let same_day = first.date_naive() == last.date_naive();
            let end = if same_day { short_clock(to, zone) } else { moment(to, zone, now) };
            // Where clocks were set between them, a time alone may be read as another.
            let set = first.offset().fix() != last.offset().fix();
            let named = |at| if set { format!(" {}", words::zone_abbreviation(at, zone)) } else { String::new() };
            format!("{}{} to {end}{}", moment(from, zone, now), named(from), named(to))
        }
    }
}

/// `18 June 14:27:11`, with the year where it is not this one.
#[must_use]
pub fn moment(at: Timestamp, zone: Zone, now: Timestamp) -> String {
    format!("{} {}", day(at, zone, now), short_clock(at, zone))
}

/// `3 March`, with the year where it is not this one.
#[must_use]
pub fn day(at: Timestamp, zone: Zone, now: Timestamp) -> String {
    let year = |at: Timestamp| at.in_zone(zone).format("%Y").to_string();
    let date = words::date_short(at, zone);
    if year(at) == year(now) { date.trim_end_matches(&format!(" {}", year(at))).to_owned() } else { date }
}

/// `14:32:07`, without seconds where there are none.
fn short_clock(at: Timestamp, zone: Zone) -> String {
    let clock = words::clock(at, zone, false);
    let whole_minute = at.micros().rem_euclid(60_000_000) == 0;
    if whole_minute { clock[..clock.len() - 3].to_owned() } else { clock }
}

/// A filter in a sentence: “Errors under members/ but not Page visit, last 24 hours”.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// What the list is of, when it is one: `error`.
    pub one: String,
    /// And when it is not: `errors`.
    pub many: String,
    /// Everything after that, with the space or comma before it.
    pub rest: String,
}

impl Sentence {
    /// The sentence by itself, without a full stop.
    #[must_use]
    pub fn title(&self) -> String {
        let mut letters = self.many.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        format!("{first}{}{}", letters.as_str(), self.rest)
    }
}

/// The whole filter in a sentence.
#[must_use]
pub fn sentence(filter: &Filter, zone: Zone, now: Timestamp) -> Sentence {
    let mut out = String::new();
    let mut not: Vec<String> = Vec::new();
    let mut clause = |text: String| {
        out.push(' ');
        out.push_str(&text);
    };
    if !filter.action_type.any.is_empty() {
        clause(format!("of {}", or(filter.action_type.any.iter().map(|action| words::action_name(action)))));
    }
    if !filter.area.any.is_empty() {
        let place = |area: &Area| match area {
            Area::Exactly(area) => format!("in {area}"),
            Area::Below(top) => format!("under {top}/"),
        };
        clause(or(filter.area.any.iter().map(place)));
    }
    if !filter.who.is_empty() {
        let person = |who: &Who| match who {
            Who::Member(id) => format!("member {}", words::short_id(*id)),
            Who::Email(email) => email.clone(),
            Who::EmailPrefix(prefix) => format!("e-mails that begin with {prefix}"),
            Who::Anonymous => "anonymous visitors".to_owned(),
            Who::NoAccount => "people with no account now".to_owned(),
        };
        clause(format!("by {}", or(filter.who.iter().map(person))));
    }
    if let Some(search) = &filter.search {
        clause(format!("with the text “{}”", search.typed));
    }
    if let Some(id) = filter.booking {
        clause(format!("for booking {}", words::short_id(id)));
    }
    if let Some(block) = &filter.ip {
        clause(format!("from {block}"));
    }
    if let Some(text) = &filter.user_agent {
        clause(format!("with the user agent “{text}”"));
    }
    for extra in &filter.extra {
        clause(format!("where {} is {}", extra.key, or(extra.any.iter().cloned())));
    }
    not.extend(filter.status.none.iter().map(|status| words::status_name(status)));
    not.extend(filter.action_type.none.iter().map(|action| words::action_name(action)));
    not.extend(filter.area.none.iter().map(|area| match area {
        Area::Exactly(area) => area.clone(),
        Area::Below(top) => format!("{top}/"),
    }));
    if !not.is_empty() {
        clause(format!("but not {}", or(not.into_iter())));
    }
    out.push_str(", ");
    out.push_str(&range(filter.range, zone, now));
    let (one, many) = noun(filter);
    Sentence { one, many, rest: out }
}

/// What the list is of: one, and many.
fn noun(filter: &Filter) -> (String, String) {
    let one = |status: &String| match status.as_str() {
        "success" | "warning" | "error" => status.clone(),
        other => format!("entry of status {other}"),
    };
    let many = |status: &String| match status.as_str() {
        "success" => "successes".to_owned(),
        "warning" | "error" => format!("{status}s"),
        other => format!("entries of status {other}"),
    };
    match filter.status.any.as_slice() {
        [] => ("entry".to_owned(), "entries".to_owned()),
        any => (or(any.iter().map(one)), words::list(&any.iter().map(many).collect::<Vec<_>>())),
    }
}

/// `A`, `A or B`, `A, B or C`.
#[must_use]
pub fn or(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    match items.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        core::role::Role,
        logs::form::{Asker, FilterForm, Surface},
    };

    fn of(query: &str) -> String {
        let zone = chrono_tz::Europe::London;
        let now = Timestamp::parse_rfc3339("2026-06-18T13:38:05Z").expect("an instant");
        let asker = Asker { zone, role: Role::Admin, surface: Surface::Page };
        sentence(&FilterForm::new(query).parse(asker).expect("a filter").filter, zone, now).title()
    }

    #[test]
    fn a_filter_reads_as_a_sentence() {
        for (query, sentence) in [
            ("", "Entries, last 24 hours"),
            ("status=error", "Errors, last 24 hours"),
            ("range=7d&status=error&status=warning", "Errors and warnings, last 7 days"),
            (
                "range=24h&area=members/*&action_type=!message_read",
                "Entries under members/ but not Message read, last 24 hours",
            ),
            ("member=Jo@Example.com&status=error", "Errors by jo@example.com, all time"),
            ("member=none&q=refund", "Entries by anonymous visitors with the text “refund”, all time"),
            (
                "from=2026-06-18T14:00&to=2026-06-18T15:00:30&action_type=login&action_type=logout",
                "Entries of Sign-in or Sign-out, 18 June 14:00 to 15:00:30",
            ),
            ("from=2025-12-31", "Entries, since 31 December 2025 00:00"),
            (
                "from=2025-10-26T01:50:00%2B01:00&to=2025-10-26T01:00:00Z",
                "Entries, 26 October 2025 01:50 BST to 01:00 GMT",
            ),
            ("from=2026-03-28&to=2026-03-29", "Entries, 28 March 00:00 GMT to 30 March 00:00 BST"),
            ("from=2026-06-01&to=2026-06-01", "Entries, 1 June 00:00 to 2 June 00:00"),
        ] {
            assert_eq!(of(query), sentence, "{query}");
        }
    }
}
