//! An entry as other programs get it: its columns by name, a cell of a table, an object of JSON.

use std::borrow::Cow;

use serde::{
    Serialize, Serializer,
    ser::{Error as _, SerializeMap as _},
};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::core::time::Timestamp;

/// A column of the record, by the name that it has in the database, in query strings and in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// `id`
    Id,
    /// `timestamp`
    Timestamp,
    /// `member_id`
    MemberId,
    /// `member_email`
    MemberEmail,
    /// `action_type`
    ActionType,
    /// `area`
    Area,
    /// `description`
    Description,
    /// `status`
    Status,
    /// `booking_id`
    BookingId,
    /// `error_message`
    ErrorMessage,
    /// `error_detail`
    ErrorDetail,
    /// `ip_address`
    IpAddress,
    /// `user_agent`
    UserAgent,
    /// `extra`
    Extra,
}

impl Column {
    /// All of them, in the order of the object.
    pub const ALL: [Self; 14] = [
        Self::Id,
        Self::Timestamp,
        Self::MemberId,
        Self::MemberEmail,
        Self::ActionType,
        Self::Area,
        Self::Description,
        Self::Status,
        Self::BookingId,
        Self::ErrorMessage,
        Self::ErrorDetail,
        Self::IpAddress,
        Self::UserAgent,
        Self::Extra,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Timestamp => "timestamp",
            Self::MemberId => "member_id",
            Self::MemberEmail => "member_email",
            Self::ActionType => "action_type",
            Self::Area => "area",
            Self::Description => "description",
            Self::Status => "status",
            Self::BookingId => "booking_id",
            Self::ErrorMessage => "error_message",
            Self::ErrorDetail => "error_detail",
            Self::IpAddress => "ip_address",
            Self::UserAgent => "user_agent",
            Self::Extra => "extra",
        }
    }

    /// Whether only those who see details see it.
    #[must_use]
    pub const fn is_detail(self) -> bool {
        matches!(self, Self::ErrorMessage | Self::ErrorDetail | Self::IpAddress | Self::UserAgent | Self::Extra)
    }

    /// Reads a choice: names, several in a value with commas between, each once, in the order asked for. None is all.
    ///
    /// # Errors
    /// A sentence that names what is no column, and what the columns are.
    pub fn choose<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Vec<Self>, String> {
        /// How many unknown names a message lists, and how much of each.
        const LISTED: usize = 5;
        const SHOWN: usize = 40;
        let mut chosen: Vec<Self> = Vec::new();
        let mut unknown: Vec<&str> = Vec::new();
        let names = values.into_iter().flat_map(|value| value.split(',')).map(str::trim);
        for name in names.filter(|name| !name.is_empty()) {
            match Self::ALL.into_iter().find(|column| column.name() == name) {
                Some(column) if !chosen.contains(&column) => chosen.push(column),
                Some(_) => {}
                None if unknown.contains(&name) => {}
                None => unknown.push(name),
            }
        }
        if unknown.is_empty() {
            return Ok(if chosen.is_empty() { Self::ALL.to_vec() } else { chosen });
        }
        let shorten = |name: &&str| format!("“{}”", name.chars().take(SHOWN).collect::<String>());
        let listed: Vec<String> = unknown.iter().take(LISTED).map(shorten).collect();
        let verb = if unknown.len() == 1 { "is no column" } else { "are no columns" };
        let more = if unknown.len() > LISTED { " and others" } else { "" };
        let all: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
        Err(format!("{}{more} {verb}. The columns are {}.", listed.join(", "), all.join(", ")))
    }
}

/// An entry with everything that was asked for of it; what was not is absent.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// The entry's name.
    pub id: Uuid,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Who.
    pub member_id: Option<Uuid>,
    /// Their e-mail at that time.
    pub member_email: Option<String>,
    /// What kind of thing happened.
    pub action_type: Option<String>,
    /// Where.
    pub area: Option<String>,
    /// What happened, for people.
    pub description: Option<String>,
    /// How it went.
    pub status: Option<String>,
    /// The booking it is about.
    pub booking_id: Option<Uuid>,
    /// The error in a line.
    pub error_message: Option<String>,
    /// The traceback.
    pub error_detail: Option<String>,
    /// Where the request came from, as recorded.
    pub ip_address: Option<String>,
    /// The browser, as sent.
    pub user_agent: Option<String>,
    /// Anything else: JSON, as the text that came.
    pub extra: Option<String>,
}

