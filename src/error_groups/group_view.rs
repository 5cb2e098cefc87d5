//! One group as its template prints it, for one reader.

use super::{
    differs::{Differs, Sample, Share, Tally},
    filter::{link, link_in},
    gather::Progress,
    outcomes::{Outcomes, members},
    people::{People, Person},
    state::Said,
    state_form::StateForm,
    store::Group,
    view::{self, Tag, minutes, moment, number},
};
use crate::{
    core::{time::Timestamp, words},
    logs::{
        filter::{Area, Choice, ExtraIs, Filter, Range},
        link as logs,
        log::{Log, Subject},
        story::recovery::Since,
        traceback::Traceback,
        view::{
            Reader,
            entry::{TracebackView, traceback_view},
            row::Who,
        },
    },
    paging::{At, Page},
};

/// How many values of a kind are shown.
const VALUES: usize = 5;
/// How many areas a link names.
const AREAS: usize = 20;

/// A figure: what, how much, and what else there is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What.
    pub label: &'static str,
    /// How much.
    pub value: String,
    /// What else.
    pub note: String,
}

/// A member whom nobody has seen to get past it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToWrite {
    /// Who.
    pub who: Who,
    /// What became of it.
    pub since: String,
    /// When it happened to them last.
    pub last: String,
    /// That entry.
    pub href: String,
    /// `3 times`.
    pub times: String,
}

/// One time that it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// The entry.
    pub href: String,
    /// `14:36:58`.
    pub clock: String,
    /// The same for machines.
    pub datetime: String,
    /// Whom it happened to.
    pub who: Who,
    /// The service type, where one is recorded.
    pub service: Option<String>,
}

/// The times of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// `Today`, `Tuesday 16 June 2026`.
    pub name: String,
    /// Date and zone.
    pub date: String,
    /// Newest first.
    pub times: Vec<Time>,
}

/// A value that errors have, beside what goes well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The value.
    pub name: String,
    /// `13 of 23, 22 % of successes`.
    pub said: String,
    /// The errors that have it, where a filter can ask for them.
    pub href: Option<String>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    /// Its name.
    pub fingerprint: String,
    /// What people call it.
    pub title: String,
    /// Where it happened, most often first.
    pub areas: Vec<String>,
    /// How it stands.
    pub tag: Tag,
    /// What the newest entry says, where that is not the title.
    pub described: Option<String>,
    /// How far gathering is, where it has not come to the end.
    pub gathering: Option<String>,
    /// Times, members, first and last seen.
    pub figures: Vec<Figure>,
    /// What became of its members; none where there is none.
    pub outcomes: Option<Outcomes>,
    /// Who to write to.
    pub to_write: Vec<ToWrite>,
    /// Their e-mails.
    pub emails: Vec<String>,
    /// Of whom it is not known, as there was no time to look at everything later.
    pub not_known: Vec<ToWrite>,
    /// Each time it happened, on this page.
    pub days: Vec<Day>,
    /// What the table says of itself.
    pub caption: String,
    /// The page before and the page after.
    pub newer: Option<String>,
    /// The page after.
    pub older: Option<String>,
    /// Whether any of them says its service type.
    pub has_services: bool,
    /// The newest traceback, where there is one.
    pub traceback: Option<TracebackView>,
    /// The newest entry, and when it was.
    pub newest: (String, String),
    /// What to tell members; empty where nothing was written.
    pub note: String,
    /// The form.
    pub form: StateForm,
    /// Service types.
    pub services: Vec<Value>,
    /// Browsers.
    pub browsers: Vec<Value>,
    /// What they are compared with.
    pub compared: Option<String>,
    /// The type of the exception.
    pub exception: Option<String>,
    /// The place in the code.
    pub frame: Option<String>,
    /// Its own address.
    pub permalink: String,
}

/// What a group is shown from.
pub struct Sources<'a> {
    /// The group.
    pub group: &'a Group,
    /// What people said of it.
    pub said: Option<&'a Said>,
    /// How far gathering is.
    pub progress: &'a Progress,
    /// How many of it fell into this day.
    pub today: Option<u64>,
    /// Its members.
    pub people: &'a People,
    /// A page of its entries, and their service types.
    pub page: &'a Page<(Log, Option<String>)>,
    /// The newest traceback.
    pub traceback: Option<&'a str>,
    /// Which frames of it are the application's.
    pub app_root: Option<&'a str>,
    /// What its errors have in common.
    pub differs: &'a Differs,
    /// `tz` of this request, which its own links keep.
    pub tz: Option<&'a str>,
}

