//! Bars for any range in any zone: few enough, side by side, their edges on the clock.

use chrono::{Datelike, Timelike};
use chrono_tz::{Asia, Australia, Europe, Pacific, TZ_VARIANTS};
use proptest::prelude::*;

use super::*;
use crate::logs::filter::Preset;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("an instant")
}

fn between(from: &str, to: &str) -> Range {
    Range::Between { from: Some(at(from)), to: Some(at(to)) }
}

fn cut(range: Range, zone: Zone) -> Buckets {
    let now = at("2026-06-18T13:38:05Z");
    let ends = (at("2024-06-18T00:00:00Z"), at("2026-06-18T13:37:00Z"));
    Buckets::of(range, now, Some(ends), zone).expect("bars")
}

/// Where the bars begin and end, on the zone's clock with its offset.
fn edges(buckets: &Buckets, zone: Zone) -> Vec<String> {
    let mut edges: Vec<Timestamp> = buckets.bars.iter().map(|bar| bar.from).collect();
    edges.extend(buckets.bars.last().and_then(|bar| bar.to));
    edges.into_iter().map(|edge| edge.in_zone(zone).format("%d %H:%M %z").to_string()).collect()
}

#[test]
fn each_preset_has_bars_of_a_sensible_length() {
    let ranges = Preset::ALL.into_iter().map(Range::Last).chain([Range::All]);
    let words: Vec<(String, usize)> = ranges
        .map(|range| {
            let buckets = cut(range, Europe::London);
            (buckets.step.words(), buckets.bars.len())
        })
        .collect();
    let expected =
        [("5 minutes", 13), ("2 hours", 13), ("12 hours", 15), ("2 days", 16), ("week", 14), ("2 months", 13)];
    assert_eq!(words, expected.map(|(words, n)| (words.to_owned(), n)));
}

#[test]
fn bars_follow_the_clock_when_it_is_set() {
    let zone = Europe::London;
    // The hour that comes twice has a bar each time.
    let hours = cut(between("2025-10-25T22:00:00Z", "2025-10-26T20:00:00Z"), zone);
    assert_eq!(
        edges(&hours, zone)[..5],
        ["25 23:00 +0100", "26 00:00 +0100", "26 01:00 +0100", "26 01:00 +0000", "26 02:00 +0000"]
    );
    // The hour that never comes has none.
    let hours = cut(between("2026-03-28T22:00:00Z", "2026-03-29T20:00:00Z"), zone);
    assert_eq!(edges(&hours, zone)[2..5], ["29 00:00 +0000", "29 02:00 +0100", "29 03:00 +0100"]);
    // Days begin at midnight on either side of it.
    let days = cut(between("2026-03-20T00:00:00Z", "2026-04-05T23:00:00Z"), zone);
    assert_eq!(edges(&days, zone)[8..12], ["28 00:00 +0000", "29 00:00 +0000", "30 00:00 +0100", "31 00:00 +0100"]);
}

#[test]
fn clocks_set_by_half_an_hour_and_zones_between_hours_are_followed() {
    let zone = Australia::Lord_Howe;
    let hours = cut(between("2026-04-04T12:30:00Z", "2026-04-05T06:00:00Z"), zone);
    let edges_then = edges(&hours, zone);
    assert_eq!(
        edges_then[..5],
        ["04 23:30 +1100", "05 00:00 +1100", "05 01:00 +1100", "05 02:00 +1030", "05 03:00 +1030"]
    );
    let hours = cut(between("2026-06-17T12:00:00Z", "2026-06-18T06:00:00Z"), Asia::Kathmandu);
    assert_eq!(edges(&hours, Asia::Kathmandu)[..3], ["17 17:45 +0545", "17 18:00 +0545", "17 19:00 +0545"]);
    // Samoa left out 30 December 2011.
    let days = cut(between("2011-12-20T10:00:00Z", "2012-01-05T10:00:00Z"), Pacific::Apia);
    assert!(days.bars.iter().all(|bar| bar.to.is_some_and(|to| to > bar.from)));
}

#[test]
fn what_is_dated_ahead_has_one_bar_of_its_own() {
    let now = at("2026-06-18T13:38:05Z");
    let ends = Some((at("2026-06-01T00:00:00Z"), Timestamp::MAX));
    for range in [Range::All, Range::Last(Preset::Day), Range::Last(Preset::Hour)] {
        let buckets = Buckets::of(range, now, ends, Europe::London).expect("bars");
        let [.., before, last] = buckets.bars.as_slice() else { panic!("few bars") };
        assert!(buckets.later && last.to.is_none() && before.to == Some(last.from), "{range:?}");
        assert!(buckets.bars.len() > 10, "{range:?}");
    }
    let soon = Some((at("2026-06-01T00:00:00Z"), at("2026-06-18T13:50:00Z")));
    assert!(!Buckets::of(Range::Last(Preset::Day), now, soon, Europe::London).expect("bars").later);
}

