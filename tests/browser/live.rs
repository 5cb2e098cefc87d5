//! Finding whatever was pasted, and being told what comes to a list while reading it.

use daybook::{core::role::Role, logs::log::NewLog};
use fantoccini::key::Key;

use crate::{
    browser::begin,
    database_test,
    support::{Browser, Look, TestApp, sample, story},
};

/// Where the rows stand on the screen, and which.
async fn rows(browser: &Browser) -> Vec<String> {
    let place = "(row) => `${row.getBoundingClientRect().top} ${row.href}`";
    browser.strings(&format!("Array.from(document.querySelectorAll('#list a[data-row]'), {place})")).await
}

database_test! {
    async fn what_is_new_is_announced_and_moves_nothing(db: FileDb) {
        let (app, browser, _story) = begin(db).await;
        browser.goto("/logs?range=24h&limit=25").await;
        browser.wait("document.querySelector('#hist svg')").await;
        let shown = browser.entries().await;
        browser.js("document.querySelector('#live').focus()").await;
        browser.press_key(Key::Enter).await;
        browser.wait("document.querySelector('#live').ariaPressed === 'true'").await;
        assert_eq!(browser.focus().await, "live");
        assert!(browser.text("#newer").await.contains("Nothing new yet"));

        // Reading further down.
        browser.js("document.querySelectorAll('#list a[data-row]')[12].focus()").await;
        browser.js("document.activeElement.scrollIntoView({ block: 'center' })").await;
        let before = rows(&browser).await;
        let focus = browser.string("document.activeElement.href").await;
        app.db.write((0..3).map(|_| sample::log(sample::now())).collect()).await;
        browser.wait("document.querySelector('#newer-show')").await;
        assert!(browser.text("#newer-show").await.ends_with("new entries"), "{}", browser.text("#newer-show").await);
        browser.wait("document.querySelector('#newer-show').innerText === 'Show 3 new entries'").await;
        assert_eq!(rows(&browser).await, before);
        assert_eq!(browser.string("document.activeElement.href").await, focus);
        // It can be seen from there, and is said to who hears the page.
        let within = "({ top, bottom }) => top >= 0 && bottom <= innerHeight";
        browser.holds(&format!("({within})(document.querySelector('#newer-show').getBoundingClientRect())")).await;
        browser.holds("document.querySelector('#announce').textContent.includes('new entr')").await;
        assert_eq!(browser.path().await, "/logs?range=24h&limit=25");

        browser.swap(async || browser.click("#newer-show").await).await;
        let now = browser.entries().await;
        assert_eq!(now.iter().filter(|id| !shown.contains(id)).count(), 3);
        browser.focused("#results-h").await;
        // It goes on.
        browser.holds("document.querySelector('#live').ariaPressed === 'true'").await;
        app.db.write(vec![NewLog { description: "Once more".into(), ..sample::log(sample::now()) }]).await;
        browser.wait("document.querySelector('#newer-show')?.innerText === 'Show 1 new entry'").await;
        // The switch ends it, and has what is new shown.
        browser.swap(async || browser.click("#live").await).await;
        browser.holds("document.querySelector('#live').ariaPressed === 'false'").await;
        browser.holds("document.querySelector('#newer').getBoundingClientRect().height === 0").await;
        browser.finish().await;
    }

    async fn what_has_the_keyboard_is_not_covered_by_the_strip(db: FileDb) {
        let (app, browser, _story) = begin(db).await;
        app.db.write((0..60).map(|minutes| sample::log(sample::minutes_ago(minutes))).collect()).await;
        browser.resize(1440, 700).await;
        browser.goto("/logs?range=24h").await;
        browser.wait("document.querySelector('#hist svg')").await;
        browser.click("#live").await;
        browser.wait("document.querySelector('#live').ariaPressed === 'true'").await;
        // As the keys go up the list, from its end.
        let covered = "(() => {
            scrollTo(0, document.documentElement.scrollHeight);
            const head = document.querySelector('#list thead th');
            return [...document.querySelectorAll('#list [data-row]')].reverse().filter((row) => {
                row.focus();
                row.scrollIntoView({ block: 'nearest' });
                return row.getBoundingClientRect().bottom <= head.getBoundingClientRect().bottom;
            }).length;
        })()";
        browser.holds(&format!("{covered} === 0")).await;
        browser.finish().await;
    }

    async fn it_ends_with_the_session_elsewhere(db: FileDb) {
        let (app, mut browser, _story) = begin(db).await;
        browser.expect("401");
        browser.goto("/logs?range=24h&status=error").await;
        browser.click("#live").await;
        browser.wait("document.querySelector('#live').ariaPressed === 'true'").await;
        let ended = "DELETE FROM daybook_sessions";
        app.db.outside().await.run(ended).await;
        browser.wait("location.pathname === '/login'").await;
        assert_eq!(browser.string("new URL(location).searchParams.get('next')").await, "/logs?range=24h&status=error");
        browser.finish().await;
    }

    async fn one_paste_leads_to_the_member(db: FileDb) {
        let (_app, browser, story) = begin(db).await;
        browser.press("m").await;
        assert_eq!(browser.focus().await, "find");
        browser.press(" HANA.lindqvist@example.org").await;
        browser.leave(async || browser.press_key(Key::Enter).await).await;
        assert_eq!(browser.path().await, format!("/members/{}", story.hana));
        // Where there are several, the keys of a list lead through them.
        browser.press("m").await;
        browser.press("example").await;
        browser.leave(async || browser.press_key(Key::Enter).await).await;
        assert_eq!(browser.path().await, "/find?q=example");
        browser.press("/").await;
        assert_eq!(browser.focus().await, "q");
        browser.finish().await;
    }

    async fn without_scripts_the_box_is_a_form(db: FileDb) {
        let story = story::story(&db).await;
        let app = TestApp::start(db).await;
        let email = app.account(Role::Viewer).await;
        let browser = Browser::with(&app, Look { scripts: false, width: 390, ..Look::default() }).await;
        browser.sign_in(&email).await;
        browser.fill("#find", &story.error.to_string()).await;
        browser.leave(async || browser.press_key(Key::Enter).await).await;
        assert_eq!(browser.path().await, format!("/logs/{}", story.error));
        // Live needs a script, so it is not drawn.
        browser.goto("/logs?range=24h").await;
        assert!(!browser.shown("#live").await);
        browser.finish().await;
    }
}
