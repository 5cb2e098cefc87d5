//! Rows out of the file of an application, as SQLAlchemy writes them into SQLite: ids as 32 hex digits, instants as text
//! in UTC without a zone, `extra` as text in a column that takes it for a number where it can.

use std::collections::{HashSet, VecDeque};

use anyhow::{Result, bail};
use chrono::NaiveDateTime;
use uuid::Uuid;

use super::{Came, Read, people, walk::Walk};
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

/// An id as text: one of sixteen bytes is written as its digits. What follows it in the select list comes after.
macro_rules! id_cell {
    ($column:literal, $then:literal) => {
        concat!(
            "CAST(CASE WHEN typeof(",
            $column,
            ") = 'blob' AND length(",
            $column,
            ") = 16 THEN hex(",
            $column,
            ") ELSE ",
            $column,
            " END AS BLOB)",
            $then
        )
    };
}

/// Rows of one question,
const ROWS: usize = BATCH;
/// and how many bytes they hold together, unless one alone holds more.
const BYTES: i64 = 16 * 1024 * 1024;

/// How many bytes a cell holds, which SQLite knows without reading them.
macro_rules! size {
    ($column:literal) => {
        concat!(" + coalesce(octet_length(", $column, "), 0)")
    };
}

/// The beginning of a text of which at most 255 characters are kept.
macro_rules! beginning {
    ($column:literal) => {
        concat!("substr(CAST(", $column, " AS BLOB), 1, 2048)")
    };
}

/// The rows of another database.
pub struct Rows {
    db: Db,
    address: Address,
    columns: HashSet<String>,
    length: u64,
    read: u64,
    walk: Walk,
    /// How long the next rows are.
    sizes: VecDeque<i64>,
}

/// A cell as it stands in the file. SQLite keeps whatever it was given, so that it may be no text.
type Cell = Option<Vec<u8>>;

