//! Entries that programs send: compared with what stands, checked for what they refer to, and then all or none of them
//! written.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{Indexed, NewLog, ROWS, Written, put};
use crate::{
    core::{
        error::{Error, Outage, Result},
        time::Timestamp,
    },
    db::{Ask, Sql, Tx},
    logs::{
        log::{NewBooking, NewMember},
        object::{Column, Row},
        rows,
        sent::{Sent, row},
        totals::Increments,
    },
    paging::Key,
};

/// Ids of one question.
const IDS: usize = 200;

/// Why an entry is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// An entry with its id says otherwise.
    Conflict,
    /// What it refers to is not known.
    Unknown,
}

/// An entry that is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Which of those that were sent, from 0 on.
    pub at: usize,
    /// The column.
    pub field: Column,
    /// Why.
    pub why: Why,
}

/// What to do with a member or a booking that nothing is known of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    /// Refuse the entry that refers to it.
    Refuse,
    /// Make a row of it with nothing but its id: what is imported was checked where it was written first.
    Make,
}

/// Writes entries in a transaction at hand: all of them, or none where one is refused. Those that stand already are
/// recognised before it is asked what they refer to.
pub async fn write_checked(
    tx: &mut Tx,
    sent: &[Sent],
    strangers: Strangers,
    indexed: Indexed,
) -> Result<std::result::Result<Written, Vec<Refused>>> {
    let (new, refused) = judge(tx, sent, strangers).await?;
    if !refused.is_empty() {
        return Ok(Err(refused));
    }
    let new: Vec<&NewLog> = new.into_iter().map(|at| &sent[at].log).collect();
    if strangers == Strangers::Make {
        make(tx, &new).await?;
    }
    let mut written = Written::default();
    let mut increments = Increments::default();
    for logs in new.chunks(ROWS) {
        let created = put(tx, logs, indexed).await?;
        if created != u64::try_from(logs.len()).unwrap_or(u64::MAX) {
            // Somebody who does not take turns wrote one of them since it was compared; another try compares it.
            return Err(Error::Unavailable(Outage::Locked));
        }
        written.created += created;
        for log in logs {
            increments.count(log.timestamp, &log.action_type, &log.status, &log.area);
        }
    }
    // A server adds to the totals by itself, whoever writes.
    if !tx.dialect().derives() {
        increments.add(tx).await?;
    }
    written.duplicate = u64::try_from(sent.len()).unwrap_or(u64::MAX) - written.created;
    Ok(Ok(written))
}

/// Why entries would not be written as the log stands now; none of them is.
pub async fn refusals(from: &mut impl Ask, sent: &[Sent]) -> Result<Vec<Refused>> {
    judge(from, sent, Strangers::Refuse).await.map(|(_, refused)| refused)
}

/// Which entries are new, and which are refused, in the order sent.
async fn judge(from: &mut impl Ask, sent: &[Sent], strangers: Strangers) -> Result<(Vec<usize>, Vec<Refused>)> {
    let (new, mut refused) = compare(from, sent).await?;
    if strangers == Strangers::Refuse {
        let references: Vec<_> = new.iter().map(|at| (*at, References::of(&sent[*at].log))).collect();
        let lost = unknown(from, &references).await?;
        refused.extend(lost.into_iter().map(|(at, field)| Refused { at, field, why: Why::Unknown }));
    }
    refused.sort_by_key(|refused| refused.at);
    Ok((new, refused))
}

/// Which entries are new, and which say otherwise than one that stands or was sent before them.
async fn compare(from: &mut impl Ask, sent: &[Sent]) -> Result<(Vec<usize>, Vec<Refused>)> {
    let mut standing: HashMap<Uuid, Option<Row>> = HashMap::new();
    for chunk in sent.chunks(IDS) {
        let sql = Sql::new("SELECT id FROM audit_logs WHERE id IN (").bind_all(chunk.iter().map(|sent| sent.log.id));
        let found: Vec<(Uuid,)> = from.ask(sql.text(")")).await?;
        standing.extend(found.into_iter().map(|(id,)| (id, None)));
    }
    let mut refused = Vec::new();
    let keys: Vec<Key> = standing.keys().map(|id| Key { timestamp: Timestamp::MIN, id: *id }).collect();
    let mut places: HashMap<Uuid, Vec<usize>> = HashMap::new();
    let (mut new, mut first): (Vec<usize>, HashMap<Uuid, usize>) = (Vec::new(), HashMap::new());
    for (at, one) in sent.iter().enumerate() {
        let id = one.log.id;
        if standing.contains_key(&id) {
            places.entry(id).or_default().push(at);
        } else if let Some(before) = first.get(&id) {
            if let Some(field) = one.differs(&row(&sent[*before].log)) {
                refused.push(Refused { at, field, why: Why::Conflict });
            }
        } else {
            first.insert(id, at);
            new.push(at);
        }
    }
    // Group by group, since what stands may be long.
    for group in rows::groups(from, &keys, &Column::ALL).await? {
        for stored in rows::read(from, &group, &Column::ALL).await? {
            for at in places.remove(&stored.id).unwrap_or_default() {
                if let Some(field) = sent[at].differs(&stored) {
                    refused.push(Refused { at, field, why: Why::Conflict });
                }
            }
        }
    }
    Ok((new, refused))
}

