//! Live: whatever comes to a list is told once, whoever wrote it and whatever time it says; and it ends.

use std::{collections::BTreeSet, time::Duration};

use daybook::{
    core::role::Role,
    db::Budget,
    logs::{
        filter::{Choice, Filter, ListQuery},
        live::{
            newer::{News, Place},
            since::{Shown, Watched},
            watcher::Watcher,
        },
        log::NewLog,
        store::{self, Times},
    },
    paging::{Cursor, Key},
};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use reqwest::StatusCode;
use uuid::Uuid;

use crate::{
    database_test,
    support::{Client, Outside, Page, TestApp, TestDb, sample, wait},
};

const NEWER: &str = "#newer[hx-trigger='every 3s']";

/// Begins to watch from a page of the list; what is said first.
async fn begin(client: &Client, list: &str) -> Page {
    let page = client.get(list).await;
    let newer = page.attribute("#live[aria-pressed=false]", "hx-get").unwrap_or_else(|| panic!("{}", page.text()));
    let first = client.htmx(&newer).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    assert!(first.has("#live[aria-pressed=true][hx-swap-oob=true]"), "{}", first.text());
    first
}

/// Asks as the strip of `page` does.
async fn again(client: &Client, page: &Page) -> Page {
    client.htmx(&page.attribute(NEWER, "hx-get").unwrap_or_else(|| panic!("it is over: {}", page.text()))).await
}

/// Asks until there is news.
async fn news(client: &Client, page: &Page) -> Page {
    wait::until("something is new", async || {
        let next = again(client, page).await;
        assert!(next.status.is_success(), "{}: {}", next.status, next.text());
        (next.status == StatusCode::OK).then_some(next)
    })
    .await
}

fn told(page: &Page) -> Vec<String> {
    page.texts("#newer-show")
}

/// Lets the watcher look anew, and asks: nothing is to be told.
async fn quiet(client: &Client, page: &Page) {
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(again(client, page).await.status, StatusCode::NO_CONTENT);
}

/// The statement with which an application writes straight into the table.
fn insert(outside: &Outside, minutes_ago: i64) -> String {
    let micros = sample::minutes_ago(minutes_ago).micros();
    let (id, at) = match outside {
        Outside::Sqlite(_) => ("randomblob(16)", micros.to_string()),
        Outside::Postgres(_) => ("gen_random_uuid()", format!("to_timestamp({micros} / 1000000.0)")),
    };
    format!(
        "INSERT INTO audit_logs (id, \"timestamp\", action_type, area, description, status) \
         VALUES ({id}, {at}, 'login', 'members/live', 'Straight into the table', 'success')"
    )
}

/// Writes an entry straight into the table.
async fn straight(db: &TestDb, minutes_ago: i64) {
    let mut outside = db.outside().await;
    let sql = insert(&outside, minutes_ago);
    outside.run(&sql).await;
}

