//! The controls of the list: chips, facets, fields and the range, all from the query in force or from what was typed.

use super::{
    Reader, chips,
    facets::{self, Facet},
};
use crate::{
    core::{
        form::FieldErrors,
        query_string,
        time::{Edge, Timestamp, local_instant},
    },
    logs::{
        filter::{Filter, LIMITS, ListQuery, Preset, Range, Who},
        form::{FilterForm, read_instant},
        vocabulary::Values,
    },
};

/// A field as it was typed, and why it could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    /// What stands in it.
    pub value: String,
    /// The message under it.
    pub error: Option<String>,
}

/// A field of the custom range. Where its value cannot be a local time, it is plain text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeField {
    /// What stands in it, and why it could not be read.
    pub field: Field,
    /// `datetime-local`, or `text`.
    pub kind: &'static str,
}

/// A key of `extra` that filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraField {
    /// The key.
    pub key: String,
    /// The name of the parameter.
    pub name: String,
    /// The id of its input.
    pub id: String,
    /// One of its values.
    pub field: Field,
}

/// One of the seven ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeChoice {
    /// The value that the radio button sends.
    pub value: &'static str,
    /// What stands on it.
    pub name: &'static str,
    /// What it says in full.
    pub label: &'static str,
    /// Whether it is chosen.
    pub checked: bool,
    /// Whether it searches at once.
    pub now: bool,
}

/// What a list is narrowed in time by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeFields {
    /// The seven ranges.
    pub choices: Vec<RangeChoice>,
    /// Why the range could not be read.
    pub error: Option<String>,
    /// The beginning of the custom range.
    pub from: TimeField,
    /// Its end.
    pub to: TimeField,
    /// A link that swaps them, where they are the wrong way round.
    pub swap: Option<String>,
    /// Whose clocks the two are on.
    pub zone: String,
}

impl RangeFields {
    /// As typed for the list at `path`; `range` is the one in force, where that could be read.
    #[must_use]
    pub fn of(form: &FilterForm, errors: &FieldErrors, range: Option<Range>, path: &str, reader: &Reader) -> Self {
        Self {
            choices: choices(form, range),
            error: errors.get("range").map(str::to_owned),
            from: time_field(form, errors, "from", reader),
            to: time_field(form, errors, "to", reader),
            swap: are_swapped(form, reader).then(|| swapped(form, path)),
            zone: reader.city(),
        }
    }
}

/// What the fields of a custom range begin as: the range that is shown, on the reader's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// The beginning; nothing where it has none.
    pub from: String,
    /// The end: the whole minute after the list was made.
    pub to: String,
}

impl Beginning {
    /// That of a range as of an instant; none of a custom one, whose fields hold it.
    #[must_use]
    pub fn of(range: Range, as_of: Timestamp, reader: &Reader) -> Option<Self> {
        let local = |at: Timestamp| at.in_zone(reader.zone).format("%Y-%m-%dT%H:%M").to_string();
        let to = local(as_of.plus(chrono::Duration::minutes(1)));
        match range {
            Range::Last(preset) => Some(Self { from: local(as_of.plus(-preset.span())), to }),
            Range::All => Some(Self { from: String::new(), to }),
            Range::Between { .. } => None,
        }
    }
}

/// Everything that the filter form shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controls {
    /// Status, action and area.
    pub facets: Vec<Facet>,
    /// Every area as the parameter means it, to choose from while typing.
    pub areas: Vec<String>,
    /// `11 more areas.`, where not all are choices of the facet.
    pub more_areas: Option<String>,
    /// The search.
    pub q: Field,
    /// The time.
    pub range: RangeFields,
    /// Another area; empty where what was sent could be read, and so is a choice of the facet.
    pub area: Field,
    /// One member: e-mail or id.
    pub member: Field,
    /// Which of the four kinds of member is chosen.
    pub who: WhoChoice,
    /// Further members, which only links can add: each a box to untick.
    pub more_members: Vec<MoreMember>,
    /// The booking.
    pub booking: Field,
    /// The address.
    pub ip: Field,
    /// The user agent.
    pub user_agent: Field,
    /// Keys of `extra`.
    pub extra: Vec<ExtraField>,
    /// Whether the less used fields are open.
    pub more_open: bool,
    /// Whether the role may use the address, the user agent and `extra`.
    pub details: bool,
    /// The zone of this request alone.
    pub tz: Option<String>,
    /// Why it could not be read.
    pub tz_error: Option<String>,
    /// How many rows a page may have, and which is chosen.
    pub limits: Vec<(u16, bool)>,
    /// Whether a field in the rail could not be read: the rail is in the page then.
    pub rail_error: bool,
}

