//! A page of somebody's visits in words: by day, each a line that opens in place.

use chrono::{Duration, NaiveDate};

use super::{
    inferred::{Belonging, Inferred},
    pages::{DayView, InferredView, TimelineView, VisitView},
    unfinished,
};
use crate::{
    core::words,
    logs::{
        story::{
            Moment,
            habits::Habit,
            view::{self, Drawn, Line, Named},
            visits::{Timeline, Visit},
        },
        user_agent,
        view::Reader,
    },
    paging::Cursor,
};

/// What a page of visits is drawn with.
pub struct Drawing<'a> {
    /// For whom.
    pub reader: &'a Reader,
    /// The entry that is nearest to the time that was asked for.
    pub nearest: Option<&'a Moment>,
    /// What is said of that entry.
    pub near: &'static str,
    /// What else belongs to their sign-ins; nothing for a role that does not see by what.
    pub inferred: &'a Inferred,
    /// What opening a page mostly leads to.
    pub habits: &'a [Habit],
    /// Which entries say whom they are about.
    pub named: Named<'a>,
    /// Where the page from a place on is.
    pub way: &'a dyn Fn(&str, Cursor) -> String,
}

/// The page.
#[must_use]
pub fn view(timeline: &Timeline, drawing: &Drawing<'_>) -> TimelineView {
    let reader = drawing.reader;
    let today = reader.now.in_zone(reader.zone).date_naive();
    let mut days: Vec<(NaiveDate, Vec<VisitView>, String)> = Vec::new();
    for (at, visit) in timeline.visits.iter().enumerate() {
        let Some(first) = visit.first() else { continue };
        let date = first.timestamp.in_zone(reader.zone).date_naive();
        let newest = at == 0 && timeline.newer.is_none();
        let view = visit_view(visit, drawing, newest, date == today);
        match days.last_mut() {
            Some((day, visits, _)) if *day == date => visits.push(view),
            _ => days.push((date, vec![view], reader.zone_at(first.timestamp))),
        }
    }
    let last = days.len().saturating_sub(1);
    let day = |(at, (date, visits, zone)): (usize, (NaiveDate, Vec<VisitView>, String))| {
        // A day at an end of the page may have visits on the next one: their number is not known here.
        let whole = (at > 0 || timeline.newer.is_none()) && (at < last || timeline.older.is_none());
        let n = u64::try_from(visits.len()).unwrap_or(u64::MAX);
        let number = if whole { format!("{}, ", words::counted(n, "visit", "visits")) } else { String::new() };
        let name = words::day_name(date, today);
        let long = words::day_name(date, NaiveDate::MIN);
        let long = if name == long { String::new() } else { format!("{long}, ") };
        DayView { name, note: format!("{long}{number}{zone}"), visits }
    };
    TimelineView {
        days: days.into_iter().enumerate().map(day).collect(),
        older: timeline.older.map(|cursor| (drawing.way)("before", cursor)),
        newer: timeline.newer.map(|cursor| (drawing.way)("after", cursor)),
        looked_to: timeline.looked_to.map(|key| reader.day_and_clock(key.timestamp)),
    }
}

fn visit_view(visit: &Visit, drawing: &Drawing<'_>, newest: bool, is_today: bool) -> VisitView {
    let reader = drawing.reader;
    let (first, last) = (visit.moments.first(), visit.moments.last());
    let clock = |moment: Option<&Moment>| {
        let clock = moment.map(|moment| words::clock(moment.timestamp, reader.zone, false)).unwrap_or_default();
        clock.get(..5).unwrap_or_default().to_owned()
    };
    let lasted = match (first, last) {
        (Some(first), Some(last)) => last.timestamp.since(first.timestamp),
        _ => Duration::zero(),
    };
    let (from, mut to) = (clock(first), clock(last));
    // From a day on, a clock alone would mean several times.
    if let Some(last) = last.filter(|_| lasted >= Duration::days(1)) {
        to = format!("{}, {to}", words::date_short(last.timestamp, reader.zone));
    }
    let errors = visit.moments.iter().filter(|moment| moment.is_error()).count();
    let holds = |moment: &Moment| visit.moments.iter().any(|had| had.id == moment.id);
    let nearest = drawing.nearest.filter(|moment| holds(moment));
    let day = first.map(|first| first.timestamp.in_zone(reader.zone).date_naive());
    let mut lines = view::lines(
        &visit.moments,
        reader,
        Drawn { current: nearest, day, marked: Some(drawing.near), named: drawing.named, ..Drawn::default() },
    );
    if !visit.begins {
        lines.insert(0, Line::Torn("This visit began before; what came first is on the older page".to_owned()));
    }
    if !visit.ends {
        lines.push(Line::Torn("This visit goes on; what came next is on the newer page".to_owned()));
    }
    VisitView {
        open: nearest.is_some() || newest || (is_today && errors > 0),
        span: if from == to { from } else { format!("{from} to {to}") },
        lasted: (lasted >= Duration::minutes(1)).then(|| words::span(Duration::minutes(lasted.num_minutes()))),
        says: says(visit),
        errors: (errors > 0).then(|| words::counted(number(errors), "error", "errors")),
        device: device(visit).filter(|_| reader.role.sees_details()),
        unfinished: unfinished::said(visit, drawing.habits, reader.now),
        inferred: inferred(visit, drawing),
        lines,
    }
}

