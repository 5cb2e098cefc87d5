//! What failed for somebody lately, and whether it worked since.

use std::collections::HashSet;

use crate::{
    core::{error::Result, time::Timestamp},
    db::{Budget, Db},
    logs::{
        filter::{Choice, Filter, Preset, Range, Who},
        log::Log,
        look, store,
        story::{
            around,
            recovery::{Failed, Since},
            store as story,
        },
        view::Reader,
    },
    paging::{At, Key},
};

/// How many failures are told.
const TOLD: usize = 5;
/// How many of the newest errors are looked at for different ones.
const LOOKED_AT: usize = 25;

/// Something that failed for them, the last time it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The entry.
    pub log: Log,
    /// What failed.
    pub failed: Failed,
    /// What became of it.
    pub since: Since,
}

/// The filters that together are the errors of `who` in the last 30 days, each entry in one of them.
#[must_use]
pub fn errors(who: &Who) -> [Filter; 2] {
    let error = || vec!["error".to_owned()];
    let base = Filter { range: Range::Last(Preset::Month), who: vec![who.clone()], ..Filter::default() };
    [
        Filter { status: Choice { any: error(), none: Vec::new() }, ..base.clone() },
        Filter {
            action_type: Choice { any: error(), none: Vec::new() },
            status: Choice { any: Vec::new(), none: error() },
            ..base
        },
    ]
}

/// What failed for `who` in the last 30 days, newest first: of each kind the last time.
pub async fn lately(db: &Db, who: &Who, reader: &Reader, budget: Budget) -> Result<Vec<Failure>> {
    let now: Timestamp = reader.now;
    let details = reader.role.sees_details();
    let mut keys: Vec<Key> = Vec::new();
    for filter in errors(who) {
        let mut plan = store::plan(db, &filter, now, false).await?;
        // One person has mostly fewer entries than the log has errors.
        plan.predicates.reverse();
        keys.extend(look::keys(db, &plan, At::Newest, LOOKED_AT, budget).await?.0);
    }
    keys.sort_unstable_by(|a, b| b.cmp(a));
    keys.truncate(LOOKED_AT);
    let mut out: Vec<Failure> = Vec::new();
    let mut told: HashSet<(String, String, Option<String>)> = HashSet::new();
    for log in store::logs(db, &keys).await? {
        if out.len() == TOLD {
            break;
        }
        let Some(recorded) = store::details(db, log.id).await? else { continue };
        let failed = around::failed(&log, &recorded, details);
        if told.insert((log.area.clone(), log.description.clone(), failed.service_type.clone())) {
            let since = story::since(db, who, log.key(), &failed, now, budget).await?;
            out.push(Failure { log, failed, since });
        }
    }
    Ok(out)
}
