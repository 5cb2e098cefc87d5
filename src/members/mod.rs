//! Floor 4: members, found and shown.

pub mod pages;
