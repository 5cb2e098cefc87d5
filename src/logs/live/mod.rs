//! Live: what has come to a list since it was shown. One watcher asks the database for everybody; a client asks the
//! watcher every few seconds, and costs nothing in between.

pub mod handlers;
pub mod newer;
pub mod pages;
pub mod since;
pub mod watcher;