impl GroupView {
    /// The group for a reader.
    #[must_use]
    pub fn of(sources: &Sources<'_>, reader: &Reader) -> Self {
        let Sources { group, said, progress, people, page, differs, .. } = *sources;
        let print = group.fingerprint();
        let own = link(print);
        let way = |at: At| {
            let cursor = match at {
                At::Newest => None,
                At::Before(cursor) => Some(("before", cursor.to_string())),
                At::After(cursor) => Some(("after", cursor.to_string())),
            };
            format!("{}#each", link_in(print, cursor, sources.tz))
        };
        let are = |is: fn(Since) -> bool| people.looked_at().filter(move |(_, since)| is(*since)).map(|(one, _)| one);
        let to_write: Vec<&Person> =
            are(|since| matches!(since, Since::NotSeenToSucceed(_) | Since::NotSeen { .. })).collect();
        let not_known = are(|since| matches!(since, Since::LookedTo(_)));
        Self {
            fingerprint: print.to_string(),
            title: group.title.clone(),
            areas: most(&differs.errors.areas, &group.area),
            tag: group.state().into(),
            described: Some(group.description.clone()).filter(|text| *text != group.title && !text.trim().is_empty()),
            gathering: view::gathering(progress, reader),
            figures: figures(sources, reader),
            outcomes: Outcomes::of(group, people),
            emails: emails(&to_write),
            not_known: not_known.filter_map(|person| to_write_view(person, reader)).collect(),
            to_write: to_write.into_iter().filter_map(|person| to_write_view(person, reader)).collect(),
            has_services: page.rows.iter().any(|(_, service)| service.is_some()),
            days: days(&page.rows, reader),
            caption: format!("Each time it happened, newest first, times in {}", reader.city()),
            newer: page.newer.map(|cursor| way(At::After(cursor))),
            older: page.older.map(|cursor| way(At::Before(cursor))),
            traceback: sources
                .traceback
                .map(|text| traceback_view(&Traceback::read(text, sources.app_root), group.last_id, &[])),
            newest: (logs::entry(group.last_id, ""), reader.day_and_clock(group.last_at)),
            note: said.map(|said| said.note.clone()).unwrap_or_default(),
            form: StateForm::of(group, said, sources.tz, reader),
            services: values(&differs.errors.services, (&differs.successes.services, differs), |value| {
                let extra = vec![ExtraIs { key: "service_type".to_owned(), any: vec![value] }];
                errors_in(&differs.errors, Filter { extra, ..Filter::default() }, reader)
            }),
            browsers: values(&differs.errors.browsers, (&differs.successes.browsers, differs), |value| {
                let user_agent = Some(differs.needle(&value)?);
                errors_in(&differs.errors, Filter { user_agent, ..Filter::default() }, reader)
            }),
            compared: (differs.successes.of > 0).then(|| {
                let newest = |n, one, many| words::counted(n, one, many);
                format!(
                    "Its newest {} beside the newest {} in the same area, last 30 days.",
                    newest(differs.errors.of, "error", "errors"),
                    newest(differs.successes.of, "success", "successes")
                )
            }),
            exception: group.exception.clone(),
            frame: group.frame.clone(),
            permalink: own,
        }
    }
}

/// The areas of the newest errors, most frequent first; the newest one's where none was looked at.
fn most(areas: &Tally, newest: &str) -> Vec<String> {
    let shares = Sample::shares(areas, (&Tally::new(), 0), VALUES);
    if shares.is_empty() { vec![newest.to_owned()] } else { shares.into_iter().map(|share| share.value).collect() }
}

fn figures(sources: &Sources<'_>, reader: &Reader) -> Vec<Figure> {
    let Sources { group, progress, today, people, .. } = *sources;
    let at_least = !progress.is_complete();
    let capital = |text: String| text.replacen("at least", "At least", 1);
    let seen = |at: Timestamp| {
        let (clock, ago) = (minutes(at, reader), words::ago(reader.now, at));
        match moment(at, reader).split_once(' ') {
            Some((_, day @ ("today" | "yesterday"))) => (clock, format!("{day}, {ago}")),
            _ => (words::date_short(at, reader.zone), format!("{clock}, {ago}")),
        }
    };
    let ((first, first_note), (last, last_note)) = (seen(group.first_at), seen(group.last_at));
    let anonymous = match group.anonymous {
        0 => "each counts once".to_owned(),
        n => format!("and {} of nobody known", number(n, at_least, |n| words::counted(n, "time", "times"))),
    };
    vec![
        Figure {
            label: "Times",
            value: capital(number(group.times, at_least, words::count)),
            note: today.map(|n| format!("{} today", words::count(n))).unwrap_or_default(),
        },
        Figure {
            label: "Members",
            value: capital(number(members(group, people), at_least, words::count)),
            note: anonymous,
        },
        Figure {
            label: "First seen",
            value: first,
            note: if at_least { format!("{first_note}, or earlier") } else { first_note },
        },
        Figure { label: "Last seen", value: last, note: last_note },
    ]
}

