//! What a list is narrowed to: a typed filter that writes itself back as a query string.

mod range;

use chrono::{Datelike as _, Offset as _, SecondsFormat};
use uuid::Uuid;

use crate::{
    core::{
        ip::IpBlock,
        query_string,
        time::{Timestamp, Zone},
    },
    paging::At,
};

pub use range::{Preset, Range};

/// Values of which an entry has one of `any` (where there are some) and none of `none`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<T> {
    /// One of these, or anything where there are none.
    pub any: Vec<T>,
    /// None of these.
    pub none: Vec<T>,
}

impl<T> Default for Choice<T> {
    fn default() -> Self {
        Self { any: Vec::new(), none: Vec::new() }
    }
}

impl<T: PartialEq> Choice<T> {
    /// Whether it narrows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.any.is_empty() && self.none.is_empty()
    }

    /// Adds a value to one side, once, and takes it off the other.
    pub fn add(&mut self, value: T, excluded: bool) {
        let (to, from) = if excluded { (&mut self.none, &mut self.any) } else { (&mut self.any, &mut self.none) };
        from.retain(|had| *had != value);
        if !to.contains(&value) {
            to.push(value);
        }
    }

    /// Adds a value to those that are excluded, or puts it in the place of all that stand there.
    pub fn put(&mut self, value: T, excluded: bool) {
        if !excluded {
            *self = Self::default();
        }
        self.add(value, excluded);
    }

    /// Whether an entry with this value may pass.
    pub fn admits(&self, is: impl Fn(&T) -> bool) -> bool {
        (self.any.is_empty() || self.any.iter().any(&is)) && !self.none.iter().any(&is)
    }
}

/// A value of `area`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Area {
    /// This area alone.
    Exactly(String),
    /// This area and all below it.
    Below(String),
}

impl Area {
    /// Whether an entry's `area` is meant.
    #[must_use]
    pub fn covers(&self, area: &str) -> bool {
        match self {
            Self::Exactly(wanted) => area == wanted,
            Self::Below(top) => {
                area.strip_prefix(top.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        }
    }

    /// Reads the value of a parameter, after a leading `!` was taken off.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if let Some(top) = text.strip_suffix("/*") {
            return Self::Below(top.to_owned());
        }
        match text.strip_suffix('*') {
            // `/\*` is a literal `/*`; one backslash is taken off.
            Some(rest) if rest.ends_with('\\') && rest.trim_end_matches('\\').ends_with('/') => {
                Self::Exactly(format!("{}*", &rest[..rest.len() - 1]))
            }
            _ => Self::Exactly(text.to_owned()),
        }
    }

    /// The value of a parameter that means this.
    #[must_use]
    pub fn show(&self) -> String {
        match self {
            Self::Below(top) => format!("{top}/*"),
            Self::Exactly(area) => match area.strip_suffix('*') {
                Some(rest) if rest.trim_end_matches('\\').ends_with('/') => format!("{rest}\\*"),
                _ => area.clone(),
            },
        }
    }
}

/// A value of `member`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// The member with this id.
    Member(Uuid),
    /// Entries that recorded this e-mail, and those of the member whose it is today. In lower case (ASCII).
    Email(String),
    /// The same for every e-mail that begins so.
    EmailPrefix(String),
    /// Neither id nor e-mail.
    Anonymous,
    /// An e-mail, no id, and nobody has that e-mail today.
    NoAccount,
}

impl Who {
    /// Whether a value of `member` can mean this. What an application recorded as an e-mail may be none, have blanks around it
    /// or end like the beginning of others; a link to its entries would mean somebody else's, or nothing.
    #[must_use]
    pub fn is_sayable(&self) -> bool {
        match self {
            Self::Email(email) => email.contains('@') && !email.ends_with('*') && email.trim() == email,
            Self::EmailPrefix(prefix) => prefix.trim_start() == prefix,
            Self::Member(_) | Self::Anonymous | Self::NoAccount => true,
        }
    }

    /// The value of a parameter that means this.
    #[must_use]
    pub fn show(&self) -> String {
        match self {
            Self::Member(id) => id.to_string(),
            Self::Email(email) => email.clone(),
            Self::EmailPrefix(prefix) => format!("{prefix}*"),
            Self::Anonymous => "none".to_owned(),
            Self::NoAccount => "no-account".to_owned(),
        }
    }
}

