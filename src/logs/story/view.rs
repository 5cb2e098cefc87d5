//! A story in words, for one reader.

use chrono::{Duration, NaiveDate};

use super::{
    around::{Around, By, MOST, STEP},
    lately::Lately,
    moment::Moment,
    others::{Other, Others},
    recovery::{Failed, Since},
    trail::{self, Item},
};
use crate::{
    core::{
        time::{Timestamp, Zone},
        words,
    },
    logs::{
        filter::{Filter, Range, Who},
        link,
        view::{Reader, row},
    },
};

/// What is said of the entry that a page is about.
pub const THIS: &str = "this entry";
/// What is said of an error that is the same as that entry's.
const SAME: &str = "same error";
/// What is said of one of which no more is known, or seen, to be the same.
const SAME_DESCRIPTION: &str = "same description";

/// A line of a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// From here on it is another day.
    Day(String),
    /// So much time without an entry, or that there is none.
    Gap(String),
    /// What is not shown here goes on elsewhere.
    Torn(String),
    /// An entry.
    Entry(Box<Step>),
    /// The same several times.
    Fold {
        /// The first of them.
        step: Box<Step>,
        /// `6 times`.
        times: String,
        /// When last: `14:09:33`.
        until: String,
        /// Each of them.
        lines: Vec<Line>,
    },
}

/// An entry of a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its page.
    pub href: String,
    /// `14:32:07`.
    pub clock: String,
    /// The instant for machines.
    pub datetime: String,
    /// The icon of its action.
    pub icon: &'static str,
    /// `is-error`, `is-warning`, `is-look` or nothing.
    pub class: &'static str,
    /// What happened.
    pub title: String,
    /// Where.
    pub area: String,
    /// Whom it is about, where the trail is not of one person.
    pub who: Option<String>,
    /// The first line of the error, where the role sees it.
    pub error_line: Option<String>,
    /// [`THIS`], `same error`, `same description`.
    pub note: Option<&'static str>,
    /// Whether it is the one that is being read.
    pub current: bool,
}

/// Which entries of a trail say whom they are about.
#[derive(Debug, Clone, Copy, Default)]
pub enum Named<'a> {
    /// None: all are of one person.
    #[default]
    None,
    /// Each, by its e-mail, as the trail is nobody's.
    Each,
    /// Those of other members.
    Others(&'a Others),
}

/// How a trail is drawn.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drawn<'a> {
    /// The entry that is being read.
    pub current: Option<&'a Moment>,
    /// The query string of the list, which links carry.
    pub query: &'a str,
    /// The day that the page has said already.
    pub day: Option<NaiveDate>,
    /// Which say whom they are about.
    pub named: Named<'a>,
    /// What is said of the one that is marked, where it is not the page's own; then it has a link, too.
    pub marked: Option<&'static str>,
}

/// The lines of entries, oldest first.
#[must_use]
pub fn lines(moments: &[Moment], reader: &Reader, drawn: Drawn<'_>) -> Vec<Line> {
    let mut out = Vec::new();
    let mut day = drawn.day;
    for item in trail::items(moments, drawn.current.map(|moment| moment.id)) {
        let first = match &item {
            Item::Gap(gap) => {
                out.push(Line::Gap(words::span(*gap)));
                continue;
            }
            Item::One(moment) => *moment,
            Item::Many(many) => &many[0],
        };
        let date = date(first.timestamp, reader.zone);
        if day.is_some_and(|day| day != date) {
            out.push(Line::Day(words::day_name(date, self::date(reader.now, reader.zone))));
        }
        day = day.map(|_| date);
        let step = Box::new(step(first, reader, drawn));
        out.push(match item {
            Item::Many(many) => Line::Fold {
                step,
                times: words::counted(number(many.len()), "time", "times"),
                until: until(first, many.last().unwrap_or(first), reader.zone),
                lines: unfolded(many, reader, drawn),
            },
            _ => Line::Entry(step),
        });
    }
    out
}

