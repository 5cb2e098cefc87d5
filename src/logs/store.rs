//! Asking the database about the log: what a filter's values stand for, a page of rows, one entry.

use std::collections::HashMap;

use futures_util::future::try_join;
use uuid::Uuid;

use super::{
    filter::{Area, Filter, ListQuery, Who},
    log::{Details, Log},
    look::{self, Count},
    predicates::{self, BRANCHES, Meaning, Person},
    sql::{self, Columns, Plan},
    vocabulary::{Vocabulary, skip_scan},
};
use crate::{
    core::{error::Result, ip::IpBlock, time::Timestamp},
    db::{Budget, Column, Db, Dialect, Sql},
    paging::{At, Cursor, Direction, Key, Page, Seen},
};

/// What the values of `filter` stand for at this moment.
async fn meaning(vocabulary: &Vocabulary<'_>, filter: &Filter) -> Result<Meaning> {
    let db = vocabulary.db();
    let mut meaning = Meaning::default();
    if !filter.action_type.is_empty() {
        meaning.kinds = vocabulary.kinds().await?;
        if meaning.kinds.is_none() {
            meaning.action_types = vocabulary.known(Column::ActionType).await?.all();
        }
    }
    if meaning.kinds.is_none() && !(filter.action_type.is_empty() && filter.status.is_empty()) {
        meaning.statuses = vocabulary.known(Column::Status).await?.all();
    }
    meaning.areas = areas(db, filter).await?;
    for who in &filter.who {
        meaning.people.push(person(db, who).await?);
    }
    if let Some(block) = filter.ip.filter(IpBlock::is_single) {
        meaning.addresses = db.dialect().serves(Column::Ip).then(|| vec![block.first()]);
    } else if let Some(block) = filter.ip
        && db.dialect().serves(Column::Ip)
    {
        let range = Sql::new(" AND ip >= ").bind(block.first()).text(" AND ip <= ").bind(block.last());
        let found: Vec<(Vec<u8>,)> = db.fetch_all(skip_scan(&Sql::new("ip"), &range)).await?;
        let found: Vec<[u8; 16]> = found.into_iter().filter_map(|(ip,)| ip.try_into().ok()).collect();
        meaning.addresses = Some(found).filter(|found| found.len() <= BRANCHES);
    }
    Ok(meaning)
}

/// The areas in the log that the included values stand for.
async fn areas(db: &Db, filter: &Filter) -> Result<Option<Vec<String>>> {
    let mut out = Vec::new();
    let listed = db.dialect().lists(Column::Area);
    for area in &filter.area.any {
        match area {
            Area::Below(_) if !listed => return Ok(None),
            Area::Exactly(area) => out.push(area.clone()),
            Area::Below(top) => {
                let (first, last) = predicates::below(top);
                let range = Sql::new(" AND area >= ").bind(first).text(" AND area < ").bind(last);
                let below: Vec<(String,)> = db.fetch_all(skip_scan(&Sql::new("area"), &range)).await?;
                out.push(top.clone());
                out.extend(below.into_iter().map(|(area,)| area));
            }
        }
        if out.len() > BRANCHES {
            return Ok(None);
        }
    }
    Ok(Some(out))
}

async fn person(db: &Db, who: &Who) -> Result<Person> {
    let dialect = db.dialect();
    Ok(match who {
        Who::Member(id) => Person::Id(*id),
        Who::Email(email) => {
            let sql =
                Sql::new("SELECT id FROM members WHERE ").append(&dialect.member_email_is(email)).text(" LIMIT 50");
            let owners: Vec<(Uuid,)> = db.fetch_all(sql).await?;
            Person::Email { email: email.clone(), owners: owners.into_iter().map(|(id,)| id).collect() }
        }
        Who::EmailPrefix(prefix) => {
            let (first, last) = predicates::begins(&prefix.to_ascii_lowercase());
            let within = |column: &'static str| {
                Sql::new(column).text(" >= ").bind(&first).text(" AND ").text(column).text(" < ").bind(&last)
            };
            let recorded = emails(db, prefix).await?;
            let owners = Sql::new("SELECT id FROM members WHERE ").append(&within(dialect.member_email()));
            let cap = i64::try_from(BRANCHES + 1).unwrap_or(i64::MAX);
            let owners: Vec<(Uuid,)> = db.fetch_all(owners.limit(cap)).await?;
            let few = |n: usize| n <= BRANCHES / 2;
            Person::Prefix {
                prefix: prefix.clone(),
                emails: recorded.filter(|recorded| few(recorded.len())),
                owners: few(owners.len()).then(|| owners.into_iter().map(|(id,)| id).collect()),
            }
        }
        Who::Anonymous => Person::Anonymous,
        Who::NoAccount => Person::NoAccount,
    })
}

