//! How many entries each value has: beside the values of the filter form, or as tables on a page without it.

use super::{store::Overview, tally::Column};
use crate::{
    core::words,
    logs::{
        filter::{Area, ListQuery},
        link,
        view::{Reader, facets::Facet},
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
}

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

/// The values with their numbers, for a page without the filter form.
#[must_use]
pub fn values(overview: &Overview, facets: &[Facet], query: &ListQuery, reader: &Reader) -> Vec<Values> {
    let list = |facet: &Facet, value: &str| {
        let mut filter = query.filter.clone();
        match column(facet.name) {
            Column::Status => filter.status.add(value.to_owned(), false),
            Column::ActionType => filter.action_type.add(value.to_owned(), false),
            Column::Area => filter.area.add(Area::parse(value), false),
        }
        link::list(&query.narrowed(filter), reader.zone)
    };
    let of = |facet: &Facet| Values {
        legend: facet.legend,
        values: facet
            .options
            .iter()
            .map(|option| Value {
                name: option.name.clone(),
                n: overview.counts.of(column(facet.name), &option.plain).map(words::count),
                href: list(facet, &option.plain),
                not: option.not.clone(),
            })
            .collect(),
    };
    facets.iter().filter(|facet| !facet.options.is_empty()).map(of).collect()
}
