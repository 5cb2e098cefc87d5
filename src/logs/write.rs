//! The one way in: every entry, member and booking that Daybook writes goes through here.

pub mod checked;

use std::collections::HashSet;

use uuid::Uuid;

use super::{
    late,
    log::{NewBooking, NewLog, NewMember},
    search::{index, members as people},
    totals::Increments,
};
use crate::{
    core::{error::Result, ip},
    db::{Db, Dialect, Sql, Tx},
};

/// What is wrong with a field of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadField {
    /// The column.
    pub field: &'static str,
    /// Why it cannot be stored.
    pub reason: String,
}

impl NewLog {
    /// Everything about this entry that no database could hold, or that the model forbids.
    #[must_use]
    pub fn problems(&self) -> Vec<BadField> {
        let mut out = Vec::new();
        let mut check = |field: &'static str, text: Option<&str>, longest: Option<usize>| {
            let Some(text) = text else { return };
            let mut bad = |reason: String| out.push(BadField { field, reason });
            if text.contains('\0') {
                bad("holds a NUL character".to_owned());
            }
            if let Some(longest) = longest
                && text.chars().count() > longest
            {
                bad(format!("is longer than {longest} characters"));
            }
        };
        check("member_email", self.member_email.as_deref(), Some(255));
        check("action_type", Some(&self.action_type), Some(64));
        check("area", Some(&self.area), Some(255));
        check("description", Some(&self.description), Some(500));
        check("status", Some(&self.status), Some(16));
        check("ip_address", self.ip_address.as_deref(), Some(64));
        check("user_agent", self.user_agent.as_deref(), Some(512));
        check("error_message", self.error_message.as_deref(), None);
        check("error_detail", self.error_detail.as_deref(), None);
        check("extra", self.extra.as_deref(), None);
        if self.extra.as_deref().is_some_and(|text| serde_json::from_str::<&serde_json::value::RawValue>(text).is_err())
        {
            out.push(BadField { field: "extra", reason: "is not JSON".to_owned() });
        }
        out
    }
}

/// How many entries were new, and how many stood already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// New ones.
    pub created: u64,
    /// Ones whose `id` stood already; they were left as they are.
    pub duplicate: u64,
}

/// Rows of one statement: enough to spare round trips, few enough for the limits on parameters.
const ROWS: usize = 50;

/// Entries, members and bookings that are written together.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// First the members,
    pub members: Vec<NewMember>,
    /// then the bookings,
    pub bookings: Vec<NewBooking>,
    /// then the entries that refer to them.
    pub logs: Vec<NewLog>,
}

impl Batch {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.bookings.is_empty() && self.logs.is_empty()
    }
}

/// When what is written can be searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexed {
    /// With the transaction that writes it.
    AtOnce,
    /// When the index is built, after a load ([`index::build`]).
    Later,
}

/// Writes a batch in one transaction, durable when this returns.
pub async fn write(db: &Db, batch: &Batch) -> Result<Written> {
    let mut tx = db.write().await?;
    let written = write_in(&mut tx, batch, Indexed::AtOnce).await?;
    tx.commit().await?;
    Ok(written)
}

/// Writes a batch in a transaction at hand.
pub async fn write_in(tx: &mut Tx, batch: &Batch, indexed: Indexed) -> Result<Written> {
    for members in batch.members.chunks(ROWS) {
        let row = |member: &NewMember| {
            Sql::new("(")
                .bind(member.id)
                .text(", ")
                .bind(member.email.clone())
                .text(", ")
                .bind(member.name.clone())
                .text(")")
        };
        let sql = Sql::new("INSERT INTO members (id, email, name) VALUES ")
            .append(&Sql::join(", ", members.iter().map(row)))
            .text(" ON CONFLICT (id) DO UPDATE SET email = excluded.email, name = excluded.name");
        tx.execute(sql).await?;
        if indexed == Indexed::AtOnce {
            people::take_in(tx, members.len()).await?;
        }
    }
    for bookings in batch.bookings.chunks(ROWS) {
        let row = |booking: &NewBooking| {
            Sql::new("(")
                .bind(booking.id)
                .text(", ")
                .bind(booking.member_id)
                .text(", ")
                .bind(booking.service_type.clone())
                .text(")")
        };
        let sql = Sql::new("INSERT INTO bookings (id, member_id, service_type) VALUES ")
            .append(&Sql::join(", ", bookings.iter().map(row)))
            .text(
                " ON CONFLICT (id) DO UPDATE SET member_id = excluded.member_id, service_type = excluded.service_type",
            );
        tx.execute(sql).await?;
    }
    let mut written = Written::default();
    let mut increments = Increments::default();
    for logs in batch.logs.chunks(ROWS) {
        for log in insert(tx, logs, indexed, &mut written).await? {
            increments.count(log.timestamp, &log.action_type, &log.status, &log.area);
        }
    }
    // A server adds to the totals by itself, whoever writes.
    if !tx.dialect().derives() {
        increments.add(tx).await?;
    }
    Ok(written)
}

