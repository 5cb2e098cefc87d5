//! Floor 0: what needs neither a database nor a browser. Everything here is pure.

pub mod error;
pub mod form;
pub mod ids;
pub mod ip;
pub mod marks;
pub mod query_string;
pub mod redact;
pub mod role;
pub mod secret;
pub mod time;
pub mod words;
