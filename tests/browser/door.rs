//! Signing in and out, and what a session is asked for.

use daybook::core::role::Role;

use crate::{
    database_test,
    support::{Browser, TestApp, story},
};

database_test! {
    async fn signing_in_leads_to_where_one_wanted_to_go(db: TestDb) {
        story::story(&db).await;
        let app = TestApp::start(db).await;
        let email = app.account(Role::Support).await;
        let browser = Browser::open(&app).await;

        browser.goto("/logs?range=7d&status=error").await;
        assert!(browser.path().await.starts_with("/login?next="));
        assert_eq!(browser.focus().await, "email");
        browser.fill("#email", &email).await;
        browser.fill("#password", crate::support::app::PASSWORD).await;
        browser.leave(async || browser.press("\u{e007}").await).await;
        assert_eq!(browser.path().await, "/logs?range=7d&status=error");
        assert_eq!(browser.entries().await.len(), 4);
        browser.finish().await;
    }
}