/// A row in the order of [`Column::ALL`].
#[derive(sqlx::FromRow)]
struct Raw {
    id: Cell,
    timestamp: Cell,
    member_id: Cell,
    member_email: Cell,
    action_type: Cell,
    area: Cell,
    description: Cell,
    status: Cell,
    booking_id: Cell,
    error_message: Cell,
    error_detail: Cell,
    ip_address: Cell,
    user_agent: Cell,
    extra: Cell,
    /// Where it stands, for the walk.
    kind: String,
    key: Vec<u8>,
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
        let encoding: Option<(String,)> = db.fetch_optional(Sql::new("PRAGMA encoding")).await.map_err(line)?;
        if let Some((encoding,)) = encoding.filter(|(name,)| name != "UTF-8") {
            bail!(
                "--from: {address} keeps its text as {encoding}; sqlite3 OLD.db .dump | sqlite3 NEW.db makes a copy in UTF-8"
            );
        }
        let count: Option<(i64,)> =
            db.fetch_optional(Sql::new("SELECT count(*) FROM audit_logs")).await.map_err(line)?;
        let length = count.map_or(0, |(n,)| u64::try_from(n).unwrap_or_default());
        let walk = Walk::of(&db, address, "audit_logs", &columns).await?;
        Ok(Self { db, address: address.clone(), columns, length, read: 0, walk, sizes: VecDeque::new() })
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
            let select = Sql::new(concat!("SELECT ", id_cell!("id", ", "))).text(or_null(
                &members,
                "email",
                beginning!("email"),
            ));
            let select = select.text(", ").text(or_null(&members, "name", beginning!("name")));
            let mut walk = Walk::of(&self.db, &self.address, "members", &members).await?;
            loop {
                let rows = self.people(&select, &mut walk).await?;
                if rows.is_empty() {
                    break;
                }
                let member = |(id, email, name, ..): &Person| {
                    Some(NewMember {
                        id: uuid(id)?,
                        email: people::fitting(text(email), people::LONGEST),
                        name: people::fitting(text(name), people::LONGEST),
                    })
                };
                let batch = Batch { members: rows.iter().filter_map(member).collect(), ..Batch::default() };
                write::write(into, &batch).await.map_err(line)?;
            }
        }
        let bookings = columns(&self.db, "bookings").await?;
        if bookings.contains("id") {
            let select = Sql::new(concat!("SELECT ", id_cell!("id", ", "))).text(or_null(
                &bookings,
                "member_id",
                id_cell!("member_id", ""),
            ));
            let select = select.text(", ").text(or_null(&bookings, "service_type", beginning!("service_type")));
            let mut walk = Walk::of(&self.db, &self.address, "bookings", &bookings).await?;
            loop {
                let rows = self.people(&select, &mut walk).await?;
                if rows.is_empty() {
                    break;
                }
                let booking = |(id, member, service, ..): &Person| {
                    Some(NewBooking {
                        id: uuid(id)?,
                        member_id: uuid(member),
                        service_type: people::fitting(text(service), people::LONGEST_SERVICE),
                    })
                };
                people::write_bookings(into, rows.iter().filter_map(booking).collect()).await?;
            }
        }
        Ok(())
    }

    async fn people(&self, select: &Sql, walk: &mut Walk) -> Result<Vec<Person>> {
        let rows: Vec<Person> = self.db.fetch_all(walk.ahead(select.clone(), ROWS)).await.map_err(line)?;
        if let Some((.., kind, key)) = rows.last() {
            walk.come_to(kind, key.clone())?;
        }
        Ok(rows)
    }

    /// How many rows are read next: they may be of any length.
    async fn count(&mut self) -> Result<usize> {
        if self.sizes.is_empty() {
            let has = |column: &Column| self.columns.contains(column.name());
            let sum = Column::ALL.into_iter().filter(has).map(size).fold(Sql::new("SELECT 0"), Sql::text);
            let sizes: Vec<(i64,)> = self.db.fetch_all(self.walk.ahead(sum, ROWS)).await.map_err(line)?;
            self.sizes = sizes.into_iter().map(|(size,)| size).collect();
        }
        let (mut count, mut bytes) = (0, 0);
        while let Some(size) = self.sizes.pop_front_if(|size| count == 0 || bytes + *size <= BYTES) {
            count += 1;
            bytes += size;
        }
        Ok(count)
    }

    /// The next rows; none at the end.
    pub async fn next(&mut self, now: Timestamp) -> Result<Vec<Read>> {
        let count = self.count().await?;
        let list = Column::ALL.into_iter().fold(Sql::new("SELECT "), |sql, column| {
            let sql = if column == Column::Id { sql } else { sql.text(", ") };
            let (cast, null) = select(column);
            sql.text(if self.columns.contains(column.name()) { cast } else { null })
        });
        let rows: Vec<Raw> = self.db.fetch_all(self.walk.ahead(list, count)).await.map_err(line)?;
        if let Some(last) = rows.last() {
            self.walk.come_to(&last.kind, last.key.clone())?;
        }
        let first = self.read + 1;
        self.read += u64::try_from(rows.len()).unwrap_or_default();
        Ok((first..)
            .zip(rows)
            .map(|(at, row)| Read { at, came: Came::Text(row.as_json()), entry: row.entry(now) })
            .collect())
    }
}

/// An id and two texts, and where the row stands.
type Person = (Cell, Cell, Cell, String, Vec<u8>);

