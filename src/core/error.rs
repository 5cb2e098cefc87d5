//! What can go wrong, named by what a person can do about it. How it looks is decided in one place, `web::respond`.

use crate::core::role::Role;

/// A failure that ends a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request itself cannot be read.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// A form's token or its origin is not ours.
    #[error("the form did not come from this page")]
    ForeignForm,
    /// There is no session.
    #[error("not signed in")]
    SignedOut,
    /// The role may not.
    #[error("needs the role {needed}")]
    Forbidden {
        /// The least role that may.
        needed: Role,
    },
    /// There is nothing at this address.
    #[error("{0} not found")]
    NotFound(What),
    /// The address exists, but not for this method.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The body is larger than what is read.
    #[error("body too large")]
    TooLarge,
    /// The body did not arrive in time.
    #[error("body too slow")]
    TooSlow,
    /// The database cannot serve just now; the next request may work.
    #[error("unavailable: {0}")]
    Unavailable(Outage),
    /// The database answers, but is not as it must be: what whoever runs Daybook has to do, which goes to the log.
    #[error("{0}")]
    Unfit(anyhow::Error),
    /// Ours: it goes to the log under an incident number.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

/// What was looked for and is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A page.
    Page,
    /// An entry of the log.
    Entry,
    /// A member.
    Member,
    /// A saved view.
    View,
    /// A booking.
    Booking,
    /// An error group.
    ErrorGroup,
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Page => "page",
            Self::Entry => "entry",
            Self::Member => "member",
            Self::View => "view",
            Self::Booking => "booking",
            Self::ErrorGroup => "error group",
        })
    }
}

/// Why the database cannot serve just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It does not answer at all.
    Away,
    /// Something else holds its lock.
    Locked,
    /// Its disk is full.
    Full,
    /// What staff do cannot be recorded, so members' data is not shown.
    Unrecorded,
    /// As many exports run as may run at once.
    Exporting,
    /// Nothing could be looked at in time, as its table has no index by time.
    Unfitted,
}

impl std::fmt::Display for Outage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Away => "the database cannot be reached",
            Self::Locked => "the database is locked",
            Self::Full => "the disk of the database is full",
            Self::Unrecorded => "what staff open cannot be recorded",
            Self::Exporting => "as many exports run as may run at once",
            Self::Unfitted => "nothing could be looked at in time without an index by time; daybook migrate makes it",
        })
    }
}

/// Shorthand for what most functions return.
pub type Result<T> = std::result::Result<T, Error>;
