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
use crate::web::shell::Shell;

/// What stands in `#results`.
pub enum ResultsBody {
    /// A list.
    List(Box<Results>),
    /// The query could not be read.
    Bad(BadQuery),
}

/// The list.
#[derive(Template)]
#[template(path = "logs/list.html")]
pub struct ListPage {
    /// What surrounds it.
    pub shell: Shell,
    /// What is shown, in a sentence.
    pub title: String,
    /// The filter form.
    pub controls: Controls,
    /// Saved views.
    pub saved: SavedHere,
    /// The results.
    pub body: ResultsBody,
    /// Whether the controls go out of band: never on the page.
    pub oob: bool,
}

/// What htmx gets of the list.
#[derive(Template)]
#[template(path = "logs/fragment.html")]
pub struct ListFragment {
    /// What is shown, in a sentence.
    pub title: String,
    /// The filter form.
    pub controls: Controls,
    /// Saved views.
    pub saved: SavedHere,
    /// The results.
    pub body: ResultsBody,
    /// Whether the controls go out of band: always in the fragment.
    pub oob: bool,
    /// Whether the controls changed elsewhere than in the form.
    pub all_controls: bool,
    /// What a screen reader says.
    pub announcement: String,
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
