//! Asking the database about the log: what a filter's values stand for, a page of rows, one entry.

use std::{collections::HashMap, time::Duration};

use futures_util::future::try_join;
use uuid::Uuid;

use super::{
    filter::{Area, Filter, ListQuery, Who},
    log::{Details, Log},
    look::{self, Count},
    predicates::{self, BRANCHES, Meaning, Person},
    sql::{self, Plan},
};
use crate::{
    core::{error::Result, ip::IpBlock, time::Timestamp},
    db::{Budget, Column, Db, Sql},
    paging::{At, Cursor, Key, Page},
};

/// The values that the log holds, for the choices of the filter form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// Every action, in alphabetical order, at most 200.
    pub action_types: Vec<String>,
    /// Every status, at most 200.
    pub statuses: Vec<String>,
    /// Every area, at most 200; those of the newest entries first, the most frequent of them at the top.
    pub areas: Vec<String>,
}

/// How many of the newest entries say which areas matter now.
const LATELY: i64 = 300;

/// How old the order of the areas may be.
const ORDER: Duration = Duration::from_secs(5);

/// The values that the log holds.
pub async fn values(db: &Db) -> Result<Values> {
    let version = version(db).await?;
    Ok(Values {
        action_types: known(db, version, Column::ActionType).await?,
        statuses: known(db, version, Column::Status).await?,
        areas: areas_by_use(db, version).await?,
    })
}

/// What of the log values were read at; none where that cannot be told.
async fn version(db: &Db) -> Result<Option<i64>> {
    let Some(sql) = db.dialect().version_of_values() else { return Ok(None) };
    Ok(db.fetch_optional::<(i64,)>(sql).await?.map(|(version,)| version))
}

/// Every value of a column, in alphabetical order; where no index lists them, those of the newest entries.
async fn known(db: &Db, version: Option<i64>, column: Column) -> Result<Vec<String>> {
    let name = match column {
        Column::ActionType => "action_type",
        Column::Status => "status",
        _ => "area",
    };
    if db.dialect().lists(column) {
        return all_values(db, version, name).await;
    }
    let mut lately = lately(db, name).await?;
    lately.sort();
    Ok(lately.into_iter().map(|(value, _)| value).take(BRANCHES).collect())
}

/// The values of a column among the newest entries, and how often each stands there.
async fn lately(db: &Db, column: &'static str) -> Result<Vec<(String, i64)>> {
    let newest =
        Sql::new("SELECT ").text(column).text(" AS value FROM audit_logs ORDER BY \"timestamp\" DESC, id DESC");
    let sql = Sql::new("SELECT value, count(*) FROM (").append(&newest.limit(LATELY)).text(") AS n GROUP BY value");
    db.fetch_all(sql).await
}

async fn areas_by_use(db: &Db, version: Option<i64>) -> Result<Vec<String>> {
    const NAME: &str = "areas by use";
    if let Some(kept) = version.and_then(|version| db.memo().texts(NAME, version, ORDER)) {
        return Ok(kept.to_vec());
    }
    let mut used = lately(db, "area").await?;
    used.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut areas: Vec<String> = used.into_iter().map(|(area, _)| area).collect();
    for area in known(db, version, Column::Area).await? {
        if !areas.contains(&area) {
            areas.push(area);
        }
    }
    areas.truncate(BRANCHES);
    if let Some(version) = version {
        db.memo().keep_texts(NAME, version, areas.clone());
    }
    Ok(areas)
}

/// Every value of a column by a walk that skips from each to the next: one index probe a value, however many entries.
/// Where the log has a `version`, that is done once for each.
async fn all_values(db: &Db, version: Option<i64>, column: &'static str) -> Result<Vec<String>> {
    if let Some(kept) = version.and_then(|version| db.memo().texts(column, version, Duration::MAX)) {
        return Ok(kept.to_vec());
    }
    let rows: Vec<(String,)> = db.fetch_all(skip_scan(&Sql::new(column), &Sql::empty())).await?;
    let values: Vec<String> = rows.into_iter().map(|(value,)| value).take(BRANCHES).collect();
    if let Some(version) = version {
        db.memo().keep_texts(column, version, values.clone());
    }
    Ok(values)
}

/// The statement behind [`all_values`], within a `range` of conditions that each begin with `AND`.
fn skip_scan(column: &Sql, range: &Sql) -> Sql {
    let smallest = |beyond: &'static str| {
        Sql::new("SELECT ")
            .append(column)
            .text(" FROM audit_logs WHERE ")
            .append(column)
            .text(beyond)
            .append(range)
            .text(" ORDER BY ")
            .append(column)
            .text(" LIMIT 1")
    };
    Sql::new("WITH RECURSIVE v(a) AS (SELECT (")
        .append(&smallest(" IS NOT NULL"))
        .text(") UNION ALL SELECT (")
        .append(&smallest(" > v.a"))
        .text(") FROM v WHERE v.a IS NOT NULL) SELECT a FROM v WHERE a IS NOT NULL")
        .limit(i64::try_from(BRANCHES + 1).unwrap_or(i64::MAX))
}

