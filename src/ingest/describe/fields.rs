//! The fields of what programs send and get, each with its type and its bounds.

use super::super::{
    entry::Limits,
    people::{LONGEST, LONGEST_SERVICE},
};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A UUID.
    Id,
    /// An instant with an offset.
    Instant,
    /// Text of at most so many characters.
    Text(usize),
    /// The same, and never empty or nothing but white space.
    Word(usize),
    /// Text as long as the body may be.
    LongText,
    /// Any JSON, an object as a rule.
    Json,
}

/// A field.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Type,
    /// Whether it must be sent.
    pub needed: bool,
    /// Whether owners who are viewers do not see it.
    pub detail: bool,
    /// What it means.
    pub about: &'static str,
}

impl Field {
    /// Its type in a few words.
    #[must_use]
    pub fn words(&self) -> String {
        match self.holds {
            Type::Id => "UUID".to_owned(),
            Type::Instant => "RFC 3339 with an offset".to_owned(),
            Type::Text(longest) => format!("text, at most {longest} characters"),
            Type::Word(longest) => format!("text, at most {longest} characters and not blank"),
            Type::LongText => "text".to_owned(),
            Type::Json => format!("JSON, at most {} KiB and {} levels", Limits::API.extra / 1024, Limits::API.depth),
        }
    }
}

const fn optional(name: &'static str, holds: Type, about: &'static str) -> Field {
    Field { name, holds, needed: false, detail: false, about }
}

const fn needed(name: &'static str, holds: Type, about: &'static str) -> Field {
    Field { needed: true, ..optional(name, holds, about) }
}

const fn detail(name: &'static str, holds: Type, about: &'static str) -> Field {
    Field { detail: true, ..optional(name, holds, about) }
}

/// An entry.
pub const ENTRY: &[Field] = &[
    optional(
        "id",
        Type::Id,
        "Its name. Sent again under the same id it is stored once; made here where it is not given.",
    ),
    optional("timestamp", Type::Instant, "When it happened, to a microsecond; now where it is not given."),
    optional("member_id", Type::Id, "Who; a member that is known."),
    optional("member_email", Type::Text(255), "Their e-mail at that time, which stays when they are gone."),
    needed("action_type", Type::Word(64), "What happened, such as login, page_visit or error."),
    needed("area", Type::Word(255), "Where: a path such as members/dashboard."),
    needed("description", Type::Text(500), "A line for people."),
    optional("status", Type::Word(16), "success, warning or error; success where it is not given."),
    optional("booking_id", Type::Id, "The booking it is about; one that is known."),
    detail("error_message", Type::LongText, "The error in a line."),
    detail("error_detail", Type::LongText, "The traceback."),
    detail("ip_address", Type::Text(64), "Where the request came from."),
    detail("user_agent", Type::Text(512), "The browser, as sent."),
    detail("extra", Type::Json, "Anything else. It is kept as the text that came."),
];

/// A member.
pub const MEMBER: &[Field] = &[
    needed("email", Type::Word(LONGEST), "Their e-mail today."),
    optional("name", Type::Text(LONGEST), "Their name."),
];

/// A booking.
pub const BOOKING: &[Field] = &[
    optional("member_id", Type::Id, "Whose it is; a member that is known."),
    optional("service_type", Type::Text(LONGEST_SERVICE), "What was booked."),
];
