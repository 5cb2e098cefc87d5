//! When a group was recorded: the chart on its page.

use super::{
    filter::link_in,
    store::{Group, Quarters},
};
use crate::{
    core::time::Timestamp,
    logs::{
        filter::Range,
        overview::{
            buckets::{Bar, Buckets},
            tally::{Layer, Layers},
            view::{self, Figure},
        },
        view::Reader,
    },
    paging::{Cursor, Key},
};

/// The bars of a group's chart, from its first time, at least of the last hours, to now: quarters of an hour, or longer.
#[must_use]
pub fn buckets(group: &Group, reader: &Reader) -> Option<Buckets> {
    const LEAST: chrono::Duration = chrono::Duration::hours(6);
    let first = group.first_at.min(reader.now.plus(-LEAST)).max(Timestamp::MIN);
    let ends = (first, group.last_at.max(reader.now));
    Buckets::of(Range::All, reader.now, Some(ends), reader.zone)
}

/// The chart with how many fell into each of its bars. Each leads to the times that it counts, in the zone of this request
/// where it has one.
#[must_use]
pub fn figure(group: &Group, buckets: &Buckets, counted: &Quarters, tz: Option<&str>, reader: &Reader) -> Figure {
    let edges = buckets.edges();
    let mut counts = vec![0; buckets.bars.len()];
    for (at, n) in counted {
        let bar = edges.partition_point(|edge| edge <= at).checked_sub(1);
        if let Some(count) = bar.and_then(|bar| counts.get_mut(bar)) {
            *count += n;
        }
    }
    let bars: Vec<Layers> = counts.into_iter().map(|n| Layers::of(Layer::Error, n)).collect();
    let href = |_: Bar, last: Bar| {
        let end = last.to.map(|to| Cursor::beyond(Key { timestamp: to, id: uuid::Uuid::nil() }));
        let place = end.map(|end| ("before", end.to_string()));
        format!("{}#each", link_in(group.fingerprint(), place, tz))
    };
    view::errors(buckets, &bars, reader, &href)
}
