//! What goes wrong, and how it reads.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::super::calendar::SITE_ZONE;
use super::super::dice::{Dice, Stream};
use super::super::{faults, phrase, visits};
use super::{logs, seed, until};
use crate::core::time::Timestamp;
use crate::logs::log::NewLog;

#[test]
fn many_faults_strike_in_episodes_and_their_lines_move() {
    let mut times: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    let mut lines = BTreeSet::new();
    for log in logs(&seed(200_000)).filter(NewLog::is_error) {
        let Some(detail) = log.error_detail.filter(|detail| detail.contains("  File ")) else { continue };
        let count = detail.lines().count();
        assert!((20..=60).contains(&count), "{count} lines:\n{detail}");
        let message = log.error_message.expect("a message");
        let last = detail.lines().find(|line| line.contains(message.split(':').next().unwrap_or_default()));
        assert!(last.is_some(), "{message}\n{detail}");
        lines.extend(detail.lines().filter(|line| line.contains("clubhouse/web/audit.py")).map(str::to_owned));
        times.entry(log.description).or_default().push(log.timestamp);
    }
    assert!(times.len() >= 35, "{} faults", times.len());
    assert!(lines.len() > 3, "{lines:?}");
    let quiet = times.values().filter(|times| times.windows(2).any(|pair| pair[1].since(pair[0]).num_days() > 14));
    assert!(quiet.count() > 30, "most faults have quiet weeks");
}

#[test]
fn faults_tell_apart_and_know_how_their_page_is_opened() {
    let mut descriptions = BTreeSet::new();
    for fault in faults::all() {
        assert!(descriptions.insert(fault.description), "{}", fault.description);
        assert!(visits::tasks::REMEDIES.iter().any(|remedy| remedy.area == fault.area), "{}", fault.area);
        assert!(fault.services.iter().all(|key| phrase::Service::of(key).is_some()), "{:?}", fault.services);
    }
    assert!((38..=55).contains(&descriptions.len()), "{} faults", descriptions.len());
}

#[test]
fn tracebacks_hold_chains_groups_carets_and_frozen_frames() {
    let all: String = logs(&seed(200_000)).filter_map(|log| log.error_detail).collect();
    for part in [
        "During handling of the above exception, another exception occurred:",
        "The above exception was the direct cause of the following exception:",
        "  + Exception Group Traceback (most recent call last):",
        "    | clubhouse.rota.errors.WalkerAway: walker ",
        "File \"<frozen importlib._bootstrap>\", line 1387, in _gcd_import",
        "/srv/app/.venv/lib/python3.12/site-packages/",
        "  [Previous line repeated 975 more times]",
        "\n    return slot.default_rota.walker_id\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n",
    ] {
        assert!(all.contains(part), "{part}");
    }
}

#[test]
fn some_recover_and_some_do_not() {
    let mut failed: BTreeMap<(Uuid, String), bool> = BTreeMap::new();
    for log in logs(&seed(50_000)) {
        let Some(member) = log.member_id else { continue };
        let key = (member, log.area.clone());
        if log.is_error() {
            failed.insert(key, false);
        } else if !matches!(log.action_type.as_str(), "page_visit" | "message_read")
            && let Some(recovered) = failed.get_mut(&key)
        {
            *recovered = true;
        }
    }
    let recovered = failed.values().filter(|&&recovered| recovered).count();
    assert!(recovered > failed.len() / 5 && recovered < failed.len() * 9 / 10, "{recovered} of {}", failed.len());
}

#[test]
fn every_traceback_has_twenty_to_sixty_lines() {
    let mut dice = Dice::new(1, Stream::Visits);
    let values = phrase::Values::draw(&mut dice, until(), SITE_ZONE, "Moss");
    for fault in faults::all() {
        let message = phrase::fill(fault.message, &values);
        let text = faults::traceback::traceback(fault, &message, &values, 9);
        assert!((20..=60).contains(&text.lines().count()), "{text}");
        assert!(text.contains(&format!("{}{}", fault.class, if message.is_empty() { "" } else { ": " })), "{text}");
        assert!(!message.contains('{') && !fault.in_a_line(&message).contains('\n'), "{message}");
    }
}
