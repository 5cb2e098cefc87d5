//! What stands beside the list: the reader's own views in their order, then what is shared with them.

use futures_util::future::LocalBoxFuture;

use super::{
    form,
    store::{self, View},
};
use crate::{
    core::error::Result,
    db::Db,
    logs::{
        saved::{Own, Saved, SavedViews},
        view::Reader,
    },
    session::Signed,
};

/// How many shared views stand there; the page of views has them all.
const SHARED: usize = 20;

/// Brings the list its views.
pub struct Shelf {
    db: Db,
}

impl Shelf {
    /// Of the views in this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }
}

impl SavedViews for Shelf {
    fn beside_list<'a>(&'a self, signed: &'a Signed) -> LocalBoxFuture<'a, Result<Vec<Saved>>> {
        Box::pin(async move {
            let (views, _) = store::visible(&self.db, signed.staff.id).await?;
            Ok(chosen(views, signed))
        })
    }
}

fn chosen(views: Vec<View>, signed: &Signed) -> Vec<Saved> {
    let asker = Reader::of(signed).asker();
    let mut out: Vec<Saved> = Vec::new();
    let mut room = SHARED;
    for view in views {
        // What this role may not run is not shown to it.
        let Ok(query) = form::read_query(&view.query, asker) else { continue };
        let own = (view.owner == Some(signed.staff.id))
            .then(|| Own { delete: format!("/views/{}/delete", view.id), shared: view.is_shared() });
        if own.is_none() {
            // A copy of somebody else's stands there already, under the same name.
            let twice = out.iter().any(|had| had.name == view.name && had.query == query);
            if room == 0 || twice {
                continue;
            }
            room -= 1;
        }
        out.push(Saved { name: view.name, query, own });
    }
    out
}
