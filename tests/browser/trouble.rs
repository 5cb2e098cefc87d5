//! A server that does not answer, and what a browser keeps.

use serde_json::json;

use crate::{browser::begin, database_test, support::Browser};

async fn network(browser: &Browser, on: bool) {
    let conditions = json!({ "offline": !on, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    browser.cdp("Network.enable", json!({})).await;
    browser.cdp("Network.emulateNetworkConditions", conditions).await;
}

/// What the browser keeps of this site by itself.
async fn storage(browser: &Browser) -> Vec<String> {
    browser.strings("[...Object.keys(sessionStorage), ...Object.keys(localStorage)]").await
}

database_test! {
    async fn what_a_page_does_wrong_fails_its_test(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        for (wrong, said) in [
            ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
            ("document.body.append(document.createElement('script')); \
              document.body.lastChild.textContent = 'alert(1)'", "Content Security Policy"),
            ("setTimeout(() => { throw new Error('thrown'); })", "thrown"),
            ("console.error('logged')", "logged"),
            ("fetch('/nowhere')", "status of 404"),
        ] {
            browser.js(wrong).await;
            let mut seen = Vec::new();
            for _ in 0..100 {
                seen.extend(browser.complaints().await);
                if seen.iter().any(|line| line.contains(said)) {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            assert!(seen.iter().any(|line| line.contains(said)), "{wrong}: {seen:?}");
        }
        browser.finish().await;
    }

    async fn a_server_that_is_away_is_said_to_be(db: TestDb) {
        let (_app, mut browser, _story) = begin(db).await;
        browser.expect("net::ERR_INTERNET_DISCONNECTED");
        browser.expect("htmx:afterRequest");
        browser.expect("htmx:sendError");
        browser.goto("/logs?range=24h").await;
        let everything = browser.entries().await;
        for _ in 0..2 {
            network(&browser, false).await;
            browser.click("#f-status--error").await;
            browser.wait("document.querySelector('#results #offline')?.checkVisibility()").await;
            browser.wait("document.querySelector('#announce').textContent.includes('could not be reached')").await;
            // What was shown is still there, and so is the focus.
            assert_eq!(browser.entries().await, everything);
            assert_eq!(browser.focus().await, "f-status--error");
            assert_eq!(browser.path().await, "/logs?range=24h");

            network(&browser, true).await;
            browser.swap(async || browser.click("#f-status--warning").await).await;
            assert!(!browser.shown("#offline").await);
            assert_eq!(browser.texts(".chip").await[1..], ["Status is Warning", "Status is Error"]);
            browser.swap(async || browser.click("#clear").await).await;
        }
        browser.finish().await;
    }

    async fn nothing_of_a_member_stays_in_the_browser(db: TestDb) {
        let (_app, browser, story) = begin(db).await;
        browser.fill("#q", "Lindqvist").await;
        browser.swap(async || browser.press("\u{e007}").await).await;
        browser.swap(async || browser.click("#range [value='7d']").await).await;
        assert!(storage(&browser).await.is_empty());
        browser.back().await;
        assert!(storage(&browser).await.is_empty());
        browser.goto(&format!("/logs/{}?range=24h&q=Lindqvist", story.error)).await;
        assert!(storage(&browser).await.is_empty());
        browser.goto("/members").await;
        assert!(storage(&browser).await.is_empty());
        browser.goto("/logs").await;
        browser.swap(async || browser.click("#f-status--error").await).await;
        browser.press("?").await;
        browser.click("#keys-off").await;
        browser.leave(async || browser.click(".nav [href='/members']").await).await;
        assert_eq!(storage(&browser).await, ["daybook-keys"]);
        browser.finish().await;
    }
}