/// A member beside the one that has a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoreMember {
    /// The value that its box sends, as typed.
    pub value: String,
    /// Who that is.
    pub name: String,
}

/// The four kinds of member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhoChoice {
    /// Anyone.
    Anyone,
    /// One member.
    One,
    /// Without id and e-mail.
    Anonymous,
    /// An e-mail that nobody has.
    NoAccount,
}

impl WhoChoice {
    /// Whether this is [`Self::Anyone`].
    #[must_use]
    pub fn is_anyone(self) -> bool {
        self == Self::Anyone
    }

    /// Whether this is [`Self::One`].
    #[must_use]
    pub fn is_one(self) -> bool {
        self == Self::One
    }

    /// Whether this is [`Self::Anonymous`].
    #[must_use]
    pub fn is_anonymous(self) -> bool {
        self == Self::Anonymous
    }

    /// Whether this is [`Self::NoAccount`].
    #[must_use]
    pub fn is_no_account(self) -> bool {
        self == Self::NoAccount
    }
}

/// The fields in the rail; a message at one of them keeps the rail in the page on a phone.
const RAIL: [&str; 7] = ["status", "action_type", "area", "member", "booking", "ip", "user_agent"];
impl Controls {
    /// The controls of a query that could be read.
    #[must_use]
    pub fn of(query: &ListQuery, values: &Values, reader: &Reader) -> Self {
        let form = FilterForm::new(&query.query_string(reader.zone));
        Self::build(&form, &FieldErrors::new(), Some(query), values, reader)
    }

    /// The controls of one that could not: everything as it was typed, and a message at each bad field.
    #[must_use]
    pub fn typed(form: &FilterForm, errors: &FieldErrors, values: &Values, reader: &Reader) -> Self {
        Self::build(form, errors, None, values, reader)
    }

    fn build(
        form: &FilterForm,
        errors: &FieldErrors,
        query: Option<&ListQuery>,
        values: &Values,
        reader: &Reader,
    ) -> Self {
        let field =
            |name: &str| Field { value: form.value(name).to_owned(), error: errors.get(name).map(str::to_owned) };
        let base = query.cloned().unwrap_or_else(|| ListQuery::first(Filter::default()));
        let members: Vec<&str> = form.values("member").collect();
        let who = match members.last().copied() {
            None => WhoChoice::Anyone,
            Some("none") => WhoChoice::Anonymous,
            Some("no-account") => WhoChoice::NoAccount,
            Some(_) => WhoChoice::One,
        };
        let member = Field {
            value: if who.is_one() { form.value("member").to_owned() } else { String::new() },
            error: errors.get("member").map(str::to_owned),
        };
        let extra = extra_fields(form, errors);
        let more = ["booking", "ip", "user_agent"];
        let facets = facets::of(form, errors, &base, values, reader);
        let areas: Vec<String> = facets::areas(values).collect();
        let is_choice = |area: &&String| {
            facets.iter().any(|facet| facet.name == "area" && facet.options.iter().any(|option| option.plain == **area))
        };
        Self {
            more_areas: facets::more_areas(areas.iter().filter(|area| !is_choice(area)).count(), &areas),
            facets,
            areas,
            q: field("q"),
            range: RangeFields::of(form, errors, query.map(|query| query.filter.range), "/logs", reader),
            area: Field {
                value: form.choices("area", false).last().unwrap_or_default().to_owned(),
                error: errors.get("area").map(str::to_owned),
            },
            member,
            who,
            more_members: members
                .split_last()
                .map(|(_, rest)| rest)
                .unwrap_or_default()
                .iter()
                .map(more_member)
                .collect(),
            booking: field("booking"),
            ip: field("ip"),
            user_agent: field("user_agent"),
            more_open: !extra.is_empty() || more.iter().any(|name| !form.value(name).is_empty()),
            extra,
            details: reader.role.sees_details(),
            tz: Some(form.value("tz")).filter(|tz| !tz.is_empty()).map(str::to_owned),
            tz_error: errors.get("tz").map(str::to_owned),
            limits: LIMITS.map(|limit| (limit, limit == base.limit)).to_vec(),
            rail_error: errors.iter().any(|(name, _)| RAIL.contains(&name) || name.starts_with("extra.")),
        }
    }
}

fn more_member(value: &&str) -> MoreMember {
    let name = match *value {
        "none" => chips::who_words(&Who::Anonymous),
        "no-account" => chips::who_words(&Who::NoAccount),
        typed => typed.to_owned(),
    };
    MoreMember { value: (*value).to_owned(), name }
}

