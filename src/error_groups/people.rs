//! What became of the members whom a group met: who got past it, and who is to be written to.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::Instant,
};

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
        log::{Log, Subject},
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
    /// How many more were counted that are one of them: by another e-mail, or once by e-mail and once by id.
    pub merged: usize,
    /// How many are no longer known: neither id nor e-mail is left of them.
    pub unknown: usize,
}

/// Somebody, whichever way an entry names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Somebody {
    /// Who has the account, or has the e-mail that was recorded today.
    Member(Uuid),
    /// Whoever had this e-mail, in lower case.
    Email(String),
}

impl Somebody {
    fn of(log: &Log) -> Option<Self> {
        match log.subject() {
            Subject::Known { id, .. } | Subject::WithoutAccount { id, .. } => Some(Self::Member(id)),
            Subject::NoAccountNow { email } => Some(Self::Email(email.to_ascii_lowercase())),
            Subject::Anonymous => None,
        }
    }
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
    let (mut known, mut at): (Vec<(Log, i64)>, HashMap<Somebody, usize>) = (Vec::new(), HashMap::new());
    let mut merged = 0;
    for log in entries {
        let (Some(somebody), times) = (Somebody::of(&log), times.get(&log.id).copied().unwrap_or(1)) else { continue };
        match at.entry(somebody) {
            Entry::Occupied(had) => {
                known[*had.get()].1 += times;
                merged += 1;
            }
            Entry::Vacant(place) => {
                place.insert(known.len());
                known.push((log, times));
            }
        }
    }
    let unknown = keys.len() - known.len() - merged;
    let vocabulary = Vocabulary::of(db);
    let person = async |(log, times): (Log, i64)| {
        let failed = around::failed(&log, extras.get(&log.id).map(String::as_str));
        let since = match around::who(&log) {
            Some(who) if Instant::now() < until => {
                Some(story::since(&vocabulary, &who, log.key(), &failed, now, each).await?)
            }
            _ => None,
        };
        Ok::<_, Error>(Person { log, times, since })
    };
    let all = stream::iter(known).map(person).buffered(AT_ONCE).try_collect().await?;
    Ok(People { all, merged, unknown })
}
