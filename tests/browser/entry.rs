//! One entry: what its buttons copy, and its traceback.

use daybook::logs::log::NewLog;
use serde_json::json;

use crate::{
    browser::begin,
    database_test,
    support::{Browser, TestApp, sample},
};

/// Lets the page write to the clipboard and the test read it.
pub(super) async fn with_clipboard(app: &TestApp, browser: &Browser) {
    let permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"];
    browser.cdp("Browser.grantPermissions", json!({ "origin": app.base, "permissions": permissions })).await;
}

async fn clipboard(browser: &Browser) -> String {
    let text =
        browser.js_done("navigator.clipboard.readText().then(arguments[0], (error) => arguments[0](`${error}`))");
    text.await.as_str().expect("a text").to_owned()
}

/// Presses a copy button, sees that it says so, and reads the clipboard.
pub(super) async fn copied(browser: &Browser, css: &str) -> String {
    let element = format!("document.querySelector({})", json!(css));
    browser.js("document.querySelector('#announce').textContent = ''").await;
    browser.click(css).await;
    browser.wait(&format!("{element}.querySelector('use').getAttribute('href').endsWith('#check')")).await;
    if browser.is(&format!("{element}.querySelector('span')")).await {
        assert_eq!(browser.text(&format!("{css} span")).await, "Copied");
    }
    browser.wait("document.querySelector('#announce').textContent === 'Copied'").await;
    browser.holds(&format!("document.activeElement === {element}")).await;
    clipboard(browser).await
}

database_test! {
    async fn buttons_copy_what_they_name(db: TestDb) {
        let (app, browser, story) = begin(db).await;
        with_clipboard(&app, &browser).await;
        assert_eq!(copied(&browser, "[data-copy-link]").await, format!("{}/logs?range=24h", app.base));
        browser.swap(async || browser.click("#f-status--error").await).await;
        assert_eq!(copied(&browser, "[data-copy-link]").await, format!("{}/logs?range=24h&status=error", app.base));

        browser.goto(&format!("/logs/{}?range=24h&status=error", story.error)).await;
        // To a colleague without the list it was opened from.
        assert_eq!(copied(&browser, "[data-copy-link]").await, format!("{}/logs/{}", app.base, story.error));
        assert_eq!(copied(&browser, "[aria-label='Copy entry ID']").await, story.error.to_string());
        assert_eq!(copied(&browser, "[aria-label='Copy UTC']").await, "2026-06-18T13:32:05.000000Z");
        let NewLog { error_message, error_detail, .. } = sample::error(sample::now());
        let message = copied(&browser, "[data-copy-from='#error-message']").await;
        assert_eq!(Some(message), error_message);
        let lines = copied(&browser, "[data-copy-from='#tb-text']").await;
        assert_eq!(Some(lines.trim_end()), error_detail.as_deref());

        let ticket = copied(&browser, "[data-copy-from='#ticket']").await;
        assert!(ticket.contains(&format!("{}/logs/{}", app.base, story.error)), "{ticket}");
        assert!(!ticket.contains("Lindqvist") && !ticket.contains("203.0.113"), "{ticket}");
        // What it says is taken back after a while.
        browser.wait("document.querySelector('[data-key=c] span').innerText === 'Copy for ticket'").await;
        browser.js("document.body.focus(); navigator.clipboard.writeText('other')").await;
        browser.press("c").await;
        browser.wait("document.querySelector('#announce').textContent === 'Copied'").await;
        assert_eq!(clipboard(&browser).await, ticket);
        browser.finish().await;
    }

    async fn copying_works_without_https(db: TestDb) {
        let (app, browser, story) = begin(db).await;
        with_clipboard(&app, &browser).await;
        browser.goto(&format!("/logs/{}", story.error)).await;
        browser.js("navigator.clipboard.writeText = () => Promise.reject(new Error('not here'))").await;
        assert_eq!(copied(&browser, "[aria-label='Copy entry ID']").await, story.error.to_string());
        browser.finish().await;
    }

    async fn a_traceback_narrows_to_the_applications_frames(db: TestDb) {
        let (_app, browser, story) = begin(db).await;
        browser.goto(&format!("/logs/{}", story.error)).await;
        assert_eq!(browser.text(".tb-bar .muted").await, "1 application, 1 library");
        assert!(browser.text("#tb-text").await.contains("starlette/routing.py"));
        browser.click(".tb-only").await;
        let narrowed = browser.text("#tb-text").await;
        assert!(!narrowed.contains("starlette") && narrowed.contains("_pick_walker"), "{narrowed}");
        assert!(narrowed.contains("AttributeError"), "{narrowed}");

        browser.goto(&format!("/logs/{}", story.long_error)).await;
        let fold = browser.text("#tb-text .fold").await;
        assert_eq!(fold, "300 lines are left out here. Open all 700 lines as text");
        browser.finish().await;
    }

    async fn what_strangers_sent_does_nothing(db: TestDb) {
        let (_app, browser, story) = begin(db).await;
        for path in ["/logs?range=24h".to_owned(), format!("/logs/{}", story.hostile), "/members".to_owned()] {
            browser.goto(&path).await;
            browser.wait("document.readyState === 'complete'").await;
            browser.holds("!document.querySelector('img, main script, [hx-get=\"/logout\"]')").await;
            browser.holds("document.querySelector('.top')").await;
        }
        // A filter on it works all the same.
        browser.goto(&format!("/logs/{}", story.hostile)).await;
        browser.leave(async || browser.click("[aria-label='Filter by this area']").await).await;
        assert_eq!(browser.entries().await, [story.hostile.to_string()]);
        browser.finish().await;
    }
}
