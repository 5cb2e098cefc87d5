//! The overview agrees with the list: what stands in a bar and beside a value is how many entries the list has there,
//! whatever is asked, in whatever zone, and however the numbers came about.

use daybook::{
    core::{query_string, role::Role, time::Timestamp},
    db::Budget,
    logs::{
        log::NewLog,
        totals::{build, server},
        write::Batch,
    },
};
use proptest::{
    prelude::*,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use crate::{
    database_test,
    filters::queries,
    support::{
        Client, Page, TestApp, TestDb,
        app::Setup,
        crowd::Crowd,
        reference::{Pairs, Reference, pair, url},
        sample, wait,
    },
};

const ZONES: [&str; 7] = [
    "UTC",
    "Europe/London",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Kiritimati",
];

/// The overview's address for the address of a list.
fn of(list: &str) -> String {
    list.replacen("/logs?", "/logs/overview?", 1)
}

/// The pairs of an address.
fn pairs_of(href: &str) -> Pairs {
    let query = href.split_once('?').map_or("", |(_, query)| query);
    query_string::parse(query).into_iter().map(|pair| (pair.name, pair.value)).collect()
}

/// A row of the table: where its link leads, and how many entries it says there are.
struct Row {
    href: String,
    n: usize,
    at_least: bool,
}

fn number(text: &str) -> usize {
    text.replace("so far none", "0")
        .trim_start_matches("at least ")
        .replace(',', "")
        .parse()
        .unwrap_or_else(|_| panic!("{text} is no number"))
}

fn rows(page: &Page) -> Vec<Row> {
    let html = page.html();
    let select = |css: &str| scraper::Selector::parse(css).expect("a selector");
    let (rows, link, cell) = (select("#hist tbody tr"), select("a"), select("td.num"));
    html.select(&rows)
        .filter_map(|row| {
            let href = row.select(&link).next()?.attr("href")?.to_owned();
            let cells: Vec<String> = row.select(&cell).map(|cell| cell.text().collect()).collect();
            let at_least = cells.iter().any(|text| text.starts_with("at least") || text == "so far none");
            Some(Row { href, n: cells.iter().map(|text| number(text)).sum(), at_least })
        })
        .collect()
}

/// What can be chosen on a page of the list: the pairs that choose it, its column, and the id of its number.
fn values(page: &Page) -> Vec<((String, String), String)> {
    let html = page.html();
    let select = |css: &str| scraper::Selector::parse(css).expect("a selector");
    let (facets, input, number) = (select(".facet"), select("input"), select("b"));
    html.select(&facets)
        .map(|facet| {
            let input = facet.select(&input).next().expect("a checkbox");
            let (name, value) = (input.attr("name").expect("a name"), input.attr("value").expect("a value"));
            let excluded = facet.attr("class").is_some_and(|class| class.contains("is-not"));
            let value = value.strip_prefix('!').filter(|_| excluded).unwrap_or(value);
            // What is excluded is said without the backslash that it needs to be chosen.
            let literal = excluded && value.trim_start_matches('\\').starts_with('!');
            let value = if literal { format!("\\{value}") } else { value.to_owned() };
            let id = facet.select(&number).next().and_then(|b| b.attr("id")).expect("a place for its number");
            ((name.to_owned(), value), id.to_owned())
        })
        .collect()
}

/// The query with one value chosen in place of what was chosen of its column.
fn choosing(pairs: &[(String, String)], value: &(String, String)) -> Pairs {
    let others = pairs.iter().filter(|(name, _)| *name != value.0).cloned();
    others.chain([value.clone()]).collect()
}

async fn serve(db: TestDb, overview: Budget) -> TestApp {
    let mut setup = Setup::default();
    setup.budgets.overview = overview;
    TestApp::with(db, setup).await
}

fn budget(step: i64, steps: u32) -> Budget {
    Budget { time: std::time::Duration::from_mins(1), step, steps }
}

/// Asks for the overview of a query: its bars and numbers must be the reference's. How many entries it counted.
async fn holds(client: &Client, reference: &Reference, pairs: &Pairs, zone: &str, known: bool) -> usize {
    let mut asked = pairs.clone();
    asked.push(pair("tz", zone));
    let address = url(&asked);
    let page = client.htmx(&of(&address)).await;
    assert_eq!(page.status.as_u16(), 200, "{address}: {}", page.text());
    let rows = rows(&page);
    assert!(rows.len() <= 24, "{address}: {} bars", rows.len());
    let expected = reference.list(pairs).len();
    assert_eq!(rows.iter().map(|row| row.n).sum::<usize>(), expected, "{address}");
    for row in &rows {
        assert_eq!(reference.list(&pairs_of(&row.href)).len(), row.n, "{address}: {}", row.href);
        assert!(!row.at_least);
    }
    for (value, id) in values(&client.get(&address).await) {
        let said = page.texts(&format!("b#{id}"));
        let n = reference.list(&choosing(pairs, &value)).len();
        assert!(!known || !said.is_empty(), "{address}: no number beside {value:?}");
        assert!(said.iter().all(|said| number(said) == n), "{address}: {value:?} has {n}, not {said:?}");
    }
    expected
}

/// Cells of the totals, as their tables have them and as the log says they must be.
async fn cells(db: &TestDb) -> [(Vec<String>, Vec<String>); 2] {
    if db.db.dialect().derives() {
        server::add_up(&db.db).await.expect("added up");
    }
    let mut outside = db.outside().await;
    let at = outside.micros("\"timestamp\"");
    let mut out = Vec::new();
    for (table, column, micros) in
        [("daybook_totals_hour", "hour", "3600000000"), ("daybook_totals_day", "day", "86400000000")]
    {
        let kept = format!(
            "SELECT {column} || '/' || action_type || '/' || status || '/' || area || '/' || n FROM {table} \
             JOIN daybook_combinations c ON c.id = combination ORDER BY 1"
        );
        let counted = format!(
            "SELECT ({at} / {micros}) || '/' || action_type || '/' || status || '/' || area || '/' || count(*) \
             FROM audit_logs GROUP BY {at} / {micros}, action_type, status, area ORDER BY 1"
        );
        out.push((outside.texts(&kept).await, outside.texts(&counted).await));
    }
    out.try_into().expect("two tables")
}

async fn totals_are_right(db: &TestDb) {
    for (kept, counted) in cells(db).await {
        assert_eq!(kept, counted);
    }
}

/// Forgets the totals, as they are in a database from before there were any.
async fn forget(db: &TestDb) {
    let mut tx = db.db.write().await.expect("a transaction");
    build::begin_again(&mut tx).await.expect("forgotten");
    tx.commit().await.expect("committed");
}

database_test! {
    async fn bars_and_numbers_are_the_list_s(db: TestDb) {
        let crowd = Crowd::new();
        crowd.write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let reference = crowd.reference(true);
        let mut found = 0;
        for (at, pairs) in queries(2, 20).into_iter().enumerate() {
            let n = holds(&client, &reference, &pairs, ZONES[at % ZONES.len()], true).await;
            found += usize::from(n > 0);
        }
        assert!(found >= 60, "only {found} queries found anything: they try nothing");
    }

    async fn ranges_of_every_length_agree_in_every_zone(db: TestDb) {
        let crowd = Crowd::new();
        crowd.write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let reference = crowd.reference(false);
        for zone in ZONES {
            for range in ["1h", "24h", "7d", "30d", "90d", "all"] {
                for more in [None, Some(pair("status", "!success")), Some(pair("area", "members/*"))] {
                    let pairs: Pairs = [pair("range", range)].into_iter().chain(more).collect();
                    holds(&client, &reference, &pairs, zone, true).await;
                }
            }
        }
    }

    async fn a_bar_leads_to_its_entries_and_so_on_down_to_the_last(db: TestDb) {
        let crowd = Crowd::new();
        crowd.write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for zone in ["Europe/London", "Asia/Kathmandu"] {
            let mut address = format!("/logs?range=all&status=error&tz={zone}");
            for _ in 0..12 {
                let page = client.htmx(&of(&address)).await;
                let rows = rows(&page);
                let fullest = rows.iter().max_by_key(|row| row.n).expect("a bar");
                let links = page.attributes("#hist .hits-fine a", "href");
                assert_eq!(links, rows.iter().map(|row| row.href.clone()).collect::<Vec<_>>());
                let list = client.get(&fullest.href).await;
                assert_eq!(list.texts("#count strong"), [fullest.n.to_string()], "{}", fullest.href);
                assert!(list.has("input[name=status][value=error][checked]"));
                if address == fullest.href {
                    break;
                }
                address.clone_from(&fullest.href);
            }
            let minute = client.htmx(&of(&address)).await;
            assert!(rows(&minute).len() == 1, "{address} can be zoomed into further");
        }
    }

    async fn clock_changes_lose_nothing_and_count_nothing_twice(db: TestDb) {
        // An entry every ten minutes around each change.
        let changes = ["2026-03-29T01:00:00Z", "2025-10-26T01:00:00Z", "2026-04-04T15:00:00Z", "2025-10-04T15:30:00Z"];
        let around = |text: &str| {
            let change = Timestamp::parse_rfc3339(text).expect("an instant");
            (-150..150).map(move |at| sample::log(change.plus(chrono::Duration::minutes(at * 10))))
        };
        let logs: Vec<NewLog> = changes.into_iter().flat_map(around).collect();
        db.write(logs.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let reference = Reference { members: Vec::new(), logs, now: sample::now(), details: false };
        for change in changes {
            let change = Timestamp::parse_rfc3339(change).expect("an instant");
            for hours in [1, 5, 10, 20, 40] {
                let end = |by: i64| change.plus(chrono::Duration::hours(by)).rfc3339();
                let pairs = vec![pair("range", "custom"), pair("from", &end(-hours)), pair("to", &end(hours))];
                for zone in ["Europe/London", "Australia/Lord_Howe", "Asia/Kolkata"] {
                    assert!(holds(&client, &reference, &pairs, zone, true).await > 0);
                }
            }
        }
        // The hour that comes twice is said by its name.
        let night = "/logs/overview?from=2025-10-25T23:00:00Z&to=2025-10-26T04:00:00Z&range=custom&tz=Europe/London";
        let labels = client.htmx(night).await.attributes(".hits-fine a", "aria-label");
        assert!(labels.iter().any(|label| label.contains("01:00 BST")), "{labels:?}");
        assert!(labels.iter().any(|label| label.contains("01:00 GMT")), "{labels:?}");
    }

    async fn totals_are_a_recount_whatever_was_written(db: TestDb) {
        let mut runner = TestRunner::deterministic();
        let logs = Crowd::new().batch.logs;
        let batches = prop::collection::vec(prop::collection::vec(0..logs.len(), 1..90), 12);
        for batch in batches.new_tree(&mut runner).expect("batches").current() {
            // Some ids twice in one batch, and some that stood before.
            let logs = batch.into_iter().map(|at| NewLog { member_id: None, booking_id: None, ..logs[at].clone() });
            db.write_batch(Batch { logs: logs.collect(), ..Batch::default() }).await;
            totals_are_right(&db).await;
        }
        let [(hours, _), (days, _)] = cells(&db).await;
        assert!(hours.len() > days.len() && days.len() > 20);
    }

    async fn entries_from_before_there_were_totals_are_counted_in_the_background(db: TestDb) {
        let crowd = Crowd::new();
        crowd.write(&db).await;
        let more: Vec<NewLog> = (0..5_000).map(|at| sample::log(sample::minutes_ago(at))).collect();
        db.write(more.clone()).await;
        forget(&db).await;
        let progress = build::progress(&db.db).await.expect("progress").expect("totals are kept");
        assert!(progress.counted == 0 && !progress.is_complete(), "{progress:?}");
        // What comes meanwhile is counted at once, and not again.
        db.write((0..7).map(|at| sample::log(sample::minutes_ago(at))).collect()).await;
        let app = TestApp::start(db).await;
        wait::until("the totals are built", async || {
            app.db.write(vec![sample::log(sample::minutes_ago(3))]).await;
            build::progress(&app.db.db).await.expect("progress").filter(|progress| progress.is_complete()).map(drop)
        })
        .await;
        totals_are_right(&app.db).await;
    }

    async fn until_the_totals_are_built_entries_are_counted_one_by_one(db: TestDb) {
        let crowd = Crowd::new();
        crowd.write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        forget(&app.db).await;
        let reference = crowd.reference(true);
        for (at, pairs) in queries(1, 4).into_iter().enumerate() {
            holds(&client, &reference, &pairs, ZONES[at % ZONES.len()], false).await;
        }
        let page = client.htmx("/logs/overview?range=all").await;
        assert!(page.texts("#hist figcaption")[0].contains("The totals hold 0 % of the log so far"));
        while !build::step(&app.db.db).await.expect("a step") {}
        let page = client.htmx("/logs/overview?range=all").await;
        assert!(!page.text().contains("The totals hold"));
    }

    async fn what_was_not_looked_at_is_said(db: TestDb) {
        let crowd = Crowd::new();
        crowd.write(&db).await;
        let app = serve(db, budget(16, 2)).await;
        let client = app.signed_in(Role::Support).await;
        let reference = crowd.reference(true);
        let (mut whole, mut part) = (0, 0);
        let wide = ["range=all", "range=90d&status=error", "range=all&q=opened", "range=all&user_agent=curl"];
        let wide = wide.into_iter().map(|query| pairs_of(&format!("?{query}")));
        for pairs in queries(1, 10).into_iter().chain(wide) {
            let address = url(&pairs);
            let page = client.htmx(&of(&address)).await;
            let (rows, n) = (rows(&page), reference.list(&pairs).len());
            let said = page.texts("#hist figcaption")[0].clone();
            assert!(!page.text().to_lowercase().contains("at least 0"), "{address}: {}", page.text());
            let stopped = said.contains("looked back to") || said.contains("Nothing was looked at in time");
            let sum: usize = rows.iter().map(|row| row.n).sum();
            if !stopped {
                whole += 1;
                assert_eq!(sum, n, "{address}: {said}");
                continue;
            }
            part += 1;
            assert!(sum <= n, "{address}");
            assert!(page.has("rect.unseen") || rows.iter().any(|row| row.at_least), "{address}: {}", page.text());
            assert!(!page.has("b[hx-swap-oob]"), "{address}: numbers that nobody knows");
            for (at, row) in rows.iter().enumerate() {
                let there = reference.list(&pairs_of(&row.href)).len();
                assert!(!row.at_least || at == 0, "only the oldest bar is partly seen");
                assert!(if row.at_least { row.n <= there } else { row.n == there }, "{address}: {}", row.href);
            }
        }
        assert!(whole > 5 && part > 10, "{whole} whole, {part} in part");
    }

    async fn the_list_keeps_a_place_and_does_not_wait(db: TestDb) {
        db.write(vec![sample::error(sample::minutes_ago(5)), sample::log(sample::minutes_ago(70))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for page in [client.get("/logs?range=24h&status=error").await, client.htmx("/logs?range=24h&status=error").await] {
            let place = page.attribute("#results #hist[hx-trigger=load]", "hx-get").expect("a place");
            assert_eq!(page.attribute("#hist a.no-js", "href"), Some(place.clone()));
            let fragment = client.htmx(&place).await;
            assert_eq!(fragment.attributes("#hist .hits-fine a", "hx-get").len(), 13);
            assert!(fragment.text().trim_start().starts_with("<figure") && !fragment.has("#hist[hx-get]"));
            assert_eq!(fragment.texts("#hist figcaption strong"), ["Errors per 2 hours"]);
            for (value, id) in values(&page) {
                let chosen = value.1 == "error" || value.1.ends_with("/new");
                let n = if chosen || (value.0 == "status" && value.1 == "success") { "1" } else { "0" };
                assert_eq!(fragment.texts(&format!("b#{id}")), [n], "{value:?}");
            }
        }
        // Another list's numbers find no place on this page.
        let (one, other) = (client.get("/logs?range=24h").await, client.get("/logs?range=7d").await);
        let ids = |page: &Page| values(page).into_iter().map(|(_, id)| id).collect::<std::collections::HashSet<_>>();
        assert!(ids(&one).is_disjoint(&ids(&other)));
        // Another page of the list has the same overview.
        assert_eq!(ids(&one), ids(&client.get("/logs?range=24h&before=AQAABlI-tUgAAAAAAAAAAAAAAAAAAAAAAAA").await));
        // Where nothing matches there is nothing to draw, but numbers say what would help.
        let nothing = client.get("/logs?range=24h&status=warning").await;
        assert!(!nothing.has("#hist") && nothing.has(".empty"));
        let asked = nothing.attribute("[hx-trigger=load][hx-swap=none]", "hx-get").expect("the numbers are asked for");
        let fragment = client.htmx(&asked).await;
        for (value, id) in values(&nothing).into_iter().filter(|(value, _)| value.0 == "status") {
            let n = if value.1 == "warning" { "0" } else { "1" };
            assert_eq!(fragment.texts(&format!("b#{id}")), [n], "{value:?}");
        }
        assert_eq!(nothing.attribute("a.no-js", "href"), Some(asked));
    }

    async fn without_a_script_it_is_a_page(db: TestDb) {
        db.write(vec![sample::error(sample::minutes_ago(5)), sample::log(sample::minutes_ago(70))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let page = client.get("/logs/overview?range=7d").await;
        assert!(page.has("html[lang] .top") && page.has("#hist svg") && !page.has("#hist [hx-get]"));
        assert_eq!(page.texts("h1"), ["Overview"]);
        let restored = client
            .get_with("/logs/overview?range=7d", &[("HX-Request", "true"), ("HX-History-Restore-Request", "true")])
            .await;
        assert!(restored.has("html[lang]"));
        let links = page.attributes("#values td a", "href");
        assert!(links.iter().any(|href| href == "/logs?range=7d&status=error"), "{links:?}");
        assert!(links.iter().any(|href| href == "/logs?range=7d&status=!error"), "{links:?}");
        assert_eq!(client.get("/logs?range=7d&status=error").await.texts("#count strong"), ["1"]);
        let empty = client.get("/logs/overview?range=custom&to=2020-01-01").await;
        assert_eq!(empty.texts("#hist strong"), ["No entries"]);
    }

    async fn by_itself_it_lists_its_own_areas_most_first_and_each_leads_to_as_many(db: TestDb) {
        // What came last says nothing of a week: thirty areas lie before it.
        let lately = (0..320).map(|at| sample::log(sample::minutes_ago(at / 10)));
        let before = (0..30).flat_map(|area| {
            let log = move |at: i64| NewLog {
                area: format!("old/{area:02}"),
                status: if at % 2 == 0 { "error" } else { "warning" }.to_owned(),
                ..sample::log(sample::minutes_ago(2_000 + at))
            };
            (0..30 - area).map(log)
        });
        db.write(lately.chain(before).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        assert!(client.get("/logs?range=7d").await.texts("#f-area-h")[0].starts_with("21 more areas. End with"));
        for (query, first, more) in [
            ("range=7d&status=error", "old/00", "10 more areas."),
            ("range=7d", "members/dashboard", "11 more areas."),
            ("range=7d&status=error&area=old/*&area=nowhere", "old/00", "10 more areas."),
            ("range=7d&status=error&status=warning&area=!old/00", "old/00", "10 more areas."),
        ] {
            let page = client.get(&format!("/logs/overview?{query}")).await;
            let html = page.html();
            let select = |css: &str| scraper::Selector::parse(css).expect("a selector");
            let (tables, rows, link) = (select("#values section"), select("tbody tr"), select("td a"));
            for table in html.select(&tables) {
                for row in table.select(&rows) {
                    let link = row.select(&link).next().expect("a link");
                    let (name, href) = (link.text().collect::<String>(), link.attr("href").expect("an address"));
                    let said: String = row.select(&select("td.num")).flat_map(|cell| cell.text()).collect();
                    let list = client.get(&format!("{href}&limit=25")).await.texts("#count strong")[0].clone();
                    assert_eq!(said, list, "{query}: {name}, {href}");
                }
            }
            let areas = page.texts("#values section:last-child td:first-child");
            assert_eq!(areas[0], first, "{query}");
            let hints = page.texts("#values section:last-child .hint");
            assert!(hints[0].starts_with(more), "{query}: {hints:?}");
        }
    }

    async fn what_a_viewer_may_not_ask_and_what_cannot_be_read_is_refused(db: TestDb) {
        let places = crate::support::Places::write(&db).await;
        let app = TestApp::start(db).await;
        let viewer = app.signed_in(Role::Viewer).await;
        let support = app.signed_in(Role::Support).await;
        for query in ["ip=203.0.113.24", "user_agent=iPhone", "extra.attempt=2"] {
            let address = format!("/logs/overview?range=all&{query}");
            assert_eq!(rows(&support.htmx(&address).await).iter().map(|row| row.n).sum::<usize>(), 1, "{query}");
            for page in [viewer.htmx(&address).await, viewer.get(&address).await] {
                assert_eq!((page.status.as_u16(), rows(&page).len()), (400, 0), "{query}");
            }
        }
        // Its text is in the error, which a viewer does not see.
        let walker = "/logs/overview?range=all&q=walker_id";
        assert_eq!(rows(&support.htmx(walker).await).iter().map(|row| row.n).sum::<usize>(), 1);
        assert_eq!(rows(&viewer.htmx(walker).await).iter().map(|row| row.n).sum::<usize>(), 0);
        for query in ["range=1y", "from=yesterday", "to=%ff", "booking=no", "limit=7"] {
            let address = format!("/logs/overview?{query}");
            assert_eq!(support.htmx(&address).await.status.as_u16(), 400, "{query}");
            assert_eq!(support.get(&address).await.status.as_u16(), 400, "{query}");
        }
        assert_eq!(app.client().htmx("/logs/overview").await.status.as_u16(), 401);
        let mine = format!("/logs/overview?range=all&member={}", places.member);
        assert_eq!(rows(&support.htmx(&mine).await).iter().map(|row| row.n).sum::<usize>(), 1);
    }

    async fn hostile_values_stay_values(db: TestDb) {
        let hostile = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' OR 1=1 --", "{{ 7*7 }}", "a&b=c"];
        let log = |text: &&str| NewLog {
            action_type: (*text).to_owned(),
            area: (*text).to_owned(),
            status: text.chars().take(16).collect(),
            ..sample::log(sample::minutes_ago(5))
        };
        db.write(hostile.iter().map(log).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let fragment = client.htmx("/logs/overview?range=24h").await;
        let page = client.get("/logs/overview?range=24h").await;
        for got in [&fragment, &page] {
            assert!(!got.has("img") && !got.text().contains("alert(1)</script>"), "{}", got.text());
            assert_eq!(got.texts("#hist .key.s-other"), ["Other 5"]);
            assert!(got.has("rect.s-other"));
        }
        for text in hostile {
            assert!(page.texts("#values td:first-child").iter().any(|said| said == text), "{text}");
            let address = url(&[pair("range", "24h"), pair("action_type", text), pair("area", text)]);
            let counted = client.htmx(&of(&address)).await;
            assert_eq!(rows(&counted).iter().map(|row| row.n).sum::<usize>(), 1, "{text}");
            assert!(!counted.has("img") && !counted.has("script"));
        }
    }

    async fn an_overview_means_the_same_now_as_its_list(db: TestDb) {
        // It leaves the last hour between the list and the overview.
        let leaving = sample::log(sample::now().plus(chrono::Duration::seconds(1 - 3_600)));
        db.write(vec![leaving, sample::log(sample::minutes_ago(5))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let list = client.get("/logs?range=1h").await;
        let place = list.attribute("#hist", "hx-get").expect("a place");
        let sum = |page: &Page| rows(page).iter().map(|row| row.n).sum::<usize>();
        app.clock.advance(20);
        assert_eq!(sum(&client.htmx(&place).await), 2);
        assert_eq!(sum(&client.htmx("/logs/overview?range=1h").await), 1);
        app.clock.advance(3_600);
        assert_eq!(sum(&client.htmx(&place).await), 2, "as of its list, however long ago that was shown");
        let ahead = client.htmx("/logs/overview?range=24h&as_of=2027-01-01T00:00:00Z").await;
        assert_eq!(sum(&ahead), 2, "not as of what is yet to come");
    }
}
