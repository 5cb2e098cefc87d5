//! Pages of the list: every entry once from the first page to the last, and the same pages on the way back, however
//! many entries share an instant and whatever is written meanwhile.

use std::collections::HashSet;

use daybook::{
    core::{role::Role, time::Timestamp},
    logs::log::NewLog,
    paging::{Cursor, Key},
};
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        Client, TestApp,
        reference::{Reference, pair},
        sample,
    },
};

/// Hundreds of entries in one microsecond, and some before and after it.
fn tied(entries: usize) -> Vec<NewLog> {
    let instant = sample::minutes_ago(60);
    let beside = |micros: i64| instant.plus(chrono::Duration::microseconds(micros));
    let status = |at: usize| if at.is_multiple_of(3) { "error" } else { "success" }.to_owned();
    let entry = |at: usize| {
        let timestamp = match at {
            0..10 => beside(1),
            10..20 => beside(-1),
            _ => instant,
        };
        NewLog { status: status(at), ..sample::log(timestamp) }
    };
    (0..entries).map(entry).collect()
}

fn reference(logs: &[NewLog]) -> Reference {
    Reference { members: Vec::new(), logs: logs.to_vec(), now: sample::now(), details: true }
}

fn key(log: &NewLog) -> Key {
    Key { timestamp: log.timestamp, id: log.id }
}

/// The page with `before` or `after` a place.
async fn page_at(client: &Client, side: &str, cursor: Cursor) -> crate::support::Page {
    client.get(&format!("/logs?range=all&limit=25&{side}={cursor}")).await
}

