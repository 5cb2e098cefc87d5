//! What the pages of records print: the list, and the part of it that htmx swaps.

use askama::Template;

use super::{
    controls::Controls,
    view::{BadQuery, Results, Who},
};
use crate::web::shell::Shell;

/// What stands in `#results`.
pub enum Body {
    /// A list.
    List(Box<Results>),
    /// The query could not be read.
    Bad(BadQuery),
}

/// The list.
#[derive(Template)]
#[template(path = "staff/activity.html")]
pub struct ActivityPage {
    /// What surrounds it.
    pub shell: Shell,
    /// What is shown, in a sentence.
    pub title: String,
    /// The filter form.
    pub controls: Controls,
    /// The results.
    pub body: Body,
    /// Whether the controls go out of band: never on the page.
    pub oob: bool,
}

/// What htmx gets of the list.
#[derive(Template)]
#[template(path = "staff/activity_fragment.html")]
pub struct ActivityFragment {
    /// What is shown, in a sentence.
    pub title: String,
    /// The filter form.
    pub controls: Controls,
    /// The results.
    pub body: Body,
    /// Whether the controls go out of band: always in the fragment.
    pub oob: bool,
    /// Whether the controls changed elsewhere than in the form.
    pub all_controls: bool,
    /// What a screen reader says.
    pub announcement: String,
}
