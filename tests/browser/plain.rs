//! Without scripts everything works as links and forms.

use daybook::core::role::Role;

use crate::{
    database_test,
    support::{Browser, Look, TestApp, story},
};

database_test! {
    async fn without_scripts_links_and_forms_do_it(db: TestDb) {
        let story = story::story(&db).await;
        let app = TestApp::start(db).await;
        let email = app.account(Role::Support).await;
        let mut browser = Browser::with(&app, Look { scripts: false, ..Look::default() }).await;
        browser.expect("status of 400");
        browser.sign_in(&email).await;
        assert_eq!(browser.path().await, "/logs");
        browser.holds("!document.documentElement.classList.contains('js') && !window.htmx").await;
        browser.holds("![...document.querySelectorAll('.js-only, .has-icon > kbd')].some((element) => element.checkVisibility())").await;

        browser.click("#f-status--success").await;
        browser.fill("#q", "dashboard").await;
        browser.leave(async || browser.click(".rail-foot button").await).await;
        assert_eq!(browser.texts(".chip").await, ["Time last 24 hours", "Text has dashboard", "Status is Success"]);
        browser.holds("document.querySelector('#f-status--success').checked").await;
        assert_eq!(browser.value("#q").await, "dashboard");
        browser.leave(async || browser.click("#chip-1").await).await;
        browser.leave(async || browser.click("#facet-action .not").await).await;
        assert_eq!(browser.texts(".chip").await[1..], ["Status is Success", "Action is not Page visit"]);
        browser.set("#limit", "25").await;
        browser.leave(async || browser.click(".pager button").await).await;
        let first = browser.entries().await;
        browser.leave(async || browser.click("[rel=next]").await).await;
        let second = browser.entries().await;
        assert_eq!((first.len(), second.len()), (25, 25));
        let list = browser.path().await;

        browser.leave(async || browser.click("#list tr:nth-of-type(3) [data-row]").await).await;
        browser.leave(async || browser.click("[rel=next]").await).await;
        browser.leave(async || browser.click(".crumb a").await).await;
        assert_eq!((browser.path().await, browser.entries().await), (list, second));
        browser.leave(async || browser.click("[rel=prev]").await).await;
        assert_eq!(browser.entries().await, first);

        // A bad filter: the page again, with its message, and a way to the field.
        browser.click("#range [value=custom]").await;
        browser.click("#fields summary").await;
        browser.fill("#f-ip", "1.2.3.400").await;
        browser.leave(async || browser.click("#toolbar button").await).await;
        assert!(browser.text("#f-ip-e").await.starts_with("“1.2.3.400” is not an IP address."));
        browser.click(".notice a[href='#f-ip']").await;
        assert!(browser.path().await.ends_with("#f-ip"));
        browser.fill("#f-ip", "").await;
        browser.leave(async || browser.click("#toolbar button").await).await;
        browser.holds("document.querySelector('#list')").await;

        // Menus, the zone, members, the traceback.
        browser.click(".zone > summary").await;
        browser.fill("#zone", "Asia/Tokyo").await;
        browser.leave(async || browser.click(".zone .btn").await).await;
        assert!(browser.text(".zone > summary").await.contains("Tokyo"));
        browser.goto("/members").await;
        browser.fill("#q", "hana").await;
        browser.leave(async || browser.click(".toolbar button").await).await;
        browser.leave(async || browser.click("[data-row]").await).await;
        assert_eq!(browser.text("h1").await, "Hana Lindqvist");
        browser.goto(&format!("/logs/{}", story.error)).await;
        browser.click(".tb-only").await;
        assert!(!browser.text("#tb-text").await.contains("starlette"));
        browser.click(".top-end > .menu:last-child > summary").await;
        browser.leave(async || browser.click("form[action='/logout'] button").await).await;
        assert_eq!(browser.path().await, "/login");
        browser.finish().await;
    }

    async fn on_a_phone_without_scripts_the_filters_open_too(db: TestDb) {
        story::story(&db).await;
        let app = TestApp::start(db).await;
        let email = app.account(Role::Viewer).await;
        let browser = Browser::with(&app, Look { width: 390, height: 844, scripts: false, ..Look::default() }).await;
        browser.sign_in(&email).await;
        browser.click(".head .only-narrow").await;
        browser.click("#f-status--error").await;
        browser.leave(async || browser.click(".rail-foot button").await).await;
        assert_eq!(browser.entries().await.len(), 4);
        browser.finish().await;
    }
}
