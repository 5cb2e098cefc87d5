//! What the page of saved views prints.

use askama::Template;

use super::{form, store::View};
use crate::{
    core::role::Role,
    logs::{link, summary, view::Reader},
    session::Signed,
    web::shell::{Section, Shell},
};

/// A view that was not saved, as it was typed, and why.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Its name.
    pub name: String,
    /// Why it cannot be its name.
    pub name_error: Option<String>,
    /// Its filters.
    pub query: String,
    /// Why they cannot be kept.
    pub query_error: Option<String>,
    /// The filters in a sentence, where they can be read.
    pub words: Option<String>,
    /// Whether it was to be shared.
    pub shared: bool,
    /// Where it was saved.
    pub next: String,
    /// How many views the account has, where it may not have more.
    pub full: Option<i64>,
}

/// A change that was refused, as it was typed.
#[derive(Debug, Clone)]
pub struct Typed {
    /// Which view it was to change.
    pub id: i64,
    /// The name.
    pub name: String,
    /// Whether it was to be shared.
    pub shared: bool,
    /// Why it cannot be its name.
    pub error: String,
}

/// What the page is made from.
pub struct Page {
    /// Every view that the reader may see.
    pub views: Vec<View>,
    /// Whether others share more.
    pub more: bool,
    /// What was not saved.
    pub refused: Option<Refused>,
    /// What was not changed.
    pub typed: Option<Typed>,
}

/// One view.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The list; none where the reader's role may not run it.
    pub href: Option<String>,
    /// Its filters in a sentence.
    pub words: String,
    /// Its filters as a query string.
    pub query: String,
    /// Whether all staff may use it.
    pub shared: bool,
    /// Whether it came with Daybook.
    pub built_in: bool,
    /// Whose it is.
    pub owner: String,
    /// What stands in its form for the name.
    pub typed_name: String,
    /// Whether its form is ticked to share it.
    pub typed_shared: bool,
    /// Why the name that was typed cannot be its name.
    pub error: Option<String>,
}

impl Row {
    /// The view for one reader.
    fn of(view: View, reader: &Reader) -> Self {
        let query = form::read_query(&view.query, reader.asker()).ok();
        let words = query.as_ref().map(|query| summary::sentence(&query.filter, reader.zone, reader.now).title());
        Self {
            id: view.id,
            href: query.map(|query| link::list(&query, reader.zone)),
            words: words.unwrap_or_default(),
            shared: view.is_shared(),
            built_in: view.owner.is_none(),
            owner: view.owner_name.unwrap_or_default(),
            typed_name: view.name.clone(),
            typed_shared: view.shared != 0,
            error: None,
            name: view.name,
            query: view.query,
        }
    }
}

/// `GET /views`.
#[derive(Template)]
#[template(path = "views/list.html")]
pub struct ViewsPage {
    /// What surrounds it.
    pub shell: Shell,
    /// The reader's own, in their order.
    pub yours: Vec<Row>,
    /// What others share, and this role may run.
    pub others: Vec<Row>,
    /// What came with Daybook.
    pub built_in: Vec<Row>,
    /// Whether the reader may change what came with Daybook.
    pub admin: bool,
    /// Whether others share more than is listed.
    pub more: bool,
    /// What was not saved.
    pub refused: Option<Refused>,
}

impl ViewsPage {
    /// The page for whoever is signed in; its forms lead back to `here`.
    #[must_use]
    pub fn of(page: Page, signed: &Signed, here: &str) -> Self {
        let reader = Reader::of(signed);
        let (mut yours, mut others, mut built_in) = (Vec::new(), Vec::new(), Vec::new());
        for view in page.views {
            let owner = view.owner;
            let mut row = Row::of(view, &reader);
            if let Some(typed) = page.typed.as_ref().filter(|typed| typed.id == row.id) {
                row.typed_name.clone_from(&typed.name);
                row.typed_shared = typed.shared;
                row.error = Some(typed.error.clone());
            }
            match owner {
                Some(owner) if owner == signed.staff.id => yours.push(row),
                // What this role may not run is not shown to it: its name alone may tell what is masked.
                _ if row.href.is_none() => {}
                Some(_) => others.push(row),
                None => built_in.push(row),
            }
        }
        Self {
            shell: Shell { next: here.to_owned(), ..signed.shell(Section::Activity) },
            yours,
            others,
            built_in,
            admin: signed.staff.role >= Role::Admin,
            more: page.more,
            refused: page.refused,
        }
    }
}
