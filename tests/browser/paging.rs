//! Page after page, Back, Forward, reload, and a link that somebody else opens.

use std::{collections::BTreeSet, time::Duration};

use daybook::{core::role::Role, db::Budget};

use crate::{
    browser::begin,
    database_test,
    support::{
        Browser, TestApp,
        app::{PASSWORD, Setup},
        story,
    },
};

/// The head of the results stands at the top of the window, and has the keyboard.
async fn at_the_top(browser: &Browser) {
    browser.focused("#results-h").await;
    browser.wait("Math.abs(document.querySelector('#results').getBoundingClientRect().top) < 60").await;
}

/// The list as a person sees it: entries, chips, what is ticked and typed.
async fn view(browser: &Browser) -> Vec<Vec<String>> {
    let controls = "Array.from(document.querySelectorAll('#rail input, #toolbar input, #limit'), (control) => {
        const { id, name, type, value, checked } = control;
        return `${id || name + value} ${/checkbox|radio/.test(type) ? checked : value}`;
    })";
    let head = "['title', '#count'].map((css) => document.querySelector(css).textContent)";
    vec![
        browser.entries().await,
        browser.texts(".chip").await,
        browser.strings(controls).await,
        browser.strings(head).await,
        vec![browser.path().await],
    ]
}

database_test! {
    async fn pages_lead_to_the_end_and_back(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.js("document.querySelector('#limit').focus()").await;
        browser.swap(async || browser.press("\u{e013}").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&limit=25");
        assert_eq!(browser.focus().await, "limit");
        let first = browser.entries().await;

        let mut seen: BTreeSet<String> = first.iter().cloned().collect();
        let mut pages = 1;
        while browser.is("document.querySelector('.pager [rel=next]')").await {
            browser.swap(async || browser.click(".pager [rel=next]").await).await;
            at_the_top(&browser).await;
            let page = browser.entries().await;
            assert!(page.iter().all(|id| seen.insert(id.clone())), "an entry came twice");
            pages += 1;
        }
        assert_eq!((pages, seen.len()), (6, 134));
        assert_eq!(browser.text("#count").await, "134 entries, last 24 hours");
        for _ in 1..pages {
            browser.swap(async || browser.click(".pager [rel=prev]").await).await;
            at_the_top(&browser).await;
        }
        assert_eq!(browser.entries().await, first);
        browser.finish().await;
    }

    async fn where_looking_stopped_it_goes_on(db: TestDb) {
        story::story(&db).await;
        let mut setup = Setup::default();
        setup.budgets.list = Budget { time: Duration::ZERO, step: 50, steps: 1 };
        let app = TestApp::with(db, setup).await;
        let email = app.account(Role::Viewer).await;
        let browser = Browser::open(&app).await;
        browser.sign_in(&email).await;
        browser.goto("/logs?range=all&q=00+ag").await;
        assert!(browser.entries().await.is_empty());
        let mut looks = 0;
        while browser.entries().await.is_empty() {
            browser.swap(async || browser.click(".tell a").await).await;
            browser.focused("#results-h").await;
            looks += 1;
        }
        assert!(looks > 1);
        // As of later: the same list from its start.
        app.clock.advance(60);
        browser.swap(async || browser.click("#refresh").await).await;
        assert_eq!(browser.text(".asof time").await, "14:39:05");
        assert_eq!(browser.path().await, "/logs?range=all&q=00%20ag");
        assert_eq!(browser.focus().await, "refresh");
        browser.finish().await;
    }

    async fn back_forward_and_reload_show_the_same(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        let mut views = vec![view(&browser).await];
        for css in ["#f-status--warning", "#range [value='7d']", "#facet-action .facet .not", "#chip-1"] {
            browser.swap(async || browser.click(css).await).await;
            views.push(view(&browser).await);
        }
        browser.fill("#q", "dashboard").await;
        browser.swap(async || browser.press("\u{e007}").await).await;
        views.push(view(&browser).await);

        let last = views.len() - 1;
        for at in (0..last).rev() {
            browser.back().await;
            assert_eq!(view(&browser).await, views[at], "{at} after Back");
        }
        for (at, then) in views.iter().enumerate().skip(1) {
            browser.forward().await;
            assert_eq!(&view(&browser).await, then, "{at} after Forward");
        }
        browser.reload().await;
        assert_eq!(view(&browser).await, views[last]);
        // And what htmx asks for from here goes on from what is shown.
        browser.back().await;
        browser.swap(async || browser.click("#f-status--success").await).await;
        assert_eq!(browser.path().await, "/logs?range=7d&status=success&action_type=!page_visit");
        browser.finish().await;
    }

    async fn a_link_shows_a_colleague_elsewhere_the_same(db: TestDb) {
        let (app, browser, _story) = begin(db).await;
        browser.click("#range [value=custom]").await;
        browser.set("#from", "2026-06-18T09:00").await;
        browser.set("#to", "2026-06-18T14:30").await;
        browser.swap(async || browser.click("#toolbar button").await).await;
        browser.swap(async || browser.click("#f-action_type--page_visit").await).await;
        let (path, entries) = (browser.path().await, browser.entries().await);
        assert!(entries.len() > 5);
        browser.finish().await;

        app.account_named("far@example.org", Role::Viewer).await;
        let client = app.client();
        client.sign_in("far@example.org", PASSWORD).await;
        client.submit("/account/zone", &[("zone", "Pacific/Auckland")]).await;
        let browser = Browser::open(&app).await;
        browser.sign_in("far@example.org").await;
        browser.goto(&path).await;
        assert_eq!(browser.entries().await, entries);
        assert_eq!(browser.value("#from").await, "2026-06-18T20:00");
        // Their form asks for the same as well.
        browser.swap(async || browser.click("#toolbar button").await).await;
        assert_eq!(browser.entries().await, entries);
        browser.finish().await;
    }

    async fn an_entry_leads_back_to_exactly_its_list(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.goto("/logs?range=24h&status=success&limit=25").await;
        browser.swap(async || browser.click(".pager [rel=next]").await).await;
        let list = view(&browser).await;
        let (entries, path) = (list[0].clone(), browser.path().await);

        browser.leave(async || browser.click("#list tr:nth-of-type(4) [data-row]").await).await;
        let opened = browser.path().await;
        assert!(opened.starts_with(&format!("/logs/{}?range=24h&status=success&limit=25&", entries[2])), "{opened}");
        browser.leave(async || browser.click("[rel=next]").await).await;
        assert!(browser.path().await.contains(&entries[3]));
        browser.leave(async || browser.click("[rel=prev]").await).await;
        browser.leave(async || browser.click("[rel=prev]").await).await;
        assert!(browser.path().await.contains(&entries[1]));
        browser.leave(async || browser.click(".crumb a").await).await;
        assert_eq!(browser.path().await, path);
        assert_eq!(view(&browser).await, list);

        // The browser's own Back does as well.
        browser.leave(async || browser.click("#list tr:nth-of-type(4) [data-row]").await).await;
        browser.back().await;
        assert_eq!(view(&browser).await, list);
        browser.finish().await;
    }
}
