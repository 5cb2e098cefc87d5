//! What the errors of a group have in common: service type and browser, beside those of what goes well in the same area.

use std::{collections::HashMap, ops::ControlFlow};

use uuid::Uuid;

use super::{fingerprint::Fingerprint, store};
use crate::{
    core::{error::Result, time::Timestamp},
    db::{Budget, Db, Looked, Sql},
    logs::{
        filter::{Area, Choice, Filter, Preset, Range},
        json, look, store as logs,
        story::moment::{ERROR, LOOKING},
        user_agent,
    },
    paging::At,
};

/// How many of the newest errors are looked at.
pub const ERRORS: usize = 1_000;
/// How many of the newest successes they are compared with.
const SUCCESSES: usize = 500;
/// How many are read at once.
const AT_ONCE: usize = 100;
/// From so many successes on a share of them says something.
const ENOUGH: u64 = 20;

/// How many entries have which value.
pub type Tally = HashMap<String, u64>;

/// What entries say of service and browser.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sample {
    /// How many were looked at.
    pub of: u64,
    /// By service type.
    pub services: Tally,
    /// By browser.
    pub browsers: Tally,
    /// By area.
    pub areas: Tally,
    /// When the oldest and the newest of them were recorded.
    pub span: Option<(Timestamp, Timestamp)>,
    /// How many have the status of an error,
    pub by_status: u64,
    /// and how many its action.
    pub by_action: u64,
    /// Their user agents, each with its browser where that can be said.
    agents: HashMap<String, Option<String>>,
}

/// The errors of a group beside what goes well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Differs {
    /// The newest errors.
    pub errors: Sample,
    /// The newest successes of the last 30 days in the same area.
    pub successes: Sample,
}

/// A value, how many errors have it, and which part of the successes, where that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The value.
    pub value: String,
    /// So many errors.
    pub n: u64,
    /// So many hundredths of the successes.
    pub percent: Option<u64>,
}

impl Differs {
    /// A part of the user agents of a browser that no other one met here has; none where nothing tells them apart.
    #[must_use]
    pub fn needle(&self, browser: &str) -> Option<String> {
        let all = || self.errors.agents.iter().chain(&self.successes.agents);
        let is_ours = |family: &Option<String>| family.as_deref() == Some(browser);
        let has = |agent: &str, mark: &str| agent.to_lowercase().contains(&mark.to_lowercase());
        let (sample, _) = all().find(|(_, family)| is_ours(family))?;
        let parts = |mark: &&str| all().all(|(agent, family)| has(agent, mark) == is_ours(family));
        user_agent::marks(sample).into_iter().find(parts).map(str::to_owned)
    }
}

impl Sample {
    /// The values that most errors have, beside the same tally of successes.
    #[must_use]
    pub fn shares(errors: &Tally, (successes, of): (&Tally, u64), most: usize) -> Vec<Share> {
        let share = |(value, n): (&String, &u64)| {
            let had = successes.get(value).copied().unwrap_or_default();
            // Where no success says anything of it, nothing can be compared.
            let known = of >= ENOUGH && !successes.is_empty();
            Share { value: value.clone(), n: *n, percent: known.then(|| had * 100 / of) }
        };
        let mut shares: Vec<Share> = errors.iter().map(share).collect();
        shares.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.value.cmp(&b.value)));
        shares.truncate(most);
        shares
    }
}

/// An entry as far as it is compared.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    timestamp: Timestamp,
    action_type: String,
    status: String,
    area: String,
    user_agent: Option<String>,
    extra: Option<String>,
}

/// Compares the newest errors of a group, which happened last in `area`, with what goes well there.
pub async fn of(db: &Db, fingerprint: Fingerprint, area: &str, now: Timestamp, budget: Budget) -> Result<Differs> {
    let errors = store::entries(db, fingerprint, At::Newest, ERRORS).await?;
    let only = |value: &str| Choice { any: vec![value.to_owned()], none: Vec::new() };
    let filter = Filter {
        range: Range::Last(Preset::Month),
        area: Choice { any: vec![Area::Exactly(area.to_owned())], none: Vec::new() },
        status: only("success"),
        action_type: Choice { any: Vec::new(), none: LOOKING.into_iter().chain([ERROR]).map(str::to_owned).collect() },
        ..Filter::default()
    };
    let plan = logs::plan(db, &filter, now, true).await?;
    let (successes, _) = look::keys(db, &plan, At::Newest, SUCCESSES, budget).await?;
    let ids = |keys: &[crate::paging::Key]| keys.iter().map(|key| key.id).collect::<Vec<_>>();
    Ok(Differs {
        errors: sample(db, &ids(&errors.rows), budget).await?,
        successes: sample(db, &ids(&successes), budget).await?,
    })
}

async fn sample(db: &Db, ids: &[Uuid], budget: Budget) -> Result<Sample> {
    let mut out = Sample::default();
    let mut looking = db.look(budget).await?;
    for ids in ids.chunks(AT_ONCE) {
        let sql = Sql::new(
            "SELECT \"timestamp\", action_type, status, area, user_agent, extra FROM audit_logs WHERE id IN (",
        );
        let looked = looking.for_each(sql.bind_all(ids.iter().copied()).text(")"), |row: Row| {
            out.of += 1;
            let (oldest, newest) = out.span.unwrap_or((row.timestamp, row.timestamp));
            out.span = Some((oldest.min(row.timestamp), newest.max(row.timestamp)));
            out.by_status += u64::from(row.status == ERROR);
            out.by_action += u64::from(row.action_type == ERROR);
            *out.areas.entry(row.area).or_default() += 1;
            if let Some(service) = row.extra.as_deref().and_then(|extra| json::top_level(extra, "service_type")) {
                *out.services.entry(service).or_default() += 1;
            }
            let Some(agent) = row.user_agent else { return ControlFlow::Continue(()) };
            let family = out.agents.entry(agent).or_insert_with_key(|agent| {
                user_agent::in_words(agent).map(|words| user_agent::family(&words).to_owned())
            });
            if let Some(family) = family {
                *out.browsers.entry(family.clone()).or_default() += 1;
            }
            ControlFlow::Continue(())
        });
        if !matches!(looked.await?, Looked::Whole(())) || !looking.in_time() {
            break;
        }
    }
    looking.done();
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_said_only_where_there_is_enough_to_compare_with() {
        let tally = |pairs: &[(&str, u64)]| pairs.iter().map(|(value, n)| ((*value).to_owned(), *n)).collect::<Tally>();
        let errors = tally(&[("Safari", 13), ("Chrome", 8), ("Firefox", 2)]);
        let said = |successes: &Tally, of| {
            let shares = Sample::shares(&errors, (successes, of), 2);
            shares.into_iter().map(|share| (share.value, share.n, share.percent)).collect::<Vec<_>>()
        };
        let successes = tally(&[("Safari", 22), ("Firefox", 50)]);
        let compared = [("Safari".to_owned(), 13, Some(22)), ("Chrome".to_owned(), 8, Some(0))];
        assert_eq!(said(&successes, 100), compared);
        assert_eq!(said(&successes, 19)[0].2, None, "too few");
        assert_eq!(said(&Tally::new(), 100)[0].2, None, "no success says a browser");
    }
}
