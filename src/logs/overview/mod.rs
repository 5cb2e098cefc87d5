//! The overview: entries over time as a stacked histogram, and how many there are of each action, status and area.
//!
//! filter → [`buckets::Buckets`] (edges on the reader's clock) → [`store::overview`] (totals where they serve, else the
//! plan of the list) → [`tally::Tally`] → [`view`] and [`chart`] → templates.

pub mod buckets;
pub mod chart;
pub mod cover;
pub mod handlers;
pub mod labels;
pub mod pages;
pub mod store;
pub mod tally;
pub mod values;
pub mod view;
