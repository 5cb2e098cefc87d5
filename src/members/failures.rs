//! What failed for somebody lately, and whether it worked since.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt as _, TryStreamExt as _, future::try_join, stream};

use crate::{
    core::error::{Error, Result},
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
    paging::{At, Seen},
};

/// How many failures are told.
const TOLD: usize = 5;
/// How many of the newest errors are looked at for different ones.
const LOOKED_AT: usize = 25;
/// Of how many failures it is asked at once what became of them.
const AT_ONCE: usize = 2;

/// Something that failed for them, the last time it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The entry.
    pub log: Log,
    /// Whom it is about.
    pub who: Who,
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
    let (db, now) = (vocabulary.db(), reader.now);
    let newest = async |filter: &Filter| {
        let mut plan = store::plan_by(vocabulary, filter, now, false).await?;
        // One person has mostly fewer entries than the log has errors.
        plan.predicates.reverse();
        look::keys(db, &plan, At::Newest, LOOKED_AT + 1, budget).await
    };
    let [by_status, by_action] = &errors(who);
    let ((mut keys, seen), (others, seen_too)) = try_join(newest(by_status), newest(by_action)).await?;
    keys.extend(others);
    let mut whole = seen == Seen::All && seen_too == Seen::All && keys.len() <= LOOKED_AT;
    keys.sort_unstable_by(|a, b| b.cmp(a));
    keys.truncate(LOOKED_AT);
    if keys.is_empty() {
        return Ok(Failures { told: Vec::new(), whole });
    }
    let extras = async {
        let ids = keys.iter().map(|key| key.id);
        if reader.role.sees_details() { store::extras(db, ids).await } else { Ok(HashMap::new()) }
    };
    let (extras, logs) = try_join(extras, store::logs(db, &keys)).await?;
    let mut met: HashSet<(String, String, Option<String>)> = HashSet::new();
    let mut failed: Vec<(Log, Failed)> = Vec::new();
    for log in logs {
        let what = around::failed(&log, extras.get(&log.id).map(String::as_str));
        if met.insert((log.area.clone(), log.description.clone(), what.service_type.clone())) {
            failed.push((log, what));
        }
    }
    whole &= failed.len() <= TOLD;
    failed.truncate(TOLD);
    let told = stream::iter(failed).map(async |(log, failed)| {
        // Of an e-mail, entries of several members may be met: each asks for its own.
        let who = around::who(&log).unwrap_or_else(|| who.clone());
        let since = story::since(vocabulary, &who, log.key(), &failed, now, budget).await?;
        Ok::<_, Error>(Failure { log, who, failed, since })
    });
    Ok(Failures { told: told.buffered(AT_ONCE).try_collect().await?, whole })
}
