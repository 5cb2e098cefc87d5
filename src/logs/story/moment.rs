//! An entry as a story needs it: narrow, as hundreds are read for one page.

use uuid::Uuid;

use crate::{
    core::time::Timestamp,
    logs::{
        filter::Who,
        log::{Details, Log},
        view::row::error_line,
    },
    paging::Key,
};

/// An entry of a story.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Moment {
    /// When it happened.
    pub timestamp: Timestamp,
    /// The entry's name.
    pub id: Uuid,
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
    /// The beginning of the error.
    pub error_message: Option<String>,
    /// Where the request came from, as recorded.
    pub ip_address: Option<String>,
    /// The browser, as sent.
    pub user_agent: Option<String>,
}

impl Moment {
    /// An entry that was read otherwise.
    #[must_use]
    pub fn of(log: &Log, details: &Details) -> Self {
        Self {
            timestamp: log.timestamp,
            id: log.id,
            member_id: log.member_id,
            member_email: log.member_email.clone(),
            action_type: log.action_type.clone(),
            area: log.area.clone(),
            description: log.description.clone(),
            status: log.status.clone(),
            error_message: log.error_message.clone(),
            ip_address: details.ip_address.clone(),
            user_agent: details.user_agent.clone(),
        }
    }

    /// Its place in the list.
    #[must_use]
    pub fn key(&self) -> Key {
        Key { timestamp: self.timestamp, id: self.id }
    }

    /// An error, as the contract means it everywhere.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.status == ERROR || self.action_type == ERROR
    }

    /// Whether somebody did something, and it went well: who does that is there, and not only tries.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.status == "success" && !self.is_error() && !self.is_looking()
    }

    /// A sign-in that let somebody in.
    #[must_use]
    pub fn is_sign_in(&self) -> bool {
        self.action_type == "login" && self.status == "success"
    }

    /// Whether somebody only looked at something: that proves neither success nor failure.
    #[must_use]
    pub fn is_looking(&self) -> bool {
        is_looking(&self.action_type)
    }

    /// Whether it is among the entries of a person.
    #[must_use]
    pub fn is_of(&self, who: &Who) -> bool {
        match who {
            Who::Member(id) => self.member_id == Some(*id),
            Who::Email(email) => self.member_email.as_deref().is_some_and(|had| had.eq_ignore_ascii_case(email)),
            Who::EmailPrefix(_) | Who::Anonymous | Who::NoAccount => false,
        }
    }

    /// Whether another entry says the same of the same person: what a fold puts together.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.is_alike(other) && self.member_id == other.member_id && self.member_email == other.member_email
    }

    /// Whether another entry that is alike holds the same error too, for whoever may see it: descriptions that an application
    /// writes of what failed are mostly those of the place where it was caught.
    #[must_use]
    pub fn is_same_error(&self, other: &Self) -> bool {
        let line = |moment: &Self| moment.error_message.as_deref().and_then(error_line);
        self.is_alike(other) && line(self) == line(other)
    }

    /// Whether another entry says the same, whomever it is about.
    #[must_use]
    pub fn is_alike(&self, other: &Self) -> bool {
        self.action_type == other.action_type
            && self.status == other.status
            && self.area == other.area
            && self.description == other.description
    }
}

/// The status and the action of an error.
pub const ERROR: &str = "error";
/// The actions that only look.
pub const LOOKING: [&str; 2] = ["page_visit", "message_read"];

/// Whether an action only looks.
#[must_use]
pub fn is_looking(action_type: &str) -> bool {
    LOOKING.contains(&action_type)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A moment so many seconds after a certain midnight: `what` is `action_type area` and `status` is success.
    pub(in crate::logs::story) fn at(seconds: i64, what: &str) -> Moment {
        let (action_type, area) = what.split_once(' ').unwrap_or((what, "members/dashboard"));
        Moment {
            timestamp: Timestamp::from_micros((1_781_740_800 + seconds) * 1_000_000),
            id: Uuid::from_u128(u128::try_from(seconds + 1_000_000).expect("after the beginning")),
            member_id: Some(Uuid::from_u128(1)),
            member_email: None,
            action_type: action_type.to_owned(),
            area: area.to_owned(),
            description: format!("{action_type} in {area}"),
            status: if action_type == "error" { "error" } else { "success" }.to_owned(),
            error_message: None,
            ip_address: None,
            user_agent: None,
        }
    }
}
