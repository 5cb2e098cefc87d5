//! Which errors are alike: a rule that reads an entry's texts, knows no database, and gives each group a fingerprint.
//!
//! Of a traceback count the exception's type and the last place in the application's code, never a line number nor a value,
//! so that neither a release nor somebody else's data makes another group of it. Without a traceback the message counts,
//! without what varies in it, and where it happened; without a message, what was done.

use std::fmt;

use super::varying;
use crate::{
    core::secret,
    logs::traceback::{self, Frame, Last},
};

#[cfg(test)]
mod tests;

/// The version of the rule: with another one every group is made anew.
pub const RULE: i64 = 2;
/// What every fingerprint begins with. It is the same in each version of the rule: a group that another version makes of the
/// same parts keeps its name, and what people said of it.
const SALT: &str = "daybook error group 1";
/// How many characters of a traceback are read, from its end.
pub const DETAIL: usize = 32_768;
/// How many characters of any other text are read.
pub const LONGEST: usize = 4_096;
/// The longest title, in characters.
const TITLE: usize = 300;
/// The longest name of an exception, a file or a function, in characters.
const NAME: usize = 200;
/// Where packages are installed: their paths begin below the deepest of these, or of Python's own folder.
const PACKAGES: [&str; 2] = ["site-packages", "dist-packages"];
/// Where the paths of an application begin, whatever lies above: the topmost counts, with those right below it.
const ROOTS: [&str; 5] = ["app", "src", "lib", "code", "current"];
/// How many parts of a path are kept at least: many files have the same name.
const LEAST: usize = 2;
/// How many parts of a path are kept where nothing tells its root.
const PARTS: usize = 3;

/// The name of a group: twelve hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// How many digits it has.
    const DIGITS: usize = 12;

    fn of(parts: &[&str]) -> Self {
        let mut text = SALT.to_owned();
        for part in parts {
            text.push('\0');
            text.push_str(part);
        }
        let hash = secret::hash(text.as_bytes());
        Self(hash[..Self::DIGITS / 2].iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// The number that its digits are, as a database keeps it.
    #[must_use]
    pub fn number(self) -> i64 {
        i64::try_from(self.0).unwrap_or_default()
    }

    /// The fingerprint of a number.
    #[must_use]
    pub fn from_number(number: i64) -> Self {
        Self(u64::try_from(number).unwrap_or_default() & 0xffff_ffff_ffff)
    }

    /// Reads what it writes: twelve digits, in lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (digits && text.len() == Self::DIGITS).then(|| u64::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}", self.0)
    }
}

/// What an error says of itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    /// What kind of thing happened.
    pub action_type: &'a str,
    /// Where.
    pub area: &'a str,
    /// What happened, for people.
    pub description: &'a str,
    /// The error in a line.
    pub error_message: Option<&'a str>,
    /// The traceback.
    pub error_detail: Option<&'a str>,
}

/// What is the same of errors that are alike, and what they are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// The name of their group.
    pub fingerprint: Fingerprint,
    /// What people call it.
    pub title: String,
    /// The type of the exception, where there is one.
    pub exception: Option<String>,
    /// The place in the code, where a traceback says one: `bookings/service.py in confirm`.
    pub frame: Option<String>,
}

impl Alike {
    /// Reads an error. A frame is the application's as the page of an entry means it; see
    /// [`crate::logs::traceback::Traceback::read`].
    #[must_use]
    pub fn of(said: Said<'_>, app_root: Option<&str>) -> Self {
        let detail = said.error_detail.map(|text| end(text, DETAIL));
        let message = said.error_message.map(|text| beginning(text, LONGEST)).and_then(first_line);
        let ends = detail.map(|text| traceback::ends(text, app_root)).unwrap_or_default();
        let read = |last: &Last<'_>| Self::of_traceback(last, message, said, app_root);
        // Of several that happened at once the order is chance, so that neither the first nor the last counts.
        match (ends.iter().map(read).min_by_key(|alike| alike.fingerprint), message) {
            (Some(alike), _) => alike,
            (None, Some(message)) => Self::of_message(message, said),
            (None, None) => {
                let [area, description] = [said.area, said.description].map(|text| beginning(text, LONGEST));
                let parts = [said.action_type, &varying::take_out(area), &varying::take_out(description)];
                Self {
                    fingerprint: Fingerprint::of(&["told", parts[0], parts[1], parts[2]]),
                    title: title(description),
                    exception: None,
                    frame: None,
                }
            }
        }
    }

