//! Asking the database for an overview: the totals where the filter knows only what they know, else the list's own
//! plan, entry by entry; newest first, and no longer than the budget.

use std::collections::HashMap;

use super::{
    buckets::Buckets,
    cover::{self, By, Piece},
    tally::{Column, Kinds, Layers, Tally},
};
use crate::{
    core::{
        error::Result,
        time::{Timestamp, Zone},
    },
    db::{Budget, Db, Looked, Looking, Sql},
    logs::{
        filter::{Area, Choice, Filter, Range},
        look,
        predicates::Meaning,
        sql::{self, Plan},
        store,
        totals::{
            build::{self, Progress},
            cells,
        },
    },
    paging::Seen,
};

/// For whom an overview is, and as of when.
#[derive(Debug, Clone, Copy)]
pub struct Asker {
    /// The instant that ranges end at.
    pub now: Timestamp,
    /// On whose clock bars begin.
    pub zone: Zone,
    /// Whether their role sees details.
    pub details: bool,
}

/// How far counting came, from the newest entry back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To the end: every number is exact.
    All,
    /// To this instant: what is older has not been looked at.
    BackTo(Timestamp),
    /// Nowhere: nothing has been looked at.
    Nowhere,
}

/// How many entries there are of each value of status, action and area; absent where that is not known.
#[derive(Debug, Clone, Default)]
pub struct Counts([Option<HashMap<String, u64>>; 3]);

impl Counts {
    /// How many entries choosing a value of a column would give, the other filters as they are. An area may be a whole
    /// branch (`members/*`).
    #[must_use]
    pub fn of(&self, column: Column, value: &str) -> Option<u64> {
        let counts = self.0[column as usize].as_ref()?;
        if column != Column::Area {
            return Some(counts.get(value).copied().unwrap_or_default());
        }
        let area = Area::parse(value);
        Some(counts.iter().filter(|(had, _)| area.covers(had)).map(|(_, n)| n).sum())
    }

    /// The areas that hold entries, most first.
    #[must_use]
    pub fn areas(&self) -> Option<Vec<Area>> {
        let counts = self.0[Column::Area as usize].as_ref()?;
        let mut held: Vec<(&String, u64)> = counts.iter().map(|(area, n)| (area, *n)).filter(|(_, n)| *n > 0).collect();
        held.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        Some(held.into_iter().map(|(area, _)| Area::Exactly(area.clone())).collect())
    }

    fn set(&mut self, column: Column, tally: &Tally) {
        self.0[column as usize] = Some(tally.values(column));
    }
}

/// Entries over time and by value.
#[derive(Debug, Clone)]
pub struct Overview {
    /// How time is cut; none where the log holds nothing in that time.
    pub buckets: Option<Buckets>,
    /// What each bar holds, as far as counting came.
    pub bars: Vec<Layers>,
    /// How far it came.
    pub reach: Reach,
    /// How many there are of each value.
    pub counts: Counts,
    /// How far the totals are, where they are still being built.
    pub building: Option<Progress>,
}

/// Whether the totals know everything that a filter asks about.
fn is_in_totals(filter: &Filter) -> bool {
    let known = Filter {
        range: filter.range,
        action_type: filter.action_type.clone(),
        status: filter.status.clone(),
        area: filter.area.clone(),
        ..Filter::default()
    };
    known == *filter
}

/// The overview of a filter.
pub async fn overview(db: &Db, filter: &Filter, asker: Asker, budget: Budget) -> Result<Overview> {
    let progress = build::progress(db).await?;
    let building = progress.filter(|progress| !progress.is_complete() && is_in_totals(filter));
    // Everything that needs another reader comes first: whoever holds one and waits for another may wait for one who
    // does so too.
    let plan = store::plan(db, filter, asker.now, asker.details).await?;
    let chooses = !(filter.status.is_empty() && filter.action_type.is_empty() && filter.area.is_empty());
    let wider = match chooses.then(|| without_choices(filter)) {
        Some(wider) => Some(store::plan(db, &wider, asker.now, asker.details).await?),
        None => None,
    };
    let mut looking = db.look(budget).await?;
    let mut ask = Ask { looking: &mut looking, filter, plan, wider, asker, budget };
    let found = ask.overview(progress).await;
    let found = look::finish(looking, found)?;
    Ok(Overview { building, ..found })
}

