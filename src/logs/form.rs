//! From a query string to a filter, or to a message for each field that could not be read, with everything typed kept.

mod instant;

use std::{collections::BTreeMap, fmt::Write as _};

use uuid::Uuid;

use super::{
    filter::{Area, Choice, DEFAULT_LIMIT, ExtraIs, Filter, LIMITS, ListQuery, Preset, Range, Search, Who},
    terms::terms,
};
use crate::{
    core::{
        form::FieldErrors,
        ip::IpBlock,
        query_string::{self, Pair},
        role::Role,
        time::{Edge, Timestamp, Zone},
    },
    paging::At,
};

pub use instant::read_instant;

/// How many values one parameter may have.
const VALUES: usize = 50;
/// The longest value of a parameter without a limit of its own, in characters.
const LONGEST: usize = 512;
/// The most terms of a search.
pub const TERMS: usize = 8;
/// The longest search, in characters.
pub const SEARCH: usize = 200;
/// The longest that a query may be as it is written back, in bytes: every link of a list repeats it, and so does a saved
/// view's beside every list.
pub const LONGEST_QUERY: usize = 4_000;
/// How many parameters are repeated in links while they cannot be read.
const PAIRS: usize = 100;

/// Who asks, and what is meant where they do not say.
#[derive(Debug, Clone, Copy)]
pub struct Asker {
    /// The zone of local times, unless `tz` names another.
    pub zone: Zone,
    /// What they may filter by.
    pub role: Role,
    /// What range is meant where none is given.
    pub surface: Surface,
}

/// Where a query string is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// A page: the last 24 hours, but all time for one member, booking, address or search.
    Page,
    /// An export, the API or the command line: all time.
    Machine,
}

/// What every list is asked for in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which time.
    pub range: Range,
    /// The zone of this request alone.
    pub tz: Option<Zone>,
    /// Where the page begins.
    pub at: At,
}

/// The parameters as they came, which a page shows again.
#[derive(Debug, Clone, Default)]
pub struct FilterForm {
    pairs: Vec<Pair>,
}

impl FilterForm {
    /// Reads the parameters of a query string; blank values are absent.
    #[must_use]
    pub fn new(query: &str) -> Self {
        let mut pairs = query_string::parse(query);
        pairs.retain(|pair| !pair.value.trim().is_empty());
        Self { pairs }
    }

