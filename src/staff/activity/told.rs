//! A record in words. Only what stands in a [`Value`] was written by somebody else; links are made from what was read,
//! never from text as it stands in the record.

use uuid::Uuid;

use super::{
    form,
    store::{Known, Recorded},
};
use crate::{
    core::{query_string, role::Role, words},
    logs::{
        filter::ListQuery,
        form::{Asker, FilterForm, Surface},
        link, summary,
        view::{Reader, row::titled},
    },
    paging::At,
    staff_log::{self, Kind},
};

/// A part of a sentence that somebody else wrote, or that names something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub href: Option<String>,
}

/// A sentence with one value in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// What comes before the value.
    pub before: String,
    /// The value.
    pub value: Option<Value>,
    /// What comes after it.
    pub after: String,
}

impl Said {
    fn plain(text: impl Into<String>) -> Self {
        Self { before: text.into(), ..Self::default() }
    }

    fn about(before: &str, text: impl Into<String>) -> Self {
        Self { before: before.to_owned(), value: Some(Value { text: text.into(), href: None }), after: String::new() }
    }

    fn leading(before: &str, text: impl Into<String>, href: String) -> Self {
        let value = Some(Value { text: text.into(), href: Some(href) });
        Self { before: before.to_owned(), value, after: String::new() }
    }

    fn then(self, after: impl Into<String>) -> Self {
        Self { after: after.into(), ..self }
    }
}

/// The longest text of a record that a row shows, in characters: what was typed may be a thousand.
const LONGEST: usize = 300;

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// What a record says, and what else there is to say of it.
#[must_use]
pub fn told(record: &Recorded, known: &Known, reader: &Reader) -> (Said, Option<Said>) {
    let Some(kind) = record.kind() else {
        let subject = record.subject.as_deref().map(|subject| Said::about("About ", cut(subject)));
        return (subject.unwrap_or_default(), record.detail.as_deref().map(|detail| Said::about("", cut(detail))));
    };
    let subject = record.subject.as_deref().unwrap_or_default();
    let about = |before: &str| Said::about(before, cut(subject));
    let detail = || record.detail.as_deref().map(|detail| Said::about("", cut(detail)));
    match kind {
        Kind::SignedIn => (Said::plain("Signed in with a password"), None),
        Kind::SignedOut => (Said::plain("Signed out"), None),
        Kind::SignInFailed => (refused(record), None),
        Kind::SignInSlowed => (Said::plain("Sign-in refused: tried again too soon"), None),
        Kind::EntryOpened | Kind::ErrorDetailOpened => entry(kind, subject, known, reader),
        Kind::MemberOpened => (member("", subject, known), None),
        Kind::MembersSearched | Kind::Found => looked(kind, record, known),
        Kind::LogsSearched => searched(record, reader),
        Kind::LogsWatched => (Said::plain("Watched for new entries"), filter(record, reader)),
        Kind::LogsCounted => (Said::plain("Had entries counted"), filter(record, reader)),
        Kind::Exported | Kind::ExportEnded | Kind::ExportBrokenOff => exported(kind, record, reader),
        Kind::ViewSaved => (about("Saved the view "), filter(record, reader)),
        Kind::ViewDeleted => (about("Deleted the view "), filter(record, reader)),
        Kind::ViewChanged => (about("Changed the view "), detail()),
        Kind::PasswordChanged => (Said::plain("Changed their own password"), None),
        Kind::StaffAdded => {
            (about("Added "), record.detail.as_deref().map(|role| Said::about("Role ", role_name(role))))
        }
        Kind::StaffDisabled => (about("Switched off "), None),
        Kind::StaffEnabled => (about("Switched on "), None),
        Kind::StaffPasswordReset => (about("Made a new password for "), None),
        Kind::StaffRoleChanged => (about("Changed the role of "), record.detail.as_deref().map(role_change)),
        Kind::StaffSignInsEnded => (about("Signed out everywhere: "), detail()),
        Kind::TokenCreated => (about("Created the token "), detail()),
        Kind::TokenRevoked => (about("Revoked the token "), detail()),
        Kind::Imported => (about("Imported "), detail()),
        Kind::MemberDeleted => (member("Deleted the member ", subject, known), None),
        Kind::BookingDeleted => (Said::about("Deleted the booking ", short(subject)), None),
        Kind::ErrorsSearched => {
            let query = record.detail.as_deref().filter(|query| !query.is_empty());
            (Said::plain("Looked at Errors"), query.map(|query| Said::about("Filter: ", cut(query))))
        }
        Kind::ErrorGroupOpened => (error_group("Error group ", subject), None),
        Kind::ErrorGroupChanged => (error_group("Changed error group ", subject), detail()),
        Kind::StaffLogSearched => (Said::plain("Looked at what was done in Daybook"), records_filter(record, reader)),
    }
}

