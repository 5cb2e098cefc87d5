//! The state of a group: what people said of it, and whether it was recorded since.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::fingerprint::Fingerprint;
use crate::{
    core::{error::Result, secret, time::Timestamp},
    db::{Sql, Tx},
};

/// The longest note, in characters.
pub const NOTE: usize = 2_000;
/// How many entries that are dated ahead are counted when a group is resolved.
const AHEAD: i64 = 10_000;

/// How a group stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Nobody has looked yet.
    New,
    /// Somebody is on it.
    InWork,
    /// It was resolved, and recorded again since.
    CameBack,
    /// It was resolved.
    Resolved,
}

impl State {
    /// All states, as the list has its tabs.
    pub const ALL: [Self; 4] = [Self::New, Self::InWork, Self::CameBack, Self::Resolved];

    /// Its value in a query string and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InWork => "in_work",
            Self::CameBack => "came_back",
            Self::Resolved => "resolved",
        }
    }

    /// The state of a value.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Its words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::InWork => "In work",
            Self::CameBack => "Came back",
            Self::Resolved => "Resolved",
        }
    }

    /// Its icon.
    #[must_use]
    pub const fn icon(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InWork => "known",
            Self::CameBack => "back-again",
            Self::Resolved => "check",
        }
    }

    /// Whether people may say so; that it came back they cannot, as the log does.
    #[must_use]
    pub const fn can_be_said(self) -> bool {
        !matches!(self, Self::CameBack)
    }

    /// The state of a group of which so many entries lie [`beyond`] where it was resolved.
    #[must_use]
    pub fn of(said: Option<&Said>, beyond: i64) -> Self {
        let Some(said) = said else { return Self::New };
        match Self::parse(&said.state) {
            Some(Self::Resolved) if beyond > said.resolved_ahead => Self::CameBack,
            Some(state) => state,
            None => Self::New,
        }
    }
}

/// What people said of a group.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Said {
    /// Which group.
    pub fingerprint: i64,
    /// The state, by its word.
    pub state: String,
    /// When it was said.
    pub state_at: Timestamp,
    /// Who said so, by e-mail.
    pub state_by: String,
    /// What is recorded later makes a resolved one come back,
    pub resolved_after: Option<Timestamp>,
    /// but for so many that were there already, dated ahead.
    pub resolved_ahead: i64,
    /// What to tell members; empty where nothing was written.
    pub note: String,
    /// When the note was written.
    pub note_at: Option<Timestamp>,
    /// Who wrote it, by e-mail.
    pub note_by: Option<String>,
}

/// Asks what was said of groups; a condition follows.
#[must_use]
pub fn select() -> Sql {
    Sql::new(
        "SELECT fingerprint, state, state_at, state_by, resolved_after, resolved_ahead, note, note_at, note_by \
         FROM daybook_error_states WHERE fingerprint ",
    )
}

/// How many entries of a group lie beyond an instant, counted to `most`.
async fn later(tx: &mut Tx, fingerprint: i64, after: Timestamp, most: i64) -> Result<i64> {
    let sql = Sql::new("SELECT count(*) FROM (SELECT 1 FROM daybook_error_entries WHERE fingerprint = ")
        .bind(fingerprint)
        .text(" AND \"timestamp\" > ")
        .bind(after)
        .limit(most)
        .text(") AS c");
    Ok(tx.fetch_all::<(i64,)>(sql).await?.pop().map_or(0, |(n,)| n))
}

/// How many entries of a group, recorded last at `last`, lie beyond where it was resolved: as many as decide whether it
/// came back.
pub async fn beyond(tx: &mut Tx, said: Option<&Said>, last: Timestamp) -> Result<i64> {
    let Some(said) = said else { return Ok(0) };
    match said.resolved_after {
        Some(after) if last > after => later(tx, said.fingerprint, after, said.resolved_ahead + 1).await,
        _ => Ok(0),
    }
}

/// What was said of these groups.
pub async fn said(tx: &mut Tx, fingerprints: &BTreeSet<i64>) -> Result<BTreeMap<Fingerprint, Said>> {
    let sql = select().text("IN (").bind_all(fingerprints.iter().copied()).text(")");
    let rows: Vec<Said> = tx.fetch_all(sql).await?;
    Ok(rows.into_iter().map(|said| (Fingerprint::from_number(said.fingerprint), said)).collect())
}

/// What somebody wants to say of a group; what they do not say stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying<'a> {
    /// The state.
    pub state: Option<State>,
    /// The note.
    pub note: Option<&'a str>,
    /// Who says so, by e-mail.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
    /// What they saw of it before.
    pub shown: &'a Shown,
}

/// What somebody saw of a group before they said something; none where they do not tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// The state.
    pub state: Option<State>,
    /// The [`mark`] of the note.
    pub note: Option<String>,
}

/// What tells a note from another, without carrying it whole.
#[must_use]
pub fn mark(note: &str) -> String {
    URL_SAFE_NO_PAD.encode(&secret::hash(note.as_bytes())[..16])
}

