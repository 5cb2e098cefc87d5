//! Refusals of a server that whoever runs Daybook can do something about.

use crate::core::error::Error;

/// What the server said, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{hint}: {message}")]
struct Refusal {
    hint: &'static str,
    message: String,
    /// Whether tables or functions are not what was asked by: to look at them anew may be all that it takes.
    change: bool,
}

/// What to do where a right is missing.
const RIGHT: &str = "the role of this connection lacks a right; daybook check lists what is missing";

/// What an error of the server asks of whoever runs Daybook; none where it is a fault of ours.
pub(in crate::db) fn of(code: &str, message: &str) -> Option<Error> {
    let (hint, change) = match code {
        "28P01" | "28000" => ("the server refused the user or the password", false),
        "3D000" => ("there is no such database on the server", false),
        "42501" => (RIGHT, false),
        "25006" => ("this server is read-only (a standby?)", false),
        // No such column, table or function; other types than were asked for, or than a statement was prepared for. To learn
        // of a type that is new, sqlx forgets the statement that brought it (26000).
        "42703" | "42P01" | "42883" | "42804" | "42846" | "0A000" | "26000" => {
            ("the tables or functions are not as Daybook needs them; daybook check lists what is missing", true)
        }
        _ => return None,
    };
    Some(Error::Unfit(anyhow::Error::new(Refusal { hint, message: message.to_owned(), change })))
}

/// Whether a refusal is for want of a right.
pub(super) fn is_of_a_right(why: &anyhow::Error) -> bool {
    why.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.hint == RIGHT)
}

/// Whether an error says that something is not there, or not any more as it was; a column of another type is met in its
/// first row.
pub(super) fn is_of_a_change(error: &Error) -> bool {
    match error {
        Error::Unfit(why) => why.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.change),
        Error::Internal(why) => matches!(why.downcast_ref(), Some(sqlx::Error::ColumnDecode { .. })),
        _ => false,
    }
}