    /// The values of a parameter as typed.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.all(name).map(|pair| pair.value.as_str())
    }

    /// The last value of a parameter as typed, or nothing.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.pairs.iter().rfind(|pair| pair.name == name).map_or("", |pair| pair.value.as_str())
    }

    /// The values of a choice as typed: those that can be chosen, or those that cannot, as they are not even text, or a `!`
    /// alone.
    pub fn choices<'a>(&'a self, name: &'a str, readable: bool) -> impl Iterator<Item = &'a str> {
        let is_readable =
            |pair: &Pair| pair.problem.is_none() && length(&pair.value) <= LONGEST && side(&pair.value) != (true, "");
        self.all(name).filter(move |pair| is_readable(pair) == readable).map(|pair| pair.value.as_str())
    }

    /// The keys of `extra` that are asked for, in their order.
    pub fn extra_keys(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().filter_map(|pair| pair.name.strip_prefix("extra.")).filter(|key| !key.is_empty())
    }

    /// Whether it names a list: by what that is narrowed to, or a place in it. A zone, or what else a page is asked for, does
    /// not.
    #[must_use]
    pub fn names_a_list(&self) -> bool {
        const NARROW: [&str; 11] =
            ["range", "from", "to", "q", "status", "action_type", "area", "member", "booking", "ip", "user_agent"];
        const PLACE: [&str; 3] = ["limit", "before", "after"];
        let names = |name: &str| NARROW.contains(&name) || PLACE.contains(&name) || name.starts_with("extra.");
        self.pairs.iter().any(|pair| names(&pair.name))
    }

    /// Every pair as typed, for a link that keeps a list's query although it cannot be read: the range first, as in every
    /// link.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let (range, others): (Vec<&Pair>, Vec<&Pair>) = self.pairs.iter().partition(|pair| pair.name == "range");
        range.into_iter().chain(others).map(|pair| (pair.name.as_str(), pair.value.as_str()))
    }

    /// Whether this is more than links can repeat: it is shown in the fields then, and in no link.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.pairs.len() > PAIRS || query_string::write(self.pairs()).len() > LONGEST_QUERY
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Pair> {
        self.pairs.iter().filter(move |pair| pair.name == name)
    }

    /// What is asked for, or a message for each field that cannot be read.
    pub fn parse(&self, asker: Asker) -> Result<ListQuery, FieldErrors> {
        let mut reader = Reader { form: self, asker, errors: FieldErrors::new() };
        let query = reader.query();
        if reader.errors.is_empty() { Ok(query) } else { Err(reader.errors) }
    }

    /// The parameters that mean the same on every list of a page; a message in `errors` for each that cannot be read.
    pub fn place(&self, asker: Asker, errors: &mut FieldErrors) -> Place {
        let mut reader = Reader { form: self, asker, errors: std::mem::take(errors) };
        let tz = reader.tz();
        let range = reader.range(tz.unwrap_or(asker.zone), false);
        let place = Place { range, tz, at: reader.at() };
        *errors = reader.errors;
        place
    }

    /// The readable values of a parameter, each once; a message in `errors` where one is too long, or they are too many.
    pub fn texts(&self, name: &str, asker: Asker, errors: &mut FieldErrors) -> Vec<String> {
        let mut reader = Reader { form: self, asker, errors: std::mem::take(errors) };
        let texts = reader.texts(name);
        *errors = reader.errors;
        texts
    }

    /// The zone that `tz` names, if it names one.
    #[must_use]
    pub fn zone(&self) -> Option<Zone> {
        self.value("tz").trim().parse().ok()
    }
}

struct Reader<'a> {
    form: &'a FilterForm,
    asker: Asker,
    errors: FieldErrors,
}

