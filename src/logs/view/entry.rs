//! One entry as its template prints it. What the role may not see is not in here.

use uuid::Uuid;

use super::{
    Reader, Shown,
    message::MessageView,
    row::{self, Status, Who},
};
use crate::{
    core::ip::{self, IpBlock},
    core::marks::Marked,
    core::{time::Timestamp, words},
    logs::{
        filter::{Area, Choice, ExtraIs, Filter, Preset, Range},
        json::{self, TokenKind},
        link,
        log::{Details, Log, Subject},
        story::{
            Moment,
            around::{Around, By},
            lately::LATELY,
            others::Other,
            trail::{self, Item},
            view::SinceView,
        },
        ticket::{self, TicketFacts},
        traceback::{LineKind, PartKind, Traceback},
        user_agent,
    },
};

/// A value with a link to its like and, mostly, a button that copies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The value.
    pub text: String,
    /// The list of entries that have it, where it has a filter.
    pub filter: Option<String>,
}

/// The traceback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracebackView {
    /// Its lines.
    pub lines: Vec<LineView>,
    /// `3 application, 4 library`; nothing where it has no frames.
    pub frames: Option<String>,
    /// Whether “Application frames only” would leave anything out and anything over.
    pub can_narrow: bool,
    /// The whole text as a file.
    pub file: String,
    /// `Open all 1,604 lines as text`.
    pub open_all: String,
}

/// A line of the traceback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineView {
    /// Its classes.
    pub class: &'static str,
    /// Its number.
    pub number: String,
    /// Its parts: class and text.
    pub parts: Vec<(&'static str, Marked)>,
    /// Whether it goes on in the file.
    pub cut: bool,
    /// What stands instead of lines that are left out.
    pub left_out: Option<String>,
}

/// A part of `extra`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraToken {
    /// Its class.
    pub class: &'static str,
    /// Its text.
    pub text: String,
    /// The list of entries that have this value under this key.
    pub filter: Option<String>,
}

/// `extra`, laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraView {
    /// Its parts.
    pub tokens: Vec<ExtraToken>,
    /// Whether there is more of it.
    pub cut: bool,
    /// Whether some value is a link.
    pub has_links: bool,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Its description.
    pub title: Marked,
    /// The title of the page.
    pub page_title: String,
    /// How it went.
    pub status: Status,
    /// `Today at`, `Thursday 18 June 2026 at`.
    pub day: String,
    /// `14:32:07 BST`.
    pub clock: String,
    /// The instant for machines.
    pub datetime: String,
    /// `6 minutes ago`.
    pub ago: String,
    /// `13 min`, where it is dated ahead.
    pub ahead: Option<String>,
    /// Whether it is an error.
    pub is_error: bool,
    /// Whom it is about.
    pub who: Who,
    /// The member's id.
    pub member_id: Option<Fact>,
    /// The e-mail.
    pub email: Option<Fact>,
    /// The e-mail of the member today, where another was recorded.
    pub current_email: Option<String>,
    /// All entries of whom it is about.
    pub who_filter: Option<String>,
    /// `London`.
    pub zone_city: String,
    /// `Thu 18 June 2026, 14:32:07.418 BST`.
    pub local: String,
    /// Whether the reader's zone is UTC, which is then said once.
    pub in_utc: bool,
    /// Five minutes either side.
    pub around: String,
    /// `2026-06-18 13:32:07.418`.
    pub utc: String,
    /// The same to copy: `2026-06-18T13:32:07.418000Z`.
    pub utc_copy: String,
    /// Where.
    pub area: Fact,
    /// The icon of its action.
    pub icon: &'static str,
    /// Its action as a noun, and its like.
    pub action: Fact,
    /// All with its status.
    pub status_filter: String,
    /// The booking.
    pub booking: Option<Fact>,
    /// What was booked, where that is known.
    pub service_type: Option<String>,
    /// The error.
    pub error_message: Shown<MessageView>,
    /// The traceback.
    pub traceback: Shown<TracebackView>,
    /// The address as recorded.
    pub ip_address: Shown<Fact>,
    /// The browser in words.
    pub browser: Option<String>,
    /// The browser as sent.
    pub user_agent: Shown<Fact>,
    /// Anything else.
    pub extra: Shown<ExtraView>,
    /// How often the same happened to them lately: `for the second time in 3 minutes`.
    pub lately: Option<String>,
    /// Whether it worked since.
    pub since: Option<SinceView>,
    /// Text for a ticket; a viewer has none.
    pub ticket: Option<String>,
    /// Its own address, to pass on.
    pub permalink: String,
}