database_test! {
    async fn walking_on_meets_each_entry_once_while_others_are_written(db: TestDb) {
        let logs = tied(330);
        db.write(logs.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let (mut met, mut next) = (Vec::new(), Some("/logs?range=all&limit=25".to_owned()));
        while let Some(path) = next {
            let page = client.get(&path).await;
            met.extend(page.entries());
            next = page.rel("next");
            // At both ends, and among those that share the instant, in front of and behind the place of the walk.
            let later = sample::log(sample::now());
            let earlier = sample::log(Timestamp::from_micros(0));
            let among = (0..6).map(|_| sample::log(sample::minutes_ago(60)));
            app.db.write([later, earlier].into_iter().chain(among).collect()).await;
            assert!(met.len() < 2_000, "the walk does not end");
        }
        let once: HashSet<&String> = met.iter().collect();
        assert_eq!(once.len(), met.len(), "an entry came twice");
        let expected = reference(&logs).ids(&[pair("range", "all")]);
        let there_at_the_start: Vec<&String> = met.iter().filter(|id| expected.contains(id)).collect();
        assert_eq!(there_at_the_start, expected.iter().collect::<Vec<_>>());
    }

    async fn a_walk_over_a_preset_meets_all_that_was_there_at_its_start_however_slowly(db: TestDb) {
        db.write((0..60).map(|minutes| sample::log(sample::minutes_ago(minutes))).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let first = "/logs?range=1h&limit=25";
        let (mut met, mut next, mut page) = (Vec::new(), Some(first.to_owned()), None);
        while let Some(path) = next {
            let shown = client.get(&path).await;
            met.push(shown.entries());
            next = shown.rel("next");
            page = Some(shown);
            app.clock.advance(20 * 60);
        }
        assert_eq!(met.iter().map(Vec::len).collect::<Vec<_>>(), [25, 25, 10]);
        // The last page says as of when it is, counts what it lists, and is the same for whoever gets its link tomorrow.
        let page = page.expect("a page");
        assert_eq!(page.texts(".asof time"), ["14:38:05"]);
        assert_eq!(page.texts("#count strong"), ["60"]);
        app.clock.advance(10 * 60 * 60);
        let link = page.attribute("[data-copy-link]", "data-copy-link").expect("a link to pass on");
        let passed_on = client.get(&link).await;
        assert_eq!((passed_on.entries(), passed_on.texts(".asof time")), (met[2].clone(), vec!["14:38:05 yesterday".to_owned()]));
        let overview = client.htmx(&passed_on.attribute("#hist", "hx-get").expect("an overview")).await;
        let numbers = overview.texts("#hist tbody .num");
        assert_eq!(numbers.iter().map(|n| n.parse::<u64>().expect("a number")).sum::<u64>(), 60);
        // So is the way back, and from an entry of it to the one beside it.
        let mut back = vec![passed_on.entries()];
        let mut prev = passed_on.rel("prev");
        while let Some(path) = prev {
            let page = client.get(&path).await;
            back.push(page.entries());
            prev = page.rel("prev");
        }
        back.reverse();
        assert_eq!(back, met);
        let entry = client.get(&passed_on.attributes("[data-row]", "href")[3]).await;
        assert!(entry.rel("next").expect("an older entry").contains(&met[2][4]));
        // Anew it is of the last hour as of now.
        let refreshed = client.get(&passed_on.attribute("#refresh", "href").expect("a link")).await;
        assert_eq!(refreshed.entries().len(), 0);
    }

    async fn walking_back_shows_the_pages_of_the_way_there(db: TestDb) {
        let logs = tied(330);
        db.write(logs.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        for limit in [25, 50, 100, 200] {
            for filter in ["range=all", "range=all&status=error"] {
                let first = format!("/logs?{filter}&limit={limit}");
                let there = client.walk(&first, "next").await;
                assert!(there.iter().rev().skip(1).all(|page| page.len() == limit), "only the last page is short");
                let mut page = client.get(&first).await;
                assert_eq!(page.rel("prev"), None, "{first} is the first page");
                while let Some(next) = page.rel("next") {
                    page = client.get(&next).await;
                    assert!(page.rel("prev").is_some(), "{next} is not the first page");
                }
                // What is written now is newer than all of the walk back but its end.
                app.db.write(vec![sample::log(Timestamp::from_micros(0))]).await;
                let mut back = vec![page.entries()];
                while let Some(prev) = page.rel("prev") {
                    page = client.get(&prev).await;
                    assert!(page.rel("next").is_some(), "{prev} came from an older page");
                    back.push(page.entries());
                }
                back.reverse();
                assert_eq!(back, there, "{first}");
            }
        }
    }

    async fn what_is_written_while_walking_back_comes_after_the_pages_that_were(db: TestDb) {
        let logs = tied(120);
        db.write(logs.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let there = client.walk("/logs?range=all&limit=25", "next").await;
        let mut page = client.get("/logs?range=all&limit=25").await;
        while let Some(next) = page.rel("next") {
            page = client.get(&next).await;
        }
        let newer: Vec<NewLog> = (0..60).map(|at| sample::log(sample::minutes_ago(at % 7))).collect();
        app.db.write(newer.clone()).await;
        let mut back = vec![page.entries()];
        while let Some(prev) = page.rel("prev") {
            page = client.get(&prev).await;
            back.push(page.entries());
        }
        back.reverse();
        let expected = [reference(&newer).ids(&[pair("range", "all")]), there.concat()].concat();
        assert_eq!(back.concat(), expected);
        assert_eq!(back[back.len() - there.len()..], there);
        assert_eq!(page.rel("prev"), None, "the walk back ends at the newest");
    }

    async fn a_page_that_is_just_full_is_the_last(db: TestDb) {
        db.write(tied(50)).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let page = client.get("/logs?range=all&limit=50").await;
        assert_eq!((page.entries().len(), page.rel("next"), page.rel("prev")), (50, None, None));
        let halves = client.walk("/logs?range=all&limit=25", "next").await;
        assert_eq!(halves.iter().map(Vec::len).collect::<Vec<_>>(), [25, 25]);
        assert_eq!(client.get("/logs?range=all").await.texts("#count strong"), ["50"]);
    }

    async fn a_page_without_entries_leads_back_to_where_it_began(db: TestDb) {
        let logs = tied(30);
        db.write(logs.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let reference = reference(&logs);
        let all = reference.list(&[pair("range", "all")]);
        let (newest, oldest) = (key(all[0]), key(all[29]));

        let below = page_at(&client, "before", Cursor::beyond(oldest)).await;
        assert_eq!((below.status.as_u16(), below.entries().len(), below.rel("next")), (200, 0, None));
        assert!(below.text().contains("There are no more entries this way"), "{}", below.text());
        assert_eq!(below.texts("#count strong"), ["30"], "the count is the list's, not the page's");
        let back = client.get(&below.rel("prev").expect("a way back")).await;
        assert_eq!(back.entries(), reference.ids(&[])[5..], "the oldest 25, the one it began at included");

        let above = page_at(&client, "after", Cursor::beyond(newest)).await;
        assert_eq!((above.entries().len(), above.rel("prev")), (0, None));
        let back = client.get(&above.rel("next").expect("a way back")).await;
        assert_eq!(back.entries(), reference.ids(&[])[..25], "the newest 25, the one it began at included");

        let at = page_at(&client, "before", Cursor::at(oldest)).await;
        assert_eq!(at.entries(), [oldest.id.to_string()], "an inclusive place holds its own entry");
    }

    async fn a_place_out_of_one_list_is_a_place_in_another(db: TestDb) {
        let logs = tied(200);
        db.write(logs.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let reference = reference(&logs);
        let all = reference.list(&[pair("range", "all")]);
        let errors = reference.ids(&[pair("status", "error"), pair("range", "all")]);
        for at in [0, 9, 77, 150, 199] {
            let older: Vec<String> = all[at + 1..].iter().map(|log| log.id.to_string()).collect();
            let expected: Vec<String> = errors.iter().filter(|id| older.contains(id)).cloned().collect();
            let cursor = Cursor::beyond(key(all[at]));
            let path = format!("/logs?range=all&status=error&limit=25&before={cursor}");
            assert_eq!(client.walk(&path, "next").await.concat(), expected, "from {at}");
        }
        // A place where no entry is, before all time and after it.
        for (micros, found) in [(i64::MIN, 0), (i64::MAX, 25)] {
            let key = Key { timestamp: Timestamp::from_micros(micros), id: Uuid::nil() };
            let page = page_at(&client, "before", Cursor::beyond(key)).await;
            assert_eq!((page.status.as_u16(), page.entries().len()), (200, found), "{micros}");
        }
    }

    async fn a_fragment_holds_the_page_s_entries_and_ways(db: TestDb) {
        db.write(tied(60)).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let first = client.get("/logs?range=all&limit=25").await;
        let next = first.rel("next").expect("a next page");
        let (page, fragment) = (client.get(&next).await, client.htmx(&next).await);
        assert!(page.has("html[lang]") && !fragment.text().contains("<html"));
        assert_eq!(fragment.entries(), page.entries());
        assert_eq!((fragment.rel("next"), fragment.rel("prev")), (page.rel("next"), page.rel("prev")));
        assert_eq!(fragment.header("hx-push-url"), Some(next.as_str()));
    }
}
