//! What to ask the index for a term: the trigrams of its letters, all of which must be there.

/// How many trigrams of a long term are asked for: more find hardly less, and each costs.
const MOST: usize = 6;

/// The question for entries that may hold `term` (in lower case), in the language of FTS5.
///
/// `None` for a term of fewer than three characters, which has no trigram.
#[must_use]
pub fn question(term: &str) -> Option<String> {
    let letters: Vec<char> = term.chars().collect();
    let mut all: Vec<String> = Vec::new();
    for three in letters.windows(3) {
        let three: String = three.iter().collect();
        if !all.contains(&three) {
            all.push(three);
        }
    }
    if all.is_empty() {
        return None;
    }
    // Spread over the term: neighbours share two letters and say little new.
    let step = all.len().div_ceil(MOST);
    let mut asked: Vec<&String> = all.iter().step_by(step).collect();
    if let Some(last) = all.last()
        && !asked.contains(&last)
        && asked.len() < MOST
    {
        asked.push(last);
    }
    let quoted = asked.into_iter().map(|three| format!("\"{}\"", three.replace('"', "\"\"")));
    Some(quoted.collect::<Vec<_>>().join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_asks_for_its_trigrams() {
        assert_eq!(question("ab"), None);
        assert_eq!(question("日本"), None);
        assert_eq!(question("abc").as_deref(), Some("\"abc\""));
        assert_eq!(question("aaaa").as_deref(), Some("\"aaa\""));
        assert_eq!(question("a\"bc").as_deref(), Some("\"a\"\"b\" AND \"\"\"bc\""));
        assert_eq!(question("日本語").as_deref(), Some("\"日本語\""));
    }

    #[test]
    fn a_long_term_asks_for_a_few_from_its_beginning_to_its_end() {
        let question = question("abcdefghijklmnopqrstuvwxyz").expect("a question");
        let asked: Vec<&str> = question.split(" AND ").collect();
        assert_eq!(asked.len(), MOST);
        assert_eq!(asked[0], "\"abc\"");
    }
}
