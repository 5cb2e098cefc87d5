//! Saved views as the list knows them. Who keeps them is another room's business: it hands itself in as [`SavedViews`].

use futures_util::future::LocalBoxFuture;

use super::filter::ListQuery;
use crate::{core::error::Result, session::Signed};

/// A list under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// What somebody called it.
    pub name: String,
    /// The list, at its first page.
    pub query: ListQuery,
    /// Where it is the reader's own.
    pub own: Option<Own>,
}

/// What the owner of a view may do with it beside the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Where a form deletes it.
    pub delete: String,
    /// Whether all staff may use it, and so lose it.
    pub shared: bool,
}

/// Whoever keeps views. The server has it as `web::Data<dyn SavedViews>`.
pub trait SavedViews: Send + Sync {
    /// The views that stand beside a list, in their order: only those that the reader may run.
    fn beside_list<'a>(&'a self, signed: &'a Signed) -> LocalBoxFuture<'a, Result<Vec<Saved>>>;
}
