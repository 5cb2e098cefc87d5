//! The pages of staff in a browser: an account added and changed without scripts, and the list of what was done with them.

use daybook::core::role::Role;

use crate::{
    database_test,
    support::{Browser, Look, TestApp, app::PASSWORD},
};

const MAYA: &str = "maya@example.org";

database_test! {
    async fn without_scripts_an_account_is_added_changed_and_looked_after(db: TestDb) {
        let app = TestApp::start(db).await;
        let email = app.account(Role::Admin).await;
        let browser = Browser::with(&app, Look { scripts: false, ..Look::default() }).await;
        browser.sign_in(&email).await;
        browser.leave(async || browser.click(".nav a[href='/staff']").await).await;
        browser.fill("#s-email", MAYA).await;
        browser.fill("#s-name", "Maya Osei").await;
        browser.set("#s-role", "viewer").await;
        browser.leave(async || browser.click(".cols .btn--primary").await).await;
        let password = browser.text("#once").await;
        let maya = app.client();
        maya.sign_in(MAYA, password.trim()).await;
        browser.leave(async || browser.click("a[aria-label='Change maya@example.org']").await).await;
        browser.set("#e-role", "support").await;
        browser.leave(async || browser.click("#edit .toolbar .btn").await).await;
        assert!(browser.text("#edit [role=status]").await.contains("Support"));
        assert!(maya.get("/account").await.text().contains("Role: Support"));
        browser.leave(async || browser.click("#e-switch").await).await;
        assert!(browser.text("#edit [role=status]").await.contains("switched off"));
        assert!(browser.text("table.cards").await.contains("Off"));
        browser.leave(async || browser.click(".tabs a[href='/staff/activity']").await).await;
        app.staff_log.flush().await;
        browser.click("#facet-kind [value=staff]").await;
        browser.leave(async || browser.click(".rail-foot button").await).await;
        assert_eq!(browser.texts(".chip").await, ["Time last 24 hours", "What they did is Changed staff"]);
        let said = browser.text("#list").await;
        for part in ["Added maya@example.org", "Role Viewer", "Viewer to Support", "Switched off maya@example.org"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        browser.finish().await;
    }

    async fn a_choice_searches_at_once_and_going_back_shows_what_was(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account_named(MAYA, Role::Support).await;
        let maya = app.client();
        maya.sign_in(MAYA, PASSWORD).await;
        maya.get("/members?q=hana").await;
        let email = app.account(Role::Admin).await;
        let mut browser = Browser::open(&app).await;
        browser.sign_in(&email).await;
        app.staff_log.flush().await;
        browser.goto("/staff/activity").await;
        browser.swap(async || browser.click("#facet-person [value='maya@example.org']").await).await;
        assert_eq!(browser.path().await, "/staff/activity?range=24h&person=maya@example.org");
        assert_eq!(browser.texts("#count strong").await, ["2"]);
        browser.swap(async || browser.click("#facet-kind [value=search]").await).await;
        assert_eq!(browser.texts("#list .c-action").await.iter().map(|text| text.trim()).collect::<Vec<_>>(), ["Searched"]);
        assert!(browser.text("#list").await.contains("Looked for “hana” in Members"));
        // The chip takes the person off, and the rail follows.
        browser.swap(async || browser.click("#chip-1").await).await;
        browser.holds("!document.querySelector(\"#facet-person [value='maya@example.org']\").checked").await;
        browser.expect("status of 400");
        browser.fill("#f-person", "maya").await;
        browser.swap(async || browser.click("#toolbar button").await).await;
        assert!(browser.text("#facet-person-e").await.contains("is no e-mail"));
        browser.finish().await;
    }
}