/// What the values of `filter` stand for at this moment.
async fn meaning(db: &Db, filter: &Filter) -> Result<Meaning> {
    let mut meaning = Meaning::default();
    if !filter.action_type.is_empty() || !filter.status.is_empty() {
        let version = version(db).await?;
        if !filter.action_type.is_empty() {
            meaning.action_types = known(db, version, Column::ActionType).await?;
        }
        meaning.statuses = known(db, version, Column::Status).await?;
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
            let emails = emails(db, prefix).await?;
            let owners = Sql::new("SELECT id FROM members WHERE ").append(&within(dialect.member_email()));
            let cap = i64::try_from(BRANCHES + 1).unwrap_or(i64::MAX);
            let owners: Vec<(Uuid,)> = db.fetch_all(owners.limit(cap)).await?;
            let few = |n: usize| n <= BRANCHES / 2;
            Person::Prefix {
                prefix: prefix.clone(),
                emails: few(emails.len()).then_some(emails),
                owners: few(owners.len()).then(|| owners.into_iter().map(|(id,)| id).collect()),
            }
        }
        Who::Anonymous => Person::Anonymous,
        Who::NoAccount => Person::NoAccount,
    })
}

/// The plan of a filter at `now`, for a role that sees `details` or not.
pub async fn plan(db: &Db, filter: &Filter, now: Timestamp, details: bool) -> Result<Plan> {
    let meaning = meaning(db, filter).await?;
    Ok(sql::plan(filter, &meaning, db.dialect(), now, details))
}

/// How long a page may be looked for, and how long its entries may be counted.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// For the page.
    pub list: Budget,
    /// For the count.
    pub count: Budget,
}

/// A page of the list, and how many entries match: counted beside the reading of the page, as far as it does not tell
/// that itself.
pub async fn page(db: &Db, plan: &Plan, query: &ListQuery, times: Times) -> Result<(Page<Log>, Count)> {
    let limit = usize::from(query.limit);
    let (keys, seen) = look::keys(db, plan, query.at, limit + 1, times.list).await?;
    let page = Page::new(keys, limit, query.at, seen, |key| *key);
    let is_whole = page.older.is_none() && page.newer.is_none() && page.looked_to.is_none();
    let (rows, count) = if is_whole {
        let count = Count::Exactly(u64::try_from(page.rows.len()).unwrap_or(u64::MAX));
        (logs(db, &page.rows).await?, count)
    } else {
        try_join(logs(db, &page.rows), look::count(db, plan, times.count)).await?
    };
    Ok((Page { rows, older: page.older, newer: page.newer, looked_to: page.looked_to }, count))
}

/// The entries with these keys, in their order.
pub async fn logs(db: &Db, keys: &[Key]) -> Result<Vec<Log>> {
    let mut rows: HashMap<Uuid, Log> = rows(db, keys).await?.into_iter().map(|log| (log.id, log)).collect();
    Ok(keys.iter().filter_map(|key| rows.remove(&key.id)).collect())
}

const LIST_COLUMNS: &str = "SELECT l.id, l.\"timestamp\", l.member_id, l.member_email, l.action_type, l.area, \
    l.description, l.status, l.booking_id, substr(l.error_message, 1, 1000) AS error_message, \
    m.name AS member_name, m.email AS current_email, \
    (SELECT e.id FROM members e WHERE ";
const LIST_OWNER: &str = " ORDER BY e.id LIMIT 1) AS owner_id, (SELECT e.name FROM members e WHERE ";
const LIST_FROM: &str = " ORDER BY e.id LIMIT 1) AS owner_name \
    FROM audit_logs l LEFT JOIN members m ON m.id = l.member_id WHERE l.id IN (";

async fn rows(db: &Db, keys: &[Key]) -> Result<Vec<Log>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let owner = db.dialect().owner_today();
    let sql = Sql::new(LIST_COLUMNS).text(owner).text(LIST_OWNER).text(owner).text(LIST_FROM);
    db.fetch_all(sql.bind_all(keys.iter().map(|key| key.id)).text(")")).await
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
            (None, crate::paging::Seen::To(key)) => Neighbour::Unknown(key),
            (None, crate::paging::Seen::All) => Neighbour::None,
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

/// The e-mails in the log that begin with `prefix`, any case of ASCII letters; at most 200.
pub async fn emails(db: &Db, prefix: &str) -> Result<Vec<String>> {
    if !db.dialect().serves(Column::MemberEmail) {
        return Ok(Vec::new());
    }
    let (first, last) = predicates::begins(&prefix.to_ascii_lowercase());
    let column = db.dialect().log_email();
    let range =
        Sql::new(" AND ").text(column).text(" >= ").bind(first).text(" AND ").text(column).text(" < ").bind(last);
    let emails: Vec<(String,)> = db.fetch_all(skip_scan(&Sql::new(column), &range)).await?;
    Ok(emails.into_iter().map(|(email,)| email).take(BRANCHES).collect())
}
