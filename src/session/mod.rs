//! Floor 2: who is signed in.

pub mod pages;