/// When the last of what is folded happened; with its day, where that is another.
fn until(first: &Moment, last: &Moment, zone: Zone) -> String {
    let clock = words::clock(last.timestamp, zone, false);
    if date(first.timestamp, zone) == date(last.timestamp, zone) {
        clock
    } else {
        format!("{}, {clock}", words::date_short(last.timestamp, zone))
    }
}

/// The lines of what is folded, with its gaps.
fn unfolded(many: &[Moment], reader: &Reader, drawn: Drawn<'_>) -> Vec<Line> {
    let mut out = Vec::new();
    let mut before: Option<&Moment> = None;
    for moment in many {
        let silence = before.map(|before| moment.timestamp.since(before.timestamp));
        out.extend(silence.filter(|silence| *silence >= trail::GAP).map(|silence| Line::Gap(words::span(silence))));
        out.push(Line::Entry(Box::new(step(moment, reader, drawn))));
        before = Some(moment);
    }
    out
}

fn date(at: Timestamp, zone: Zone) -> NaiveDate {
    at.in_zone(zone).date_naive()
}

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn step(moment: &Moment, reader: &Reader, drawn: Drawn<'_>) -> Step {
    let is_current = drawn.current.is_some_and(|current| current.id == moment.id);
    let sees = reader.role.sees_details();
    let alike = drawn.current.filter(|current| current.is_error() && moment.is_alike(current));
    let class = if moment.is_error() {
        "is-error"
    } else if moment.status == "warning" {
        "is-warning"
    } else if moment.is_looking() {
        "is-look"
    } else {
        ""
    };
    let note = if is_current {
        Some(drawn.marked.unwrap_or(THIS))
    } else {
        alike.map(|current| if sees && moment.is_same_error(current) { SAME } else { SAME_DESCRIPTION })
    };
    // What another error is that has the same description, its own line tells.
    let tells = sees && (note.is_none() || note == Some(SAME_DESCRIPTION));
    let error_line = moment.error_message.as_deref().filter(|_| tells).and_then(row::error_line);
    Step {
        href: link::entry(moment.id, drawn.query),
        clock: words::clock(moment.timestamp, reader.zone, false),
        datetime: reader.datetime(moment.timestamp),
        icon: row::action_icon(&moment.action_type),
        class,
        title: row::titled(&moment.description),
        area: moment.area.clone(),
        who: match drawn.named {
            Named::None => None,
            Named::Each => whom(moment),
            Named::Others(others) => moment.member_id.and_then(|id| others.get(&id)).map(Other::called),
        },
        error_line,
        note,
        current: is_current,
    }
}

fn whom(moment: &Moment) -> Option<String> {
    let id = || moment.member_id.map(|id| format!("member {}", words::short_id(id)));
    moment.member_email.clone().filter(|email| !email.is_empty()).or_else(id)
}

/// What surrounds an entry, as its page prints it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AroundView {
    /// Its lines, oldest first.
    pub lines: Vec<Line>,
    /// Five more before.
    pub earlier: Option<String>,
    /// Five more after.
    pub later: Option<String>,
    /// By what they belong together, where it is not one person; or why there are none.
    pub note: Option<String>,
    /// The visit it belongs to, on the page of whom it is about.
    pub whole: Option<String>,
}

/// How much is shown around an entry: so many either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// So many before.
    pub earlier: usize,
    /// So many after.
    pub later: usize,
}

impl Default for Shown {
    fn default() -> Self {
        Self { earlier: STEP, later: STEP }
    }
}

