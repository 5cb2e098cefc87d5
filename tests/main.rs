//! Every behaviour, through the real thing: HTTP against a running server, each test with a database of its own.

mod support;

mod browser;
mod smoke;
