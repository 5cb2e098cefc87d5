//! What was read a moment ago and still holds: a page asks for it each time, and it changes hardly ever.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{Db, Sql};
use crate::core::time::Timestamp;

/// How many conditions are known to be met by many at once.
const MOST: usize = 64;

/// Kept with a [`Db`], for all that share it.
#[derive(Debug, Default)]
pub struct Memo {
    texts: Mutex<HashMap<&'static str, Kept<String>>>,
    pairs: Mutex<HashMap<&'static str, Kept<(String, String)>>>,
    many: Mutex<VecDeque<(Sql, Timestamp, Instant)>>,
}

/// What was read after a version was.
#[derive(Debug)]
struct Kept<T> {
    version: i64,
    at: Instant,
    all: Arc<[T]>,
}

impl<T> Kept<T> {
    fn at(version: i64, all: Vec<T>) -> Self {
        Self { version, at: Instant::now(), all: all.into() }
    }

    /// It, where it was read at this version and not longer ago than `age`.
    fn if_it_holds(&self, version: i64, age: Duration) -> Option<Arc<[T]>> {
        (self.version == version && self.at.elapsed() <= age).then(|| Arc::clone(&self.all))
    }
}

impl Memo {
    /// The texts kept under a name, where they were read at this version and not longer ago than `age`.
    #[must_use]
    pub fn texts(&self, name: &'static str, version: i64, age: Duration) -> Option<Arc<[String]>> {
        lock(&self.texts).get(name)?.if_it_holds(version, age)
    }

    /// Keeps texts that were read after `version` was.
    pub fn keep_texts(&self, name: &'static str, version: i64, texts: Vec<String>) {
        lock(&self.texts).insert(name, Kept::at(version, texts));
    }

    /// The pairs kept under a name, where they were read at this version.
    #[must_use]
    pub fn pairs(&self, name: &'static str, version: i64) -> Option<Arc<[(String, String)]>> {
        lock(&self.pairs).get(name)?.if_it_holds(version, Duration::MAX)
    }

    /// Keeps pairs that were read after `version` was.
    pub fn keep_pairs(&self, name: &'static str, version: i64, pairs: Vec<(String, String)>) {
        lock(&self.pairs).insert(name, Kept::at(version, pairs));
    }

    /// Since when many entries meet this condition, if that was said not longer ago than `age`.
    #[must_use]
    pub fn many_since(&self, condition: &Sql, age: Duration) -> Option<Timestamp> {
        let many = lock(&self.many);
        many.iter().find(|(had, _, at)| at.elapsed() <= age && had == condition).map(|(_, since, _)| *since)
    }

    /// Remembers that many entries since an instant meet this condition.
    pub fn keep_many(&self, condition: Sql, since: Timestamp) {
        let mut many = lock(&self.many);
        many.retain(|(had, ..)| *had != condition);
        many.push_back((condition, since, Instant::now()));
        if many.len() > MOST {
            many.pop_front();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Db {
    /// What was read a moment ago.
    #[must_use]
    pub fn memo(&self) -> &Memo {
        match self {
            Self::Sqlite(db) => db.memo(),
            Self::Postgres(db) => db.memo(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn texts_hold_for_a_version_and_for_a_time() {
        let memo = Memo::default();
        assert_eq!(memo.texts("a", 1, LONG), None);
        memo.keep_texts("a", 1, vec!["x".to_owned()]);
        assert_eq!(memo.texts("a", 1, LONG).as_deref(), Some(&["x".to_owned()][..]));
        assert_eq!(memo.texts("a", 2, LONG), None);
        assert_eq!(memo.texts("b", 1, LONG), None);
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(memo.texts("a", 1, Duration::from_millis(1)), None);
        let pair = ("x".to_owned(), "y".to_owned());
        memo.keep_pairs("a", 2, vec![pair.clone()]);
        assert_eq!((memo.pairs("a", 1), memo.pairs("a", 2).as_deref()), (None, Some(&[pair][..])));
    }

    #[test]
    fn the_oldest_of_too_many_conditions_is_forgotten() {
        let memo = Memo::default();
        let condition = |n: usize| Sql::new("a = ").bind(i64::try_from(n).unwrap_or_default());
        let (first, second) = (Timestamp::from_micros(1), Timestamp::from_micros(2));
        for n in 0..=MOST {
            memo.keep_many(condition(n), first);
            memo.keep_many(condition(n), second);
        }
        assert_eq!((memo.many_since(&condition(0), LONG), memo.many_since(&condition(1), LONG)), (None, Some(second)));
        assert_eq!(memo.many_since(&condition(MOST), LONG), Some(second));
        assert_eq!(memo.many_since(&condition(MOST + 1), LONG), None);
    }
}
