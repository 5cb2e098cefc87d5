//! A row of the list, and the days it is grouped into.

use super::Reader;
use crate::{
    core::{marks::Marked, words},
    logs::{
        link,
        log::{Log, Subject},
    },
};

/// A status as icon and word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// `success`, `warning`, `error`, or `other`: decides colour.
    pub kind: &'static str,
    /// The icon before the word.
    pub icon: &'static str,
    /// The word; of an unknown status, what was recorded.
    pub name: String,
}

impl Status {
    /// The status as it was recorded.
    #[must_use]
    pub fn new(status: &str) -> Self {
        let (kind, icon) = match status {
            "success" => ("success", "check"),
            "warning" => ("warning", "warning"),
            "error" => ("error", "error"),
            _ => ("other", "known"),
        };
        Self { kind, icon, name: words::status_name(status) }
    }
}

/// The icon of an action.
#[must_use]
pub fn action_icon(action_type: &str) -> &'static str {
    match action_type {
        "login" => "login",
        "logout" => "logout",
        "page_visit" => "page_visit",
        "booking_created" => "booking_created",
        "booking_cancelled" => "booking_cancelled",
        "profile_updated" => "profile_updated",
        "onboarding_updated" => "onboarding_updated",
        "contract_signed" => "contract_signed",
        "account_claimed" => "account_claimed",
        "message_read" => "message_read",
        "error" => "bug",
        _ => "compass",
    }
}

/// Whom an entry is about, as its cell shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A member.
    Known {
        /// Their page.
        href: String,
        /// Name, else e-mail, else the beginning of their id.
        title: String,
        /// Whether the title is an id.
        is_id: bool,
        /// The line below: the e-mail where the title is a name.
        email: Option<String>,
        /// Whether the entry was recorded with the e-mail alone.
        without_account: bool,
    },
    /// An e-mail that nobody has now.
    NoAccountNow {
        /// What is known of it.
        href: String,
        /// The e-mail.
        email: String,
    },
    /// Neither id nor e-mail.
    Anonymous,
}

impl Who {
    /// Whom the entry is about.
    #[must_use]
    pub fn of(subject: Subject) -> Self {
        let known = |id: uuid::Uuid, name: Option<String>, email: Option<String>, without_account: bool| {
            let (title, is_id, email) = match (name, email) {
                (Some(name), email) => (name, false, email),
                (None, Some(email)) => (email, false, None),
                (None, None) => (words::short_id(id), true, None),
            };
            Self::Known { href: link::member(id), title, is_id, email, without_account }
        };
        match subject {
            Subject::Known { id, name, email } => known(id, name, email, false),
            Subject::WithoutAccount { id, name, email } => known(id, name, Some(email), true),
            Subject::NoAccountNow { email } => Self::NoAccountNow { href: link::by_email(&email), email },
            Subject::Anonymous => Self::Anonymous,
        }
    }
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The entry, with the list's query string.
    pub href: String,
    /// `14:32:07` in the reader's zone.
    pub clock: String,
    /// `.377`, where a neighbour has the same second.
    pub fraction: Option<String>,
    /// `BST`, on a day on which clocks are set.
    pub clock_name: Option<String>,
    /// The instant for machines.
    pub datetime: String,
    /// `In 14 min`, where it is dated after now.
    pub ahead: Option<String>,
    /// How it went.
    pub status: Status,
    /// Whom it is about.
    pub who: Who,
    /// The icon of its action.
    pub icon: &'static str,
    /// Its action as a noun.
    pub action: String,
    /// Where.
    pub area: Marked,
    /// What happened.
    pub description: Marked,
    /// The first line of the error, where the role sees it.
    pub error_line: Option<Marked>,
    /// `is-error`, `is-warning` or nothing.
    pub class: &'static str,
}

/// The rows of a day in the reader's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// `Today`, `Yesterday` or the date.
    pub name: String,
    /// The rest: date and zone.
    pub date: String,
    /// Its rows, newest first.
    pub rows: Vec<Row>,
}

/// The longest error line of a row, in characters; the entry has it whole.
const ERROR_LINE: usize = 200;

/// Groups a page by day. `query` is the list's query string, which a row's link carries;
/// `terms` are marked.
#[must_use]
pub fn days(logs: &[Log], reader: &Reader, query: &str, terms: &[String]) -> Vec<Day> {
    let mut days: Vec<(chrono::NaiveDate, Day)> = Vec::new();
    for (at, log) in logs.iter().enumerate() {
        let second = |log: &Log| log.timestamp.whole_second();
        let beside = [at.checked_sub(1), at.checked_add(1)].into_iter().flatten().filter_map(|at| logs.get(at));
        let crowded = beside.into_iter().any(|other| second(other) == second(log));
        let row = row(log, reader, query, terms, crowded);
        let date = log.timestamp.in_zone(reader.zone).date_naive();
        match days.last_mut() {
            Some((day, group)) if *day == date => group.rows.push(row),
            _ => {
                let (name, rest) = reader.day_heading(log.timestamp);
                days.push((date, Day { name, date: rest, rows: vec![row] }));
            }
        }
    }
    days.into_iter().map(|(_, day)| day).collect()
}

fn row(log: &Log, reader: &Reader, query: &str, terms: &[String], crowded: bool) -> Row {
    let whole = words::clock(log.timestamp, reader.zone, true);
    let clock = words::clock(log.timestamp, reader.zone, false);
    let status = Status::new(&log.status);
    let class = if log.is_error() {
        "is-error"
    } else if status.kind == "warning" {
        "is-warning"
    } else {
        ""
    };
    Row {
        href: link::entry(log.id, query),
        fraction: crowded.then(|| whole.strip_prefix(&clock).unwrap_or_default().to_owned()).filter(|f| !f.is_empty()),
        clock_name: reader.clock_name(log.timestamp),
        clock,
        // As exact as what is shown: of fifty rows the rest is a fortieth of the page.
        datetime: reader.datetime(if crowded { log.timestamp } else { log.timestamp.whole_second() }),
        ahead: (log.timestamp > reader.now).then(|| words::ago_short(reader.now, log.timestamp)),
        status,
        who: Who::of(log.subject()),
        icon: action_icon(&log.action_type),
        action: words::action_name(&log.action_type),
        area: Marked::of(&log.area, terms),
        description: Marked::of(&titled(&log.description), terms),
        error_line: log
            .error_message
            .as_deref()
            .filter(|_| reader.role.sees_details())
            .and_then(error_line)
            .map(|line| Marked::of(&line, terms)),
        class,
    }
}

/// A description as a link's text: a blank one would be a link that nobody can see.
#[must_use]
pub fn titled(description: &str) -> String {
    if description.trim().is_empty() { "No description recorded".to_owned() } else { description.to_owned() }
}

/// The first line of an error that says something, cut to fit a row.
#[must_use]
pub fn error_line(message: &str) -> Option<String> {
    let line = message.lines().map(str::trim).find(|line| !line.is_empty())?;
    let mut cut: String = line.chars().take(ERROR_LINE).collect();
    if cut.len() < line.len() {
        cut.push('…');
    }
    Some(cut)
}