    fn of_traceback(last: &Last<'_>, message: Option<&str>, said: Said<'_>, app_root: Option<&str>) -> Self {
        let named = last.exception.map(|line| beginning(line, LONGEST));
        let exception = named.map(|line| line.split_once(':').map_or(line, |(name, _)| name));
        let exception = exception.or_else(|| message.and_then(head).map(|(name, _)| name)).unwrap_or_default();
        let exception = beginning(exception, NAME);
        let (file, function) = place(&last.frame, app_root);
        let called = match named {
            // Without the modules that it is defined in: those say little and push the rest aside.
            Some(line) => line.replacen(exception, exception.rsplit('.').next().unwrap_or(exception), 1),
            None => message.unwrap_or(said.description).to_owned(),
        };
        Self {
            fingerprint: Fingerprint::of(&["traceback", exception, &file, &function]),
            title: title(&called),
            exception: Some(exception).filter(|name| !name.is_empty()).map(str::to_owned),
            frame: Some(if function.is_empty() { file } else { format!("{file} in {function}") }),
        }
    }

    fn of_message(message: &str, said: Said<'_>) -> Self {
        let (exception, rest) = head(message).map_or((None, message), |(name, rest)| (Some(name), rest));
        let area = varying::take_out(beginning(said.area, LONGEST));
        let parts = ["message", exception.unwrap_or_default(), &varying::take_out(rest), &area];
        Self {
            fingerprint: Fingerprint::of(&parts),
            title: title(message),
            exception: exception.map(|name| beginning(name, NAME).to_owned()),
            frame: None,
        }
    }
}

/// The type at the head of a message, and what follows it: `ReadTimeout: no answer`.
fn head(message: &str) -> Option<(&str, &str)> {
    let (name, rest) = message.split_once(':').unwrap_or((message, ""));
    let class = name.rsplit('.').next().unwrap_or(name);
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let is_class = class.starts_with(char::is_uppercase) && class.chars().any(char::is_lowercase);
    (is_class && name.chars().all(is_name) && (rest.is_empty() || rest.starts_with(' '))).then_some((name, rest))
}

/// A place in the code by its file, from a root that no release moves, and its function.
fn place(frame: &Frame<'_>, app_root: Option<&str>) -> (String, String) {
    let path = end(frame.path, LONGEST).replace('\\', "/");
    let below = app_root.filter(|root| !root.is_empty()).and_then(|root| traceback::below(&path, root));
    let parts: Vec<&str> = below.unwrap_or(&path).split('/').filter(|part| !part.is_empty()).collect();
    let are_packages = |part: &&str| {
        let version = part.strip_prefix("python").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        PACKAGES.contains(part) || version
    };
    let is_root = |part: &&str| ROOTS.contains(part);
    let directories = parts.len().saturating_sub(1);
    let above = &parts[..directories];
    let from = match (above.iter().rposition(are_packages), below, above.iter().position(is_root)) {
        (Some(packages), ..) => packages + 1,
        (None, Some(_), _) => 0,
        (None, None, Some(root)) => root + above[root..].iter().take_while(|part| is_root(part)).count(),
        (None, None, None) => parts.len().saturating_sub(PARTS),
    };
    let from = from.min(parts.len().saturating_sub(LEAST));
    // A directory that is named after a release, a user or a process is none that tells one file from another.
    let kept: Vec<String> =
        parts[from..].iter().enumerate().map(|(at, part)| kept(part, from + at < directories)).collect();
    let file = end(&kept.join("/"), NAME).to_owned();
    (file, beginning(frame.function.unwrap_or_default(), NAME).to_owned())
}

fn kept(part: &str, is_directory: bool) -> String {
    let figures = part.chars().filter(char::is_ascii_digit).count();
    if is_directory && figures >= 4 { varying::take_out(part) } else { part.to_owned() }
}

/// One line that can be read, and not too long.
fn title(text: &str) -> String {
    let line = first_line(text).unwrap_or_default();
    let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(TITLE) {
        Some((cut, _)) => format!("{}…", line[..cut].trim_end()),
        None if line.is_empty() => "An error without a message".to_owned(),
        None => line,
    }
}

/// The first line that says anything.
fn first_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !line.is_empty())
}

fn beginning(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(cut, _)| &text[..cut])
}

fn end(text: &str, chars: usize) -> &str {
    text.char_indices().rev().nth(chars - 1).map_or(text, |(from, _)| &text[from..])
}
