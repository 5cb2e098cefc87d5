//! Floor 0: what needs neither a database nor a browser. Everything here is pure.

pub mod ip;
pub mod redact;
pub mod time;
pub mod words;