/// Where the entry stands in the list it was opened from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Back to exactly that list.
    pub list: String,
    /// The next newer entry of it.
    pub newer: Option<String>,
    /// The next older entry of it.
    pub older: Option<String>,
    /// What was searched for in it, in lower case.
    pub terms: Vec<String>,
}

impl Place {
    /// The query string of that list, which links from entry to entry carry.
    #[must_use]
    pub fn query(&self) -> &str {
        self.list.split_once('?').map_or("", |(_, query)| query)
    }
}

/// The entry within the story of whom it is about.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// What surrounds it.
    pub around: &'a Around,
    /// How often the same happened to them lately.
    pub lately: Option<&'a String>,
    /// Whether it worked since.
    pub since: Option<&'a SinceView>,
}

/// How the site shows entries.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// Where people reach it, without a slash at the end.
    pub base: &'a str,
    /// The beginning of the paths of the application's own frames.
    pub app_root: Option<&'a str>,
    /// What was searched for in the list it was opened from, in lower case.
    pub terms: &'a [String],
}

impl Entry {
    /// An entry for a reader.
    #[must_use]
    pub fn of(log: &Log, details: &Details, told: Told<'_>, reader: &Reader, setting: Setting<'_>) -> Self {
        let zone = reader.zone;
        let sees = reader.role.sees_details();
        let at = log.timestamp;
        // The last month is what mostly matters, but not to an entry that is older.
        let is_old = at < reader.now.plus(-Preset::Month.span());
        let range = if is_old { Range::All } else { Range::Last(Preset::Month) };
        let alike = |filter: Filter| link::filtered(Filter { range, ..filter }, zone);
        let subject = log.subject();
        let (who_filter, member_id, email, current_email) = whom(log, &subject, &alike);
        let traceback = details.error_detail.as_deref().filter(|text| !text.is_empty());
        let traceback = traceback.map(|text| Traceback::read(text, setting.app_root));
        let extra = details.extra.as_deref().filter(|text| !json::is_absent(text));
        let message = MessageView::of(details.error_message.as_deref(), at, zone, setting.terms);
        let service_type = extra.and_then(|text| json::top_level(text, "service_type"));
        let permalink = link::entry(log.id, "");
        let abbreviation = words::zone_abbreviation(at, zone);
        let status = Status::new(&log.status);
        let title = row::titled(&log.description);
        let clock = format!("{} {abbreviation}", words::clock(at, zone, false));
        Self {
            id: log.id.to_string(),
            page_title: format!(
                "{}: {title}, {} {}",
                status.name,
                words::date_short(at, zone),
                words::clock(at, zone, false)
            ),
            day: words::day_name(at.in_zone(zone).date_naive(), reader.now.in_zone(zone).date_naive()),
            clock,
            datetime: reader.datetime(at),
            ago: words::ago(reader.now, at),
            ahead: (at > reader.now).then(|| words::span(at.since(reader.now))),
            is_error: log.is_error(),
            who: Who::of(subject.clone()),
            member_id,
            email,
            current_email,
            who_filter,
            zone_city: words::zone_city(zone),
            local: format!(
                "{} {}, {} {abbreviation}",
                at.in_zone(zone).format("%a"),
                words::date_short(at, zone),
                words::clock(at, zone, true)
            ),
            in_utc: zone == chrono_tz::UTC,
            around: around(at, zone),
            utc: format!("{} {}", at.utc().format("%Y-%m-%d"), words::clock(at, chrono_tz::UTC, true)),
            utc_copy: at.rfc3339(),
            area: Fact {
                text: log.area.clone(),
                filter: Some(alike(Filter { area: only(Area::Exactly(log.area.clone())), ..Filter::default() })),
            },
            icon: row::action_icon(&log.action_type),
            action: Fact {
                text: words::action_name(&log.action_type),
                filter: Some(alike(Filter { action_type: only(log.action_type.clone()), ..Filter::default() })),
            },
            status_filter: alike(Filter { status: only(log.status.clone()), ..Filter::default() }),
            booking: log.booking_id.map(|id| Fact {
                text: id.to_string(),
                filter: Some(link::filtered(Filter { booking: Some(id), ..Filter::default() }, zone)),
            }),
            service_type: if sees { service_type.clone().or_else(|| details.service_type.clone()) } else { None },
            lately: told.lately.cloned(),
            since: told.since.cloned(),
            ticket: sees.then(|| {
                let failed = (traceback.as_ref(), service_type.as_deref());
                ticket_of(log, details, &subject, failed, told, reader, setting)
            }),
            error_message: Shown::of(message, sees),
            traceback: Shown::of(traceback.map(|read| traceback_view(&read, log.id, setting.terms)), sees),
            ip_address: Shown::of(
                details.ip_address.as_deref().filter(|text| !text.is_empty()).map(|text| Fact {
                    text: text.to_owned(),
                    filter: ip::first_address(text)
                        .map(|address| alike(Filter { ip: Some(IpBlock::single(address)), ..Filter::default() })),
                }),
                sees,
            ),
            browser: details.user_agent.as_deref().filter(|_| sees).and_then(user_agent::in_words),
            user_agent: Shown::of(
                details.user_agent.as_deref().filter(|text| !text.is_empty()).map(|text| Fact {
                    text: text.to_owned(),
                    filter: Some(alike(Filter { user_agent: Some(user_agent::needle(text)), ..Filter::default() })),
                }),
                sees,
            ),
            extra: Shown::of(extra.map(|text| extra_view(text, &alike)), sees),
            status,
            title: Marked::of(&title, setting.terms),
            permalink,
        }
    }

