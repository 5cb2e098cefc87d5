//! What a list says where nothing matched: which filters to loosen, and what each would give.

use super::{Reader, chips, count::count_words};
use crate::{
    core::words,
    logs::{
        filter::{Filter, ListQuery, Part, Preset, Range},
        link,
        look::Count,
        summary,
    },
    paging::At,
};

/// What stands where nothing matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Empty {
    /// The heading.
    pub heading: String,
    /// The sentence below.
    pub text: &'static str,
    /// Which filters to loosen, and what that would give.
    pub ways: Vec<Way>,
}

/// A filter to loosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The words before the value.
    pub before: String,
    /// The value, as typed or recorded; of several all of them.
    pub value: Option<String>,
    /// The words after it.
    pub after: &'static str,
    /// The list with it.
    pub href: String,
    /// How many entries that would give.
    pub count: String,
    /// Whether it is known to give none.
    pub none: bool,
}

/// The ways on with what gives the most first, and what gives nothing last.
#[must_use]
pub fn by_count<T>(mut ways: Vec<(T, Count)>) -> Vec<(T, Count)> {
    ways.sort_by_key(|(_, count)| {
        std::cmp::Reverse(match count {
            Count::Exactly(n) => *n,
            // What was not counted out may have one more.
            Count::MoreThan(n) | Count::AtLeast { n, .. } => n + 1,
        })
    });
    ways
}

/// A filter with one of its choices taken off, or a longer time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loosened {
    /// What was taken off: one part, or all values that the list may have had one of. To take off one of them would only
    /// narrow it.
    pub parts: Vec<Part>,
    /// The filter then.
    pub filter: Filter,
}

/// Whether a list may have the one or the other.
fn are_alternatives(a: &Part, b: &Part) -> bool {
    match (a, b) {
        (Part::Status(_, false), Part::Status(_, false))
        | (Part::ActionType(_, false), Part::ActionType(_, false))
        | (Part::Area(_, false), Part::Area(_, false))
        | (Part::Who(_), Part::Who(_)) => true,
        (Part::Extra(key, _), Part::Extra(other, _)) => key == other,
        _ => false,
    }
}

fn is_excluded(part: &Part) -> bool {
    matches!(part, Part::Status(_, true) | Part::ActionType(_, true) | Part::Area(_, true))
}

/// The filters that have one choice less, or a longer time, for a list without a row; what is excluded comes last, as
/// there may be much of it and each is little.
#[must_use]
pub fn loosened(filter: &Filter) -> Vec<Loosened> {
    let parts = filter.parts();
    let mut choices: Vec<&[Part]> = parts.chunk_by(are_alternatives).collect();
    choices.sort_by_key(|parts| parts.iter().any(is_excluded));
    let without = |parts: &[Part]| match parts {
        // A month is a smaller step than all time, and mostly enough.
        [Part::Range] => {
            let longer = match filter.range {
                Range::Last(Preset::Hour | Preset::Day | Preset::Week) => Range::Last(Preset::Month),
                _ => Range::All,
            };
            Filter { range: longer, ..filter.clone() }
        }
        parts => parts.iter().fold(filter.clone(), |filter, part| filter.without(part)),
    };
    choices.into_iter().map(|parts| Loosened { parts: parts.to_vec(), filter: without(parts) }).collect()
}

impl Loosened {
    /// The same with all time, where a month was the longer time.
    #[must_use]
    pub fn longest(&self) -> Option<Self> {
        let is_month = self.parts == [Part::Range] && self.filter.range == Range::Last(Preset::Month);
        is_month.then(|| Self { filter: Filter { range: Range::All, ..self.filter.clone() }, ..self.clone() })
    }
}

impl Empty {
    /// What is said of a list, with the ways on.
    #[must_use]
    pub fn of(query: &ListQuery, ways: Vec<(Loosened, Count)>, reader: &Reader) -> Self {
        let choices = query.filter.parts().chunk_by(are_alternatives).count();
        let paged = query.at != At::Newest;
        let (heading, text) = match choices {
            _ if paged => ("There are no more entries this way".to_owned(), "Go back to the newest page with Refresh."),
            0 => ("Nothing is recorded".to_owned(), "No entry is in the log."),
            1 => (
                "Nothing matches this filter".to_owned(),
                "Loosen it to see more. The count is for the list that the link leads to.",
            ),
            n => (
                format!("Nothing matches these {} filters", number(n)),
                "Loosen one to see more. Each count is for the list that its link leads to, the other filters as they are.",
            ),
        };
        let ways = if paged { Vec::new() } else { ways };
        let way = |(loosened, count): (Loosened, Count)| {
            let (before, value, after) = way_words(&query.filter, &loosened, reader);
            Way {
                before,
                value,
                after,
                href: link::list(&query.narrowed(loosened.filter), reader.zone),
                count: count_words(count),
                none: count == Count::Exactly(0),
            }
        };
        Self { heading, text, ways: by_count(ways).into_iter().map(way).collect() }
    }
}

