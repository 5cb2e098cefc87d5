//! What the pages of error groups print.

use askama::Template;

use super::{
    group_view::GroupView,
    outcomes::Outcomes,
    view::{BadQuery, Controls, Results},
};
use crate::{
    logs::{overview::view::Figure, view::row::Who},
    web::{
        listing::{Body, Listing},
        shell::Shell,
    },
};

/// The list.
pub type List = Listing<Controls, Results, BadQuery>;

/// `GET /errors`.
#[derive(Template)]
#[template(path = "error_groups/list.html")]
pub struct ErrorsPage {
    /// What surrounds it.
    pub shell: Shell,
    /// The list.
    pub list: List,
}

/// The part of it that changed, for htmx.
#[derive(Template)]
#[template(path = "error_groups/fragment.html")]
pub struct ErrorsFragment {
    /// The list.
    pub list: List,
    /// Whether the form is swapped as well.
    pub all_controls: bool,
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

/// `GET /errors/{fingerprint}/since`, for htmx.
#[derive(Template)]
#[template(path = "error_groups/since.html")]
pub struct SinceThen {
    /// What became of its members; none where nobody was known.
    pub outcomes: Option<Outcomes>,
}
