//! Floor 4: the pages where admins keep the accounts of staff, and read who did what in Daybook.

pub mod activity;
pub mod form;
pub mod handlers;
pub mod pages;
