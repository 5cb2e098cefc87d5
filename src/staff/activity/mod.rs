//! Who did what in Daybook: the staff's log as a list, read the way the log of members is.
//!
//! ```text
//! query string → FilterForm → Filter → Plan → look → Page<Record> → view → template
//! ```
//!
//! In reading order: `kinds` (what a record is called), `filter`, `form`, `sql` (the plan), `look`, `store` (asking),
//! `controls`, `view` and `told` (a record in words), `pages`, `handlers`.

pub mod controls;
pub mod filter;
pub mod form;
pub mod handlers;
pub mod kinds;
pub mod look;
pub mod pages;
pub mod sql;
pub mod store;
pub mod told;
pub mod view;