/// What an entry refers to, and its own id where it said one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct References {
    /// The entry's own id.
    pub id: Option<Uuid>,
    /// The member.
    pub member_id: Option<Uuid>,
    /// The booking.
    pub booking_id: Option<Uuid>,
}

impl References {
    /// Those of an entry.
    #[must_use]
    pub const fn of(log: &NewLog) -> Self {
        Self { id: Some(log.id), member_id: log.member_id, booking_id: log.booking_id }
    }
}

/// Of entries, each under a number, those that do not stand yet and refer to what is not known.
pub async fn strangers(from: &mut impl Ask, entries: &[(usize, References)]) -> Result<Vec<(usize, Column)>> {
    let ids = entries.iter().filter_map(|(_, references)| references.id).collect();
    let standing = known(from, "SELECT id FROM audit_logs WHERE id IN (", ids).await?;
    let stands = |references: &References| references.id.is_some_and(|id| standing.contains(&id));
    let new: Vec<_> = entries.iter().copied().filter(|(_, references)| !stands(references)).collect();
    unknown(from, &new).await
}

/// Of new entries, each under a number, those that refer to a member or a booking that is not there.
async fn unknown(from: &mut impl Ask, new: &[(usize, References)]) -> Result<Vec<(usize, Column)>> {
    let mut lost = Vec::new();
    for (field, select, of) in REFERENCES {
        let known = known(from, select, new.iter().filter_map(|(_, references)| of(references)).collect()).await?;
        let is_lost = |references: &References| of(references).is_some_and(|id| !known.contains(&id));
        lost.extend(new.iter().filter(|(_, references)| is_lost(references)).map(|(at, _)| (*at, field)));
    }
    Ok(lost)
}

type Reference = (Column, &'static str, fn(&References) -> Option<Uuid>);

/// What an entry refers to, and how it is looked up.
const REFERENCES: [Reference; 2] = [
    (Column::MemberId, "SELECT id FROM members WHERE id IN (", |references| references.member_id),
    (Column::BookingId, "SELECT id FROM bookings WHERE id IN (", |references| references.booking_id),
];

/// Those of the ids that are there.
async fn known(from: &mut impl Ask, select: &'static str, ids: HashSet<Uuid>) -> Result<HashSet<Uuid>> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut known = HashSet::new();
    for chunk in ids.chunks(IDS) {
        let found: Vec<(Uuid,)> = from.ask(Sql::new(select).bind_all(chunk.iter().copied()).text(")")).await?;
        known.extend(found.into_iter().map(|(id,)| id));
    }
    Ok(known)
}

/// Makes rows of the members and bookings that are referred to and not there.
async fn make(tx: &mut Tx, new: &[&NewLog]) -> Result<()> {
    for (insert, of) in
        [("INSERT INTO members (id) VALUES ", REFERENCES[0].2), ("INSERT INTO bookings (id) VALUES ", REFERENCES[1].2)]
    {
        let ids: HashSet<Uuid> = new.iter().filter_map(|log| of(&References::of(log))).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        for chunk in ids.chunks(IDS) {
            let rows = Sql::join(", ", chunk.iter().map(|id| Sql::new("(").bind(*id).text(")")));
            tx.execute(Sql::new(insert).append(&rows).text(" ON CONFLICT (id) DO NOTHING")).await?;
        }
    }
    Ok(())
}

/// What became of a member or a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is new.
    Created,
    /// It took the place of what was known before.
    Replaced,
    /// It refers to a member who is not known, so nothing was done.
    UnknownMember,
}

/// Keeps a member as they are now.
pub async fn put_member(tx: &mut Tx, member: &NewMember) -> Result<Kept> {
    let had = known(tx, REFERENCES[0].1, HashSet::from([member.id])).await?;
    let batch = super::Batch { members: vec![member.clone()], ..super::Batch::default() };
    super::write_in(tx, &batch, Indexed::AtOnce).await?;
    Ok(if had.is_empty() { Kept::Created } else { Kept::Replaced })
}

/// Keeps a booking as it is now.
pub async fn put_booking(tx: &mut Tx, booking: &NewBooking) -> Result<Kept> {
    if let Some(member) = booking.member_id
        && known(tx, REFERENCES[0].1, HashSet::from([member])).await?.is_empty()
    {
        return Ok(Kept::UnknownMember);
    }
    let had = known(tx, REFERENCES[1].1, HashSet::from([booking.id])).await?;
    let batch = super::Batch { bookings: vec![booking.clone()], ..super::Batch::default() };
    super::write_in(tx, &batch, Indexed::AtOnce).await?;
    Ok(if had.is_empty() { Kept::Created } else { Kept::Replaced })
}

/// Deletes a member, whose entries and bookings lose their reference and keep the rest; whether there was one.
pub async fn delete_member(tx: &mut Tx, id: Uuid) -> Result<bool> {
    Ok(tx.execute(Sql::new("DELETE FROM members WHERE id = ").bind(id)).await? > 0)
}

/// Deletes a booking, whose entries lose their reference; whether there was one.
pub async fn delete_booking(tx: &mut Tx, id: Uuid) -> Result<bool> {
    Ok(tx.execute(Sql::new("DELETE FROM bookings WHERE id = ").bind(id)).await? > 0)
}
