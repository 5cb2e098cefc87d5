//! Rows out of the file of an application, as SQLAlchemy writes them into SQLite: ids as 32 hex digits, instants as text in UTC without a zone, `extra` as text in a column that takes it for a number where it can.

use std::collections::HashSet;

use anyhow::{Result, bail};
use chrono::NaiveDateTime;
use uuid::Uuid;

use super::{Read, people};
use crate::{
    commands::{line, load::BATCH},
    core::time::Timestamp,
    db::{Db, Sql, address::Address},
    ingest::entry::Wrong,
    logs::{
        json,
        log::{NewBooking, NewLog, NewMember},
        object::Column,
        sent::{Said, Sent},
        write::{self, Batch},
    },
};

/// Rows of one question.
const ROWS: usize = BATCH;

/// The rows of another database.
pub struct Rows {
    db: Db,
    columns: HashSet<String>,
    length: u64,
    read: u64,
    /// The number of the row after which to go on.
    after: i64,
}

/// A row as text, in the order of [`Column::ALL`].
#[derive(sqlx::FromRow)]
struct Raw {
    id: Option<String>,
    timestamp: Option<String>,
    member_id: Option<String>,
    member_email: Option<String>,
    action_type: Option<String>,
    area: Option<String>,
    description: Option<String>,
    status: Option<String>,
    booking_id: Option<String>,
    error_message: Option<String>,
    error_detail: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    extra: Option<String>,
    /// The number that SQLite gives each row.
    place: i64,
}

impl Rows {
    /// Takes a file to be read: nothing in it is changed.
    pub async fn open(db: Db, address: &Address) -> Result<Self> {
        let columns = columns(&db, "audit_logs").await?;
        let missing: Vec<&str> = ["id", "timestamp", "action_type", "area", "description"]
            .into_iter()
            .filter(|name| !columns.contains(*name))
            .collect();
        if !missing.is_empty() {
            bail!("--from: audit_logs of {address} lacks {}", missing.join(", "));
        }
        let count: Option<(i64,)> =
            db.fetch_optional(Sql::new("SELECT count(*) FROM audit_logs")).await.map_err(line)?;
        let length = count.map_or(0, |(n,)| u64::try_from(n).unwrap_or_default());
        Ok(Self { db, columns, length, read: 0, after: i64::MIN })
    }

    /// How many rows there are.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// How many were read.
    pub fn position(&self) -> u64 {
        self.read
    }

    /// Takes members and bookings over, as far as Daybook knows them.
    pub async fn bring_people(&mut self, into: &Db) -> Result<()> {
        let members = columns(&self.db, "members").await?;
        if members.contains("id") {
            let select =
                Sql::new("SELECT CAST(id AS TEXT), ").text(text_or_null(&members, "email", "CAST(email AS TEXT)"));
            let select = select.text(", ").text(text_or_null(&members, "name", "CAST(name AS TEXT)"));
            let mut after = i64::MIN;
            loop {
                let rows = self.people(&select, "members", after).await?;
                let Some(last) = rows.last() else { break };
                after = last.3;
                let member = |(id, email, name, _): &Person| {
                    Some(NewMember {
                        id: Uuid::parse_str(id.as_deref()?).ok()?,
                        email: people::fitting(email.clone(), people::LONGEST),
                        name: people::fitting(name.clone(), people::LONGEST),
                    })
                };
                let batch = Batch { members: rows.iter().filter_map(member).collect(), ..Batch::default() };
                write::write(into, &batch).await.map_err(line)?;
            }
        }
        let bookings = columns(&self.db, "bookings").await?;
        if bookings.contains("id") {
            let select = Sql::new("SELECT CAST(id AS TEXT), ").text(text_or_null(
                &bookings,
                "member_id",
                "CAST(member_id AS TEXT)",
            ));
            let select = select.text(", ").text(text_or_null(&bookings, "service_type", "CAST(service_type AS TEXT)"));
            let mut after = i64::MIN;
            loop {
                let rows = self.people(&select, "bookings", after).await?;
                let Some(last) = rows.last() else { break };
                after = last.3;
                let booking = |(id, member, service, _): &Person| {
                    let member_id = member.as_deref().and_then(|text| Uuid::parse_str(text).ok());
                    Some(NewBooking {
                        id: Uuid::parse_str(id.as_deref()?).ok()?,
                        member_id,
                        service_type: people::fitting(service.clone(), people::LONGEST_SERVICE),
                    })
                };
                people::write_bookings(into, rows.iter().filter_map(booking).collect()).await?;
            }
        }
        Ok(())
    }

