//! Filtering swaps the results and leaves the page, the keyboard and whoever listens where they are.

use crate::{browser::begin, database_test, support::Browser};

/// Marks what must survive a swap, and listens to what a screen reader would say.
async fn watch(browser: &Browser) {
    browser
        .js("for (const css of ['.top', '#rail', '#filters', '#toolbar', '#q', '#fields', '#f-ip', 'h1', '#announce'])
                 document.querySelector(css).kept = true;
             window.said = [];
             new MutationObserver(() => { const text = document.querySelector('#announce').textContent;
                 if (text) said.push(text); }).observe(document.querySelector('#announce'), { childList: true });")
        .await;
}

async fn kept(browser: &Browser, css: &[&str]) {
    for css in css {
        assert!(browser.is(&format!("document.querySelector('{css}').kept")).await, "{css} was replaced");
    }
}

/// How often the page asked the server for a list; each list then asks for its own overview.
async fn asked(browser: &Browser) -> usize {
    let all = "performance.getEntriesByType('resource')";
    let list = "e.initiatorType === 'xmlhttprequest' && !e.name.includes('/logs/overview?')";
    browser.strings(&format!("{all}.filter((e) => {list}).map((e) => e.name)")).await.len()
}

/// The ids of the choices that are ticked.
async fn ticked(browser: &Browser) -> Vec<String> {
    browser.strings("Array.from(document.querySelectorAll('#facets :checked'), (box) => box.value)").await
}

/// The areas beside the list, without their numbers, which come when they come.
async fn names(browser: &Browser) -> Vec<String> {
    let without = |text: String| {
        let words = text.split_whitespace().filter(|word| word.bytes().any(|byte| !byte.is_ascii_digit()));
        words.collect::<Vec<_>>().join(" ")
    };
    browser.texts("#facet-area .facet").await.into_iter().map(without).collect()
}

database_test! {
    async fn a_checkbox_swaps_only_the_results(db: TestDb) {
        let (_app, browser, story) = begin(db).await;
        watch(&browser).await;
        let everything = browser.entries().await;
        browser.swap(async || browser.click("#f-status--error").await).await;

        assert_eq!(browser.path().await, "/logs?range=24h&status=error");
        let ids = [story.error, story.again, story.long_error, story.hostile];
        assert_eq!(browser.entries().await, ids.map(|id| id.to_string()));
        kept(&browser, &[".top", "#rail", "#filters", "#toolbar", "#q", "#fields", "#f-ip", "h1", "#announce"]).await;
        assert_eq!(browser.focus().await, "f-status--error");
        assert_eq!(ticked(&browser).await, ["error"]);
        assert_eq!(browser.strings("said").await, ["4 errors, last 24 hours"]);
        assert_eq!(browser.string("document.title").await, "Errors, last 24 hours · Daybook");
        // What was not touched goes on from here too.
        browser.holds("document.querySelector('#facet-action .not').search.includes('status=error')").await;

        browser.press("\t").await;
        browser.swap(async || browser.click("#f-status--warning").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&status=warning&status=error");
        assert_eq!(ticked(&browser).await, ["warning", "error"]);
        // With the keyboard, back to where it began.
        browser.swap(async || browser.press(" ").await).await;
        browser.swap(async || browser.click("#f-status--error").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h");
        assert_eq!(browser.entries().await, everything);
        assert_eq!(browser.strings("said").await.len(), 4);
        assert_eq!(asked(&browser).await, 4);
        browser.finish().await;
    }

    async fn what_is_ticked_stays_in_its_place(db: TestDb) {
        let (_app, mut browser, _story) = begin(db).await;
        let areas = names(&browser).await;
        let third = "#facet-area .facet:nth-of-type(3) input";
        let value = browser.value(third).await;
        browser.swap(async || browser.click(third).await).await;
        browser.focused(third).await;
        assert_eq!(browser.value(":focus").await, value);
        assert_eq!(names(&browser).await, areas);
        browser.swap(async || browser.press(" ").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h");

        // An area that was typed becomes a row of its own, and the field is empty again.
        browser.fill("#f-area", "members/*").await;
        browser.swap(async || browser.press("\u{e007}").await).await;
        assert_eq!(ticked(&browser).await, ["members/*"]);
        assert_eq!(browser.value("#f-area").await, "");
        browser.fill("#f-area", "!public/login").await;
        browser.swap(async || browser.press("\u{e007}").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&area=members/*&area=!public/login");
        assert_eq!(ticked(&browser).await, ["!public/login", "members/*"]);

        // However quickly one ticks, all of it counts. htmx says of what it broke off that it did.
        browser.expect("htmx:sendAbort");
        browser.expect("htmx:afterRequest");
        let quickly = "for (const value of ['success', 'warning', 'error'])
            document.querySelector(`#f-status--${value}`).click()";
        browser.swap(async || drop(browser.js(quickly).await)).await;
        assert_eq!(ticked(&browser).await, ["success", "warning", "error", "!public/login", "members/*"]);
        browser.wait("location.search.includes('status=success&status=warning&status=error')").await;
        browser.finish().await;
    }

    async fn text_waits_for_enter_and_asks_once(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        watch(&browser).await;
        browser.fill("#q", "confirmed").await;
        browser.press("\t").await;
        browser.click("#q").await;
        assert_eq!(asked(&browser).await, 0);
        browser.swap(async || browser.press("\u{e007}").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&q=confirmed");
        assert_eq!(browser.entries().await.len(), 3);
        assert_eq!(browser.focus().await, "q");
        kept(&browser, &["#toolbar", "#fields"]).await;
        assert_eq!(asked(&browser).await, 1);

        // The member: typing chooses “One member”, choosing another kind empties the field.
        browser.fill("#f-member", "LAYLA.hassan@example.org").await;
        browser.holds("document.querySelector('#f-one').checked").await;
        browser.fill("#q", "").await;
        browser.swap(async || browser.press("\u{e007}").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&member=layla.hassan@example.org");
        browser.swap(async || browser.click("#f-who [value=none]").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&member=none");
        assert_eq!(browser.value("#f-member").await, "");
        browser.click("#f-one").await;
        assert_eq!(browser.focus().await, "f-member");
        browser.finish().await;
    }

    async fn times_are_chosen_or_typed(db: TestDb) {
        let (_app, browser, story) = begin(db).await;
        browser.swap(async || browser.click("#range [value='1h']").await).await;
        assert_eq!(browser.path().await, "/logs?range=1h");
        // Without an upper end: what is dated ahead is there.
        assert_eq!(browser.entries().await.first(), Some(&story.ahead.to_string()));
        browser.holds("document.activeElement.value === '1h'").await;
        browser.swap(async || browser.press("\u{e014}").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h");

        assert!(!browser.shown("#from").await);
        browser.click("#range [value=custom]").await;
        assert!(browser.shown("#from").await);
        // It begins as the range that is shown.
        assert_eq!(browser.value("#from").await, "2026-06-17T14:38");
        assert_eq!(browser.value("#to").await, "2026-06-18T14:39");
        browser.set("#from", "2026-06-18T14:28:00").await;
        browser.set("#to", "2026-06-18T14:33:00").await;
        browser.swap(async || browser.click("#toolbar button").await).await;
        let path = browser.path().await;
        assert_eq!(path, "/logs?range=custom&from=2026-06-18T14:28:00%2B01:00&to=2026-06-18T14:33:00%2B01:00");
        assert_eq!(browser.entries().await.len(), 2);
        assert_eq!(browser.texts(".chip").await, ["Time 18 June 14:28 to 14:33"]);
        browser.reload().await;
        assert_eq!(browser.value("#to").await, "2026-06-18T14:33");
        browser.finish().await;
    }

    async fn chips_are_taken_off_one_after_the_other(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.goto("/logs?range=7d&status=error&area=members/*&q=booking").await;
        let chips = ["Time last 7 days", "Text has booking", "Status is Error", "Area under members/"];
        assert_eq!(browser.texts(".chip").await, chips);

        browser.js("document.querySelector('#chip-1').focus()").await;
        browser.swap(async || browser.press("\u{e007}").await).await;
        assert_eq!(browser.path().await, "/logs?range=7d&status=error&area=members/*");
        assert_eq!(browser.value("#q").await, "");
        browser.focused("#chip-1").await;
        assert_eq!(browser.texts(".chip").await, [chips[0], chips[2], chips[3]]);
        // The last one leaves the keyboard at the one before it.
        browser.js("document.querySelector('#chip-2').focus()").await;
        browser.swap(async || browser.press("\u{e007}").await).await;
        browser.focused("#chip-1").await;
        assert_eq!(ticked(&browser).await, ["error"]);

        browser.swap(async || browser.click("#chip-1").await).await;
        assert_eq!(browser.path().await, "/logs?range=7d");
        browser.swap(async || browser.click("#chip-0").await).await;
        assert_eq!(browser.path().await, "/logs?range=all");
        browser.holds("document.querySelector('#range [value=all]').checked && !document.querySelector('.chip')").await;
        browser.focused("#results-h").await;
        browser.finish().await;
    }

    async fn an_export_of_no_column_is_not_sent(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.click(".export > summary").await;
        browser.click(".export details summary").await;
        let boxes = "document.querySelectorAll('.export [type=checkbox]')";
        browser.js(&format!("{boxes}.forEach((box) => box.click())")).await;
        let valid = "document.querySelector('.export form').checkValidity()";
        browser.holds(&format!("![...{boxes}].some((box) => box.checked) && !{valid}")).await;
        browser.js(&format!("{boxes}[3].click()")).await;
        browser.holds(valid).await;
        browser.finish().await;
    }

    async fn nothing_that_a_page_holds_is_run(db: TestDb) {
        let (_app, browser, _) = begin(db).await;
        for held in ["allowEval", "allowScriptTags", "historyCacheSize", "includeIndicatorStyles", "scrollIntoViewOnBoost"] {
            assert!(browser.is(&format!("!htmx.config.{held}")).await, "{held}");
        }
        assert!(browser.is("htmx.config.selfRequestsOnly && htmx.config.responseHandling.length === 4").await);
        // It was set before htmx looked: a style of its own would be refused, loudly.
        assert!(browser.is("!document.querySelector('style')").await);
        browser.finish().await;
    }

    async fn a_custom_range_begins_as_the_list_whatever_its_address_says(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        // Of a member all time is meant, and the address says nothing of it.
        browser.goto("/logs?member=h*").await;
        browser.click("#range [value=custom]").await;
        assert_eq!((browser.value("#from").await, browser.value("#to").await), (String::new(), "2026-06-18T14:39".into()));
        browser.finish().await;
    }

    async fn what_could_not_be_copied_is_not_said_to_be(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser
            .js("Object.defineProperty(navigator, 'clipboard', { value: undefined }); document.execCommand = () => false;")
            .await;
        browser.click("[data-copy-link]").await;
        browser.wait("document.querySelector('#announce').textContent === 'Not copied: this browser refused'").await;
        assert_eq!(browser.text("[data-copy-link] span").await, "Copy link");
        browser.js("document.execCommand = () => true;").await;
        browser.click("[data-copy-link]").await;
        browser.wait("document.querySelector('#announce').textContent === 'Copied'").await;
        browser.finish().await;
    }

    async fn anyone_is_anyone_however_many_were_asked_for(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.goto("/logs?range=24h&member=h*&member=none").await;
        // The last has the field, or its radio button; whoever else is asked for has a box.
        assert_eq!(browser.texts("#f-who .check:has([type=checkbox])").await, ["or h*"]);
        browser.goto("/logs?range=24h&member=h*&member=r*").await;
        assert_eq!(browser.value("#f-member").await, "r*");
        browser.swap(async || browser.click("#f-who [value='h*']").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&member=r*");
        browser.goto("/logs?range=24h&member=h*&member=r*").await;
        browser.swap(async || browser.click("#f-who [type=radio]").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h");
        browser.holds("document.querySelectorAll('#f-who [type=checkbox], .chips a[id^=chip-]').length === 1").await;
        browser.finish().await;
    }

    async fn not_and_clear_all(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.click("#fields summary").await;
        browser.fill("#f-ip", "203.0.113.0/24").await;
        browser.swap(async || browser.click(".rail-foot button").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&ip=203.0.113.0/24");
        browser.holds("document.querySelector('#f-ip').closest('details').open").await;
        browser.swap(async || browser.click("#facet-status .facet:nth-of-type(3) .not").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&status=!error&ip=203.0.113.0/24");
        assert_eq!(ticked(&browser).await, ["!error"]);
        assert_eq!(browser.text("#facet-status .is-not .check > span").await, "not Error");
        browser.holds("document.activeElement !== document.body").await;
        // Nothing is left, and each way on says what it would give.
        assert_eq!(browser.text(".empty h3").await, "Nothing matches these three filters");
        let ways = browser.texts(".empty li").await;
        assert!(ways.contains(&"Also entries with status Error 4 entries".to_owned()), "{ways:?}");

        browser.swap(async || browser.click("#clear").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h");
        assert_eq!(browser.value("#f-ip").await, "");
        assert!(ticked(&browser).await.is_empty());
        browser.holds("document.activeElement !== document.body").await;
        browser.finish().await;
    }
}
