//! Chips: each filter in force in words, with the link that takes it off.

use super::Reader;
use crate::{
    core::{form::FieldErrors, words},
    logs::{
        filter::{ListQuery, Part, Preset, Who},
        form::FilterForm,
        link, summary,
    },
};

/// A filter in force, and the link that takes it off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// What it is about.
    pub label: String,
    /// How it is meant.
    pub verb: String,
    /// The value, as typed or recorded.
    pub value: Option<String>,
    /// The list without it.
    pub href: String,
    /// Whether it could not be read.
    pub bad: bool,
    /// Whether the keyboard goes on here, after the chip before it was taken off.
    pub focus: bool,
}

/// The chips of a query that could be read. `focus` is the one the keyboard goes on from.
#[must_use]
pub fn in_force(query: &ListQuery, reader: &Reader, focus: Option<usize>) -> Vec<Chip> {
    let parts = query.filter.parts();
    let last = parts.len().saturating_sub(1);
    let chip = |(at, part): (usize, &Part)| {
        let words = summary::part(&query.filter, part, reader.zone, reader.now);
        Chip {
            label: words.label,
            verb: words.verb,
            value: words.value,
            href: link::list(&query.narrowed(query.filter.without(part)), reader.zone),
            bad: false,
            focus: focus.map(|focus| focus.min(last)) == Some(at),
        }
    };
    parts.iter().enumerate().map(chip).collect()
}

/// The chips of what was typed, where it could not be read: the bad ones are red, and each can be taken off.
#[must_use]
pub fn typed(form: &FilterForm, errors: &FieldErrors) -> Vec<Chip> {
    let named = |name: &str| {
        Some(match name {
            "range" => "Time".to_owned(),
            "from" => "From".to_owned(),
            "to" => "To".to_owned(),
            "q" => "Text".to_owned(),
            "status" => "Status".to_owned(),
            "action_type" => "Action".to_owned(),
            "area" => "Area".to_owned(),
            "member" => "Member".to_owned(),
            "booking" => "Booking".to_owned(),
            "ip" => "IP".to_owned(),
            "user_agent" => "User agent".to_owned(),
            "tz" => "Time zone".to_owned(),
            "limit" => "On a page".to_owned(),
            "before" | "after" => "Place in the list".to_owned(),
            name => format!("Extra {}", name.strip_prefix("extra.").filter(|key| !key.is_empty())?),
        })
    };
    let pairs: Vec<(&str, &str)> = form.pairs().collect();
    let uses_custom = matches!(form.value("range"), "" | "custom");
    let counts = |name: &str, value: &str| match name {
        // That it is custom says nothing; its ends do.
        "range" => value != "custom",
        "from" | "to" => uses_custom,
        // Neither is a filter.
        "limit" | "before" | "after" => errors.get(name).is_some(),
        _ => true,
    };
    let shown = pairs.iter().enumerate().filter(|(_, (name, value))| counts(name, value));
    shown
        .filter_map(|(at, (name, value))| {
            let others = pairs.iter().enumerate().filter(|&(other, _)| other != at).map(|(_, pair)| *pair);
            let (verb, value) = typed_words(name, value);
            Some(Chip {
                label: named(name)?,
                verb,
                value,
                href: format!("/logs?{}", crate::core::query_string::write(others)),
                bad: errors.get(name).is_some(),
                focus: false,
            })
        })
        .collect()
}

/// How a parameter is meant, and its value as typed: a range that is known by its words says it all.
#[must_use]
pub fn typed_words(name: &str, value: &str) -> (String, Option<String>) {
    let known = match (name, value) {
        ("range", "all") => Some("all time"),
        ("range", _) => Preset::ALL.into_iter().find(|preset| preset.as_str() == value).map(Preset::words),
        _ => None,
    };
    match known {
        Some(words) => (words.to_owned(), None),
        None => (String::new(), Some(value.to_owned())),
    }
}

/// A chosen member in words for the empty state.
#[must_use]
pub fn who_words(who: &Who) -> String {
    match who {
        Who::Member(id) => words::short_id(*id),
        Who::Email(email) => email.clone(),
        Who::EmailPrefix(prefix) => format!("{prefix}*"),
        Who::Anonymous => "anonymous visitors".to_owned(),
        Who::NoAccount => "people with no account now".to_owned(),
    }
}