/// A small number as a word.
#[must_use]
pub fn number(n: usize) -> String {
    ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
        .get(n)
        .map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

/// `A`, `A, B or C`, `A, B or 48 others`.
#[must_use]
pub fn one_of(values: Vec<String>) -> String {
    const SAID: usize = 3;
    let others = values.len() - SAID.min(values.len());
    if others == 0 {
        return summary::or(values.into_iter());
    }
    // One is left out of those that are said, so that “others” are several.
    let said = values.into_iter().take(SAID - 1);
    summary::or(said.chain([format!("{} others", others + 1)]))
}

fn way_words(filter: &Filter, loosened: &Loosened, reader: &Reader) -> (String, Option<String>, &'static str) {
    let any = |choice: &str| {
        let value = |part: &Part| match part {
            Part::Status(value, _) => Some(words::status_name(value)),
            Part::ActionType(value, _) => Some(words::action_name(value)),
            Part::Area(area, _) => Some(area.show()),
            Part::Who(who) => Some(chips::who_words(who)),
            Part::Extra(_, value) => Some(value.clone()),
            Part::Range | Part::Search | Part::Booking | Part::Ip | Part::UserAgent => None,
        };
        let values = one_of(loosened.parts.iter().filter_map(value).collect());
        (format!("{choice}, not only "), Some(values), "")
    };
    let Some(first) = loosened.parts.first() else { return (String::new(), None, "") };
    match first {
        Part::Range => {
            let longer = summary::range(loosened.filter.range, reader.zone, reader.now);
            let now = summary::range(filter.range, reader.zone, reader.now);
            let the = |words: &str| if words.starts_with("last") { format!("the {words}") } else { words.to_owned() };
            (format!("Look at {} instead of {}", the(&longer), the(&now)), None, "")
        }
        Part::Status(value, true) => ("Also entries with status ".to_owned(), Some(words::status_name(value)), ""),
        Part::ActionType(value, true) => ("Also entries of ".to_owned(), Some(words::action_name(value)), ""),
        Part::Area(area, true) => ("Also entries in ".to_owned(), Some(area.show()), ""),
        Part::Status(_, false) => any("Any status"),
        Part::ActionType(_, false) => any("Any action"),
        Part::Area(_, false) => any("Any area"),
        Part::Who(_) => any("Anyone"),
        Part::Extra(key, _) => any(&format!("Any {key}")),
        Part::Search => ("Without the text “".to_owned(), filter.search.as_ref().map(|s| s.typed.clone()), "”"),
        Part::Booking => ("Any booking, not only ".to_owned(), filter.booking.map(words::short_id), ""),
        Part::Ip => ("Any address, not only ".to_owned(), filter.ip.map(|block| block.to_string()), ""),
        Part::UserAgent => ("Any user agent, not only “".to_owned(), filter.user_agent.clone(), "”"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        core::role::Role,
        logs::form::{Asker, FilterForm, Surface},
    };

    #[test]
    fn a_way_is_never_narrower_than_the_filter() {
        let zone = chrono_tz::UTC;
        let asker = Asker { zone, role: Role::Support, surface: Surface::Page };
        let read = |query: &str| FilterForm::new(query).parse(asker).expect("a filter").filter;
        let many = (0..9).map(|at| format!("action_type=!a{at}")).collect::<Vec<_>>().join("&");
        for (query, wider) in [
            ("range=7d&status=error&status=warning", vec!["range=30d&status=error&status=warning", "range=7d"]),
            (
                "range=all&status=!error&status=!warning&area=a&area=b/*",
                vec![
                    "range=all&status=!error&status=!warning",
                    "range=all&status=!warning&area=a&area=b/*",
                    "range=all&status=!error&area=a&area=b/*",
                ],
            ),
            (
                "range=all&member=none&member=a@b&extra.k=1&extra.k=2&extra.l=1",
                vec![
                    "range=all&extra.k=1&extra.k=2&extra.l=1",
                    "range=all&member=none&member=a@b&extra.l=1",
                    "range=all&member=none&member=a@b&extra.k=1&extra.k=2",
                ],
            ),
        ] {
            let ways: Vec<Filter> = loosened(&read(query)).into_iter().map(|way| way.filter).collect();
            assert_eq!(ways, wider.into_iter().map(read).collect::<Vec<_>>(), "{query}");
        }
        let last = loosened(&read(&format!("range=all&{many}&ip=203.0.113.24")));
        assert_eq!(last[0].parts, [Part::Ip]);
    }

    #[test]
    fn many_values_are_not_all_said() {
        let values = |n: usize| (0..n).map(|at| at.to_string()).collect::<Vec<_>>();
        assert_eq!(
            [1, 2, 3, 4, 50].map(|n| one_of(values(n))),
            ["0", "0 or 1", "0, 1 or 2", "0, 1 or 2 others", "0, 1 or 48 others"]
        );
    }
}
