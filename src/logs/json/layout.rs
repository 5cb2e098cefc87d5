//! JSON laid out over lines, as tokens that a template can mark without reading them.

use std::collections::HashMap;

use super::scan::{Event, Invalid, Scalar, Scanner, decode, scalar, skip_blank};

/// How much of a text is laid out, in bytes.
const SOURCE_LIMIT: usize = 64 * 1024;
/// How much may come of it, in bytes: line ends and indentation make a hostile text many times longer.
const OUTPUT_LIMIT: usize = 256 * 1024;
/// Up to this depth a level is indented by two more spaces than the one around it.
const INDENT_LIMIT: usize = 24;
/// The most characters an array of scalars may have to stay on one line.
const LINE_LIMIT: usize = 60;
/// The most characters a value may have to be worth a link to its like.
const FILTER_LIMIT: usize = 200;

/// What an entry's `extra` looks like on its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// The text in parts, in order, line ends and indentation included.
    pub tokens: Vec<Token>,
    /// Whether the text is JSON. What is not stands in one token as it came.
    pub valid: bool,
    /// Whether there is more text than tokens.
    pub cut: bool,
}

/// A part of the laid out text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// The text, as written.
    pub text: String,
    /// The key and the value of the filter `extra.KEY` that finds this entry by this value.
    pub filter: Option<(String, String)>,
}

/// What a part of the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// What stands between the others, and a text that is not JSON.
    Punctuation,
    /// The name of a value in an object, in its quotes.
    Key,
    /// A string, in its quotes.
    String,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Constant,
}

/// Lays out the text of an `extra`; any text can be.
#[must_use]
pub fn lay_out(text: &str) -> Extra {
    let Ok(last) = last_values(text) else {
        let shown = up_to(text, SOURCE_LIMIT);
        let token = Token { kind: TokenKind::Punctuation, text: shown.to_owned(), filter: None };
        return Extra { tokens: vec![token], valid: false, cut: shown.len() < text.len() };
    };
    let mut layout = Layout { text, last, ..Layout::default() };
    let mut scanner = Scanner::new(text);
    // The text is known to be valid: only its end or a limit ends this.
    while let Ok(Some(event)) = scanner.next() {
        layout.event(event, scanner.depth());
        if layout.cut {
            break;
        }
    }
    layout.end_punctuation();
    Extra { tokens: layout.tokens, valid: true, cut: layout.cut }
}

/// Where the last value of each top-level key begins, in a text that is valid from end to end.
///
/// Only the last is what the filter compares, so only the last may be a link to it.
fn last_values(text: &str) -> Result<HashMap<String, usize>, Invalid> {
    let mut last = HashMap::new();
    let mut key = None;
    let mut scanner = Scanner::new(text);
    while let Some(event) = scanner.next()? {
        match event {
            Event::Key { at, raw } if scanner.depth() == 1 && at < SOURCE_LIMIT => key = Some(decode(raw).text),
            Event::Key { raw, .. } if scanner.depth() == 1 => {
                // Beyond what is shown a key matters only where it takes the place of one that is.
                key = Some(decode(raw).text).filter(|key| last.contains_key(key));
            }
            Event::Open { at, .. } | Event::Scalar { at, .. } => {
                if let Some(key) = key.take() {
                    last.insert(key, at);
                }
            }
            _ => {}
        }
    }
    Ok(last)
}

/// The beginning of a text, at most so many bytes, whole characters.
fn up_to(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// What stands right before the place that is written at.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Before {
    #[default]
    Nothing,
    Open,
    Key,
    Value,
}

#[derive(Default)]
struct Layout<'a> {
    text: &'a str,
    last: HashMap<String, usize>,
    tokens: Vec<Token>,
    /// What has been written since the last token of another kind.
    punctuation: String,
    written: usize,
    before: Before,
    /// Within an array that stays on one line.
    in_line: bool,
    /// The key of the value that comes next, at the top of an object.
    key: Option<String>,
    cut: bool,
}