    /// Whether its title is set smaller, as in the size of a heading it would fill the window.
    #[must_use]
    pub fn has_long_title(&self) -> bool {
        self.title.parts.iter().map(|part| part.text.chars().count()).sum::<usize>() > 140
    }

    /// Whether anything of this entry is hidden from the role.
    #[must_use]
    pub fn is_masked(&self) -> bool {
        self.extra.is_hidden()
    }
}

/// A choice of one value.
fn only<T>(value: T) -> Choice<T> {
    Choice { any: vec![value], none: Vec::new() }
}

/// Who it is about as facts: the list of theirs, id, e-mail, and today's e-mail where it differs.
fn whom(
    log: &Log,
    subject: &Subject,
    alike: &impl Fn(Filter) -> String,
) -> (Option<String>, Option<Fact>, Option<Fact>, Option<String>) {
    use crate::logs::filter::Who;
    let list = |who: Who| Some(alike(Filter { who: vec![who], ..Filter::default() }));
    let by_email = |email: &str| {
        let email = email.to_ascii_lowercase();
        // What is no e-mail has no filter but the one by its beginning.
        [Who::Email(email.clone()), Who::EmailPrefix(email)].into_iter().find(Who::is_sayable).and_then(list)
    };
    let fact = |email: &String| Fact { text: email.clone(), filter: by_email(email) };
    match subject {
        Subject::Known { id, email, .. } => {
            let member = list(Who::Member(*id));
            let other = log
                .current_email
                .clone()
                .filter(|current| email.as_ref().is_some_and(|email| !email.eq_ignore_ascii_case(current)));
            (member.clone(), Some(Fact { text: id.to_string(), filter: member }), email.as_ref().map(fact), other)
        }
        Subject::WithoutAccount { email, .. } | Subject::NoAccountNow { email } => {
            (by_email(email), None, Some(fact(email)), None)
        }
        // An e-mail that was recorded and is empty names nobody, but the list of the anonymous is of those without one.
        Subject::Anonymous => (log.member_email.is_none().then(|| list(Who::Anonymous)).flatten(), None, None, None),
    }
}

/// The list of what happened within five minutes either side.
fn around(at: Timestamp, zone: crate::core::time::Zone) -> String {
    let five = chrono::Duration::minutes(5);
    // Links are of the years that a filter takes.
    let whole = at.clamp(Timestamp::MIN, Timestamp::MAX).whole_second();
    let range = Range::Between {
        from: Some(whole.plus(-five).max(Timestamp::MIN)),
        to: Some(whole.plus(five).min(Timestamp::MAX)),
    };
    link::filtered(Filter { range, ..Filter::default() }, zone)
}

/// A traceback of the entry `id`, with what was searched for marked.
#[must_use]
pub fn traceback_view(read: &Traceback<'_>, id: Uuid, terms: &[String]) -> TracebackView {
    let line = |line: &crate::logs::traceback::Line<'_>| {
        let (class, left_out) = match line.kind {
            LineKind::Plain => ("l", None),
            LineKind::Library => ("l lib", None),
            LineKind::Application => ("l app", None),
            LineKind::ApplicationFile => ("l app f", None),
            LineKind::Exception => ("l exc", None),
            LineKind::Folded { left_out } => {
                let n = u64::try_from(left_out).unwrap_or(u64::MAX);
                let are = if n == 1 { "is" } else { "are" };
                ("l fold", Some(format!("{} {are} left out here.", words::counted(n, "line", "lines"))))
            }
        };
        let part = |(kind, text): &(PartKind, &str)| {
            let class = match kind {
                PartKind::Text => "",
                PartKind::Path => "p",
                PartKind::Number => "n",
                PartKind::Function => "fn",
            };
            (class, Marked::of(text, terms))
        };
        LineView {
            class,
            number: if left_out.is_some() { "⋮".to_owned() } else { line.number.to_string() },
            parts: line.parts.iter().map(part).collect(),
            cut: line.cut,
            left_out,
        }
    };
    let (ours, theirs) = (read.application_frames, read.library_frames);
    let total = u64::try_from(read.total_lines).unwrap_or(u64::MAX);
    TracebackView {
        lines: read.lines.iter().map(line).collect(),
        frames: (ours + theirs > 0).then(|| format!("{ours} application, {theirs} library")),
        can_narrow: ours > 0 && theirs > 0,
        file: link::error_detail(id),
        open_all: format!("Open all {} as text", words::counted(total, "line", "lines")),
    }
}

