//! Asking the database about members: who was seen lately, who has this name, e-mail or id, and what is recorded of one.

use std::{collections::HashSet, ops::ControlFlow};

use futures_util::future::try_join3;
use uuid::Uuid;

use super::{
    emails::{self, Recorded},
    failures, names,
    spark::{Spark, Tally},
};
use crate::{
    core::{error::Result, ids, time::Timestamp},
    db::{Budget, Db, Looked, MemberText, Sql},
    logs::{
        filter::{Filter, Preset, Range, Who},
        look::{self, Count},
        predicates::BRANCHES,
        sql::Quarter,
        store,
        view::Reader,
        vocabulary::Vocabulary,
    },
    paging::{At, Cursor, Key, Seen},
};

/// How many members a page shows.
pub const SHOWN: usize = 50;
/// How many of the newest entries are looked through for who was seen lately.
const RECENT: i64 = 2_000;

/// When somebody was last seen, as far as is known; those who were seen later come after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LastSeen {
    /// No entry of theirs is recorded.
    Never,
    /// There was no time to look.
    NotLooked,
    /// Only entries dated ahead are.
    Ahead,
    /// Then.
    At(Timestamp),
}

impl LastSeen {
    /// By their newest entry up to now, or, where there is none, one that is dated ahead.
    #[must_use]
    pub fn of(newest: Timestamp, now: Timestamp) -> Self {
        if newest > now { Self::Ahead } else { Self::At(newest) }
    }

    /// When, for a reader; else why that is not said.
    pub fn told(self, reader: &Reader) -> std::result::Result<String, &'static str> {
        match self {
            Self::At(at) => Ok(reader.day_and_clock(at)),
            Self::Never => Err("None recorded"),
            Self::Ahead => Err("Dated ahead only"),
            Self::NotLooked => Err("Not looked at yet"),
        }
    }
}

/// What was found so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoFar<T> {
    /// What.
    pub found: Vec<T>,
    /// Whether looking stopped before its end, so that there may be more.
    pub stopped: bool,
}

impl<T> Default for SoFar<T> {
    fn default() -> Self {
        Self { found: Vec::new(), stopped: false }
    }
}

impl<T> SoFar<T> {
    /// What came of a bounded statement.
    #[must_use]
    pub fn of(looked: Looked<Vec<T>>) -> Self {
        match looked {
            Looked::Whole(found) => Self { found, stopped: false },
            Looked::Interrupted => Self { found: Vec::new(), stopped: true },
        }
    }

    /// Each of them as something else.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> SoFar<U> {
        SoFar { found: self.found.into_iter().map(each).collect(), stopped: self.stopped }
    }
}

/// A member, or an e-mail that nobody has today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Their id; none where nobody has the e-mail.
    pub id: Option<Uuid>,
    /// Their name.
    pub name: Option<String>,
    /// Their e-mail.
    pub email: Option<String>,
    /// When they were last seen.
    pub last_seen: LastSeen,
}

/// Who was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Members {
    /// Last seen first, at most [`SHOWN`].
    pub found: Vec<Found>,
    /// Whether more match than are shown.
    pub more: bool,
    /// Whether there was no time, or no index, to look at everybody.
    pub stopped: bool,
}

#[derive(sqlx::FromRow)]
struct SeenRow {
    id: Uuid,
    name: Option<String>,
    email: Option<String>,
    last_seen: Option<Timestamp>,
    newest: Option<Timestamp>,
}

/// One member, as the application knows them.
pub async fn member(db: &Db, id: Uuid) -> Result<Option<(Option<String>, Option<String>)>> {
    let sql = Sql::new("SELECT id, name, email FROM members WHERE id = ").bind(id);
    Ok(db.fetch_optional::<names::Row>(sql).await?.map(|row| (row.name, row.email)))
}

/// Who has this e-mail today.
pub async fn owner_of(db: &Db, email: &str) -> Result<Option<Uuid>> {
    let sql = Sql::new("SELECT id FROM members WHERE ").append(&db.dialect().member_email_is(email));
    Ok(db.fetch_optional::<(Uuid,)>(sql.text(" ORDER BY id LIMIT 1")).await?.map(|(id,)| id))
}

