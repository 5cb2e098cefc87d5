//! Facets: the values of status, action and area, to choose or to exclude.

use super::{Reader, row::Status};
use crate::{
    core::{form::FieldErrors, secret, words},
    logs::{
        filter::{Area, Choice, Filter, ListQuery},
        form::{self, FilterForm},
        link,
        predicates::BRANCHES,
        vocabulary::Values,
    },
    paging::At,
};

/// A choice of a facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetOption {
    /// The value that the checkbox sends.
    pub value: String,
    /// The same as it is, without what marks it as excluded or literal.
    pub plain: String,
    /// The id of the checkbox.
    pub id: String,
    /// The id of the number beside it. It hangs on the query as well: the overview of another list, which came late,
    /// finds no place for its numbers.
    pub number: String,
    /// The word beside it.
    pub name: String,
    /// The status that it is, for its icon.
    pub status: Option<Status>,
    /// Whether it is chosen, or excluded.
    pub checked: bool,
    /// Whether it is excluded.
    pub excluded: bool,
    /// The list without entries of this value; none where they are excluded already, or it could not be read.
    pub not: Option<String>,
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
    /// Why its values could not be read.
    pub error: Option<String>,
    /// What stands below the choices.
    pub hint: Option<&'static str>,
    /// The choices.
    pub options: Vec<FacetOption>,
}

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

/// The facets of a query, or of what was typed where that could not be read.
pub(super) fn of(
    form: &FilterForm,
    errors: &FieldErrors,
    base: &ListQuery,
    values: &Values,
    reader: &Reader,
) -> Vec<Facet> {
    // Where the query could not be read, its choices are still as typed.
    let typed = |name: &str| {
        let mut choice = Choice::default();
        for value in form.choices(name, true) {
            match form::side(value) {
                (true, value) => choice.none.push(value.to_owned()),
                (false, value) => choice.any.push(value.to_owned()),
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

    let query = base.from(At::Newest).query_string(reader.zone);
    let statuses = with_chosen(in_order(&["success", "warning", "error"], &values.statuses, true), &status);
    // Of more than are read, those that this list knows may be among the others.
    let others = may_be_more(&values.action_types);
    let actions = with_chosen(in_order(&ACTIONS, &values.action_types, others), &action);
    let areas = with_chosen(areas(values).take(AREAS).collect(), &area);

    let error = |name: &str| errors.get(name).map(str::to_owned);
    let mut facets = vec![
        Facet {
            id: "facet-status",
            name: "status",
            legend: "Status",
            error: error("status"),
            hint: Some("Warning: worked, but something was off."),
            options: options("status", &query, statuses, &status, words::status_name, |value| {
                not(&|filter| filter.status.add(value.to_owned(), true))
            }),
        },
        Facet {
            id: "facet-action",
            name: "action_type",
            legend: "Action",
            error: error("action_type"),
            hint: others.then_some("There may be other actions: an entry of one leads to all of them."),
            options: options("action_type", &query, actions, &action, words::action_name, |value| {
                not(&|filter| filter.action_type.add(value.to_owned(), true))
            }),
        },
        Facet {
            id: "facet-area",
            name: "area",
            legend: "Area",
            // It stands beside the field for another area, and so does what was typed.
            error: None,
            hint: None,
            options: options("area", &query, areas, &area, str::to_owned, |value| {
                not(&|filter| filter.area.add(Area::parse(value), true))
            }),
        },
    ];
    // What cannot be a choice stands there as it was typed. Of areas the last one has a field.
    for facet in &mut facets {
        let mut unread: Vec<&str> = form.choices(facet.name, false).collect();
        if facet.name == "area" {
            unread.pop();
        }
        let option = |(at, value): (usize, &str)| FacetOption {
            id: format!("f-{}---{at}", facet.name),
            number: number_id(&query, facet.name, value),
            plain: value.to_owned(),
            name: value.to_owned(),
            value: value.to_owned(),
            status: None,
            checked: true,
            excluded: false,
            not: None,
        };
        let unread: Vec<FacetOption> = unread.into_iter().enumerate().map(option).collect();
        facet.options.extend(unread);
    }
    facets
}

/// The areas that the log holds, each as the parameter means it and nothing below it.
pub(super) fn areas(values: &Values) -> impl Iterator<Item = String> {
    values.areas.iter().map(|area| Area::Exactly(area.clone()).show())
}

/// Whether the log may hold more values than were read of a column.
#[must_use]
pub fn may_be_more(values: &[String]) -> bool {
    values.len() >= BRANCHES
}

/// `11 more areas.`, where there are so many; `all` are those that were read.
#[must_use]
pub fn more_areas(n: usize, all: &[String]) -> Option<String> {
    let said = words::counted(u64::try_from(n).unwrap_or(u64::MAX), "more area", "more areas");
    (n > 0).then(|| if may_be_more(all) { format!("At least {said}.") } else { format!("{said}.") })
}

fn options(
    name: &'static str,
    query: &str,
    values: Vec<String>,
    choice: &Choice<String>,
    word: impl Fn(&str) -> String,
    not: impl Fn(&str) -> String,
) -> Vec<FacetOption> {
    let option = |(value, excluded): (String, bool)| {
        let literal = value.trim_start_matches('\\').starts_with('!');
        let second = if excluded && choice.any.contains(&value) { "--not" } else { "" };
        FacetOption {
            // By its value, so that the keyboard finds it again after a swap, wherever it stands then.
            id: format!("f-{name}--{}{second}", mark(&value)),
            number: number_id(query, name, &value),
            plain: value.clone(),
            name: word(&value),
            status: (name == "status").then(|| Status::new(&value)),
            checked: excluded || choice.any.contains(&value),
            excluded,
            not: (!excluded).then(|| not(&value)),
            value: match (excluded, literal) {
                (true, _) => format!("!{value}"),
                (false, true) => format!("\\{value}"),
                (false, false) => value,
            },
        }
    };
    // What is asked for and excluded at once stands twice.
    let sides = |value: String| {
        let (any, none) = (choice.any.contains(&value), choice.none.contains(&value));
        let plain = (any || !none).then(|| (value.clone(), false));
        plain.into_iter().chain(none.then_some((value, true)))
    };
    values.into_iter().flat_map(sides).map(option).collect()
}

/// A value as part of an id: a plain word as it is, anything else by its hash. Nothing that a stranger may have written
/// for a browser stands in one.
fn mark(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !value.is_empty() && value.len() <= 40 && value.bytes().all(plain) {
        return value.to_owned();
    }
    let hash = secret::hash(value.as_bytes());
    hash.iter().take(6).fold("x-".to_owned(), |id, byte| format!("{id}{byte:02x}"))
}

/// The place of a value's number: of this query, so that numbers which come late are not put beside another's values.
fn number_id(query: &str, name: &str, value: &str) -> String {
    format!("n-{}-{name}--{}", mark_of(query), mark(value))
}

/// The place of a list's count, for a query's first page: likewise of this query alone.
#[must_use]
pub fn count_id(query: &str) -> String {
    format!("count-{}", mark_of(query))
}

fn mark_of(query: &str) -> String {
    let hash = secret::hash(query.as_bytes());
    hash.iter().take(4).fold(String::new(), |id, byte| format!("{id}{byte:02x}"))
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
