//! The list as its template prints it: head, count, chips, days of rows, pager, or what stands in their place.

use super::{
    Reader,
    chips::{self, Chip},
    controls::{Beginning, Controls},
    count::CountWords,
    empty::{Empty, Loosened, number},
    export::ExportMenu,
    facets,
    row::{self, Day},
};
use crate::{
    core::{form::FieldErrors, time::Timestamp, words},
    logs::{
        filter::{Filter, ListQuery, Preset, Range},
        form::FilterForm,
        link,
        live::{pages::Live, since::Shown},
        log::Log,
        look::Count,
        proven::Proven,
        summary,
    },
    paging::{At, Page},
    web::listing::Pager,
};

/// What the menu of exports says of a list.
const EXPORT: &str = "Every matching entry, newest first. The export is recorded under your name.";

/// What stands in `#results`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    /// What is shown, as a sentence.
    pub title: String,
    /// How much of it, and the rest of the sentence.
    pub count: CountWords,
    /// Where the overview may say it once it counted to the end, where this count could not be finished.
    pub count_id: Option<String>,
    /// `14:38:05`.
    pub as_of: String,
    /// The same for machines.
    pub as_of_datetime: String,
    /// What a custom range begins as, where this is none.
    pub custom: Option<Beginning>,
    /// The same list, as of now.
    pub refresh: String,
    /// Histogram and counts of it.
    pub overview: String,
    /// Whether there is something to draw: else only the counts come.
    pub drawn: bool,
    /// This very page of it, to pass on.
    pub permalink: String,
    /// Being told what comes to it, on its first page.
    pub live: Option<Live>,
    /// All of it as a file, for whoever may have that.
    pub export: Option<ExportMenu>,
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
    /// How many rows a page may have, and which is chosen.
    pub limits: Vec<(u16, bool)>,
    /// Where looking stopped before the page was full.
    pub stopped: Option<Stopped>,
    /// What to say instead of rows.
    pub empty: Option<Empty>,
    /// Whether the keyboard goes to the heading: after another page was asked for.
    pub focus_heading: bool,
}

/// Where looking stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// How long it looked: `250 ms`.
    pub time: String,
    /// `3 March 2026, 00:00:12 GMT`.
    pub at: String,
    /// `back` or `forward`.
    pub way: &'static str,
    /// The way on.
    pub href: Option<String>,
    /// Whether the database lacks an index that would have made it fast.
    pub unfitted: bool,
}

impl Stopped {
    /// The way that was looked along for a page from `at`.
    #[must_use]
    pub fn way(at: At) -> &'static str {
        if matches!(at, At::After(_)) { "forward" } else { "back" }
    }
}

/// What was asked of a list besides its query.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// The chip that was taken off.
    pub chip: Option<usize>,
    /// Whether another page was asked for from this one.
    pub paged: bool,
    /// Whether the new entries were asked for: whoever is told of them goes on being told.
    pub news: bool,
}

/// A list that was looked for.
pub struct Found<'a> {
    /// What was asked for.
    pub query: &'a ListQuery,
    /// The rows.
    pub page: &'a Page<Log>,
    /// How many match.
    pub proven: Proven,
    /// Where nothing matched: the ways on, each with its count.
    pub ways: Vec<(Loosened, Count)>,
    /// How long looking took.
    pub took: std::time::Duration,
    /// Whether the database lacks an index that lists are looked through by.
    pub unfitted: bool,
}

impl Results {
    /// The results of a list.
    #[must_use]
    pub fn of(found: Found<'_>, reader: &Reader, asked: Asked) -> Self {
        let Found { query, page, proven, ways, took, unfitted } = found;
        let zone = reader.zone;
        let at_first = query.from(At::Newest);
        let url = |at| link::list(&query.onward(at, reader.now), zone);
        let as_of = query.as_of(reader.now);
        let bare = Filter { range: Range::Last(Preset::Day), ..Filter::default() };
        let beside = Pager::of(page, url);
        let stopped = page.looked_to.map(|key| {
            let abbreviation = words::zone_abbreviation(key.timestamp, zone);
            Stopped {
                time: words::took(took),
                at: format!(
                    "{}, {} {abbreviation}",
                    words::date_short(key.timestamp, zone),
                    words::clock(key.timestamp, zone, false)
                ),
                way: Stopped::way(query.at),
                href: beside.further(query.at),
                unfitted,
            }
        });
        let nothing = page.rows.is_empty() && stopped.is_none();
        let chips = chips::in_force(query, reader, asked.chip);
        let chip_focus = asked.chip.is_some() && !chips.is_empty();
        let open = matches!(proven.count, Count::AtLeast { .. });
        let further = proven.further.map(|cursor| url(At::Before(cursor)));
        Self {
            title: summary::sentence(&query.filter, zone, reader.now).title(),
            count: CountWords::of_list(&proven, query, further, reader),
            count_id: open.then(|| facets::count_id(&at_first.query_string(zone))),
            as_of: reader.as_of(as_of),
            as_of_datetime: reader.datetime(as_of),
            custom: Beginning::of(query.filter.range, as_of, reader),
            refresh: link::list(&at_first, zone),
            overview: link::overview(query, zone, as_of, open),
            drawn: !nothing || query.at != At::Newest,
            permalink: link::list(query, zone),
            live: (query.at == At::Newest).then(|| {
                let shown = Shown::of(page, reader.now).to_string();
                Live { on: asked.news, newer: link::newer(query, zone, &shown), list: link::list(query, zone) }
            }),
            export: ExportMenu::of(query, reader, EXPORT),
            clear: (!query.filter.is_only_time() || query.filter.range != bare.range)
                .then(|| link::list(&query.narrowed(bare), zone)),
            chips,
            caption: format!("Entries, newest first, times in {}", reader.city()),
            days: row::days(&page.rows, reader, &query.query_string(zone), query.filter.terms()),
            span: span(page, |log| log.timestamp, reader),
            pager: beside,
            limits: crate::logs::filter::LIMITS.map(|limit| (limit, limit == query.limit)).to_vec(),
            stopped,
            empty: nothing.then(|| Empty::of(query, ways, reader)),
            focus_heading: asked.paged || asked.news || (asked.chip.is_some() && !chip_focus),
        }
    }

