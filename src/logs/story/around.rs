//! What surrounds one entry: what the same person did before and after, whatever list it was opened from.

use futures_util::future::try_join;
use uuid::Uuid;

use super::{
    lately::{self, Lately},
    moment::Moment,
    others::{self, Others},
    recovery::{Failed, Since},
    store::{self, Theirs, Walked},
};
use crate::{
    core::{error::Result, time::Timestamp},
    db::{Budget, Db},
    logs::{
        filter::Who,
        json,
        log::{Details, Log, Subject},
        view::Reader,
        vocabulary::Vocabulary,
    },
    paging::{At, Cursor},
};

/// How many entries are shown either way at first, and how many more at a click.
pub const STEP: usize = 5;
/// How many are shown either way at the most; whoever wants more wants a list.
pub const MOST: usize = 100;
/// How many before it tell how often the same happened lately, and what led there.
const BEFORE: usize = 200;

/// By what the entries around one belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The same person.
    Person(Who),
    /// Nobody is known: the same address and browser.
    Address,
    /// Nobody is known, nor an address.
    Nothing,
    /// Nobody is known, and the role does not see addresses.
    Hidden,
}

/// What lies on one side of an entry, nearest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// The entries.
    pub moments: Vec<Moment>,
    /// Whether there is, or may be, more beyond them.
    pub more: bool,
    /// Whether looking stopped before it had found enough.
    pub stopped: bool,
}

impl Side {
    fn of(Walked { mut moments, stopped }: Walked, most: usize) -> Self {
        let (more, stopped) = (moments.len() > most || stopped.is_some(), stopped.is_some());
        moments.truncate(most);
        Self { moments, more, stopped }
    }
}

/// An entry within what surrounds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// By what they belong together.
    pub by: By,
    /// Who has the e-mail today that it was recorded with alone.
    pub owner: Option<Uuid>,
    /// Whom else the entries around it name: members who had its e-mail before, or have had it since.
    pub others: Others,
    /// The entry.
    pub entry: Moment,
    /// What came before, newest first: more than is shown.
    pub before: Side,
    /// What came after, oldest first.
    pub after: Side,
}

/// Whom an entry is about, as a filter.
#[must_use]
pub fn who(log: &Log) -> Option<Who> {
    match log.subject() {
        Subject::Known { id, .. } => Some(Who::Member(id)),
        Subject::WithoutAccount { email, .. } | Subject::NoAccountNow { email } => {
            Some(Who::Email(email.to_ascii_lowercase()))
        }
        Subject::Anonymous => None,
    }
}

impl Around {
    /// What surrounds an entry, for a reader; `after` entries after it.
    pub async fn load(
        db: &Db,
        log: &Log,
        recorded: &Details,
        reader: &Reader,
        budget: Budget,
        after: usize,
    ) -> Result<Self> {
        let (now, details) = (reader.now, reader.role.sees_details());
        let entry = Moment::of(log, recorded);
        let (by, theirs) = match who(log) {
            Some(who) => (By::Person(who.clone()), Some(Theirs::of(db, who, now, budget).await?)),
            None if !details => (By::Hidden, None),
            None => {
                let from = (entry.ip_address.as_deref(), entry.user_agent.as_deref());
                match Theirs::at_address(db, from, now, budget).await? {
                    Some(theirs) => (By::Address, Some(theirs)),
                    None => (By::Nothing, None),
                }
            }
        };
        let mut around = Self {
            by,
            owner: log.owner_id.filter(|_| matches!(log.subject(), Subject::WithoutAccount { .. })),
            others: Others::default(),
            entry,
            before: Side::default(),
            after: Side::default(),
        };
        let Some(theirs) = theirs else { return Ok(around) };
        let beyond = Cursor::beyond(around.entry.key());
        let walks =
            try_join(theirs.walk(db, At::Before(beyond), BEFORE + 1), theirs.walk(db, At::After(beyond), after + 1));
        let (earlier, later) = walks.await?;
        around.before = Side::of(earlier, BEFORE);
        around.after = Side::of(later, after);
        if matches!(around.by, By::Person(_)) {
            let met = around.before.moments.iter().chain(&around.after.moments);
            around.others = others::of(db, met.filter(|moment| !around.is_theirs(moment))).await?;
        }
        Ok(around)
    }

    /// Whether an entry around it is of the same person, as far as the log tells: of an e-mail that was recorded alone, one
    /// that names no member, or the one whose it is today.
    #[must_use]
    pub fn is_theirs(&self, moment: &Moment) -> bool {
        match &self.by {
            By::Person(Who::Member(id)) => moment.member_id == Some(*id),
            By::Person(_) => moment.member_id.is_none_or(|id| self.owner == Some(id)),
            By::Address | By::Nothing | By::Hidden => false,
        }
    }

    /// How often the same happened to them lately; nothing where it is not known who they are.
    #[must_use]
    pub fn lately(&self) -> Option<Lately> {
        let before = self.before.moments.iter();
        let theirs: Vec<&Moment> = before.filter(|moment| self.is_theirs(moment)).collect();
        // How far back was looked, whoever's entry lies there.
        let oldest = self.before.moments.last().map_or(self.entry.timestamp, |moment| moment.timestamp);
        let since = self.before.more.then_some(oldest);
        let known = matches!(self.by, By::Person(_));
        known.then(|| lately::lately(&self.entry, &theirs, since))
    }

    /// Whether a failure worked since; nothing where it is none, or nobody is known.
    pub async fn since(&self, db: &Db, failed: &Failed, now: Timestamp, budget: Budget) -> Result<Option<Since>> {
        let By::Person(who) = &self.by else { return Ok(None) };
        if !self.entry.is_error() {
            return Ok(None);
        }
        store::since(&Vocabulary::of(db), who, self.entry.key(), failed, now, budget).await.map(Some)
    }
}

/// What failed, as far as somebody may know it who sees this `extra`, or none.
#[must_use]
pub fn failed(log: &Log, extra: Option<&str>) -> Failed {
    Failed { area: log.area.clone(), service_type: extra.and_then(|extra| json::top_level(extra, "service_type")) }
}
