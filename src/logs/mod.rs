//! Floor 3, the heart: the audit log.

pub mod json;
pub mod log;
pub mod ticket;
pub mod traceback;
pub mod user_agent;
