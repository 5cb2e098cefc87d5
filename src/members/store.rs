//! Asking the database about members: who was seen lately, who has this name, e-mail or id, and what is recorded of one.

use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
};

use futures_util::future::try_join3;
use uuid::Uuid;

use super::{
    failures, names,
    spark::{Spark, Tally},
};
use crate::{
    core::{error::Result, time::Timestamp},
    db::{Budget, Db, Looked, MemberText, Sql},
    logs::{
        filter::{Filter, Preset, Range, Who},
        look::{self, Count},
        sql::Quarter,
        store,
        view::Reader,
        vocabulary::Vocabulary,
    },
    paging::{At, Cursor, Key},
};

/// How many members a page shows.
pub const SHOWN: usize = 50;
/// How many of the newest entries are looked through for who was seen lately.
const RECENT: i64 = 2_000;

/// A member, or an e-mail that nobody has today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Their id; none where nobody has the e-mail.
    pub id: Option<Uuid>,
    /// Their name.
    pub name: Option<String>,
    /// Their e-mail.
    pub email: Option<String>,
    /// Their newest entry, where there is one.
    pub last_seen: Option<Timestamp>,
}

/// Who was found, and whether the looking came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// Last seen first, at most [`SHOWN`].
    pub found: Vec<Found>,
    /// Whether more match than are shown, or there was no time to look at everybody.
    pub more: bool,
}