impl<'a> Layout<'a> {
    fn event(&mut self, event: Event<'a>, depth: usize) {
        match event {
            Event::Open { at, .. } | Event::Close { at, .. } | Event::Key { at, .. } | Event::Scalar { at, .. }
                if at >= SOURCE_LIMIT || self.written >= OUTPUT_LIMIT =>
            {
                self.cut = true;
            }
            Event::Open { at, object } => {
                self.before_value(depth - 1);
                self.punctuate(if object { "{" } else { "[" });
                self.in_line = !object && fits_a_line(self.text, at);
                self.before = Before::Open;
                self.key = None;
            }
            Event::Close { object, .. } => {
                if self.before == Before::Value && !self.in_line {
                    self.new_line(depth);
                }
                self.punctuate(if object { "}" } else { "]" });
                self.in_line = false;
                self.before = Before::Value;
            }
            Event::Key { at, raw } => {
                self.before_value(depth);
                self.push(TokenKind::Key, at, raw, None);
                self.punctuate(": ");
                self.before = Before::Key;
                self.key = (depth == 1).then(|| decode(raw)).filter(|key| key.exact).map(|key| key.text);
            }
            Event::Scalar { at, raw, kind } => {
                self.before_value(depth);
                let filter = self.filter(at, raw, kind);
                let kind = match kind {
                    Scalar::String => TokenKind::String,
                    Scalar::Number => TokenKind::Number,
                    Scalar::Truth | Scalar::Null => TokenKind::Constant,
                };
                self.push(kind, at, raw, filter);
                self.before = Before::Value;
            }
        }
    }

    /// Writes what parts a key, or a value without one, from what stands before it.
    fn before_value(&mut self, depth: usize) {
        match (self.before, self.in_line) {
            (Before::Nothing | Before::Key, _) | (Before::Open, true) => {}
            (Before::Open, false) => self.new_line(depth),
            (Before::Value, true) => self.punctuate(", "),
            (Before::Value, false) => {
                self.punctuate(",");
                self.new_line(depth);
            }
        }
    }

    fn new_line(&mut self, depth: usize) {
        self.punctuate("\n");
        self.punctuate(&"  ".repeat(depth.min(INDENT_LIMIT)));
    }

    fn punctuate(&mut self, text: &str) {
        self.written += text.len();
        self.punctuation.push_str(text);
    }

    fn end_punctuation(&mut self) {
        if !self.punctuation.is_empty() {
            let text = std::mem::take(&mut self.punctuation);
            self.tokens.push(Token { kind: TokenKind::Punctuation, text, filter: None });
        }
    }

    fn push(&mut self, kind: TokenKind, at: usize, raw: &str, filter: Option<(String, String)>) {
        self.end_punctuation();
        let shown = up_to(raw, SOURCE_LIMIT - at);
        self.cut |= shown.len() < raw.len();
        self.written += shown.len();
        self.tokens.push(Token { kind, text: shown.to_owned(), filter });
    }

    fn filter(&mut self, at: usize, raw: &str, kind: Scalar) -> Option<(String, String)> {
        let key = self.key.take()?;
        let value = match kind {
            Scalar::Null => return None,
            Scalar::String => Some(decode(raw)).filter(|value| value.exact)?.text,
            Scalar::Number | Scalar::Truth => raw.to_owned(),
        };
        // A query string has no NUL, and an empty value in it is none.
        let askable = |text: &str| !text.is_empty() && !text.contains('\0') && text.chars().count() <= FILTER_LIMIT;
        (self.last.get(&key) == Some(&at) && askable(&key) && askable(&value)).then_some((key, value))
    }
}

/// Whether the array that opens at `at` holds scalars only and is short enough for one line.
fn fits_a_line(text: &str, at: usize) -> bool {
    let mut at = skip_blank(text, at + 1);
    let mut width = 2;
    while let Some((raw, _)) = scalar(text, at) {
        width += raw.chars().take(LINE_LIMIT).count();
        if width > LINE_LIMIT {
            return false;
        }
        at = skip_blank(text, at + raw.len());
        if text.as_bytes().get(at) == Some(&b',') {
            at = skip_blank(text, at + 1);
            width += 2;
        }
    }
    text.as_bytes().get(at) == Some(&b']')
}
