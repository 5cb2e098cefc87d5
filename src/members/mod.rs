//! Floor 4: the people whom entries are about.

pub mod handlers;
pub mod pages;
pub mod store;