    async fn people(&self, select: &Sql, table: &'static str, after: i64) -> Result<Vec<Person>> {
        let sql = select.clone().text(", rowid FROM ").text(table).text(" WHERE rowid > ").bind(after);
        let sql = sql.text(" ORDER BY rowid LIMIT 5000");
        self.db.fetch_all(sql).await.map_err(line)
    }

    /// The next rows; none at the end.
    pub async fn next(&mut self, now: Timestamp) -> Result<Vec<Read>> {
        let list = Column::ALL.into_iter().fold(Sql::new("SELECT "), |sql, column| {
            let sql = if column == Column::Id { sql } else { sql.text(", ") };
            let (cast, null) = select(column);
            sql.text(if self.columns.contains(column.name()) { cast } else { null })
        });
        let limit = i64::try_from(ROWS).unwrap_or(i64::MAX);
        let sql = list
            .text(", rowid AS place FROM audit_logs WHERE rowid > ")
            .bind(self.after)
            .text(" ORDER BY rowid LIMIT ")
            .bind(limit);
        let rows: Vec<Raw> = self.db.fetch_all(sql).await.map_err(line)?;
        if let Some(last) = rows.last() {
            self.after = last.place;
        }
        let first = self.read + 1;
        self.read += u64::try_from(rows.len()).unwrap_or_default();
        Ok((first..).zip(rows).map(|(at, row)| Read { at, text: row.as_json(), entry: row.entry(now) }).collect())
    }
}

/// An id and two texts, and the row's own number: an id may be of any type, or none, and is no order to walk in.
type Person = (Option<String>, Option<String>, Option<String>, i64);