/// What is searched for: the text as it was typed, and its terms in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// As typed, trimmed.
    pub typed: String,
    /// Each must stand somewhere.
    pub terms: Vec<String>,
}

/// The values that a top-level key of `extra` may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraIs {
    /// The key.
    pub key: String,
    /// Any of these.
    pub any: Vec<String>,
}

/// What a list is narrowed to. Its parts narrow each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Which time.
    pub range: Range,
    /// Any of these people.
    pub who: Vec<Who>,
    /// Which kinds of thing.
    pub action_type: Choice<String>,
    /// Which outcomes.
    pub status: Choice<String>,
    /// Where.
    pub area: Choice<Area>,
    /// What stands in the text.
    pub search: Option<Search>,
    /// Which booking.
    pub booking: Option<Uuid>,
    /// From which address or block.
    pub ip: Option<IpBlock>,
    /// What stands in the user agent, any case.
    pub user_agent: Option<String>,
    /// What stands in `extra`.
    pub extra: Vec<ExtraIs>,
}

/// A part of a filter that can be taken off by itself: a chip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The range.
    Range,
    /// One person.
    Who(Who),
    /// One action, and whether it is excluded.
    ActionType(String, bool),
    /// One status, and whether it is excluded.
    Status(String, bool),
    /// One area, and whether it is excluded.
    Area(Area, bool),
    /// The search.
    Search,
    /// The booking.
    Booking,
    /// The address.
    Ip,
    /// The user agent.
    UserAgent,
    /// A key of `extra` and one of its values.
    Extra(String, String),
}

impl Filter {
    /// The terms of its search, in lower case.
    #[must_use]
    pub fn terms(&self) -> &[String] {
        self.search.as_ref().map_or(&[], |search| &search.terms)
    }

    /// Whether nothing but time narrows the list.
    #[must_use]
    pub fn is_only_time(&self) -> bool {
        Self { range: self.range, ..Self::default() } == *self
    }

    /// Whether it asks by what is hidden from viewers.
    #[must_use]
    pub fn asks_for_details(&self) -> bool {
        self.ip.is_some() || self.user_agent.is_some() || !self.extra.is_empty()
    }

    /// Its parts, in the order in which they are shown.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let both = |choice: &Choice<String>, part: fn(String, bool) -> Part| -> Vec<Part> {
            let any = choice.any.iter().map(|value| part(value.clone(), false));
            any.chain(choice.none.iter().map(|value| part(value.clone(), true))).collect()
        };
        let mut parts = Vec::new();
        if self.range != Range::All {
            parts.push(Part::Range);
        }
        parts.extend(self.search.iter().map(|_| Part::Search));
        parts.extend(both(&self.status, Part::Status));
        parts.extend(both(&self.action_type, Part::ActionType));
        parts.extend(self.area.any.iter().map(|area| Part::Area(area.clone(), false)));
        parts.extend(self.area.none.iter().map(|area| Part::Area(area.clone(), true)));
        parts.extend(self.who.iter().cloned().map(Part::Who));
        parts.extend(self.booking.map(|_| Part::Booking));
        parts.extend(self.ip.iter().map(|_| Part::Ip));
        parts.extend(self.user_agent.iter().map(|_| Part::UserAgent));
        for extra in &self.extra {
            parts.extend(extra.any.iter().map(|value| Part::Extra(extra.key.clone(), value.clone())));
        }
        parts
    }

    /// The filter without one of its parts.
    #[must_use]
    pub fn without(&self, part: &Part) -> Self {
        fn drop<T: PartialEq>(choice: &mut Choice<T>, value: &T, excluded: bool) {
            let side = if excluded { &mut choice.none } else { &mut choice.any };
            side.retain(|had| had != value);
        }
        let mut filter = self.clone();
        match part {
            Part::Range => filter.range = Range::All,
            Part::Who(who) => filter.who.retain(|had| had != who),
            Part::ActionType(value, excluded) => drop(&mut filter.action_type, value, *excluded),
            Part::Status(value, excluded) => drop(&mut filter.status, value, *excluded),
            Part::Area(value, excluded) => drop(&mut filter.area, value, *excluded),
            Part::Search => filter.search = None,
            Part::Booking => filter.booking = None,
            Part::Ip => filter.ip = None,
            Part::UserAgent => filter.user_agent = None,
            Part::Extra(key, value) => {
                for extra in &mut filter.extra {
                    if extra.key == *key {
                        extra.any.retain(|had| had != value);
                    }
                }
                filter.extra.retain(|extra| !extra.any.is_empty());
            }
        }
        filter
    }

    /// Its parameters, `range` always and first. Instants carry the offset of `zone`.
    #[must_use]
    pub fn pairs(&self, zone: Zone) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut put = |name: &str, value: String| pairs.push((name.to_owned(), value));
        match self.range {
            Range::Last(preset) => put("range", preset.as_str().to_owned()),
            Range::All => put("range", "all".to_owned()),
            Range::Between { from, to } => {
                put("range", "custom".to_owned());
                for (name, at) in [("from", from), ("to", to)] {
                    if let Some(at) = at {
                        put(name, with_offset(at, zone));
                    }
                }
            }
        }
        if let Some(search) = &self.search {
            put("q", search.typed.clone());
        }
        for (name, choice) in [("status", &self.status), ("action_type", &self.action_type)] {
            for value in &choice.any {
                put(name, plain(value.clone()));
            }
            for value in &choice.none {
                put(name, format!("!{value}"));
            }
        }
        for area in &self.area.any {
            put("area", plain(area.show()));
        }
        for area in &self.area.none {
            put("area", format!("!{}", area.show()));
        }
        for who in &self.who {
            put("member", who.show());
        }
        if let Some(id) = self.booking {
            put("booking", id.to_string());
        }
        if let Some(block) = &self.ip {
            put("ip", block.to_string());
        }
        if let Some(text) = &self.user_agent {
            put("user_agent", text.clone());
        }
        for extra in &self.extra {
            for value in &extra.any {
                put(&format!("extra.{}", extra.key), value.clone());
            }
        }
        pairs
    }
}

