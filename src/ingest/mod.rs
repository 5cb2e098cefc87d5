//! Floor 4: entries in and out for programs. Reads in this order.
//!
//! body → [`entry`] → [`batch`] → [`writer`] → `logs::write` on the way in; [`reading`] on the way out.

pub mod batch;
pub mod describe;
pub mod docs;
pub mod entry;
pub mod handlers;
pub mod intake;
pub mod people;
pub mod reading;
pub mod writer;

pub use intake::Intake;
pub use writer::Writer;
