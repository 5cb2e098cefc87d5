//! Error groups: every error in one, counted once whoever writes and whenever it is committed; what people say of a group
//! stays; and only who may see errors sees any of it.

use std::collections::{BTreeMap, BTreeSet};

use daybook::{
    core::{role::Role, time::Timestamp},
    db::Sql,
    error_groups::{
        fingerprint::{Alike, Fingerprint, Said},
        gather::{self, Gatherer},
        write,
    },
    logs::{log::NewLog, write::Batch},
};
use reqwest::StatusCode;
use uuid::Uuid;

use crate::{
    database_test,
    support::{Client, Page, TestApp, TestDb, app::Setup, harmless, sample},
};

/// Gathers to the end.
pub async fn gather(db: &TestDb) {
    gather::finish(&db.db, None, sample::now(), || {}).await.expect("gathered");
}

/// Numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("a number") % n
    }
}

/// Entries of all kinds, errors among them: a few failures again and again, by few people, some at one instant.
pub fn crowd(n: usize, seed: u64) -> Batch {
    let mut dice = Dice(seed);
    let members: Vec<_> =
        (0..4).map(|at| sample::member(&format!("Member {at}"), &format!("m{at}@example.org"))).collect();
    let log = |at: usize, dice: &mut Dice| {
        let back = i64::try_from(n - at).expect("a number");
        let fault = dice.below(5);
        let when = sample::minutes_ago(1).plus(-chrono::Duration::seconds(back / 2 * 137));
        let mut log = match fault {
            0 => sample::error(when),
            1 => NewLog {
                error_detail: None,
                error_message: Some(format!("ReadTimeout: no answer to {at}")),
                ..sample::error(when)
            },
            2 => NewLog {
                error_detail: None,
                error_message: None,
                description: format!("Walk {at} was lost"),
                ..sample::error(when)
            },
            3 => NewLog { action_type: "error".to_owned(), ..sample::log(when) },
            _ => NewLog { status: "error".to_owned(), action_type: "booking_created".to_owned(), ..sample::log(when) },
        };
        if dice.below(4) == 0 {
            log = sample::log(when);
        }
        (log.member_id, log.member_email) = match dice.below(8) {
            0 => (None, None),
            1 => (None, Some("Gone@Example.org".to_owned())),
            2 => (None, Some("gone@example.org".to_owned())),
            one => (Some(members[one % 4].id), members[one % 4].email.clone()),
        };
        log
    };
    let logs = (0..n).map(|at| log(at, &mut dice)).collect();
    Batch { members, logs, ..Batch::default() }
}

/// A group, said as plainly as can be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Plain {
    times: i64,
    members: BTreeSet<String>,
    anonymous: i64,
    first: Option<Timestamp>,
    last: Option<(Timestamp, Uuid)>,
}

fn said(log: &NewLog) -> Said<'_> {
    Said {
        action_type: &log.action_type,
        area: &log.area,
        description: &log.description,
        error_message: log.error_message.as_deref(),
        error_detail: log.error_detail.as_deref(),
    }
}

fn print(log: &NewLog) -> Fingerprint {
    Alike::of(said(log), None).fingerprint
}

fn reference(logs: &[NewLog]) -> BTreeMap<i64, Plain> {
    let mut out: BTreeMap<i64, Plain> = BTreeMap::new();
    for log in logs.iter().filter(|log| log.status == "error" || log.action_type == "error") {
        let plain = out.entry(print(log).number()).or_default();
        plain.times += 1;
        match write::member(log.member_id, log.member_email.as_deref()) {
            Some(member) => drop(plain.members.insert(member)),
            None => plain.anonymous += 1,
        }
        plain.first = Some(plain.first.map_or(log.timestamp, |first| first.min(log.timestamp)));
        plain.last = plain.last.max(Some((log.timestamp, log.id)));
    }
    out
}

