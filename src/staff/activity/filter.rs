//! What the list of records is narrowed to: a typed filter that writes itself back as a query string.

use super::kinds::Group;
use crate::{
    core::{
        query_string,
        time::{Timestamp, Zone},
    },
    logs::{
        filter::{Filter as LogFilter, Preset, Range},
        summary,
    },
    paging::At,
};

/// Where the list is.
pub const PATH: &str = "/staff/activity";
/// How many records a page has.
pub const SHOWN: usize = 50;

/// A value of `person`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// Whose e-mail this is today; where nobody has it, records without an account that name it. In lower case (ASCII).
    Email(String),
    /// Nobody with an account.
    Nobody,
    /// Whoever sits where Daybook runs.
    CommandLine,
}

impl Person {
    /// The value of a parameter that means this.
    #[must_use]
    pub fn show(&self) -> &str {
        match self {
            Self::Email(email) => email,
            Self::Nobody => "none",
            Self::CommandLine => "command-line",
        }
    }
}

/// What the list is narrowed to. Its parts narrow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Which time.
    pub range: Range,
    /// Any of these people, or anybody where there are none.
    pub person: Vec<Person>,
    /// Any of these kinds, or any at all where there are none.
    pub kind: Vec<Group>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { range: Range::Last(Preset::Day), person: Vec::new(), kind: Vec::new() }
    }
}

/// A part of a filter that can be taken off by itself: a chip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The range.
    Range,
    /// One person.
    Person(Person),
    /// One kind.
    Kind(Group),
}

impl Filter {
    /// Its parts, in the order in which they are shown.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let range = (self.range != Range::All).then_some(Part::Range);
        let people = self.person.iter().cloned().map(Part::Person);
        range.into_iter().chain(people).chain(self.kind.iter().copied().map(Part::Kind)).collect()
    }

    /// The filter without one of its parts.
    #[must_use]
    pub fn without(&self, part: &Part) -> Self {
        let mut filter = self.clone();
        match part {
            Part::Range => filter.range = Range::All,
            Part::Person(person) => filter.person.retain(|had| had != person),
            Part::Kind(kind) => filter.kind.retain(|had| had != kind),
        }
        filter
    }

    /// The filter without several.
    #[must_use]
    pub fn without_all(&self, parts: &[Part]) -> Self {
        parts.iter().fold(self.clone(), |filter, part| filter.without(part))
    }

    /// Its choices, each with all values of which a record may have one: to take off one of these would only narrow it.
    #[must_use]
    pub fn choices(&self) -> Vec<Vec<Part>> {
        let is_same =
            |a: &Part, b: &Part| matches!((a, b), (Part::Person(_), Part::Person(_)) | (Part::Kind(_), Part::Kind(_)));
        self.parts().chunk_by(is_same).map(<[Part]>::to_vec).collect()
    }

    /// Its parameters, `range` always and first. Instants carry the offset of `zone`.
    #[must_use]
    pub fn pairs(&self, zone: Zone) -> Vec<(String, String)> {
        let mut pairs = LogFilter { range: self.range, ..LogFilter::default() }.pairs(zone);
        pairs.extend(self.person.iter().map(|person| ("person".to_owned(), person.show().to_owned())));
        pairs.extend(self.kind.iter().map(|kind| ("kind".to_owned(), kind.as_str().to_owned())));
        pairs
    }

    /// The whole filter in words: `last 24 hours, by maya@example.org, Exported or Searched`.
    #[must_use]
    pub fn words(&self, zone: Zone, now: Timestamp) -> String {
        let mut words = summary::range(self.range, zone, now);
        let person = |person: &Person| match person {
            Person::Email(email) => email.clone(),
            Person::Nobody => "nobody with an account".to_owned(),
            Person::CommandLine => "the command line".to_owned(),
        };
        if !self.person.is_empty() {
            words = format!("{words}, by {}", self.person.iter().map(person).collect::<Vec<_>>().join(" or "));
        }
        if !self.kind.is_empty() {
            words = format!("{words}, {}", self.kind.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" or "));
        }
        words
    }
}

/// The list as a URL asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What it is narrowed to.
    pub filter: Filter,
    /// The zone of this request alone.
    pub tz: Option<Zone>,
    /// Where the page begins.
    pub at: At,
}

impl Query {
    /// The same list at its first page, narrowed to `filter`.
    #[must_use]
    pub fn narrowed(&self, filter: Filter) -> Self {
        Self { filter, at: At::Newest, ..*self }
    }

    /// The same list from another place.
    #[must_use]
    pub fn from(&self, at: At) -> Self {
        Self { at, ..self.clone() }
    }

    /// When its range ends.
    #[must_use]
    pub fn as_of(&self, now: Timestamp) -> Timestamp {
        self.filter.range.as_of(self.at, now)
    }

    /// Another page of the same walk.
    #[must_use]
    pub fn onward(&self, to: At, now: Timestamp) -> Self {
        self.from(self.filter.range.onward(self.at, to, now))
    }

    /// Its query string; instants carry the offset of `zone`.
    #[must_use]
    pub fn query_string(&self, zone: Zone) -> String {
        let mut pairs = self.filter.pairs(zone);
        let mut put = |name: &str, value: String| pairs.push((name.to_owned(), value));
        if let Some(tz) = self.tz {
            put("tz", tz.name().to_owned());
        }
        match self.at {
            At::Newest => {}
            At::Before(cursor) => put("before", cursor.to_string()),
            At::After(cursor) => put("after", cursor.to_string()),
        }
        query_string::write(pairs)
    }

    /// Where it is.
    #[must_use]
    pub fn link(&self, zone: Zone) -> String {
        format!("{PATH}?{}", self.query_string(zone))
    }
}
