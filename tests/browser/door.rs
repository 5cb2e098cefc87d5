//! Signing in and out, and what a session is asked for.

use daybook::core::role::Role;
use fantoccini::key::Key;
use serde_json::json;

use crate::{
    browser::begin,
    database_test,
    support::{Browser, Look, TestApp, app::PASSWORD, story},
};

database_test! {
    async fn signing_in_leads_to_where_one_wanted_to_go(db: TestDb) {
        story::story(&db).await;
        let app = TestApp::start(db).await;
        let email = app.account(Role::Support).await;
        let mut browser = Browser::open(&app).await;
        browser.expect("status of 401");

        browser.goto("/logs?range=7d&status=error").await;
        assert!(browser.path().await.starts_with("/login?next="));
        assert_eq!(browser.focus().await, "email");
        browser.press(&format!("{email}\t")).await;
        browser.press("not my password").await;
        browser.leave(async || browser.press_key(Key::Enter).await).await;
        assert_eq!(browser.text("[role=alert]").await, "That e-mail and password do not match.");
        assert_eq!(browser.value("#email").await, email);
        assert_eq!(browser.focus().await, "password");
        browser.press(PASSWORD).await;
        browser.leave(async || browser.press_key(Key::Enter).await).await;
        assert_eq!(browser.path().await, "/logs?range=7d&status=error");
        assert_eq!(browser.entries().await.len(), 4);
        browser.finish().await;
    }

    async fn after_signing_out_back_shows_nothing(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.swap(async || browser.click("#f-status--error").await).await;
        browser.click(".top-end > .menu:last-child > summary").await;
        browser.leave(async || browser.click("form[action='/logout'] button").await).await;
        assert_eq!(browser.path().await, "/login");
        browser.back().await;
        browser.wait("location.pathname === '/login'").await;
        browser.holds("!document.querySelector('#list') && sessionStorage.length === 0").await;
        browser.finish().await;
    }

    async fn a_session_that_ended_leads_to_the_door_and_back(db: TestDb) {
        let (_app, mut browser, _story) = begin(db).await;
        browser.expect("status of 401");
        browser.lose_cookies().await;
        browser.leave(async || browser.click("#f-status--error").await).await;
        assert!(browser.path().await.starts_with("/login?next=/logs%3F"), "{}", browser.path().await);
        browser.fill("#email", "support@example.org").await;
        browser.fill("#password", PASSWORD).await;
        browser.leave(async || browser.press_key(Key::Enter).await).await;
        assert_eq!(browser.texts(".chip").await, ["Time last 24 hours", "Status is Error"]);
        browser.finish().await;
    }

    async fn another_zone_changes_the_times_and_nothing_else(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.swap(async || browser.click("#f-status--error").await).await;
        let entries = browser.entries().await;
        assert_eq!(browser.text("#list .is-error time").await, "14:32:05");
        browser.click(".zone > summary").await;
        browser.fill("#zone", "Asia/Tokyo").await;
        browser.leave(async || browser.press_key(Key::Enter).await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&status=error");
        assert_eq!(browser.entries().await, entries);
        assert_eq!(browser.text("#list .is-error time").await, "22:32:05");
        assert_eq!(browser.text(".zone > summary").await, "Time zone: Tokyo UTC+09:00");

        browser.cdp("Emulation.setTimezoneOverride", json!({ "timezoneId": "America/New_York" })).await;
        browser.reload().await;
        browser.click(".zone > summary").await;
        assert_eq!(browser.text("[data-here]").await, "This device’s zone: America/New_York");
        browser.leave(async || browser.click("[data-here]").await).await;
        assert_eq!(browser.text("#list .is-error time").await, "09:32:05");
        browser.click(".zone > summary").await;
        browser.leave(async || browser.click(".zone .menu-item:first-of-type").await).await;
        assert_eq!(browser.text("#list .is-error time").await, "14:32:05");
        assert_eq!(browser.path().await, "/logs?range=24h&status=error");
        browser.finish().await;
    }

    async fn a_theme_overrides_the_system(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        let paper = "getComputedStyle(document.querySelector('#main')).backgroundColor";
        let light = browser.string(paper).await;
        browser.swap(async || browser.click("#f-status--error").await).await;
        browser.click(".top-end > .menu:last-child > summary").await;
        browser.leave(async || browser.click("[name=theme][value=dark]").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&status=error");
        let dark = browser.string(paper).await;
        assert_eq!((light.as_str(), dark.as_str()), ("rgb(255, 255, 255)", "rgb(20, 26, 23)"));
        browser.holds("document.querySelector('[name=theme][value=dark]').ariaPressed === 'true'").await;

        browser.goto("/account").await;
        browser.leave(async || browser.click("main [name=theme][value=system]").await).await;
        assert_eq!(browser.path().await, "/account");
        assert_eq!(browser.string(paper).await, light);
        browser.look(Look { dark: true, ..Look::default() }).await;
        assert_eq!(browser.string(paper).await, dark);
        browser.finish().await;
    }
}
