//! A filter that cannot be read, for whoever has scripts: kept, explained, corrected.

use crate::{browser::begin, database_test, support::Browser};

/// What the network line of an answer with 400 says in the console.
const BAD: &str = "status of 400";

async fn follow(browser: &Browser, field: &str) {
    browser.click(&format!(".notice a[href='#{field}']")).await;
    assert_eq!(browser.focus().await, field);
}

database_test! {
    async fn a_bad_filter_is_explained_and_corrected(db: TestDb) {
        let (_app, mut browser, _story) = begin(db).await;
        browser.expect(BAD);
        browser.swap(async || browser.click("#f-status--error").await).await;
        browser.click(".rail summary").await;
        browser.fill("#f-ip", "203.0.113.300").await;
        browser.fill("#f-member", "nobody").await;
        browser.fill("#q", "booking").await;
        browser.swap(async || browser.press("\u{e007}").await).await;

        assert!(browser.text(".notice").await.starts_with("Two filters could not be read, so nothing was searched."));
        browser.wait("document.querySelector('#announce').textContent.startsWith('Two filters')").await;
        assert_eq!(browser.texts(".chip--bad").await, ["Member nobody", "IP 203.0.113.300"]);
        browser.holds("!document.querySelector('#list, #count')").await;
        for (field, value) in [("f-ip", "203.0.113.300"), ("f-member", "nobody"), ("q", "booking")] {
            assert_eq!(browser.value(&format!("#{field}")).await, value);
        }
        browser.holds("document.querySelector('#f-status--error').checked").await;
        assert!(browser.text("#f-ip-e").await.contains("203.0.113.300"));
        follow(&browser, "f-member").await;
        follow(&browser, "f-ip").await;

        // Reload keeps it as it is.
        browser.reload().await;
        assert_eq!(browser.texts(".chip--bad").await.len(), 2);
        browser.fill("#f-ip", "203.0.113.24").await;
        browser.fill("#f-member", "").await;
        browser.swap(async || browser.click("#toolbar button").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&q=booking&status=error&ip=203.0.113.24");
        assert_eq!(browser.entries().await.len(), 3);
        browser.holds("!document.querySelector('.notice, [aria-invalid], .field-error')").await;
        browser.finish().await;
    }

    async fn what_is_no_area_stands_in_its_field_with_the_reason(db: TestDb) {
        let (_app, mut browser, _story) = begin(db).await;
        browser.expect(BAD);
        browser.fill("#f-area", "!").await;
        browser.swap(async || browser.press("\u{e007}").await).await;
        assert_eq!(browser.value("#f-area").await, "!");
        assert_eq!(browser.texts("#rail .field-error").await, ["Write what to exclude after the “!”."]);
        assert_eq!(browser.texts(".chip").await, ["Time last 24 hours", "Area !"]);
        assert_eq!(browser.path().await, "/logs?range=24h&area=!&limit=50");
        browser.holds("[...document.querySelectorAll('.facet bdi')].every((name) => name.textContent)").await;
        // What is not even text is said beside its choices, and cannot be excluded.
        browser.goto("/logs?range=24h&status=%00&status=error").await;
        let names = ["Success", "Warning", "Error", "status_of_16_chr", "\u{fffd}"];
        assert_eq!(browser.texts("#facet-status .facet bdi").await, names);
        assert_eq!(browser.texts("#facet-status .not").await.len(), 4);
        assert_eq!(browser.texts("#facet-status .field-error").await.len(), 1);
        browser.finish().await;
    }

    async fn times_the_wrong_way_round_can_be_swapped(db: TestDb) {
        let (_app, mut browser, _story) = begin(db).await;
        browser.expect(BAD);
        browser.click("#range [value=custom]").await;
        browser.set("#from", "2026-06-18T15:00").await;
        browser.set("#to", "2026-06-18T14:00").await;
        browser.swap(async || browser.click("#toolbar button").await).await;
        follow(&browser, "to").await;
        browser.click(".custom p a").await;
        browser.wait("document.querySelector('#list')").await;
        assert_eq!(browser.entries().await.len(), 5);
        browser.finish().await;
    }

    async fn a_chip_that_could_not_be_read_is_taken_off(db: TestDb) {
        let (_app, mut browser, _story) = begin(db).await;
        browser.expect(BAD);
        browser.goto("/logs?range=24h&status=error&member=nobody").await;
        browser.swap(async || browser.click(".chip--bad a").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&status=error");
        assert_eq!(browser.entries().await.len(), 4);
        browser.holds("!document.querySelector('[aria-invalid], .field-error')").await;
        browser.finish().await;
    }

    async fn on_a_phone_the_notice_opens_the_drawer(db: TestDb) {
        let (_app, mut browser, _story) = begin(db).await;
        browser.expect(BAD);
        browser.resize(390, 844).await;
        browser.click(".head .only-narrow").await;
        browser.click("#rail summary").await;
        browser.fill("#f-ip", "1.2.3").await;
        browser.swap(async || browser.press("\u{e007}").await).await;
        browser.click(".rail-title button").await;
        follow(&browser, "f-ip").await;
        assert!(browser.open_now("#rail").await);
        // Loaded anew, the rail is in the page, and needs no button.
        browser.reload().await;
        assert!(browser.shown("#f-ip").await && !browser.shown(".only-narrow").await);
        browser.finish().await;
    }
}
