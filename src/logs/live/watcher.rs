//! What has come to the log, found out once for everybody.
//!
//! The question is “which of the newest entries were not there before”, never “which are later than the last”: a slow
//! transaction may commit an entry whose time lies before entries that were seen long ago. So the watcher keeps the ids
//! of the newest entries and compares. It looks when somebody asks and the last look is a second old, so that it costs
//! nothing while nobody watches, and the same for one client as for a thousand.

use std::{
    collections::{HashSet, VecDeque},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{
    core::{
        error::{Error, Outage, Result},
        secret,
        time::Timestamp,
    },
    db::{Db, Sql},
    paging::Key,
};

/// Among how many of the newest entries it looks.
pub const WIDTH: usize = 5_000;
/// How old a look may be that answers a question.
const FRESH: Duration = Duration::from_secs(1);

/// A moment in what the watcher knows: everything that it met until then.
pub type Moment = u64;

/// What came after a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Now.
    pub moment: Moment,
    /// The entries that came, as they were met.
    pub keys: Vec<Key>,
    /// Whether these are all; otherwise more came than the watcher can remember.
    pub whole: bool,
}

/// Asks the database for everybody.
#[derive(Debug)]
pub struct Watcher {
    epoch: String,
    width: usize,
    fresh: Duration,
    seen: Mutex<Seen>,
}

/// What the watcher remembers.
#[derive(Debug, Default)]
struct Seen {
    looked: Option<Looked>,
    moment: Moment,
    /// The newest entries at the last look.
    known: HashSet<Uuid>,
    /// What lies below was never looked at; nothing where the log is shorter than the width.
    floor: Option<Key>,
    /// What came, in the order in which it was met.
    arrivals: VecDeque<(Moment, Key)>,
    /// What came until this moment may be forgotten.
    forgotten: Moment,
}

#[derive(Debug)]
struct Looked {
    at: Instant,
    failed: bool,
}

impl Default for Watcher {
    fn default() -> Self {
        Self::new(WIDTH, FRESH)
    }
}

impl Watcher {
    /// A watcher that looks among the newest `width` entries, and again when its last look is `fresh` old.
    #[must_use]
    pub fn new(width: usize, fresh: Duration) -> Self {
        Self { epoch: URL_SAFE_NO_PAD.encode(secret::bytes::<6>()), width, fresh, seen: Mutex::default() }
    }

    /// Tells this watcher's moments from those of one before a restart.
    #[must_use]
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// What came after `since`.
    pub async fn since(&self, db: &Db, since: Moment) -> Result<Arrived> {
        let mut seen = self.seen.lock().await;
        self.look(db, &mut seen).await?;
        let from = seen.arrivals.partition_point(|(moment, _)| *moment <= since);
        Ok(Arrived {
            moment: seen.moment,
            keys: seen.arrivals.range(from..).map(|(_, key)| *key).collect(),
            whole: since >= seen.forgotten,
        })
    }

    /// Now.
    pub async fn now(&self, db: &Db) -> Result<Moment> {
        let mut seen = self.seen.lock().await;
        self.look(db, &mut seen).await?;
        Ok(seen.moment)
    }

    /// How many of `keys`, which stand in the log, come after `since` for this watcher: it has met them after that, or
    /// has not met them yet.
    pub async fn met_after(&self, since: Moment, keys: &[Key]) -> usize {
        let seen = self.seen.lock().await;
        let later = |key: &Key| match seen.arrivals.iter().rev().find(|(_, had)| had.id == key.id) {
            Some((moment, _)) => *moment > since,
            None => seen.floor.is_none_or(|floor| *key > floor) && !seen.known.contains(&key.id),
        };
        // Only what is not among the newest of the last look, or came to them lately, is worth a search.
        keys.iter().filter(|key| later(key)).count()
    }

    async fn look(&self, db: &Db, seen: &mut Seen) -> Result<()> {
        if let Some(looked) = seen.looked.as_ref().filter(|looked| looked.at.elapsed() < self.fresh) {
            // A thousand clients do not wait one after the other for a database that does not answer.
            return if looked.failed { Err(Error::Unavailable(Outage::Away)) } else { Ok(()) };
        }
        let newest = newest(db, self.width).await;
        seen.looked = Some(Looked { at: Instant::now(), failed: newest.is_err() });
        seen.take(newest?, self.width);
        Ok(())
    }
}

