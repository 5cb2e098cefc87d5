//! How many entries of a list are new: out of what the watcher met, or where it cannot tell, by counting anew.

use std::collections::HashSet;

use super::{
    since::{Shown, Told, Watched},
    watcher::{Moment, WIDTH, Watcher},
};
use crate::{
    core::error::Result,
    db::{Budget, Db},
    logs::{look, sql::Plan},
    paging::{At, Cursor, Key, Seen},
};

/// Beyond so many new entries nobody is told a number.
pub const CAP: usize = 1_000;

/// What is new in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// What to tell.
    pub told: Told,
    /// What came until then is counted,
    pub moment: Moment,
    /// as so many.
    pub base: i64,
    /// How many entries came to the whole log since whoever asks was last told anything.
    pub came: usize,
}

/// Where to look.
pub struct Place<'a> {
    /// Who asks the database for everybody.
    pub watcher: &'a Watcher,
    /// The database.
    pub db: &'a Db,
    /// The list.
    pub plan: &'a Plan,
    /// How long to look.
    pub budget: Budget,
}

impl Place<'_> {
    /// What is new since a list was shown, to somebody who may have been told of some of it.
    pub async fn news(&self, shown: &Shown, had: Option<&Watched>) -> Result<News> {
        let Some(had) = had else { return self.anew(shown).await };
        if had.epoch == self.watcher.epoch() {
            let arrived = self.watcher.since(self.db, had.moment).await?;
            if arrived.whole {
                let (matching, all) = self.matching(&arrived.keys).await?;
                let base = had.base.saturating_add(count(matching));
                let entries = u64::try_from(base).unwrap_or_default();
                let told = Told { entries, at_least: had.told.at_least || !all };
                return Ok(News { told, moment: arrived.moment, base, came: arrived.keys.len() });
            }
        }
        // More came than is remembered, or Daybook was started anew. What the list had is known all the same; only what
        // came late below it may be missing, so it is “at least”.
        let news = self.anew(shown).await?;
        let base = news.base.max(had.base);
        let told = Told { entries: news.told.entries.max(had.told.entries), at_least: true };
        Ok(News { told, base, ..news })
    }

    /// How many entries are there beyond those that the list had.
    async fn anew(&self, shown: &Shown) -> Result<News> {
        // The moment comes before the count: what falls between the two is counted, and met after the moment.
        let moment = self.watcher.now(self.db).await?;
        let want = shown.entries + CAP + 1;
        let (keys, seen) = look::keys(self.db, self.plan, At::After(shown.from), want, self.budget).await?;
        let later = self.watcher.met_after(moment, &keys).await;
        let entries = u64::try_from(keys.len().saturating_sub(shown.entries)).unwrap_or_default();
        let told = Told { entries, at_least: seen != Seen::All };
        let base = count(keys.len()) - count(shown.entries) - count(later);
        Ok(News { told, moment, base, came: 0 })
    }

    /// How many of the entries that came match, and whether all could be looked at.
    async fn matching(&self, came: &[Key]) -> Result<(usize, bool)> {
        let Some(oldest) = came.iter().min() else { return Ok((0, true)) };
        let at = At::After(Cursor::at(*oldest));
        let (keys, seen) = look::keys(self.db, self.plan, at, 2 * WIDTH, self.budget).await?;
        let came: HashSet<&Key> = came.iter().collect();
        let all = seen == Seen::All && keys.len() < 2 * WIDTH;
        Ok((keys.iter().filter(|key| came.contains(key)).count(), all))
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
