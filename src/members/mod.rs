//! Floor 4: the people whom entries are about.

pub mod emails;
pub mod failures;
pub mod handlers;
pub mod inferred;
pub mod names;
pub mod pages;
pub mod person;
pub mod spark;
pub mod store;
pub mod time;
pub mod unfinished;
pub mod visits;
