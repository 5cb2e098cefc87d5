//! Floor 3, the heart: the audit log. Reads in this order.
//!
//! query string → [`form::FilterForm`] → [`filter::Filter`] → [`sql::Plan`] → page of [`log::Log`] → view → template.

<<<<<<< HEAD
pub mod filter;
pub mod form;
pub mod json;
pub mod log;
pub mod look;
pub mod sql;
pub mod store;
pub mod traceback;
pub mod write;
=======
pub mod json;
pub mod log;
pub mod ticket;
pub mod traceback;
pub mod user_agent;
>>>>>>> h-entry
