//! Floor 2, above `web`: what staff do in Daybook, written down under their name before they see the result.

pub mod writer;

use uuid::Uuid;

use crate::{
    core::{error::Result, time::Timestamp},
    db::{Sql, Tx},
};

pub use writer::StaffLog;

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Signed in.
    SignedIn,
    /// Gave an e-mail and a password that do not match.
    SignInFailed,
    /// Tried again before the wait was over; told once a wait.
    SignInSlowed,
    /// Signed out.
    SignedOut,
    /// Changed their own password.
    PasswordChanged,
    /// Opened an entry.
    EntryOpened,
    /// Opened a traceback as text.
    ErrorDetailOpened,
    /// Opened a member.
    MemberOpened,
    /// Looked for members.
    MembersSearched,
    /// Looked for whatever a pasted text stands for.
    Found,
    /// Looked at the list of entries, with a filter.
    LogsSearched,
    /// Began to watch for new entries, with a filter.
    LogsWatched,
    /// Had entries counted, with a filter.
    LogsCounted,
    /// Saved a view.
    ViewSaved,
    /// Renamed, shared or moved a view.
    ViewChanged,
    /// Deleted a view.
    ViewDeleted,
    /// Began an export, of a filter.
    Exported,
    /// An export was taken to its end.
    ExportEnded,
    /// An export broke off: a failure, or whoever took it went away.
    ExportBrokenOff,
    /// Added an account.
    StaffAdded,
    /// Switched an account off.
    StaffDisabled,
    /// Switched an account on again.
    StaffEnabled,
    /// Gave an account a new password.
    StaffPasswordReset,
    /// Gave an account another role.
    StaffRoleChanged,
    /// Made an API token.
    TokenCreated,
    /// Took an API token back.
    TokenRevoked,
    /// Loaded entries from a file or another database.
    Imported,
    /// A program deleted a member.
    MemberDeleted,
    /// A program deleted a booking.
    BookingDeleted,
}

impl Kind {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignInSlowed => "sign_in_slowed",
            Self::SignedOut => "signed_out",
            Self::PasswordChanged => "password_changed",
            Self::EntryOpened => "entry_opened",
            Self::ErrorDetailOpened => "error_detail_opened",
            Self::MemberOpened => "member_opened",
            Self::MembersSearched => "members_searched",
            Self::Found => "found",
            Self::LogsSearched => "logs_searched",
            Self::LogsWatched => "logs_watched",
            Self::LogsCounted => "logs_counted",
            Self::ViewSaved => "view_saved",
            Self::ViewChanged => "view_changed",
            Self::ViewDeleted => "view_deleted",
            Self::Exported => "exported",
            Self::ExportEnded => "export_ended",
            Self::ExportBrokenOff => "export_broken_off",
            Self::StaffAdded => "staff_added",
            Self::StaffDisabled => "staff_disabled",
            Self::StaffEnabled => "staff_enabled",
            Self::StaffPasswordReset => "staff_password_reset",
            Self::StaffRoleChanged => "staff_role_changed",
            Self::TokenCreated => "token_created",
            Self::TokenRevoked => "token_revoked",
            Self::Imported => "imported",
            Self::MemberDeleted => "member_deleted",
            Self::BookingDeleted => "booking_deleted",
        }
    }
}

/// One line of the staff's own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub at: Timestamp,
    /// Whose account; none where nobody's is known.
    pub staff_id: Option<Uuid>,
    /// Their e-mail at that time, or what was typed as one.
    pub staff_email: String,
    /// What they did.
    pub kind: Kind,
    /// What it was about: the id of an entry or a member, the e-mail of an account, the kind of file of an export.
    pub subject: Option<String>,
    /// What else tells it from others of its kind: the query string of a search, a role.
    pub detail: Option<String>,
    /// From where.
    pub ip_address: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// With which API token of theirs, by its name; none where they did it themselves.
    pub token: Option<String>,
}

/// Under whose name stands what was done where Daybook runs.
pub const COMMAND_LINE: &str = "command line";

/// The longest text kept in a line, in characters.
const LONGEST: usize = 1_000;
/// The longest e-mail kept, in characters.
const LONGEST_EMAIL: usize = 255;

impl Record {
    /// What was done at the command line to the account of `subject`.
    #[must_use]
    pub fn by_command(at: Timestamp, kind: Kind, subject: &str, detail: Option<String>) -> Self {
        Self {
            at,
            staff_id: None,
            staff_email: COMMAND_LINE.to_owned(),
            kind,
            subject: Some(subject.to_owned()),
            detail,
            ip_address: None,
            request_id: None,
            token: None,
        }
    }

    /// The same within what a line may hold: some of it was typed by strangers.
    #[must_use]
    fn bounded(self) -> Self {
        Self {
            staff_email: shorten(self.staff_email, LONGEST_EMAIL),
            subject: self.subject.map(|text| shorten(text, LONGEST)),
            detail: self.detail.map(|text| shorten(text, LONGEST)),
            ..self
        }
    }
}

/// At most `longest` characters, the last an ellipsis where there were more; no NUL, behind which `SQLite` sees nothing.
fn shorten(text: String, longest: usize) -> String {
    let text = if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text };
    match text.char_indices().nth(longest) {
        None => text,
        Some(_) => text.chars().take(longest - 1).chain(['…']).collect(),
    }
}

/// Writes lines within a transaction, so that a change and its line stand or fall together.
pub async fn append(tx: &mut Tx, records: &[Record]) -> Result<()> {
    for record in records {
        tx.execute(
            Sql::new(
                "INSERT INTO daybook_staff_log
                 (\"timestamp\", staff_id, staff_email, kind, subject, detail, ip_address, request_id, token) VALUES (",
            )
            .bind(record.at)
            .text(", ")
            .bind(record.staff_id)
            .text(", ")
            .bind(record.staff_email.as_str())
            .text(", ")
            .bind(record.kind.as_str())
            .text(", ")
            .bind(record.subject.as_deref())
            .text(", ")
            .bind(record.detail.as_deref())
            .text(", ")
            .bind(record.ip_address.as_deref())
            .text(", ")
            .bind(record.request_id.as_deref())
            .text(", ")
            .bind(record.token.as_deref())
            .text(")"),
        )
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_bounded_in_characters() {
        assert_eq!(shorten("é".repeat(1_000), LONGEST), "é".repeat(1_000));
        assert_eq!(shorten("é".repeat(1_001), LONGEST), format!("{}…", "é".repeat(999)));
        assert_eq!(shorten("a\0b".to_owned(), LONGEST), "a\u{fffd}b");
    }
}