impl Seen {
    /// Compares the newest entries, newest first, with those of the look before.
    fn take(&mut self, newest: Vec<Key>, width: usize) {
        let full = newest.len() >= width;
        if self.moment == 0 {
            self.moment = 1;
            self.forgotten = 1;
        } else {
            let floor = self.floor;
            let is_new = |key: &&Key| floor.is_none_or(|floor| **key > floor) && !self.known.contains(&key.id);
            let came: Vec<Key> = newest.iter().filter(is_new).copied().collect();
            if !came.is_empty() {
                self.moment += 1;
                if full && came.len() == newest.len() {
                    // None of the entries before is left among the newest: others may have come and gone by.
                    self.forgotten = self.moment;
                }
                self.arrivals.extend(came.into_iter().map(|key| (self.moment, key)));
            }
            while self.arrivals.len() > width {
                if let Some((moment, _)) = self.arrivals.pop_front() {
                    self.forgotten = self.forgotten.max(moment);
                }
            }
        }
        self.floor = if full { newest.last().copied() } else { None };
        self.known = newest.into_iter().map(|key| key.id).collect();
    }
}

async fn newest(db: &Db, width: usize) -> Result<Vec<Key>> {
    let sql = Sql::new("SELECT \"timestamp\", id FROM audit_logs ORDER BY \"timestamp\" DESC, id DESC")
        .limit(i64::try_from(width).unwrap_or(i64::MAX));
    let rows: Vec<(Timestamp, Uuid)> = db.fetch_all(sql).await?;
    Ok(rows.into_iter().map(|(timestamp, id)| Key { timestamp, id }).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn key(at: i64) -> Key {
        Key { timestamp: Timestamp::from_micros(at), id: Uuid::from_u128(at.unsigned_abs().into()) }
    }

    fn newest(log: &BTreeSet<Key>, width: usize) -> Vec<Key> {
        log.iter().rev().take(width).copied().collect()
    }

    #[test]
    fn what_comes_late_with_an_earlier_time_has_come() {
        let mut seen = Seen::default();
        let mut log: BTreeSet<Key> = [10, 20, 30].map(key).into();
        seen.take(newest(&log, 10), 10);
        log.extend([15, 40].map(key));
        seen.take(newest(&log, 10), 10);
        assert_eq!(seen.moment, 2);
        assert_eq!(seen.arrivals, [(2, key(40)), (2, key(15))]);
        seen.take(newest(&log, 10), 10);
        assert_eq!(seen.moment, 2, "nothing came, so it is no other moment");
    }

    #[test]
    fn what_lay_below_the_newest_never_comes() {
        let mut seen = Seen::default();
        let mut log: BTreeSet<Key> = (1..=20).map(key).collect();
        seen.take(newest(&log, 5), 5);
        // A retention run took the newest: older ones move up, and have not come.
        log.remove(&key(20));
        seen.take(newest(&log, 5), 5);
        assert!(seen.arrivals.is_empty(), "{:?}", seen.arrivals);
    }

    #[test]
    fn more_than_it_can_remember_is_said() {
        let mut seen = Seen::default();
        let mut log: BTreeSet<Key> = (1..=5).map(key).collect();
        seen.take(newest(&log, 5), 5);
        log.extend((6..=9).map(key));
        seen.take(newest(&log, 5), 5);
        assert_eq!(seen.forgotten, 1, "one of those before is still there, so nothing was missed");
        log.extend((10..=30).map(key));
        seen.take(newest(&log, 5), 5);
        assert_eq!(seen.forgotten, 3);
    }

    proptest! {
        /// Whatever comes in whatever order, each entry within the newest arrives exactly once, or it is said that some
        /// may be missing.
        #[test]
        fn each_arrives_once(
            begin in prop::collection::btree_set(0..1_000_i64, 0..30),
            steps in prop::collection::vec(prop::collection::btree_set(0..1_000_i64, 0..12), 1..8),
            width in 1..40_usize,
        ) {
            let mut log: BTreeSet<Key> = begin.into_iter().map(key).collect();
            let mut seen = Seen::default();
            seen.take(newest(&log, width), width);
            let start = seen.moment;
            let mut came: BTreeSet<Key> = BTreeSet::new();
            for step in steps {
                let floor = seen.floor;
                let new: BTreeSet<Key> =
                    step.into_iter().map(key).filter(|key| !log.contains(key)).collect();
                log.extend(&new);
                let now = newest(&log, width);
                came.extend(new.iter().filter(|key| floor.is_none_or(|floor| **key > floor) && now.contains(key)));
                seen.take(now, width);
            }
            let met: Vec<Key> = seen.arrivals.iter().map(|(_, key)| *key).collect();
            let once: BTreeSet<Key> = met.iter().copied().collect();
            prop_assert_eq!(met.len(), once.len(), "one came twice");
            prop_assert!(once.is_subset(&came));
            if start >= seen.forgotten {
                prop_assert_eq!(once, came);
            }
        }
    }
}