impl Row {
    /// What stands in a column, as text: instants in UTC with six decimals, ids with dashes, the rest as it came.
    #[must_use]
    pub fn text(&self, column: Column) -> Option<Cow<'_, str>> {
        let id = |id: Uuid| Cow::Owned(id.to_string());
        let text = match column {
            Column::Id => return Some(id(self.id)),
            Column::Timestamp => return Some(Cow::Owned(self.timestamp.rfc3339())),
            Column::MemberId => return self.member_id.map(id),
            Column::BookingId => return self.booking_id.map(id),
            Column::MemberEmail => &self.member_email,
            Column::ActionType => &self.action_type,
            Column::Area => &self.area,
            Column::Description => &self.description,
            Column::Status => &self.status,
            Column::ErrorMessage => &self.error_message,
            Column::ErrorDetail => &self.error_detail,
            Column::IpAddress => &self.ip_address,
            Column::UserAgent => &self.user_agent,
            Column::Extra => &self.extra,
        };
        text.as_deref().map(Cow::Borrowed)
    }
}

/// An entry as an object of JSON: these of its columns, absent values `null`, `extra` as the JSON text that came.
#[derive(Debug, Clone, Copy)]
pub struct Object<'a> {
    /// The entry.
    pub row: &'a Row,
    /// Its columns, in their order.
    pub columns: &'a [Column],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for &column in self.columns {
            match self.row.text(column) {
                Some(text) if column == Column::Extra => match json(&text) {
                    Some(text) => {
                        let raw: &RawValue = serde_json::from_str(&text).map_err(S::Error::custom)?;
                        map.serialize_entry(column.name(), raw)?;
                    }
                    None => map.serialize_entry(column.name(), &text)?,
                },
                text => map.serialize_entry(column.name(), &text)?,
            }
        }
        map.end()
    }
}

/// A text that is JSON, on one line: a line is an entry. A break stands only between the parts of JSON, never in a
/// string, so a space says the same. None where it is no JSON.
fn json(text: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str::<&RawValue>(text).ok()?;
    Some(if text.contains(['\n', '\r']) { Cow::Owned(text.replace(['\n', '\r'], " ")) } else { Cow::Borrowed(text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(extra: &str) -> Row {
        Row {
            id: Uuid::from_u128(0x018F_2B6E_41AA_7C19_9F3E_5B0D_7C2A_9E11),
            timestamp: Timestamp::from_micros(1_781_789_885_000_120),
            member_id: None,
            member_email: None,
            action_type: Some("error".to_owned()),
            area: Some("a\"b\\".to_owned()),
            description: Some("two\nlines \u{2028}".to_owned()),
            status: Some("error".to_owned()),
            booking_id: None,
            error_message: None,
            error_detail: Some("x".to_owned()),
            ip_address: Some(String::new()),
            user_agent: None,
            extra: Some(extra.to_owned()),
        }
    }

    fn object(row: &Row, columns: &[Column]) -> String {
        serde_json::to_string(&Object { row, columns }).expect("JSON")
    }

    #[test]
    fn the_object_has_every_field_in_its_order() {
        assert_eq!(
            object(&row(r#"{"b":1, "a": 1e400000}"#), &Column::ALL),
            r#"{"id":"018f2b6e-41aa-7c19-9f3e-5b0d7c2a9e11","timestamp":"2026-06-18T13:38:05.000120Z","member_id":null,"member_email":null,"action_type":"error","area":"a\"b\\","description":"two\nlines #,"status":"error","booking_id":null,"error_message":null,"error_detail":"x","ip_address":"","user_agent":null,"extra":{"b":1, "a": 1e400000}}"#
                .replace('#', "\u{2028}\"")
        );
    }

    #[test]
    fn extra_is_the_text_that_came_on_one_line() {
        for (stored, written) in [
            (r#"{"a" : 1.0, "a":"\ud800\u0041", "n":12345678901234567890.10}"#, None),
            ("null", None),
            ("[1]", None),
            ("{\r\n  \"a\": \"x\\n\"\n}", Some("{    \"a\": \"x\\n\" }")),
            ("{\"a\": 1", Some("\"{\\\"a\\\": 1\"")),
            ("", Some("\"\"")),
            ("{} x", Some("\"{} x\"")),
        ] {
            let expected = format!("{{\"extra\":{}}}", written.unwrap_or(stored));
            assert_eq!(object(&row(stored), &[Column::Extra]), expected, "{stored}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(object(&row(&deep), &[Column::Extra]), format!("{{\"extra\":{deep}}}"));
    }

    #[test]
    fn columns_are_chosen_by_name_in_the_order_asked_for() {
        use Column::{Area, Id, Status};
        for (values, chosen) in [
            (&["status,id"][..], vec![Status, Id]),
            (&["status", " id , area", "id"], vec![Status, Id, Area]),
            (&[" , "], Column::ALL.to_vec()),
            (&[], Column::ALL.to_vec()),
        ] {
            assert_eq!(Column::choose(values.iter().copied()), Ok(chosen), "{values:?}");
        }
        let error = Column::choose(["id,ip,ID", "ip"]).expect_err("an error");
        assert!(error.starts_with("“ip”, “ID” are no columns. The columns are id, timestamp, member_id,"), "{error}");
        let error = Column::choose(["x".repeat(90).as_str()]).expect_err("an error");
        assert!(error.starts_with(&format!("“{}” is no column.", "x".repeat(40))), "{error}");
    }
}