impl Reader<'_> {
    fn query(&mut self) -> ListQuery {
        let tz = self.tz();
        let zone = tz.unwrap_or(self.asker.zone);
        let who = self.who();
        let search = self.search();
        let booking = self.booking();
        let ip = self.ip();
        let narrow = !who.is_empty() || search.is_some() || booking.is_some() || ip.is_some();
        let filter = Filter {
            range: self.range(zone, narrow),
            who,
            action_type: self.choice("action_type", str::to_owned),
            status: self.choice("status", str::to_owned),
            area: self.choice("area", Area::parse),
            search,
            booking,
            ip,
            user_agent: self.user_agent(),
            extra: self.extra(),
        };
        let query = ListQuery { filter, tz, limit: self.limit(), at: self.at() };
        self.fits(&query);
        query
    }

    /// Refuses a query that no link can repeat, at the field that has most of it. Its place does not count, as its first
    /// page leads to others; and it is measured in the zone whose offset takes most letters.
    fn fits(&mut self, query: &ListQuery) {
        let mut bytes: BTreeMap<String, usize> = BTreeMap::new();
        for (name, value) in query.from(At::Newest).pairs(Zone::UTC) {
            let long = query_string::write([(&name, &value)]).len() + 1;
            *bytes.entry(name).or_default() += long;
        }
        if bytes.values().sum::<usize>() <= LONGEST_QUERY {
            return;
        }
        if let Some((name, _)) = bytes.into_iter().max_by_key(|(_, bytes)| *bytes) {
            let message =
                format!("All filters together are longer than {LONGEST_QUERY} bytes as a link. Take some off here.");
            self.errors.add(&name, message);
        }
    }

    /// The readable values of a parameter; one that is not even text, or too long, gets its message.
    fn texts(&mut self, name: &str) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for pair in self.form.all(name) {
            if let Some(problem) = pair.problem {
                self.errors.add(name, problem.message());
            } else if length(&pair.value) > longest(name) {
                self.errors.add(name, format!("This is longer than {} characters.", longest(name)));
            } else if !out.contains(&pair.value) {
                out.push(pair.value.clone());
            }
        }
        if out.len() > VALUES {
            self.errors.add(name, format!("At most {VALUES} values at once."));
            out.truncate(VALUES);
        }
        out
    }

    /// The one value of a parameter that takes one.
    fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.texts(name);
        if values.len() > 1 {
            self.errors.add(name, "Give one value here.");
        }
        values.pop()
    }

    fn tz(&mut self) -> Option<Zone> {
        let name = self.text("tz")?;
        match name.trim().parse() {
            Ok(zone) => Some(zone),
            Err(_) => {
                self.errors.add("tz", format!("“{name}” is not a time zone. Write it like Europe/London."));
                None
            }
        }
    }

    fn range(&mut self, zone: Zone, narrow: bool) -> Range {
        let named = self.text("range");
        match named.as_deref() {
            None | Some("custom") => {}
            Some("all") => return Range::All,
            Some(name) => match Preset::ALL.into_iter().find(|preset| preset.as_str() == name) {
                Some(preset) => return Range::Last(preset),
                None => {
                    let message = format!("“{name}” is not a time range: 1h, 24h, 7d, 30d, 90d, all or custom.");
                    self.errors.add("range", message);
                }
            },
        }
        let from = self.instant("from", zone, Edge::From);
        let to = self.instant("to", zone, Edge::To);
        if let (Some(from), Some(to)) = (from, to)
            && to <= from
        {
            self.errors.add("to", "“To” is not after “From”.");
        }
        if named.is_some() || from.is_some() || to.is_some() {
            return Range::Between { from, to };
        }
        match self.asker.surface {
            Surface::Page if !narrow => Range::Last(Preset::Day),
            Surface::Page | Surface::Machine => Range::All,
        }
    }

    fn instant(&mut self, name: &str, zone: Zone, edge: Edge) -> Option<Timestamp> {
        let text = self.text(name)?;
        match read_instant(text.trim(), zone, edge) {
            Ok(at) => Some(at),
            Err(why) => {
                self.errors.add(name, format!("“{text}” is not a date and time{why}. Write it like 2026-06-30T18:00."));
                None
            }
        }
    }

    fn who(&mut self) -> Vec<Who> {
        let mut out = Vec::new();
        for text in self.texts("member") {
            let text = text.trim();
            let who = match text {
                "none" => Some(Who::Anonymous),
                "no-account" => Some(Who::NoAccount),
                _ => match (Uuid::parse_str(text), text.strip_suffix('*')) {
                    (Ok(id), _) => Some(Who::Member(id)),
                    (Err(_), Some(prefix)) if !prefix.is_empty() => Some(Who::EmailPrefix(prefix.to_ascii_lowercase())),
                    (Err(_), None) if text.contains('@') => Some(Who::Email(text.to_ascii_lowercase())),
                    _ => None,
                },
            };
            match who {
                Some(who) if out.contains(&who) => {}
                Some(who) => out.push(who),
                None => {
                    let mut message = format!("“{text}” is neither an e-mail nor a member ID.");
                    if !text.contains('*') {
                        let _ = write!(message, " For every e-mail that begins so, write {text}*.");
                    }
                    self.errors.add("member", message);
                }
            }
        }
        out
    }

    fn choice<T: PartialEq>(&mut self, name: &str, read: impl Fn(&str) -> T) -> Choice<T> {
        let mut choice = Choice::default();
        for text in self.texts(name) {
            match side(&text) {
                (true, "") => self.errors.add(name, "Write what to exclude after the “!”."),
                // A value that is asked for and excluded at once can match nothing; both stand, as asked.
                (excluded, value) => {
                    let values = if excluded { &mut choice.none } else { &mut choice.any };
                    let value = read(value);
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
            }
        }
        choice
    }

    fn search(&mut self) -> Option<Search> {
        let typed = self.text("q")?.trim().to_owned();
        let terms = terms(&typed);
        if terms.len() > TERMS {
            self.errors.add("q", format!("At most {TERMS} words or “quoted phrases” at once."));
            return None;
        }
        (!terms.is_empty()).then_some(Search { typed, terms })
    }

    fn booking(&mut self) -> Option<Uuid> {
        let text = self.text("booking")?;
        let id = Uuid::parse_str(text.trim()).ok();
        if id.is_none() {
            self.errors.add("booking", format!("“{text}” is not a booking ID. It has 32 hexadecimal digits."));
        }
        id
    }

    /// A field that a viewer may not ask by: asking would tell what the page hides.
    fn detail(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        if self.asker.role.sees_details() {
            return Some(text);
        }
        self.errors.add(name, "Viewers cannot filter by this.");
        None
    }

    fn ip(&mut self) -> Option<IpBlock> {
        let text = self.detail("ip")?;
        match text.trim().parse::<IpBlock>() {
            Ok(block) => Some(block),
            Err(why) => {
                self.errors.add("ip", format!("“{text}” is not an IP address. {why}"));
                None
            }
        }
    }

    fn user_agent(&mut self) -> Option<String> {
        self.detail("user_agent")
    }

    fn extra(&mut self) -> Vec<ExtraIs> {
        let mut out: Vec<ExtraIs> = Vec::new();
        let keys: Vec<String> = self.form.extra_keys().map(str::to_owned).collect();
        for key in keys {
            if out.iter().any(|had| had.key == key) {
                continue;
            }
            let name = format!("extra.{key}");
            if !self.asker.role.sees_details() {
                self.errors.add(&name, "Viewers cannot filter by this.");
                continue;
            }
            if key.chars().count() > LONGEST {
                self.errors.add(&name, format!("This key is longer than {LONGEST} characters."));
                continue;
            }
            let any = self.texts(&name);
            if out.len() == TERMS {
                self.errors.add(&name, format!("At most {TERMS} keys at once."));
                break;
            }
            if !any.is_empty() {
                out.push(ExtraIs { key, any });
            }
        }
        out
    }

    fn limit(&mut self) -> u16 {
        let Some(text) = self.text("limit") else { return DEFAULT_LIMIT };
        match text.trim().parse().ok().filter(|limit| LIMITS.contains(limit)) {
            Some(limit) => limit,
            None => {
                self.errors.add("limit", format!("“{text}” is not 25, 50, 100 or 200."));
                DEFAULT_LIMIT
            }
        }
    }

    fn at(&mut self) -> At {
        let before = self.cursor("before");
        let after = self.cursor("after");
        match (before, after) {
            (Some(_), Some(_)) => {
                self.errors.add("before", "A page begins before one place or after it, not both.");
                At::Newest
            }
            (Some(cursor), None) => At::Before(cursor),
            (None, Some(cursor)) => At::After(cursor),
            (None, None) => At::Newest,
        }
    }

    fn cursor(&mut self, name: &str) -> Option<crate::paging::Cursor> {
        let text = self.text(name)?;
        let cursor = text.parse().ok();
        if cursor.is_none() {
            self.errors.add(name, "This link to a page of the list is damaged.");
        }
        cursor
    }
}

/// The longest value of a parameter, in characters.
fn longest(name: &str) -> usize {
    if name == "q" { SEARCH } else { LONGEST }
}

/// How many characters a value has, without spaces around it.
fn length(value: &str) -> usize {
    value.trim().chars().count()
}

/// Whether a value of a choice excludes, and what: a leading `!` does, and `\!` is a literal one.
#[must_use]
pub fn side(text: &str) -> (bool, &str) {
    match (text.strip_prefix('!'), text.strip_prefix('\\')) {
        (Some(value), _) => (true, value),
        (None, Some(value)) if text.trim_start_matches('\\').starts_with('!') => (false, value),
        _ => (false, text),
    }
}
