//! An entry out of the JSON that a program sends: the entry with what it said, or everything that is wrong with it.

use uuid::Uuid;

use crate::{
    core::time::Timestamp,
    logs::{
        json::{self, NoParts, Part},
        log::NewLog,
        object::Column,
        sent::{Said, Sent},
        write::checked::References,
    },
};

/// The largest `extra`, in bytes, and how deeply it may be nested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes.
    pub extra: usize,
    /// Levels of arrays and objects.
    pub depth: usize,
    /// Whether what was kept once is taken as it is: strings of `extra` with escapes that are no character, and an
    /// action, an area, a status or an e-mail that is blank, which no filter could ask for.
    pub lenient: bool,
}

impl Limits {
    /// What programs may send.
    pub const API: Self = Self { extra: 256 * 1024, depth: 64, lenient: false };
    /// What a file may hold that was exported: it stood in a log already, where nothing but nesting has an end.
    pub const FILE: Self = Self { extra: usize::MAX, depth: 1_000, lenient: true };
}

/// What is wrong with a field, or with the whole entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field; none where the whole cannot be read.
    pub field: Option<String>,
    /// Why, after “it”.
    pub reason: String,
}

impl Wrong {
    fn field(name: &str, reason: impl Into<String>) -> Self {
        /// How much of a name that is no field of ours is repeated.
        const SHOWN: usize = 80;
        Self { field: Some(name.chars().take(SHOWN).collect()), reason: reason.into() }
    }

    /// Whether the text is not even an object.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.field.is_none()
    }
}

/// Reads an entry. What was not said is filled in: a fresh id, `now`, and the status of a success.
///
/// # Errors
/// Everything that is wrong.
pub fn read(text: &str, limits: Limits, now: Timestamp) -> Result<Sent, Vec<Wrong>> {
    let parts = json::parts(text).map_err(|why| {
        let reason = match why {
            NoParts::NotJson => "is not JSON",
            NoParts::NotAnObject => "is not a JSON object",
        };
        vec![Wrong { field: None, reason: reason.to_owned() }]
    })?;
    let mut reader = Reader { wrong: Vec::new(), seen: Said::default(), said: Said::default() };
    let mut log = blank(now);
    for part in parts {
        reader.take(&part, &mut log, limits);
    }
    reader.finish(log)
}

/// What an entry that cannot be stored refers to, as far as that can be read.
#[must_use]
pub fn references(text: &str) -> References {
    let parts = json::parts(text).unwrap_or_default();
    let id = |column: Column| {
        let mut all = parts.iter().filter(|part| part.name == column.name());
        // What stands twice is refused for that.
        let (Some(part), None) = (all.next(), all.next()) else { return None };
        read_id(part.text.as_deref()).ok()
    };
    References { id: id(Column::Id), member_id: id(Column::MemberId), booking_id: id(Column::BookingId) }
}

/// An entry of which nothing is known.
fn blank(now: Timestamp) -> NewLog {
    NewLog {
        id: fresh_id(now),
        timestamp: now,
        member_id: None,
        member_email: None,
        action_type: String::new(),
        area: String::new(),
        description: String::new(),
        status: "success".to_owned(),
        booking_id: None,
        error_message: None,
        error_detail: None,
        ip_address: None,
        user_agent: None,
        extra: None,
    }
}

/// An id that sorts by when it was made.
fn fresh_id(now: Timestamp) -> Uuid {
    let micros = u64::try_from(now.micros()).unwrap_or_default();
    let (seconds, nanos) = (micros / 1_000_000, u32::try_from(micros % 1_000_000 * 1_000).unwrap_or_default());
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
}

struct Reader {
    wrong: Vec<Wrong>,
    /// What stands in it.
    seen: Said,
    /// What it says: `null` for what has a default says nothing.
    said: Said,
}