/// The filter without what it chooses of the values that an overview counts.
fn without_choices(filter: &Filter) -> Filter {
    Filter { status: Choice::default(), action_type: Choice::default(), area: Choice::default(), ..filter.clone() }
}

/// How many entries there are of a combination.
#[derive(sqlx::FromRow)]
struct Kind {
    action_type: String,
    status: String,
    area: String,
    n: i64,
}

struct Ask<'a> {
    looking: &'a mut Looking,
    filter: &'a Filter,
    plan: Plan,
    /// Of the filter without its choices, where it makes any.
    wider: Option<Plan>,
    asker: Asker,
    budget: Budget,
}

impl Ask<'_> {
    async fn overview(&mut self, progress: Option<Progress>) -> Result<Overview> {
        let Looked::Whole(ends) = self.ends().await? else { return Ok(Overview::unknown()) };
        if progress.is_some_and(Progress::is_complete)
            && is_in_totals(self.filter)
            && let Some(combinations) = cells::combinations(self.looking).await?
        {
            return self.by_totals(ends, combinations).await;
        }
        self.by_entries(ends).await
    }

    /// The first and the last instant in the log.
    async fn ends(&mut self) -> Result<Looked<Option<(Timestamp, Timestamp)>>> {
        let mut ends = Vec::new();
        for sql in [
            "SELECT \"timestamp\" FROM audit_logs ORDER BY \"timestamp\", id LIMIT 1",
            "SELECT \"timestamp\" FROM audit_logs ORDER BY \"timestamp\" DESC, id DESC LIMIT 1",
        ] {
            match self.looking.fetch_all::<(Timestamp,)>(Sql::new(sql)).await? {
                Looked::Whole(rows) => ends.extend(rows.into_iter().map(|(at,)| at)),
                Looked::Interrupted => return Ok(Looked::Interrupted),
            }
        }
        Ok(Looked::Whole(match ends.as_slice() {
            [first, last] => Some((*first, *last)),
            _ => None,
        }))
    }

    fn cut(&self, ends: Option<(Timestamp, Timestamp)>) -> Option<Buckets> {
        Buckets::of(self.filter.range, self.asker.now, ends, self.asker.zone)
    }

    /// From the totals; what their cells do not fit is counted entry by entry.
    async fn by_totals(
        &mut self,
        ends: Option<(Timestamp, Timestamp)>,
        combinations: Vec<cells::Combination>,
    ) -> Result<Overview> {
        let mut kinds = Kinds::of(self.filter);
        let numbers: HashMap<i64, usize> = combinations
            .iter()
            .map(|combination| {
                let number = kinds.number(&combination.action_type, &combination.status, &combination.area);
                (combination.id, number)
            })
            .collect();
        let mut tally = Tally::new(kinds);
        let Some(buckets) = self.cut(ends) else { return Ok(Overview::nothing(&tally)) };
        let mut reach = Reach::Nowhere;
        let pieces = cover::cover(&buckets.edges());
        let mut whole = true;
        for (taken, piece) in (0_u32..).zip(pieces) {
            whole = taken < self.budget.steps && self.looking.in_time();
            if !whole {
                break;
            }
            let (came, to_its_end) = self.piece(piece, &numbers, &mut tally).await?;
            reach = came.map_or(reach, Reach::BackTo);
            whole = to_its_end;
            if !whole {
                break;
            }
        }
        if whole {
            reach = Reach::All;
        }
        let mut counts = Counts::default();
        if reach == Reach::All {
            for column in [Column::Status, Column::ActionType, Column::Area] {
                counts.set(column, &tally);
            }
        }
        Ok(Overview { bars: tally.bars(&buckets), buckets: Some(buckets), reach, counts, building: None })
    }

    /// Counts one stretch: how far back that came, and whether it came to its end.
    async fn piece(
        &mut self,
        piece: Piece,
        numbers: &HashMap<i64, usize>,
        tally: &mut Tally,
    ) -> Result<(Option<Timestamp>, bool)> {
        let mut came = None;
        let whole = match piece.by {
            By::Cells(size) => {
                let each = |at, combination: i64, n| {
                    came = Some(at);
                    // One that is new since they were asked for came with an entry after the instant of this request.
                    if let Some(kind) = numbers.get(&combination) {
                        tally.add(at, *kind, n);
                    }
                };
                cells::read(self.looking, size, piece.from, piece.to, each).await?
            }
            By::Together => {
                let plan = self.of_time(piece);
                match self.looking.fetch_all::<Kind>(plan.combinations(plan.window)).await? {
                    Looked::Whole(kinds) => {
                        for Kind { action_type, status, area, n } in kinds {
                            let kind = tally.kinds().number(&action_type, &status, &area);
                            tally.add(piece.from, kind, u64::try_from(n).unwrap_or_default());
                        }
                        true
                    }
                    Looked::Interrupted => false,
                }
            }
            By::Entries => {
                let (far, whole) = self.entries(&self.of_time(piece), tally).await?;
                came = far;
                whole
            }
        };
        Ok((if whole { Some(piece.from) } else { came }, whole))
    }

    /// The plan of all that lies within a piece.
    fn of_time(&self, piece: Piece) -> Plan {
        let range = Range::Between { from: Some(piece.from), to: Some(piece.to) };
        let of_time = Filter { range, ..Filter::default() };
        sql::plan(&of_time, &Meaning::default(), self.plan.dialect, self.asker.now, self.asker.details)
    }

    /// Counts what a plan meets: how far back that came, and whether it came to its end.
    async fn entries(&mut self, plan: &Plan, tally: &mut Tally) -> Result<(Option<Timestamp>, bool)> {
        let each =
            |facts: look::Facts| tally.add_entry(facts.timestamp, &facts.action_type, &facts.status, &facts.area);
        Ok(match look::each(self.looking, plan, self.budget, each).await? {
            Some(Seen::All) => (None, true),
            Some(Seen::To(key)) => (Some(key.timestamp), false),
            None => (None, false),
        })
    }

    /// From the entries that the list's own plan meets.
    async fn by_entries(&mut self, ends: Option<(Timestamp, Timestamp)>) -> Result<Overview> {
        let mut tally = Tally::new(Kinds::of(self.filter));
        let plan = self.plan.clone();
        let (came, whole) = self.entries(&plan, &mut tally).await?;
        let reach = match (whole, came) {
            (true, _) => Reach::All,
            (false, Some(to)) => Reach::BackTo(to),
            (false, None) => Reach::Nowhere,
        };
        // All time is as long as what was met, once that is known.
        let met = tally.ends().filter(|_| whole);
        let Some(buckets) = self.cut(met.or(ends)) else { return Ok(Overview::nothing(&tally)) };
        let counts = if whole { self.counts(&tally).await? } else { Counts::default() };
        Ok(Overview { bars: tally.bars(&buckets), buckets: Some(buckets), reach, counts, building: None })
    }

    /// How many there are of each value. What a choice leaves out was not met: where the filter chooses, the entries
    /// without its choices are walked as well, if that takes no longer than half the budget.
    async fn counts(&mut self, met: &Tally) -> Result<Counts> {
        let filter = self.filter;
        let chosen = [
            (Column::Status, !filter.status.is_empty()),
            (Column::ActionType, !filter.action_type.is_empty()),
            (Column::Area, !filter.area.is_empty()),
        ];
        let mut counts = Counts::default();
        for (column, _) in chosen.into_iter().filter(|(_, chosen)| !chosen) {
            counts.set(column, met);
        }
        let Some(plan) = self.wider.take() else { return Ok(counts) };
        let left = self.looking.deadline().saturating_duration_since(std::time::Instant::now());
        self.looking.extend(left.min(self.budget.time / 2));
        let mut all = Tally::new(Kinds::of(filter));
        let (_, whole) = self.entries(&plan, &mut all).await?;
        if whole {
            for (column, _) in chosen.into_iter().filter(|(_, chosen)| *chosen) {
                counts.set(column, &all);
            }
        }
        Ok(counts)
    }
}

impl Overview {
    /// Before anything was looked at.
    fn unknown() -> Self {
        Self { buckets: None, bars: Vec::new(), reach: Reach::Nowhere, counts: Counts::default(), building: None }
    }

    /// Of a time in which the log holds nothing: every number is none.
    fn nothing(tally: &Tally) -> Self {
        let mut counts = Counts::default();
        for column in [Column::Status, Column::ActionType, Column::Area] {
            counts.set(column, tally);
        }
        Self { buckets: None, bars: Vec::new(), reach: Reach::All, counts, building: None }
    }
}
