//! Error groups in a browser: states and the search swap the list alone, and without scripts a group is spoken of as well.

use daybook::core::{role::Role, time::Timestamp};

use super::begin;
use crate::{
    database_test,
    error_groups::gather,
    support::{Browser, Look, TestApp, sample, story},
};

database_test! {
    async fn states_and_the_search_swap_the_list_alone(db: TestDb) {
        let (app, browser, _story) = begin(db).await;
        gather(&app.db).await;
        browser.goto("/errors").await;
        browser.swap(async || browser.click(".tabs a[href='/errors?state=new']").await).await;
        assert_eq!(browser.path().await, "/errors?state=new");
        // The form knows within which state it searches.
        browser.holds("document.querySelector('#filters [name=state]').value === 'new'").await;
        browser.fill("#q", "attribute").await;
        browser.swap(async || browser.click("#filters button").await).await;
        assert_eq!(browser.path().await, "/errors?q=attribute&state=new");
        let titles = browser.texts("#list .title").await;
        assert!(!titles.is_empty() && titles.iter().all(|title| title.contains("Attribute")), "{titles:?}");
        browser.back().await;
        assert_eq!(browser.path().await, "/errors?state=new");
        browser.finish().await;
    }

    async fn a_date_stands_on_one_line(db: TestDb) {
        let (app, browser, _story) = begin(db).await;
        app.db.write(vec![sample::error(Timestamp::parse_rfc3339("2025-09-30T10:00:00Z").expect("an instant"))]).await;
        gather(&app.db).await;
        for width in [1200, 1440] {
            browser.resize(width, 900).await;
            browser.goto("/errors").await;
            let all = "Array.from(document.querySelectorAll('#list time'))";
            browser.holds(&format!("{all}.some((time) => time.textContent === '30 September 2025')")).await;
            browser.holds(&format!("{all}.every((time) => time.getClientRects().length === 1)")).await;
        }
        browser.finish().await;
    }

    async fn without_scripts_a_group_is_spoken_of_and_its_entries_say_so(db: TestDb) {
        let story = story::story(&db).await;
        let app = TestApp::start(db).await;
        gather(&app.db).await;
        let email = app.account(Role::Support).await;
        let browser = Browser::with(&app, Look { scripts: false, ..Look::default() }).await;
        browser.sign_in(&email).await;
        browser.goto(&format!("/logs/{}", story.error)).await;
        browser.leave(async || browser.click(".seen a").await).await;
        browser.click(".facts [value=in_work]").await;
        browser.fill("#note", "Offer to book it for them.").await;
        browser.leave(async || browser.click(".facts form .btn").await).await;
        assert_eq!(browser.text(".head .tag").await.trim(), "In work");
        browser.leave(async || browser.click("#list [data-row]").await).await;
        assert_eq!(browser.text(".tell").await, "What to tell them: Offer to book it for them.");
        browser.finish().await;
    }
}
