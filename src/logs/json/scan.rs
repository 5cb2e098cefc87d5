//! JSON as a row of events over the text, checked against RFC 8259 on the way.

/// What stands next in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// `{` or `[`; [`Scanner::depth`] counts it already.
    Open { at: usize, object: bool },
    /// `}` or `]`; [`Scanner::depth`] no longer counts it.
    Close { at: usize, object: bool },
    /// The key of what follows, in its quotes.
    Key { at: usize, raw: &'a str },
    /// A string in its quotes, a number, `true`, `false` or `null`.
    Scalar { at: usize, raw: &'a str, kind: Scalar },
}

/// What a scalar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    String,
    Number,
    Truth,
    Null,
}

/// The text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Invalid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrClose,
    KeyOrClose,
    CommaOrClose,
    End,
}

/// Reads a text event by event. Its memory is one byte for each level that is open.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// For each open level, whether it is an object.
    open: Vec<bool>,
    expect: Expect,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, open: Vec::new(), expect: Expect::Value }
    }

    /// How many objects and arrays are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The next event; `None` after the last, once nothing but white space is left.
    pub(super) fn next(&mut self) -> Result<Option<Event<'a>>, Invalid> {
        self.skip_blank();
        match self.expect {
            Expect::End => return if self.at == self.text.len() { Ok(None) } else { Err(Invalid) },
            Expect::CommaOrClose if self.peek() == Some(b',') => {
                self.at += 1;
                self.skip_blank();
                return if self.open.last() == Some(&true) { self.key() } else { self.value() }.map(Some);
            }
            Expect::KeyOrClose if self.peek() != Some(b'}') => self.key(),
            Expect::ValueOrClose if self.peek() != Some(b']') => self.value(),
            Expect::KeyOrClose | Expect::ValueOrClose | Expect::CommaOrClose => self.close(),
            Expect::Value => self.value(),
        }
        .map(Some)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blank(&mut self) {
        self.at = skip_blank(self.text, self.at);
    }

    fn close(&mut self) -> Result<Event<'a>, Invalid> {
        let at = self.at;
        let object = self.open.pop().ok_or(Invalid)?;
        if self.peek() != Some(if object { b'}' } else { b']' }) {
            return Err(Invalid);
        }
        self.at += 1;
        self.after_value();
        Ok(Event::Close { at, object })
    }

    fn key(&mut self) -> Result<Event<'a>, Invalid> {
        let at = self.at;
        let raw = string(self.text, at).ok_or(Invalid)?;
        self.at += raw.len();
        self.skip_blank();
        if self.peek() != Some(b':') {
            return Err(Invalid);
        }
        self.at += 1;
        self.expect = Expect::Value;
        Ok(Event::Key { at, raw })
    }

    fn value(&mut self) -> Result<Event<'a>, Invalid> {
        let at = self.at;
        if let Some(open @ (b'{' | b'[')) = self.peek() {
            let object = open == b'{';
            self.at += 1;
            self.open.push(object);
            self.expect = if object { Expect::KeyOrClose } else { Expect::ValueOrClose };
            return Ok(Event::Open { at, object });
        }
        let (raw, kind) = scalar(self.text, at).ok_or(Invalid)?;
        self.at += raw.len();
        self.after_value();
        Ok(Event::Scalar { at, raw, kind })
    }

    fn after_value(&mut self) {
        self.expect = if self.open.is_empty() { Expect::End } else { Expect::CommaOrClose };
    }
}

/// The first place from `at` on that is not white space.
pub(super) fn skip_blank(text: &str, at: usize) -> usize {
    let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
    at + text.as_bytes().get(at..).map_or(0, |rest| rest.iter().take_while(|b| blank(b)).count())
}

/// The scalar that begins at `at`.
pub(super) fn scalar(text: &str, at: usize) -> Option<(&str, Scalar)> {
    match text.as_bytes().get(at)? {
        b'"' => string(text, at).map(|raw| (raw, Scalar::String)),
        b'-' | b'0'..=b'9' => number(text, at).map(|raw| (raw, Scalar::Number)),
        _ => {
            let words = [("true", Scalar::Truth), ("false", Scalar::Truth), ("null", Scalar::Null)];
            words.into_iter().find(|(word, _)| text.get(at..).is_some_and(|rest| rest.starts_with(word)))
        }
    }
}

/// The string that begins at `at`, in its quotes.
fn string(text: &str, at: usize) -> Option<&str> {
    let mut rest = text.as_bytes().get(at..)?.iter().enumerate();
    if rest.next()?.1 != &b'"' {
        return None;
    }
    loop {
        match rest.next()? {
            (end, b'"') => return text.get(at..=at + end),
            (_, b'\\') => match rest.next()?.1 {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                b'u' => {
                    for _ in 0..4 {
                        rest.next().filter(|(_, b)| b.is_ascii_hexdigit())?;
                    }
                }
                _ => return None,
            },
            (_, 0..0x20) => return None,
            _ => {}
        }
    }
}

/// The number that begins at `at`.
fn number(text: &str, at: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let digits =
        |from: usize| bytes.get(from..).map_or(0, |rest| rest.iter().take_while(|b| b.is_ascii_digit()).count());
    let mut end = at + usize::from(bytes.get(at) == Some(&b'-'));
    let whole = digits(end);
    if whole == 0 || (whole > 1 && bytes.get(end) == Some(&b'0')) {
        return None;
    }
    end += whole;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        end += 1 + Some(fraction).filter(|n| *n > 0)?;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        end += 1 + sign + Some(exponent).filter(|n| *n > 0)?;
    }
    text.get(at..end)
}

/// The content of a JSON string.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The content; half a surrogate pair, which no text can hold, is U+FFFD.
    pub(super) text: String,
    /// Whether the text is exactly what was written.
    pub(super) exact: bool,
}

/// What stands in a string that [`Scanner`] has found, in its quotes.
pub(super) fn decode(raw: &str) -> Decoded {
    let inside = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw);
    let mut units: Vec<u16> = Vec::new();
    let mut decoded = Decoded { text: String::with_capacity(inside.len()), exact: true };
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        let plain = match c {
            '\\' => match chars.next() {
                Some('u') => {
                    let code =
                        (0..4).filter_map(|_| chars.next()?.to_digit(16)).fold(0, |code, digit| code << 4 | digit);
                    // Four hexadecimal digits always fit.
                    units.push(u16::try_from(code).unwrap_or(0xFFFD));
                    continue;
                }
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(other) => other,
                None => continue,
            },
            plain => plain,
        };
        decoded.push_units(&mut units);
        decoded.text.push(plain);
    }
    decoded.push_units(&mut units);
    decoded
}

impl Decoded {
    /// Takes over `\u` escapes that stood side by side: only together are two of them one character.
    fn push_units(&mut self, units: &mut Vec<u16>) {
        for unit in char::decode_utf16(units.drain(..)) {
            self.exact &= unit.is_ok();
            self.text.push(unit.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
}
