//! Everything that a search finds at once, for an export: as of a snapshot, and without a clock.

use std::ops::ControlFlow;

use super::{Question, index, walk::hits};
use crate::{
    core::error::Result,
    db::Snapshot,
    logs::{checks::Candidate, sql::Plan},
    paging::Key,
};

/// How many candidates are looked at one by one; beyond that, going through the log in its order is no slower. It also
/// bounds what is held in memory: 24 bytes for each.
const MOST: i64 = 100_000;

/// Every match of a plan, newest first. None where it has no term that the index knows, where the index is not complete,
/// or where each term has too many candidates.
pub async fn matches(snapshot: &mut Snapshot, plan: &Plan) -> Result<Option<Vec<Key>>> {
    let questions: Vec<Question> = plan.checks.terms.iter().filter_map(|term| Question::of(term)).collect();
    if questions.is_empty() || !plan.dialect.has_words() {
        return Ok(None);
    }
    if !plan.dialect.derives() {
        let from: Vec<(i64,)> = snapshot.fetch_all(index::from()).await?;
        if from.first().is_none_or(|(from,)| *from > 1) {
            return Ok(None);
        }
    }
    let mut rarest: Option<(i64, Question)> = None;
    for question in questions {
        let found: Vec<(i64,)> = snapshot.fetch_all(hits(plan, &question, None, MOST + 1)).await?;
        let n = found.first().map_or(i64::MAX, |(n,)| *n);
        if n <= MOST && rarest.as_ref().is_none_or(|(least, _)| n < *least) {
            rarest = Some((n, question));
        }
    }
    let Some((_, question)) = rarest else { return Ok(None) };
    let mut keys: Vec<Key> = Vec::new();
    let each = |candidate: Candidate| {
        if plan.checks.pass(&candidate) {
            keys.push(candidate.key());
        }
        ControlFlow::Continue(())
    };
    snapshot.for_each(plan.candidates(Some(&question), None, plan.window), each).await?;
    keys.sort_unstable_by(|a, b| b.cmp(a));
    // An entry has two places in the index.
    keys.dedup();
    Ok(Some(keys))
}
