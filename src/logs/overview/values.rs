//! How many entries each value has: beside the values of the filter form, or as tables on a page without it.

use std::collections::HashSet;

use super::{store::Overview, tally::Column};
use crate::{
    core::words,
    logs::{
        filter::{Area, ListQuery},
        link,
        view::{
            Reader,
            controls::Controls,
            facets::{self, Facet},
        },
    },
};

/// The number of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The id of its place beside the value.
    pub id: String,
    /// The number.
    pub n: String,
}

/// A value on the page of the overview by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Its name.
    pub name: String,
    /// How many entries it has, where that is known.
    pub n: Option<String>,
    /// The list of it.
    pub href: String,
    /// The list without it.
    pub not: String,
}

/// The values of a column on the page of the overview by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    /// The name of the column.
    pub legend: &'static str,
    /// Its values.
    pub values: Vec<Value>,
    /// `11 more areas.`, where not all are among them.
    pub more: Option<String>,
    /// What stands below them.
    pub hint: Option<&'static str>,
}

/// How many areas are shown besides those that the filter names.
const AREAS: usize = 20;

fn column(name: &str) -> Column {
    match name {
        "status" => Column::Status,
        "action_type" => Column::ActionType,
        _ => Column::Area,
    }
}

/// The numbers beside the values of the filter form, as far as they are known.
#[must_use]
pub fn numbers(overview: &Overview, facets: &[Facet]) -> Vec<Number> {
    let number = |facet: &Facet| {
        let column = column(facet.name);
        let each = facet.options.iter().filter_map(move |option| {
            let n = overview.counts.of(column, &option.plain)?;
            Some(Number { id: option.number.clone(), n: words::count(n) })
        });
        each.collect::<Vec<_>>()
    };
    facets.iter().flat_map(number).collect()
}

/// The values with their numbers, for a page without the filter form: choosing one puts it in the place of those of its
/// column, so that its list has as many entries as its number says.
#[must_use]
pub fn values(overview: &Overview, controls: &Controls, query: &ListQuery, reader: &Reader) -> Vec<Values> {
    let list = |name: &str, value: &str, excluded: bool| {
        let mut filter = query.filter.clone();
        match column(name) {
            Column::Status => filter.status.put(value.to_owned(), excluded),
            Column::ActionType => filter.action_type.put(value.to_owned(), excluded),
            Column::Area => filter.area.put(Area::parse(value), excluded),
        }
        link::list(&query.narrowed(filter), reader.zone)
    };
    let of = |facet: &Facet| {
        let Shown { texts, more } = shown(overview, facet, &controls.areas);
        let value = |text: &String| Value {
            name: match column(facet.name) {
                Column::Status => words::status_name(text),
                Column::ActionType => words::action_name(text),
                Column::Area => text.clone(),
            },
            n: overview.counts.of(column(facet.name), text).map(words::count),
            href: list(facet.name, text, false),
            not: list(facet.name, text, true),
        };
        Values { legend: facet.legend, values: texts.iter().map(value).collect(), more, hint: facet.hint }
    };
    controls.facets.iter().filter(|facet| !facet.options.is_empty()).map(of).collect()
}

/// The values of a column that a page shows.
struct Shown {
    texts: Vec<String>,
    /// `11 more areas.`, where not all are among them.
    more: Option<String>,
}

/// Of areas there may be any number: those that hold most come first, where that is known, and then those that the filter
/// names.
fn shown(overview: &Overview, facet: &Facet, known: &[String]) -> Shown {
    let mut texts: Vec<String> = facet.options.iter().map(|option| option.plain.clone()).collect();
    if column(facet.name) != Column::Area {
        return Shown { texts, more: None };
    }
    let held: Option<Vec<String>> = overview.counts.areas().map(|held| held.iter().map(Area::show).collect());
    if let Some(held) = &held {
        texts = held.iter().take(AREAS).cloned().collect();
        texts.extend(facet.options.iter().filter(|option| option.checked).map(|option| option.plain.clone()));
    }
    let mut seen = HashSet::new();
    texts.retain(|text| seen.insert(text.clone()));
    let others = |all: &[String]| all.iter().filter(|area| !seen.contains(*area)).count();
    // What was counted is all there is; what was read may not be.
    let more = match &held {
        Some(held) => facets::more_areas(others(held), &[]),
        None => facets::more_areas(others(known), known),
    };
    Shown { texts, more }
}
