//! Entries to write.

use daybook::{
    core::time::Timestamp,
    logs::log::{NewBooking, NewLog, NewMember},
};
use uuid::Uuid;

/// The instant at which a test's clock stands: a Thursday afternoon in summer, 13:38:05 UTC.
pub const NOW: &str = "2026-06-18T13:38:05Z";

/// [`NOW`].
pub fn now() -> Timestamp {
    super::database::at(NOW)
}

/// So many minutes before [`NOW`].
pub fn minutes_ago(minutes: i64) -> Timestamp {
    now().plus(-chrono::Duration::minutes(minutes))
}

/// A plain page visit by nobody, to be changed with `..`.
pub fn log(timestamp: Timestamp) -> NewLog {
    NewLog {
        id: Uuid::new_v4(),
        timestamp,
        member_id: None,
        member_email: None,
        action_type: "page_visit".to_owned(),
        area: "members/dashboard".to_owned(),
        description: "Opened the dashboard".to_owned(),
        status: "success".to_owned(),
        booking_id: None,
        error_message: None,
        error_detail: None,
        ip_address: None,
        user_agent: None,
        extra: None,
    }
}

/// An error with everything that an entry can have.
pub fn error(timestamp: Timestamp) -> NewLog {
    NewLog {
        member_email: Some("hana.lindqvist@example.org".to_owned()),
        action_type: "error".to_owned(),
        area: "members/bookings/new".to_owned(),
        description: "Booking could not be confirmed".to_owned(),
        status: "error".to_owned(),
        error_message: Some("AttributeError: 'NoneType' object has no attribute 'walker_id'".to_owned()),
        error_detail: Some(
            "Traceback (most recent call last):\n  File \"/srv/app/.venv/lib/python3.12/site-packages/starlette/routing.py\", line 288, in handle\n    await self.app(scope, receive, send)\n  File \"/srv/app/clubhouse/bookings/service.py\", line 247, in _pick_walker\n    return slot.default_rota.walker_id\nAttributeError: 'NoneType' object has no attribute 'walker_id'"
                .to_owned(),
        ),
        ip_address: Some("203.0.113.24".to_owned()),
        user_agent: Some("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1".to_owned()),
        extra: Some(r#"{"service_type": "group_walk", "attempt": 2}"#.to_owned()),
        ..log(timestamp)
    }
}

/// A member.
pub fn member(name: &str, email: &str) -> NewMember {
    NewMember { id: Uuid::new_v4(), email: Some(email.to_owned()), name: Some(name.to_owned()) }
}

/// A booking of a member.
pub fn booking(member_id: Uuid) -> NewBooking {
    NewBooking { id: Uuid::new_v4(), member_id: Some(member_id), service_type: Some("walk".to_owned()) }
}
