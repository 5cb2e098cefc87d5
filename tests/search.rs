//! Search by the index of words finds what reading every entry finds, in the list's order: for rare terms and frequent
//! ones, whatever order the entries came in, and however much of the index is built.

use std::time::Duration;

use daybook::{
    core::{query_string, role::Role},
    db::Budget,
    logs::{
        filter::ListQuery,
        form::{Asker, FilterForm, Surface},
        log::NewLog,
        look::Count,
        search::index,
        store::{self, Times},
    },
    paging::{At, Cursor, Key},
};
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        TestApp, TestDb,
        reference::{Pairs, Reference, pair},
        sample,
    },
};

const WHOLE: Budget = Budget { time: Duration::from_mins(1), step: 10_000, steps: u32::MAX };
const NO_TIME: Budget = Budget { time: Duration::ZERO, step: 500, steps: u32::MAX };

/// More entries than one block of arrivals holds, in an order of arrival that has little to do with their time.
fn scattered() -> Vec<NewLog> {
    let entry = |at: u64| {
        let failed = at % 7 == 3;
        let minutes = i64::try_from(at * 7_919 % 2_000).expect("minutes");
        NewLog {
            // Many share an instant.
            timestamp: sample::minutes_ago(minutes),
            description: match at {
                17 | 2_500 | 4_200 => "A Nëedle in the haystack".to_owned(),
                _ if at.is_multiple_of(3) => format!("Frequent word and number {at}"),
                _ => "Nothing but hay".to_owned(),
            },
            area: if at.is_multiple_of(11) { "members/frequent" } else { "public/pricing" }.to_owned(),
            status: if failed { "error" } else { "success" }.to_owned(),
            error_message: failed.then(|| "hidden from some".to_owned()),
            error_detail: (failed && at.is_multiple_of(2)).then(|| "Traceback\nFREQUENT hidden line".to_owned()),
            ..sample::log(sample::now())
        }
    };
    (0..4_300).map(entry).collect()
}

fn searches() -> Vec<Pairs> {
    let q = |text: &str| vec![pair("range", "all"), pair("q", text)];
    vec![
        q("nëedle"),
        q("nowhere to be found"),
        q("frequent"),
        q("FREQUENT word"),
        q("\"frequent word\" \"number 4\""),
        q("hay"),
        q("hidden"),
        q("frequent hidden"),
        q("members/freq"),
        q("traceback"),
        q("fr"),
        q("fr hidden"),
        [q("frequent"), vec![pair("status", "error")]].concat(),
        [q("frequent"), vec![pair("area", "!members/*"), pair("status", "!error")]].concat(),
        vec![pair("range", "24h"), pair("q", "frequent")],
        vec![pair("range", "custom"), pair("to", &sample::minutes_ago(1_000).rfc3339()), pair("q", "hidden hay")],
    ]
}

fn read(pairs: &Pairs, role: Role) -> ListQuery {
    let asker = Asker { zone: chrono_tz::UTC, role, surface: Surface::Page };
    let query = query_string::write(pairs.iter().map(|(name, value)| (name, value)));
    FilterForm::new(&query).parse(asker).expect("a query")
}

/// Walks a list to its end in both directions within a budget, and counts it: all must be the reference's.
async fn holds(db: &TestDb, reference: &Reference, pairs: &Pairs, role: Role, budget: Budget) {
    let mut query = ListQuery { limit: 200, ..read(pairs, role) };
    let expected = reference.ids(pairs);
    let plan = store::plan(&db.db, &query.filter, reference.now, role.sees_details()).await.expect("a plan");
    let start = Cursor::at(Key { timestamp: sample::minutes_ago(1_000_000), id: Uuid::nil() });
    for first in [At::Newest, At::After(start)] {
        let forward = matches!(first, At::After(_));
        query.at = first;
        let mut pages = Vec::new();
        loop {
            let times = Times { list: budget, count: budget };
            let (page, _) = store::page(&db.db, &plan, &query, times).await.expect("a page");
            pages.push(page.rows.iter().map(|log| log.id.to_string()).collect::<Vec<_>>());
            let next = if forward { page.newer.map(At::After) } else { page.older.map(At::Before) };
            let Some(next) = next else { break };
            assert!(next != query.at && pages.len() < 500, "{pairs:?}: looking leads nowhere");
            query.at = next;
        }
        if forward {
            pages.reverse();
        }
        assert!(pages.concat() == expected, "{pairs:?} as {role}, forward: {forward}, {budget:?}");
    }
    query.at = At::Newest;
    let times = Times { list: budget, count: budget };
    let (_, count) = store::page(&db.db, &plan, &query, times).await.expect("a page");
    let total = u64::try_from(expected.len()).expect("a number");
    match count {
        Count::Exactly(n) => assert_eq!(n, total, "{pairs:?} as {role}, {budget:?}"),
        Count::MoreThan(n) | Count::AtLeast { n, .. } => {
            assert!(n <= total && budget == NO_TIME, "{pairs:?} as {role}: at least {n} of {total}");
        }
    }
}

async fn every_search(db: &TestDb, reference: &mut Reference, role: Role, budget: Budget) {
    reference.details = role.sees_details();
    for pairs in searches() {
        holds(db, reference, &pairs, role, budget).await;
    }
}

database_test! {
    async fn the_index_finds_what_reading_finds(db: FileDb) {
        let logs = scattered();
        db.write(logs.clone()).await;
        let mut reference = Reference { members: Vec::new(), logs, now: sample::now(), details: true };
        every_search(&db, &mut reference, Role::Viewer, WHOLE).await;
        every_search(&db, &mut reference, Role::Support, NO_TIME).await;

        // A load has left the index for later: nothing of it is there, then some, then all.
        index::clear(&db.db).await.expect("emptied");
        let mut turn = 0;
        loop {
            for pairs in searches().iter().skip(turn % 3).step_by(3) {
                holds(&db, &reference, pairs, Role::Support, WHOLE).await;
            }
            turn += 1;
            if !index::build(&db.db).await.expect("built") {
                break;
            }
        }
        assert!(turn > 3, "{turn} turns: the index was never built in part");
        assert_eq!(index::progress(&db.db).await.expect("progress"), 100);
        // What is written after that is found at once.
        let new = NewLog { description: "A nëedle just now".to_owned(), ..sample::log(sample::now()) };
        db.write(vec![new.clone()]).await;
        reference.logs.push(new);
        every_search(&db, &mut reference, Role::Support, WHOLE).await;
    }

    async fn more_searches_at_once_than_there_are_readers_are_all_answered(db: TestDb) {
        // Each may look for as long as its budget says, so that many more would have to be told to come back.
        const AT_ONCE: usize = 20;
        db.write((0..2_000).map(|at| sample::log(sample::minutes_ago(at))).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let search = |_| client.get("/logs?range=all&q=dashboard");
        for page in futures_util::future::join_all((0..AT_ONCE).map(search)).await {
            assert_eq!(page.status, 200, "{}", page.text());
        }
        let overview = |_| client.get("/logs/overview?range=all&q=dashboard&status=success&action_type=!login");
        for page in futures_util::future::join_all((0..AT_ONCE).map(overview)).await {
            assert_eq!(page.status, 200, "{}", page.text());
        }
    }
}