#[derive(sqlx::FromRow)]
struct Row {
    fingerprint: i64,
    times: i64,
    members: i64,
    anonymous: i64,
    first_at: Timestamp,
    last_at: Timestamp,
    last_id: Uuid,
}

/// The groups in the database are those of a plain reference, and so is what is derived beside them.
async fn is_as(db: &TestDb, logs: &[NewLog]) {
    let sql = "SELECT fingerprint, times, members, anonymous, first_at, last_at, last_id FROM daybook_error_groups";
    let rows: Vec<Row> = db.db.fetch_all(Sql::new(sql)).await.expect("groups");
    let expected = reference(logs);
    assert_eq!(rows.len(), expected.len());
    for row in rows {
        let plain = &expected[&row.fingerprint];
        let had = (row.times, row.members, row.anonymous, Some(row.first_at), Some((row.last_at, row.last_id)));
        let members = i64::try_from(plain.members.len()).expect("a number");
        assert_eq!(had, (plain.times, members, plain.anonymous, plain.first, plain.last));
    }
    let entries = reference(logs).values().map(|plain| plain.times).sum::<i64>();
    for sql in [
        "SELECT count(*) FROM daybook_error_entries",
        "SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM daybook_error_quarters",
    ] {
        assert_eq!(db.db.fetch_optional::<(i64,)>(Sql::new(sql)).await.expect("asked"), Some((entries,)), "{sql}");
    }
    let met = "SELECT fingerprint, CAST(sum(times) AS BIGINT) FROM daybook_error_members GROUP BY fingerprint";
    let met: Vec<(i64, i64)> = db.db.fetch_all(Sql::new(met)).await.expect("members");
    for (print, times) in met {
        assert_eq!(times, expected[&print].times - expected[&print].anonymous);
    }
}

/// Titles in the list, from a page on, page after page.
async fn walk(client: &Client, path: &str, rel: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = client.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text());
        pages.push(page.attributes("#list a[data-row]", "href"));
        next = page.rel(rel);
        assert!(pages.len() < 200, "{path} leads nowhere");
    }
    pages
}

/// An error of its own group, so many seconds before now.
fn failure(name: &str, seconds: i64) -> NewLog {
    NewLog {
        error_detail: None,
        error_message: Some(format!("{name}: it failed")),
        ..sample::error(sample::now().plus(-chrono::Duration::seconds(seconds)))
    }
}

async fn state_of(db: &TestDb, log: &NewLog) -> String {
    let sql = Sql::new("SELECT state FROM daybook_error_groups WHERE fingerprint = ").bind(print(log).number());
    db.db.fetch_optional::<(String,)>(sql).await.expect("asked").expect("a group").0
}

async fn support(db: TestDb) -> (TestApp, Client) {
    let app = TestApp::start(db).await;
    let client = app.signed_in(Role::Support).await;
    (app, client)
}

fn link(log: &NewLog) -> String {
    format!("/errors/{}", print(log))
}

fn figures(page: &Page) -> Vec<String> {
    page.texts(".stats:not(.outcomes) dd").into_iter().take(2).collect()
}