#[test]
fn a_time_before_the_first_entry_has_no_bars() {
    let now = at("2026-06-18T13:38:05Z");
    let ends = Some((at("2026-06-01T00:00:00Z"), now));
    let before = Range::Between { from: None, to: Some(at("2026-05-01T00:00:00Z")) };
    assert_eq!(Buckets::of(before, now, ends, Zone::UTC), None);
    assert_eq!(Buckets::of(Range::All, now, None, Zone::UTC), None);
}

/// Whether an instant is an edge of `step` on the clock of `zone`, or the moment its clocks jumped over one.
fn is_edge(instant: Timestamp, step: Step, zone: Zone) -> bool {
    let local = instant.in_zone(zone);
    if Timestamp::from_micros(instant.micros() - 1).in_zone(zone).naive_local() + Duration::seconds(2)
        < local.naive_local()
    {
        return true;
    }
    let midnight = local.num_seconds_from_midnight() == 0;
    let minutes = local.num_seconds_from_midnight() / 60;
    local.second() == 0
        && match step {
            Step::Minutes(n) => minutes.is_multiple_of(n),
            Step::Hours(n) => minutes.is_multiple_of(n * 60),
            Step::Days(_) => midnight,
            Step::Week => midnight && local.weekday() == chrono::Weekday::Mon,
            Step::Months(n) => midnight && local.day() == 1 && local.month0().is_multiple_of(n),
            Step::Years(n) => {
                midnight && local.ordinal() == 1 && local.year().rem_euclid(i32::try_from(n).expect("years")) == 0
            }
        }
}

fn instant() -> impl Strategy<Value = Timestamp> {
    let now = at("2026-06-18T13:38:05Z").micros();
    let near = (now - 40_000_000_000_000..now + 40_000_000_000).prop_map(Timestamp::from_micros);
    prop_oneof![4 => near, 1 => (0..=Timestamp::MAX.micros()).prop_map(Timestamp::from_micros)]
}

fn range() -> impl Strategy<Value = Range> {
    let between = (prop::option::of(instant()), prop::option::of((1_i64..100_000_000_000_000, instant()))).prop_map(
        |(from, to)| {
            let to = to.map(|(after, at)| from.map_or(at, |from| from.plus(Duration::microseconds(after))));
            Range::Between { from, to }
        },
    );
    prop_oneof![Just(Range::All), prop::sample::select(Preset::ALL.to_vec()).prop_map(Range::Last), between]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn any_range_is_cut_into_few_bars_that_cover_it(
        range in range(),
        now in instant(),
        ends in (instant(), instant()),
        zone in prop_oneof![
            prop::sample::select(vec![Zone::UTC, Europe::London, Asia::Kolkata, Asia::Kathmandu, Australia::Lord_Howe]),
            (0..TZ_VARIANTS.len()).prop_map(|at| TZ_VARIANTS[at]),
        ],
    ) {
        let (first, last) = (ends.0.min(ends.1), ends.0.max(ends.1));
        let (from, to) = range.bounds(now);
        let matching = |at: &Timestamp| from.is_none_or(|from| *at >= from) && to.is_none_or(|to| *at < to);
        let Some(buckets) = Buckets::of(range, now, Some((first, last)), zone) else {
            let meets = from.is_none_or(|from| from <= last) && to.is_none_or(|to| to > first);
            prop_assert!(!meets, "{range:?} has entries");
            return Ok(());
        };
        let bars = &buckets.bars;
        prop_assert!((1..=MOST).contains(&bars.len()), "{} bars", bars.len());
        prop_assert!(bars.iter().all(|bar| bar.to.is_none_or(|to| to > bar.from)), "an empty bar");
        prop_assert!(bars.windows(2).all(|two| two[0].to == Some(two[1].from)), "a gap");
        // Every entry that the list has is in a bar, and no bar reaches beyond the list.
        for at in [first, last, now].iter().filter(|at| matching(at) && (first..=last).contains(at)) {
            let held = bars.iter().any(|bar| bar.from <= *at && bar.to.is_none_or(|to| *at < to));
            prop_assert!(held, "{at:?} is in no bar");
        }
        prop_assert!(from.is_none_or(|from| bars[0].from >= from));
        if let (Some(to), Some(end)) = (to, bars.last().and_then(|bar| bar.to)) {
            prop_assert!(end <= to);
        }
        // Edges stand on the clock, but for those that the range cuts.
        for bar in bars.iter().skip(1) {
            prop_assert!(is_edge(bar.from, buckets.step, zone), "{:?} is no edge of {:?}", bar.from.in_zone(zone), buckets.step);
        }
    }
}