/// What belongs to the sign-ins of a visit, and why.
fn inferred(visit: &Visit, drawing: &Drawing<'_>) -> Vec<InferredView> {
    let reader = drawing.reader;
    let group = |login: &Moment| {
        let moments = match drawing.inferred.get(&login.id)? {
            Belonging::These(moments) => moments,
            Belonging::TooMany => {
                let at = words::clock(login.timestamp, reader.zone, false);
                let reason = format!(
                    "Nothing is inferred for the sign-in at {at}: too many entries come from its address to tell whose \
                     those without an account are."
                );
                return Some(InferredView { reason, lines: Vec::new() });
            }
        };
        let n = words::entries(number(moments.len()));
        let at = words::clock(login.timestamp, reader.zone, false);
        let day = Some(login.timestamp.in_zone(reader.zone).date_naive());
        Some(InferredView {
            reason: format!(
                "{n} recorded without an account, from the same address and browser within an hour of the sign-in at \
                 {at}. Nobody else was signed in there within 24 hours."
            ),
            lines: view::lines(moments, reader, Drawn { day, named: Named::Each, ..Drawn::default() }),
        })
    };
    visit.moments.iter().filter(|moment| moment.is_sign_in()).filter_map(group).collect()
}

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// `2 bookings, 12 entries`: what was done, then how much is recorded of it; of a visit that is not all here, at least that.
fn says(visit: &Visit) -> String {
    const SAID: usize = 2;
    let mut done: Vec<(&str, u64)> = Vec::new();
    for moment in visit.moments.iter().filter(|moment| moment.status == "success" && !moment.is_error()) {
        match done.iter_mut().find(|(action, _)| *action == moment.action_type) {
            Some((_, n)) => *n += 1,
            None => done.push((&moment.action_type, 1)),
        }
    }
    let entries = words::entries(number(visit.moments.len()));
    let least = if visit.begins && visit.ends { "" } else { "at least " };
    let parts = done.iter().filter_map(|(action, n)| deed(action, *n)).take(SAID);
    format!("{least}{}", parts.chain([entries]).collect::<Vec<_>>().join(", "))
}

/// An action as something that was done so many times; nothing where it is only a way in, out or about.
fn deed(action_type: &str, n: u64) -> Option<String> {
    let (one, many) = match action_type {
        "login" | "logout" | "page_visit" | "error" => return None,
        "booking_created" => ("booking", "bookings"),
        "booking_cancelled" => ("cancellation", "cancellations"),
        "profile_updated" => ("profile change", "profile changes"),
        "onboarding_updated" => ("onboarding step", "onboarding steps"),
        "contract_signed" => ("contract signed", "contracts signed"),
        "account_claimed" => ("account claimed", "accounts claimed"),
        "message_read" => ("message read", "messages read"),
        other => return Some(format!("{} {other}", words::count(n))),
    };
    Some(words::counted(n, one, many))
}

/// `Safari 18.5 on iPhone, 203.0.113.24`; of several, how many.
fn device(visit: &Visit) -> Option<String> {
    let mut seen: Vec<(Option<&str>, Option<&str>)> = visit
        .moments
        .iter()
        .map(|moment| (moment.user_agent.as_deref(), moment.ip_address.as_deref()))
        .filter(|(browser, address)| browser.is_some() || address.is_some())
        .collect();
    seen.sort_unstable();
    seen.dedup();
    match seen.as_slice() {
        [] => None,
        [(browser, address)] => {
            let browser = browser.and_then(user_agent::in_words);
            let parts: Vec<&str> = browser.as_deref().into_iter().chain(*address).collect();
            Some(parts.join(", ")).filter(|text| !text.is_empty())
        }
        several => Some(format!("{} browsers or addresses", several.len())),
    }
}