impl Reader {
    fn take(&mut self, part: &Part<'_>, log: &mut NewLog, limits: Limits) {
        let Some(column) = Column::ALL.into_iter().find(|column| column.name() == part.name) else {
            return self
                .wrong
                .push(Wrong::field(&part.name, part.flaw.map_or("is no field of an entry", json::Flaw::reason)));
        };
        if !self.seen.add(column) {
            return self.bad(column, "stands twice");
        }
        let has_default = matches!(column, Column::Id | Column::Timestamp | Column::Status);
        if !(part.is_null() && has_default) {
            self.said.add(column);
        }
        if let Some(flaw) = part.flaw.filter(|_| column != Column::Extra || !limits.lenient) {
            return self.bad(column, flaw.reason());
        }
        let is_asked_for = matches!(column, Column::ActionType | Column::Area | Column::Status);
        if is_asked_for && !limits.lenient && part.text.as_deref().is_some_and(is_blank) {
            return self.bad(column, EMPTY);
        }
        match column {
            Column::Id => self.put(column, part, read_id, &mut log.id),
            Column::Timestamp => self.put(column, part, read_instant, &mut log.timestamp),
            Column::MemberId => log.member_id = self.given(column, part, read_id),
            Column::BookingId => log.booking_id = self.given(column, part, read_id),
            Column::MemberEmail => log.member_email = self.given(column, part, read_text),
            Column::ErrorMessage => log.error_message = self.given(column, part, read_text),
            Column::ErrorDetail => log.error_detail = self.given(column, part, read_text),
            Column::IpAddress => log.ip_address = self.given(column, part, read_text),
            Column::UserAgent => log.user_agent = self.given(column, part, read_text),
            Column::Status => self.put(column, part, read_text, &mut log.status),
            Column::ActionType => self.put_required(column, part, &mut log.action_type),
            Column::Area => self.put_required(column, part, &mut log.area),
            Column::Description => self.put_required(column, part, &mut log.description),
            Column::Extra if part.is_null() => {}
            Column::Extra if part.json.len() > limits.extra => {
                self.bad(column, format!("is longer than {} bytes", limits.extra));
            }
            Column::Extra if part.depth > limits.depth => {
                self.bad(column, format!("is nested more than {} levels deep", limits.depth));
            }
            Column::Extra => log.extra = Some(part.json.to_owned()),
        }
    }

    fn bad(&mut self, column: Column, reason: impl Into<String>) {
        self.wrong.push(Wrong::field(column.name(), reason));
    }

    /// A value that may be absent.
    fn given<T>(&mut self, column: Column, part: &Part<'_>, read: Read<T>) -> Option<T> {
        if part.is_null() {
            return None;
        }
        read(part.text.as_deref()).map_err(|reason| self.bad(column, reason)).ok()
    }

    /// A value that has a default, which `null` leaves as it is.
    fn put<T>(&mut self, column: Column, part: &Part<'_>, read: Read<T>, into: &mut T) {
        if let Some(value) = self.given(column, part, read) {
            *into = value;
        }
    }

    /// A value that must be there.
    fn put_required(&mut self, column: Column, part: &Part<'_>, into: &mut String) {
        if part.is_null() {
            self.bad(column, REQUIRED);
        } else {
            self.put(column, part, read_text, into);
        }
    }

    fn finish(mut self, log: NewLog) -> Result<Sent, Vec<Wrong>> {
        for column in [Column::ActionType, Column::Area, Column::Description] {
            if !self.seen.has(column) {
                self.bad(column, REQUIRED);
            }
        }
        self.wrong.extend(log.problems().into_iter().map(|bad| Wrong::field(bad.field, bad.reason)));
        if self.wrong.is_empty() { Ok(Sent { log, said: self.said }) } else { Err(self.wrong) }
    }
}

const REQUIRED: &str = "is needed";

/// Why a blank text is refused where it is to be found by.
pub const EMPTY: &str = "is empty";

/// Whether a text is empty or nothing but white space.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Reads the content of a string, or says why it cannot be the value; none where the value is no string.
type Read<T> = fn(Option<&str>) -> Result<T, &'static str>;