fn to_write_view(person: &Person, reader: &Reader) -> Option<ToWrite> {
    let since = match person.since? {
        Since::Recovered(_) => return None,
        Since::NotSeenToSucceed(last) => format!("Not seen to succeed since, last seen {}", moment(last, reader)),
        Since::NotSeen { .. } => "Not seen since".to_owned(),
        Since::LookedTo(key) => format!("Looked at up to {}", moment(key.timestamp, reader)),
    };
    Some(ToWrite {
        who: Who::of(person.log.subject()),
        since,
        last: reader.day_and_clock(person.log.timestamp),
        href: logs::entry(person.log.id, ""),
        times: words::counted(u64::try_from(person.times).unwrap_or_default(), "time", "times"),
    })
}

/// Where these members can be written to: today's e-mail, else the one that was recorded; each once. Whoever has no account
/// now is left out, as what was recorded is then what somebody typed, and so is what is not one address.
fn emails(people: &[&Person]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for Person { log, .. } in people {
        let has_account = matches!(log.subject(), Subject::Known { .. } | Subject::WithoutAccount { .. });
        let email = log.current_email.as_ref().or(log.member_email.as_ref());
        if let Some(email) = email.filter(|email| has_account && is_one_address(email))
            && !out.iter().any(|had| had.eq_ignore_ascii_case(email))
        {
            out.push(email.clone());
        }
    }
    out
}

/// Whether a text is one e-mail address and nothing that a mail program would read as another beside it.
fn is_one_address(text: &str) -> bool {
    let is_plain =
        |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, ',' | ';' | ':' | '<' | '>' | '(' | ')' | '"');
    text.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'))
        && text.chars().all(is_plain)
}

fn days(rows: &[(Log, Option<String>)], reader: &Reader) -> Vec<Day> {
    let date = |at: Timestamp| at.in_zone(reader.zone).date_naive();
    let mut out: Vec<(chrono::NaiveDate, Day)> = Vec::new();
    for (log, service) in rows {
        let time = Time {
            href: logs::entry(log.id, ""),
            clock: reader.clock(log.timestamp),
            datetime: reader.datetime(log.timestamp),
            who: Who::of(log.subject()),
            service: service.clone(),
        };
        let day = date(log.timestamp);
        match out.last_mut() {
            Some((had, group)) if *had == day => group.times.push(time),
            _ => {
                let (name, rest) = reader.day_heading(log.timestamp);
                out.push((day, Day { name, date: rest, times: vec![time] }));
            }
        }
    }
    out.into_iter().map(|(_, day)| day).collect()
}

fn values(
    errors: &Tally,
    (successes, differs): (&Tally, &Differs),
    href: impl Fn(String) -> Option<String>,
) -> Vec<Value> {
    let shares = Sample::shares(errors, (successes, differs.successes.of), VALUES);
    let value = |Share { value, n, percent }: Share| Value {
        said: match percent {
            Some(percent) => {
                format!("{} of {}, {percent} % of successes", words::count(n), words::count(differs.errors.of))
            }
            None => format!("{} of {}", words::count(n), words::count(differs.errors.of)),
        },
        href: href(value.clone()),
        name: value,
    };
    shares.into_iter().map(value).collect()
}

/// The errors where and when those that were looked at happened, narrowed further; none where no filter has all of them and
/// nothing else, as some are errors by their status and others by their action alone.
fn errors_in(looked_at: &Sample, filter: Filter, reader: &Reader) -> Option<String> {
    let error = || Choice { any: vec!["error".to_owned()], none: Vec::new() };
    let (oldest, newest) = looked_at.span?;
    let (status, action_type) = match looked_at.of {
        of if looked_at.by_status == of => (error(), Choice::default()),
        of if looked_at.by_action == of => (Choice::default(), error()),
        _ => return None,
    };
    let mut areas: Vec<&String> = looked_at.areas.keys().collect();
    areas.sort_unstable();
    if areas.len() > AREAS {
        areas.clear();
    }
    let any = areas.into_iter().cloned().map(Area::Exactly).collect();
    let to = newest.plus(chrono::Duration::microseconds(1));
    let range = Range::Between { from: Some(oldest), to: Some(to) };
    let area = Choice { any, none: Vec::new() };
    Some(logs::filtered(Filter { range, action_type, status, area, ..filter }, reader.zone))
}
