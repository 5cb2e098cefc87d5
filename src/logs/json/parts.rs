//! An object in its parts: what stands under each of its keys, as the text that came.

use super::scan::{Event, Scalar, Scanner, decode};

/// A key of an object and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// The key.
    pub name: String,
    /// The value as it was written.
    pub json: &'a str,
    /// Where it is a string, its content.
    pub text: Option<String>,
    /// How deeply arrays and objects are nested in it.
    pub depth: usize,
    /// What no text can hold, in the value or its key.
    pub flaw: Option<Flaw>,
}

impl Part<'_> {
    /// Whether the value is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.json == "null"
    }
}

/// What a string of JSON may say and no database keeps alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// `\u0000`
    Nul,
    /// Half a surrogate pair.
    HalfPair,
}

impl Flaw {
    /// Why it is refused, after “it”.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Nul => "holds a NUL character",
            Self::HalfPair => "holds half of a surrogate pair, which is no character",
        }
    }
}

/// Why a text has no parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoParts {
    /// It is not JSON.
    NotJson,
    /// It is JSON, but no object.
    NotAnObject,
}

/// The most parts that are kept: many more than anything of ours has, and few beside the text that they are of.
pub const MOST: usize = 128;

/// The parts of an object, in their order. Of more than [`MOST`] the last takes the place of those before it, so that a
/// body of nothing but keys takes no more room than any other; something is wrong with such an object anyway.
pub fn parts(text: &str) -> Result<Vec<Part<'_>>, NoParts> {
    let mut scanner = Scanner::new(text);
    let mut out: Vec<Part<'_>> = Vec::new();
    let (mut start, mut first, mut object) = (0, true, false);
    while let Some(event) = scanner.next().map_err(|_| NoParts::NotJson)? {
        if first {
            object = matches!(event, Event::Open { object: true, .. });
            first = false;
        }
        if !object {
            // Read on: what is not even JSON is said to be that.
            continue;
        }
        let depth = scanner.depth();
        match event {
            Event::Key { raw, .. } => {
                let (name, flaw) = content(raw);
                if depth == 1 {
                    if out.len() == MOST {
                        out.pop();
                    }
                    out.push(Part { name, json: "", text: None, depth: 0, flaw });
                } else {
                    note(&mut out, flaw);
                }
            }
            Event::Open { at, .. } => {
                if depth == 2 {
                    start = at;
                }
                if let Some(part) = out.last_mut() {
                    part.depth = part.depth.max(depth - 1);
                }
            }
            Event::Close { at, .. } => {
                if depth == 1
                    && let Some(part) = out.last_mut()
                {
                    part.json = text.get(start..=at).unwrap_or_default();
                }
            }
            Event::Scalar { raw, kind, .. } => {
                let is_text = kind == Scalar::String;
                if depth == 1 {
                    let (text, flaw) = if is_text { content(raw) } else { Default::default() };
                    note(&mut out, flaw);
                    if let Some(part) = out.last_mut() {
                        part.json = raw;
                        part.text = is_text.then_some(text);
                    }
                } else if is_text && raw.contains("\\u") {
                    note(&mut out, content(raw).1);
                }
            }
        }
    }
    if object { Ok(out) } else { Err(NoParts::NotAnObject) }
}

fn note(parts: &mut [Part<'_>], flaw: Option<Flaw>) {
    if let Some(part) = parts.last_mut() {
        part.flaw = part.flaw.or(flaw);
    }
}

/// The content of a string in its quotes, and what is wrong with it.
fn content(raw: &str) -> (String, Option<Flaw>) {
    if !raw.contains('\\') {
        return (raw.get(1..raw.len() - 1).unwrap_or_default().to_owned(), None);
    }
    let decoded = decode(raw);
    let flaw = match (decoded.exact, decoded.text.contains('\0')) {
        (_, true) => Some(Flaw::Nul),
        (false, false) => Some(Flaw::HalfPair),
        (true, false) => None,
    };
    (decoded.text, flaw)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_value_is_the_text_that_came() {
        let text = r#" {"a" : "x\ty", "b":{"c":[1.0, {"d":"\ud83d\ude00"}]} , "a":null, "é":1e400 } "#;
        let found: Vec<_> = parts(text).expect("an object");
        let seen: Vec<_> =
            found.iter().map(|part| (part.name.as_str(), part.json, part.text.as_deref(), part.depth)).collect();
        assert_eq!(
            seen,
            [
                ("a", r#""x\ty""#, Some("x\ty"), 0),
                ("b", r#"{"c":[1.0, {"d":"\ud83d\ude00"}]}"#, None, 3),
                ("a", "null", None, 0),
                ("é", "1e400", None, 0),
            ]
        );
        assert!(found.iter().all(|part| part.flaw.is_none()));
        assert!(found[2].is_null());
    }

    #[test]
    fn what_no_text_can_hold_is_told_wherever_it_stands() {
        for (text, flaw) in [
            (r#"{"a":"\u0000"}"#, Flaw::Nul),
            (r#"{"a":"\ud800"}"#, Flaw::HalfPair),
            (r#"{"a":[{"b":"x\udc00"}]}"#, Flaw::HalfPair),
            (r#"{"a":{"\u0000":1}}"#, Flaw::Nul),
            (r#"{"\ud800":1}"#, Flaw::HalfPair),
            (r#"{"a":{"b":["\ud800\u0000"]}}"#, Flaw::Nul),
        ] {
            assert_eq!(parts(text).expect("an object")[0].flaw, Some(flaw), "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_told_from_what_is_no_json() {
        for text in ["[1]", "1", "\"x\"", "null", "[{}]"] {
            assert_eq!(parts(text), Err(NoParts::NotAnObject), "{text}");
        }
        for text in ["", "{", "{\"a\":}", "{\"a\":1,}", "{} {}", "[1", "nul", "{\"a\":\"\u{1}\"}", "{a:1}"] {
            assert_eq!(parts(text), Err(NoParts::NotJson), "{text}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(parts(&deep).expect("an object")[0].depth, 100_000);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[\\[\\]{}:,\"a0\\\\u-]{0,40}|.{0,40}") {
            let ours = parts(&text).is_ok();
            let theirs = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text);
            // What serde_json takes for an object is one; half pairs are the one thing it refuses and we tell.
            prop_assert!(ours || theirs.is_err(), "{}", text);
        }
    }
}