impl AroundView {
    /// What surrounds an entry; links to more of it carry the list's query string.
    #[must_use]
    pub fn of(around: &Around, reader: &Reader, shown: Shown, query: &str) -> Self {
        let entry = &around.entry;
        let note = match &around.by {
            By::Person(_) if around.others.is_empty() => None,
            By::Person(_) => Some("Entries of other members have the same e-mail; they say whose they are.".to_owned()),
            By::Address => {
                let by = match entry.user_agent {
                    Some(_) => "the same address and browser",
                    None => "the same address, and no browser is recorded of them",
                };
                Some(format!("No member is recorded. These come from {by}; they may be several people."))
            }
            By::Nothing => {
                return Self {
                    note: Some("Neither a member nor an address is recorded, so nothing belongs to it.".to_owned()),
                    ..Self::default()
                };
            }
            By::Hidden => {
                return Self {
                    note: Some(
                        "No member is recorded. What else came from the same address is hidden from viewers."
                            .to_owned(),
                    ),
                    ..Self::default()
                };
            }
        };
        let found = &around.before.moments;
        let before = &found[..found.len().min(shown.earlier)];
        let mut moments: Vec<Moment> = before.iter().rev().cloned().collect();
        moments.push(entry.clone());
        moments.extend_from_slice(&around.after.moments);
        let named = if around.by == By::Address { Named::Each } else { Named::Others(&around.others) };
        let day = Some(date(entry.timestamp, reader.zone));
        let drawn = Drawn { current: Some(entry), query, day, named, marked: None };
        let mut out = Vec::new();
        let more_before = around.before.more || found.len() > before.len();
        let most = |shown: usize| shown >= MOST;
        if !more_before {
            out.push(Line::Gap("Nothing recorded before".to_owned()));
        } else if most(shown.earlier) {
            out.push(Line::Torn(format!("More is recorded before; at most {MOST} are shown here")));
        }
        out.extend(lines(&moments, reader, drawn));
        if around.after.more && most(shown.later) {
            out.push(Line::Torn(format!("More is recorded after; at most {MOST} are shown here")));
        }
        if !around.after.more {
            out.push(Line::Gap(nothing_since(
                moments.last().map_or(entry.timestamp, |last| last.timestamp),
                reader.now,
            )));
        }
        let more = |earlier: usize, later: usize| {
            let mut query = query.to_owned();
            for (name, n) in [("earlier", earlier), ("later", later)] {
                if n > STEP {
                    let mark = if query.is_empty() { "" } else { "&" };
                    query = format!("{query}{mark}{name}={n}");
                }
            }
            format!("{}#around", link::entry(entry.id, &query))
        };
        // Where looking stopped, what it found is there to be shown, and no more.
        let earlier = if around.before.stopped { found.len() > before.len() } else { more_before };
        let later = around.after.more && !around.after.stopped;
        let stopped = (around.before.stopped && !earlier || around.after.stopped).then(|| {
            "Not all of them were looked through: there was no time for it, or there are too many.".to_owned()
        });
        Self {
            lines: out,
            earlier: (earlier && !most(shown.earlier)).then(|| more(shown.earlier + STEP, shown.later)),
            later: (later && !most(shown.later)).then(|| more(shown.earlier, shown.later + STEP)),
            note: match (note, stopped) {
                (Some(note), Some(stopped)) => Some(format!("{note} {stopped}")),
                (note, stopped) => note.or(stopped),
            },
            whole: whole_visit(around),
        }
    }
}

/// The page of whom an entry is about, at that entry.
fn whole_visit(around: &Around) -> Option<String> {
    let id = around.entry.id;
    match &around.by {
        By::Person(Who::Member(member)) => Some(format!("{}?entry={id}#nearest", link::member(*member))),
        // Of an e-mail that somebody has today, the page is theirs, and this entry is in none of their visits.
        By::Person(Who::Email(email)) if around.owner.is_none() => {
            Some(format!("{}&entry={id}#nearest", link::by_email(email)))
        }
        _ => None,
    }
}

/// `Nothing recorded since, 5 min`; of what is dated ahead, nothing about how long.
fn nothing_since(last: Timestamp, now: Timestamp) -> String {
    if last > now {
        return "Nothing recorded since".to_owned();
    }
    format!("Nothing recorded since, {}", words::span(minutes(now.since(last))))
}

/// A span without its seconds, where it has minutes: they change with every look.
fn minutes(span: Duration) -> Duration {
    if span < Duration::minutes(1) { span } else { Duration::minutes(span.num_minutes()) }
}

