//! The controls of the list: chips, facets, fields and the range, all from the query in force or from what was typed.

use super::{Reader, row::Status};
use crate::{
    core::{
        form::FieldErrors,
        query_string,
        time::{Edge, Timestamp, local_instant},
        words,
    },
    logs::{
        filter::{Area, Choice, Filter, LIMITS, ListQuery, Part, Preset, Range, Who},
        form::FilterForm,
        link,
        store::Values,
        summary,
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

/// A choice of a facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetOption {
    /// The value that the checkbox sends.
    pub value: String,
    /// The id of the checkbox.
    pub id: String,
    /// The word beside it.
    pub name: String,
    /// The status that it is, for its icon.
    pub status: Option<Status>,
    /// Whether it is chosen, or excluded.
    pub checked: bool,
    /// Whether it is excluded.
    pub excluded: bool,
    /// The list without entries of this value.
    pub not: String,
}

/// The choices of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// The id of the fieldset.
    pub id: &'static str,
    /// The parameter.
    pub name: &'static str,
    /// The legend.
    pub legend: &'static str,
    /// What stands below the choices.
    pub hint: Option<&'static str>,
    /// The choices.
    pub options: Vec<FacetOption>,
}

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

/// Everything that the filter form shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controls {
    /// Status, action and area.
    pub facets: Vec<Facet>,
    /// Every area, to choose from while typing.
    pub areas: Vec<String>,
    /// The search.
    pub q: Field,
    /// The seven ranges.
    pub ranges: Vec<RangeChoice>,
    /// Why the range could not be read.
    pub range_error: Option<String>,
    /// The beginning of the custom range.
    pub from: TimeField,
    /// Its end.
    pub to: TimeField,
    /// A link that swaps them, where they are the wrong way round.
    pub swap: Option<String>,
    /// The zone of the two.
    pub zone: String,
    /// Another area; empty, as what was sent is a choice of the facet.
    pub area: Field,
    /// One member: e-mail or id.
    pub member: Field,
    /// Which of the four kinds of member is chosen.
    pub who: WhoChoice,
    /// Further members, which only links can add: kept while the form is used.
    pub more_members: Vec<String>,
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
/// How many areas the facet shows besides the chosen ones.
const AREAS: usize = 10;
/// Actions in the order in which most logs hold them; others follow.
const ACTIONS: [&str; 11] = [
    "page_visit",
    "login",
    "logout",
    "booking_created",
    "booking_cancelled",
    "message_read",
    "profile_updated",
    "onboarding_updated",
    "contract_signed",
    "account_claimed",
    "error",
];

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
        let (from, to) = (time_field(form, errors, "from", reader), time_field(form, errors, "to", reader));
        Self {
            facets: facets(form, errors, &base, values, reader),
            areas: values.areas.clone(),
            q: field("q"),
            ranges: ranges(form, query),
            range_error: errors.get("range").map(str::to_owned),
            swap: errors.get("to").filter(|why| why.contains("not after")).map(|_| swapped(form)),
            zone: reader.zone_at(reader.now),
            area: Field { value: String::new(), error: errors.get("area").map(str::to_owned) },
            member,
            who,
            more_members: members
                .split_last()
                .map(|(_, rest)| rest)
                .unwrap_or_default()
                .iter()
                .map(|m| (*m).to_owned())
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
            from,
            to,
        }
    }
}

fn ranges(form: &FilterForm, query: Option<&ListQuery>) -> Vec<RangeChoice> {
    let chosen = match query.map(|query| query.filter.range) {
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
        None => super::super::form::read_instant(typed, reader.zone, edge).ok().and_then(local),
    };
    match value {
        Some(value) => TimeField { field: Field { value, error }, kind: "datetime-local" },
        None => TimeField { field: Field { value: typed.to_owned(), error }, kind: "text" },
    }
}

