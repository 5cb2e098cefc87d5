//! Single keys, their panel, and the way to switch them off.

use fantoccini::key::Key;

use crate::{browser::begin, database_test, support::Browser};

/// The row that has the focus, from 0; -1 for none.
async fn row(browser: &Browser) -> i64 {
    let at = browser.js("return [...document.querySelectorAll('[data-row]')].indexOf(document.activeElement)").await;
    at.as_i64().expect("a number")
}

database_test! {
    async fn a_phone_has_a_way_to_the_panel_too(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.resize(390, 844).await;
        browser.click(".top-end [aria-label='Your account']").await;
        browser.click(".top-end .menu-item[popovertarget=keys]").await;
        browser.wait("document.querySelector('#keys').matches(':popover-open')").await;
        browser.click("#keys-off").await;
        browser.reload().await;
        browser.holds("document.querySelector('#keys-off').checked").await;
        browser.finish().await;
    }

    async fn keys_lead_through_list_and_entries(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.goto("/logs?range=24h&limit=25").await;
        let entries = browser.entries().await;
        browser.press("j").await;
        assert_eq!(row(&browser).await, 0);
        browser.press("jjk").await;
        assert_eq!(row(&browser).await, 1);
        browser.leave(async || browser.press_key(Key::Enter).await).await;
        assert!(browser.path().await.starts_with(&format!("/logs/{}?", entries[1])));
        browser.leave(async || browser.press("]").await).await;
        assert!(browser.path().await.starts_with(&format!("/logs/{}?", entries[2])));
        browser.leave(async || browser.press("[").await).await;
        browser.leave(async || browser.press("[").await).await;
        assert!(browser.path().await.starts_with(&format!("/logs/{}?", entries[0])));
        // There is none newer: nothing happens.
        browser.press("[").await;

        browser.leave(async || browser.press("ga").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h");
        browser.swap(async || browser.press("]").await).await;
        browser.focused("#results-h").await;
        browser.swap(async || browser.press("[").await).await;
        browser.leave(async || browser.press("gm").await).await;
        assert_eq!(browser.path().await, "/members");
        browser.press("/").await;
        assert_eq!(browser.focus().await, "q");
        browser.js("document.activeElement.blur()").await;
        browser.leave(async || browser.press("ge").await).await;
        assert_eq!(browser.path().await, "/errors");
        browser.finish().await;
    }

    async fn keys_are_letters_where_one_types(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.press("/").await;
        assert_eq!(browser.focus().await, "q");
        browser.press("jk/?gmc[]").await;
        assert_eq!(browser.value("#q").await, "jk/?gmc[]");
        assert!(!browser.open_now("#keys").await);
        browser.js("document.activeElement.blur()").await;
        // With Ctrl a key belongs to the browser.
        let ctrl_j = "new KeyboardEvent('keydown', { key: 'j', ctrlKey: true, bubbles: true })";
        browser.js(&format!("document.body.dispatchEvent({ctrl_j})")).await;
        assert_eq!(row(&browser).await, -1);
        // A checkbox takes no letters.
        browser.js("document.querySelector('#f-status--error').focus()").await;
        browser.press("j").await;
        assert_eq!(row(&browser).await, 0);
        browser.finish().await;
    }

    async fn the_panel_says_them_and_switches_them_off(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.press("?").await;
        browser.wait("document.querySelector('#keys').matches(':popover-open')").await;
        // The keyboard is in it, and what lies behind it does not move meanwhile.
        browser.holds("document.activeElement.matches('#keys [aria-label=Close]')").await;
        let path = browser.path().await;
        browser.press("jkm[]gm").await;
        browser.js("document.activeElement.blur()").await;
        browser.press("jm/").await;
        assert_eq!((row(&browser).await, browser.path().await), (-1, path));
        browser.holds("document.activeElement === document.body").await;
        // What it names is what is listened to.
        assert!(browser.text("#keys").await.contains("Go to Members g m Go to Errors g e"));
        browser.press_key(Key::Escape).await;
        browser.wait("!document.querySelector('#keys').matches(':popover-open')").await;

        browser.press("?").await;
        browser.click("#keys-off").await;
        browser.press_key(Key::Escape).await;
        browser.press("j/?").await;
        assert_eq!(row(&browser).await, -1);
        assert!(!browser.open_now("#keys").await);
        browser.goto("/logs?range=7d").await;
        browser.press("j").await;
        assert_eq!(row(&browser).await, -1);
        browser.click("[data-key='?']").await;
        browser.holds("document.querySelector('#keys-off').checked").await;
        browser.click("#keys-off").await;
        browser.press_key(Key::Escape).await;
        browser.press("j").await;
        assert_eq!(row(&browser).await, 0);
        browser.finish().await;
    }

    async fn escape_closes_a_menu_and_gives_the_focus_back(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.click(".zone > summary").await;
        browser.click("#zone").await;
        browser.press_key(Key::Escape).await;
        browser.wait("!document.querySelector('.zone').open").await;
        browser.holds("document.activeElement.matches('.zone > summary')").await;
        // Going elsewhere closes it as well, with the pointer and with Tab.
        browser.press_key(Key::Enter).await;
        browser.wait("document.querySelector('.zone').open").await;
        browser.click("h1").await;
        browser.wait("!document.querySelector('.zone').open").await;

        // The first stop is a link past the bar.
        browser.goto("/logs?range=24h").await;
        browser.press_key(Key::Tab).await;
        assert_eq!(browser.focus().await, "Skip to activity");
        browser.press_key(Key::Enter).await;
        assert!(browser.path().await.ends_with("#main"));
        browser.press_key(Key::Tab).await;
        browser.holds("document.querySelector('#main').contains(document.activeElement)").await;
        browser.finish().await;
    }
}
