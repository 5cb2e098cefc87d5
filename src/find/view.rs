//! From hits to what the page prints: words and links for one reader.

use super::{
    pages::{Below, Group, HitView, Tried, Why},
    pasted,
    store::{As, By, Hit, Hits, Whole},
};
use crate::{
    core::{ids, marks::Marked, words},
    error_groups::{filter as errors, fingerprint::Fingerprint},
    logs::{
        filter::Filter,
        link,
        view::{
            Reader,
            row::{Status, Who, titled},
        },
    },
    members::store::Found,
};

/// How many digits of an entry's id are shown after those that were typed.
const MORE_DIGITS: usize = 5;

/// Where a hit leads.
#[must_use]
pub fn href(hit: &Hit, reader: &Reader) -> String {
    match hit {
        Hit::Member { found, .. } | Hit::Email { found, .. } => match (found.id, &found.email) {
            (Some(id), _) => link::member(id),
            (None, email) => link::by_email(email.as_deref().unwrap_or_default()),
        },
        Hit::Entry(log) => link::entry(log.id, ""),
        Hit::Errors(group) => errors::link(group.fingerprint()),
        Hit::Booking { id, .. } => link::filtered(Filter { booking: Some(*id), ..Filter::default() }, reader.zone),
        Hit::Address { block, .. } => link::filtered(Filter { ip: Some(*block), ..Filter::default() }, reader.zone),
    }
}

/// What the line of the staff's log is about, where one thing was found.
#[must_use]
pub fn subject(hit: &Hit) -> Option<String> {
    match hit {
        Hit::Member { found, .. } | Hit::Email { found, .. } => {
            found.id.map(|id| id.to_string()).or_else(|| found.email.clone())
        }
        Hit::Entry(log) => Some(log.id.to_string()),
        Hit::Errors(group) => Some(group.fingerprint().to_string()),
        Hit::Booking { id, .. } => Some(id.to_string()),
        Hit::Address { block, .. } => Some(block.to_string()),
    }
}

