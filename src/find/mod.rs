//! Floor 5: paste anything. A text is read as everything it may stand for, and each reading is asked by an index.

pub mod handlers;
pub mod pages;
pub mod pasted;
pub mod store;
pub mod view;