fn extra_view(text: &str, alike: &impl Fn(Filter) -> String) -> ExtraView {
    let laid_out = json::lay_out(text);
    let token = |token: json::Token| ExtraToken {
        class: match token.kind {
            TokenKind::Punctuation => "",
            TokenKind::Key => "k",
            TokenKind::String => "s",
            TokenKind::Number => "n",
            TokenKind::Constant => "c",
        },
        filter: token
            .filter
            .map(|(key, value)| alike(Filter { extra: vec![ExtraIs { key, any: vec![value] }], ..Filter::default() })),
        text: token.text,
    };
    let tokens: Vec<ExtraToken> = laid_out.tokens.into_iter().map(token).collect();
    ExtraView { cut: laid_out.cut, has_links: tokens.iter().any(|token| token.filter.is_some()), tokens }
}

fn ticket_of(
    log: &Log,
    details: &Details,
    subject: &Subject,
    (traceback, service_type): (Option<&Traceback<'_>>, Option<&str>),
    told: Told<'_>,
    reader: &Reader,
    setting: Setting<'_>,
) -> String {
    let (who, names) = match subject {
        Subject::Known { id, name, email } => (ticket::Who::Member(*id), [name.as_deref(), email.as_deref()]),
        Subject::WithoutAccount { id, name, email } => {
            (ticket::Who::RecordedWithoutAccount(*id), [name.as_deref(), Some(email.as_str())])
        }
        Subject::NoAccountNow { email } => (ticket::Who::NoAccountNow, [Some(email.as_str()), None]),
        Subject::Anonymous => (ticket::Who::Anonymous, [None, None]),
    };
    let others = told.around.others.values().flat_map(Other::names);
    let names: Vec<&str> = names.into_iter().flatten().chain(log.current_email.as_deref()).chain(others).collect();
    let url = format!("{}{}", setting.base, link::entry(log.id, ""));
    // What somebody else did is nothing for a ticket: who was at an address, or had the e-mail before.
    let tells = |moment: &&Moment| match told.around.by {
        By::Person(_) => told.around.is_theirs(moment),
        _ => moment.member_id.is_none() && moment.member_email.is_none(),
    };
    let before: Vec<Moment> = told.around.before.moments.iter().rev().filter(tells).cloned().collect();
    TicketFacts {
        description: &log.description,
        error_message: details.error_message.as_deref(),
        who,
        timestamp: log.timestamp,
        zone: reader.zone,
        area: &log.area,
        service_type,
        status: &log.status,
        action_type: &log.action_type,
        entry_url: &url,
        first_frame: traceback.and_then(Traceback::first_application_frame),
        last_frame: traceback.and_then(Traceback::last_application_frame),
        recorded: None,
        led: &led_there(told.around, &before),
        led_by_one: matches!(told.around.by, By::Person(_)),
        lately: told.lately.map(String::as_str),
        since: told.since.map(|since| since.plain.as_str()),
        redact: &names,
    }
    .markdown()
}

/// The last five steps within a day before the entry. `before` is what came before, oldest first.
fn led_there<'a>(around: &Around, before: &'a [Moment]) -> Vec<ticket::Step<'a>> {
    const STEPS: usize = 5;
    let since = around.entry.timestamp.plus(-LATELY);
    let lately = before.partition_point(|moment| moment.timestamp < since);
    let step = |item: Item<'a>| {
        let (first, times) = match item {
            Item::Gap(_) => return None,
            Item::One(one) => (one, 1),
            Item::Many(many) => (many.first()?, many.len()),
        };
        Some(ticket::Step { at: first.timestamp, description: &first.description, area: &first.area, times })
    };
    let mut steps: Vec<ticket::Step<'a>> =
        trail::items(&before[lately..], None).into_iter().rev().filter_map(step).take(STEPS).collect();
    steps.reverse();
    steps
}
