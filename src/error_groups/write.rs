//! Putting errors into their groups: a few at a time, in one transaction, each entry once whoever does it.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{
    fingerprint::{Alike, Fingerprint},
    state::{self, State},
};
use crate::{
    core::{error::Result, time::Timestamp},
    db::{Sql, Tx},
    paging::Key,
};

/// How long a quarter of an hour is, in microseconds. Every zone's hours begin with one.
pub const QUARTER: i64 = 900_000_000;
/// The longest e-mail that a member is known by, in characters.
const LONGEST: usize = 320;
/// The lock of those who gather, by a number that nothing else takes.
const TURN: i64 = 0x6772_6f75_7073;

/// An error that was read, and which it is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Its place in the log.
    pub key: Key,
    /// Whom it is about.
    pub member: Option<String>,
    /// Where.
    pub area: String,
    /// What it says.
    pub description: String,
    /// What it is like.
    pub alike: Alike,
}

/// What a member is counted by: the e-mail that was recorded, else their id, so that they are counted as the same once their
/// account is gone and the entry has lost the id. None where nobody is known.
#[must_use]
pub fn member(id: Option<Uuid>, email: Option<&str>) -> Option<String> {
    let email = email.filter(|email| !email.is_empty()).map(|email| {
        let short: String = email.to_ascii_lowercase().chars().take(LONGEST).collect();
        // What is no e-mail could look like an id.
        if short.contains('@') { short } else { format!("@{short}") }
    });
    email.or_else(|| id.map(|id| id.hyphenated().to_string()))
}

/// Whether this process may gather until the transaction ends: one does at a time.
pub async fn take_turn(tx: &mut Tx) -> Result<bool> {
    tx.try_turn(TURN).await
}

/// A group as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
struct Row {
    fingerprint: i64,
    times: i64,
    members: i64,
    anonymous: i64,
    first_at: Timestamp,
    first_id: Uuid,
    last_at: Timestamp,
    last_id: Uuid,
    title: String,
    area: String,
    description: String,
    exception: Option<String>,
    frame: Option<String>,
}

impl Row {
    /// A group that has met nothing yet but is about to meet `read`.
    fn empty(read: &Read) -> Self {
        Self {
            fingerprint: read.alike.fingerprint.number(),
            times: 0,
            members: 0,
            anonymous: 0,
            first_at: read.key.timestamp,
            first_id: read.key.id,
            last_at: Timestamp::MIN,
            last_id: Uuid::nil(),
            title: String::new(),
            area: String::new(),
            description: String::new(),
            exception: None,
            frame: None,
        }
    }

    fn meet(&mut self, read: &Read) {
        let Key { timestamp, id } = read.key;
        self.times += 1;
        self.anonymous += i64::from(read.member.is_none());
        if (timestamp, id) < (self.first_at, self.first_id) {
            (self.first_at, self.first_id) = (timestamp, id);
        }
        if self.times == 1 || (timestamp, id) > (self.last_at, self.last_id) {
            (self.last_at, self.last_id) = (timestamp, id);
            self.title.clone_from(&read.alike.title);
            self.area.clone_from(&read.area);
            self.description.clone_from(&read.description);
            self.exception.clone_from(&read.alike.exception);
            self.frame.clone_from(&read.alike.frame);
        }
    }
}

/// A member of a group as they are kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
struct Met {
    fingerprint: i64,
    member: String,
    times: i64,
    last_at: Timestamp,
    last_id: Uuid,
}

/// Puts errors into their groups; how many were in none. The turn must be ours.
pub async fn assign(tx: &mut Tx, all: &[Read]) -> Result<usize> {
    let new = claim(tx, all).await?;
    let reads: Vec<&Read> = all.iter().filter(|read| new.contains(&read.key.id)).collect();
    if reads.is_empty() {
        return Ok(0);
    }
    let mut groups: BTreeMap<i64, Row> = BTreeMap::new();
    let mut met: BTreeMap<(i64, String), Met> = BTreeMap::new();
    let fingerprints: BTreeSet<i64> = reads.iter().map(|read| read.alike.fingerprint.number()).collect();
    for row in rows(tx, &fingerprints).await? {
        groups.insert(row.fingerprint, row);
    }
    for had in members(tx, &reads).await? {
        met.insert((had.fingerprint, had.member.clone()), had);
    }
    let mut quarters: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for read in &reads {
        let fingerprint = read.alike.fingerprint.number();
        let group = groups.entry(fingerprint).or_insert_with(|| Row::empty(read));
        group.meet(read);
        *quarters.entry((fingerprint, read.key.timestamp.micros().div_euclid(QUARTER))).or_default() += 1;
        let Some(member) = &read.member else { continue };
        let one = met.entry((fingerprint, member.clone())).or_insert_with(|| {
            group.members += 1;
            let Key { timestamp, id } = read.key;
            Met { fingerprint, member: member.clone(), times: 0, last_at: timestamp, last_id: id }
        });
        one.times += 1;
        (one.last_at, one.last_id) = (one.last_at, one.last_id).max((read.key.timestamp, read.key.id));
    }
    let said = state::said(tx, &fingerprints).await?;
    let mut rows = Vec::with_capacity(groups.len());
    for row in groups.into_values() {
        let said = said.get(&Fingerprint::from_number(row.fingerprint));
        rows.push((State::of(said, state::beyond(tx, said, row.last_at).await?), row));
    }
    put_groups(tx, rows).await?;
    put_members(tx, &met.into_values().collect::<Vec<_>>()).await?;
    put_quarters(tx, &quarters).await?;
    Ok(reads.len())
}

