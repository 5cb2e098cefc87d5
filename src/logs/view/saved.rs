//! Saved views beside the list, and the menu that saves the list as one.

use super::Reader;
use crate::{
    core::time::Zone,
    logs::{filter::ListQuery, link, saved::Saved},
    paging::At,
};

/// Everything about saved views on one page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SavedHere {
    /// Those beside it.
    pub links: Vec<SavedLink>,
    /// What saves this list; none where the query could not be read.
    pub menu: Option<SaveMenu>,
}

/// A saved view beside the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedLink {
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub href: String,
    /// Whether it is the list that is shown.
    pub current: bool,
}

/// What saves the list that is shown, or deletes the views that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveMenu {
    /// Goes with its forms.
    pub csrf_token: String,
    /// The filters to save.
    pub query: String,
    /// This page, to which its forms lead back.
    pub next: String,
    /// Whether it filters by what is hidden from viewers.
    pub not_for_viewers: bool,
    /// The reader's own views of just this list.
    pub own: Vec<OwnView>,
}

/// A view of the reader's own that is the list shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnView {
    /// Its name.
    pub name: String,
    /// Where a form deletes it.
    pub delete: String,
    /// Whether all staff lose it.
    pub shared: bool,
}

impl SavedHere {
    /// What stands on the page of `query`, which is none where it could not be read.
    #[must_use]
    pub fn of(saved: &[Saved], query: Option<&ListQuery>, reader: &Reader, csrf_token: String) -> Self {
        let here = query.map(meaning);
        let is_here = |view: &Saved| here.as_ref().is_some_and(|here| meaning(&view.query) == *here);
        let link = |view: &Saved| SavedLink {
            name: view.name.clone(),
            href: link::list(&view.query, reader.zone),
            current: is_here(view),
        };
        let links = saved.iter().map(link).collect();
        let menu = query.map(|query| SaveMenu {
            csrf_token,
            query: query.from(At::Newest).query_string(reader.zone),
            next: link::list(query, reader.zone),
            not_for_viewers: query.filter.asks_for_details(),
            own: saved.iter().filter(|view| is_here(view)).filter_map(own_view).collect(),
        });
        Self { links, menu }
    }
}

fn own_view(view: &Saved) -> Option<OwnView> {
    let own = view.own.as_ref()?;
    Some(OwnView { name: view.name.clone(), delete: own.delete.clone(), shared: own.shared })
}

/// What a list shows, wherever it begins: its parameters in any order, instants in one zone.
fn meaning(query: &ListQuery) -> Vec<(String, String)> {
    let mut pairs = query.from(At::Newest).pairs(Zone::UTC);
    pairs.sort();
    pairs
}
