//! An entry as a program sent it: what it said, with what it did not say filled in, and whether that is what stands.

use super::{
    log::NewLog,
    object::{Column, Row},
};

/// Which columns were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Said(u16);

impl Said {
    /// Adds a column; whether it was not there yet.
    pub fn add(&mut self, column: Column) -> bool {
        let new = !self.has(column);
        self.0 |= bit(column);
        new
    }

    /// Only those of the columns that are to count.
    pub fn keep(&mut self, counts: impl Fn(Column) -> bool) {
        for column in Column::ALL.into_iter().filter(|column| !counts(*column)) {
            self.0 &= !bit(column);
        }
    }

    /// Whether a column was given.
    #[must_use]
    pub fn has(self, column: Column) -> bool {
        self.0 & bit(column) != 0
    }
}

const fn bit(column: Column) -> u16 {
    1 << column as u16
}

/// An entry as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The entry, with defaults where nothing was said.
    pub log: NewLog,
    /// What was said.
    pub said: Said,
}

impl Sent {
    /// Compares what was said with an entry that stands under the same id; the first column that says otherwise.
    ///
    /// What it refers to may have been deleted since, which is no difference. `extra` is compared as JSON.
    #[must_use]
    pub fn differs(&self, stored: &Row) -> Option<Column> {
        let mine = row(&self.log);
        Column::ALL.into_iter().filter(|column| self.said.has(*column)).find(|column| {
            let (sent, stands) = (mine.text(*column), stored.text(*column));
            match column {
                Column::MemberId | Column::BookingId => stands.is_some() && sent != stands,
                Column::Extra => sent != stands && !same_json(sent.as_deref(), stands.as_deref()),
                _ => sent != stands,
            }
        })
    }
}

/// Whether two texts are the same JSON: the order of keys and the white space between do not count.
fn same_json(one: Option<&str>, other: Option<&str>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let read = |text| serde_json::from_str::<serde_json::Value>(text).ok();
    // What is nested too deeply to be read is the same where its text is.
    matches!((read(one), read(other)), (Some(one), Some(other)) if one == other)
}

/// An entry to be written as it will be read.
#[must_use]
pub fn row(log: &NewLog) -> Row {
    let log = log.clone();
    Row {
        id: log.id,
        timestamp: log.timestamp,
        member_id: log.member_id,
        member_email: log.member_email,
        action_type: Some(log.action_type),
        area: Some(log.area),
        description: Some(log.description),
        status: Some(log.status),
        booking_id: log.booking_id,
        error_message: log.error_message,
        error_detail: log.error_detail,
        ip_address: log.ip_address,
        user_agent: log.user_agent,
        extra: log.extra,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::core::time::Timestamp;

    fn sent(said: &[Column]) -> Sent {
        let log = NewLog {
            id: Uuid::from_u128(1),
            timestamp: Timestamp::from_micros(5),
            member_id: Some(Uuid::from_u128(2)),
            member_email: None,
            action_type: "login".to_owned(),
            area: "a".to_owned(),
            description: "d".to_owned(),
            status: "success".to_owned(),
            booking_id: None,
            error_message: None,
            error_detail: None,
            ip_address: None,
            user_agent: None,
            extra: Some(r#"{"a":1,"b":[2, 3]}"#.to_owned()),
        };
        let mut given = Said::default();
        for column in said {
            assert!(given.add(*column));
        }
        Sent { log, said: given }
    }

    #[test]
    fn only_what_was_said_counts() {
        let all = sent(&Column::ALL);
        let stored = row(&all.log);
        assert_eq!(all.differs(&stored), None);
        let other = Row { timestamp: Timestamp::from_micros(6), description: Some("e".to_owned()), ..stored.clone() };
        assert_eq!(all.differs(&other), Some(Column::Timestamp));
        assert_eq!(sent(&[Column::Description, Column::Id]).differs(&other), Some(Column::Description));
        assert_eq!(sent(&[Column::Id, Column::Area]).differs(&other), None);
    }

    #[test]
    fn what_was_deleted_since_is_no_difference_and_extra_is_compared_as_json() {
        let all = sent(&Column::ALL);
        let stored = row(&all.log);
        assert_eq!(all.differs(&Row { member_id: None, ..stored.clone() }), None);
        assert_eq!(all.differs(&Row { member_id: Some(Uuid::nil()), ..stored.clone() }), Some(Column::MemberId));
        // Said to be none, and there is one.
        assert_eq!(all.differs(&Row { booking_id: Some(Uuid::nil()), ..stored.clone() }), Some(Column::BookingId));
        let extra = |text: &str| Row { extra: Some(text.to_owned()), ..stored.clone() };
        assert_eq!(all.differs(&extra(r#"{ "b":[2,3], "a":1 }"#)), None);
        assert_eq!(all.differs(&extra(r#"{"b":[3,2],"a":1}"#)), Some(Column::Extra));
        assert_eq!(all.differs(&Row { extra: None, ..stored.clone() }), Some(Column::Extra));
    }
}
