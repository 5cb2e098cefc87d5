//! Which values the log holds: the choices of the filter form, and what a filter by action or status walks.

use std::time::Duration;

use tokio::sync::OnceCell;

use super::predicates::BRANCHES;
use crate::{
    core::error::Result,
    db::{Column, Db, Sql},
};

/// The values that the log holds, for the choices of the filter form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// Every action, in alphabetical order, at most 200.
    pub action_types: Vec<String>,
    /// Every status, at most 200.
    pub statuses: Vec<String>,
    /// Every area, at most 200; those of the newest entries first, the most frequent of them at the top.
    pub areas: Vec<String>,
}

/// The values of a column that the log holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// In alphabetical order, at most 200.
    pub values: Vec<String>,
    /// Whether those are all.
    pub whole: bool,
}

impl Known {
    fn of(mut values: Vec<String>) -> Self {
        let whole = values.len() <= BRANCHES;
        values.truncate(BRANCHES);
        Self { values, whole }
    }

    /// The values, where those are all.
    #[must_use]
    pub fn all(self) -> Option<Vec<String>> {
        self.whole.then_some(self.values)
    }
}

/// As many as may be walked, and one that says that there are more.
#[expect(clippy::cast_possible_wrap, reason = "a small number")]
const AND_MORE: i64 = BRANCHES as i64 + 1;

/// How many of the newest entries say which areas matter now.
const LATELY: i64 = 300;

/// How old the order of the areas may be.
const ORDER: Duration = Duration::from_secs(5);

/// The values that the log holds, for one request: whether those that were read before still hold is asked once, when
/// the first of them is needed.
#[derive(Debug)]
pub struct Vocabulary<'a> {
    db: &'a Db,
    version: OnceCell<Option<i64>>,
}

impl<'a> Vocabulary<'a> {
    /// Of this log, from now on.
    #[must_use]
    pub fn of(db: &'a Db) -> Self {
        Self { db, version: OnceCell::new() }
    }

    /// Whose it is.
    #[must_use]
    pub fn db(&self) -> &'a Db {
        self.db
    }

    /// All that a filter form offers.
    pub async fn values(&self) -> Result<Values> {
        Ok(Values {
            action_types: self.known(Column::ActionType).await?.values,
            statuses: self.known(Column::Status).await?.values,
            areas: self.areas_by_use().await?,
        })
    }

    /// The values of a column; where no index lists them, those of the newest entries.
    pub async fn known(&self, column: Column) -> Result<Known> {
        let name = match column {
            Column::ActionType => "action_type",
            Column::Status => "status",
            _ => "area",
        };
        if self.db.dialect().lists(column) {
            return self.all(name).await;
        }
        let mut lately = self.lately(name).await?;
        lately.sort();
        Ok(Known { whole: false, ..Known::of(lately.into_iter().map(|(value, _)| value).collect()) })
    }

    /// Every action with each status that it has; none where that is not known, or where there are more than 200 of them.
    pub async fn kinds(&self) -> Result<Option<Vec<(String, String)>>> {
        const NAME: &str = "kinds";
        let Some(version) = self.version().await? else { return Ok(None) };
        let kinds = match self.db.memo().pairs(NAME, version) {
            Some(kept) => kept.to_vec(),
            None => {
                let sql = Sql::new("SELECT DISTINCT action_type, status FROM daybook_combinations");
                let read: Vec<(String, String)> = self.db.fetch_all(sql.limit(AND_MORE)).await?;
                self.db.memo().keep_pairs(NAME, version, read.clone());
                read
            }
        };
        Ok(Some(kinds).filter(|kinds| kinds.len() <= BRANCHES))
    }

    /// What of the log values are read at; none where that cannot be told.
    async fn version(&self) -> Result<Option<i64>> {
        let read = async || {
            let Some(sql) = self.db.dialect().version_of_values() else { return Ok(None) };
            Ok(self.db.fetch_optional::<(i64,)>(sql).await?.map(|(version,)| version))
        };
        self.version.get_or_try_init(read).await.copied()
    }

    /// The values of a column among the newest entries, and how often each stands there.
    async fn lately(&self, column: &'static str) -> Result<Vec<(String, i64)>> {
        let newest =
            Sql::new("SELECT ").text(column).text(" AS value FROM audit_logs ORDER BY \"timestamp\" DESC, id DESC");
        let sql = Sql::new("SELECT value, count(*) FROM (").append(&newest.limit(LATELY)).text(") AS n GROUP BY value");
        self.db.fetch_all(sql).await
    }

    async fn areas_by_use(&self) -> Result<Vec<String>> {
        const NAME: &str = "areas by use";
        let version = self.version().await?;
        if let Some(kept) = version.and_then(|version| self.db.memo().texts(NAME, version, ORDER)) {
            return Ok(kept.to_vec());
        }
        let mut used = self.lately("area").await?;
        used.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut areas: Vec<String> = used.into_iter().map(|(area, _)| area).collect();
        for area in self.known(Column::Area).await?.values {
            if !areas.contains(&area) {
                areas.push(area);
            }
        }
        areas.truncate(BRANCHES);
        if let Some(version) = version {
            self.db.memo().keep_texts(NAME, version, areas.clone());
        }
        Ok(areas)
    }

    /// Every value of a column by a walk that skips from each to the next: one index probe a value, however many entries.
    /// Where the log has a version, that is done once for each.
    async fn all(&self, column: &'static str) -> Result<Known> {
        let version = self.version().await?;
        if let Some(kept) = version.and_then(|version| self.db.memo().texts(column, version, Duration::MAX)) {
            return Ok(Known::of(kept.to_vec()));
        }
        let rows: Vec<(String,)> = self.db.fetch_all(skip_scan(&Sql::new(column), &Sql::empty())).await?;
        let values: Vec<String> = rows.into_iter().map(|(value,)| value).collect();
        if let Some(version) = version {
            self.db.memo().keep_texts(column, version, values.clone());
        }
        Ok(Known::of(values))
    }
}

/// Every value of a column, each found by one index probe, within a `range` of conditions that each begin with `AND`.
pub(super) fn skip_scan(column: &Sql, range: &Sql) -> Sql {
    let smallest = |beyond: &'static str| {
        Sql::new("SELECT ")
            .append(column)
            .text(" FROM audit_logs WHERE ")
            .append(column)
            .text(beyond)
            .append(range)
            .text(" ORDER BY ")
            .append(column)
            .text(" LIMIT 1")
    };
    Sql::new("WITH RECURSIVE v(a) AS (SELECT (")
        .append(&smallest(" IS NOT NULL"))
        .text(") UNION ALL SELECT (")
        .append(&smallest(" > v.a"))
        .text(") FROM v WHERE v.a IS NOT NULL) SELECT a FROM v WHERE a IS NOT NULL")
        .limit(AND_MORE)
}