/// When an entry was, and whom it names.
type Met = (Timestamp, Option<Uuid>, Option<String>);

/// Who stands in the newest entries, last seen first.
pub async fn seen_lately(db: &Db, now: Timestamp, budget: Budget) -> Result<Members> {
    let sql =
        Sql::new("SELECT \"timestamp\", member_id, member_email FROM audit_logs WHERE \"timestamp\" <= ").bind(now);
    let sql = sql.text(" ORDER BY \"timestamp\" DESC, id DESC").limit(RECENT);
    // Without an index by time an application's whole table would be sorted for it.
    let mut looking = db.look(budget).await?;
    let looked: Looked<Vec<Met>> = looking.fetch_all(sql).await?;
    looking.done();
    let SoFar { found: rows, stopped } = SoFar::of(looked);
    let mut ids: Vec<Uuid> = Vec::new();
    let mut emails: Vec<String> = Vec::new();
    let mut met = HashSet::new();
    for (_, id, email) in rows {
        // What is blank names nobody.
        let email = email.filter(|email| !email.trim().is_empty());
        let Some(who) = id.map(|id| id.to_string()).or_else(|| email.as_deref().map(str::to_ascii_lowercase)) else {
            continue;
        };
        if met.len() < SHOWN && met.insert(who) {
            match (id, email) {
                (Some(id), _) => ids.push(id),
                (None, Some(email)) => emails.push(email),
                (None, None) => {}
            }
        }
    }
    // What was recorded without an account is theirs who have the e-mail today.
    let owners = emails::owners(db, &emails, budget).await?;
    ids.extend(owners.found);
    let recorded = emails::recorded(db, &emails, now, budget).await?;
    let mut members = Members { found: by_ids(db, &ids, now, budget).await?, ..Members::default() };
    members.stopped = stopped || owners.stopped || recorded.stopped;
    members.add(recorded.found);
    Ok(members.newest_first())
}

