//! E-mails that entries have and nobody has today: when they were last seen, and whose they were.

use std::collections::HashMap;

use uuid::Uuid;

use super::store::{Found, LastSeen, SoFar, by_ids};
use crate::{
    core::{error::Result, time::Timestamp},
    db::{Budget, Db, Looked, Sql},
    logs::look::Count,
};

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

/// Out of these e-mails, those that nobody has today.
pub async fn nobodys(db: &Db, emails: &[String], budget: Budget) -> Result<SoFar<String>> {
    let Some(values) = values(emails) else { return Ok(SoFar::default()) };
    let (_, of_member) = db.dialect().emails_of_values();
    let sql = Sql::new("SELECT v.column1 FROM ").append(&values);
    let sql = sql.text(" AS v WHERE NOT EXISTS (SELECT 1 FROM members e WHERE ").text(of_member).text(")");
    let mut looking = db.look(budget).await?;
    let looked: Looked<Vec<(String,)>> = looking.fetch_all(sql).await?;
    looking.done();
    Ok(SoFar::of(looked).map(|(email,)| email))
}

/// Out of these e-mails, those that entries have and nobody has today, in alphabetical order.
pub async fn recorded(db: &Db, emails: &[String], now: Timestamp, budget: Budget) -> Result<SoFar<Recorded>> {
    let Some(values) = values(emails) else { return Ok(SoFar::default()) };
    let (of_entry, of_member) = db.dialect().emails_of_values();
    // The newest entry of each up to now, else the newest of those dated ahead, found before it is read.
    let newest = |until: Option<Timestamp>| {
        let sql = Sql::new("(SELECT l.id FROM audit_logs l WHERE ").text(of_entry);
        let sql = match until {
            Some(until) => sql.text(" AND l.\"timestamp\" <= ").bind(until),
            None => sql,
        };
        sql.text(" ORDER BY l.\"timestamp\" DESC, l.id DESC LIMIT 1)")
    };
    let sql = Sql::new("SELECT member_email, \"timestamp\", member_id FROM audit_logs WHERE id IN (SELECT coalesce(");
    let sql = sql.append(&newest(Some(now))).text(", ").append(&newest(None)).text(") AS id FROM ").append(&values);
    let sql = sql.text(" AS v WHERE NOT EXISTS (SELECT 1 FROM members e WHERE ").text(of_member).text("))");
    let mut looking = db.look(budget).await?;
    let looked: Looked<Vec<(String, Timestamp, Option<Uuid>)>> = looking.fetch_all(sql).await?;
    looking.done();
    let SoFar { found: mut rows, mut stopped } = SoFar::of(looked);
    rows.sort_by_cached_key(|(email, ..)| email.to_ascii_lowercase());
    let unnamed: Vec<String> = rows.iter().filter(|(.., id)| id.is_none()).map(|(email, ..)| email.clone()).collect();
    let holders = holders(db, &unnamed, budget).await?;
    stopped |= holders.is_none();
    let holders = holders.unwrap_or_default();
    for (email, _, id) in &mut rows {
        *id = id.or_else(|| holders.get(email.as_str()).copied());
    }
    let ids: Vec<Uuid> = rows.iter().filter_map(|(.., id)| *id).collect();
    let members = by_ids(db, &ids, now, budget).await?;
    let recorded = |(email, at, id): (String, Timestamp, Option<Uuid>)| {
        let whose = members.iter().find(|member| id.is_some() && member.id == id).cloned();
        let alone = || Found { id, name: None, email: Some(email.clone()), last_seen: LastSeen::of(at, now) };
        Recorded { whose: whose.unwrap_or_else(alone), email }
    };
    Ok(SoFar { found: rows.into_iter().map(recorded).collect(), stopped })
}

/// Whom the newest entry with each of these e-mails names that names anybody: of those of which one is found, as they are
/// written here. None where there was no time.
async fn holders(db: &Db, emails: &[String], budget: Budget) -> Result<Option<HashMap<String, Uuid>>> {
    let Some(values) = values(emails) else { return Ok(Some(HashMap::new())) };
    let (of_entry, _) = db.dialect().emails_of_values();
    let sql = Sql::new(
        "SELECT v.column1, (SELECT n.member_id FROM (SELECT l.member_id, l.\"timestamp\", l.id FROM audit_logs l WHERE ",
    );
    let newest = sql.text(of_entry).text(" ORDER BY l.\"timestamp\" DESC, l.id DESC");
    let sql = newest
        .limit(i64::try_from(HELD).unwrap_or(i64::MAX))
        .text(") AS n WHERE n.member_id IS NOT NULL ORDER BY n.\"timestamp\" DESC, n.id DESC LIMIT 1) AS held FROM ");
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
pub async fn owners(db: &Db, emails: &[String], budget: Budget) -> Result<SoFar<Uuid>> {
    let Some(values) = values(emails) else { return Ok(SoFar::default()) };
    let (_, of_member) = db.dialect().emails_of_values();
    let sql = Sql::new("SELECT e.id FROM ").append(&values).text(" AS v JOIN members e ON ").text(of_member);
    let mut looking = db.look(budget).await?;
    let looked: Looked<Vec<(Uuid,)>> = looking.fetch_all(sql).await?;
    looking.done();
    Ok(SoFar::of(looked).map(|(id,)| id))
}

/// E-mails as rows of values; none where there is none.
fn values(emails: &[String]) -> Option<Sql> {
    let rows = emails.iter().map(|email| Sql::new("(").bind(email).text(")"));
    (!emails.is_empty()).then(|| Sql::new("(VALUES ").append(&Sql::join(", ", rows)).text(")"))
}