fn read_text(text: Option<&str>) -> Result<String, &'static str> {
    text.map(str::to_owned).ok_or("is not a string")
}

fn read_id(text: Option<&str>) -> Result<Uuid, &'static str> {
    text.and_then(|text| Uuid::parse_str(text).ok()).ok_or("is not a UUID")
}

fn read_instant(text: Option<&str>) -> Result<Timestamp, &'static str> {
    text.and_then(Timestamp::parse_rfc3339)
        .ok_or("is not an instant of the years 1970 to 9999 with an offset, such as 2026-06-18T13:38:05.120000Z")
}

/// Reads an entry out of the cells of a table, as `logs::export` writes it: an empty cell is an absent value.
///
/// # Errors
/// Everything that is wrong.
pub fn read_cells<'a>(
    cells: impl IntoIterator<Item = (Column, &'a str)>,
    limits: Limits,
    now: Timestamp,
) -> Result<Sent, Vec<Wrong>> {
    let mut reader = Reader { wrong: Vec::new(), seen: Said::default(), said: Said::default() };
    let mut log = blank(now);
    for (column, cell) in cells {
        let cell = plain(cell);
        let is_required = matches!(column, Column::ActionType | Column::Area | Column::Description);
        if cell.is_empty() && !is_required {
            continue;
        }
        if column == Column::Extra {
            // In an object it is read as the same in a line is.
            let object = format!("{{\"extra\":{cell}}}");
            match json::parts(&object).as_deref() {
                Ok([part]) => reader.take(part, &mut log, limits),
                _ => reader.bad(column, "is not JSON"),
            }
            continue;
        }
        let part = Part {
            name: column.name().to_owned(),
            json: "",
            text: Some(cell.to_owned()),
            depth: 0,
            flaw: cell.contains('\0').then_some(json::Flaw::Nul),
        };
        reader.take(&part, &mut log, limits);
    }
    reader.finish(log)
}

