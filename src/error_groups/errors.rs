//! Which entries are errors, newest first: two walks of the list's own plan, and where both have come to.

use crate::{
    core::{error::Result, time::Timestamp},
    db::{Budget, Db},
    logs::{
        filter::{Choice, Filter},
        look, store,
    },
    paging::{At, Cursor, Key, Seen},
};

/// The filters that together are all errors, each entry in one of them.
fn filters() -> [Filter; 2] {
    let error = || vec!["error".to_owned()];
    [
        Filter { status: Choice { any: error(), none: Vec::new() }, ..Filter::default() },
        Filter {
            action_type: Choice { any: error(), none: Vec::new() },
            status: Choice { any: Vec::new(), none: error() },
            ..Filter::default()
        },
    ]
}

/// Errors from a place on, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The errors, newest first: all of them up to [`Self::on`].
    pub keys: Vec<Key>,
    /// Where the next stretch begins; none where there is nothing older.
    pub on: Option<Key>,
}

/// Up to `most` errors that are older than a place, or the newest. Where no index serves them, as many entries are looked
/// through as the budget grants.
pub async fn older(db: &Db, place: Option<Key>, most: usize, now: Timestamp, budget: Budget) -> Result<Stretch> {
    let at = place.map_or(At::Newest, |key| At::Before(Cursor::beyond(key)));
    let mut keys: Vec<Key> = Vec::new();
    let mut on: Option<Key> = None;
    for filter in filters() {
        let plan = store::plan(db, &filter, now, true).await?;
        let (found, seen) = look::keys(db, &plan, at, most, budget).await?;
        let end = match seen {
            _ if found.len() >= most => found.last().copied(),
            Seen::To(key) => Some(key),
            Seen::All => None,
        };
        // Beyond where one of them stopped, the other has only a part.
        on = on.max(end);
        keys.extend(found);
    }
    keys.sort_unstable_by(|a, b| b.cmp(a));
    keys.dedup();
    keys.retain(|key| on.is_none_or(|on| *key >= on));
    Ok(Stretch { keys, on })
}
