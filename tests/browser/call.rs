//! A member calls: from what they say to the text for the ticket, as somebody does it who has them on the phone.

use super::entry::{copied, with_clipboard};
use crate::{browser::begin, database_test};

database_test! {
    async fn from_an_e_mail_to_the_ticket(db: FileDb) {
        let (app, browser, story) = begin(db).await;
        with_clipboard(&app, &browser).await;
        // They give their e-mail.
        browser.goto("/members?q=hana.lindqvist@example.org").await;
        browser.leave(async || browser.click("a[data-row]").await).await;
        assert_eq!(browser.text("h1").await, "Hana Lindqvist");
        // The newest visit is open, and what failed stands out.
        browser.holds("document.querySelector('.visit').open").await;
        assert!(browser.text(".failures").await.contains("Booking could not be confirmed"));
        let hidden = "!document.querySelector('.visit[open] .is-look')?.checkVisibility()";
        browser.click("label:has(#k-bad)").await;
        browser.holds(hidden).await;
        browser.holds("document.querySelector('.visit .is-error').checkVisibility()").await;
        browser.click("label:has(#k-all)").await;
        // Into the error; what led there stands on its page.
        browser.leave(async || browser.click(&format!(".visit a[href='/logs/{}']", story.error)).await).await;
        assert_eq!(browser.text("#around [aria-current] strong").await, "Booking could not be confirmed");
        assert!(browser.text(".lede").await.contains("second time in 3 minutes"), "{}", browser.text(".lede").await);
        // Five more without leaving the page.
        let count = "document.querySelectorAll('#around .trail a').length";
        let before = browser.js(&format!("return {count}")).await.as_u64().expect("a number");
        browser.click("#around .more a").await;
        browser.wait(&format!("{count} > {before}")).await;
        browser.holds("location.pathname.startsWith('/logs/') && !location.search").await;
        let ticket = copied(&browser, "[data-copy-from='#ticket']").await;
        assert!(ticket.contains("- What led there:") && ticket.contains("- Worked since: "), "{ticket}");
        assert!(!ticket.contains("Lindqvist") && !ticket.contains("example.org"), "{ticket}");
        browser.finish().await;
    }
}
