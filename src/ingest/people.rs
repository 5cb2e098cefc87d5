//! Members and bookings out of the JSON that a program sends.

use uuid::Uuid;

use super::{
    entry::{EMPTY, is_blank},
    intake::Refusal,
};
use crate::{
    logs::{
        json::{self, Part},
        log::{NewBooking, NewMember},
    },
    web::problem::{Kind, Problem, Trouble},
};

/// The longest e-mail and name of a member, in characters.
pub const LONGEST: usize = 255;
/// The longest type of a service, in characters.
pub const LONGEST_SERVICE: usize = 64;

/// A member: `email`, and `name` where it is known.
pub fn member(id: Uuid, bytes: &[u8]) -> Result<NewMember, Refusal> {
    let mut fields = Fields::read(bytes)?;
    let email = fields.text("email", LONGEST);
    match email.as_deref() {
        None if !fields.is_wrong("email") => fields.bad("email", "is needed"),
        // Nobody could be found by it, and two could not be told apart.
        Some(email) if is_blank(email) => fields.bad("email", EMPTY),
        _ => {}
    }
    let name = fields.text("name", LONGEST);
    fields.finish(NewMember { id, email, name })
}

/// A booking: whose it is and what was booked, where that is known.
pub fn booking(id: Uuid, bytes: &[u8]) -> Result<NewBooking, Refusal> {
    let mut fields = Fields::read(bytes)?;
    let member_id = fields.text("member_id", LONGEST).and_then(|text| {
        let id = Uuid::parse_str(&text);
        id.map_err(|_| fields.bad("member_id", "is not a UUID")).ok()
    });
    let service_type = fields.text("service_type", LONGEST_SERVICE);
    fields.finish(NewBooking { id, member_id, service_type })
}

/// The problem of a field.
#[must_use]
pub fn invalid(field: &str, reason: &str) -> Problem {
    Problem::new(Kind::Invalid, "a field cannot be stored").with(vec![trouble(field, reason)])
}

fn trouble(field: &str, reason: &str) -> Trouble {
    Trouble { line: None, field: Some(field.chars().take(80).collect()), reason: reason.to_owned() }
}

/// The fields of a body; those that were not asked for when it ends are none of ours.
struct Fields<'a> {
    parts: Vec<Part<'a>>,
    wrong: Vec<Trouble>,
}

impl<'a> Fields<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let text = json::utf8(bytes);
        let parts = text.and_then(|text| json::parts(text).ok());
        let parts = parts.ok_or_else(|| Problem::new(Kind::Malformed, "the body is not an object of JSON"))?;
        Ok(Self { parts, wrong: Vec::new() })
    }

    /// Takes a text out; none where it is absent, or wrong.
    fn text(&mut self, name: &str, longest: usize) -> Option<String> {
        let at = self.parts.iter().position(|part| part.name == name)?;
        let part = self.parts.remove(at);
        if let Some(flaw) = part.flaw {
            self.bad(name, flaw.reason());
            return None;
        }
        match part.text {
            Some(text) if text.chars().count() > longest => {
                self.bad(name, &format!("is longer than {longest} characters"));
                None
            }
            Some(text) => Some(text),
            None if part.json == "null" => None,
            None => {
                self.bad(name, "is not a string");
                None
            }
        }
    }

    fn bad(&mut self, field: &str, reason: &str) {
        self.wrong.push(trouble(field, reason));
    }

    fn is_wrong(&self, field: &str) -> bool {
        self.wrong.iter().any(|wrong| wrong.field.as_deref() == Some(field))
    }

    fn finish<T>(mut self, value: T) -> Result<T, Refusal> {
        for part in std::mem::take(&mut self.parts) {
            let known = ["email", "name", "member_id", "service_type"].contains(&part.name.as_str());
            self.bad(&part.name, if known { "stands twice, or is no field of this" } else { "is no field of this" });
        }
        if self.wrong.is_empty() {
            return Ok(value);
        }
        Err(Problem::new(Kind::Invalid, "a field cannot be stored").with(self.wrong).into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_member_is_read_as_they_were_sent(email in "[^\0]{0,254}x", name in proptest::option::of("[^\0]{0,255}")) {
            let text = serde_json::json!({"name": name, "email": email}).to_string();
            let read = member(Uuid::nil(), text.as_bytes()).map_err(|_| "refused");
            prop_assert_eq!(read, Ok(NewMember { id: Uuid::nil(), email: Some(email), name }));
        }

        #[test]
        fn a_booking_is_read_as_it_was_sent(whose in proptest::option::of(any::<u128>()), what in proptest::option::of("[^\0]{0,64}")) {
            let member_id = whose.map(Uuid::from_u128);
            let text = serde_json::json!({"member_id": member_id, "service_type": what}).to_string();
            let read = booking(Uuid::nil(), text.as_bytes()).map_err(|_| "refused");
            prop_assert_eq!(read, Ok(NewBooking { id: Uuid::nil(), member_id, service_type: what }));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60), text in ".{0,60}") {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                let _ = (member(Uuid::nil(), bytes).is_ok(), booking(Uuid::nil(), bytes).is_ok());
            }
        }
    }
}
