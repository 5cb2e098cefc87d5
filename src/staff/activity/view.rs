//! The list of records as its templates print it: chips, days of rows, or what stands in their place.

use super::{
    filter::{Filter, PATH, Part, Person, Query},
    kinds::Group,
    store::{Known, Recorded},
    told::{self, Said},
};
use crate::{
    core::{form::FieldErrors, query_string, words},
    logs::{
        filter::{Preset, Range},
        form::FilterForm,
        look::Count,
        proven::Proven,
        summary,
        view::{
            Reader,
            chips::{Chip, typed_words},
            controls::Beginning,
            count::{CountWords, count_words},
            empty::{Way, by_count, one_of},
            list::{self, BadField, BadQuery, Stopped},
        },
    },
    paging::{At, Page},
    staff_log::{COMMAND_LINE, Kind},
    web::listing::Pager,
};

/// Who did it, as its cell shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Somebody with an account.
    Staff {
        /// What they did, in a list that is otherwise the same.
        href: String,
        /// Their name, else their e-mail.
        title: String,
        /// Their e-mail, where the title is a name.
        email: Option<String>,
        /// With which token.
        token: Option<String>,
    },
    /// Nobody with an account.
    Nobody {
        /// What was typed as an e-mail.
        email: String,
    },
    /// Whoever sits where Daybook runs.
    CommandLine,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// `14:32:07` in the reader's zone.
    pub clock: String,
    /// The instant for machines.
    pub datetime: String,
    /// Who.
    pub who: Who,
    /// The icon of what they did.
    pub icon: &'static str,
    /// What they did; the word itself where it is not known.
    pub action: String,
    /// Whether they were not let in.
    pub is_refused: bool,
    /// From where.
    pub address: Option<String>,
    /// The rest of it.
    pub said: Said,
    /// What else there is to say.
    pub more: Option<Said>,
}

/// The rows of a day in the reader's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// `Today`, `Yesterday` or the date.
    pub name: String,
    /// The rest: date and zone.
    pub date: String,
    /// Its rows, newest first.
    pub rows: Vec<Row>,
}

fn row(record: &Recorded, query: &Query, known: &Known, reader: &Reader) -> Row {
    let group = record.group();
    let action = match (group, record.kind()) {
        (Some(Group::Api), Some(Kind::MemberDeleted | Kind::BookingDeleted)) => "Deleted by API".to_owned(),
        (Some(Group::Api), _) => "Read by API".to_owned(),
        (Some(Group::SignIn), Some(Kind::SignedOut)) => "Signed out".to_owned(),
        (Some(Group::SignIn), _) => "Signed in".to_owned(),
        (Some(group), _) => group.name().to_owned(),
        (None, _) => record.word.clone(),
    };
    let icon = match (group, record.kind()) {
        (_, Some(Kind::SignedOut)) => "logout",
        (Some(group), _) => group.icon(),
        (None, _) => "gap",
    };
    let (said, more) = told::told(record, known, reader);
    Row {
        clock: reader.clock(record.timestamp),
        datetime: reader.datetime(record.timestamp.whole_second()),
        who: who(record, query, known, reader),
        icon,
        action,
        is_refused: group == Some(Group::Refused),
        address: record.ip_address.clone(),
        said,
        more,
    }
}

fn who(record: &Recorded, query: &Query, known: &Known, reader: &Reader) -> Who {
    let Some(id) = record.staff_id else {
        return if record.staff_email == COMMAND_LINE {
            Who::CommandLine
        } else {
            Who::Nobody { email: record.staff_email.clone() }
        };
    };
    let name = known.account(id).and_then(|account| account.name.clone());
    let person = Person::Email(record.staff_email.to_ascii_lowercase());
    let theirs = query.narrowed(Filter { person: vec![person], ..query.filter.clone() });
    Who::Staff {
        href: theirs.link(reader.zone),
        email: name.is_some().then(|| record.staff_email.clone()),
        title: name.unwrap_or_else(|| record.staff_email.clone()),
        token: record.token.clone(),
    }
}

fn days(records: &[Recorded], query: &Query, known: &Known, reader: &Reader) -> Vec<Day> {
    let mut days: Vec<(chrono::NaiveDate, Day)> = Vec::new();
    for record in records {
        let row = row(record, query, known, reader);
        let date = record.timestamp.in_zone(reader.zone).date_naive();
        match days.last_mut() {
            Some((day, group)) if *day == date => group.rows.push(row),
            _ => {
                let (name, rest) = reader.day_heading(record.timestamp);
                days.push((date, Day { name, date: rest, rows: vec![row] }));
            }
        }
    }
    days.into_iter().map(|(_, day)| day).collect()
}

