//! Looking that stops early says how far it came, never “none” and never a total it does not know; going on from there
//! finds everything.

use std::time::Duration;

use daybook::{
    core::role::Role,
    db::Budget,
    logs::{log::NewLog, summary},
    paging::{Cursor, Key},
};
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        Client, Page, TestApp, TestDb,
        app::Setup,
        reference::{Pairs, Reference, pair, url},
        sample,
    },
};

const STEP: Budget = Budget { time: Duration::from_mins(1), step: 1, steps: 1 };
const STEPS: Budget = Budget { time: Duration::from_mins(1), step: 10, steps: 2 };
const NO_TIME: Budget = Budget { time: Duration::ZERO, step: 10, steps: u32::MAX };
const NO_TIME_FOR_MUCH: Budget = Budget { time: Duration::ZERO, step: 10_000, steps: u32::MAX };

async fn serve(db: TestDb, budget: Budget) -> TestApp {
    let mut setup = Setup::default();
    setup.budgets.list = budget;
    setup.budgets.count = budget;
    TestApp::with(db, setup).await
}

/// A log in which everything is common, and three entries far back have it all together.
fn haystack(entries: i64) -> Reference {
    let member = sample::member("Hana", "hana@example.org");
    let entry = |at: i64| {
        let needle = [entries - 40, entries - 7, entries - 6].contains(&at);
        let (mine, failed) = if needle { (true, true) } else { (at % 2 == 0, at % 2 == 1) };
        let odd = at % 2 == 1;
        NewLog {
            member_id: mine.then_some(member.id),
            status: if failed { "error" } else { ["success", "warning", "degraded"][usize::from(at % 3 == 0)] }
                .to_owned(),
            area: if odd && !needle { "public/pricing" } else { "members/dashboard" }.to_owned(),
            description: if needle { "A needle in it" } else { "Nothing but hay" }.to_owned(),
            user_agent: Some(if needle { "Needle/1" } else { "Hay/1" }.to_owned()),
            extra: Some(format!(r#"{{"needle": {needle}, "at": {at}}}"#)),
            ip_address: Some(if odd || needle { "203.0.113.24" } else { "10.0.0.1" }.to_owned()),
            ..sample::log(sample::minutes_ago(at / 3))
        }
    };
    let logs = (0..entries).map(entry).collect();
    Reference { members: vec![member], logs, now: sample::now(), details: true }
}

async fn write(db: &TestDb, reference: &Reference) {
    for member in &reference.members {
        db.member(member.clone()).await;
    }
    db.write(reference.logs.clone()).await;
}

/// Queries that match the three, and nothing of what lies before them. No index serves any of them alone.
fn rare(reference: &Reference) -> Vec<Pairs> {
    let all = || pair("range", "all");
    let me = reference.members[0].id.to_string();
    vec![
        vec![all(), pair("member", &me), pair("status", "error")],
        vec![all(), pair("area", "members/*"), pair("status", "error"), pair("action_type", "page_visit")],
        vec![all(), pair("ip", "203.0.113.0/24"), pair("member", &me)],
        // Two letters are too few for the index of words.
        vec![all(), pair("q", "dl")],
        vec![all(), pair("q", "dl"), pair("status", "error"), pair("status", "warning"), pair("status", "success")],
        vec![all(), pair("user_agent", "needle/")],
        vec![all(), pair("extra.needle", "true"), pair("member", &me)],
        vec![all(), pair("q", "a dl"), pair("member", "h*"), pair("area", "!public/pricing")],
    ]
}

/// What every page must say of itself, whether looking stopped there or not.
fn is_honest(page: &Page, reference: &Reference, pairs: &Pairs) {
    let total = reference.ids(pairs).len();
    let count = page.texts("#count strong").first().cloned().unwrap_or_default();
    let figure = |text: &str| text.replace(',', "").parse::<usize>().ok();
    match count.strip_prefix("At least ") {
        Some(n) => assert!(figure(n).is_some_and(|n| n <= total && n > 0), "{count} of {total}: {pairs:?}"),
        None if count == "So far no" => {}
        None => assert_eq!(figure(&count), Some(total), "{count}: {pairs:?}"),
    }
    let stopped = page.has(".tell");
    // The chart can be skipped whatever stands below it.
    assert!(page.has("#list"), "there is nothing to skip to: {pairs:?}");
    if stopped {
        assert!(page.texts(".tell")[0].contains("There may be more beyond"), "{:?}", page.texts(".tell"));
        assert!(!page.has(".empty"), "looking stopped, and yet the page says that there is nothing");
        let further = page.attribute(".tell a", "href");
        assert!(further.is_some() && (further == page.rel("next") || further == page.rel("prev")), "{further:?}");
    }
    if count.starts_with("At least") || count == "So far no" {
        assert!(page.text().contains("looked back to") || !stopped, "{}", page.texts("#count")[0]);
    }
    if !stopped && page.entries().is_empty() {
        assert!(page.has(".empty"), "the page says neither that there is nothing nor that it stopped");
    }
}

/// Looks further and further until the end, and everything that matches was found on the way.
async fn finds_it_all(client: &Client, reference: &Reference, pairs: &Pairs, rel: &str, first: String) -> usize {
    let (mut found, mut stops, mut next) = (Vec::new(), 0, Some(first));
    let mut been = std::collections::HashSet::new();
    while let Some(path) = next {
        assert!(been.insert(path.clone()), "{path} leads nowhere");
        let page = client.get_patiently(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.texts("main").concat());
        is_honest(&page, reference, pairs);
        stops += usize::from(page.has(".tell"));
        found.push(page.entries());
        next = page.rel(rel);
    }
    if rel == "prev" {
        found.reverse();
    }
    assert_eq!(found.concat(), reference.ids(pairs), "{pairs:?}");
    stops
}

async fn every_rare_query(db: TestDb, reference: &Reference, budget: Budget, at_least: usize) {
    write(&db, reference).await;
    let app = serve(db, budget).await;
    let client = app.signed_in(Role::Support).await;
    for pairs in rare(reference) {
        let stops = finds_it_all(&client, reference, &pairs, "next", url(&pairs)).await;
        assert!(stops >= at_least, "{stops} stops: this never looked in a bounded way at {pairs:?}");
    }
}

database_test! {
    async fn one_entry_a_step_finds_what_lies_far_back(db: TestDb) {
        every_rare_query(db, &haystack(70), STEP, 10).await;
    }

    async fn two_steps_a_page_find_what_lies_far_back(db: TestDb) {
        every_rare_query(db, &haystack(400), STEPS, 5).await;
    }

    async fn without_time_each_page_still_comes_further(db: TestDb) {
        every_rare_query(db, &haystack(400), NO_TIME, 5).await;
    }

    async fn without_time_for_a_long_step_each_page_still_comes_further(db: TestDb) {
        every_rare_query(db, &haystack(1_500), NO_TIME_FOR_MUCH, 0).await;
    }

    async fn looking_forward_stops_and_goes_on_alike(db: TestDb) {
        let reference = haystack(200);
        write(&db, &reference).await;
        let app = serve(db, STEPS).await;
        let client = app.signed_in(Role::Support).await;
        let start = Cursor::at(Key { timestamp: sample::minutes_ago(10_000), id: Uuid::nil() });
        for pairs in rare(&reference) {
            let first = format!("{}&after={start}", url(&pairs));
            finds_it_all(&client, &reference, &pairs, "prev", first).await;
        }
        let page = client.get(&format!("/logs?range=all&user_agent=nowhere&after={start}")).await;
        assert!(page.texts(".tell")[0].contains("Look further forward"), "{:?}", page.texts(".tell"));
        assert_eq!(page.attribute(".tell a", "href"), page.rel("prev"));
    }

    async fn more_values_than_a_step_has_entries_lose_none(db: TestDb) {
        let statuses: Vec<String> = (0..40).map(|at| format!("status {at}")).collect();
        let log = |at: i64| NewLog {
            status: statuses[usize::try_from(at * 7 % 40).expect("a place")].clone(),
            ..sample::log(sample::minutes_ago(at))
        };
        let logs = (0..90).map(log).collect();
        let reference = Reference { members: Vec::new(), logs, now: sample::now(), details: true };
        write(&db, &reference).await;
        let mut pairs: Pairs = statuses.iter().map(|status| pair("status", status)).collect();
        pairs.extend([pair("range", "all"), pair("q", "pe")]);
        let app = serve(db, Budget { steps: u32::MAX, ..STEP }).await;
        let client = app.signed_in(Role::Support).await;
        finds_it_all(&client, &reference, &pairs, "next", url(&pairs)).await;
        assert_eq!(client.get(&url(&pairs)).await.texts("#count strong"), ["90"]);
    }

    async fn e_mails_that_somebody_has_today_are_passed_over_in_steps(db: TestDb) {
        let mut reference = haystack(300);
        for (at, log) in reference.logs.iter_mut().enumerate() {
            log.member_id = None;
            log.member_email = Some(if at == 290 { "nobody@example.org" } else { "HANA@example.org" }.to_owned());
        }
        write(&db, &reference).await;
        let app = serve(db, STEPS).await;
        let client = app.signed_in(Role::Support).await;
        let pairs = vec![pair("range", "all"), pair("member", "no-account")];
        let stops = finds_it_all(&client, &reference, &pairs, "next", url(&pairs)).await;
        assert!(stops >= 5, "{stops} stops: whoever has the e-mail today is looked up for any number of entries");
    }

    async fn nothing_is_said_to_match_only_when_all_was_looked_at(db: TestDb) {
        let reference = haystack(200);
        write(&db, &reference).await;
        let app = serve(db, STEPS).await;
        let client = app.signed_in(Role::Support).await;
        let unknown = client.get("/logs?range=all&user_agent=nowhere").await;
        assert_eq!(unknown.texts("#count strong")[0], "So far no");
        assert!(unknown.has(".tell") && !unknown.has(".empty"));
        // Known at once: no entry has the status, so nothing needs to be looked through.
        let known = client.get("/logs?range=all&user_agent=hay&status=unheard").await;
        assert!(known.texts("#count")[0].starts_with("0 "), "{:?}", known.texts("#count"));
        assert!(known.has(".empty") && !known.has(".tell"));
        let ways = known.texts(".empty li .muted");
        assert!(
            ways[0].starts_with("at least ") || ways[0] == "not counted",
            "{ways:?}: any status, never counted out"
        );
        assert_eq!(ways[1], "0 entries", "with any browser: the status alone is enough to know");
    }

    async fn what_is_said_of_a_list_is_never_less_than_what_stands_in_it(db: TestDb) {
        let hay = |at: i64| NewLog {
            description: "Nothing but hay".to_owned(),
            ..sample::log(sample::minutes_ago(at * 1_440))
        };
        let logs: Vec<NewLog> = (0..120).map(hay).collect();
        let said = |at: usize| summary::day(logs[at].timestamp, chrono_tz::UTC, sample::now());
        db.write(logs.clone()).await;
        let mut setup = Setup::default();
        setup.budgets.count = STEPS;
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Support).await;
        let mut next = Some("/logs?range=all&q=ay&limit=25".to_owned());
        // Two steps count 22, and each page says what it adds to those.
        for (number, looked_to) in [
            ("At least 25", said(24)),
            ("At least 47", said(49)),
            ("At least 47", said(74)),
            ("At least 47", said(99)),
            ("At least 42", "the beginning".to_owned()),
        ] {
            let page = client.get(&next.expect("another page")).await;
            next = page.rel("next");
            assert_eq!(page.texts("#count strong"), [number, &looked_to]);
            assert_eq!(page.attribute("#count a", "href"), next, "looking further goes on from there");
            let heard = client.htmx(&page.attribute("[data-copy-link]", "data-copy-link").expect("its address")).await;
            let heard = &heard.texts("#announce")[0];
            assert!(heard.starts_with(number) && heard.ends_with(&format!("looked back to {looked_to}")), "{heard}");
        }
        assert_eq!(next, None);
        let nothing = client.get("/logs?range=all&q=ay&user_agent=nowhere").await;
        assert_eq!(nothing.texts("#count strong"), ["0"], "the page came to the end");
        // The overview has more time. What it counted to the end is said in place of what the list could not finish.
        for page in ["/logs?range=all&q=ay&limit=25", "/logs?range=all&q=ay&limit=25&before="] {
            let page = client.get(page).await;
            let overview = page.attribute("#hist", "hx-get").expect("an overview");
            let place = page.attribute("#count > span", "id").expect("a place");
            let counted = client.htmx(&overview).await;
            assert_eq!(counted.texts(&format!("[id='{place}'][hx-swap-oob] strong")), ["120"]);
        }
        let finished = client.get("/logs?range=all&q=ay&limit=200").await;
        assert_eq!(finished.texts("#count strong"), ["120"]);
        let counted = client.htmx(&finished.attribute("#hist", "hx-get").expect("an overview")).await;
        assert!(!counted.has("[id^=count-]"), "nothing was left open");
    }

    async fn the_ways_from_an_entry_lead_on_where_looking_stopped(db: TestDb) {
        let reference = haystack(200);
        write(&db, &reference).await;
        let app = serve(db, STEPS).await;
        let client = app.signed_in(Role::Support).await;
        let pairs = vec![pair("range", "all"), pair("user_agent", "needle")];
        let rare = reference.ids(&pairs);
        let newest = &reference.ids(&[pair("range", "all")])[0];
        let entry = client.get(&url(&pairs).replace("/logs?", &format!("/logs/{newest}?"))).await;
        let older = entry.rel("next").expect("a way on");
        assert!(older.starts_with("/logs?"), "{older}: no entry was found yet, so the way leads to the list");
        assert_eq!(client.walk(&older, "next").await.concat(), rare);
    }

    async fn counts_are_exact_to_ten_thousand(db: TestDb) {
        let at = sample::minutes_ago(30);
        let log =
            |n: usize| NewLog { status: if n < 10_000 { "success" } else { "warning" }.to_owned(), ..sample::log(at) };
        db.write((0..10_050).map(log).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for (query, count) in [
            ("range=all", "More than 10,000"),
            ("range=24h", "More than 10,000"),
            ("range=all&q=dashboard", "More than 10,000"),
            ("range=all&status=success", "10,000"),
            ("range=all&status=success&q=dashboard", "10,000"),
            ("range=all&status=success&area=members/*", "10,000"),
            ("range=all&status=warning", "50"),
            ("range=all&member=none&status=!success", "50"),
        ] {
            let page = client.get(&format!("/logs?{query}")).await;
            assert_eq!(page.texts("#count strong"), [count], "{query}");
            assert_eq!(page.entries().len(), 50, "{query}");
        }
        let htmx = client.htmx("/logs?range=all").await;
        assert!(htmx.texts("#announce")[0].starts_with("More than 10,000 entries"), "{:?}", htmx.texts("#announce"));
    }

    async fn that_there_are_many_is_not_believed_of_a_time_that_has_moved_on(db: TestDb) {
        let log = |n: usize| sample::log(sample::minutes_ago(if n < 40 { 10 } else { 30 }));
        db.write((0..10_050).map(log).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let count = async |query: &str| client.get(&format!("/logs?{query}")).await.texts("#count strong").concat();
        for _ in 0..2 {
            assert_eq!(count("range=1h").await, "More than 10,000");
            app.clock.advance(60);
        }
        // What was counted a moment ago bears out a longer time, and a shorter one only as far as it reaches.
        assert_eq!(count("range=24h").await, "More than 10,000");
        app.clock.advance(40 * 60);
        assert_eq!((count("range=1h").await.as_str(), count("range=24h").await.as_str()), ("40", "More than 10,000"));
    }
}