/// The list as typed, with “from” and “to” the other way round.
fn swapped(form: &FilterForm) -> String {
    let pairs = form.pairs().map(|(name, value)| {
        let name = match name {
            "from" => "to",
            "to" => "from",
            name => name,
        };
        (name, value)
    });
    format!("/logs?{}", query_string::write(pairs))
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

fn facets(form: &FilterForm, errors: &FieldErrors, base: &ListQuery, values: &Values, reader: &Reader) -> Vec<Facet> {
    // Where the query could not be read, its choices are still as typed.
    let typed = |name: &str| {
        let mut choice = Choice::default();
        for value in form.values(name) {
            match value.strip_prefix('!') {
                Some(value) => choice.add(value.to_owned(), true),
                None => choice.add(value.strip_prefix('\\').unwrap_or(value).to_owned(), false),
            }
        }
        choice
    };
    let (status, action, area) = if errors.is_empty() {
        let area = &base.filter.area;
        let shown = |areas: &[Area]| areas.iter().map(Area::show).collect();
        let area = Choice { any: shown(&area.any), none: shown(&area.none) };
        (base.filter.status.clone(), base.filter.action_type.clone(), area)
    } else {
        (typed("status"), typed("action_type"), typed("area"))
    };
    let not = |change: &dyn Fn(&mut Filter)| {
        let mut filter = base.filter.clone();
        change(&mut filter);
        link::list(&base.narrowed(filter), reader.zone)
    };

    let statuses = with_chosen(in_order(&["success", "warning", "error"], &values.statuses, true), &status);
    let actions = with_chosen(in_order(&ACTIONS, &values.action_types, false), &action);
    let first_areas: Vec<String> = values.areas.iter().take(AREAS).cloned().collect();
    let areas = with_chosen(first_areas, &area);

    vec![
        Facet {
            id: "facet-status",
            name: "status",
            legend: "Status",
            hint: Some("Warning: worked, but something was off."),
            options: options(
                "status",
                statuses,
                &status,
                |value| words::status_name(value),
                |value| not(&|filter| filter.status.add(value.to_owned(), true)),
            ),
        },
        Facet {
            id: "facet-action",
            name: "action_type",
            legend: "Action",
            hint: None,
            options: options(
                "action_type",
                actions,
                &action,
                |value| words::action_name(value),
                |value| not(&|filter| filter.action_type.add(value.to_owned(), true)),
            ),
        },
        Facet {
            id: "facet-area",
            name: "area",
            legend: "Area",
            hint: None,
            options: options("area", areas, &area, str::to_owned, |value| {
                not(&|filter| filter.area.add(Area::parse(value), true))
            }),
        },
    ]
}

fn options(
    name: &'static str,
    values: Vec<String>,
    choice: &Choice<String>,
    word: impl Fn(&str) -> String,
    not: impl Fn(&str) -> String,
) -> Vec<FacetOption> {
    let option = |value: String| {
        let excluded = choice.none.contains(&value);
        let literal = value.trim_start_matches('\\').starts_with('!');
        FacetOption {
            // By its value, so that the keyboard finds it again after a swap, wherever it stands then.
            id: format!("f-{name}--{}", query_string::escape(&value)),
            name: word(&value),
            status: (name == "status").then(|| Status::new(&value)),
            checked: excluded || choice.any.contains(&value),
            excluded,
            not: not(&value),
            value: match (excluded, literal) {
                (true, _) => format!("!{value}"),
                (false, true) => format!("\\{value}"),
                (false, false) => value,
            },
        }
    };
    values.into_iter().map(option).collect()
}

/// Known values first, in their own order; `always` also those that the log does not hold.
fn in_order(known: &[&str], held: &[String], always: bool) -> Vec<String> {
    let first = known.iter().filter(|value| always || held.iter().any(|had| had == *value)).map(|v| (*v).to_owned());
    let rest = held.iter().filter(|value| !known.contains(&value.as_str())).cloned();
    first.chain(rest).collect()
}

/// The values and, after them, chosen ones that are not among them. None moves when it is chosen.
fn with_chosen(mut values: Vec<String>, choice: &Choice<String>) -> Vec<String> {
    for value in choice.any.iter().chain(&choice.none) {
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
    values
}

/// The chips of a query that could be read. `focus` is the one the keyboard goes on from.
#[must_use]
pub fn chips(query: &ListQuery, reader: &Reader, focus: Option<usize>) -> Vec<Chip> {
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
pub fn typed_chips(form: &FilterForm, errors: &FieldErrors) -> Vec<Chip> {
    let named = |name: &str| {
        Some(match name {
            "range" => "Range".to_owned(),
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
    let shown = pairs.iter().enumerate().filter(|(_, (name, _))| uses_custom || !matches!(*name, "from" | "to"));
    shown
        .filter_map(|(at, (name, value))| {
            let others = pairs.iter().enumerate().filter(|&(other, _)| other != at).map(|(_, pair)| *pair);
            Some(Chip {
                label: named(name)?,
                verb: String::new(),
                value: Some((*value).to_owned()),
                href: format!("/logs?{}", query_string::write(others)),
                bad: errors.get(name).is_some(),
                focus: false,
            })
        })
        .collect()
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
