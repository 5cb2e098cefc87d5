//! Floor 4: saved views. A filter under a name, for oneself or shared with all staff; the list shows them beside itself
//! without knowing this room.

pub mod form;
pub mod handlers;
pub mod pages;
pub mod shelf;
pub mod store;
