//! On a phone, between phone and desk, and enlarged.

use crate::{browser::begin, database_test, support::Look};

database_test! {
    async fn on_a_phone_the_filters_are_a_drawer(db: TestDb) {
        let (_app, mut browser, story) = begin(db).await;
        browser.expect("status of 400");
        browser.resize(390, 844).await;
        assert!(!browser.shown("#f-status--error").await);
        browser.click(".head .only-narrow").await;
        browser.wait("document.querySelector('#rail').matches(':popover-open')").await;
        // A choice searches at once, and leaves the drawer open for the next.
        browser.swap(async || browser.click("#f-status--error").await).await;
        browser.swap(async || browser.click("#f-action_type--error").await).await;
        assert!(browser.open_now("#rail").await);
        browser.click(".rail-title button").await;
        browser.wait("!document.querySelector('#f-status--error').checkVisibility()").await;
        assert_eq!(browser.path().await, "/logs?range=24h&status=error&action_type=error");
        assert_eq!(browser.entries().await.len(), 4);

        // Applied, by the button or with Enter, they make way for what they give; what cannot be read stays to be mended.
        browser.click(".head .only-narrow").await;
        browser.click("#fields summary").await;
        browser.fill("#f-ip", "203.0.113.999").await;
        browser.swap(async || browser.click(".rail-foot button").await).await;
        assert!(browser.open_now("#rail").await);
        browser.fill("#f-ip", "").await;
        browser.swap(async || browser.click(".rail-foot button").await).await;
        browser.wait("!document.querySelector('#rail').matches(':popover-open')").await;
        browser.click(".head .only-narrow").await;
        browser.fill("#f-area", "").await;
        browser.swap(async || browser.press("\u{e007}").await).await;
        browser.wait("!document.querySelector('#rail').matches(':popover-open')").await;
        assert_eq!(browser.path().await, "/logs?range=24h&status=error&action_type=error");

        // A row is a card with everything in it.
        let card = browser.text("#list tr.is-error").await;
        let what = ["14:32:05", "Error", "Booking could not be confirmed", "App error", "members/bookings/new"];
        for part in what.into_iter().chain(["Hana Lindqvist", "hana.lindqvist@example.org"]) {
            assert!(card.contains(part), "{card}");
        }
        browser.leave(async || browser.click("#list tr.is-error [data-row]").await).await;
        assert!(browser.path().await.contains(&story.error.to_string()));
        browser.leave(async || browser.click("[rel=next]").await).await;
        browser.leave(async || browser.click(".crumb a").await).await;
        assert_eq!(browser.path().await, "/logs?range=24h&status=error&action_type=error");
        // The menus stay in the window.
        browser.click(".zone > summary").await;
        let menu = "document.querySelector('.zone > div').getBoundingClientRect()";
        browser.holds(&format!("(({{ left, right }}) => left >= 0 && right <= innerWidth)({menu})")).await;
        browser.finish().await;
    }

    async fn the_bar_is_one_row_wherever_it_is_not_a_phone(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        for width in [738, 780, 835, 900, 961, 1024] {
            browser.resize(width, 700).await;
            browser.holds("document.querySelector('.top').offsetHeight < 60").await;
        }
        browser.finish().await;
    }

    async fn a_page_with_little_on_it_does_not_scroll(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.goto("/find").await;
        for (width, height) in [(320, 800), (390, 844), (800, 700), (1440, 900)] {
            browser.look(Look { width, height, ..Look::default() }).await;
            let page = "document.documentElement";
            browser.holds(&format!("{page}.scrollHeight <= {page}.clientHeight")).await;
            browser.holds("document.querySelector('.sheet').getBoundingClientRect().bottom >= innerHeight - 1").await;
        }
        browser.finish().await;
    }

    async fn a_drawer_is_none_once_there_is_room(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        browser.resize(1024, 768).await;
        browser.click(".head .only-narrow").await;
        browser.resize(1440, 900).await;
        browser.wait("!document.querySelector('#rail').matches(':popover-open')").await;
        let edge = |css: &str, edge: &str| format!("document.querySelector('{css}').getBoundingClientRect().{edge}");
        browser.holds(&format!("{} <= {}", edge("#rail", "right"), edge("#main", "left"))).await;
        browser.swap(async || browser.click("#f-status--error").await).await;
        browser.finish().await;
    }

    async fn long_values_leave_the_columns_their_room(db: TestDb) {
        let (_app, browser, _story) = begin(db).await;
        for (width, least) in [(1440, 220), (1024, 220), (760, 190)] {
            browser.resize(width, 900).await;
            let cells = "document.querySelectorAll('#list .c-what')";
            let widths = format!("[...{cells}].map((cell) => cell.clientWidth)");
            let narrowest = browser.js(&format!("return Math.min(...{widths})")).await;
            assert!(narrowest.as_i64() >= Some(least), "{narrowest} of {width}");
            // A word as applications write them stands on one line where there is room.
            let actions = "[...document.querySelectorAll('#list .c-action bdi')]";
            let one_line = format!("{actions}.every((it) => it.innerText.length > 30 || it.clientHeight < 30)");
            browser.holds(&format!("{width} < 1000 || {one_line}")).await;
        }
        browser.finish().await;
    }

    async fn a_word_is_not_broken_where_a_line_may_break_before_it(db: TestDb) {
        let (_app, browser, story) = begin(db).await;
        // How many lines a piece of text takes.
        let whole = "((node) => {
            const range = new Range();
            range.selectNode(node);
            return range.getClientRects().length === 1;
        })";
        let areas = "[...document.querySelectorAll('#facet-area bdi')]";
        let area = format!("{areas}.find((it) => it.textContent === 'members/bookings/new')");
        browser.holds(&format!("{area}.getClientRects().length > 1")).await;
        browser.holds(&format!("[...{area}.childNodes].filter((it) => it.data).every({whole})")).await;
        // Nor an e-mail, wherever it stands.
        for (width, path, css) in [
            (1440, "/logs?range=24h", "#list .c-member small bdi"),
            (1024, "/logs?range=24h", "#list .c-member small bdi"),
            (760, "/logs?range=24h", "#list .c-member small bdi"),
            (320, &format!("/logs/{}", story.error), ".kv dd bdi"),
            (320, "/members", "#main td bdi"),
        ] {
            browser.look(Look { width, height: 844, ..Look::default() }).await;
            browser.goto(path).await;
            let long = "(node) => node.data && node.data.length < 22";
            let pieces = format!("[...document.querySelectorAll('{css}')].flatMap((it) => [...it.childNodes].filter({long}))");
            browser.wait(&format!("{pieces}.length > 2")).await;
            browser.holds(&format!("{pieces}.every({whole})")).await;
        }
        browser.goto(&format!("/members/{}", story.hana)).await;
        browser.look(Look { width: 320, height: 844, ..Look::default() }).await;
        browser.holds(&format!("{whole}(document.querySelector('.kinds label').lastChild)")).await;
        let label = "document.querySelector('.kinds label')";
        browser.holds(&format!("{label}.scrollWidth <= {label}.clientWidth")).await;
        browser.finish().await;
    }

    async fn enlarged_nothing_is_cut(db: TestDb) {
        let (_app, browser, story) = begin(db).await;
        // A window of 1440 at 200 % is one of 720; at 400 % of 1280, one of 320.
        for width in [720, 320] {
            browser.look(Look { width, height: 450, ..Look::default() }).await;
            let entry = format!("/logs/{}", story.error);
            for path in ["/logs?range=24h", &entry, "/members", "/find?q=e", "/find?q=nobody", "/account"] {
                browser.goto(path).await;
                let cut = "[...document.querySelectorAll('main *, .top *, .facts *')].filter((element) => {
                    const { overflowX, clipPath } = getComputedStyle(element);
                    return overflowX === 'hidden' && clipPath === 'none' && !element.querySelector('pre')
                        && element.scrollWidth > element.clientWidth + 1;
                }).map((element) => element.outerHTML.slice(0, 120))";
                assert_eq!(browser.strings(cut).await, Vec::<String>::new(), "{width} {path}");
                let page = "document.documentElement";
                browser.holds(&format!("{page}.scrollWidth <= {page}.clientWidth")).await;
            }
        }
        browser.finish().await;
    }
}