/// What became of saying something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is said.
    Said(Changed),
    /// Somebody else said something meanwhile, or it was recorded again: nothing was kept.
    Overtaken {
        /// Of the state.
        state: bool,
        /// Of the note.
        note: bool,
    },
}

/// What of it was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// The state before and the one now, where they differ.
    pub state: Option<(State, State)>,
    /// Whether the note is another.
    pub note: bool,
}

impl Said {
    /// Nothing yet.
    fn nothing(fingerprint: Fingerprint, saying: &Saying<'_>) -> Self {
        Self {
            fingerprint: fingerprint.number(),
            state: State::New.as_str().to_owned(),
            state_at: saying.at,
            state_by: saying.by.to_owned(),
            resolved_after: None,
            resolved_ahead: 0,
            note: String::new(),
            note_at: None,
            note_by: None,
        }
    }

    /// The same with what somebody says of a group that stands like this. Where they resolve it, what is recorded later
    /// makes it come back; what is recorded already, if only ahead of time, does not.
    fn with(mut self, saying: &Saying<'_>, before: State, (after, ahead): (Timestamp, i64)) -> (Self, Changed) {
        if let Some(state) = saying.state.filter(|state| *state != before) {
            state.as_str().clone_into(&mut self.state);
            saying.by.clone_into(&mut self.state_by);
            self.state_at = saying.at;
            self.resolved_after = (state == State::Resolved).then_some(after);
            self.resolved_ahead = if state == State::Resolved { ahead } else { 0 };
        }
        let note = saying.note.filter(|note| *note != self.note);
        if let Some(note) = note {
            note.clone_into(&mut self.note);
            (self.note_at, self.note_by) = (Some(saying.at), Some(saying.by.to_owned()));
        }
        let now = saying.state.unwrap_or(before);
        let state = (now != before).then_some((before, now));
        (self, Changed { state, note: note.is_some() })
    }
}

/// Says it; none where there is no such group. What differs by now from what somebody saw is not overwritten.
pub async fn say(tx: &mut Tx, fingerprint: Fingerprint, saying: &Saying<'_>) -> Result<Option<Outcome>> {
    let lock = tx.dialect().for_update();
    let number = fingerprint.number();
    let sql = Sql::new("SELECT last_at FROM daybook_error_groups WHERE fingerprint = ").bind(number);
    let Some((last,)) = tx.fetch_all::<(Timestamp,)>(sql.text(lock)).await?.pop() else { return Ok(None) };
    let had = said(tx, &BTreeSet::from([number])).await?.remove(&fingerprint);
    let had = had.unwrap_or_else(|| Said::nothing(fingerprint, saying));
    let Shown { state, note } = saying.shown;
    let is = State::of(Some(&had), beyond(tx, Some(&had), last).await?);
    let state = saying.state.is_some_and(|said| said != is) && state.is_some_and(|shown| shown != is);
    let note = saying.note.is_some_and(|said| said != had.note)
        && note.as_ref().is_some_and(|shown| *shown != mark(&had.note));
    if state || note {
        return Ok(Some(Outcome::Overtaken { state, note }));
    }
    // More than can be counted are taken to be one: then only what is later than all of them makes it come back.
    let resolved = match later(tx, number, saying.at, AHEAD).await? {
        AHEAD.. => (last.max(saying.at), 0),
        ahead => (saying.at, ahead),
    };
    let (said, changed) = had.with(saying, is, resolved);
    if changed.state.is_some() || changed.note {
        put(tx, said, last).await?;
    }
    Ok(Some(Outcome::Said(changed)))
}

/// Puts down what was said of a group that was recorded last at `last`.
pub async fn put(tx: &mut Tx, said: Said, last: Timestamp) -> Result<()> {
    let (number, state) = (said.fingerprint, State::of(Some(&said), beyond(tx, Some(&said), last).await?));
    keep(tx, said).await?;
    let sql = Sql::new("UPDATE daybook_error_groups SET state = ").bind(state.as_str());
    tx.execute(sql.text(" WHERE fingerprint = ").bind(number)).await.map(drop)
}

async fn keep(tx: &mut Tx, said: Said) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO daybook_error_states (fingerprint, state, state_at, state_by, resolved_after, resolved_ahead, note, note_at, \
         note_by) VALUES (",
    )
    .bind(said.fingerprint)
    .text(", ")
    .bind(said.state)
    .text(", ")
    .bind(said.state_at)
    .text(", ")
    .bind(said.state_by)
    .text(", ")
    .bind(said.resolved_after)
    .text(", ")
    .bind(said.resolved_ahead)
    .text(", ")
    .bind(said.note)
    .text(", ")
    .bind(said.note_at)
    .text(", ")
    .bind(said.note_by)
    .text(
        ") ON CONFLICT (fingerprint) DO UPDATE SET state = excluded.state, state_at = excluded.state_at, \
         state_by = excluded.state_by, resolved_after = excluded.resolved_after, resolved_ahead = excluded.resolved_ahead, note = excluded.note, \
         note_at = excluded.note_at, note_by = excluded.note_by",
    );
    tx.execute(sql).await.map(drop)
}
