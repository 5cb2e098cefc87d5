//! What surrounds one entry: what the same person did before and after, whatever list it was opened from.

use super::{
    lately::{self, Lately},
    moment::Moment,
    recovery::{Failed, Since},
    store::{self, Theirs},
};
use crate::{
    core::{error::Result, time::Timestamp},
    db::{Budget, Db},
    logs::{
        filter::Who,
        json,
        log::{Details, Log, Subject},
        view::Reader,
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

/// An entry within what surrounds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// By what they belong together.
    pub by: By,
    /// The entry.
    pub entry: Moment,
    /// What came before, newest first: more than is shown.
    pub before: Vec<Moment>,
    /// Whether there is more before that.
    pub more_before: bool,
    /// What came after, oldest first.
    pub after: Vec<Moment>,
    /// Whether there is more after that.
    pub more_after: bool,
    /// Whether looking stopped in either direction before it had found enough.
    pub stopped: bool,
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
            entry,
            before: Vec::new(),
            more_before: false,
            after: Vec::new(),
            more_after: false,
            stopped: false,
        };
        let Some(theirs) = theirs else { return Ok(around) };
        let beyond = Cursor::beyond(around.entry.key());
        let before = theirs.walk(db, At::Before(beyond), BEFORE + 1).await?;
        let later = theirs.walk(db, At::After(beyond), after + 1).await?;
        around.stopped = before.stopped.is_some() || later.stopped.is_some();
        (around.before, around.more_before) = up_to(before.moments, BEFORE, before.stopped.is_some());
        (around.after, around.more_after) = up_to(later.moments, after, later.stopped.is_some());
        Ok(around)
    }

    /// How often the same happened to them lately.
    #[must_use]
    pub fn lately(&self) -> Lately {
        lately::lately(&self.entry, &self.before, !self.more_before)
    }

    /// Whether a failure worked since; nothing where it is none, or nobody is known.
    pub async fn since(&self, db: &Db, failed: &Failed, now: Timestamp, budget: Budget) -> Result<Option<Since>> {
        let By::Person(who) = &self.by else { return Ok(None) };
        if !self.entry.is_error() {
            return Ok(None);
        }
        store::since(db, who, self.entry.key(), failed, now, budget).await.map(Some)
    }
}

/// What failed, as far as a role that sees `details` or not may know it.
#[must_use]
pub fn failed(log: &Log, recorded: &Details, details: bool) -> Failed {
    let service_type = recorded.extra.as_deref().filter(|_| details);
    Failed {
        area: log.area.clone(),
        service_type: service_type.and_then(|extra| json::top_level(extra, "service_type")),
    }
}

fn up_to(mut moments: Vec<Moment>, most: usize, stopped: bool) -> (Vec<Moment>, bool) {
    let more = moments.len() > most || stopped;
    moments.truncate(most);
    (moments, more)
}