#[derive(sqlx::FromRow)]
struct SeenRow {
    id: Uuid,
    name: Option<String>,
    email: Option<String>,
    last_seen: Option<Timestamp>,
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

/// Who stands in the newest entries, last seen first.
pub async fn seen_lately(db: &Db, budget: Budget) -> Result<Members> {
    let sql =
        Sql::new("SELECT \"timestamp\", member_id, member_email FROM audit_logs ORDER BY \"timestamp\" DESC, id DESC");
    let rows: Vec<(Timestamp, Option<Uuid>, Option<String>)> = db.fetch_all(sql.limit(RECENT)).await?;
    let mut ids: Vec<Uuid> = Vec::new();
    let mut emails: Vec<String> = Vec::new();
    let mut met = HashSet::new();
    for (_, id, email) in rows {
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
    ids.extend(owners(db, &emails).await?);
    let mut found = by_ids(db, &ids, budget).await?;
    add(&mut found, by_emails(db, &emails, budget).await?);
    Ok(newest_first(found, false))
}

/// Who has this id, a name or an e-mail with this text in it, and which e-mails that begin so nobody has today.
pub async fn search(db: &Db, text: &str, budget: Budget) -> Result<Members> {
    if let Ok(id) = Uuid::parse_str(text) {
        let found = by_ids(db, &[id], budget).await?;
        return Ok(Members { found, more: false });
    }
    let mut ids: Vec<Uuid> = Vec::new();
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
    let more = !whole || ids.len() > SHOWN;
    ids.truncate(SHOWN);
    let emails = store::emails(db, &first).await?;
    let mut found = by_ids(db, &ids, budget).await?;
    add(&mut found, by_emails(db, &emails, budget).await?);
    Ok(newest_first(found, more))
}

/// Adds who was found by a recorded e-mail, where they are not there yet.
fn add(found: &mut Vec<Found>, recorded: Vec<Recorded>) {
    for Recorded { whose, .. } in recorded {
        if whose.id.is_none() || found.iter().all(|had| had.id != whose.id) {
            found.push(whose);
        }
    }
}

fn newest_first(mut found: Vec<Found>, more: bool) -> Members {
    found.sort_by_key(|one| std::cmp::Reverse(one.last_seen));
    let more = more || found.len() > SHOWN;
    found.truncate(SHOWN);
    Members { found, more }
}

/// Members by id, each with their newest entry where there was time to look for it.
pub async fn by_ids(db: &Db, ids: &[Uuid], budget: Budget) -> Result<Vec<Found>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let which = |select: &'static str| Sql::new(select).bind_all(ids.iter().copied()).text(")");
    // An application's own table may have no index in which the newest entry of a member is found at once.
    let mut looking = db.look(budget).await?;
    let looked: Looked<Vec<SeenRow>> = looking
        .fetch_all(which(
            "SELECT m.id, m.name, m.email, (SELECT l.\"timestamp\" FROM audit_logs l WHERE l.member_id = m.id \
             ORDER BY l.\"timestamp\" DESC, l.id DESC LIMIT 1) AS last_seen FROM members m WHERE m.id IN (",
        ))
        .await?;
    looking.done();
    let rows = match looked {
        Looked::Whole(rows) => rows,
        Looked::Interrupted => {
            let unseen = |names::Row { id, name, email }| SeenRow { id, name, email, last_seen: None };
            let sql = which("SELECT id, name, email FROM members WHERE id IN (");
            db.fetch_all(sql).await?.into_iter().map(unseen).collect()
        }
    };
    let found = |row: SeenRow| Found {
        id: Some(row.id),
        name: row.name.filter(|name| !name.trim().is_empty()),
        email: row.email,
        last_seen: row.last_seen,
    };
    Ok(rows.into_iter().map(found).collect())
}

/// Members whose id is one of these, the first and the last included.
pub async fn ids_between(db: &Db, (first, last): (Uuid, Uuid), most: usize) -> Result<Vec<Uuid>> {
    let sql = Sql::new("SELECT id FROM members WHERE id >= ").bind(first).text(" AND id <= ").bind(last);
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows: Vec<(Uuid,)> = db.fetch_all(sql.text(" ORDER BY id").limit(most)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Whose an e-mail was that nobody has today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The e-mail as its newest entry has it.
    pub email: String,
    /// The member of the newest entry that names one, or, where none does, the e-mail itself.
    pub whose: Found,
}

/// The member whose entries have an e-mail that is nobody's today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The one whom the newest entry names that names any.
    Member(Uuid),
    /// No entry names a member.
    Nobody,
    /// None of the newest [`HELD`] entries does, or there was no time to look at them.
    NotFound,
}

/// Among how many of the newest entries with an e-mail one is looked for that names a member.
pub const HELD: u64 = 500;

/// Out of these e-mails, those that entries have and nobody has today, in alphabetical order.
pub async fn by_emails(db: &Db, emails: &[String], budget: Budget) -> Result<Vec<Recorded>> {
    let Some(values) = values(emails) else { return Ok(Vec::new()) };
    let (of_entry, of_member) = db.dialect().emails_of_values();
    // The newest entry of each, found before it is read.
    let newest = Sql::new("SELECT (SELECT l.id FROM audit_logs l WHERE ")
        .text(of_entry)
        .text(" ORDER BY l.\"timestamp\" DESC, l.id DESC LIMIT 1) AS id FROM ")
        .append(&values)
        .text(" AS v WHERE NOT EXISTS (SELECT 1 FROM members e WHERE ")
        .text(of_member)
        .text(")");
    let sql = Sql::new("SELECT member_email, \"timestamp\", member_id FROM audit_logs WHERE id IN (");
    let mut looking = db.look(budget).await?;
    let looked: Looked<Vec<(String, Timestamp, Option<Uuid>)>> =
        looking.fetch_all(sql.append(&newest).text(")")).await?;
    looking.done();
    let Looked::Whole(mut rows) = looked else { return Ok(Vec::new()) };
    rows.sort_by_cached_key(|(email, ..)| email.to_ascii_lowercase());
    let unnamed: Vec<String> = rows.iter().filter(|(.., id)| id.is_none()).map(|(email, ..)| email.clone()).collect();
    let holders = holders(db, &unnamed, budget).await?.unwrap_or_default();
    for (email, _, id) in &mut rows {
        *id = id.or_else(|| holders.get(email).copied());
    }
    let ids: Vec<Uuid> = rows.iter().filter_map(|(.., id)| *id).collect();
    let members = by_ids(db, &ids, budget).await?;
    let recorded = |(email, at, id): (String, Timestamp, Option<Uuid>)| {
        let whose = members.iter().find(|member| id.is_some() && member.id == id).cloned();
        let alone = || Found { id, name: None, email: Some(email.clone()), last_seen: Some(at) };
        Recorded { whose: whose.unwrap_or_else(alone), email }
    };
    Ok(rows.into_iter().map(recorded).collect())
}

/// Whom the newest entry with each of these e-mails names that names anybody: of those of which one is found, as they are
/// written here. None where there was no time.
async fn holders(db: &Db, emails: &[String], budget: Budget) -> Result<Option<HashMap<String, Uuid>>> {
    let Some(values) = values(emails) else { return Ok(Some(HashMap::new())) };
    let (of_entry, _) = db.dialect().emails_of_values();
    let sql = Sql::new(
        "SELECT v.column1, (SELECT n.member_id FROM (SELECT l.member_id, l.\"timestamp\", l.id FROM audit_logs l WHERE ",
    );
    let newest = " ORDER BY l.\"timestamp\" DESC, l.id DESC";
    let sql =
        sql.text(of_entry).text(newest).limit(i64::try_from(HELD).unwrap_or(i64::MAX)).text(
            ") AS n WHERE n.member_id IS NOT NULL ORDER BY n.\"timestamp\" DESC, n.id DESC LIMIT 1) AS held FROM ",
        );
    let mut looking = db.look(budget).await?;
    let looked: Looked<Vec<(String, Option<Uuid>)>> = looking.fetch_all(sql.append(&values).text(" AS v")).await?;
    looking.done();
    Ok(match looked {
        Looked::Whole(rows) => Some(rows.into_iter().filter_map(|(email, id)| Some((email, id?))).collect()),
        Looked::Interrupted => None,
    })
}

/// Whose an e-mail was, of which there are so many entries, that nobody has today.
pub async fn holder(db: &Db, email: &str, entries: Count, budget: Budget) -> Result<Holder> {
    let held = holders(db, &[email.to_owned()], budget).await?;
    Ok(match (held.map(|held| held.into_values().next()), entries) {
        (Some(Some(id)), _) => Holder::Member(id),
        (Some(None), Count::Exactly(n)) if n <= HELD => Holder::Nobody,
        _ => Holder::NotFound,
    })
}

/// Who has one of these e-mails today.
async fn owners(db: &Db, emails: &[String]) -> Result<Vec<Uuid>> {
    let Some(values) = values(emails) else { return Ok(Vec::new()) };
    let (_, of_member) = db.dialect().emails_of_values();
    let sql = Sql::new("SELECT e.id FROM ").append(&values).text(" AS v JOIN members e ON ").text(of_member);
    Ok(db.fetch_all::<(Uuid,)>(sql).await?.into_iter().map(|(id,)| id).collect())
}

/// At most [`SHOWN`] e-mails as rows of values; none where there is none.
fn values(emails: &[String]) -> Option<Sql> {
    let rows = emails.iter().take(SHOWN).map(|email| Sql::new("(").bind(email).text(")"));
    (!emails.is_empty()).then(|| Sql::new("(VALUES ").append(&Sql::join(", ", rows)).text(")"))
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
    /// Their oldest entry.
    pub first: Key,
    /// How many entries there are.
    pub entries: Count,
    /// How many of the last 30 days are errors by their status, and how many others by their action.
    pub errors: [Count; 2],
}

/// What is recorded of `who`; nothing where no entry is.
pub async fn figures(
    vocabulary: &Vocabulary<'_>,
    who: &Who,
    now: Timestamp,
    budget: Budget,
) -> Result<Option<Figures>> {
    let db = vocabulary.db();
    let all = Filter { who: vec![who.clone()], ..Filter::default() };
    let plan = store::plan_by(vocabulary, &all, now, false).await?;
    let start = Cursor::at(Key { timestamp: Timestamp::MIN, id: Uuid::nil() });
    let (oldest, _) = look::keys(db, &plan, At::After(start), 1, budget).await?;
    let Some(first) = oldest.first().copied() else { return Ok(None) };
    let errors = async |filter: &Filter| {
        let plan = store::plan_by(vocabulary, filter, now, false).await?;
        look::count(db, &plan, budget).await
    };
    let [by_status, by_action] = &failures::errors(who);
    let (entries, by_status, by_action) =
        try_join3(look::count(db, &plan, budget), errors(by_status), errors(by_action)).await?;
    let errors = [by_status, by_action];
    Ok(Some(Figures { first, entries, errors }))
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
