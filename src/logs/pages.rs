//! The pages of the log, and the fragment that htmx gets of the list: what their templates print.

use askama::Template;

use super::groups::GroupHere;
use super::story::view::{AroundView, Line};
use super::view::{
    Shown,
    controls::Controls,
    entry::{Entry, Place},
    list::{BadQuery, Results},
    row::Who,
    saved::SavedHere,
};
use crate::web::{
    listing::{Body, Listing},
    shell::Shell,
};

/// The list.
pub type List = Listing<Controls, Results, BadQuery>;

/// `GET /logs`.
#[derive(Template)]
#[template(path = "logs/list.html")]
pub struct ListPage<'a> {
    /// What surrounds it.
    pub shell: Shell,
    /// The list.
    pub list: List,
    /// Saved views.
    pub saved: &'a SavedHere,
}

/// The part of it that changed, for htmx.
#[derive(Template)]
#[template(path = "logs/fragment.html")]
pub struct ListFragment<'a> {
    /// The list.
    pub list: List,
    /// Saved views.
    pub saved: &'a SavedHere,
    /// Whether toolbar and fields are swapped as well.
    pub all_controls: bool,
}

/// The log without an entry.
#[derive(Template)]
#[template(path = "logs/first.html")]
pub struct FirstPage {
    /// What surrounds it.
    pub shell: Shell,
    /// The time of the request.
    pub as_of: String,
    /// The same for machines.
    pub as_of_datetime: String,
}

/// An entry.
#[derive(Template)]
#[template(path = "logs/entry.html")]
pub struct EntryPage {
    /// What surrounds it.
    pub shell: Shell,
    /// The entry.
    pub entry: Entry,
    /// Where it stands in its list.
    pub place: Place,
    /// What surrounds it.
    pub around: AroundView,
    /// The group it belongs to, where it is an error and the role may see it.
    pub group: Option<GroupHere>,
}
