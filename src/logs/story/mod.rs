//! What one person did, in order: from entries as they lie in the log to a story that can be read aloud.
//!
//! [`store`] asks for a stretch of somebody's entries, [`around`] for what surrounds one of them; each step after that is
//! pure and has rows alone to go by: [`visits`] cuts the stretch, [`trail`] says its gaps and folds its repeats, [`lately`] says how often something
//! happened to them, [`recovery`] whether it worked since, [`others`] whom a story meets whose it is not,
//! [`inference`] what else was theirs, [`meant`] which instant a local time means. [`view`] puts it in words for one reader.

pub mod around;
pub mod habits;
pub mod inference;
pub mod lately;
pub mod meant;
pub mod moment;
pub mod others;
pub mod recovery;
pub mod store;
pub mod trail;
pub mod view;
pub mod visits;

pub use moment::Moment;