database_test! {
    async fn what_comes_is_told_whoever_writes_it_and_whatever_its_time(db: TestDb) {
        db.write((1..=30).map(|n| sample::log(sample::minutes_ago(n))).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let first = begin(&client, "/logs?range=24h&limit=25").await;
        assert!(told(&first).is_empty() && first.text().contains("Nothing new yet"), "{}", first.text());
        assert!(first.text().contains("Live until 15:08"), "{}", first.text());
        quiet(&client, &first).await;

        straight(&app.db, 0).await;
        let one = news(&client, &first).await;
        assert_eq!(told(&one), ["Show 1 new entry"]);
        assert_eq!(one.texts("#announce"), ["1 new entry"]);
        quiet(&client, &one).await;
        // A transaction that took long: its time lies before everything that is shown.
        straight(&app.db, 300).await;
        app.db.write(vec![sample::log(sample::minutes_ago(2))]).await;
        let mut three = news(&client, &one).await;
        while told(&three) != ["Show 3 new entries"] {
            three = news(&client, &three).await;
        }
        assert!(!three.has("#announce"), "it is announced once");

        // Whoever has them shown goes on watching, from there.
        let list = three.attribute("#newer-show", "hx-get").expect("a list");
        let shown = client.get_with(&list, &[("HX-Request", "true"), ("HX-Trigger", "newer-show")]).await;
        let on = shown.has("#live[aria-pressed=true]") && shown.has("#newer.is-on[hx-trigger=load]");
        assert!(on, "{}", shown.text());
        let on = client.htmx(&shown.attribute("#newer", "hx-get").expect("an address")).await;
        assert!(told(&on).is_empty(), "{}", on.text());
        quiet(&client, &on).await;
        straight(&app.db, 0).await;
        assert_eq!(told(&news(&client, &on).await), ["Show 1 new entry"]);
    }

    async fn a_slow_transaction_is_told_when_it_commits(db: ServerDb) {
        db.write((1..=30).map(|n| sample::log(sample::minutes_ago(n))).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let mut slow = app.db.outside().await;
        slow.run("BEGIN").await;
        let sql = insert(&slow, 12);
        slow.run(&sql).await;
        let first = begin(&client, "/logs?range=24h&limit=25").await;
        straight(&app.db, 0).await;
        let one = news(&client, &first).await;
        assert_eq!(told(&one), ["Show 1 new entry"]);
        quiet(&client, &one).await;
        slow.run("COMMIT").await;
        assert_eq!(told(&news(&client, &one).await), ["Show 2 new entries"]);
    }

    async fn only_what_matches_is_told(db: TestDb) {
        db.write(vec![sample::log(sample::minutes_ago(5)), sample::error(sample::minutes_ago(4))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let first = begin(&client, "/logs?range=24h&status=error").await;
        for _ in 0..3 {
            straight(&app.db, 0).await;
        }
        quiet(&client, &first).await;
        app.db.write(vec![sample::error(sample::minutes_ago(60)), sample::error(sample::minutes_ago(60 * 30))]).await;
        assert_eq!(told(&news(&client, &first).await), ["Show 1 new entry"], "the other is older than a day");

        // A list without an entry waits for its first one.
        let empty = begin(&client, "/logs?range=24h&q=walker").await;
        assert!(told(&empty).is_empty());
        let none = begin(&client, "/logs?range=24h&area=members/live&status=warning").await;
        let warning = NewLog { area: "members/live".into(), status: "warning".into(), ..sample::log(sample::now()) };
        app.db.write(vec![warning]).await;
        assert_eq!(told(&news(&client, &none).await), ["Show 1 new entry"]);
    }

    async fn what_came_between_the_list_and_the_switch_is_told_first(db: TestDb) {
        db.write((1..=60).map(|n| sample::log(sample::minutes_ago(n))).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let page = client.get("/logs?range=24h").await;
        let newer = page.attribute("#live", "hx-get").expect("an address");
        app.clock.advance(600);
        // Newer than all that is shown, between what is shown, and below it, where the list does not reach.
        for minutes in [0, 20, 55] {
            straight(&app.db, minutes).await;
        }
        let first = client.htmx(&newer).await;
        assert_eq!(told(&first), ["Show 2 new entries"]);
        quiet(&client, &first).await;
        straight(&app.db, 55).await;
        assert_eq!(told(&news(&client, &first).await), ["Show 3 new entries"]);
        // Nothing ages out of the last day meanwhile: that would hide what came.
        let day = client.get("/logs?range=1h&limit=100").await.attribute("#live", "hx-get").expect("an address");
        app.clock.advance(1_200);
        straight(&app.db, 0).await;
        assert_eq!(told(&client.htmx(&day).await), ["Show 1 new entry"]);
    }

    async fn it_ends_after_half_an_hour_and_with_the_session(db: TestDb) {
        db.write(vec![sample::log(sample::minutes_ago(5))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let first = begin(&client, "/logs?range=24h").await;
        app.clock.advance(29 * 60);
        quiet(&client, &first).await;
        straight(&app.db, 0).await;
        let some = news(&client, &first).await;
        app.clock.advance(61);
        let ended = again(&client, &some).await;
        assert!(!ended.has(NEWER) && ended.has("#live[aria-pressed=false][hx-swap-oob=true]"), "{}", ended.text());
        assert!(ended.text().contains("Live ended"), "{}", ended.text());
        assert_eq!(told(&ended), ["Show 1 new entry"], "what was told is not forgotten");
        // It begins again where the list stands.
        let anew = client.htmx(&ended.attribute("#live", "hx-get").expect("an address")).await;
        assert_eq!(told(&anew), ["Show 1 new entry"]);

        assert_eq!(client.submit("/logout", &[]).await.status, StatusCode::SEE_OTHER);
        let gone = again(&client, &anew).await;
        assert_eq!(gone.status, StatusCode::UNAUTHORIZED);
        assert!(gone.header("hx-redirect").is_some_and(|to| to.starts_with("/login?next=")), "{:?}", gone.headers);
    }

    async fn it_is_recorded_once_and_only_for_what_was_asked(db: TestDb) {
        db.write(vec![sample::log(sample::minutes_ago(5))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let lines = async || {
            app.staff_log.flush().await;
            let sql = "SELECT detail FROM daybook_staff_log WHERE kind = 'logs_watched' ORDER BY seq";
            app.db.outside().await.texts(sql).await
        };
        let first = begin(&client, "/logs?range=24h").await;
        for _ in 0..3 {
            again(&client, &first).await;
        }
        straight(&app.db, 0).await;
        let one = news(&client, &first).await;
        again(&client, &one).await;
        assert_eq!(lines().await, ["range=24h"]);
        // What was handed out for one list is worth nothing for another, nor with a longer time, nor to somebody else.
        let address = one.attribute(NEWER, "hx-get").expect("an address");
        let (_, since) = address.split_once("since=").expect("since");
        let parts: Vec<&str> = since.split('.').collect();
        let mut longer = parts.clone();
        longer[7] = "9000000000000000";
        for (query, since) in [("range=24h&status=error", since), ("range=24h", &longer.join("."))] {
            assert_eq!(client.htmx(&format!("/logs/newer?{query}&since={since}")).await.status, StatusCode::OK);
        }
        let other = app.signed_in(Role::Admin).await;
        assert_eq!(other.htmx(&address).await.status, StatusCode::OK);
        assert_eq!(lines().await, ["range=24h", "range=24h&status=error", "range=24h", "range=24h"]);
    }

    async fn what_cannot_be_watched_is_said(db: TestDb) {
        let log = |n| NewLog { ip_address: Some("203.0.113.24".into()), ..sample::log(sample::minutes_ago(n)) };
        db.write((1..=60).map(log).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let first = begin(&client, "/logs?range=24h").await;
        let address = first.attribute(NEWER, "hx-get").expect("an address");
        let (_, since) = address.split_once("since=").expect("since");
        for query in [
            "range=24h".to_owned(),
            "range=24h&since=".to_owned(),
            "range=24h&since=x".to_owned(),
            "range=24h&since=%ff".to_owned(),
            "range=24h&since=....".to_owned(),
            format!("range=24h&since={since}."),
            format!("range=x&since={since}"),
            format!("range=all&ip=203.0.113.24&since={since}"),
            format!("range=all&ip=198.51.100.1&since={since}"),
            format!("range=all&user_agent=x&since={since}"),
        ] {
            let page = client.htmx(&format!("/logs/newer?{query}")).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}: {}", page.text());
            assert!(page.has("#newer") && !page.has(NEWER), "{query}");
        }
        // A cursor alone is a place to look from.
        let key = Key { timestamp: sample::minutes_ago(3), id: Uuid::max() };
        let page = client.htmx(&format!("/logs/newer?range=24h&since={}", Cursor::beyond(key))).await;
        assert_eq!(told(&page), ["Show 2 new entries"]);
        // Only the first page can be told what comes above it.
        let older = client.get("/logs?range=24h").await.rel("next").expect("a page");
        assert!(!client.get(&older).await.has("#live"));
        // As a page by itself it would help nobody.
        let opened = client.get_with(&address, &[("Sec-Fetch-Dest", "document")]).await;
        assert_eq!((opened.status, opened.location()), (StatusCode::SEE_OTHER, "/logs?range=24h"));
    }

    /// Whatever comes in whatever order of times, what is told is what a plain comparison of the list then and now
    /// gives; and where more comes than the watcher remembers, or it was started anew, never more than that.
    async fn what_is_told_is_what_is_new(db: TestDb) {
        let mut runner = TestRunner::deterministic();
        let base = sample::minutes_ago(600);
        let step = prop::collection::vec((0..600_i64, any::<bool>()), 0..14);
        let error = Choice { any: vec!["error".to_owned()], none: Vec::new() };
        let filter = Filter { status: error, ..Filter::default() };
        let budget = Budget { time: Duration::from_secs(30), ..Budget::LIST };
        let mut known: BTreeSet<Uuid> = BTreeSet::new();
        for (width, restarts) in [(10_000, false), (12, false), (10_000, true), (10_000, false)] {
            let mut watcher = Watcher::new(width, Duration::ZERO);
            let plan = store::plan(&db.db, &filter, sample::now(), true).await.expect("a plan");
            let times = Times { list: budget, count: budget };
            let first = ListQuery::first(filter.clone());
            let (page, _) = store::page(&db.db, &plan, &first, times).await.expect("a page");
            let shown = Shown::of(&page, sample::now());
            let had = known.clone();
            let mut last: Option<Watched> = None;
            for turn in 0..8 {
                if turn > 0 {
                    let drawn = step.new_tree(&mut runner).expect("a step").current();
                    let log = |(minute, error): (i64, bool)| NewLog {
                        status: if error { "error" } else { "success" }.to_owned(),
                        ..sample::log(base.plus(chrono::Duration::minutes(minute)))
                    };
                    let logs: Vec<NewLog> = drawn.into_iter().map(log).collect();
                    known.extend(logs.iter().filter(|log| log.status == "error").map(|log| log.id));
                    db.write(logs).await;
                }
                if restarts && turn == 5 {
                    watcher = Watcher::new(width, Duration::ZERO);
                }
                let place = Place { watcher: &watcher, db: &db.db, plan: &plan, budget };
                let news = place.news(&shown, last.as_ref()).await.expect("news");
                let new = u64::try_from(known.difference(&had).count()).expect("a number");
                let what = format!("of {width}, turn {turn}: {news:?}, and {new} are new");
                assert!(news.told.entries <= new, "{what}");
                if width > 1_000 && !restarts {
                    assert!(news.told.entries == new && !news.told.at_least, "{what}");
                }
                if restarts && turn >= 5 {
                    assert!(news.told.at_least, "{what}");
                }
                let epoch = watcher.epoch().to_owned();
                let News { told, moment, base, .. } = news;
                last = Some(Watched { epoch, moment, base, told, until: sample::now() });
            }
        }
    }
}
