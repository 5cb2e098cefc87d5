//! What is sent and answered, for the document and the page; a test sends and gets each of them.

use serde_json::{Value, json};

use super::{Holds, Sends};

/// A member who is known.
pub const MEMBER: &str = "018f2b6e-0000-7c19-9f3e-5b0d7c2a9e11";
/// A booking that is known.
pub const BOOKING: &str = "018f2b6e-1111-7c19-9f3e-5b0d7c2a9e11";
/// An entry.
pub const ENTRY: &str = "018f2b6e-41aa-7c19-9f3e-5b0d7c2a9e11";

/// An entry as it is sent.
#[must_use]
pub fn entry() -> Value {
    json!({
        "id": ENTRY,
        "timestamp": "2026-06-18T13:38:05.000120Z",
        "member_id": MEMBER,
        "member_email": "hana.lindqvist@example.org",
        "action_type": "booking_created",
        "area": "members/bookings/new",
        "description": "Booked a group walk",
        "status": "success",
        "booking_id": BOOKING,
        "error_message": null,
        "error_detail": null,
        "ip_address": "203.0.113.24",
        "user_agent": "Mozilla/5.0",
        "extra": {"service_type": "group_walk"}
    })
}

/// What is sent.
#[must_use]
pub fn sent(sends: Sends) -> Value {
    match sends {
        Sends::Entries => entry(),
        Sends::Member => json!({"email": "hana.lindqvist@example.org", "name": "Hana Lindqvist"}),
        Sends::Booking => json!({"member_id": MEMBER, "service_type": "group_walk"}),
    }
}

/// Two entries as lines.
#[must_use]
pub fn lines() -> String {
    let second = json!({
        "id": "018f2b6e-41ab-7c19-9f3e-5b0d7c2a9e11",
        "timestamp": "2026-06-18T13:39:00+00:00",
        "action_type": "page_visit",
        "area": "members/dashboard",
        "description": "Opened the dashboard"
    });
    format!("{}\n{second}\n", entry())
}

/// What is answered.
#[must_use]
pub fn answered(holds: Holds) -> Option<Value> {
    match holds {
        Holds::Receipt => Some(json!({"created": 1, "duplicate": 0, "ids": [ENTRY]})),
        Holds::Entries => Some(json!({"entries": [entry()], "older": null, "newer": null})),
        Holds::Entry => Some(entry()),
        Holds::Empty => Some(json!({})),
        Holds::Nothing => None,
    }
}