/// The plan of a filter at `now`, for a role that sees `details` or not.
pub async fn plan(db: &Db, filter: &Filter, now: Timestamp, details: bool) -> Result<Plan> {
    plan_by(&Vocabulary::of(db), filter, now, details).await
}

/// The same, by the values that the log held at the beginning of a request which asks for them more than once.
pub async fn plan_by(vocabulary: &Vocabulary<'_>, filter: &Filter, now: Timestamp, details: bool) -> Result<Plan> {
    let meaning = meaning(vocabulary, filter).await?;
    Ok(sql::plan(filter, &meaning, vocabulary.db().dialect(), now, details))
}

/// How long a page may be looked for, and how long its entries may be counted.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// For the page.
    pub list: Budget,
    /// For the count.
    pub count: Budget,
}

/// A page of the list, and how many entries match.
pub async fn page(db: &Db, plan: &Plan, query: &ListQuery, times: Times) -> Result<(Page<Log>, Count)> {
    let limit = usize::from(query.limit);
    let want = limit + 1;
    let counted = look::count(db, plan, times.count);
    if plan.is_walk() {
        // Counting beside the walk costs less than waiting for it, to see whether there is more than the page.
        let sql = shown(plan.dialect, &plan.walk(query.at, want, Columns::Log));
        let (met, count) = try_join(look::walk(db, sql, times.list), counted).await?;
        let rows = in_order(met, query.at.direction());
        let page = Page::new(rows, limit, query.at, Seen::All, Log::key);
        let count = all_there_are(&page).unwrap_or(count);
        return Ok((page, count));
    }
    let (keys, seen) = look::keys(db, plan, query.at, want, times.list).await?;
    let page = Page::new(keys, limit, query.at, seen, |key| *key);
    let (rows, count) = match all_there_are(&page) {
        Some(count) => (logs(db, &page.rows).await?, count),
        None => try_join(logs(db, &page.rows), counted).await?,
    };
    Ok((Page { rows, older: page.older, newer: page.newer, looked_to: page.looked_to }, count))
}

/// How many match, where a page has them all.
fn all_there_are<T>(page: &Page<T>) -> Option<Count> {
    let is_whole = page.older.is_none() && page.newer.is_none() && page.looked_to.is_none();
    is_whole.then(|| Count::Exactly(u64::try_from(page.rows.len()).unwrap_or(u64::MAX)))
}

/// What a walk met, in its order, which the join need not have kept; what several branches met is there once.
fn in_order(mut met: Vec<Log>, direction: Direction) -> Vec<Log> {
    met.sort_unstable_by_key(Log::key);
    met.dedup_by_key(|log| log.id);
    if direction == Direction::Older {
        met.reverse();
    }
    met
}

/// The entries with these keys, in their order.
pub async fn logs(db: &Db, keys: &[Key]) -> Result<Vec<Log>> {
    let mut rows: HashMap<Uuid, Log> = rows(db, keys).await?.into_iter().map(|log| (log.id, log)).collect();
    Ok(keys.iter().filter_map(|key| rows.remove(&key.id)).collect())
}

/// The statement for what a list shows of `entries` (a statement for [`sql::LOG`]): whom they are about today as well.
fn shown(dialect: Dialect, entries: &Sql) -> Sql {
    let owner = dialect.owner_today();
    Sql::new("SELECT l.*, m.name AS member_name, m.email AS current_email, (SELECT e.id FROM members e WHERE ")
        .text(owner)
        .text(" ORDER BY e.id LIMIT 1) AS owner_id, (SELECT e.name FROM members e WHERE ")
        .text(owner)
        .text(" ORDER BY e.id LIMIT 1) AS owner_name FROM (")
        .append(entries)
        .text(") AS l LEFT JOIN members m ON m.id = l.member_id")
}

async fn rows(db: &Db, keys: &[Key]) -> Result<Vec<Log>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let entries = Sql::new("SELECT ").text(sql::LOG).text(" FROM audit_logs WHERE id IN (");
    db.fetch_all(shown(db.dialect(), &entries.bind_all(keys.iter().map(|key| key.id)).text(")"))).await
}

