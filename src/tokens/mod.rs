//! Floor 4: the page of API tokens, where admins make and revoke them. The tokens themselves are kept by `session`,
//! which lets programs in by them.

pub mod form;
pub mod handlers;
pub mod pages;
