//! Takes out of free text what could be personal: e-mail addresses, IP addresses, long numbers, known names.
//!
//! Where it is unsure it takes out too much: a version number that looks like an address is one.

use std::net::Ipv6Addr;
use std::ops::Range;

#[cfg(test)]
mod tests;

/// The fewest digits that look like a telephone, account or card number.
const LONG_NUMBER: usize = 9;

/// What a part of a text is replaced as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Name,
    Email,
    Address,
    Number,
}

impl Label {
    const fn placeholder(self) -> &'static str {
        match self {
            Self::Name => "[name]",
            Self::Email => "[e-mail]",
            Self::Address => "[address]",
            Self::Number => "[number]",
        }
    }
}

/// The text with placeholders: `[name]` for every one of `names` (a member's name and e-mail, say) and for the
/// words of it, `[e-mail]`, `[address]`, and `[number]` for nine digits or more, grouped or not.
#[must_use]
pub fn redact(text: &str, names: &[&str]) -> String {
    let mut labels = vec![None; text.len()];
    // What is taken first keeps its label, so the whole goes before its parts.
    let mut take = |found: Range<usize>, label: Label| {
        for place in labels.get_mut(found).into_iter().flatten() {
            place.get_or_insert(label);
        }
    };
    let folded = Folded::new(text);
    for name in names {
        folded.find(name.trim(), |found| take(found, Label::Name));
    }
    emails(text, |found| take(found, Label::Email));
    ipv6(text, |found| take(found, Label::Address));
    ipv4(text, |found| take(found, Label::Address));
    long_numbers(text, |found| take(found, Label::Number));
    for part in names.iter().flat_map(|name| parts(name)) {
        folded.find(part, |found| take(found, Label::Name));
    }
    write(text, &labels)
}

fn write(text: &str, labels: &[Option<Label>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last = None;
    for (at, c) in text.char_indices() {
        let label = labels[at];
        match label {
            None => out.push(c),
            Some(label) if last != Some(label) => out.push_str(label.placeholder()),
            Some(_) => {}
        }
        last = label;
    }
    out
}

/// The words of a name; of an e-mail, the words before the `@`, as what follows names no one.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    let own = name.split_once('@').map_or(name, |(local, _)| local);
    own.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’').chain([own])
}

/// A text in lower case that knows where in the original its bytes come from.
struct Folded<'a> {
    original: &'a str,
    text: String,
    from: Vec<usize>,
}

impl<'a> Folded<'a> {
    fn new(original: &'a str) -> Self {
        let (mut text, mut from) = (String::with_capacity(original.len()), Vec::with_capacity(original.len()));
        for (at, c) in original.char_indices() {
            text.extend(c.to_lowercase());
            from.resize(text.len(), at);
        }
        Self { original, text, from }
    }

    /// Where a name of two characters or more stands as a word of its own, in any case.
    fn find(&self, name: &str, mut found: impl FnMut(Range<usize>)) {
        let name: String = name.chars().flat_map(char::to_lowercase).collect();
        if name.chars().nth(1).is_none() {
            return;
        }
        for (at, _) in self.text.match_indices(&name) {
            let (start, last) = (self.from[at], self.from[at + name.len() - 1]);
            let end = last + self.original[last..].chars().next().map_or(0, char::len_utf8);
            let before = self.original[..start].chars().next_back();
            let after = self.original[end..].chars().next();
            if [before, after].into_iter().flatten().all(|c| !c.is_alphanumeric() || without_spaces(c)) {
                found(start..end);
            }
        }
    }
}

/// Whether a character is of a script that sets no spaces between words (Chinese, Japanese, Thai and others).
fn without_spaces(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..)
}

/// The longest stretches of characters that `inside` accepts.
fn runs(text: &str, inside: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text[from..].find(&inside)?;
        let end = text[start..].find(|c| !inside(c)).map_or(text.len(), |len| start + len);
        from = end;
        Some(start..end)
    })
}

