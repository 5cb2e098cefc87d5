//! Search by an index of trigrams: which entries may hold a text, without reading them all.
//!
//! The index finds candidates by `seq`, the order of arrival. [`walk`] takes them in the list's order, [`index`] keeps
//! the index, and [`trigrams`] says what to ask it. Every candidate is looked at before it counts ([`super::checks`]).

pub mod index;
mod trigrams;
pub mod walk;
pub mod whole;

pub use trigrams::question;

/// An entry has two places in the index: `2 * seq` for what everybody reads (area and description), `2 * seq + 1` for its
/// error, if it has one. So a role that does not see errors searches as if they were not there.
pub const PLACES: i64 = 2;

/// How many entries by arrival share a row of `daybook_blocks`; the migration says the same.
pub const BLOCK: i64 = 4_096;