/// One entry, if there is one.
pub async fn entry(db: &Db, id: Uuid) -> Result<Option<Log>> {
    let key = Key { timestamp: Timestamp::MIN, id };
    Ok(rows(db, &[key]).await?.pop())
}

/// The entries whose ids lie from one to another (both included), by id; at most `limit`.
pub async fn entries_between(db: &Db, first: Uuid, last: Uuid, limit: usize) -> Result<Vec<Log>> {
    let sql =
        Sql::new("SELECT \"timestamp\", id FROM audit_logs WHERE id >= ").bind(first).text(" AND id <= ").bind(last);
    let sql = sql.text(" ORDER BY id").limit(i64::try_from(limit).unwrap_or(i64::MAX));
    let keys: Vec<(Timestamp, Uuid)> = db.fetch_all(sql).await?;
    let keys: Vec<Key> = keys.into_iter().map(|(timestamp, id)| Key { timestamp, id }).collect();
    let mut logs = rows(db, &keys).await?;
    logs.sort_by_key(|log| std::cmp::Reverse(log.key()));
    Ok(logs)
}

/// What only the page of an entry shows.
pub async fn details(db: &Db, id: Uuid) -> Result<Option<Details>> {
    let sql = Sql::new(
        "SELECT l.error_message, l.error_detail, l.ip_address, l.user_agent, l.extra, b.service_type \
         FROM audit_logs l LEFT JOIN bookings b ON b.id = l.booking_id WHERE l.id = ",
    );
    db.fetch_optional(sql.bind(id)).await
}

/// What `extra` holds of each of these entries, as it came; nothing of one that has none.
pub async fn extras(db: &Db, ids: impl IntoIterator<Item = Uuid>) -> Result<HashMap<Uuid, String>> {
    let sql = Sql::new("SELECT id, extra FROM audit_logs WHERE extra IS NOT NULL AND id IN (").bind_all(ids).text(")");
    Ok(db.fetch_all::<(Uuid, String)>(sql).await?.into_iter().collect())
}

/// The traceback of an entry as it came.
pub async fn error_detail(db: &Db, id: Uuid) -> Result<Option<String>> {
    let row: Option<(Option<String>,)> =
        db.fetch_optional(Sql::new("SELECT error_detail FROM audit_logs WHERE id = ").bind(id)).await?;
    Ok(row.and_then(|(detail,)| detail))
}

/// The next entry of a list in each direction from one of its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbours {
    /// The next newer one.
    pub newer: Neighbour,
    /// The next older one.
    pub older: Neighbour,
}

/// What lies beside an entry in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbour {
    /// This entry.
    Entry(Key),
    /// Looking stopped here before one was found.
    Unknown(Key),
    /// Nothing.
    None,
}

/// What lies beside the entry at `key` in the list of `plan`.
pub async fn neighbours(db: &Db, plan: &Plan, key: Key, budget: Budget) -> Result<Neighbours> {
    let beside = async |at| {
        let (keys, seen) = look::keys(db, plan, at, 1, budget).await?;
        Ok::<_, crate::core::error::Error>(match (keys.first(), seen) {
            (Some(key), _) => Neighbour::Entry(*key),
            (None, Seen::To(key)) => Neighbour::Unknown(key),
            (None, Seen::All) => Neighbour::None,
        })
    };
    let beyond = Cursor::beyond(key);
    let (newer, older) = try_join(beside(At::After(beyond)), beside(At::Before(beyond))).await?;
    Ok(Neighbours { newer, older })
}

/// Whether the log holds any entry at all.
pub async fn is_empty(db: &Db) -> Result<bool> {
    Ok(db.fetch_optional::<(i64,)>(Sql::new("SELECT CAST(1 AS BIGINT) FROM audit_logs LIMIT 1")).await?.is_none())
}

/// The e-mails in the log that begin with `prefix`, any case of ASCII letters; at most 200. None where no index tells them.
pub async fn emails(db: &Db, prefix: &str) -> Result<Option<Vec<String>>> {
    if !db.dialect().serves(Column::MemberEmail) {
        return Ok(None);
    }
    let (first, last) = predicates::begins(&prefix.to_ascii_lowercase());
    let column = db.dialect().log_email();
    let range =
        Sql::new(" AND ").text(column).text(" >= ").bind(first).text(" AND ").text(column).text(" < ").bind(last);
    let emails: Vec<(String,)> = db.fetch_all(skip_scan(&Sql::new(column), &range)).await?;
    Ok(Some(emails.into_iter().map(|(email,)| email).take(BRANCHES).collect()))
}
