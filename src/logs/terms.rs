//! From what is typed into the search to its terms.

/// The terms of a search: words, and phrases in double quotes (also typographic ones), in lower case.
#[must_use]
pub fn terms(typed: &str) -> Vec<String> {
    let is_quote = |c: char| matches!(c, '"' | '“' | '”');
    let mut out: Vec<String> = Vec::new();
    let mut rest = typed.trim_start();
    while let Some(first) = rest.chars().next() {
        let inside = rest.strip_prefix(is_quote);
        let closed = inside.and_then(|inside| inside.split_once(is_quote));
        let (term, after) = match (closed, inside) {
            (Some(quoted), _) => quoted,
            // One that is typed may be closed in thought; a typographic one alone was copied out of a text, and is
            // looked for.
            (None, Some(inside)) if first == '"' => (inside, ""),
            (None, _) => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        let term = term.trim().to_lowercase();
        if !term.is_empty() && !out.contains(&term) {
            out.push(term);
        }
        rest = after.trim_start();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_a_word_or_what_stands_between_two_quotes() {
        for (typed, expected) in [
            ("Refund  failed refund", vec!["refund", "failed"]),
            ("\"group walk\" Rex", vec!["group walk", "rex"]),
            ("“group walk” Rex", vec!["group walk", "rex"]),
            ("\"group walk", vec!["group walk"]),
            ("“contact us", vec!["“contact", "us"]),
            ("us” now", vec!["us”", "now"]),
            ("“", vec!["“"]),
            ("\"\" \"", vec![]),
        ] {
            assert_eq!(terms(typed), expected, "{typed}");
        }
    }
}