/// The text of a cell, with signs in place of what is no UTF-8.
fn text(cell: &Cell) -> Option<String> {
    cell.as_deref().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// The id in a cell, in any spelling.
fn uuid(cell: &Cell) -> Option<Uuid> {
    let text = std::str::from_utf8(cell.as_deref()?).ok()?;
    Uuid::parse_str(text.trim()).ok()
}

fn or_null(columns: &HashSet<String>, name: &str, cast: &'static str) -> &'static str {
    if columns.contains(name) { cast } else { "NULL" }
}

/// The names of a table's columns, in small letters, which SQLite does not tell from great ones; none where there is no
/// such table.
async fn columns(db: &Db, table: &str) -> Result<HashSet<String>> {
    let sql = Sql::new("SELECT lower(name) FROM pragma_table_info(").bind(table).text(")");
    let rows: Vec<(String,)> = db.fetch_all(sql).await.map_err(line)?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// What a column is in the select list, and what stands there where the table lacks it.
const fn select(column: Column) -> (&'static str, &'static str) {
    match column {
        Column::Id => (id_cell!("id", " AS id"), "NULL AS id"),
        Column::Timestamp => ("CAST(\"timestamp\" AS BLOB) AS \"timestamp\"", "NULL AS \"timestamp\""),
        Column::MemberId => (id_cell!("member_id", " AS member_id"), "NULL AS member_id"),
        Column::MemberEmail => ("CAST(member_email AS BLOB) AS member_email", "NULL AS member_email"),
        Column::ActionType => ("CAST(action_type AS BLOB) AS action_type", "NULL AS action_type"),
        Column::Area => ("CAST(area AS BLOB) AS area", "NULL AS area"),
        Column::Description => ("CAST(description AS BLOB) AS description", "NULL AS description"),
        Column::Status => ("CAST(status AS BLOB) AS status", "NULL AS status"),
        Column::BookingId => (id_cell!("booking_id", " AS booking_id"), "NULL AS booking_id"),
        Column::ErrorMessage => ("CAST(error_message AS BLOB) AS error_message", "NULL AS error_message"),
        Column::ErrorDetail => ("CAST(error_detail AS BLOB) AS error_detail", "NULL AS error_detail"),
        Column::IpAddress => ("CAST(ip_address AS BLOB) AS ip_address", "NULL AS ip_address"),
        Column::UserAgent => ("CAST(user_agent AS BLOB) AS user_agent", "NULL AS user_agent"),
        Column::Extra => ("CAST(extra AS BLOB) AS extra", "NULL AS extra"),
    }
}

/// What a column adds to the size of a row.
const fn size(column: Column) -> &'static str {
    match column {
        Column::Id => size!("id"),
        Column::Timestamp => size!("\"timestamp\""),
        Column::MemberId => size!("member_id"),
        Column::MemberEmail => size!("member_email"),
        Column::ActionType => size!("action_type"),
        Column::Area => size!("area"),
        Column::Description => size!("description"),
        Column::Status => size!("status"),
        Column::BookingId => size!("booking_id"),
        Column::ErrorMessage => size!("error_message"),
        Column::ErrorDetail => size!("error_detail"),
        Column::IpAddress => size!("ip_address"),
        Column::UserAgent => size!("user_agent"),
        Column::Extra => size!("extra"),
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
            pairs.map(|(column, cell)| (column.name().to_owned(), text(cell).into())).collect();
        serde_json::Value::Object(map).to_string()
    }

    fn entry(self, now: Timestamp) -> Result<Sent, Vec<Wrong>> {
        let mut wrong: Vec<Wrong> = Vec::new();
        let mut cells = Cells { wrong: &mut wrong };
        let log = NewLog {
            id: cells.id(Column::Id, &self.id, true).unwrap_or_default(),
            member_id: cells.id(Column::MemberId, &self.member_id, false),
            booking_id: cells.id(Column::BookingId, &self.booking_id, false),
            timestamp: cells.instant(self.timestamp).unwrap_or(now),
            member_email: cells.text(Column::MemberEmail, self.member_email),
            action_type: cells.needed(Column::ActionType, self.action_type),
            area: cells.needed(Column::Area, self.area),
            description: cells.needed(Column::Description, self.description),
            status: cells.text(Column::Status, self.status).unwrap_or_else(|| "success".to_owned()),
            error_message: cells.text(Column::ErrorMessage, self.error_message),
            error_detail: cells.text(Column::ErrorDetail, self.error_detail),
            ip_address: cells.text(Column::IpAddress, self.ip_address),
            user_agent: cells.text(Column::UserAgent, self.user_agent),
            // Python's None is written as JSON null.
            extra: cells.text(Column::Extra, self.extra).filter(|text| !json::is_absent(text)),
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

/// Reads the cells of a row, and keeps what is wrong with them.
struct Cells<'a> {
    wrong: &'a mut Vec<Wrong>,
}

impl Cells<'_> {
    fn bad(&mut self, column: Column, reason: &str) {
        self.wrong.push(Wrong { field: Some(column.name().to_owned()), reason: reason.to_owned() });
    }

    fn text(&mut self, column: Column, cell: Cell) -> Option<String> {
        String::from_utf8(cell?).map_err(|_| self.bad(column, "is not UTF-8")).ok()
    }

    fn needed(&mut self, column: Column, cell: Cell) -> String {
        if cell.is_none() {
            self.bad(column, "is needed");
        }
        self.text(column, cell).unwrap_or_default()
    }

    fn id(&mut self, column: Column, cell: &Cell, is_needed: bool) -> Option<Uuid> {
        let id = uuid(cell);
        match (cell, id) {
            (None, _) if is_needed => self.bad(column, "is needed"),
            (Some(_), None) => self.bad(column, "is not a UUID"),
            _ => {}
        }
        id
    }

    fn instant(&mut self, cell: Cell) -> Option<Timestamp> {
        let at = cell.and_then(|bytes| instant(std::str::from_utf8(&bytes).ok()?));
        if at.is_none() {
            self.bad(Column::Timestamp, "is not an instant of the years 1970 to 9999");
        }
        at
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