/// What stands around an `@`, or around `%40`, which is one in a URL.
fn emails(text: &str, mut found: impl FnMut(Range<usize>)) {
    let local =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'' | '!' | '~' | '*' | '$' | '^');
    let domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    for sign in ["@", "%40"] {
        for (at, _) in text.match_indices(sign) {
            let before = &text[..at];
            // Two signs never share what stands before them, as neither can be in it.
            let from = before.rfind(sign).map_or(0, |previous| previous + sign.len());
            let head = before[from..].trim_end_matches(local).len() + from;
            let head = at - before[head..].trim_start_matches('\'').len();
            let after = &text[at + sign.len()..];
            let tail = after.len() - after.trim_start_matches(domain).len();
            let tail = after[..tail].trim_end_matches(['.', '-']).len();
            if head < at && tail > 0 {
                found(head..at + sign.len() + tail);
            }
        }
    }
}

fn ipv6(text: &str, mut found: impl FnMut(Range<usize>)) {
    for run in runs(text, |c| c.is_ascii_hexdigit() || matches!(c, ':' | '.')) {
        let (word, start) = (&text[run.clone()], run.start);
        // One colon before it belongs to the words (`ip:2001:db8::7`), and so may what ends it.
        let ahead = usize::from(word.starts_with(':') && !word.starts_with("::"));
        let is_one = |end: &usize| word.get(ahead..*end).is_some_and(|word| word.parse::<Ipv6Addr>().is_ok());
        let Some(end) = [word.len(), word.len().saturating_sub(1)].into_iter().find(is_one) else { continue };
        let joined = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let named = text[..start + ahead].chars().next_back();
        if !joined(named) && !joined(text[start + end..].chars().next()) {
            found(start + ahead..start + end);
        }
    }
}

fn ipv4(text: &str, mut found: impl FnMut(Range<usize>)) {
    for run in runs(text, |c| c.is_ascii_digit() || c == '.') {
        let word = &text[run.clone()];
        let start = run.start + word.len() - word.trim_start_matches('.').len();
        let word = word.trim_matches('.');
        if word.split('.').count() == 4 && word.split('.').all(|part| (1..=3).contains(&part.len())) {
            found(start..start + word.len());
        }
    }
}

/// Digits with at most a blank, a dash, a dot or a bracket between them, nine or more together.
fn long_numbers(text: &str, mut found: impl FnMut(Range<usize>)) {
    let groups: Vec<Range<usize>> = runs(text, char::is_numeric).collect();
    let digits = |group: &Range<usize>| text[group.clone()].chars().count();
    let gap = |at: usize| groups.get(at + 1).map_or("", |next| &text[groups[at].end..next.start]);
    let is_date = |at: usize| {
        let lengths = groups.get(at..at + 3).is_some_and(|three| three.iter().map(digits).eq([4, 2, 2]));
        let begins = |century: &str| text[groups[at].start..].starts_with(century);
        lengths && gap(at) == "-" && gap(at + 1) == "-" && (begins("19") || begins("20"))
    };
    let mut at = 0;
    while at < groups.len() {
        if is_date(at) {
            at += 3;
            continue;
        }
        let first = at;
        let mut total = digits(&groups[at]);
        while joins(gap(at)) && !is_date(at + 1) {
            at += 1;
            total += digits(&groups[at]);
        }
        if total >= LONG_NUMBER {
            let (start, end) = (groups[first].start, groups[at].end);
            // A bracket before it belongs to it only where it ends inside.
            let opening: &[char] = if text[start..end].contains(')') { &['+', '('] } else { &['+'] };
            found(text[..start].trim_end_matches(opening).len()..end);
        }
        at += 1;
    }
}

/// Whether what stands between two groups of digits leaves them one number.
fn joins(gap: &str) -> bool {
    let mut chars = gap.chars();
    let part = |c: char| c.is_whitespace() && c != '\n' || matches!(c, '-' | '.' | '(' | ')' | '\u{2010}'..='\u{2015}');
    match (chars.next(), chars.next(), chars.next()) {
        (Some(one), None, _) => part(one),
        (Some(one), Some(other), None) => part(one) && part(other) && gap.contains(['(', ')']),
        _ => false,
    }
}
