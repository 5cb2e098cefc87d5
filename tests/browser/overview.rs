//! The chart above the list, and the views one keeps of it.

use daybook::core::role::Role;

use crate::{
    browser::begin,
    database_test,
    support::{Browser, Look, TestApp, story},
};

/// Waits for the chart, which comes after the list.
async fn drawn(browser: &Browser) {
    browser.wait("document.querySelector('#hist svg') && !document.querySelector('.htmx-request')").await;
}

database_test! {
    async fn a_bar_zooms_in_and_the_numbers_follow_the_filter(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.goto("/logs?range=24h").await;
        drawn(&browser).await;
        // It comes by itself and leaves the address and the history alone.
        assert_eq!(browser.path().await, "/logs?range=24h");
        assert_eq!(browser.text("#facet-status .facet:nth-of-type(3) b").await, "4");
        browser.holds("document.activeElement === document.body").await;

        browser.swap(async || browser.click("#f-action_type--login").await).await;
        drawn(&browser).await;
        assert_eq!(browser.text("#facet-status .facet:nth-of-type(3) b").await, "0");
        browser.swap(async || browser.click("#f-action_type--login").await).await;
        drawn(&browser).await;

        let everything = browser.entries().await;
        let last = ".hits-fine a:last-of-type";
        let label = browser.string(&format!("document.querySelector('{last}').getAttribute('aria-label')")).await;
        assert!(label.ends_with("Zoom in"), "{label}");
        browser.js(&format!("document.querySelector('{last}').focus()")).await;
        browser.swap(async || browser.press("\u{e007}").await).await;
        drawn(&browser).await;
        assert!(browser.path().await.starts_with("/logs?range=custom&from=2026-06-18T14:"), "{}", browser.path().await);
        browser.holds("document.querySelector('#range [value=custom]').checked").await;
        browser.holds("document.activeElement !== document.body").await;
        let zoomed = browser.entries().await;
        assert!(!zoomed.is_empty() && zoomed.iter().all(|id| everything.contains(id)));
        let counted = browser.text("#count strong").await;
        assert!(label.contains(&format!(": {counted} entries")), "{label}, and then {counted}");

        browser.back().await;
        assert_eq!(browser.entries().await, everything);
        drawn(&browser).await;
        // Its numbers as a table.
        browser.click("#hist summary").await;
        browser.swap(async || browser.click("#hist td a").await).await;
        assert!(browser.path().await.starts_with("/logs?range=custom&from="));
        browser.finish().await;
    }

    async fn on_a_phone_no_name_of_the_axis_leaves_the_chart_or_runs_into_another(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        for query in ["range=1h", "range=24h", "range=7d", "range=30d", "range=90d", "range=all", "range=24h&tz=Asia/Kolkata"] {
            browser.goto(&format!("/logs?{query}")).await;
            for width in [390, 320] {
                browser.look(Look { width, height: 844, ..Look::default() }).await;
                drawn(&browser).await;
                let right = "document.querySelector('#hist svg').getBoundingClientRect().right";
                let names = "[...document.querySelectorAll('#hist svg > text')].filter((t) => t.checkVisibility())";
                browser.holds(&format!("{names}.length > 3")).await;
                browser.holds(&format!("{names}.every((t) => t.getBoundingClientRect().right <= {right} + 0.5)")).await;
                let axis = format!("{names}.filter((t) => t.getAttribute('y') === '119')");
                let boxes = format!("{axis}.map((t) => t.getBoundingClientRect())");
                let apart = format!("{boxes}.every((box, at, all) => !at || all[at - 1].right < box.left)");
                let said = browser.strings(&format!("{axis}.map((t) => t.textContent)")).await;
                assert!(browser.is(&apart).await, "{query} at {width}: {said:?}");
            }
        }
        browser.finish().await;
    }

    async fn where_nothing_matches_the_numbers_come_without_a_chart(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.goto("/logs?range=24h&status=error&q=nowhere").await;
        browser.wait("document.querySelector('#facet-status b').textContent === '0'").await;
        browser.holds("!document.querySelector('#hist') && document.activeElement === document.body").await;
        assert_eq!(browser.path().await, "/logs?range=24h&status=error&q=nowhere");
        browser.finish().await;
    }

    async fn without_scripts_the_overview_is_a_page(db: TestDb) {
        story::story(&db).await;
        let app = TestApp::start(db).await;
        let email = app.account(Role::Viewer).await;
        let browser = Browser::with(&app, Look { scripts: false, ..Look::default() }).await;
        browser.sign_in(&email).await;
        browser.goto("/logs?range=24h&status=warning").await;
        let left = |css: &str| format!("document.querySelector('{css}').getBoundingClientRect().left");
        browser.holds(&format!("{} === {}", left("#hist a"), left("#hist"))).await;
        browser.leave(async || browser.click("#hist a").await).await;
        assert!(browser.path().await.starts_with("/logs/overview?range=24h&status=warning"));
        browser.leave(async || browser.click(".head .btn").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&status=warning");
        browser.finish().await;
    }

    async fn a_view_is_saved_opened_and_deleted(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.swap(async || browser.click("#f-status--error").await).await;
        browser.click("#save > summary").await;
        browser.fill("#v-name", "Errors of <b>today</b>").await;
        browser.leave(async || browser.press("\u{e007}").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&status=error");
        let names = browser.texts("#views a").await;
        assert!(names.contains(&"Errors of <b>today</b>".to_owned()), "{names:?}");
        browser.holds("document.querySelector('#views [aria-current]').innerText.includes('today')").await;

        // Another filter is another list: the mark beside the name goes.
        browser.swap(async || browser.click("#f-status--warning").await).await;
        browser.holds("!document.querySelector('#views [aria-current]')").await;
        let view = "[...document.querySelectorAll('#views a')].find((link) => link.innerText.includes('today'))";
        browser.js(&format!("{view}.focus()")).await;
        browser.leave(async || browser.press("\u{e007}").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&status=error");
        browser.click("#save > summary").await;
        browser.leave(async || browser.click("#save .menu-item").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&status=error");
        assert!(!browser.texts("#views a").await.contains(&"Errors of <b>today</b>".to_owned()));
        browser.finish().await;
    }
}