/// A cell without the sign that keeps a spreadsheet from computing it.
fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::{object::Object, sent::row};

    const NOW: Timestamp = Timestamp::from_micros(1_781_789_885_000_120);

    fn wrong(text: &str) -> Vec<(Option<String>, String)> {
        let wrong = read(text, Limits::API, NOW).expect_err(text);
        wrong.into_iter().map(|wrong| (wrong.field, wrong.reason)).collect()
    }

    fn fields(text: &str) -> Vec<String> {
        wrong(text).into_iter().filter_map(|(field, _)| field).collect()
    }

    #[test]
    fn what_was_not_said_is_filled_in() {
        let text =
            r#"{"action_type":"login","area":"a","description":"d","extra":null,"status":null,"member_id":null}"#;
        let sent = read(text, Limits::API, NOW).expect("an entry");
        assert_eq!((sent.log.timestamp, sent.log.status.as_str(), sent.log.extra), (NOW, "success", None));
        assert_eq!(sent.log.id.get_version_num(), 7);
        assert!(sent.said.has(Column::Extra) && !sent.said.has(Column::Id));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let long = "x".repeat(65);
        let text = format!(
            r#"{{"id":"x","timestamp":"2026-06-18","action_type":"{long}","area":7,"status":"\u0000","nope":1,"user_agent":"\ud800","extra":{{"a":["\u0000"]}},"ip_address":"1","ip_address":"2"}}"#
        );
        assert_eq!(
            fields(&text),
            [
                "id",
                "timestamp",
                "area",
                "status",
                "nope",
                "user_agent",
                "extra",
                "ip_address",
                "description",
                "action_type"
            ]
        );
    }

    #[test]
    fn what_is_no_object_is_wrong_as_a_whole() {
        for text in ["", "[]", "{", "null", "{\"a\":1}x"] {
            assert!(wrong(text)[0].0.is_none(), "{text}");
        }
    }

    #[test]
    fn extra_is_bounded_in_size_and_depth_and_kept_as_it_came() {
        let entry = |extra: &str| format!(r#"{{"action_type":"a","area":"a","description":"d","extra":{extra}}}"#);
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        let kept = r#"{ "b" : 1e400, "a":12345678901234567890.10 }"#;
        let sent = read(&entry(kept), Limits::API, NOW).expect("an entry");
        assert_eq!(sent.log.extra.as_deref(), Some(kept));
        assert!(read(&entry(&nested(64)), Limits::API, NOW).is_ok());
        assert_eq!(fields(&entry(&nested(65))), ["extra"]);
        assert_eq!(fields(&entry(&nested(100_000))), ["extra"]);
        assert_eq!(fields(&entry(&format!("\"{}\"", "x".repeat(256 * 1024)))), ["extra"]);
        assert!(read(&entry(&nested(1_000)), Limits::FILE, NOW).is_ok());
        assert!(read(&entry(&nested(100_000)), Limits::FILE, NOW).is_err());
        let escapes = r#"{"a":"\ud800"}"#;
        assert_eq!(fields(&entry(escapes)), ["extra"]);
        let sent = read(&entry(escapes), Limits::FILE, NOW).expect("an entry");
        assert_eq!(sent.log.extra.as_deref(), Some(escapes));
    }

    #[test]
    fn a_cell_is_read_as_it_was_before_it_was_kept_from_being_a_formula() {
        for (cell, text) in [("'=1+1", "=1+1"), ("'a", "'a"), ("'-x", "-x"), ("-", "-"), ("''", "''")] {
            assert_eq!(plain(cell), text);
        }
        let cells = [(Column::ActionType, "a"), (Column::Area, "b"), (Column::Description, ""), (Column::Status, "")];
        let sent = read_cells(cells, Limits::FILE, NOW).expect("an entry");
        assert_eq!((sent.log.status.as_str(), sent.log.description.as_str()), ("success", ""));
        let bad = read_cells([(Column::Extra, "{"), (Column::Area, "a")], Limits::FILE, NOW).expect_err("bad");
        assert_eq!(bad.len(), 3);
    }

    proptest! {
        #[test]
        fn what_an_export_writes_reads_back(
            action in "[^\0]{0,64}", area in "[^\0]{0,80}", detail in proptest::option::of("[^\0]{0,80}"),
            micros in 0_i64..=253_402_300_799_999_999, member in proptest::option::of(any::<u128>()),
        ) {
            let log = NewLog {
                id: Uuid::from_u128(7),
                timestamp: Timestamp::from_micros(micros),
                member_id: member.map(Uuid::from_u128),
                action_type: action,
                area,
                error_detail: detail,
                extra: Some(r#"{"a": "\ud83d\ude00"}"#.to_owned()),
                ..blank(NOW)
            };
            let stored = row(&log);
            let line = serde_json::to_string(&Object { row: &stored, columns: &Column::ALL }).expect("JSON");
            let sent = read(&line, Limits::FILE, NOW).expect("an entry");
            prop_assert_eq!(&sent.log, &log);
            prop_assert_eq!(sent.differs(&stored), None);
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,60}") {
            let _ = read(&text, Limits::API, NOW);
        }

        #[test]
        fn any_cell_is_read_without_a_panic_and_kept_but_for_its_guard(cell in "[^\0]{1,60}", extra in ".{0,20}") {
            let cells = [(Column::ActionType, "a"), (Column::Area, "b"), (Column::Description, "c"), (Column::ErrorDetail, cell.as_str())];
            let sent = read_cells(cells, Limits::FILE, NOW).expect("an entry");
            let kept = sent.log.error_detail.unwrap_or_default();
            prop_assert!(kept == cell || cell == format!("'{kept}"), "{} {}", kept, cell);
            let _ = read_cells([(Column::Extra, extra.as_str())], Limits::FILE, NOW);
        }
    }
}