    /// The sentence that a screen reader hears when the list changed.
    #[must_use]
    pub fn announcement(&self) -> String {
        format!("{} {}{}", self.count.number, self.count.of, self.count.looked())
    }
}

/// `14:52:11 back to 14:23:49`, with days where they differ from today; `at` is when a row was.
#[must_use]
pub fn span<T>(page: &Page<T>, at: impl Fn(&T) -> Timestamp, reader: &Reader) -> String {
    let (Some(first), Some(last)) = (page.rows.first().map(&at), page.rows.last().map(&at)) else {
        return String::new();
    };
    let day = |at: Timestamp| at.in_zone(reader.zone).date_naive();
    let clock = |at: Timestamp| reader.clock(at);
    let with_day = |at: Timestamp| format!("{} {}", summary::day(at, reader.zone, reader.now), clock(at));
    let today = reader.now.in_zone(reader.zone).date_naive();
    if day(first) == today && day(last) == today {
        format!("{} back to {}", clock(first), clock(last))
    } else {
        format!("{} back to {}", with_day(first), with_day(last))
    }
}

/// What stands in `#results` where the query could not be read: nothing was searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadQuery {
    /// “Two filters could not be read, so nothing was searched.”
    pub heading: String,
    /// The bad fields: id of the control, its name, and the message where no control shows it.
    pub fields: Vec<BadField>,
    /// What was typed.
    pub chips: Vec<Chip>,
    /// Everything in the last 24 hours.
    pub start: String,
    /// How many rows a page may have, where that was said and could be read.
    pub limit: Option<String>,
}

/// A field that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadField {
    /// The id of its control, where it has one.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Why.
    pub message: String,
}

/// The names of the fields in the order of the page.
const ORDER: [&str; 11] = [
    "Search",
    "Time range",
    "From",
    "To",
    "Status",
    "Action",
    "Area",
    "Member",
    "Booking ID",
    "IP address",
    "User agent",
];

impl BadQuery {
    /// What could not be read of `form`.
    #[must_use]
    pub fn of(form: &FilterForm, errors: &FieldErrors, controls: &Controls, reader: &Reader) -> Self {
        let field = |(name, message): (&str, &str)| {
            let (id, word) = match name {
                "q" => (Some("q".to_owned()), "Search"),
                "range" => (Some("range".to_owned()), "Time range"),
                "from" => (Some("from".to_owned()), "From"),
                "to" => (Some("to".to_owned()), "To"),
                "status" => (Some("facet-status".to_owned()), "Status"),
                "action_type" => (Some("facet-action".to_owned()), "Action"),
                "area" => (Some("f-area".to_owned()), "Area"),
                "member" => (Some("f-member".to_owned()), "Member"),
                "booking" => (Some("f-booking".to_owned()), "Booking ID"),
                "ip" if controls.details => (Some("f-ip".to_owned()), "IP address"),
                "ip" => (None, "IP address"),
                "user_agent" if controls.details => (Some("f-ua".to_owned()), "User agent"),
                "user_agent" => (None, "User agent"),
                "tz" => (None, "Time zone"),
                "limit" => (None, "On a page"),
                "before" | "after" => (None, "Place in the list"),
                _ => {
                    let extra = controls.extra.iter().find(|extra| extra.name == name).filter(|_| controls.details);
                    (extra.map(|extra| extra.id.clone()), "Extra data")
                }
            };
            BadField { id, name: word.to_owned(), message: message.to_owned() }
        };
        let mut fields: Vec<BadField> = errors.iter().map(field).collect();
        // In the order in which the controls stand on the page.
        fields.sort_by_key(|field| ORDER.iter().position(|name| *name == field.name).unwrap_or(ORDER.len()));
        let heading = if let [_] = fields.as_slice() {
            "One filter could not be read, so nothing was searched.".to_owned()
        } else {
            let n = number(fields.len());
            let capital: String = n.chars().take(1).flat_map(char::to_uppercase).chain(n.chars().skip(1)).collect();
            format!("{capital} filters could not be read, so nothing was searched.")
        };
        let bare = Filter { range: Range::Last(Preset::Day), ..Filter::default() };
        let limit = Some(form.value("limit")).filter(|limit| !limit.is_empty() && errors.get("limit").is_none());
        Self {
            heading,
            fields,
            chips: if form.is_too_long() { Vec::new() } else { chips::typed(form, errors) },
            start: link::filtered(bare, reader.zone),
            limit: limit.map(str::to_owned),
        }
    }
}
