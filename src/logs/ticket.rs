//! An entry as Markdown for a ticket system, without a name, an e-mail, an address or a browser.

use uuid::Uuid;

use super::traceback::Frame;
use crate::core::redact::redact;
use crate::core::time::{Timestamp, Zone};
use crate::core::words;

#[cfg(test)]
mod tests;

/// How many characters of a text are looked through for personal data; more than is ever shown.
const LOOKED_AT: usize = 4_000;
/// The most characters of a word that may be half of something personal, where the looking ends in one.
const LONGEST_SECRET: usize = 320;
/// How many characters of an error are shown.
const ERROR_LIMIT: usize = 1_000;
/// How many characters of any other text are shown.
const TEXT_LIMIT: usize = 500;

/// Whom an entry is about, as far as a ticket tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A member.
    Member(Uuid),
    /// An e-mail was recorded that nobody has today.
    NoAccountNow,
    /// An e-mail was recorded without an account, and this member has it today.
    RecordedWithoutAccount(Uuid),
    /// Neither a member nor an e-mail was recorded.
    Anonymous,
}

/// How often the error of an entry is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// How many entries.
    pub times: u64,
    /// How many members.
    pub members: u64,
    /// When first.
    pub first: Timestamp,
}

/// Something that led to the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// When, at first.
    pub at: Timestamp,
    /// What happened.
    pub description: &'a str,
    /// Where.
    pub area: &'a str,
    /// How many times, one after the other.
    pub times: usize,
}

/// What a ticket is made of. Every text but the URL is taken as a stranger's.
#[derive(Debug, Clone, Copy)]
pub struct TicketFacts<'a> {
    /// The entry's one-liner: the title.
    pub description: &'a str,
    /// The error in a line.
    pub error_message: Option<&'a str>,
    /// Whom it is about.
    pub who: Who,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The reader's zone.
    pub zone: Zone,
    /// Page or feature.
    pub area: &'a str,
    /// `service_type` of `extra`.
    pub service_type: Option<&'a str>,
    /// The entry's status.
    pub status: &'a str,
    /// What kind of thing happened.
    pub action_type: &'a str,
    /// The entry's own page.
    pub entry_url: &'a str,
    /// The outermost frame of the application.
    pub first_frame: Option<Frame<'a>>,
    /// The last frame of the application.
    pub last_frame: Option<Frame<'a>>,
    /// How often the error is recorded, where that is known.
    pub recorded: Option<Recorded>,
    /// What the same person did before, oldest first.
    pub led: &'a [Step<'a>],
    /// How often the same happened to them lately: `second time in 3 minutes`. Ours, and nothing personal.
    pub lately: Option<&'a str>,
    /// Whether it worked since: `not seen since`. Ours, and nothing personal.
    pub since: Option<&'a str>,
    /// The member's name and e-mail, which must not stand in the ticket.
    pub redact: &'a [&'a str],
}

