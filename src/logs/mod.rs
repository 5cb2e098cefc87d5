//! Floor 3, the heart: the audit log. Reads in this order.
//!
//! query string → [`form::FilterForm`] → [`filter::Filter`] → [`sql::Plan`] → page of [`log::Log`] → view → template.

pub mod checks;
pub mod export;
pub mod filter;
pub mod form;
pub mod groups;
pub mod handlers;
pub mod json;
pub mod late;
pub mod link;
pub mod live;
pub mod log;
pub mod look;
pub mod object;
pub mod overview;
pub mod pages;
pub mod predicates;
pub mod proven;
pub mod rows;
pub mod saved;
pub mod search;
pub mod sent;
pub mod sql;
pub mod store;
pub mod story;
pub mod summary;
pub mod terms;
pub mod ticket;
pub mod totals;
pub mod traceback;
pub mod user_agent;
pub mod view;
pub mod vocabulary;
pub mod window;
pub mod write;
