//! The list of groups as its template prints it, for one reader.

use std::collections::HashMap;

use super::{
    filter::{PATH, Query, Sort, link},
    fingerprint::Fingerprint,
    gather::Progress,
    spark::{self, Spark},
    state::State,
    store::{Counts, Group, Quarters},
};
use crate::{
    core::{form::FieldErrors, time::Timestamp, words},
    logs::{
        form::FilterForm,
        look::Count,
        summary,
        view::{Reader, count::count_figure, list::BadField},
    },
    paging::{At, Page},
    web::listing::Pager,
};

/// How many, and that there may be more where that is so.
#[must_use]
pub fn number(n: i64, at_least: bool, words: impl Fn(u64) -> String) -> String {
    let words = words(u64::try_from(n).unwrap_or_default());
    if at_least { format!("at least {words}") } else { words }
}

/// `12:51 today`, `16:20 yesterday`, `2 February 2026`.
#[must_use]
pub fn moment(at: Timestamp, reader: &Reader) -> String {
    let clock = minutes(at, reader);
    let (day, today) = (at.in_zone(reader.zone).date_naive(), reader.now.in_zone(reader.zone).date_naive());
    if day == today {
        format!("{clock} today")
    } else if Some(day) == today.pred_opt() {
        format!("{clock} yesterday")
    } else {
        words::date_short(at, reader.zone)
    }
}

/// The time of day without its seconds.
#[must_use]
pub fn minutes(at: Timestamp, reader: &Reader) -> String {
    at.in_zone(reader.zone).format("%H:%M").to_string()
}

/// How a group stands, as a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// Its word.
    pub state: &'static str,
    /// As people say it.
    pub name: &'static str,
    /// Its icon.
    pub icon: &'static str,
}

impl From<State> for Tag {
    fn from(state: State) -> Self {
        Self { state: state.as_str(), name: state.name(), icon: state.icon() }
    }
}

/// A group in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its page.
    pub href: String,
    /// What people call it.
    pub title: String,
    /// Where it happened last.
    pub area: String,
    /// Its last frame, which tells groups of one title apart; none where it was grouped by its message.
    pub frame: Option<String>,
    /// How it stands.
    pub tag: Tag,
    /// Its last days; none where there was no time to count.
    pub spark: Option<Spark>,
    /// How often.
    pub times: String,
    /// How many members.
    pub members: String,
    /// How often of nobody, which the members do not count.
    pub anonymous: Option<String>,
    /// When first, and the same for machines.
    pub first: (String, String),
    /// When last, and the same for machines.
    pub last: (String, String),
}

impl Row {
    fn of(group: &Group, spark: Option<Spark>, at_least: bool, reader: &Reader) -> Self {
        const SHORT: chrono::Duration = chrono::Duration::hours(6);
        let datetime = |at: Timestamp| reader.datetime(at.whole_second());
        let lately = reader.now.since(group.last_at) < SHORT;
        let last = if lately { words::ago_short(reader.now, group.last_at) } else { moment(group.last_at, reader) };
        Self {
            href: link(group.fingerprint()),
            title: group.title.clone(),
            area: group.area.clone(),
            frame: group.frame.clone(),
            tag: group.state().into(),
            spark,
            times: number(group.times, at_least, words::count),
            members: number(group.members, at_least, words::count),
            anonymous: (group.anonymous > 0).then(|| {
                format!("{} anonymous", number(group.anonymous, false, |n| words::counted(n, "time", "times")))
            }),
            first: (moment(group.first_at, reader), datetime(group.first_at)),
            last: (last, datetime(group.last_at)),
        }
    }
}

/// A tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// The list.
    pub href: String,
    /// Its name.
    pub name: &'static str,
    /// How many groups it has, where that is known.
    pub number: Option<String>,
    /// Whether it is this one.
    pub current: bool,
}

