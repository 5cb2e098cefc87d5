//! Counts in words: at the head of a list, beside what would loosen it, and as figures.

use super::Reader;
use crate::{
    core::words,
    logs::{
        filter::ListQuery,
        look::Count,
        proven::{Back, Proven},
        summary,
    },
};

/// A count in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountWords {
    /// `1,234`, `More than 10,000`, `At least 312`, `So far no`.
    pub number: String,
    /// `entries under members/, last 24 hours`.
    pub of: String,
    /// `3 March`, or `the beginning`, where not all could be counted.
    pub looked_to: Option<String>,
    /// The list from there on.
    pub further: Option<String>,
}

impl CountWords {
    /// The words for what is `proven` of a list: of one thing that it lists, or of many. `further` goes on from there.
    #[must_use]
    pub fn of(proven: &Proven, [one, many]: [&str; 2], further: Option<String>, reader: &Reader) -> Self {
        let (Count::Exactly(n) | Count::MoreThan(n) | Count::AtLeast { n, .. }) = proven.count;
        let number = match proven.count {
            // Never “none” while it is not known: only that there is none so far.
            Count::AtLeast { n: 0, .. } => "So far no".to_owned(),
            count => count_figure(count),
        };
        let looked_to = proven.back.map(|back| match back {
            Back::To(key) => summary::day(key.timestamp, reader.zone, reader.now),
            Back::Beginning => "the beginning".to_owned(),
        });
        Self { number, of: if n == 1 { one } else { many }.to_owned(), looked_to, further }
    }

    /// The same for the list of a query.
    #[must_use]
    pub fn of_list(proven: &Proven, query: &ListQuery, further: Option<String>, reader: &Reader) -> Self {
        let sentence = summary::sentence(&query.filter, reader.zone, reader.now);
        let nouns = [&sentence.one, &sentence.many].map(|noun| format!("{noun}{}", sentence.rest));
        Self::of(proven, nouns.each_ref().map(String::as_str), further, reader)
    }

    /// `, looked back to 3 March`, where not all could be counted.
    #[must_use]
    pub fn looked(&self) -> String {
        self.looked_to.as_ref().map(|day| format!(", looked back to {day}")).unwrap_or_default()
    }
}

/// A count as a figure: `1,234`, `More than 10,000`, `At least 312`, `So far none`.
#[must_use]
pub fn count_figure(count: Count) -> String {
    match count {
        Count::Exactly(n) => words::count(n),
        Count::MoreThan(n) => format!("More than {}", words::count(n)),
        Count::AtLeast { n: 0, .. } => "So far none".to_owned(),
        Count::AtLeast { n, .. } => format!("At least {}", words::count(n)),
    }
}

/// A count as the empty state says it.
#[must_use]
pub fn count_words(count: Count) -> String {
    match count {
        Count::Exactly(n) => words::entries(n),
        Count::MoreThan(n) => format!("more than {}", words::entries(n)),
        Count::AtLeast { n: 0, .. } => "not counted".to_owned(),
        Count::AtLeast { n, .. } => format!("at least {}", words::entries(n)),
    }
}
