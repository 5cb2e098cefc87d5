//! What the pages of error groups print.

use askama::Template;

use super::{
    group_view::GroupView,
    view::{BadQuery, Controls, Results},
};
use crate::{
    logs::{overview::view::Figure, view::row::Who},
    web::shell::Shell,
};

/// What stands in `#results`.
#[derive(Debug, Clone)]
pub enum Body {
    /// The list.
    List(Box<Results>),
    /// A query that could not be read.
    Bad(BadQuery),
}

/// `GET /errors`.
#[derive(Template)]
#[template(path = "error_groups/list.html")]
pub struct ErrorsPage {
    /// What surrounds it.
    pub shell: Shell,
    /// Its title.
    pub title: String,
    /// The form.
    pub controls: Controls,
    /// What stands in `#results`.
    pub body: Body,
    /// Whether its controls are swapped in out of band: never in a page.
    pub oob: bool,
}

/// The part of it that changed, for htmx.
#[derive(Template)]
#[template(path = "error_groups/fragment.html")]
pub struct ErrorsFragment {
    /// The title of the page.
    pub title: String,
    /// The form.
    pub controls: Controls,
    /// What stands in `#results`.
    pub body: Body,
    /// Whether its controls are swapped in out of band: always in a fragment.
    pub oob: bool,
    /// Whether the form is swapped as well.
    pub all_controls: bool,
    /// What a screen reader hears.
    pub announcement: String,
}

/// `GET /errors/{fingerprint}`.
#[derive(Template)]
#[template(path = "error_groups/group.html")]
pub struct GroupPage {
    /// What surrounds it.
    pub shell: Shell,
    /// The group.
    pub group: GroupView,
    /// When it was recorded, as a chart; none where there was no time to count.
    pub figure: Option<Figure>,
    /// Whether the chart's links swap the results of the page around it: never here.
    pub within_list: bool,
}