/// How often the same happened lately: `for the second time in 3 minutes`, `at least 200 times in 2 hours`. Nothing where that
/// says nothing. Of errors that are not known to be the same, or not seen by whoever does not see details, it is the
/// description that is counted.
#[must_use]
pub fn lately(lately: Lately, entry: &Moment, sees: bool) -> Option<String> {
    let matters = entry.is_error() || entry.status == "warning";
    if !matters || (lately.times == 1 && !lately.whole) {
        return None;
    }
    let which = words::ordinal(lately.times);
    let with = if entry.is_error() && !(sees && lately.same_error) { " with this description" } else { "" };
    if lately.times == 1 {
        // Of an error alone: what else is alike need not read alike, as a sign-in refused for the second time.
        return entry.is_error().then(|| format!("for the {which} time{with} in 24 hours"));
    }
    let seconds = entry.timestamp.since(lately.first).num_seconds().max(1).unsigned_abs();
    let within = match seconds {
        0..=60 => "a minute".to_owned(),
        61..=3_600 => words::counted(seconds.div_ceil(60), "minute", "minutes"),
        _ => words::counted(seconds.div_ceil(3_600), "hour", "hours"),
    };
    Some(if lately.whole {
        format!("for the {which} time{with} in {within}")
    } else {
        format!("at least {}{with} in {within}", words::counted(number(lately.times), "time", "times"))
    })
}

/// Whether it worked since: a sentence, in the middle of which may stand a link to what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinceView {
    /// `recovered`, `failing`, `gone` or `unknown`.
    pub kind: &'static str,
    /// The sentence up to the link.
    pub text: String,
    /// What shows it.
    pub link: Option<(String, String)>,
    /// What the list calls it: `Recovered`.
    pub name: &'static str,
    /// The same in plain text, for a ticket.
    pub plain: String,
}

/// What became of what failed for `who` at `failed_at`, in words.
#[must_use]
pub fn since(since: Since, failed: &Failed, (who, failed_at): (&Who, Timestamp), reader: &Reader) -> SinceView {
    let zone = reader.zone;
    let with = if failed.service_type.is_some() { " with this service type" } else { "" };
    let at = |at: Timestamp| {
        let abbreviation = words::zone_abbreviation(at, zone);
        if date(at, zone) == date(failed_at, zone) {
            format!("{} {abbreviation}", words::clock(at, zone, false))
        } else {
            format!("{}, {} {abbreviation}", words::date_short(at, zone), words::clock(at, zone, false))
        }
    };
    match since {
        Since::Recovered(key) => {
            let later = words::span(key.timestamp.since(failed_at));
            let when = format!("{}, {later} later", at(key.timestamp));
            SinceView {
                kind: "recovered",
                name: "Recovered",
                text: format!("It worked since: a success in the same area{with} is recorded at"),
                plain: format!("yes, a success in the same area{with} is recorded at {when}"),
                link: Some((link::entry(key.id, ""), when)),
            }
        }
        Since::NotSeenToSucceed(last) => {
            let text = format!("No success in this area{with} is recorded since; they were last seen at {}.", at(last));
            SinceView {
                kind: "failing",
                name: "Not seen to succeed since",
                plain: format!("not seen to succeed since; last seen at {}", at(last)),
                text,
                link: None,
            }
        }
        Since::NotSeen { ahead } => SinceView {
            kind: "gone",
            name: "Not seen since",
            text: if ahead {
                "They were not seen since; only entries dated ahead are recorded of them.".to_owned()
            } else {
                "Nothing is recorded of them since.".to_owned()
            },
            plain: "not seen since".to_owned(),
            link: None,
        },
        Since::LookedTo(key) => {
            let range = Range::Between { from: Some(key.timestamp), to: None };
            let further = Filter { range, ..failed.successes(who.clone()) };
            let link = who.is_sayable().then(|| (link::filtered(further, zone), "look further".to_owned()));
            let end = if link.is_some() { ":" } else { "." };
            SinceView {
                kind: "unknown",
                name: "Not known yet",
                text: format!(
                    "No success in this area{with} is recorded up to {}; there was no time for later entries{end}",
                    at(key.timestamp)
                ),
                plain: format!("no success up to {}; later entries were not looked at", at(key.timestamp)),
                link,
            }
        }
    }
}
