//! Floor 2, above `staff_log`: who may come in, how they sign in, and what every route asks of them.

pub mod access;
pub mod account;
pub mod accounts;
pub mod bearer;
pub mod form;
pub mod guard;
pub mod handlers;
pub mod kept;
pub mod key;
mod outage;
pub mod pages;
pub mod password;
pub mod rate;
pub mod sign_in;
pub mod signed;
pub mod store;
pub mod throttle;
pub mod token;
pub mod tokens;

pub use bearer::Bearer;
pub use form::CheckedForm;
pub use guard::Staff;
pub use sign_in::SignIn;
pub use signed::{Signed, Witness};
