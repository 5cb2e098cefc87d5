//! Floor 3, the heart: the audit log.

pub mod log;
pub mod traceback;
