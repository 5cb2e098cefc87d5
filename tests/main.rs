//! Every behaviour, through the real thing: HTTP against a running server, each test with a database of its own.

mod support;

mod access;
mod architecture;
mod csrf;
mod errors;
mod export;
mod export_slow;
mod filters;
mod paging;
mod round_trip;
mod sign_in;
mod smoke;
mod throttle;
