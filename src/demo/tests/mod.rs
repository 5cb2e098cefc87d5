//! What holds for every plan.

mod faults;
mod story;

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use uuid::Uuid;

use super::*;

fn instant(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("an instant")
}

fn until() -> Timestamp {
    instant("2026-06-18T13:38:05.250000Z")
}

fn seed(entries: u64) -> Plan {
    Plan { seed: 7, entries, members: None, until: until(), shape: Shape::Seed }
}

fn logs(plan: &Plan) -> impl Iterator<Item = NewLog> + use<> {
    events(plan).filter_map(|event| match event {
        Event::Log(log) => Some(log),
        Event::Booking(_) => None,
    })
}

#[test]
fn the_same_plan_is_told_in_the_same_words() {
    let plan = seed(5_000);
    assert!(events(&plan).eq(events(&plan)));
    assert_eq!(people(&plan), people(&plan));
    assert!(!events(&plan).eq(events(&Plan { seed: 8, ..plan })));
}

#[test]
fn there_are_exactly_as_many_entries_as_planned() {
    for entries in [0, 1, 2, 39, 499, 500, 2_000, 12_345] {
        for shape in [Shape::Seed, Shape::Demo] {
            let plan = Plan { shape, ..seed(entries) };
            assert_eq!(logs(&plan).count() as u64, entries, "{shape:?}");
        }
    }
    for (members, until) in [(0, Timestamp::MIN), (1, instant("1970-01-01T05:00:00Z")), (3, Timestamp::MAX)] {
        let plan = Plan { members: Some(members), until, ..seed(600) };
        assert_eq!(logs(&plan).count(), 600, "{until:?}");
        assert_eq!(people(&plan).len() as u64, members.max(1));
    }
}

#[test]
fn entries_come_in_order_and_none_after_the_end() {
    let plan = seed(20_000);
    let times: Vec<Timestamp> = logs(&plan).map(|log| log.timestamp).collect();
    assert!(times.is_sorted());
    assert!(times.last() <= Some(&plan.until));
    assert!(times.first() >= Some(&plan.until.plus(Duration::days(-730))));
    assert!(times.windows(2).filter(|pair| pair[0] == pair[1]).count() > 20, "some share their microsecond");
    let half = plan.until.plus(Duration::days(-365));
    let later = times.iter().filter(|&&at| at > half).count();
    assert!((11_000..14_000).contains(&later), "{later} in the second year");
}

#[test]
fn ids_are_of_their_moment_and_never_twice() {
    let mut ids = BTreeSet::new();
    for log in logs(&seed(20_000)) {
        assert_eq!(log.id.get_version_num(), 7);
        let (seconds, nanos) = log.id.get_timestamp().expect("a time").to_unix();
        assert_eq!(
            seconds * 1000 + u64::from(nanos) / 1_000_000,
            u64::try_from(log.timestamp.micros()).unwrap_or(0) / 1000
        );
        assert!(ids.insert(log.id));
    }
}

#[test]
fn texts_fit_their_columns() {
    let within = |text: &str, most: usize| text.chars().count() <= most && !text.contains('\0');
    let fits = |text: &Option<String>, most| text.as_deref().is_none_or(|text| within(text, most));
    for plan in [seed(30_000), Plan { shape: Shape::Demo, ..seed(5_000) }] {
        for log in logs(&plan) {
            assert!(!log.area.is_empty() && within(&log.area, 255), "{log:?}");
            assert!(!log.description.is_empty() && within(&log.description, 500), "{log:?}");
            assert!(within(&log.action_type, 64) && within(&log.status, 16), "{log:?}");
            assert!(fits(&log.member_email, 255) && fits(&log.ip_address, 64), "{log:?}");
            assert!(fits(&log.user_agent, 512) && fits(&log.error_message, 2_000), "{log:?}");
            assert!(fits(&log.error_detail, 20_000) && fits(&log.extra, 20_000), "{log:?}");
            if let Some(extra) = &log.extra {
                let parsed: serde_json::Value = serde_json::from_str(extra).expect(extra);
                assert!(parsed.is_object(), "{extra}");
            }
        }
    }
}

#[test]
fn members_are_many_kinds_of_people() {
    let plan = Plan { members: Some(5_000), ..seed(0) };
    let people = people(&plan);
    assert_eq!(people.len(), 5_000);
    let emails: Vec<String> = people.iter().filter_map(|one| one.email.as_deref()).map(str::to_lowercase).collect();
    assert_eq!(emails.iter().collect::<BTreeSet<_>>().len(), emails.len(), "an e-mail is somebody's alone");
    for email in &emails {
        let (local, domain) = email.split_once('@').expect("an address");
        assert!(["example.com", "example.org", "example.net"].contains(&domain) && !local.is_empty(), "{email}");
        assert!(email.is_ascii() && email.len() <= 255, "{email}");
    }
    let named: Vec<&str> = people.iter().filter_map(|one| one.name.as_deref()).collect();
    assert!(named.iter().all(|name| name.chars().count() <= 255));
    let has = |range: std::ops::RangeInclusive<char>| named.iter().any(|name| name.chars().any(|c| range.contains(&c)));
    assert!(
        has('\u{5d0}'..='\u{5ea}') && has('\u{621}'..='\u{64a}') && has('\u{1f400}'..='\u{1f64f}') && has('一'..='龥')
    );
    assert!(named.iter().any(|name| name.chars().count() > 150), "a very long name");
    assert!((20..1_000).contains(&(5_000 - named.len())), "some without a name");
    assert!((5..300).contains(&(5_000 - emails.len())), "a few without an e-mail");
}

