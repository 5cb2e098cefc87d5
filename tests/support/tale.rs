//! Written stories: a line for each entry, `14:23:49 login members/login "Signed in"`, on the day of the tests' clock.

use daybook::{
    core::time::Timestamp,
    logs::log::{NewLog, NewMember},
};
use uuid::Uuid;

use super::{database::at, sample};

/// Entries of one person, or of nobody, from lines of `CLOCK ACTION AREA [STATUS] DESCRIPTION`; the clock is London's on
/// 18 June 2026, or a whole instant. A status is `warning`, `error` or another in brackets: `[degraded]`.
pub fn tale(member: Option<&NewMember>, lines: &str) -> Vec<NewLog> {
    lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| entry(member, line)).collect()
}

fn entry(member: Option<&NewMember>, line: &str) -> NewLog {
    let mut words = line.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_else(|| panic!("{line} is short")).to_owned();
    let (clock, action_type, area, rest) = (word(), word(), word(), word());
    let (status, description) = match rest.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((status, description)) => (status.to_owned(), description.to_owned()),
        None if action_type == "error" => ("error".to_owned(), rest),
        None => ("success".to_owned(), rest),
    };
    NewLog {
        id: Uuid::new_v4(),
        member_id: member.map(|member| member.id),
        member_email: member.and_then(|member| member.email.clone()),
        action_type,
        area,
        description,
        status,
        ..sample::log(moment(&clock))
    }
}

/// An instant by London's clock on 18 June 2026, or as it is written.
fn moment(clock: &str) -> Timestamp {
    if clock.contains('T') { at(clock) } else { at(&format!("2026-06-18T{clock}+01:00")) }
}

/// The entry with this description.
pub fn named<'a>(logs: &'a [NewLog], description: &str) -> &'a NewLog {
    logs.iter().find(|log| log.description == description).unwrap_or_else(|| panic!("no {description}"))
}
