//! What was read a moment ago and still holds: a page asks for it each time, and it changes hardly ever.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{Db, Sql};

/// How many conditions are known to be met by many at once.
const MOST: usize = 64;

/// Kept with a [`Db`], for all that share it.
#[derive(Debug, Default)]
pub struct Memo {
    texts: Mutex<HashMap<&'static str, Texts>>,
    many: Mutex<VecDeque<(Sql, Instant)>>,
}

#[derive(Debug)]
struct Texts {
    version: i64,
    at: Instant,
    all: Arc<[String]>,
}

impl Memo {
    /// The texts kept under a name, where they were read at this version and not longer ago than `age`.
    #[must_use]
    pub fn texts(&self, name: &'static str, version: i64, age: Duration) -> Option<Arc<[String]>> {
        let texts = lock(&self.texts);
        let kept = texts.get(name).filter(|kept| kept.version == version && kept.at.elapsed() <= age)?;
        Some(Arc::clone(&kept.all))
    }

    /// Keeps texts that were read after `version` was.
    pub fn keep_texts(&self, name: &'static str, version: i64, texts: Vec<String>) -> Arc<[String]> {
        let texts: Arc<[String]> = texts.into();
        let kept = Texts { version, at: Instant::now(), all: Arc::clone(&texts) };
        lock(&self.texts).insert(name, kept);
        texts
    }

    /// Whether it was said not longer ago than `age` that many meet this condition.
    #[must_use]
    pub fn are_many(&self, condition: &Sql, age: Duration) -> bool {
        lock(&self.many).iter().any(|(had, at)| at.elapsed() <= age && had == condition)
    }

    /// Remembers that many meet this condition.
    pub fn keep_many(&self, condition: Sql) {
        let mut many = lock(&self.many);
        many.retain(|(had, _)| *had != condition);
        many.push_back((condition, Instant::now()));
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
    }

    #[test]
    fn the_oldest_of_too_many_conditions_is_forgotten() {
        let memo = Memo::default();
        let condition = |n: usize| Sql::new("a = ").bind(i64::try_from(n).unwrap_or_default());
        for n in 0..=MOST {
            memo.keep_many(condition(n));
            memo.keep_many(condition(n));
        }
        assert!(!memo.are_many(&condition(0), LONG) && memo.are_many(&condition(1), LONG));
        assert!(memo.are_many(&condition(MOST), LONG) && !memo.are_many(&condition(MOST + 1), LONG));
    }
}
