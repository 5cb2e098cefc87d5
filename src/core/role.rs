//! The three roles of the contract, in order: each may do what the one before it may.

use std::{fmt, str::FromStr};

/// What a member of staff may see and do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees what happened, not from where nor the error's text.
    Viewer,
    /// Sees entries whole.
    Support,
    /// Sees also what staff do, and manages accounts.
    Admin,
}

impl Role {
    /// All roles, least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Support, Self::Admin];

    /// Whether this role sees `ip_address`, `user_agent`, `error_message`, `error_detail` and `extra`.
    #[must_use]
    pub fn sees_details(self) -> bool {
        self >= Self::Support
    }

    /// The word in the database and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Support => "support",
            Self::Admin => "admin",
        }
    }

    /// The word on a page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Support => "Support",
            Self::Admin => "Admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("“{text}” is not a role: viewer, support or admin"))
    }
}
