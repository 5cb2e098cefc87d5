//! On paper: what only a screen needs is gone, and what stands there says all that it says on a screen.

use daybook::core::role::Role;
use serde_json::json;

use crate::{
    browser::begin,
    database_test,
    error_groups::gather,
    support::{Browser, Look, TestApp, story},
};

async fn on_paper(browser: &Browser) {
    browser.cdp("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
}

database_test! {
    async fn a_line_that_is_broken_stays_beside_its_number(db: TestDb) {
        let (_app, browser, story) = begin(db).await;
        browser.goto(&format!("/logs/{}", story.error)).await;
        browser.look(Look { width: 500, height: 900, ..Look::default() }).await;
        on_paper(&browser).await;
        let lines = "[...document.querySelectorAll('.l:not(.fold) > bdi')].map((line) => [...line.getClientRects()])";
        browser.holds(&format!("{lines}.some((line) => line.length > 1)")).await;
        browser.holds(&format!("{lines}.every((line) => line.every((row) => row.left >= line[0].left - 1))")).await;
        browser.finish().await;
    }

    async fn the_chart_keeps_its_colours_and_numbers(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.goto("/logs/overview?range=24h").await;
        on_paper(&browser).await;
        browser.holds("getComputedStyle(document.querySelector('.key'), '::before').printColorAdjust === 'exact'").await;
        let numbers = "[...document.querySelectorAll('#hist text[text-anchor=end]:not(.readout)')]";
        browser.js(&format!("{numbers}.forEach((number) => number.textContent = '15,000')")).await;
        browser.holds(&format!("{numbers}.every((number) => number.getBoundingClientRect().left >= 0)")).await;
        browser.finish().await;
    }

    async fn a_list_is_a_table_on_a4_and_holds_no_controls(db: TestDb) {
        let (app, browser, story) = begin(db).await;
        gather(&app.db).await;
        // What A4 leaves between its margins is narrower than a phone's rules begin.
        browser.look(Look { width: 718, height: 1000, ..Look::default() }).await;
        on_paper(&browser).await;
        browser.goto("/logs?range=24h").await;
        browser.holds("getComputedStyle(document.querySelector('#list tbody tr:not(.day)')).display === 'table-row'").await;
        browser.holds("!document.querySelector('#refresh').checkVisibility()").await;
        browser.goto(&format!("/logs/{}", story.error)).await;
        browser.leave(async || drop(browser.js("document.querySelector('.seen a').click()").await)).await;
        let left = "[...document.querySelectorAll('button, select, textarea, summary, .facts form, .num > a, .hint')]
            .filter((it) => it.checkVisibility() && !it.closest('.visit, .hist details'))
            .map((it) => it.outerHTML.slice(0, 100))";
        let left = browser.strings(left).await;
        assert!(left.iter().all(|it| it.contains("class=\"hint\"")), "{left:?}");
        browser.finish().await;
    }

    async fn a_form_that_cannot_be_filled_in_is_not_there(db: TestDb) {
        story::story(&db).await;
        let app = TestApp::start(db).await;
        let email = app.account(Role::Admin).await;
        let browser = Browser::open(&app).await;
        browser.sign_in(&email).await;
        for (path, heading) in [("/staff", "Add someone"), ("/tokens", "Create a token")] {
            browser.goto(path).await;
            on_paper(&browser).await;
            let headings = "[...document.querySelectorAll('h2')].filter((it) => it.checkVisibility())";
            let shown = browser.strings(&format!("{headings}.map((it) => it.textContent)")).await;
            assert!(!shown.contains(&heading.to_owned()), "{path}: {shown:?}");
        }
        browser.finish().await;
    }
}