/// An included value: a leading `!` (behind any backslashes) gets a backslash, so that it does not exclude.
fn plain(value: String) -> String {
    if value.trim_start_matches('\\').starts_with('!') { format!("\\{value}") } else { value }
}

/// RFC 3339 with the offset of `zone`, fractions only where there are some. Where the clocks of `zone` show a year of
/// five digits or are seconds apart from UTC, which RFC 3339 cannot say, it is the offset of UTC.
#[must_use]
pub fn with_offset(at: Timestamp, zone: Zone) -> String {
    let local = at.in_zone(zone);
    let sayable = local.year() <= 9999 && local.offset().fix().local_minus_utc() % 60 == 0;
    let local = if sayable { local } else { at.in_zone(Zone::UTC) };
    local.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

/// How many rows a page may have.
pub const LIMITS: [u16; 4] = [25, 50, 100, 200];

/// How many rows a page has unless asked.
pub const DEFAULT_LIMIT: u16 = 50;

/// A list as a URL asks for it: the filter, how to show it, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// What it is narrowed to.
    pub filter: Filter,
    /// The zone of this request alone.
    pub tz: Option<Zone>,
    /// Rows on a page.
    pub limit: u16,
    /// Where the page begins.
    pub at: At,
}

impl ListQuery {
    /// A filter's first page.
    #[must_use]
    pub fn first(filter: Filter) -> Self {
        Self { filter, tz: None, limit: DEFAULT_LIMIT, at: At::Newest }
    }

    /// The same list at its first page, narrowed to `filter`.
    #[must_use]
    pub fn narrowed(&self, filter: Filter) -> Self {
        Self { filter, at: At::Newest, ..self.clone() }
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

    /// All its parameters; instants carry the offset of `zone`.
    #[must_use]
    pub fn pairs(&self, zone: Zone) -> Vec<(String, String)> {
        let mut pairs = self.filter.pairs(zone);
        let mut put = |name: &str, value: String| pairs.push((name.to_owned(), value));
        if let Some(tz) = self.tz {
            put("tz", tz.name().to_owned());
        }
        if self.limit != DEFAULT_LIMIT {
            put("limit", self.limit.to_string());
        }
        match self.at {
            At::Newest => {}
            At::Before(cursor) => put("before", cursor.to_string()),
            At::After(cursor) => put("after", cursor.to_string()),
        }
        pairs
    }

    /// Its query string, without `?`.
    #[must_use]
    pub fn query_string(&self, zone: Zone) -> String {
        query_string::write(self.pairs(zone))
    }
}