/// What stands in `#results`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    /// How many records.
    pub count: CountWords,
    /// The filter in words.
    pub words: String,
    /// `14:38:05`.
    pub as_of: String,
    /// The same for machines.
    pub as_of_datetime: String,
    /// What a custom range begins as, where this is none.
    pub custom: Option<Beginning>,
    /// The same list, as of now.
    pub refresh: String,
    /// The filters in force.
    pub chips: Vec<Chip>,
    /// The list without any, where there are some to clear.
    pub clear: Option<String>,
    /// What the table says of itself.
    pub caption: String,
    /// The rows by day.
    pub days: Vec<Day>,
    /// `14:52:11 back to 14:23:49`.
    pub span: String,
    /// The pages beside this one.
    pub pager: Pager,
    /// Where looking stopped before the page was full.
    pub stopped: Option<Stopped>,
    /// What to say instead of rows.
    pub empty: Option<Empty>,
    /// Whether the keyboard goes to the heading: after another page was asked for.
    pub focus_heading: bool,
}

/// What stands where nothing matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Empty {
    /// The heading.
    pub heading: &'static str,
    /// The sentence below.
    pub text: &'static str,
    /// Which filters to take away, and what that would give.
    pub ways: Vec<Way>,
}

/// A list that was looked for.
pub struct Found<'a> {
    /// What was asked for.
    pub query: &'a Query,
    /// The rows.
    pub page: &'a Page<Recorded>,
    /// How many match.
    pub proven: Proven,
    /// Where nothing matched: the choices that can be taken away, and what that would give.
    pub ways: Vec<(Vec<Part>, Count)>,
    /// Who and what the rows are about.
    pub known: &'a Known,
    /// How long looking took.
    pub took: std::time::Duration,
}

/// A part of a filter in words: what it is about, how it is meant, and the value that was typed.
fn part_words(filter: &Filter, part: &Part, reader: &Reader) -> (&'static str, String, Option<String>) {
    match part {
        Part::Range => ("Time", summary::range(filter.range, reader.zone, reader.now), None),
        Part::Person(Person::Email(email)) => ("Person", "is".to_owned(), Some(email.clone())),
        Part::Person(Person::Nobody) => ("Person", "has no staff account".to_owned(), None),
        Part::Person(Person::CommandLine) => ("Person", "is the command line".to_owned(), None),
        Part::Kind(group) => ("What they did", format!("is {}", group.name()), None),
    }
}

impl Results {
    /// The results of a list. `chip` is the chip that was taken off; `paged` whether another page was asked for from this
    /// one.
    #[must_use]
    pub fn of(found: Found<'_>, reader: &Reader, chip: Option<usize>, paged: bool) -> Self {
        let Found { query, page, proven, ways, known, took } = found;
        let zone = reader.zone;
        let url = |at| query.onward(at, reader.now).link(zone);
        let as_of = query.as_of(reader.now);
        let beside = Pager::of(page, url);
        let stopped = page.looked_to.map(|key| Stopped {
            time: words::took(took),
            at: reader.day_and_clock(key.timestamp),
            way: Stopped::way(query.at),
            href: beside.further(query.at),
            unfitted: false,
        });
        let further = proven.further.map(|cursor| url(At::Before(cursor)));
        let chips = chips(query, reader, chip);
        let bare = Filter::default();
        let nothing = page.rows.is_empty() && stopped.is_none();
        Self {
            count: CountWords::of(&proven, ["record", "records"], further, reader),
            words: query.filter.words(zone, reader.now),
            as_of: reader.as_of(as_of),
            as_of_datetime: reader.datetime(as_of),
            custom: Beginning::of(query.filter.range, as_of, reader),
            refresh: url(At::Newest),
            clear: (query.filter != bare).then(|| query.narrowed(bare).link(zone)),
            focus_heading: paged || (chip.is_some() && chips.is_empty()),
            chips,
            caption: format!("What was done in Daybook, newest first, times in {}", reader.city()),
            days: days(&page.rows, query, known, reader),
            span: list::span(page, |record| record.timestamp, reader),
            pager: beside,
            stopped,
            empty: nothing.then(|| Empty::of(query, ways, reader)),
        }
    }

    /// The sentence that a screen reader hears when the list changed.
    #[must_use]
    pub fn announcement(&self) -> String {
        format!("{} {}, {}{}", self.count.number, self.count.of, self.words, self.count.looked())
    }
}

