//! Where the terms of a search stand in a text, so that a page can mark them.

use std::ops::Range;

/// A text in parts, some of which were searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// The parts in order; together they are the text.
    pub parts: Vec<Part>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Whether it was searched for.
    pub hit: bool,
    /// The text, as it was written.
    pub text: String,
}

impl Marked {
    /// A text with every place of the terms (in lower case) marked.
    #[must_use]
    pub fn of(text: &str, terms: &[String]) -> Self {
        let mut parts = Vec::new();
        let mut at = 0;
        let mut put = |hit: bool, text: &str| {
            if !text.is_empty() {
                parts.push(Part { hit, text: text.to_owned() });
            }
        };
        for span in spans(text, terms) {
            put(false, &text[at..span.start]);
            put(true, &text[span.clone()]);
            at = span.end;
        }
        put(false, &text[at..]);
        Self { parts }
    }
}

/// The places of the terms in `text`, in order and apart.
fn spans(text: &str, terms: &[String]) -> Vec<Range<usize>> {
    if terms.is_empty() {
        return Vec::new();
    }
    let lower = text.to_lowercase();
    // A letter may have another length in lower case: for each byte of it, the letter that it came from.
    let mut letters: Vec<Range<usize>> = Vec::with_capacity(lower.len());
    for (at, letter) in text.char_indices() {
        let length: usize = letter.to_lowercase().map(char::len_utf8).sum();
        letters.extend(std::iter::repeat_n(at..at + letter.len_utf8(), length));
    }
    if letters.len() != lower.len() {
        return Vec::new();
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    for term in terms.iter().filter(|term| !term.is_empty()) {
        for (at, hit) in lower.match_indices(term.as_str()) {
            found.push(letters[at].start..letters[at + hit.len() - 1].end);
        }
    }
    found.sort_by_key(|span| (span.start, span.end));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for span in found {
        match apart.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => apart.push(span),
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hits(text: &str, terms: &[&str]) -> Vec<String> {
        let terms: Vec<String> = terms.iter().map(|term| term.to_lowercase()).collect();
        Marked::of(text, &terms).parts.into_iter().filter(|part| part.hit).map(|part| part.text).collect()
    }

    #[test]
    fn terms_are_marked_in_any_case_as_they_were_written() {
        assert_eq!(hits("Refund refused", &["ref"]), ["Ref", "ref"]);
        assert_eq!(hits("aaaa", &["aa"]), ["aaaa"]);
        assert_eq!(hits("abcd", &["abc", "bcd"]), ["abcd"]);
        assert_eq!(hits("İstanbul ÉTÉ ΟΔΟΣ", &["i̇s", "été", "οδος"]), ["İs", "ÉTÉ", "ΟΔΟΣ"]);
        assert_eq!(hits("nothing", &["x"]), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn the_parts_are_the_text(text in ".{0,40}", terms in prop::collection::vec(".{0,3}", 0..4)) {
            let terms: Vec<String> = terms.iter().map(|term| term.to_lowercase()).collect();
            let whole: String = Marked::of(&text, &terms).parts.into_iter().map(|part| part.text).collect();
            prop_assert_eq!(whole, text);
        }
    }
}