/// The seven ranges, the one in force chosen, or what was typed where that could not be read.
fn choices(form: &FilterForm, range: Option<Range>) -> Vec<RangeChoice> {
    let chosen = match range {
        Some(Range::Last(preset)) => preset.as_str(),
        Some(Range::All) => "all",
        Some(Range::Between { .. }) => "custom",
        None if form.value("range").is_empty() => {
            if form.value("from").is_empty() && form.value("to").is_empty() {
                "24h"
            } else {
                "custom"
            }
        }
        None => form.value("range"),
    };
    let choice =
        |value, name, label| RangeChoice { value, name, label, checked: value == chosen, now: value != "custom" };
    vec![
        choice(Preset::Hour.as_str(), "1 h", "Last hour"),
        choice(Preset::Day.as_str(), "24 h", "Last 24 hours"),
        choice(Preset::Week.as_str(), "7 d", "Last 7 days"),
        choice(Preset::Month.as_str(), "30 d", "Last 30 days"),
        choice(Preset::Quarter.as_str(), "90 d", "Last 90 days"),
        choice("all", "All", "All time"),
        choice("custom", "Custom", "Custom range"),
    ]
}

/// A field of the custom range. An instant becomes a local time, unless that would mean another instant: of an hour
/// that happens twice a local time means only one.
fn time_field(form: &FilterForm, errors: &FieldErrors, name: &str, reader: &Reader) -> TimeField {
    let typed = form.value(name).trim();
    let error = errors.get(name).map(str::to_owned);
    let edge = if name == "from" { Edge::From } else { Edge::To };
    let local = |at: Timestamp| {
        let local = at.in_zone(reader.zone).naive_local();
        let whole_second = at.micros().rem_euclid(1_000_000) == 0;
        (whole_second && local_instant(local, reader.zone, edge) == at)
            .then(|| local.format("%Y-%m-%dT%H:%M:%S").to_string())
    };
    let value = match Timestamp::parse_rfc3339(typed) {
        Some(at) => local(at),
        None if typed.is_empty() => Some(String::new()),
        // Beside its message a date alone stands as typed: the time that it means may be of another day.
        None if error.is_some() && !typed.contains('T') => None,
        None => read_instant(typed, reader.zone, edge).ok().and_then(local),
    };
    match value {
        Some(value) => TimeField { field: Field { value, error }, kind: "datetime-local" },
        None => TimeField { field: Field { value: typed.to_owned(), error }, kind: "text" },
    }
}

/// Whether the two ends are typed the wrong way round, and mean a range the other way.
fn are_swapped(form: &FilterForm, reader: &Reader) -> bool {
    let read = |name: &str, edge| read_instant(form.value(name).trim(), reader.zone, edge).ok();
    let is_range = |from: &str, to: &str| Some(read(from, Edge::From)? < read(to, Edge::To)?);
    matches!(form.value("range"), "" | "custom")
        && is_range("from", "to") == Some(false)
        && is_range("to", "from") == Some(true)
}

/// The list at `path` as typed, with “from” and “to” the other way round.
fn swapped(form: &FilterForm, path: &str) -> String {
    let pairs = form.pairs().map(|(name, value)| {
        let name = match name {
            "from" => "to",
            "to" => "from",
            name => name,
        };
        (name, value)
    });
    format!("{path}?{}", query_string::write(pairs))
}

fn extra_fields(form: &FilterForm, errors: &FieldErrors) -> Vec<ExtraField> {
    let mut keys: Vec<&str> = Vec::new();
    for key in form.extra_keys() {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let mut out = Vec::new();
    for key in keys {
        let name = format!("extra.{key}");
        for value in form.values(&name) {
            let error = errors.get(&name).map(str::to_owned);
            out.push(ExtraField {
                key: key.to_owned(),
                id: format!("f-extra-{}", out.len()),
                name: name.clone(),
                field: Field { value: value.to_owned(), error },
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::role::Role;

    #[test]
    fn a_custom_range_begins_as_the_one_that_is_shown_also_where_clocks_were_set() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).expect("an instant");
        let reader = Reader { zone: chrono_tz::Europe::London, role: Role::Viewer, now: at("2026-11-01T00:00:00Z") };
        let of = |range, as_of: &str| {
            Beginning::of(range, at(as_of), &reader).map(|beginning| (beginning.from, beginning.to))
        };
        let day = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        let last = Range::Last(Preset::Day);
        assert_eq!(of(last, "2026-06-18T13:38:05Z"), day("2026-06-17T14:38", "2026-06-18T14:39"));
        assert_eq!(of(last, "2026-10-25T09:00:00Z"), day("2026-10-24T10:00", "2026-10-25T09:01"));
        assert_eq!(of(Range::All, "2026-10-25T09:00:00Z"), day("", "2026-10-25T09:01"));
        assert_eq!(of(Range::Between { from: None, to: None }, "2026-10-25T09:00:00Z"), None);
    }
}
