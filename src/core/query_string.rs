//! Reading and writing query strings, where a repeated key is a list and a bad escape is a bad value, not a guess.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// A parameter as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Its name.
    pub name: String,
    /// Its value; where [`Self::problem`] is set, as near as it can be shown.
    pub value: String,
    /// Why the value cannot be meant.
    pub problem: Option<BadText>,
}

/// Why a text is refused before anybody asks what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadText {
    /// Its percent-escapes are not UTF-8.
    NotUtf8,
    /// It holds a NUL, which no database keeps alike.
    Nul,
}

impl BadText {
    /// The message beside the field.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::NotUtf8 => "This was not sent as UTF-8 text. Type it again.",
            Self::Nul => "This holds a NUL character, which no entry can hold.",
        }
    }
}

/// The query string in what somebody pasted: that of an address, or all of it where it is none.
#[must_use]
pub fn of_pasted(text: &str) -> &str {
    let text = text.trim();
    match text.split_once('?') {
        // What stands before the query of an address holds no pair.
        Some((before, query)) if !before.contains(['=', '&']) => query.split('#').next().unwrap_or_default(),
        _ => text,
    }
}

/// The parameters of a query string in their order. A name that cannot be read is as near as it can be shown, and its
/// value cannot be meant either: whoever asks for all that begin so must hear of it.
#[must_use]
pub fn parse(query: &str) -> Vec<Pair> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, unnamed) = decode(name);
            let (value, problem) = decode(value);
            Pair { name, value, problem: unnamed.or(problem) }
        })
        .collect()
}

/// The text behind percent-escapes, or the nearest that can be shown, and why it is no more.
fn decode(text: &str) -> (String, Option<BadText>) {
    let spaced = text.replace('+', " ");
    let bytes = percent_decode_str(&spaced);
    let problem = match bytes.clone().decode_utf8() {
        Ok(text) if text.contains('\0') => BadText::Nul,
        Ok(text) => return (text.into_owned(), None),
        Err(_) => BadText::NotUtf8,
    };
    (bytes.decode_utf8_lossy().replace('\0', "\u{fffd}"), Some(problem))
}

/// What must be escaped in a value. `/ * ! : @ ,` stay readable; they mean nothing in a query.
const VALUE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'\'')
    .add(b'`')
    .add(b'=')
    .add(b'\\')
    .add(b'^')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'[')
    .add(b']')
    .add(b'?')
    .add(b';')
    .add(b'$');

/// Writes parameters as a query string, without a leading `?`.
#[must_use]
pub fn write<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.extend(utf8_percent_encode(name.as_ref(), VALUE));
        out.push('=');
        out.extend(utf8_percent_encode(value.as_ref(), VALUE));
    }
    out
}

/// A value escaped for a place in a URL's path or query.
#[must_use]
pub fn escape(value: &str) -> String {
    utf8_percent_encode(value, VALUE).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bad_escapes_are_bad_values() {
        let pairs = parse("a=%ff&b=x%00y&c=%F0%9F%90%95+%2B&d&=e&%ff=f&g%00=%ff");
        let seen: Vec<_> = pairs.iter().map(|p| (p.name.as_str(), p.value.as_str(), p.problem)).collect();
        assert_eq!(
            seen,
            [
                ("a", "\u{fffd}", Some(BadText::NotUtf8)),
                ("b", "x\u{fffd}y", Some(BadText::Nul)),
                ("c", "🐕 +", None),
                ("d", "", None),
                ("", "e", None),
                ("\u{fffd}", "f", Some(BadText::NotUtf8)),
                ("g\u{fffd}", "\u{fffd}", Some(BadText::Nul)),
            ]
        );
    }

    #[test]
    fn an_address_is_as_good_as_its_query() {
        for pasted in [
            "range=7d&q=why?",
            " ?range=7d&q=why? ",
            "/logs?range=7d&q=why?",
            "https://daybook.example/logs?range=7d&q=why?#list",
        ] {
            assert_eq!(of_pasted(pasted), "range=7d&q=why?");
        }
        assert_eq!(of_pasted("q=a?b=c"), "q=a?b=c");
        assert_eq!(of_pasted("?"), "");
    }

    #[test]
    fn what_is_readable_stays_readable() {
        assert_eq!(
            write([("area", "members/*"), ("action_type", "!login"), ("from", "2026-06-18T14:00:00+01:00")]),
            "area=members/*&action_type=!login&from=2026-06-18T14:00:00%2B01:00"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(pairs in prop::collection::vec(("[^\0]{0,8}", "[^\0]{0,12}"), 0..6)) {
            let back: Vec<_> = parse(&write(pairs.clone())).into_iter().map(|p| (p.name, p.value)).collect();
            prop_assert_eq!(back, pairs);
        }

        #[test]
        fn nothing_panics(query in ".{0,200}") {
            let _ = parse(&query);
        }
    }
}
