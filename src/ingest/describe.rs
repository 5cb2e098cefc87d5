//! The API in words: each operation once, from which the OpenAPI document and the page about the API are both written.

pub mod document;
pub mod examples;
pub mod fields;

use crate::{
    session::tokens::Scope,
    web::problem::{API, Kind},
};

/// One thing that a program can ask for.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// `GET`
    pub method: &'static str,
    /// Below `/api/v1`, as the table of routes has it.
    pub path: &'static str,
    /// Its name in generated clients.
    pub id: &'static str,
    /// What it does, in a few words.
    pub title: &'static str,
    /// What else there is to know.
    pub about: &'static str,
    /// What a token needs for it.
    pub scope: Scope,
    /// What stands in the query string.
    pub query: &'static [Parameter],
    /// What is sent.
    pub body: Option<Sends>,
    /// What it answers where all is well.
    pub answers: &'static [Answer],
    /// What else it answers.
    pub problems: &'static [Kind],
}

impl Operation {
    /// Its whole path.
    #[must_use]
    pub fn full_path(&self) -> String {
        format!("{API}{}", self.path)
    }

    /// Whether its path names something by id.
    #[must_use]
    pub fn has_id(&self) -> bool {
        self.path.ends_with("{id}")
    }
}

/// What is sent with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sends {
    /// Entries, as one object or as lines.
    Entries,
    /// A member.
    Member,
    /// A booking.
    Booking,
}

/// An answer where all is well.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// When that is.
    pub about: &'static str,
    /// What it holds.
    pub holds: Holds,
}

/// What an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// How many entries were new, and the ids of all.
    Receipt,
    /// A page of entries.
    Entries,
    /// One entry.
    Entry,
    /// An object without anything in it.
    Empty,
    /// No body.
    Nothing,
}

/// A parameter of the query string.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub about: &'static str,
    /// Its values, where they are few.
    pub values: &'static [&'static str],
    /// Whether it may stand several times.
    pub many: bool,
    /// Whether only tokens of owners who see details may use it.
    pub detail: bool,
}

const fn parameter(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, values: &[], many: false, detail: false }
}

const fn list(name: &'static str, about: &'static str) -> Parameter {
    Parameter { many: true, ..parameter(name, about) }
}

const fn choice(name: &'static str, about: &'static str, values: &'static [&'static str]) -> Parameter {
    Parameter { values, ..parameter(name, about) }
}

const fn detail(name: &'static str, about: &'static str) -> Parameter {
    Parameter { detail: true, ..parameter(name, about) }
}

/// The filters of the list.
const FILTERS: &[Parameter] = &[
    choice(
        "range",
        "How far back from now; all unless from or to is given.",
        &["1h", "24h", "7d", "30d", "90d", "all", "custom"],
    ),
    parameter("from", "The first instant: RFC 3339, or a local time or date in tz."),
    parameter("to", "The instant before which entries happened; a date alone means its end."),
    parameter("tz", "The zone of local times, an IANA name; the owner's or the site's unless given."),
    list(
        "member",
        "A member id, an e-mail, the beginning of one with *, none for anonymous, no-account for e-mails nobody has today.",
    ),
    list("action_type", "What happened; a leading ! excludes."),
    list("status", "How it went; a leading ! excludes."),
    list("area", "Where; members/* is members and all below it; a leading ! excludes."),
    parameter(
        "q",
        "Up to 8 words or \"quoted phrases\" that stand in description, area and, where the owner sees them, the error's texts.",
    ),
    parameter("booking", "A booking id."),
    detail("ip", "An address or a CIDR block."),
    detail("user_agent", "A part of the user agent, in any case."),
    choice("limit", "How many entries a page has; 50 unless given.", &["25", "50", "100", "200"]),
    parameter(
        "before",
        "Where an older page begins; stands in the link older. A range like 24h goes on ending when the first page was asked for.",
    ),
    parameter("after", "Where a newer page begins; stands in the link newer."),
];

/// What every operation may answer.
pub const ALWAYS: &[Kind] =
    &[Kind::Unauthorized, Kind::Scope, Kind::Method, Kind::TooMany, Kind::Fault, Kind::Unavailable];