fn text_or_null(columns: &HashSet<String>, name: &str, cast: &'static str) -> &'static str {
    if columns.contains(name) { cast } else { "NULL" }
}

/// The names of a table's columns; none where there is no such table.
async fn columns(db: &Db, table: &str) -> Result<HashSet<String>> {
    let sql = Sql::new("SELECT name FROM pragma_table_info(").bind(table).text(")");
    let rows: Vec<(String,)> = db.fetch_all(sql).await.map_err(line)?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// What a column is in the select list, and what stands there where the table lacks it.
const fn select(column: Column) -> (&'static str, &'static str) {
    match column {
        Column::Id => ("CAST(id AS TEXT) AS id", "NULL AS id"),
        Column::Timestamp => ("CAST(\"timestamp\" AS TEXT) AS \"timestamp\"", "NULL AS \"timestamp\""),
        Column::MemberId => ("CAST(member_id AS TEXT) AS member_id", "NULL AS member_id"),
        Column::MemberEmail => ("CAST(member_email AS TEXT) AS member_email", "NULL AS member_email"),
        Column::ActionType => ("CAST(action_type AS TEXT) AS action_type", "NULL AS action_type"),
        Column::Area => ("CAST(area AS TEXT) AS area", "NULL AS area"),
        Column::Description => ("CAST(description AS TEXT) AS description", "NULL AS description"),
        Column::Status => ("CAST(status AS TEXT) AS status", "NULL AS status"),
        Column::BookingId => ("CAST(booking_id AS TEXT) AS booking_id", "NULL AS booking_id"),
        Column::ErrorMessage => ("CAST(error_message AS TEXT) AS error_message", "NULL AS error_message"),
        Column::ErrorDetail => ("CAST(error_detail AS TEXT) AS error_detail", "NULL AS error_detail"),
        Column::IpAddress => ("CAST(ip_address AS TEXT) AS ip_address", "NULL AS ip_address"),
        Column::UserAgent => ("CAST(user_agent AS TEXT) AS user_agent", "NULL AS user_agent"),
        Column::Extra => ("CAST(extra AS TEXT) AS extra", "NULL AS extra"),
    }
}

impl Raw {
    /// As a line of JSON, for the file of bad rows.
    fn as_json(&self) -> String {
        let values = [
            &self.id,
            &self.timestamp,
            &self.member_id,
            &self.member_email,
            &self.action_type,
            &self.area,
            &self.description,
            &self.status,
            &self.booking_id,
            &self.error_message,
            &self.error_detail,
            &self.ip_address,
            &self.user_agent,
            &self.extra,
        ];
        let pairs = Column::ALL.into_iter().zip(values);
        let map: serde_json::Map<String, serde_json::Value> =
            pairs.map(|(column, value)| (column.name().to_owned(), value.clone().into())).collect();
        serde_json::Value::Object(map).to_string()
    }

    fn entry(self, now: Timestamp) -> Result<Sent, Vec<Wrong>> {
        let mut wrong: Vec<Wrong> = Vec::new();
        let mut bad = |column: Column, reason: &str| {
            wrong.push(Wrong { field: Some(column.name().to_owned()), reason: reason.to_owned() });
        };
        if self.id.is_none() {
            bad(Column::Id, "is needed");
        }
        let mut id = |column: Column, text: Option<String>| {
            let text = text?;
            let id = Uuid::parse_str(text.trim()).ok();
            if id.is_none() {
                bad(column, "is not a UUID");
            }
            id
        };
        let (own, member_id, booking_id) =
            (id(Column::Id, self.id), id(Column::MemberId, self.member_id), id(Column::BookingId, self.booking_id));
        let timestamp = self.timestamp.as_deref().and_then(instant);
        if timestamp.is_none() {
            bad(Column::Timestamp, "is not an instant of the years 1970 to 9999");
        }
        let mut needed = |column: Column, text: Option<String>| {
            if text.is_none() {
                bad(column, "is needed");
            }
            text.unwrap_or_default()
        };
        let log = NewLog {
            id: own.unwrap_or_default(),
            timestamp: timestamp.unwrap_or(now),
            member_id,
            member_email: self.member_email,
            action_type: needed(Column::ActionType, self.action_type),
            area: needed(Column::Area, self.area),
            description: needed(Column::Description, self.description),
            status: self.status.unwrap_or_else(|| "success".to_owned()),
            booking_id,
            error_message: self.error_message,
            error_detail: self.error_detail,
            ip_address: self.ip_address,
            user_agent: self.user_agent,
            // Python's None is written as JSON null.
            extra: self.extra.filter(|text| !json::is_absent(text)),
        };
        wrong.extend(
            log.problems().into_iter().map(|bad| Wrong { field: Some(bad.field.to_owned()), reason: bad.reason }),
        );
        let mut said = Said::default();
        for column in Column::ALL {
            said.add(column);
        }
        if wrong.is_empty() { Ok(Sent { log, said }) } else { Err(wrong) }
    }
}

/// An instant as SQLAlchemy writes it, or with an offset.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(at) = Timestamp::parse_rfc3339(text) {
        return Some(at);
    }
    let forms = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
    let local = forms.into_iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    let at = Timestamp::from(local.and_utc());
    (Timestamp::MIN..=Timestamp::MAX).contains(&at).then_some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_instant_is_read_as_sqlalchemy_wrote_it(micros in 0_i64..=253_402_300_799_999_999, text in ".{0,30}") {
            let at = Timestamp::from_micros(micros);
            let written = at.rfc3339().replace('T', " ").replace('Z', "");
            prop_assert_eq!(instant(&written), Some(at));
            let _ = instant(&text);
        }
    }

    #[test]
    fn an_instant_without_a_zone_is_utc() {
        for (text, read) in [
            ("2026-06-18 13:38:05.000120", Some("2026-06-18T13:38:05.000120Z")),
            ("2026-06-18 13:38:05", Some("2026-06-18T13:38:05.000000Z")),
            ("2026-06-18T13:38:05.5", Some("2026-06-18T13:38:05.500000Z")),
            ("2026-06-18T14:38:05+01:00", Some("2026-06-18T13:38:05.000000Z")),
            ("1969-12-31 23:59:59", None),
            ("2026-06-18", None),
            ("", None),
        ] {
            assert_eq!(instant(text).map(Timestamp::rfc3339).as_deref(), read, "{text}");
        }
    }
}
