//! The kinds of records as people choose them: few groups of what the staff's log tells apart.

use crate::staff_log::Kind;

/// What somebody did, as it is chosen in the filter. A record belongs to one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Was not let in.
    Refused,
    /// Signed in or out.
    SignIn,
    /// Opened an entry or its traceback.
    Entry,
    /// Opened a member.
    Member,
    /// Opened or changed an error group.
    ErrorGroup,
    /// Looked for something, or through a list.
    Search,
    /// Took entries as a file.
    Export,
    /// Saved, changed or deleted a view.
    View,
    /// Changed an account, or the own password.
    Staff,
    /// Made or revoked a token.
    Token,
    /// Loaded entries at the command line.
    Import,
    /// A program did it with a token, whatever it was.
    Api,
}

impl Group {
    /// All groups, as the page lists them.
    pub const ALL: [Self; 12] = [
        Self::Refused,
        Self::SignIn,
        Self::Entry,
        Self::Member,
        Self::ErrorGroup,
        Self::Search,
        Self::Export,
        Self::View,
        Self::Staff,
        Self::Token,
        Self::Import,
        Self::Api,
    ];

    /// Its value in a query string.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::SignIn => "login",
            Self::Entry => "entry",
            Self::Member => "member",
            Self::ErrorGroup => "error_group",
            Self::Search => "search",
            Self::Export => "export",
            Self::View => "view",
            Self::Staff => "staff",
            Self::Token => "token",
            Self::Import => "import",
            Self::Api => "api",
        }
    }

    /// The group of a value.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == text)
    }

    /// Its words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "Refused",
            Self::SignIn => "Signed in or out",
            Self::Entry => "Opened an entry",
            Self::Member => "Opened a member",
            Self::ErrorGroup => "Opened or changed an error group",
            Self::Search => "Searched",
            Self::Export => "Exported",
            Self::View => "Changed a view",
            Self::Staff => "Changed staff",
            Self::Token => "Changed a token",
            Self::Import => "Imported",
            Self::Api => "By API",
        }
    }

    /// Its icon.
    #[must_use]
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Refused => "warning",
            Self::SignIn => "login",
            Self::Entry => "page_visit",
            Self::Member => "user",
            Self::ErrorGroup => "bug",
            Self::Search => "search",
            Self::Export => "download",
            Self::View => "bookmark",
            Self::Staff => "users",
            Self::Token => "ticket",
            Self::Import => "inbox",
            Self::Api => "link",
        }
    }

    /// The group of what somebody did themself. A kind that is new has none until it is said here.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::SignInFailed | Kind::SignInSlowed => Self::Refused,
            Kind::SignedIn | Kind::SignedOut => Self::SignIn,
            Kind::EntryOpened | Kind::ErrorDetailOpened => Self::Entry,
            Kind::MemberOpened => Self::Member,
            Kind::ErrorGroupOpened | Kind::ErrorGroupChanged => Self::ErrorGroup,
            Kind::MembersSearched
            | Kind::Found
            | Kind::LogsSearched
            | Kind::LogsWatched
            | Kind::LogsCounted
            | Kind::ErrorsSearched
            | Kind::StaffLogSearched => Self::Search,
            Kind::Exported | Kind::ExportEnded | Kind::ExportBrokenOff => Self::Export,
            Kind::ViewSaved | Kind::ViewChanged | Kind::ViewDeleted => Self::View,
            Kind::PasswordChanged
            | Kind::StaffAdded
            | Kind::StaffDisabled
            | Kind::StaffEnabled
            | Kind::StaffPasswordReset
            | Kind::StaffRoleChanged
            | Kind::StaffSignInsEnded => Self::Staff,
            Kind::TokenCreated | Kind::TokenRevoked => Self::Token,
            Kind::Imported => Self::Import,
            // Only programs do that so far, with a token.
            Kind::MemberDeleted | Kind::BookingDeleted => Self::Api,
        }
    }

    /// The group of a record: whatever was done with a token, a program did.
    #[must_use]
    pub fn of_record(kind: Option<Kind>, by_program: bool) -> Option<Self> {
        if by_program { Some(Self::Api) } else { kind.map(Self::of) }
    }

    /// The kinds that belong to it where no token was used.
    #[must_use]
    pub fn kinds(self) -> Vec<Kind> {
        Kind::ALL.iter().copied().filter(|kind| Self::of(*kind) == self).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_kinds_and_reads_back() {
        for group in Group::ALL {
            assert!(!group.kinds().is_empty(), "{group:?}");
            assert_eq!(Group::parse(group.as_str()), Some(group));
        }
        assert_eq!(Group::parse("dance"), None);
    }
}
