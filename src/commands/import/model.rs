//! Rows out of another database that Daybook reads as it is: on a PostgreSQL server, the application's or Daybook's own,
//! or Daybook's own file.

use std::collections::VecDeque;

use anyhow::{Result, anyhow, bail};
use uuid::Uuid;

use super::{Came, Read, people};
use crate::{
    commands::{line, load::BATCH},
    core::time::Timestamp,
    db::{Db, Snapshot, Sql, address::Address, migrate},
    ingest::entry::{self, Limits},
    logs::{
        log::{NewBooking, NewMember},
        object::{Column, Object, Row},
        rows,
        write::{self, Batch},
    },
    paging::Key,
};

/// The rows of another database, all as of one instant.
pub struct Rows {
    snapshot: Snapshot,
    length: u64,
    read: u64,
    /// The id after which to go on.
    after: Uuid,
    /// Those that were found and not read yet.
    groups: VecDeque<Vec<Key>>,
}

impl Rows {
    /// Takes a database to be read: nothing in it is changed.
    pub async fn open(db: &Db, address: &Address) -> Result<Self> {
        let readable = match migrate::state(db).await.map_err(line)? {
            migrate::State::Current | migrate::State::Unattached(_) => true,
            // A server's tables are read whatever stands beside them; a file's are not until they are as they are now.
            migrate::State::Behind(_) => db.has_log(),
            refused => bail!("--from: {address} cannot be read: {refused}"),
        };
        if !readable {
            bail!(
                "--from: {address} has no table audit_logs that this version can read: daybook check says what it has"
            );
        }
        let mut snapshot = db.snapshot().await.map_err(|error| anyhow!("--from: {address} cannot be read: {error}"))?;
        let count: Vec<(i64,)> = snapshot.fetch_all(Sql::new("SELECT count(*) FROM audit_logs")).await.map_err(line)?;
        let length = count.first().map_or(0, |(n,)| u64::try_from(*n).unwrap_or_default());
        Ok(Self { snapshot, length, read: 0, after: Uuid::nil(), groups: VecDeque::new() })
    }

    /// How many rows there are.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// How many were read.
    pub fn position(&self) -> u64 {
        self.read
    }

    /// Takes members and bookings over.
    pub async fn bring_people(&mut self, into: &Db) -> Result<()> {
        let mut after = Uuid::nil();
        loop {
            let sql = Sql::new("SELECT id, email, name FROM members WHERE id > ").bind(after);
            let rows: Vec<(Uuid, Option<String>, Option<String>)> = self.part(sql).await?;
            let Some(last) = rows.last() else { break };
            after = last.0;
            let member = |(id, email, name): (Uuid, Option<String>, Option<String>)| NewMember {
                id,
                email: people::fitting(email, people::LONGEST),
                name: people::fitting(name, people::LONGEST),
            };
            let batch = Batch { members: rows.into_iter().map(member).collect(), ..Batch::default() };
            write::write(into, &batch).await.map_err(line)?;
        }
        let mut after = Uuid::nil();
        loop {
            let sql = Sql::new("SELECT id, member_id, service_type FROM bookings WHERE id > ").bind(after);
            let rows: Vec<(Uuid, Option<Uuid>, Option<String>)> = self.part(sql).await?;
            let Some(last) = rows.last() else { break };
            after = last.0;
            let booking = |(id, member_id, service): (Uuid, Option<Uuid>, Option<String>)| NewBooking {
                id,
                member_id,
                service_type: people::fitting(service, people::LONGEST_SERVICE),
            };
            people::write_bookings(into, rows.into_iter().map(booking).collect()).await?;
        }
        Ok(())
    }

    /// The next rows; none at the end.
    pub async fn next(&mut self, now: Timestamp) -> Result<Vec<Read>> {
        if self.groups.is_empty() {
            let sql = Sql::new("SELECT id, \"timestamp\" FROM audit_logs WHERE id > ").bind(self.after);
            let found: Vec<(Uuid, Timestamp)> = self.part(sql).await?;
            let keys: Vec<Key> = found.into_iter().map(|(id, timestamp)| Key { timestamp, id }).collect();
            let Some(last) = keys.last() else { return Ok(Vec::new()) };
            self.after = last.id;
            self.groups = rows::groups(&mut self.snapshot, &keys, &Column::ALL).await.map_err(line)?;
        }
        let mut out = Vec::new();
        // Several groups make a transaction, but where they are of few long entries.
        let mut bytes = 0;
        while bytes < BYTES
            && let Some(group) = self.groups.pop_front()
        {
            for row in rows::read(&mut self.snapshot, &group, &Column::ALL).await.map_err(line)? {
                self.read += 1;
                let read = entry(self.read, &row, now)?;
                bytes += read.came.len();
                out.push(read);
            }
        }
        Ok(out)
    }

    async fn part<T: crate::db::FromRow>(&mut self, sql: Sql) -> Result<Vec<T>> {
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        self.snapshot.fetch_all(sql.text(" ORDER BY id").limit(limit)).await.map_err(line)
    }
}

/// Rows are handed over once they hold so many bytes.
const BYTES: usize = 16 * 1024 * 1024;

/// A row as its export would be read: there is one judge of what an entry may be.
fn entry(at: u64, row: &Row, now: Timestamp) -> Result<Read> {
    let text = serde_json::to_string(&Object { row, columns: &Column::ALL })?;
    let entry = entry::read(&text, Limits::FILE, now);
    Ok(Read { at, came: Came::Text(text), entry })
}
