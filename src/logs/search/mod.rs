//! Search by an index of trigrams: which entries may hold a text, without reading them all.
//!
//! The index finds candidates in parts ([`crate::db::parts`]). [`walk`] takes them in the list's order, [`index`] keeps
//! the index, and [`trigrams`] says what to ask it. Every candidate is looked at before it counts ([`super::checks`]).
//! [`members`] keeps the same for the names and e-mails of members.

pub mod index;
pub mod members;
mod trigrams;
pub mod walk;
pub mod whole;

use crate::db::parts::{BLOCK, PLACES};

/// A term as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its trigrams, in the language of FTS5.
    pub trigrams: String,
    /// The term itself, in lower case.
    pub term: String,
}

impl Question {
    /// How to ask for a term (in lower case). `None` for one of fewer than three characters, which has no trigram.
    #[must_use]
    pub fn of(term: &str) -> Option<Self> {
        Some(Self { trigrams: trigrams::question(term)?, term: term.to_owned() })
    }
}
