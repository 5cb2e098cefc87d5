//! What became of the members whom a group met: who got past it, and who is to be written to.

use std::{collections::HashMap, time::Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use uuid::Uuid;

use super::{
    fingerprint::Fingerprint,
    store::{self, Met},
};
use crate::{
    core::{
        error::{Error, Result},
        time::Timestamp,
    },
    db::{Budget, Db},
    logs::{
        log::Log,
        store as logs,
        story::{around, recovery::Since, store as story},
        vocabulary::Vocabulary,
    },
    paging::Key,
};

/// How many members are looked at, whom it met last first.
pub const MOST: usize = 50;
/// How many are looked at side by side.
const AT_ONCE: usize = 3;

/// A member, as their last entry in the group has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// That entry.
    pub log: Log,
    /// How often the group met them.
    pub times: i64,
    /// What became of it; none where there was no time to look.
    pub since: Option<Since>,
}

/// The members of a group, as far as was looked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    /// Whom it met last first.
    pub all: Vec<Person>,
}

impl People {
    /// Those that something can be said of.
    pub fn looked_at(&self) -> impl Iterator<Item = (&Person, Since)> {
        self.all.iter().filter_map(|person| Some((person, person.since?)))
    }
}

/// The newest members of a group and what became of them; `each` bounds the looking for one of them, `all` that for all.
pub async fn of(db: &Db, fingerprint: Fingerprint, now: Timestamp, (all, each): (Budget, Budget)) -> Result<People> {
    let met = store::members(db, fingerprint, MOST).await?;
    let keys: Vec<Key> = met.iter().map(|met| Key { timestamp: met.last_at, id: met.last_id }).collect();
    if keys.is_empty() {
        return Ok(People::default());
    }
    let extras = logs::extras(db, keys.iter().map(|key| key.id)).await?;
    let entries = logs::logs(db, &keys).await?;
    let times: HashMap<Uuid, i64> = met.iter().map(|Met { times, last_id, .. }| (*last_id, *times)).collect();
    let until = Instant::now() + all.time;
    let vocabulary = Vocabulary::of(db);
    let person = async |log: Log| {
        let failed = around::failed(&log, extras.get(&log.id).map(String::as_str));
        let since = match around::who(&log) {
            Some(who) if Instant::now() < until => {
                Some(story::since(&vocabulary, &who, log.key(), &failed, now, each).await?)
            }
            _ => None,
        };
        Ok::<_, Error>(Person { times: times.get(&log.id).copied().unwrap_or(1), since, log })
    };
    let all = stream::iter(entries).map(person).buffered(AT_ONCE).try_collect().await?;
    Ok(People { all })
}