#[test]
fn every_kind_of_sender_is_there() {
    let plan = seed(50_000);
    let known: BTreeSet<String> =
        people(&plan).into_iter().filter_map(|one| one.email).map(|it| it.to_lowercase()).collect();
    let (mut anonymous, mut no_account, mut without_account, mut no_email) = (0, 0, 0, 0);
    let mut by_member: BTreeMap<Uuid, u32> = BTreeMap::new();
    for log in logs(&plan) {
        match (log.member_id, log.member_email.as_ref().map(|email| known.contains(&email.to_lowercase()))) {
            (None, None) => anonymous += 1,
            (None, Some(false)) => no_account += 1,
            (None, Some(true)) => without_account += 1,
            (Some(_), None) => no_email += 1,
            (Some(_), Some(_)) => {}
        }
        if let Some(member) = log.member_id {
            *by_member.entry(member).or_default() += 1;
        }
    }
    assert!((1_000..5_000).contains(&anonymous), "{anonymous} anonymous");
    assert!((500..4_000).contains(&no_account), "{no_account} without an account now");
    assert!((200..2_000).contains(&without_account), "{without_account} recorded without an account");
    assert!((100..3_000).contains(&no_email), "{no_email} without an e-mail");
    let most = by_member.values().max().copied().unwrap_or(0);
    assert!((1_500..=2_500).contains(&most), "the busiest member has {most} of 50,000");
    assert!(by_member.len() > 700, "{} members seen", by_member.len());
}

#[test]
fn statuses_and_actions_have_their_shares() {
    let entries = 100_000;
    let (mut statuses, mut actions, mut areas) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for log in logs(&seed(entries)) {
        *statuses.entry(log.status).or_insert(0_u64) += 1;
        *actions.entry(log.action_type).or_insert(0_u64) += 1;
        *areas.entry(log.area).or_insert(0_u64) += 1;
    }
    let share = |status: &str| statuses.get(status).copied().unwrap_or(0) * 1000 / entries;
    assert!((938..=956).contains(&share("success")), "{statuses:?}");
    assert!((23..=37).contains(&share("warning")), "{statuses:?}");
    assert!((18..=28).contains(&share("error")), "{statuses:?}");
    assert!((1..200).contains(&statuses.get("queued").copied().unwrap_or(0)), "{statuses:?}");
    assert_eq!(actions.len(), 12, "the eleven of the model and one it does not know: {actions:?}");
    let usual = areas.values().filter(|&&count| count > 20).count();
    assert!((18..=24).contains(&usual), "{areas:?}");
}

#[test]
fn refused_sign_ins_have_no_member() {
    let refused: Vec<NewLog> =
        logs(&seed(20_000)).filter(|log| log.description.starts_with("Sign-in refused")).collect();
    assert!(refused.iter().all(|log| log.action_type == "login" && log.status == "warning" && log.member_id.is_none()));
    assert!(
        refused.iter().any(|log| log.member_email.is_none()) && refused.iter().any(|log| log.member_email.is_some())
    );
}

#[test]
fn bookings_come_before_entries_that_speak_of_them() {
    let members: BTreeSet<Uuid> = people(&seed(30_000)).into_iter().map(|member| member.id).collect();
    let (mut made, mut cancelled) = (BTreeMap::new(), BTreeSet::new());
    for event in events(&seed(30_000)) {
        match event {
            Event::Booking(booking) => {
                assert!(booking.member_id.is_none_or(|id| members.contains(&id)));
                assert!(made.insert(booking.id, booking.service_type).is_none());
            }
            Event::Log(log) => {
                assert!(log.member_id.is_none_or(|id| members.contains(&id)));
                let Some(booking) = log.booking_id else { continue };
                let service = made.get(&booking).expect("a booking that was made").as_deref().unwrap_or_default();
                if log.action_type == "booking_cancelled" {
                    assert!(cancelled.insert(booking), "cancelled once");
                    assert_eq!(log.extra, Some(format!("{{\"service_type\": \"{service}\"}}")));
                }
            }
        }
    }
    assert!(made.len() > 1_000 && cancelled.len() > 200, "{} made, {} cancelled", made.len(), cancelled.len());
}

#[test]
fn addresses_are_set_aside_for_documentation() {
    let (mut lists, mut sixes) = (0, 0);
    for address in logs(&seed(20_000)).filter_map(|log| log.ip_address) {
        let first = address.trim_start_matches('[').trim_start_matches("::ffff:");
        let documented =
            ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"].iter().any(|net| first.starts_with(net));
        assert!(documented, "{address}");
        lists += usize::from(address.contains(", "));
        sixes += usize::from(first.starts_with("2001:"));
    }
    assert!(lists > 100 && sixes > 2_000, "{lists} lists, {sixes} of version 6");
}