/// The hits by kind.
#[must_use]
pub fn groups(hits: &Hits, text: &str, reader: &Reader) -> Vec<Group> {
    type Kind = (&'static str, fn(&Hit) -> bool);
    let kinds: [Kind; 6] = [
        ("Members", |hit| matches!(hit, Hit::Member { .. })),
        ("E-mails without an account now", |hit| matches!(hit, Hit::Email { .. })),
        ("Entries", |hit| matches!(hit, Hit::Entry(_))),
        ("Error groups", |hit| matches!(hit, Hit::Errors(_))),
        ("Bookings", |hit| matches!(hit, Hit::Booking { .. })),
        ("Addresses", |hit| matches!(hit, Hit::Address { .. })),
    ];
    let group = |(name, is): Kind| Group {
        name,
        hits: hits.hits.iter().filter(|hit| is(hit)).map(|hit| view(hit, text, reader)).collect(),
    };
    kinds.into_iter().map(group).filter(|group| !group.hits.is_empty()).collect()
}

fn view(hit: &Hit, text: &str, reader: &Reader) -> HitView {
    let at = |at: crate::core::time::Timestamp| Ok(reader.day_and_clock(at));
    let bare = HitView {
        href: href(hit, reader),
        title: String::new(),
        mono: false,
        below: Below::Nothing,
        why: Why { before: "ID is ", hit: text.to_owned(), mono: true, after: String::new() },
        last: Err(""),
    };
    match hit {
        Hit::Member { found, by } => {
            let (title, mono, below) = called(found);
            let why = why(found, *by, text).unwrap_or(bare.why);
            HitView { title, mono, below, why, last: found.last_seen.told(reader), ..bare }
        }
        Hit::Email { found, whole } => {
            let before = if *whole { "E-mail is " } else { "E-mail begins with " };
            let why = Why { before, mono: false, ..bare.why };
            HitView { title: found.email.clone().unwrap_or_default(), why, last: found.last_seen.told(reader), ..bare }
        }
        Hit::Entry(log) => {
            let status = Status::new(&log.status);
            let went = (log.status != "success").then_some(status.name);
            HitView {
                title: titled(&log.description),
                below: Below::Who(Who::of(log.subject()), went),
                why: why_id(&log.id.to_string(), text),
                last: at(log.timestamp),
                ..bare
            }
        }
        Hit::Errors(group) => HitView {
            title: group.title.clone(),
            below: Below::Text(group.area.clone()),
            why: Why { before: "Fingerprint is ", ..bare.why },
            last: at(group.last_at),
            ..bare
        },
        Hit::Booking { id, last } => {
            HitView { title: format!("Booking {}", words::short_id(*id)), last: last.told(reader), ..bare }
        }
        Hit::Address { block, last } => HitView {
            title: block.to_string(),
            mono: true,
            why: Why { before: "Recorded as address ", hit: block.to_string(), ..bare.why },
            last: at(*last),
            ..bare
        },
    }
}

/// Name, else e-mail, else the beginning of the id; and the line below.
fn called(found: &Found) -> (String, bool, Below) {
    match (&found.name, &found.email, found.id) {
        (Some(name), email, _) => (name.clone(), false, email.clone().map_or(Below::Nothing, Below::Text)),
        (None, Some(email), _) => (email.clone(), false, Below::Nothing),
        (None, None, Some(id)) => (words::short_id(id), true, Below::Nothing),
        (None, None, None) => (String::new(), false, Below::Nothing),
    }
}

/// What of a member matched; nothing where it is the id.
fn why(found: &Found, by: By, text: &str) -> Option<Why> {
    let plain = |before, hit: String, after: &str| Why { before, hit, mono: false, after: after.to_owned() };
    let in_name = || {
        let marked = Marked::of(found.name.as_deref().unwrap_or_default(), &[text.to_lowercase()]);
        let part = marked.parts.into_iter().find(|part| part.hit);
        part.map_or_else(|| text.to_owned(), |part| part.text)
    };
    match (by.name, by.email) {
        _ if by.id == Some(Whole::Yes) => None,
        _ if by.id.is_some() => found.id.map(|id| why_id(&id.to_string(), text)),
        (true, Some(_)) => Some(plain("Name has ", in_name(), "; e-mail begins with it")),
        (true, None) => Some(plain("Name has ", in_name(), "")),
        (false, Some(Whole::Yes)) => Some(plain("E-mail is ", text.to_owned(), "")),
        (false, Some(Whole::No)) => Some(plain("E-mail begins with ", text.to_owned(), "")),
        (false, None) => match by.recorded? {
            Whole::Yes => Some(plain("Entries of theirs have the e-mail ", text.to_owned(), "")),
            Whole::No => Some(plain("Entries of theirs have an e-mail that begins with ", text.to_owned(), "")),
        },
    }
}

/// The digits that were typed, and a few more.
fn why_id(id: &str, text: &str) -> Why {
    let typed = text.chars().filter(|c| *c != '-').count();
    let digits = |n: usize| {
        let mut left = n;
        let end = id.char_indices().find(|(_, c)| {
            let over = left == 0;
            left -= usize::from(*c != '-' && !over);
            over
        });
        end.map_or(id.len(), |(at, _)| at)
    };
    if ids::whole(text).is_some() {
        return Why { before: "ID is ", hit: id.to_owned(), mono: true, after: String::new() };
    }
    let (end, shown) = (digits(typed), digits(typed + MORE_DIGITS));
    Why { before: "ID begins with ", hit: id[..end].to_owned(), mono: true, after: id[end..shown].to_owned() }
}

/// What was tried, where nothing was found.
#[must_use]
pub fn tried(text: &str, reader: &Reader, stopped: &[As]) -> Vec<Tried> {
    const SO_FAR: &str = "None so far; there was no time, or no index, to look further";
    let details = reader.role.sees_details();
    let whole = ids::whole(text).is_some();
    let hex = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let unless = |what: As, none: &'static str| if stopped.contains(&what) { SO_FAR } else { none };
    let entry = match (ids::range(text).is_some(), hex) {
        (true, _) if whole => "No entry has it",
        (true, _) => "No entry’s ID begins with it",
        (false, true) => "Too short or too long: type at least 8 digits of its beginning",
        (false, false) => "An ID has only the digits 0 to 9, the letters a to f and dashes",
    };
    let member = match (ids::range(text).is_some(), hex) {
        (true, _) if whole => unless(As::Member, "No member has it"),
        (true, _) => "No member’s ID begins with it",
        (false, _) => entry,
    };
    let booking = if whole { unless(As::Booking, "No booking and no entry has it") } else { "Not a whole ID" };
    let address = match (details, pasted::address(text).is_some()) {
        (false, _) => "Viewers cannot look for an address",
        (true, true) => unless(As::Address, "No entry has it"),
        (true, false) => "Not an IP address",
    };
    let mut tried = vec![
        Tried { as_what: "Entry ID", result: entry },
        Tried { as_what: "Member ID", result: member },
        Tried { as_what: "Booking ID", result: booking },
        Tried { as_what: "E-mail, or its beginning", result: unless(As::Email, "No member and no entry has it") },
        Tried { as_what: "Name", result: unless(As::Name, "No member’s name has it") },
        Tried { as_what: "Address", result: address },
        Tried { as_what: "Daybook link", result: "Not a link to this Daybook" },
    ];
    if details && Fingerprint::parse(&text.to_ascii_lowercase()).is_some() {
        tried.insert(1, Tried { as_what: "Error group", result: "None has this fingerprint" });
    }
    tried
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_how_much_of_it_was_typed() {
        let id = "0197830e-6c2f-7a11-9f3e-5b0d7c2a9e11";
        let why = |text| {
            let why = why_id(id, text);
            format!("{}[{}]{}", why.before, why.hit, why.after)
        };
        assert_eq!(why("0197830e"), "ID begins with [0197830e]-6c2f-7");
        assert_eq!(why("0197830e6C"), "ID begins with [0197830e-6c]2f-7a1");
        assert_eq!(why(&id[..35]), format!("ID begins with [{}]1", &id[..35]));
        assert_eq!(why(id), format!("ID is [{id}]"));
    }
}
