//! Floor 1: keyset paging. A position in a list is the whole sort key `(timestamp, id)`, never a number of rows.

mod cursor;
mod page;

pub use cursor::{Cursor, Key};
pub use page::{At, Direction, Page, Seen};