/// Claims the entries that are in no group yet: those are ours to count.
async fn claim(tx: &mut Tx, all: &[Read]) -> Result<BTreeSet<Uuid>> {
    if all.is_empty() {
        return Ok(BTreeSet::new());
    }
    let row = |read: &Read| {
        let (key, fingerprint) = (read.key, read.alike.fingerprint.number());
        Sql::new("(").bind(key.id).text(", ").bind(fingerprint).text(", ").bind(key.timestamp).text(")")
    };
    let sql = Sql::new("INSERT INTO daybook_error_entries (id, fingerprint, \"timestamp\") VALUES ")
        .append(&Sql::join(", ", all.iter().map(row)))
        .text(" ON CONFLICT (id) DO NOTHING RETURNING id");
    let new: Vec<(Uuid,)> = tx.execute_returning(sql).await?;
    Ok(new.into_iter().map(|(id,)| id).collect())
}

/// The groups as they are, kept as they are until the transaction ends: what somebody says meanwhile waits.
async fn rows(tx: &mut Tx, fingerprints: &BTreeSet<i64>) -> Result<Vec<Row>> {
    let lock = tx.dialect().for_update();
    let sql = Sql::new(
        "SELECT fingerprint, times, members, anonymous, first_at, first_id, last_at, last_id, title, area, description, \
         exception, frame FROM daybook_error_groups WHERE fingerprint IN (",
    );
    tx.fetch_all(sql.bind_all(fingerprints.iter().copied()).text(") ORDER BY fingerprint").text(lock)).await
}

async fn members(tx: &mut Tx, reads: &[&Read]) -> Result<Vec<Met>> {
    let asked: BTreeSet<(i64, &str)> =
        reads.iter().filter_map(|read| Some((read.alike.fingerprint.number(), read.member.as_deref()?))).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let row = |(fingerprint, member): (i64, &str)| Sql::new("(").bind(fingerprint).text(", ").bind(member).text(")");
    let sql = Sql::new(
        "SELECT fingerprint, member, times, last_at, last_id FROM daybook_error_members \
         WHERE (fingerprint, member) IN (VALUES ",
    );
    tx.fetch_all(sql.append(&Sql::join(", ", asked.into_iter().map(row))).text(")")).await
}

async fn put_groups(tx: &mut Tx, groups: Vec<(State, Row)>) -> Result<()> {
    let row = |(state, row): (State, Row)| {
        Sql::new("(")
            .bind(row.fingerprint)
            .text(", ")
            .bind(state.as_str())
            .text(", ")
            .bind(row.times)
            .text(", ")
            .bind(row.members)
            .text(", ")
            .bind(row.anonymous)
            .text(", ")
            .bind(row.first_at)
            .text(", ")
            .bind(row.first_id)
            .text(", ")
            .bind(row.last_at)
            .text(", ")
            .bind(row.last_id)
            .text(", ")
            .bind(row.title)
            .text(", ")
            .bind(row.area)
            .text(", ")
            .bind(row.description)
            .text(", ")
            .bind(row.exception)
            .text(", ")
            .bind(row.frame)
            .text(")")
    };
    let sql = Sql::new(
        "INSERT INTO daybook_error_groups (fingerprint, state, times, members, anonymous, first_at, first_id, last_at, \
         last_id, title, area, description, exception, frame) VALUES ",
    )
    .append(&Sql::join(", ", groups.into_iter().map(row)))
    .text(
        " ON CONFLICT (fingerprint) DO UPDATE SET state = excluded.state, times = excluded.times, \
         members = excluded.members, anonymous = excluded.anonymous, first_at = excluded.first_at, \
         first_id = excluded.first_id, last_at = excluded.last_at, last_id = excluded.last_id, title = excluded.title, \
         area = excluded.area, description = excluded.description, exception = excluded.exception, \
         frame = excluded.frame",
    );
    tx.execute(sql).await.map(drop)
}

async fn put_members(tx: &mut Tx, all: &[Met]) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let row = |met: &Met| {
        Sql::new("(")
            .bind(met.fingerprint)
            .text(", ")
            .bind(&met.member)
            .text(", ")
            .bind(met.times)
            .text(", ")
            .bind(met.last_at)
            .text(", ")
            .bind(met.last_id)
            .text(")")
    };
    let sql = Sql::new("INSERT INTO daybook_error_members (fingerprint, member, times, last_at, last_id) VALUES ")
        .append(&Sql::join(", ", all.iter().map(row)))
        .text(
            " ON CONFLICT (fingerprint, member) DO UPDATE SET times = excluded.times, last_at = excluded.last_at, \
             last_id = excluded.last_id",
        );
    tx.execute(sql).await.map(drop)
}

async fn put_quarters(tx: &mut Tx, all: &BTreeMap<(i64, i64), i64>) -> Result<()> {
    let row = |((fingerprint, quarter), n): (&(i64, i64), &i64)| {
        Sql::new("(").bind(*fingerprint).text(", ").bind(*quarter).text(", ").bind(*n).text(")")
    };
    let sql = Sql::new("INSERT INTO daybook_error_quarters (fingerprint, quarter, n) VALUES ")
        .append(&Sql::join(", ", all.iter().map(row)))
        .text(" ON CONFLICT (fingerprint, quarter) DO UPDATE SET n = daybook_error_quarters.n + excluded.n");
    tx.execute(sql).await.map(drop)
}