/// A choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it sends.
    pub value: String,
    /// Its words.
    pub name: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The form above the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controls {
    /// What is searched for, as typed.
    pub q: String,
    /// Why it cannot be.
    pub q_error: Option<String>,
    /// The orders.
    pub sorts: Vec<Choice>,
    /// Why the order cannot be read.
    pub sort_error: Option<String>,
    /// What else the form sends: state, limit and zone.
    pub hidden: Vec<(&'static str, String)>,
}

impl Controls {
    /// The form of a list as it was asked for, whether or not that can be read.
    #[must_use]
    pub fn of(form: &FilterForm, errors: &FieldErrors) -> Self {
        let error = |name: &str| errors.get(name).map(str::to_owned);
        let typed = form.value("sort").trim();
        let chosen = Sort::parse(typed);
        let mut sorts: Vec<Choice> = Sort::ALL
            .into_iter()
            .map(|sort| Choice {
                value: sort.as_str().to_owned(),
                name: sort.name().to_owned(),
                chosen: chosen.unwrap_or_default() == sort && (chosen.is_some() || typed.is_empty()),
            })
            .collect();
        // What was typed and is no order stays chosen, so that it is seen.
        if chosen.is_none() && !typed.is_empty() {
            sorts.push(Choice { value: typed.to_owned(), name: typed.to_owned(), chosen: true });
        }
        let hidden = ["state", "limit", "tz"].into_iter().filter(|name| !form.value(name).is_empty());
        Self {
            q: form.value("q").to_owned(),
            q_error: error("q"),
            sorts,
            sort_error: error("sort"),
            hidden: hidden.map(|name| (name, form.value(name).to_owned())).collect(),
        }
    }
}

/// What stands where there are no rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Empty {
    /// The heading.
    pub heading: &'static str,
    /// The sentence below.
    pub text: &'static str,
    /// The list without what narrows it, where something does.
    pub all: Option<String>,
}

/// Where a search stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// How long it looked.
    pub time: String,
    /// The way on.
    pub href: Option<String>,
}

/// What stands in `#results`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    /// The states.
    pub tabs: Vec<Tab>,
    /// What the table says of itself.
    pub caption: String,
    /// The groups.
    pub rows: Vec<Row>,
    /// How far gathering is, where it has not come to the end.
    pub gathering: Option<String>,
    /// When it was looked at last whether older errors came in, where nobody tells.
    pub as_of: Option<String>,
    /// Where a search stopped.
    pub stopped: Option<Stopped>,
    /// What to say instead of rows.
    pub empty: Option<Empty>,
    /// The pages beside this one.
    pub pager: Pager,
    /// How many are here.
    pub shown: String,
    /// Whether the keyboard goes to the heading: after another page was asked for.
    pub focus_heading: bool,
}

/// A list that was looked for.
pub struct Found<'a> {
    /// What was asked for.
    pub query: &'a Query,
    /// The groups.
    pub page: &'a Page<Group>,
    /// How many there are of each state.
    pub counts: Option<&'a Counts>,
    /// How many of their errors fell into each day, of those that there was time for.
    pub quarters: &'a HashMap<Fingerprint, Quarters>,
    /// How far gathering is.
    pub progress: &'a Progress,
    /// Whether somebody else writes the log, so that nobody tells what is written with an earlier time.
    pub attached: bool,
    /// How long looking took.
    pub took: std::time::Duration,
}

/// How far gathering is, in a sentence; nothing where it has come to the end.
#[must_use]
pub fn gathering(progress: &Progress, reader: &Reader) -> Option<String> {
    let so_far = match progress.back_to() {
        _ if progress.is_complete() => return None,
        _ if progress.has_swept() => return Some("Older ones came in and are not all counted yet.".to_owned()),
        Some(at) => format!("Gathered back to {} so far", summary::day(at, reader.zone, reader.now)),
        None => "Gathering has just begun".to_owned(),
    };
    Some(format!("{so_far}: older errors are not counted yet."))
}

