//! What the overview's templates print: what htmx gets, and the same as a page by itself.

use askama::Template;

use super::{
    values::{Number, Values},
    view::Figure,
};
use crate::{logs::view::count::CountWords, web::shell::Shell};

/// How many entries a list has, for the place that its own count left open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The place.
    pub id: String,
    /// How many, in words.
    pub count: CountWords,
}

/// What htmx gets: the chart in the place that was kept for it, and out of band a number beside each value.
#[derive(Template)]
#[template(path = "logs/overview/fragment.html")]
pub struct OverviewFragment {
    /// The chart.
    pub figure: Figure,
    /// The numbers.
    pub numbers: Vec<Number>,
    /// The count of the list, where that could not finish it and the overview did.
    pub count: Option<Finished>,
    /// Whether its links swap the results of the page around it: always in the fragment.
    pub within_list: bool,
}

/// The overview by itself, for whoever has no script.
#[derive(Template)]
#[template(path = "logs/overview/page.html")]
pub struct OverviewPage {
    /// What surrounds it.
    pub shell: Shell,
    /// What is shown, in a sentence.
    pub title: String,
    /// The time of the request.
    pub as_of: String,
    /// The same for machines.
    pub as_of_datetime: String,
    /// The list of it.
    pub list: String,
    /// The chart.
    pub figure: Figure,
    /// The values with their numbers.
    pub values: Vec<Values>,
    /// Whether its links swap the results of the page around it: never on a page by itself.
    pub within_list: bool,
}

/// What htmx gets where the query could not be read.
#[derive(Template)]
#[template(path = "logs/overview/refused.html")]
pub struct RefusedFragment;
