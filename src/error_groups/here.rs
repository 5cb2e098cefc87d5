//! What stands of groups elsewhere: on each entry of one, and in the bar how many wait for somebody.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use super::{filter, gather, store, view};
use crate::{
    core::{error::Result, words},
    db::Db,
    logs::{
        groups::{ErrorGroups, GroupHere},
        view::Reader,
    },
    web::shell::Waiting,
};

/// The bar counts so far.
const MOST: u64 = 100;

/// Tells entries of their groups, and the bar how many wait. Every page asks the latter, so it is counted once in a while
/// ([`Self::count`]) and kept.
#[derive(Debug)]
pub struct Here {
    db: Db,
    waiting: AtomicU64,
}

impl Here {
    /// Of the groups in this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db, waiting: AtomicU64::new(0) }
    }

    /// Counts anew how many wait. Where that cannot be asked, nothing is claimed.
    pub async fn count(&self) {
        let waiting = store::waiting(&self.db, MOST).await.unwrap_or_default();
        self.waiting.store(waiting, Ordering::Relaxed);
    }
}

impl Waiting for Here {
    fn errors(&self) -> String {
        match self.waiting.load(Ordering::Relaxed) {
            0 => String::new(),
            n if n >= MOST => format!("{}+", MOST - 1),
            n => n.to_string(),
        }
    }
}

impl ErrorGroups for Here {
    fn of_entry<'a>(&'a self, id: Uuid, reader: &'a Reader) -> LocalBoxFuture<'a, Result<Option<GroupHere>>> {
        Box::pin(async move {
            let Some(group) = store::of_entry(&self.db, id).await? else { return Ok(None) };
            let (said, progress) =
                (store::said(&self.db, group.fingerprint()).await?, gather::progress(&self.db).await?);
            let state = group.state();
            let at_least = !progress.is_complete();
            Ok(Some(GroupHere {
                href: filter::link(group.fingerprint()),
                state: state.as_str(),
                name: state.name(),
                icon: state.icon(),
                times: view::number(group.times, at_least, |n| words::counted(n, "time", "times")),
                members: (group.members > 0)
                    .then(|| view::number(group.members, at_least, |n| words::counted(n, "member", "members"))),
                since: view::moment(group.first_at, reader),
                since_then: (group.members > 0).then(|| filter::since_link(group.fingerprint())),
                note: said.map(|said| said.note).unwrap_or_default(),
            }))
        })
    }
}