/// Who has this id or one that begins so, a name or an e-mail with this text in it, and which e-mails that begin so nobody
/// has today.
pub async fn search(db: &Db, text: &str, now: Timestamp, budget: Budget) -> Result<Members> {
    if let Some(id) = ids::whole(text) {
        let SoFar { found, stopped } = by_id(db, id, now, budget).await?;
        return Ok(Members { found, more: false, stopped });
    }
    let mut ids = match ids::range(text) {
        Some(range) => ids_between(db, range, SHOWN + 1).await?,
        None => Vec::new(),
    };
    let mut found = |row: names::Row| {
        if !ids.contains(&row.id) {
            ids.push(row.id);
        }
        if ids.len() > SHOWN { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut looking = db.look(budget).await?;
    // By the beginning of an e-mail first: those are the likeliest.
    let first = text.to_ascii_lowercase();
    let column = db.dialect().member_email();
    let begins = Sql::new("SELECT id, name, email FROM members WHERE ").text(column).text(" >= ").bind(&first);
    let begins = begins.text(" AND ").text(column).text(" < ").bind(format!("{first}\u{10ffff}"));
    let begins = begins.text(" ORDER BY ").text(column).text(" LIMIT 200");
    let mut whole = matches!(looking.for_each(begins, &mut found).await?, Looked::Whole(()));
    whole &= names::each_with(&mut looking, &[MemberText::Name, MemberText::Email], text, &mut found).await?;
    looking.done();
    let mut members = Members { found: Vec::new(), more: ids.len() > SHOWN, stopped: !whole };
    ids.truncate(SHOWN);
    // Without an index of the log's e-mails there may be some that begin so.
    let begin_so = store::emails(db, &first).await?;
    members.stopped |= begin_so.is_none();
    let begin_so = begin_so.unwrap_or_default();
    members.more |= begin_so.len() >= BRANCHES;
    // Whoever has one of them today was found by it: only what is left may take their places.
    let SoFar { found: mut nobodys, stopped } = emails::nobodys(db, &begin_so, budget).await?;
    members.more |= nobodys.len() > SHOWN;
    nobodys.truncate(SHOWN);
    let recorded = emails::recorded(db, &nobodys, now, budget).await?;
    members.stopped |= stopped || recorded.stopped;
    members.found = by_ids(db, &ids, now, budget).await?;
    members.add(recorded.found);
    Ok(members.newest_first())
}

impl Members {
    /// Adds who was found by a recorded e-mail, where they are not there yet.
    fn add(&mut self, recorded: Vec<Recorded>) {
        for Recorded { whose, .. } in recorded {
            if whose.id.is_none() || self.found.iter().all(|had| had.id != whose.id) {
                self.found.push(whose);
            }
        }
    }

    fn newest_first(mut self) -> Self {
        self.found.sort_by_key(|one| std::cmp::Reverse(one.last_seen));
        self.more |= self.found.len() > SHOWN;
        self.found.truncate(SHOWN);
        self
    }
}

/// The member with this id: as the application knows them, or, where it does not, as entries have them.
pub async fn by_id(db: &Db, id: Uuid, now: Timestamp, budget: Budget) -> Result<SoFar<Found>> {
    let found = by_ids(db, &[id], now, budget).await?;
    if !found.is_empty() {
        return Ok(SoFar { found, stopped: false });
    }
    let unknown = |last_seen| Found { id: Some(id), name: None, email: None, last_seen };
    let who = Filter { who: vec![Who::Member(id)], ..Filter::default() };
    let plan = store::plan(db, &who, now, false).await?;
    let mut stopped = false;
    let today = At::Before(Cursor::at(Key { timestamp: now, id: Uuid::max() }));
    for at in [today, At::Newest] {
        let (keys, seen) = look::keys(db, &plan, at, 1, budget).await?;
        if let Some(key) = keys.first() {
            return Ok(SoFar { found: vec![unknown(LastSeen::of(key.timestamp, now))], stopped: false });
        }
        stopped |= seen != Seen::All;
    }
    Ok(SoFar { found: Vec::new(), stopped })
}

/// Members by id, each with when they were last seen, where there was time to look for it.
pub async fn by_ids(db: &Db, ids: &[Uuid], now: Timestamp, budget: Budget) -> Result<Vec<Found>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let which = |sql: Sql| sql.text(" FROM members m WHERE m.id IN (").bind_all(ids.iter().copied()).text(")");
    let newest = " ORDER BY l.\"timestamp\" DESC, l.id DESC LIMIT 1)";
    let theirs = "(SELECT l.\"timestamp\" FROM audit_logs l WHERE l.member_id = m.id";
    let sql = Sql::new("SELECT m.id, m.name, m.email, ").text(theirs).text(newest).text(" AS newest, ").text(theirs);
    let sql = sql.text(" AND l.\"timestamp\" <= ").bind(now).text(newest).text(" AS last_seen");
    // An application's own table may have no index in which the newest entry of a member is found at once.
    let mut looking = db.look(budget).await?;
    let looked: Looked<Vec<SeenRow>> = looking.fetch_all(which(sql)).await?;
    looking.done();
    let found = |id, name: Option<String>, email, last_seen| Found {
        id: Some(id),
        name: name.filter(|name| !name.trim().is_empty()),
        email,
        last_seen,
    };
    Ok(match looked {
        Looked::Whole(rows) => {
            let seen = |row: SeenRow| {
                let newest = row.last_seen.or(row.newest);
                found(row.id, row.name, row.email, newest.map_or(LastSeen::Never, |at| LastSeen::of(at, now)))
            };
            rows.into_iter().map(seen).collect()
        }
        Looked::Interrupted => {
            let rows: Vec<names::Row> = db.fetch_all(which(Sql::new("SELECT m.id, m.name, m.email"))).await?;
            let unseen = |row: names::Row| found(row.id, row.name, row.email, LastSeen::NotLooked);
            rows.into_iter().map(unseen).collect()
        }
    })
}

/// Members whose id is one of these, the first and the last included.
pub async fn ids_between(db: &Db, (first, last): (Uuid, Uuid), most: usize) -> Result<Vec<Uuid>> {
    let sql = Sql::new("SELECT id FROM members WHERE id >= ").bind(first).text(" AND id <= ").bind(last);
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows: Vec<(Uuid,)> = db.fetch_all(sql.text(" ORDER BY id").limit(most)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// An entry that was recorded without an account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WithoutAccount {
    /// When.
    pub timestamp: Timestamp,
    /// Its id.
    pub id: Uuid,
    /// What it says.
    pub description: String,
}

/// The newest entry with this e-mail that was recorded without an account, out of the newest few hundred that have it.
pub async fn without_account(db: &Db, email: &str, budget: Budget) -> Result<Option<WithoutAccount>> {
    let sql = Sql::new(
        "SELECT \"timestamp\", id, description FROM (SELECT \"timestamp\", id, description, member_id FROM audit_logs WHERE ",
    );
    let sql = sql.append(&db.dialect().log_email_is(email)).text(
        " ORDER BY \"timestamp\" DESC, id DESC LIMIT 500) AS newest WHERE member_id IS NULL \
         ORDER BY \"timestamp\" DESC, id DESC LIMIT 1",
    );
    let mut looking = db.look(budget).await?;
    let looked = looking.fetch_all(sql).await?;
    looking.done();
    Ok(match looked {
        Looked::Whole(rows) => rows.into_iter().next(),
        Looked::Interrupted => None,
    })
}

/// What is recorded of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Their oldest entry; none where there was no time to come to it.
    pub first: Option<Key>,
    /// How many entries there are.
    pub entries: Count,
    /// How many of the last 30 days are errors by their status, and how many others by their action.
    pub errors: [Count; 2],
}

/// What is recorded of `who`.
pub async fn figures(vocabulary: &Vocabulary<'_>, who: &Who, now: Timestamp, budget: Budget) -> Result<Figures> {
    let db = vocabulary.db();
    let all = Filter { who: vec![who.clone()], ..Filter::default() };
    let plan = store::plan_by(vocabulary, &all, now, false).await?;
    let start = Cursor::at(Key { timestamp: Timestamp::MIN, id: Uuid::nil() });
    let (oldest, _) = look::keys(db, &plan, At::After(start), 1, budget).await?;
    let errors = async |filter: &Filter| {
        let plan = store::plan_by(vocabulary, filter, now, false).await?;
        look::count(db, &plan, budget).await
    };
    let [by_status, by_action] = &failures::errors(who);
    let (entries, by_status, by_action) =
        try_join3(look::count(db, &plan, budget), errors(by_status), errors(by_action)).await?;
    let errors = [by_status, by_action];
    Ok(Figures { first: oldest.first().copied(), entries, errors })
}

/// The entries of `who` by day. At most a few thousand are counted, however many there are.
pub async fn spark(vocabulary: &Vocabulary<'_>, who: &Who, reader: &Reader, budget: Budget) -> Result<Spark> {
    const COUNTED: i64 = 2_000;
    let filter = Filter { range: Range::Last(Preset::Quarter), who: vec![who.clone()], ..Filter::default() };
    let plan = store::plan_by(vocabulary, &filter, reader.now, false).await?;
    let mut looking = vocabulary.db().look(budget).await?;
    let looked: Looked<Vec<Quarter>> = looking.fetch_all(plan.quarters(COUNTED)).await?;
    looking.done();
    let Looked::Whole(quarters) = looked else { return Ok(Spark::not_counted()) };
    let mut tally = Tally::new(reader.now.in_zone(reader.zone).date_naive(), reader.zone);
    for quarter in &quarters {
        tally.add(quarter);
    }
    let counted: i64 = quarters.iter().map(|quarter| quarter.entries).sum();
    let oldest = quarters.iter().map(|quarter| quarter.oldest).min();
    Ok(tally.spark(oldest.filter(|_| counted >= COUNTED)))
}
