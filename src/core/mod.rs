//! Floor 0: what needs neither a database nor a browser. Everything here is pure.

pub mod error;
pub mod form;
pub mod ip;
<<<<<<< HEAD
pub mod query_string;
pub mod role;
pub mod secret;
=======
pub mod redact;
>>>>>>> h-entry
pub mod time;
pub mod words;
