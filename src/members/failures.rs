//! What failed for somebody lately, and whether it worked since.

use std::collections::{HashMap, HashSet};

use crate::{
    core::{error::Result, time::Timestamp},
    db::Budget,
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
        vocabulary::Vocabulary,
    },
    paging::{At, Key, Seen},
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

/// What failed for somebody, newest first: of each kind the last time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failures {
    /// At most a few.
    pub told: Vec<Failure>,
    /// Whether nothing else failed.
    pub whole: bool,
}

/// What failed for `who` in the last 30 days.
pub async fn lately(vocabulary: &Vocabulary<'_>, who: &Who, reader: &Reader, budget: Budget) -> Result<Failures> {
    let db = vocabulary.db();
    let now: Timestamp = reader.now;
    let mut keys: Vec<Key> = Vec::new();
    let mut whole = true;
    for filter in errors(who) {
        let mut plan = store::plan_by(vocabulary, &filter, now, false).await?;
        // One person has mostly fewer entries than the log has errors.
        plan.predicates.reverse();
        let (found, seen) = look::keys(db, &plan, At::Newest, LOOKED_AT + 1, budget).await?;
        whole &= seen == Seen::All;
        keys.extend(found);
    }
    whole &= keys.len() <= LOOKED_AT;
    keys.sort_unstable_by(|a, b| b.cmp(a));
    keys.truncate(LOOKED_AT);
    let mut out: Vec<Failure> = Vec::new();
    let mut told: HashSet<(String, String, Option<String>)> = HashSet::new();
    let extras = if reader.role.sees_details() && !keys.is_empty() {
        store::extras(db, keys.iter().map(|key| key.id)).await?
    } else {
        HashMap::new()
    };
    for log in store::logs(db, &keys).await? {
        let failed = around::failed(&log, extras.get(&log.id).map(String::as_str));
        if told.insert((log.area.clone(), log.description.clone(), failed.service_type.clone())) {
            if out.len() == TOLD {
                whole = false;
                break;
            }
            let since = story::since(vocabulary, who, log.key(), &failed, now, budget).await?;
            out.push(Failure { log, failed, since });
        }
    }
    Ok(Failures { told: out, whole })
}
