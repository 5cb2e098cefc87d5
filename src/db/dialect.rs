//! The few fragments in which databases differ, by name. Each is a static text around a bound value.

use super::{Db, Sql};

/// How the database behind a [`Db`] spells what has no common spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The embedded database.
    Sqlite,
}

impl Dialect {
    /// `member_email` of the log equals `email`, in any case of ASCII letters.
    #[must_use]
    pub fn log_email_is(self, email: &str) -> Sql {
        match self {
            Self::Sqlite => Sql::new("member_email = ").bind(email).text(" COLLATE NOCASE"),
        }
    }

    /// `email` of `members` equals `email`, in any case of ASCII letters.
    #[must_use]
    pub fn member_email_is(self, email: &str) -> Sql {
        match self {
            Self::Sqlite => Sql::new("email = ").bind(email).text(" COLLATE NOCASE"),
        }
    }

    /// Nobody in `members` has the e-mail of the entry at hand.
    #[must_use]
    pub fn nobody_has_its_email(self) -> Sql {
        match self {
            Self::Sqlite => Sql::new(
                "NOT EXISTS (SELECT 1 FROM members WHERE members.email = audit_logs.member_email COLLATE NOCASE)",
            ),
        }
    }

    /// The condition of a join from an entry `l` without `member_id` to the member `e` who has its e-mail today.
    #[must_use]
    pub fn owner_today(self) -> &'static str {
        match self {
            Self::Sqlite => "l.member_id IS NULL AND e.email = l.member_email COLLATE NOCASE",
        }
    }

    /// The smallest value of `column` in `table` above a bound one, below another; both in the column's own order.
    /// It walks one index, so that all values of a column cost one probe each.
    #[must_use]
    pub fn collated(self, column: Collated) -> &'static str {
        match (self, column) {
            (Self::Sqlite, Collated::LogEmail) => "member_email COLLATE NOCASE",
            (Self::Sqlite, Collated::MemberEmail) => "email COLLATE NOCASE",
        }
    }
}

/// A column that is compared in any case of ASCII letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collated {
    /// `audit_logs.member_email`.
    LogEmail,
    /// `members.email`.
    MemberEmail,
}

impl Db {
    /// The dialect of this database.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }
}