const WRITES: &[Kind] = &[
    Kind::Malformed,
    Kind::TooSlow,
    Kind::Conflict,
    Kind::Attached,
    Kind::TooLarge,
    Kind::Type,
    Kind::Invalid,
    Kind::Full,
];
const PUTS: &[Kind] = &[
    Kind::Malformed,
    Kind::NotFound,
    Kind::TooSlow,
    Kind::Attached,
    Kind::TooLarge,
    Kind::Type,
    Kind::Invalid,
    Kind::Full,
];
const DELETES: &[Kind] = &[Kind::Malformed, Kind::NotFound, Kind::Attached, Kind::Full];

const PUT_ANSWERS: &[Answer] = &[
    Answer { status: 200, about: "It took the place of what was known before.", holds: Holds::Empty },
    Answer { status: 201, about: "It was not known before.", holds: Holds::Empty },
];
const DELETE_ANSWERS: &[Answer] = &[Answer { status: 204, about: "It is gone.", holds: Holds::Nothing }];

/// Everything that a program can ask for.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        method: "POST",
        path: "/logs",
        id: "writeEntries",
        title: "Write entries",
        about: "One entry as application/json, or many as application/x-ndjson, an object a line: all of them or none. \
                The answer comes once they are on disk. Give each entry an id and send it again until it is answered: \
                an entry that stands already is counted as a duplicate and left as it is.",
        scope: Scope::Ingest,
        query: &[],
        body: Some(Sends::Entries),
        answers: &[
            Answer { status: 200, about: "All of them stood already.", holds: Holds::Receipt },
            Answer { status: 201, about: "They stand, and at least one is new.", holds: Holds::Receipt },
        ],
        problems: WRITES,
    },
    Operation {
        method: "GET",
        path: "/logs",
        id: "listEntries",
        title: "Read entries",
        about: "Newest first, with the filters of the page. Follow older until it is null: that meets each entry that \
                stood at the start once. A page may have fewer entries than its limit, or none, and still lead on. Beside the parameters \
                below, extra.KEY=VALUE asks for a top-level key of extra: the content of a string, else its JSON as \
                written; not for owners who are viewers. An empty parameter is an absent one, an unknown one is ignored.",
        scope: Scope::Read,
        query: FILTERS,
        body: None,
        answers: &[Answer { status: 200, about: "A page of entries.", holds: Holds::Entries }],
        problems: &[Kind::Malformed],
    },
    Operation {
        method: "GET",
        path: "/logs/{id}",
        id: "readEntry",
        title: "Read one entry",
        about: "The id may be written in any way a UUID is written.",
        scope: Scope::Read,
        query: &[],
        body: None,
        answers: &[Answer { status: 200, about: "The entry.", holds: Holds::Entry }],
        problems: &[Kind::Malformed, Kind::NotFound],
    },
    Operation {
        method: "PUT",
        path: "/members/{id}",
        id: "putMember",
        title: "Make a member known",
        about: "Entries may refer to members that are known. What was known before is replaced.",
        scope: Scope::Ingest,
        query: &[],
        body: Some(Sends::Member),
        answers: PUT_ANSWERS,
        problems: PUTS,
    },
    Operation {
        method: "DELETE",
        path: "/members/{id}",
        id: "deleteMember",
        title: "Forget a member",
        about: "Their entries lose member_id and keep member_email and everything else.",
        scope: Scope::Ingest,
        query: &[],
        body: None,
        answers: DELETE_ANSWERS,
        problems: DELETES,
    },
    Operation {
        method: "PUT",
        path: "/bookings/{id}",
        id: "putBooking",
        title: "Make a booking known",
        about: "Entries may refer to bookings that are known. What was known before is replaced.",
        scope: Scope::Ingest,
        query: &[],
        body: Some(Sends::Booking),
        answers: PUT_ANSWERS,
        problems: PUTS,
    },
    Operation {
        method: "DELETE",
        path: "/bookings/{id}",
        id: "deleteBooking",
        title: "Forget a booking",
        about: "Entries about it lose booking_id and keep everything else.",
        scope: Scope::Ingest,
        query: &[],
        body: None,
        answers: DELETE_ANSWERS,
        problems: DELETES,
    },
];
