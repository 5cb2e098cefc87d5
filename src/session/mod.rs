//! Floor 2, above `staff_log`: who may come in, how they sign in, and what every route asks of them.

pub mod accounts;
pub mod kept;
pub mod key;
mod outage;
pub mod pages;
pub mod password;
pub mod store;
pub mod throttle;
