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

    /// `email` of `daybook_staff` equals `email`, in any case of ASCII letters.
    #[must_use]
    pub fn staff_email_is(self, email: &str) -> Sql {
        match self {
            Self::Sqlite => Sql::new("email = ").bind(email).text(" COLLATE NOCASE"),
        }
    }

    /// `name` of `members` is like `pattern` (`%` stands for anything, `\` before a character for itself), ASCII letters
    /// in any case.
    #[must_use]
    pub fn member_name_like(self, pattern: &str) -> Sql {
        match self {
            Self::Sqlite => Sql::new("name LIKE ").bind(pattern).text(" ESCAPE '\\'"),
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

    /// `column` as a residual condition names it: so that no index of it is chosen over the one that drives the walk.
    #[must_use]
    pub fn fenced(self, column: Column) -> &'static str {
        match (self, column) {
            (Self::Sqlite, Column::ActionType) => "+action_type",
            (Self::Sqlite, Column::Status) => "+status",
            (Self::Sqlite, Column::Area) => "+area",
            (Self::Sqlite, Column::MemberId) => "+member_id",
            (Self::Sqlite, Column::MemberEmail) => "+member_email COLLATE NOCASE",
            (Self::Sqlite, Column::BookingId) => "+booking_id",
            (Self::Sqlite, Column::Ip) => "+ip",
        }
    }

    /// The index of words with its entries, the index leading.
    #[must_use]
    pub fn words_with_entries(self) -> &'static str {
        match self {
            // CROSS JOIN is what keeps the planner from beginning with the entries.
            Self::Sqlite => "daybook_words CROSS JOIN audit_logs ON audit_logs.seq = daybook_words.rowid / 2",
        }
    }

    /// The entries by arrival.
    #[must_use]
    pub fn arrivals(self) -> &'static str {
        match self {
            Self::Sqlite => "audit_logs NOT INDEXED",
        }
    }

    /// `member_email` as its index orders it.
    #[must_use]
    pub fn log_email(self) -> &'static str {
        match self {
            Self::Sqlite => "member_email COLLATE NOCASE",
        }
    }

    /// `members.email` as its index orders it.
    #[must_use]
    pub fn member_email(self) -> &'static str {
        match self {
            Self::Sqlite => "email COLLATE NOCASE",
        }
    }
}

/// A column of `audit_logs` that a filter asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// `action_type`
    ActionType,
    /// `status`
    Status,
    /// `area`
    Area,
    /// `member_id`
    MemberId,
    /// `member_email`
    MemberEmail,
    /// `booking_id`
    BookingId,
    /// `ip`: the first address in `ip_address`, as 16 bytes
    Ip,
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
