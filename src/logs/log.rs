//! The record: an entry of `audit_logs` as it is written and as it is read.

use uuid::Uuid;

use crate::core::time::Timestamp;

/// An entry to be written, in the model's columns. `extra` is the JSON text as it came.
///
/// Lengths (in characters): `member_email` 255, `action_type` 64, `area` 255, `description` 500,
/// `status` 16, `ip_address` 64, `user_agent` 512. No text holds a NUL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLog {
    /// The entry's name.
    pub id: Uuid,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Who; a row of `members`.
    pub member_id: Option<Uuid>,
    /// Their e-mail at that time.
    pub member_email: Option<String>,
    /// What kind of thing happened.
    pub action_type: String,
    /// Page or feature, a path.
    pub area: String,
    /// A one-liner for people.
    pub description: String,
    /// `success`, `warning`, `error`, or what else the application writes.
    pub status: String,
    /// The booking it is about; a row of `bookings`.
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

/// A row of `members` in an own database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// The member.
    pub id: Uuid,
    /// Their e-mail today.
    pub email: Option<String>,
    /// Their name.
    pub name: Option<String>,
}

/// A row of `bookings` in an own database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBooking {
    /// The booking.
    pub id: Uuid,
    /// Whose it is.
    pub member_id: Option<Uuid>,
    /// What was booked.
    pub service_type: Option<String>,
}

/// An entry of the list: everything but the traceback, and who it is about today.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Log {
    /// The entry's name.
    pub id: Uuid,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Who.
    pub member_id: Option<Uuid>,
    /// Their e-mail at that time.
    pub member_email: Option<String>,
    /// What kind of thing happened.
    pub action_type: String,
    /// Where.
    pub area: String,
    /// What happened, for people.
    pub description: String,
    /// How it went.
    pub status: String,
    /// The booking it is about.
    pub booking_id: Option<Uuid>,
    /// The error in a line; at most 1,000 characters of it.
    pub error_message: Option<String>,
    /// The name of the member with `member_id`, where `members` has one.
    pub member_name: Option<String>,
    /// The e-mail of the member with `member_id` today.
    pub current_email: Option<String>,
    /// Without `member_id`: the member who has `member_email` today.
    pub owner_id: Option<Uuid>,
    /// Their name.
    pub owner_name: Option<String>,
}

/// What only an entry's own page shows.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Details {
    /// The error, whole.
    pub error_message: Option<String>,
    /// The traceback.
    pub error_detail: Option<String>,
    /// Where the request came from, as recorded.
    pub ip_address: Option<String>,
    /// The browser, as sent.
    pub user_agent: Option<String>,
    /// Anything else: JSON, as the text that came.
    pub extra: Option<String>,
    /// What was booked, where `bookings` knows it.
    pub service_type: Option<String>,
}

/// Whom an entry is about. Pages tell these apart, and never say “deleted”: the log cannot know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A member.
    Known {
        /// Their id.
        id: Uuid,
        /// Their name, where `members` has one.
        name: Option<String>,
        /// Their e-mail: recorded, else today's.
        email: Option<String>,
    },
    /// Recorded with an e-mail alone, which somebody has today.
    WithoutAccount {
        /// Whose it is today.
        id: Uuid,
        /// Their name.
        name: Option<String>,
        /// The e-mail as recorded.
        email: String,
    },
    /// Recorded with an e-mail alone, which nobody has today.
    NoAccountNow {
        /// The e-mail as recorded.
        email: String,
    },
    /// Neither id nor e-mail.
    Anonymous,
}

/// Whether an entry of this action and status is an error, as the contract means it everywhere.
#[must_use]
pub fn is_error(action_type: &str, status: &str) -> bool {
    status == "error" || action_type == "error"
}

impl NewLog {
    /// An error, as the contract means it everywhere.
    #[must_use]
    pub fn is_error(&self) -> bool {
        is_error(&self.action_type, &self.status)
    }
}

impl Log {
    /// An error, as the contract means it everywhere.
    #[must_use]
    pub fn is_error(&self) -> bool {
        is_error(&self.action_type, &self.status)
    }

    /// Its place in the list.
    #[must_use]
    pub fn key(&self) -> crate::paging::Key {
        crate::paging::Key { timestamp: self.timestamp, id: self.id }
    }

    /// Whom it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        // What is blank names nobody.
        let email = self.member_email.clone().filter(|email| !email.trim().is_empty());
        match (self.member_id, email, self.owner_id) {
            (Some(id), email, _) => Subject::Known {
                id,
                name: self.member_name.clone().filter(|name| !name.trim().is_empty()),
                email: email.or_else(|| self.current_email.clone()),
            },
            (None, Some(email), Some(id)) => Subject::WithoutAccount {
                id,
                name: self.owner_name.clone().filter(|name| !name.trim().is_empty()),
                email,
            },
            (None, Some(email), None) => Subject::NoAccountNow { email },
            (None, None, _) => Subject::Anonymous,
        }
    }
}
