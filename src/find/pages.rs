//! What the page of finding prints.

use askama::Template;

use crate::{logs::view::row::Who, web::shell::Shell};

/// `GET /find`.
#[derive(Template)]
#[template(path = "find/find.html")]
pub struct FindPage {
    /// What surrounds it.
    pub shell: Shell,
    /// What was pasted.
    pub q: String,
    /// Why that cannot be looked for.
    pub error: Option<String>,
    /// What the table says of itself.
    pub caption: String,
    /// `5 found`, `At least 20 found`, `Nothing found`.
    pub count: String,
    /// What was found, by kind.
    pub groups: Vec<Group>,
    /// What to do if it is not among them.
    pub more: bool,
    /// Whether entries are among them, whose ids begin alike.
    pub entries: bool,
    /// What was tried, where nothing was found.
    pub tried: Vec<Tried>,
    /// The search in the list.
    pub search: Option<String>,
}

/// What was found of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `Members`.
    pub name: &'static str,
    /// What.
    pub hits: Vec<HitView>,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HitView {
    /// Its page.
    pub href: String,
    /// What it is called.
    pub title: String,
    /// Whether that is an id or an address.
    pub mono: bool,
    /// The line below.
    pub below: Below,
    /// What matched.
    pub why: Why,
    /// When an entry of it was last recorded; else why that is not said.
    pub last: Result<String, &'static str>,
}

/// The line below a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Below {
    /// None.
    Nothing,
    /// An e-mail.
    Text(String),
    /// Whom an entry is about, and how it went where that is not success.
    Who(Who, Option<String>),
}

impl Below {
    /// The words of [`Self::Who`] for whom there is nothing to link: this row links the entry.
    pub fn who_words(who: &Who) -> &str {
        match who {
            Who::Known { title, .. } => title,
            Who::NoAccountNow { email, .. } => email,
            Who::Anonymous => "Anonymous",
        }
    }
}

/// What matched: `Name has **Hana**; e-mail begins with it`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The words before.
    pub before: &'static str,
    /// What matched, as recorded.
    pub hit: String,
    /// Whether that is an id or an address.
    pub mono: bool,
    /// What follows it directly.
    pub after: String,
}

/// A way in which it was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// `Entry ID`.
    pub as_what: &'static str,
    /// What came of it.
    pub result: &'static str,
}
