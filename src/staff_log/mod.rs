//! Floor 2, above `web`: what staff do in Daybook, written down under their name before they see the result.

pub mod writer;

use uuid::Uuid;

use crate::{
    core::{error::Result, time::Timestamp},
    db::{Sql, Tx},
};

pub use writer::StaffLog;

/// Writes down each kind once: its name here, and its word in the database.
macro_rules! kinds {
    ($($(#[doc = $about:literal])+ $name:ident = $word:literal,)+) => {
        /// What somebody did.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind {
            $($(#[doc = $about])+ $name,)+
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

kinds! {
    /// Signed in.
    SignedIn = "signed_in",
    /// Gave an e-mail and a password that do not match.
    SignInFailed = "sign_in_failed",
    /// Tried again before the wait was over; told once a wait.
    SignInSlowed = "sign_in_slowed",
    /// Signed out.
    SignedOut = "signed_out",
    /// Changed their own password.
    PasswordChanged = "password_changed",
    /// Opened an entry.
    EntryOpened = "entry_opened",
    /// Opened a traceback as text.
    ErrorDetailOpened = "error_detail_opened",
    /// Opened a member.
    MemberOpened = "member_opened",
    /// Looked for members.
    MembersSearched = "members_searched",
    /// Looked for whatever a pasted text stands for.
    Found = "found",
    /// Looked at the list of entries, with a filter.
    LogsSearched = "logs_searched",
    /// Began to watch for new entries, with a filter.
    LogsWatched = "logs_watched",
    /// Had entries counted, with a filter.
    LogsCounted = "logs_counted",
    /// Saved a view.
    ViewSaved = "view_saved",
    /// Renamed, shared or moved a view.
    ViewChanged = "view_changed",
    /// Deleted a view.
    ViewDeleted = "view_deleted",
    /// Began an export, of a filter.
    Exported = "exported",
    /// An export was taken to its end.
    ExportEnded = "export_ended",
    /// An export broke off: a failure, or whoever took it went away.
    ExportBrokenOff = "export_broken_off",
    /// Added an account.
    StaffAdded = "staff_added",
    /// Switched an account off.
    StaffDisabled = "staff_disabled",
    /// Switched an account on again.
    StaffEnabled = "staff_enabled",
    /// Gave an account a new password.
    StaffPasswordReset = "staff_password_reset",
    /// Gave an account another role.
    StaffRoleChanged = "staff_role_changed",
    /// Ended the sign-ins of an account.
    StaffSignInsEnded = "staff_sign_ins_ended",
    /// Made an API token.
    TokenCreated = "token_created",
    /// Took an API token back.
    TokenRevoked = "token_revoked",
    /// Loaded entries from a file or another database.
    Imported = "imported",
    /// A program deleted a member.
    MemberDeleted = "member_deleted",
    /// A program deleted a booking.
    BookingDeleted = "booking_deleted",
    /// Looked at the list of error groups.
    ErrorsSearched = "errors_searched",
    /// Opened an error group.
    ErrorGroupOpened = "error_group_opened",
    /// Said how an error group stands, or what to tell members.
    ErrorGroupChanged = "error_group_changed",
    /// Looked at what staff did, with a filter.
    StaffLogSearched = "staff_log_searched",
}

impl Kind {
    /// The kind of a word; none where another version of Daybook wrote it.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
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
    /// What it was about: the id of an entry or a member, the fingerprint of an error group, the e-mail of an account,
    /// the kind of file of an export.
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

/// What a search of members is about that looked for visits without an end, rather than for somebody.
pub const UNFINISHED: &str = "visits without an end";

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

/// What was looked for and how much was found, as the detail of a line: how many, then the query string, which may be cut
/// short. `rows` is a number, `>` and a number where there are more, or `>=` and one where looking stopped.
#[must_use]
pub fn counted(rows: &str, query: &str) -> String {
    format!("rows={rows}&{query}")
}

/// The two parts of what [`counted`] wrote; only the query string where no count was written.
#[must_use]
pub fn uncounted(detail: &str) -> (Option<&str>, &str) {
    match detail.strip_prefix("rows=") {
        Some(rest) => rest.split_once('&').map_or((Some(rest), ""), |(rows, query)| (Some(rows), query)),
        None => (None, detail),
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

/// Ends a change with its line: both stand from here on, or neither.
pub async fn commit(mut tx: Tx, line: Record) -> Result<()> {
    append(&mut tx, &[line]).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_reads_back_its_word() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
        }
        assert_eq!(Kind::parse("danced"), None);
    }

    #[test]
    fn a_count_is_told_from_what_was_counted() {
        assert_eq!(uncounted(&counted(">10000", "range=all")), (Some(">10000"), "range=all"));
        assert_eq!(uncounted("rows=3"), (Some("3"), ""));
        assert_eq!(uncounted("range=all&q=rows=1"), (None, "range=all&q=rows=1"));
    }

    #[test]
    fn a_line_is_bounded_in_characters() {
        assert_eq!(shorten("é".repeat(1_000), LONGEST), "é".repeat(1_000));
        assert_eq!(shorten("é".repeat(1_001), LONGEST), format!("{}…", "é".repeat(999)));
        assert_eq!(shorten("a\0b".to_owned(), LONGEST), "a\u{fffd}b");
    }
}