fn refused(record: &Recorded) -> Said {
    match &record.detail {
        Some(why) => Said::about("Sign-in refused: ", cut(why)),
        None => Said::plain("Sign-in refused"),
    }
}

/// The first characters of an id; anything else as it is.
fn short(text: &str) -> String {
    Uuid::parse_str(text).map_or_else(|_| cut(text), words::short_id)
}

fn entry(kind: Kind, subject: &str, known: &Known, reader: &Reader) -> (Said, Option<Said>) {
    let before = if kind == Kind::ErrorDetailOpened { "Traceback of " } else { "" };
    let Ok(id) = Uuid::parse_str(subject) else { return (Said::about(before, cut(subject)), None) };
    let Some(log) = known.entry(id) else { return (Said::about(before, words::short_id(id)), None) };
    let when = reader.day_and_clock(log.timestamp);
    let name = log.member_name.clone().or_else(|| log.current_email.clone()).or_else(|| log.member_email.clone());
    let more = match name {
        Some(name) => Said::about("", name).then(format!(", {when}")),
        None => Said::plain(when),
    };
    (Said::leading(before, cut(&titled(&log.description)), link::entry(id, "")), Some(more))
}

/// An error group by its fingerprint.
fn error_group(before: &str, subject: &str) -> Said {
    Said::leading(before, cut(subject), format!("/errors/{}", query_string::escape(subject)))
}

/// A member by their id, or an e-mail that nobody had.
fn member(before: &str, subject: &str, known: &Known) -> Said {
    let Ok(id) = Uuid::parse_str(subject) else {
        return Said::leading(before, cut(subject), link::by_email(subject));
    };
    match known.member(id) {
        Some((name, email)) => {
            let name = name.clone().filter(|name| !name.trim().is_empty()).or_else(|| email.clone());
            Said::leading(before, cut(&name.unwrap_or_else(|| words::short_id(id))), link::member(id))
        }
        None => Said::about(before, words::short_id(id)),
    }
}

fn looked(kind: Kind, record: &Recorded, known: &Known) -> (Said, Option<Said>) {
    let place = if kind == Kind::Found { "” in Find" } else { "” in Members" };
    let Some(text) = &record.detail else {
        let said = match record.subject.as_deref() {
            Some(staff_log::UNFINISHED) => "Looked for visits without an end",
            _ => "Looked at who was seen lately",
        };
        return (Said::plain(said), None);
    };
    let led = record.subject.as_deref().map(|subject| match kind {
        Kind::MembersSearched => member("Led to ", subject, known),
        _ => Said::about("Led to ", short(subject)),
    });
    (Said::about("Looked for “", cut(text)).then(place), led)
}

fn searched(record: &Recorded, reader: &Reader) -> (Said, Option<Said>) {
    let (rows, query) = staff_log::uncounted(record.detail.as_deref().unwrap_or_default());
    if record.token.is_some() {
        let said =
            rows.map_or_else(|| "Read entries".to_owned(), |rows| format!("Read {}", counted(rows, words::entries)));
        return (Said::plain(said), filter(record, reader));
    }
    let q = read(query, reader).and_then(|query| query.filter.search.map(|search| search.typed));
    let said = match q {
        Some(q) => Said::about("Looked for “", cut(&q)).then("” in Activity"),
        None => Said::plain("Looked at Activity"),
    };
    (said, filter(record, reader).map(|said| found(said, rows)))
}

