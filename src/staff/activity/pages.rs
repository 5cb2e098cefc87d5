//! What the pages of records print: the list, and the part of it that htmx swaps.

use askama::Template;

use super::{
    controls::Controls,
    view::{Results, Who},
};
use crate::{
    logs::view::list::BadQuery,
    web::{
        listing::{Body, Listing},
        shell::Shell,
    },
};

/// The list.
pub type List = Listing<Controls, Results, BadQuery>;

/// `GET /staff/activity`.
#[derive(Template)]
#[template(path = "staff/activity.html")]
pub struct ActivityPage {
    /// What surrounds it.
    pub shell: Shell,
    /// The list.
    pub list: List,
}

/// The part of it that changed, for htmx.
#[derive(Template)]
#[template(path = "staff/activity_fragment.html")]
pub struct ActivityFragment {
    /// The list.
    pub list: List,
    /// Whether the toolbar is swapped as well.
    pub all_controls: bool,
}
