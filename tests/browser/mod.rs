//! What a person does and sees, in a real browser.
//!
//! Needs Debian's `chromium` and `chromium-driver`. `cargo test --test main browser` runs these alone.

mod axe;
mod door;