fn chips(query: &Query, reader: &Reader, focus: Option<usize>) -> Vec<Chip> {
    let parts = query.filter.parts();
    let last = parts.len().saturating_sub(1);
    let chip = |(at, part): (usize, &Part)| {
        let (label, verb, value) = part_words(&query.filter, part, reader);
        Chip {
            label: label.to_owned(),
            verb,
            value,
            href: query.narrowed(query.filter.without(part)).link(reader.zone),
            bad: false,
            focus: focus.map(|focus| focus.min(last)) == Some(at),
        }
    };
    parts.iter().enumerate().map(chip).collect()
}

impl Empty {
    fn of(query: &Query, ways: Vec<(Vec<Part>, Count)>, reader: &Reader) -> Self {
        if query.at != At::Newest {
            let heading = "There are no more records this way";
            return Self { heading, text: "Go back to the newest page with Refresh.", ways: Vec::new() };
        }
        let way = |(choice, count): (Vec<Part>, Count)| {
            let value = |part: &Part| match part {
                Part::Range => None,
                Part::Person(Person::Email(email)) => Some(email.clone()),
                Part::Person(Person::Nobody) => Some("who has no staff account".to_owned()),
                Part::Person(Person::CommandLine) => Some("the command line".to_owned()),
                Part::Kind(group) => Some(format!("“{}”", group.name())),
            };
            let values = one_of(choice.iter().filter_map(value).collect());
            let (before, value) = match choice.first() {
                Some(Part::Person(_)) => ("Anybody, not only ".to_owned(), Some(values)),
                Some(Part::Kind(_)) => ("Anything, not only ".to_owned(), Some(values)),
                Some(Part::Range) | None => {
                    let now = summary::range(query.filter.range, reader.zone, reader.now);
                    (format!("All time, not only {}{now}", if now.starts_with("last") { "the " } else { "" }), None)
                }
            };
            Way {
                before,
                value,
                after: "",
                href: query.narrowed(query.filter.without_all(&choice)).link(reader.zone),
                count: count_words(count).replace("entries", "records").replace("entry", "record"),
                none: count == Count::Exactly(0),
            }
        };
        match query.filter.parts().len() {
            0 => Self { heading: "Nothing is recorded", text: "Nobody has done anything here yet.", ways: Vec::new() },
            _ => Self {
                heading: "Nothing matches",
                text: "Take a filter away to see more. These counts are for the same list with that one removed.",
                ways: by_count(ways).into_iter().map(way).collect(),
            },
        }
    }
}

/// What could not be read of `form`.
#[must_use]
pub fn unread(form: &FilterForm, errors: &FieldErrors, reader: &Reader) -> BadQuery {
    let named = |name: &str| match name {
        "person" => Some(("Person", Some("facet-person"))),
        "kind" => Some(("What they did", Some("facet-kind"))),
        "range" => Some(("Time range", Some("range"))),
        "from" => Some(("From", Some("from"))),
        "to" => Some(("To", Some("to"))),
        "tz" => Some(("Time zone", None)),
        "before" | "after" => Some(("Place in the list", None)),
        _ => None,
    };
    let field = |(name, message): (&str, &str)| {
        let (word, id) = named(name).unwrap_or(("Filter", None));
        BadField { id: id.map(str::to_owned), name: word.to_owned(), message: message.to_owned() }
    };
    let pairs: Vec<(&str, &str)> = if form.is_too_long() { Vec::new() } else { form.pairs().collect() };
    let chip = |(at, (name, value)): (usize, &(&str, &str))| {
        // That it is custom says nothing; its ends do.
        if (*name, *value) == ("range", "custom") {
            return None;
        }
        let others = pairs.iter().enumerate().filter(|&(other, _)| other != at).map(|(_, pair)| *pair);
        let (verb, value) = typed_words(name, value);
        Some(Chip {
            label: if *name == "range" { "Time" } else { named(name)?.0 }.to_owned(),
            verb,
            value,
            href: format!("{PATH}?{}", query_string::write(others)),
            bad: errors.get(name).is_some(),
            focus: false,
        })
    };
    let bare = Filter { range: Range::Last(Preset::Day), ..Filter::default() };
    let start = Query { filter: bare, tz: None, at: At::Newest };
    BadQuery {
        heading: "A filter could not be read, so nothing was searched.".to_owned(),
        fields: errors.iter().map(field).collect(),
        chips: pairs.iter().enumerate().filter_map(chip).collect(),
        start: start.link(reader.zone),
        limit: None,
    }
}