impl TicketFacts<'_> {
    /// The ticket. Whatever the texts hold, each is one line or part of one, and plain text in it.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut lines = vec![format!("### {}", self.title())];
        let error = self.error_message.map(|error| self.clean(error, ERROR_LIMIT)).filter(|error| !error.is_empty());
        if let Some(error) = &error {
            lines.push(format!("- Error: {}", code(error)));
        }
        if error.is_none() || self.action_type != "error" {
            lines.push(format!("- What: {}", self.what()));
        }
        lines.push(format!("- Who: {}", self.who()));
        lines.push(format!("- When: {}", self.when()));
        lines.push(format!("- Where: {}", self.place()));
        if let Some(frames) = self.frames() {
            lines.push(format!("- Code: {frames}"));
        }
        if let Some(lately) = self.lately {
            lines.push(format!("- Lately: {lately} for them"));
        }
        if let Some(since) = self.since {
            lines.push(format!("- Worked since: {since}"));
        }
        if let Some(recorded) = self.recorded {
            lines.push(format!("- Recorded: {}", self.how_often(recorded)));
        }
        lines.push(format!("- Entry: {}", flat(self.entry_url, LOOKED_AT).0));
        if !self.led.is_empty() {
            lines.push("- What led there:".to_owned());
            lines.extend(self.led.iter().zip(1..).map(|(step, n)| format!("  {n}. {}", self.step(step))));
        }
        lines.join("\n")
    }

    fn title(&self) -> String {
        self.plain(self.description, "Entry without a description")
    }

    /// A step in one line; the day only where it is another than the entry's.
    fn step(&self, step: &Step<'_>) -> String {
        let day = words::date_short(step.at, self.zone);
        let day = if day == words::date_short(self.timestamp, self.zone) { String::new() } else { format!("{day}, ") };
        let clock = words::clock(step.at, self.zone, false);
        let what = self.plain(step.description, "No description recorded");
        let times = if step.times > 1 { format!(", {} times", step.times) } else { String::new() };
        format!("{day}{clock} {what} ({}){times}", self.quote(step.area))
    }

    fn plain(&self, text: &str, blank: &str) -> String {
        let title = self.clean(text, TEXT_LIMIT);
        match title.as_str() {
            "" => blank.to_owned(),
            title if is_inert(title) => title.to_owned(),
            title => code(title),
        }
    }

    fn what(&self) -> String {
        let named = |recorded: &str, name: String| if name == recorded { self.quote(recorded) } else { name };
        let action = named(self.action_type, words::action_name(self.action_type));
        format!("{action}, {}", named(self.status, words::status_name(self.status)))
    }

    fn who(&self) -> String {
        match self.who {
            Who::Member(id) => format!("member {}", words::short_id(id)),
            Who::NoAccountNow => "no account now".to_owned(),
            Who::RecordedWithoutAccount(id) => {
                format!("recorded without an account, today member {}", words::short_id(id))
            }
            Who::Anonymous => "anonymous".to_owned(),
        }
    }

    fn when(&self) -> String {
        let (at, zone) = (self.timestamp, self.zone);
        let machine = at.rfc3339();
        let day = machine.split('T').next().unwrap_or_default();
        format!(
            "{}, {} {} ({day}T{}Z)",
            words::date_short(at, zone),
            words::clock(at, zone, false),
            words::zone_abbreviation(at, zone),
            words::clock(at, chrono_tz::UTC, true),
        )
    }

    fn place(&self) -> String {
        let area = self.quote(self.area);
        match self.service_type.filter(|service_type| !service_type.trim().is_empty()) {
            Some(service_type) => format!("{area}, service type {}", self.quote(service_type)),
            None => area,
        }
    }

    fn frames(&self) -> Option<String> {
        let last = self.last_frame.or(self.first_frame)?;
        let first = self.first_frame.filter(|first| *first != last);
        let called = first.map(|first| format!(", called from {}", self.frame(first)));
        Some(self.frame(last) + &called.unwrap_or_default())
    }

    fn frame(&self, frame: Frame<'_>) -> String {
        let place = code(&format!("{}:{}", self.clean(frame.path, TEXT_LIMIT), flat(frame.line, 9).0));
        match frame.function {
            Some(function) => format!("{place} in {}", self.quote(function)),
            None => place,
        }
    }

    fn how_often(&self, recorded: Recorded) -> String {
        let (first, zone) = (recorded.first, self.zone);
        let mut clock = words::clock(first, zone, false);
        clock.truncate("00:00".len());
        format!(
            "{}, {}, first {}, {clock} {}",
            words::counted(recorded.times, "time", "times"),
            words::counted(recorded.members, "member", "members"),
            words::date_short(first, zone),
            words::zone_abbreviation(first, zone),
        )
    }

    fn quote(&self, text: &str) -> String {
        match self.clean(text, TEXT_LIMIT).as_str() {
            "" => "none recorded".to_owned(),
            text => code(text),
        }
    }

    /// A stranger's text on one line, without what could be personal, at most `limit` characters and a mark.
    fn clean(&self, text: &str, limit: usize) -> String {
        let (mut text, whole) = flat(text, LOOKED_AT);
        if !whole {
            // What the looking ended in may be half of something that would have been found.
            let safe = text.rfind(' ').unwrap_or_else(|| {
                text.char_indices().nth(LOOKED_AT - LONGEST_SECRET).map_or(text.len(), |(end, _)| end)
            });
            text.truncate(safe);
        }
        let mut text = redact(&text, self.redact);
        let end = text.char_indices().nth(limit).map(|(end, _)| end);
        text.truncate(end.unwrap_or(text.len()));
        if end.is_some() || !whole {
            text.push('…');
        }
        text
    }
}

/// A text on one line: white space and control characters are one blank, and what is not seen is left out, as
/// it could hide what must be found. At most `limit` characters, and whether that is all.
fn flat(text: &str, limit: usize) -> (String, bool) {
    let mut out = String::new();
    let mut left = limit;
    let mut blank = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            blank = !out.is_empty();
        } else if !is_unseen(c) {
            if left == 0 {
                return (out, false);
            }
            if std::mem::take(&mut blank) {
                out.push(' ');
            }
            out.push(c);
            left -= 1;
        }
    }
    (out, true)
}

/// Marks of direction, blanks of no width, soft hyphens, tags.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Text as a code span, in which Markdown knows nothing but its end.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A backtick beside the fence would lengthen it; the blank that parts them is not shown.
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// Whether a text on one line means nothing but itself in Markdown, and is no link, mention or reference either.
fn is_inert(text: &str) -> bool {
    let next = text.chars().skip(1).map(Some).chain([None]);
    text.chars().zip(next).all(|(c, next)| match c {
        '.' | ':' | '!' => next.is_none_or(|c| c == ' '),
        ' ' | ',' | ';' | '?' | '\'' | '"' | '(' | ')' | '-' | '%' | '/' => true,
        c => !c.is_ascii() || c.is_ascii_alphanumeric(),
    })
}