/// The filter with how many were found.
fn found(said: Said, rows: Option<&str>) -> Said {
    match rows {
        Some(rows) => said.then(format!("; {} found", counted(rows, words::entries))),
        None => said,
    }
}

fn exported(kind: Kind, record: &Recorded, reader: &Reader) -> (Said, Option<Said>) {
    let (rows, _) = staff_log::uncounted(record.detail.as_deref().unwrap_or_default());
    let format = match record.subject.as_deref() {
        Some("csv") => "CSV",
        Some("ndjson") => "NDJSON",
        _ => "a file",
    };
    let how_many = rows.map_or_else(|| "entries".to_owned(), |rows| counted(rows, words::entries));
    let said = match kind {
        Kind::Exported => format!("Began an export as {format}"),
        Kind::ExportBrokenOff => format!("An export as {format} broke off after {how_many}"),
        _ => format!("Exported {how_many} as {format}"),
    };
    (Said::plain(said), filter(record, reader))
}

fn records(n: u64) -> String {
    words::counted(n, "record", "records")
}

/// How many, as [`staff_log::counted`] wrote it, in words: `312 entries`, `more than 10,000 entries`.
fn counted(rows: &str, things: fn(u64) -> String) -> String {
    let (least, digits) = match (rows.strip_prefix(">="), rows.strip_prefix('>')) {
        (Some("0"), _) => return format!("so far no {}", things(0).trim_start_matches("0 ")),
        (Some(digits), _) => ("at least ", digits),
        (None, Some(digits)) => ("more than ", digits),
        (None, None) => ("", rows),
    };
    digits.parse().map_or_else(|_| "some".to_owned(), |n| format!("{least}{}", things(n)))
}

/// A query string of the log as it was recorded, where it can still be read.
fn read(query: &str, reader: &Reader) -> Option<ListQuery> {
    let asker = Asker { zone: reader.zone, role: Role::Admin, surface: Surface::Machine };
    FilterForm::new(query).parse(asker).ok()
}

/// The filter of a record as a link to the list that it stands for today; as text where it was cut short.
fn filter(record: &Recorded, reader: &Reader) -> Option<Said> {
    let (_, query) = staff_log::uncounted(record.detail.as_deref()?);
    // What a view is shared with stands behind its query.
    let query = query.split_once(" (").map_or(query, |(query, _)| query);
    let was_cut = query.ends_with('…');
    Some(match read(query, reader).filter(|_| !was_cut) {
        Some(query) => {
            let query = query.from(At::Newest);
            let words = summary::sentence(&query.filter, reader.zone, reader.now).title();
            Said::leading("Filter: ", cut(&words), link::list(&query, reader.zone))
        }
        None => Said::about("Filter: ", cut(query)),
    })
}

fn records_filter(record: &Recorded, reader: &Reader) -> Option<Said> {
    let (rows, query) = staff_log::uncounted(record.detail.as_deref()?);
    let said = match form::parse(&FilterForm::new(query), reader.asker()) {
        Ok(read) if !query.ends_with('…') => {
            let read = read.from(At::Newest);
            let words = read.filter.words(reader.zone, reader.now);
            Said::leading("Filter: ", cut(&words), read.link(reader.zone))
        }
        _ => Said::about("Filter: ", cut(query)),
    };
    Some(match rows {
        Some(rows) => said.then(format!("; {} found", counted(rows, records))),
        None => said,
    })
}

fn role_name(word: &str) -> String {
    word.parse::<Role>().map_or_else(|_| cut(word), |role| role.name().to_owned())
}

/// `Viewer to Support`, out of `viewer to support`.
fn role_change(words: &str) -> Said {
    match words.split_once(" to ") {
        Some((from, to)) => Said::about("", format!("{} to {}", role_name(from), role_name(to))),
        None => Said::about("", cut(words)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_is_said_as_it_was_known() {
        for (rows, words) in [
            ("1", "1 entry"),
            ("1187", "1,187 entries"),
            (">10000", "more than 10,000 entries"),
            (">=0", "so far no entries"),
            (">=1", "at least 1 entry"),
            ("x", "some"),
        ] {
            assert_eq!(counted(rows, super::words::entries), words);
        }
    }
}