/// Inserts the entries whose ids are new, and tells which they are. It looks first: the table refuses an insert that
/// meets an existing id, even one that would do nothing.
async fn insert<'a>(
    tx: &mut Tx,
    logs: &'a [NewLog],
    indexed: Indexed,
    written: &mut Written,
) -> Result<Vec<&'a NewLog>> {
    let sql = Sql::new("SELECT id FROM audit_logs WHERE id IN (").bind_all(logs.iter().map(|log| log.id)).text(")");
    let standing: Vec<(Uuid,)> = tx.fetch_all(sql).await?;
    let mut known: HashSet<Uuid> = standing.into_iter().map(|(id,)| id).collect();
    let new: Vec<&NewLog> = logs.iter().filter(|log| known.insert(log.id)).collect();
    let created = put(tx, &new, indexed).await?;
    written.created += created;
    written.duplicate += u64::try_from(logs.len()).unwrap_or_default().saturating_sub(created);
    Ok(new)
}

/// Inserts entries that are known to be new, at most [`ROWS`]; how many were.
async fn put(tx: &mut Tx, new: &[&NewLog], indexed: Indexed) -> Result<u64> {
    if new.is_empty() {
        return Ok(0);
    }
    if tx.dialect().derives() {
        // Somebody else may have written one of them meanwhile.
        let sql = inserted(tx.dialect(), new, None).text(" ON CONFLICT (id) DO NOTHING");
        let created = tx.execute(sql).await?;
        late::note(tx, new).await?;
        return Ok(created);
    }
    // There is one writer, so the next numbers are this transaction's.
    let newest: Vec<(i64,)> = tx.fetch_all(Sql::new("SELECT coalesce(max(seq), 0) FROM audit_logs")).await?;
    let first = newest.first().map_or(0, |(seq,)| *seq) + 1;
    let created = tx.execute(inserted(tx.dialect(), new, Some(first))).await?;
    index::note_times(tx, new, first).await?;
    late::note(tx, new).await?;
    if indexed == Indexed::AtOnce {
        index::add(tx, new, first).await?;
    }
    Ok(created)
}

/// The statement that inserts entries: by arrival, the first of them at `first`, where the database keeps that.
fn inserted(dialect: Dialect, logs: &[&NewLog], first: Option<i64>) -> Sql {
    let begin = match first {
        Some(_) => "INSERT INTO audit_logs (seq, ip, ",
        None => "INSERT INTO audit_logs (",
    };
    let row = |(at, log): (i64, &&NewLog)| row(dialect, first.map(|first| first + at), log);
    Sql::new(begin)
        .text(
            "id, \"timestamp\", member_id, member_email, action_type, area, status, description, booking_id, \
             ip_address, user_agent, extra, error_message, error_detail) VALUES ",
        )
        .append(&Sql::join(", ", (0..).zip(logs).map(row)))
}

fn row(dialect: Dialect, seq: Option<i64>, log: &NewLog) -> Sql {
    let mut sql = Sql::new("(");
    if let Some(seq) = seq {
        let address = log.ip_address.as_deref().and_then(ip::first_address).map(|address| ip::key(address).to_vec());
        sql = sql.bind(seq).text(", ").bind(address).text(", ");
    }
    sql.bind(log.id)
        .text(", ")
        .bind(log.timestamp)
        .text(", ")
        .bind(log.member_id)
        .text(", ")
        .bind(log.member_email.clone())
        .text(", ")
        .bind(&log.action_type)
        .text(", ")
        .bind(&log.area)
        .text(", ")
        .bind(&log.status)
        .text(", ")
        .bind(&log.description)
        .text(", ")
        .bind(log.booking_id)
        .text(", ")
        .bind(log.ip_address.clone())
        .text(", ")
        .bind(log.user_agent.clone())
        .text(", ")
        .append(&dialect.json(log.extra.clone()))
        .text(", ")
        .bind(log.error_message.clone())
        .text(", ")
        .bind(log.error_detail.clone())
        .text(")")
}
