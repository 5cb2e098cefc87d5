//! An entry's `extra`: laid out for reading, and asked for the value of a top-level key.
//!
//! Both work on the text as it came, so numbers keep their spelling, keys their order, and a key that stands
//! twice stands twice. Nothing here recurses: how deep a text is nested costs memory, never the stack.

mod layout;
mod parts;
mod scan;
#[cfg(test)]
mod tests;

pub use layout::{Extra, Token, TokenKind, lay_out};
pub use parts::{Flaw, NoParts, Part, parts};
use scan::{Event, Scanner, decode};

/// The value of a top-level key: a string's content, else its JSON text as written.
///
/// Of a key that stands twice the last counts, as in most programs that read JSON. `None` where the text is
/// not an object, lacks the key, or has `null` there.
#[must_use]
pub fn top_level(text: &str, key: &str) -> Option<String> {
    let value = last_value(text, key)?;
    match value {
        "null" => None,
        string if string.starts_with('"') => Some(decode(string).text),
        json => Some(json.to_owned()),
    }
}

/// Whether the value of a top-level key, as [`top_level`] says it, is `wanted`.
#[must_use]
pub fn matches(text: &str, key: &str, wanted: &str) -> bool {
    top_level(text, key).is_some_and(|value| value == wanted)
}

/// The mark that some programs put before a text.
pub const MARK: &[u8] = "\u{feff}".as_bytes();

/// The text that bytes of JSON are, without the mark before it; none where it is not UTF-8.
#[must_use]
pub fn utf8(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes.strip_prefix(MARK).unwrap_or(bytes)).ok()
}

/// Whether a recorded `extra` counts as none: JSON `null`, or blank.
#[must_use]
pub fn is_absent(text: &str) -> bool {
    matches!(text.trim_matches(|c| u8::try_from(c).is_ok_and(is_space)), "" | "null")
}

/// Whether a line holds nothing.
#[must_use]
pub fn is_blank(line: &str) -> bool {
    line.bytes().all(is_space)
}

/// Whether a byte is white space between the parts of JSON; no other space is.
#[must_use]
pub const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The JSON text of the last value under `key` in a valid object.
fn last_value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut scanner = Scanner::new(text);
    let mut found = None;
    let mut wanted = false;
    let mut start = 0;
    while let Some(event) = scanner.next().ok()? {
        match event {
            // Every value of an array counts as below it, so an array at the top has no keys either way.
            Event::Key { raw, .. } if scanner.depth() == 1 => wanted = is_key(raw, key),
            Event::Open { at, .. } if wanted && scanner.depth() == 2 => start = at,
            Event::Close { at, .. } if wanted && scanner.depth() == 1 => {
                found = text.get(start..=at);
                wanted = false;
            }
            Event::Scalar { raw, .. } if wanted && scanner.depth() == 1 => {
                found = Some(raw);
                wanted = false;
            }
            _ => {}
        }
    }
    found
}

fn is_key(raw: &str, key: &str) -> bool {
    if raw.contains('\\') { decode(raw).text == key } else { raw.get(1..raw.len() - 1) == Some(key) }
}
