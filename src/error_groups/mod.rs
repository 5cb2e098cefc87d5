//! Floor 4: error groups. Errors that are alike are counted together, whoever they happened to; what staff know of them is
//! kept with the group and shown on each of its entries, which do not know this room.
//!
//! entry → [`fingerprint::Alike`] → [`gather`] (in the background) → tables → [`store`] → views → templates.

pub mod chart;
pub mod differs;
pub mod errors;
pub mod filter;
pub mod fingerprint;
pub mod forget;
pub mod form;
pub mod gather;
pub mod group;
pub mod group_view;
pub mod handlers;
pub mod here;
pub mod outcomes;
pub mod pages;
pub mod people;
pub mod spark;
pub mod sql;
pub mod state;
pub mod state_form;
pub mod store;
pub mod varying;
pub mod view;
pub mod write;
