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
