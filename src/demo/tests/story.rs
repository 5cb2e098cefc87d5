//! What the demo is about, hostile text, and what goes on afterwards.

use std::collections::BTreeSet;

use chrono::Duration;

use super::super::{Event, Live, Plan, faults};
use super::{logs, seed, until};
use crate::core::time::Timestamp;
use crate::logs::log::NewLog;

fn is_burst(log: &NewLog) -> bool {
    log.description == faults::burst().description
}

fn back(minutes: i64) -> Timestamp {
    until().plus(Duration::minutes(-minutes))
}

#[test]
fn hostile_text_is_always_there() {
    for (plan, since) in [(seed(2_000), back(60 * 24 * 31)), (Plan::demo(3, until()), back(60 * 24))] {
        let all: String = logs(&plan)
            .filter(|log| log.timestamp >= since)
            .map(|log| [Some(log.area), Some(log.description), log.user_agent, log.extra, log.error_message])
            .flat_map(|texts| texts.into_iter().flatten().chain(["\n".to_owned()]))
            .collect();
        for part in [
            "<script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>",
            "javascript:alert(1)",
            "{{7*7}}",
            "=cmd|' /C calc'!A0",
            "\u{202e}",
            "\u{1b}[31m",
            "'; DROP TABLE audit_logs;--",
            "\u{200b}",
            "hx-get=",
        ] {
            assert!(all.contains(part), "{part:?}");
        }
        let longest = |length: fn(&NewLog) -> usize| logs(&plan).map(|log| length(&log)).max();
        assert_eq!(longest(|log| log.description.chars().count()), Some(500));
        assert_eq!(longest(|log| log.area.chars().count()), Some(255));
        assert_eq!(longest(|log| log.user_agent.as_ref().map_or(0, |agent| agent.chars().count())), Some(512));
    }
}

#[test]
fn the_demo_tells_its_story() {
    for number in [0, 1, 2, 2026] {
        let plan = Plan::demo(number, until());
        let logs: Vec<NewLog> = logs(&plan).collect();
        assert_eq!(logs.len(), 50_000);
        assert_eq!(logs.iter().filter(|log| log.timestamp >= back(7 * 24 * 60)).count(), 8_000);
        assert!(logs.is_sorted_by_key(|log| log.timestamp));

        let ahead: Vec<&NewLog> = logs.iter().filter(|log| log.timestamp > until()).collect();
        assert_eq!(ahead.len(), 1);
        assert_eq!(ahead[0].timestamp.since(until()).num_minutes(), 14);

        let burst: Vec<&NewLog> = logs.iter().filter(|log| is_burst(log)).collect();
        assert_eq!(burst.first().map(|log| log.timestamp), Some(back(105)));
        assert_eq!(burst.len(), 23);
        assert!(burst.iter().all(|log| log.error_detail.is_some() && log.member_id.is_some() && log.is_error()));
        let members: BTreeSet<_> = burst.iter().map(|log| log.member_id).collect();
        assert_eq!(members.len(), 14);

        assert_eq!(twice_six_minutes_ago(&logs), ["hana.lindqvist@example.org"], "seed {number}");
    }
}

/// Whoever failed twice with one error in the last day, the second time about six minutes before the end,
/// and has not succeeded since.
fn twice_six_minutes_ago(logs: &[NewLog]) -> Vec<&str> {
    let near = |log: &&NewLog| log.timestamp >= back(7) && log.timestamp <= back(5) && log.is_error();
    logs.iter()
        .filter(near)
        .filter(|second| {
            let same = |log: &&NewLog| log.member_id == second.member_id && log.description == second.description;
            let times = logs.iter().filter(|log| log.timestamp >= back(24 * 60)).filter(same).count();
            let succeeded = logs.iter().any(|log| {
                log.timestamp > second.timestamp
                    && log.member_id == second.member_id
                    && log.area == second.area
                    && log.status == "success"
                    && log.action_type != "page_visit"
            });
            second.member_id.is_some() && times == 2 && !succeeded
        })
        .filter_map(|log| log.member_email.as_deref())
        .collect()
}

#[test]
fn life_goes_on_after_the_end() {
    let plan = Plan::demo(5, until());
    let tell = || {
        let mut live = Live::new(&plan);
        (0..3_000)
            .map(|nth| until().plus(Duration::seconds(4 * nth)))
            .flat_map(|now| live.next(now))
            .collect::<Vec<_>>()
    };
    let told = tell();
    assert_eq!(told, tell());
    let mut bookings = BTreeSet::new();
    let (mut entries, mut burst, mut signed_in, mut joined) = (0, 0, 0, 0);
    for event in &told {
        match event {
            Event::Booking(booking) => assert!(bookings.insert(booking.id)),
            Event::Log(log) => {
                assert!(log.booking_id.is_none_or(|id| bookings.contains(&id)));
                entries += 1;
                joined += usize::from(log.action_type == "account_claimed");
                burst += usize::from(is_burst(log));
                signed_in += usize::from(log.action_type == "login" && log.status == "success");
            }
        }
    }
    assert!((3_000..4_000).contains(&entries), "{entries} entries");
    assert!(joined < 20, "{joined} claimed an account");
    assert!(burst > 20 && signed_in > 100, "{burst} of the burst, {signed_in} sign-ins");
}