impl Results {
    /// The results of a list. `paged` says that another page was asked for from this one.
    #[must_use]
    pub fn of(found: &Found<'_>, reader: &Reader, paged: bool) -> Self {
        let Found { query, page, counts, quarters, progress, attached, took } = *found;
        let at_least = !progress.is_complete();
        let row = |group: &Group| {
            let days = quarters.get(&group.fingerprint()).map(|counted| spark::by_day(counted, reader));
            Row::of(group, days.map(spark::spark), at_least, reader)
        };
        let beside = Pager::of(page, |at| query.from(at).link());
        let nothing = page.rows.is_empty() && page.looked_to.is_none();
        Self {
            tabs: tabs(query, counts),
            caption: format!("Error groups, {}, times in {}", query.sort.words(), reader.city()),
            rows: page.rows.iter().map(row).collect(),
            gathering: gathering(progress, reader),
            as_of: progress.as_of.filter(|_| attached && !at_least).map(|at| {
                let at = moment(at, reader);
                format!("New errors are counted within seconds, what was written with an earlier time as of {at}.")
            }),
            stopped: page.looked_to.map(|_| Stopped { time: words::took(took), href: beside.further(query.at) }),
            empty: nothing.then(|| Empty::of(query, at_least, attached)),
            pager: beside,
            shown: words::counted(u64::try_from(page.rows.len()).unwrap_or_default(), "error group", "error groups"),
            focus_heading: paged,
        }
    }

    /// The sentence that a screen reader hears when the list changed.
    #[must_use]
    pub fn announcement(&self) -> String {
        match &self.empty {
            Some(empty) => empty.heading.to_owned(),
            None => format!("{} on this page", self.shown),
        }
    }
}

fn tabs(query: &Query, counts: Option<&Counts>) -> Vec<Tab> {
    let all = counts.map(|counts| counts.values().copied().fold(Count::Exactly(0), Count::and));
    let states = [None].into_iter().chain(State::ALL.into_iter().map(Some));
    states
        .map(|state| Tab {
            href: query.of_state(state).link(),
            name: state.map_or("All", State::name),
            number: state.map_or(all, |state| counts.and_then(|counts| counts.get(&state).copied())).map(count_figure),
            current: query.state == state,
        })
        .collect()
}

impl Empty {
    fn of(query: &Query, gathering: bool, attached: bool) -> Self {
        let narrowed = query.state.is_some() || query.search.is_some();
        let all = narrowed.then(|| Query { tz: query.tz, sort: query.sort, ..Query::default() }.link());
        let (heading, text) = match (query.at, narrowed, gathering) {
            (At::Before(_) | At::After(_), ..) => {
                ("There are no more error groups this way", "Begin again at the first page.")
            }
            (_, true, true) => ("Nothing matches so far", "Errors are still being gathered."),
            (_, true, false) if attached => {
                ("Nothing matches so far", "No error group of this state was found with these words.")
            }
            (_, false, false) if attached => {
                ("No errors so far", "No entry with the status or the action “error” was found.")
            }
            (_, true, false) => ("Nothing matches", "No error group is of this state and has these words."),
            (_, false, true) => ("No errors so far", "They are still being gathered."),
            (_, false, false) => ("No errors", "No entry with the status or the action “error” is recorded."),
        };
        let all = if matches!(query.at, At::Newest) { all } else { Some(query.from(At::Newest).link()) };
        Self { heading, text, all }
    }
}

/// What stands in `#results` where the query could not be read: nothing was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadQuery {
    /// The bad fields.
    pub fields: Vec<BadField>,
    /// The list from its beginning.
    pub start: &'static str,
}

impl BadQuery {
    /// What could not be read.
    #[must_use]
    pub fn of(errors: &FieldErrors) -> Self {
        let field = |(name, message): (&str, &str)| {
            let (id, name) = match name {
                "q" => (Some("q"), "Search"),
                "sort" => (Some("sort"), "Sort by"),
                "state" => (None, "State"),
                "limit" => (None, "Rows"),
                "tz" => (None, "Time zone"),
                _ => (None, "Place in the list"),
            };
            BadField { id: id.map(str::to_owned), name: name.to_owned(), message: message.to_owned() }
        };
        Self { fields: errors.iter().map(field).collect(), start: PATH }
    }
}
