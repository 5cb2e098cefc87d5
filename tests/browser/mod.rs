//! What a person does and sees, in a real browser.
//!
//! Needs Debian's `chromium` and `chromium-driver`. `cargo test --test main browser` runs these alone.

use daybook::core::role::Role;

use crate::support::{Browser, TestApp, TestDb, story, story::Story};

mod axe;
mod call;
mod door;
mod entry;
mod errors;
mod filters;
mod keyboard;
mod live;
mod narrow;
mod overview;
mod paging;
mod plain;
mod print;
mod refused;
mod staff;
mod trouble;

/// The story, served, and a browser on `/logs` that is signed in.
async fn begin(db: TestDb) -> (TestApp, Browser, Story) {
    let story = story::story(&db).await;
    let app = TestApp::start(db).await;
    let email = app.account(Role::Support).await;
    let browser = Browser::open(&app).await;
    browser.sign_in(&email).await;
    (app, browser, story)
}