database_test! {
    async fn groups_are_those_of_a_plain_reference(db: TestDb) {
        let mut all = Vec::new();
        for seed in 1..4 {
            let batch = crowd(260, seed);
            all.extend(batch.logs.clone());
            db.write_batch(batch).await;
            gather(&db).await;
            is_as(&db, &all).await;
        }
        // Again, and nothing is counted twice.
        gather(&db).await;
        is_as(&db, &all).await;
    }

    async fn an_error_that_is_committed_late_with_an_earlier_time_is_met(db: TestDb) {
        let mut all = vec![failure("LateError", 10), failure("LateError", 20)];
        db.write(all.clone()).await;
        gather(&db).await;
        let late = failure("LateError", 15);
        db.write(vec![late.clone()]).await;
        all.push(late);
        // Without the sweep, which would meet it too.
        let mut gatherer = Gatherer::new(db.db.clone(), None);
        gatherer.newest(sample::now()).await.expect("looked");
        is_as(&db, &all).await;
    }

    async fn a_burst_longer_than_one_look_is_met_whole(db: TestDb) {
        let all: Vec<NewLog> = (0..1_300).map(|at| failure("BurstError", at)).collect();
        for logs in all.chunks(650) {
            db.write(logs.to_vec()).await;
        }
        let mut gatherer = Gatherer::new(db.db.clone(), None);
        gatherer.begin().await.expect("begun");
        while gatherer.newest(sample::now()).await.expect("looked") != gather::Stepped::Done {}
        is_as(&db, &all).await;
    }

    async fn two_who_gather_at_once_count_each_error_once(db: TestDb) {
        let batch = crowd(400, 9);
        let all = batch.logs.clone();
        db.write_batch(batch).await;
        let one = gather::finish(&db.db, None, sample::now(), || {});
        let other = gather::finish(&db.db, None, sample::now(), || {});
        let (one, other) = tokio::join!(one, other);
        one.and(other).expect("gathered");
        is_as(&db, &all).await;
        // And two servers, each with its own task.
        let app = TestApp::start(db).await;
        let more = crowd(200, 10);
        let all: Vec<NewLog> = all.into_iter().chain(more.logs.clone()).collect();
        app.db.write_batch(more).await;
        gather(&app.db).await;
        is_as(&app.db, &all).await;
    }

    async fn another_rule_begins_anew_and_keeps_what_people_said(db: TestDb) {
        let batch = crowd(200, 4);
        let all = batch.logs.clone();
        db.write_batch(batch).await;
        let (app, client) = support(db).await;
        gather(&app.db).await;
        let error = sample::error(sample::now());
        let fields = [("state", "in_work"), ("note", "Solo walks work.")];
        assert_eq!(client.submit(&link(&error), &fields).await.status, StatusCode::SEE_OTHER);
        app.db.execute(Sql::new("UPDATE daybook_error_progress SET rule = 0")).await;
        gather(&app.db).await;
        is_as(&app.db, &all).await;
        assert_eq!(state_of(&app.db, &error).await, "in_work");
        let page = client.get(&link(&error)).await;
        assert_eq!(page.texts("#note"), ["Solo walks work."]);
    }

    async fn a_resolved_one_that_is_recorded_again_came_back(db: TestDb) {
        let first = failure("SlotTaken", 600);
        db.write(vec![first.clone()]).await;
        let (app, client) = support(db).await;
        gather(&app.db).await;
        assert_eq!(state_of(&app.db, &first).await, "new");
        assert_eq!(client.submit(&link(&first), &[("state", "resolved")]).await.status, StatusCode::SEE_OTHER);
        // What happened before and is committed only now does not make it come back.
        app.db.write(vec![failure("SlotTaken", 60)]).await;
        gather(&app.db).await;
        assert_eq!(state_of(&app.db, &first).await, "resolved");
        app.db.write(vec![failure("SlotTaken", -60)]).await;
        gather(&app.db).await;
        assert_eq!(state_of(&app.db, &first).await, "came_back");
        let page = client.get("/errors?state=came_back").await;
        assert_eq!(page.attributes("#list a[data-row]", "href"), [link(&first)]);
        // Writing a note leaves it so; resolving it anew does not.
        assert_eq!(client.submit(&link(&first), &[("note", "x")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(state_of(&app.db, &first).await, "came_back");
        assert_eq!(client.submit(&link(&first), &[("state", "resolved")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(state_of(&app.db, &first).await, "resolved");
    }

    async fn the_list_is_sorted_searched_and_paged_as_a_plain_reference(db: TestDb) {
        // Many that are equal in what they are sorted by.
        let mut logs = Vec::new();
        for at in 0..70_i64 {
            let name = format!("Kind{}Error", ["A", "B", "C", "D", "E", "F", "G"][usize::try_from(at % 7).expect("a number")].repeat(usize::try_from(at / 7 + 1).expect("a number")));
            for time in 0..=(at % 3) {
                let member_email = Some(format!("m{}@example.org", time % 2));
                logs.push(NewLog { member_email, ..failure(&name, at / 5 * 60 + time) });
            }
        }
        db.write(logs.clone()).await;
        gather(&db).await;
        let (_app, client) = support(db).await;
        let plain = reference(&logs);
        let micros = |at: Option<Timestamp>| at.map_or(0, Timestamp::micros);
        type By = fn(&Plain) -> i64;
        let by: [(&str, By); 3] = [
            ("times", |plain| plain.times),
            ("members", |plain| i64::try_from(plain.members.len()).expect("a number")),
            ("first_seen", |plain| plain.first.map_or(0, Timestamp::micros)),
        ];
        for (sort, value) in by {
            let mut order: Vec<(i64, i64)> = plain.iter().map(|(print, plain)| (value(plain), *print)).collect();
            order.sort_unstable_by(|a, b| b.cmp(a));
            let expected: Vec<String> =
                order.iter().map(|(_, print)| format!("/errors/{}", Fingerprint::from_number(*print))).collect();
            let pages = walk(&client, &format!("/errors?limit=25&sort={sort}"), "next").await;
            assert_eq!((pages.len(), pages.concat()), (3, expected.clone()), "{sort}");
            // And back from the last page.
            let mut last = format!("/errors?limit=25&sort={sort}");
            while let Some(next) = client.get(&last).await.rel("next") {
                last = next;
            }
            let mut back = walk(&client, &last, "prev").await;
            back.reverse();
            assert_eq!(back.concat(), expected, "{sort}");
        }
        let found = walk(&client, "/errors?limit=25&q=KINDAAA", "next").await.concat();
        let mut titled: Vec<(i64, i64)> = plain
            .iter()
            .filter(|(print, _)| {
                let log = logs.iter().find(|log| self::print(log).number() == **print).expect("a log");
                Alike::of(said(log), None).title.to_lowercase().contains("kindaaa")
            })
            .map(|(print, plain)| (micros(plain.last.map(|(at, _)| at)), *print))
            .collect();
        titled.sort_unstable_by(|a, b| b.cmp(a));
        let titled: Vec<String> =
            titled.iter().map(|(_, print)| format!("/errors/{}", Fingerprint::from_number(*print))).collect();
        assert_eq!((found.len(), found), (8, titled));
        let page = client.get("/errors?q=kindaaa+failed").await;
        assert_eq!(page.texts(".tabs a")[..2], ["All 8", "New 8"], "the numbers are of what is searched for");
        assert!(client.get("/errors?q=kindaaa+nothing").await.texts(".empty h3").contains(&"Nothing matches".to_owned()));
    }

    async fn a_search_that_stops_says_so_and_goes_on_from_there(db: TestDb) {
        let logs: Vec<NewLog> = (0..40_u8)
            .map(|at| failure(&format!("{}Error", char::from(b'A' + at % 26).to_string().repeat(usize::from(at / 26) + 2)), i64::from(at)))
            .collect();
        db.write(logs.clone()).await;
        gather(&db).await;
        let mut setup = Setup::default();
        (setup.budgets.list.step, setup.budgets.list.steps) = (7, 1);
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Support).await;
        let last = &logs[39];
        let title = Alike::of(said(last), None).title;
        let path = format!("/errors?q={}", title.split(':').next().expect("a name"));
        let page = client.get(&path).await;
        assert!(page.has(".tell a") && !page.has(".empty"), "it never says that there is none");
        assert_eq!(walk(&client, &path, "next").await.concat(), [link(last)]);
    }

    async fn each_time_it_happened_is_walked_once(db: TestDb) {
        let logs: Vec<NewLog> = (0..60).map(|at| failure("OftenError", at / 4)).collect();
        db.write(logs.clone()).await;
        gather(&db).await;
        let (_app, client) = support(db).await;
        let mut expected: Vec<(Timestamp, Uuid)> = logs.iter().map(|log| (log.timestamp, log.id)).collect();
        expected.sort_unstable_by(|a, b| b.cmp(a));
        let expected: Vec<String> = expected.into_iter().map(|(_, id)| format!("/logs/{id}")).collect();
        let path = link(&logs[0]);
        assert_eq!(walk(&client, &path, "next").await.concat(), expected);
        let mut last = path.clone();
        while let Some(next) = client.get(&last).await.rel("next") {
            last = next;
        }
        let mut back = walk(&client, &last, "prev").await;
        back.reverse();
        assert_eq!(back.concat(), expected);
        assert_eq!(client.get(&format!("{path}?before=x")).await.status, StatusCode::BAD_REQUEST);
        // Each bar leads to what it counts.
        let page = client.get(&path).await;
        let bars = page.attributes(".hits-fine a", "href");
        let labels = page.attributes(".hits-fine a", "aria-label");
        let full = labels.iter().position(|label| label.contains("60 errors")).expect("a bar with all of them");
        assert_eq!(walk(&client, &bars[full], "next").await.concat(), expected);
    }

    async fn who_may_see_errors_sees_groups_and_nobody_else(db: TestDb) {
        let error = sample::error(sample::minutes_ago(5));
        db.write(vec![error.clone()]).await;
        let app = TestApp::start(db).await;
        gather(&app.db).await;
        let viewer = app.signed_in(Role::Viewer).await;
        for path in ["/errors", &link(&error), "/errors/nonsense"] {
            assert_eq!(viewer.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        assert_eq!(viewer.submit(&link(&error), &[("state", "resolved")]).await.status, StatusCode::FORBIDDEN);
        let entry = format!("/logs/{}", error.id);
        let page = viewer.get(&entry).await;
        assert!(!page.has(".seen") && !page.has(".tell") && !page.text().contains("/errors"), "{}", page.text());
        assert_eq!(viewer.get(&format!("/find?q={}", print(&error))).await.status, StatusCode::OK);
        for role in [Role::Support, Role::Admin] {
            let client = app.signed_in(role).await;
            assert_eq!(client.get("/errors").await.status, StatusCode::OK);
            let fields = [("state", "in_work"), ("note", "Offer to book it for them.")];
            assert_eq!(client.submit(&link(&error), &fields).await.status, StatusCode::SEE_OTHER);
            let page = client.get(&entry).await;
            assert_eq!(page.texts(".tell"), ["What to tell them: Offer to book it for them."]);
            assert_eq!(page.texts(".seen .tag"), ["In work"]);
            assert_eq!(page.attribute(".seen a", "href"), Some(link(&error)));
            let found = client.get(&format!("/find?q={}", print(&error))).await;
            assert_eq!((found.status, found.location()), (StatusCode::SEE_OTHER, link(&error).as_str()));
            for nowhere in ["/errors/000000000000", "/errors/nonsense", "/errors/9F2C41D07BE3", "/errors/%00"] {
                assert_eq!(client.get(nowhere).await.status, StatusCode::NOT_FOUND, "{nowhere}");
            }
            let nowhere = client.submit("/errors/000000000000", &[("state", "new")]).await;
            assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
            assert_eq!(client.post(&link(&error), &[("state", "new")]).await.status, StatusCode::FORBIDDEN, "no token");
        }
    }

    async fn what_is_said_is_checked_kept_and_written_down(db: TestDb) {
        let error = sample::error(sample::minutes_ago(5));
        db.write(vec![error.clone()]).await;
        let (app, client) = support(db).await;
        gather(&app.db).await;
        let path = link(&error);
        let long = "é".repeat(2_001);
        for (fields, why) in [
            (vec![("state", "came_back"), ("note", "kept")], "cannot be said"),
            (vec![("state", "gone"), ("note", "kept")], "cannot be said"),
            (vec![("state", "in_work"), ("note", long.as_str())], "2001 characters"),
            (vec![("state", "in_work"), ("note", "a\0b")], "NUL"),
        ] {
            let page = client.submit(&path, &fields).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{why}");
            assert!(page.texts(".facts .field-error").concat().contains(why), "{why}: {:?}", page.texts(".field-error"));
            let typed = fields[1].1.replace('\0', "\u{fffd}");
            assert_eq!(page.texts("#note"), [typed]);
        }
        assert_eq!(state_of(&app.db, &error).await, "new", "nothing of it was kept");
        let note = "é".repeat(2_000);
        assert_eq!(client.submit(&path, &[("state", "in_work"), ("note", &note)]).await.location(), path);
        let page = client.get(&path).await;
        assert_eq!((page.texts("#note"), page.attributes("[name=state][checked]", "value")), (vec![note], vec!["in_work".to_owned()]));
        assert!(page.texts(".facts .hint").concat().contains("said by support@example.org"));
        // The last wins, and the page says who.
        let admin = app.signed_in(Role::Admin).await;
        admin.submit(&path, &[("state", "resolved"), ("note", "")]).await;
        let page = client.get(&path).await;
        assert!(page.texts(".facts .hint").concat().contains("said by admin@example.org"));
        assert_eq!(page.texts("#note"), [""]);
        app.staff_log.flush().await;
        let log = admin.get("/staff/activity?range=all&kind=error_group").await;
        let said = log.texts("#list .c-what");
        assert!(said[0].starts_with(&format!("Changed error group {}", print(&error))), "{said:?}");
        assert!(said[0].contains("In work to Resolved; note removed"), "{said:?}");
        assert!(said.iter().any(|said| *said == format!("error group {}", print(&error))), "opening it is written down");
        let searches = admin.get("/staff/activity?range=all&kind=search").await;
        client.get("/errors?state=new&q=walker").await;
        assert_eq!(searches.status, StatusCode::OK);
        app.staff_log.flush().await;
        let searches = admin.get("/staff/activity?range=all&kind=search").await;
        assert!(searches.texts("#list .c-what").iter().any(|said| said.starts_with("Looked at Errors") && said.contains("q=walker")));
    }

    async fn bad_values_are_said_beside_their_fields(db: TestDb) {
        let (_app, client) = support(db).await;
        for (query, why) in [
            ("state=open", "no state"),
            ("sort=title", "no order"),
            ("limit=7", "not a number of rows"),
            ("q=%ff", "UTF-8"),
            ("q=a%00", "NUL"),
            ("before=x", "cannot be read"),
            ("tz=Nowhere", "not a time zone"),
        ] {
            for page in [client.get(&format!("/errors?{query}")).await, client.htmx(&format!("/errors?{query}")).await] {
                assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
                assert!(page.texts("#results .notice").concat().contains(why), "{query}: {:?}", page.texts("#results"));
            }
        }
        let page = client.get("/errors?sort=title&q=kept&state=new").await;
        assert_eq!(page.attribute("#q", "value").as_deref(), Some("kept"));
        assert_eq!(page.texts("#sort option[selected]"), ["title"]);
        assert!(page.has("#sort[aria-invalid][aria-describedby=sort-e]") && page.has("#sort-e"));
        let ours = client.get("/errors?limit=25").await;
        assert!(ours.texts(".empty h3").concat().starts_with("No errors"));
        let fragment = client.htmx("/errors").await;
        assert!(fragment.has("#results") && !fragment.has("header.top"));
    }

    async fn what_becomes_of_members_is_said(db: TestDb) {
        let names = ["Ann", "Ben", "Cat", "Dan"];
        let members: Vec<_> = names.iter().map(|name| sample::member(name, &format!("{}@example.org", name.to_lowercase()))).collect();
        let of = |at: usize, log: NewLog| NewLog { member_id: Some(members[at].id), member_email: members[at].email.clone(), ..log };
        let error = |at: usize, minutes: i64| of(at, sample::error(sample::minutes_ago(minutes)));
        let success = |at: usize, minutes: i64, extra: &str| {
            let log = NewLog {
                action_type: "booking_created".to_owned(),
                area: "members/bookings/new".to_owned(),
                extra: Some(extra.to_owned()),
                ..sample::log(sample::minutes_ago(minutes))
            };
            of(at, log)
        };
        let logs = vec![
            error(0, 50),
            success(0, 40, r#"{"service_type": "group_walk"}"#),
            error(1, 50),
            error(1, 45),
            success(1, 30, r#"{"service_type": "solo_walk"}"#),
            error(2, 20),
            NewLog { member_email: None, ..sample::error(sample::minutes_ago(10)) },
        ];
        db.write_batch(Batch { members: members.clone(), logs: logs.clone(), ..Batch::default() }).await;
        gather(&db).await;
        let (_app, client) = support(db).await;
        let page = client.get(&link(&logs[0])).await;
        assert!(figures(&page)[0].starts_with('5') && figures(&page)[1].starts_with("3and 1 time of nobody known"), "{:?}", figures(&page));
        let outcomes = page.texts(".outcomes dd");
        let numbers: Vec<&str> = outcomes.iter().filter_map(|text| text.get(..1)).collect();
        assert_eq!(numbers, ["1", "1", "1"], "{outcomes:?}");
        assert_eq!(page.texts("#write .c-member a"), ["Cat", "Ben"], "newest first, and not who got past it");
        assert_eq!(page.texts("#emails"), ["cat@example.org, ben@example.org"]);
        let services = page.texts(".facts .kv").concat();
        assert!(services.contains("group_walk5 of 5"), "{services}");
        let list = client.get("/errors").await;
        assert_eq!(list.texts("#list .out small"), ["1 time anonymous"]);
        assert_eq!(list.attributes("#list .spark", "aria-label"), ["Last 14 days: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5"]);
    }

    async fn nothing_that_an_error_says_does_anything(db: TestDb) {
        let hostile = "<script>alert(1)</script>\" onmouseover=x {{7*7}} \u{202e}evil";
        let logs: Vec<NewLog> = (0..3)
            .map(|at| NewLog {
                area: format!("{hostile}{at}"),
                description: hostile.to_owned(),
                error_message: Some(format!("{hostile}: {hostile}")),
                error_detail: Some(format!("Traceback (most recent call last):\n  File \"{hostile}\", line 1, in {hostile}\nXError: {hostile}")),
                member_email: Some(format!("{hostile}@example.org")),
                user_agent: Some(hostile.to_owned()),
                extra: Some(format!("{{\"service_type\": {:?}}}", hostile)),
                ..sample::error(sample::minutes_ago(at))
            })
            .collect();
        db.write(logs.clone()).await;
        gather(&db).await;
        let (_app, client) = support(db).await;
        client.submit(&link(&logs[0]), &[("state", "in_work"), ("note", hostile)]).await;
        for path in ["/errors".to_owned(), link(&logs[0]), format!("/logs/{}", logs[0].id), format!("/errors?q={}", daybook::core::query_string::escape(hostile))] {
            let page = client.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            harmless::check(&page.html(), &path);
        }
    }

    async fn what_is_not_gathered_yet_is_not_claimed(db: TestDb) {
        let error = sample::error(sample::minutes_ago(5));
        db.write(vec![error.clone()]).await;
        gather(&db).await;
        let sql = Sql::new("UPDATE daybook_error_progress SET complete = 0, swept_at = ").bind(sample::minutes_ago(60 * 24 * 40));
        db.execute(sql.text(", swept_id = ").bind(Uuid::nil())).await;
        let progress = gather::progress(&db.db).await.expect("asked");
        assert_eq!(progress.back_to(), Some(sample::minutes_ago(60 * 24 * 40)));
        // An entry that is in no group claims none.
        db.execute(Sql::new("DELETE FROM daybook_error_entries")).await;
        let nobody = daybook::error_groups::store::of_entry(&db.db, error.id).await.expect("asked");
        assert_eq!(nobody, None);
    }
}
