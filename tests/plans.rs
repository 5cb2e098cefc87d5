//! Every shape of query that a list asks walks the index that is meant for it, whether the planner has statistics or
//! not: no scan of the table, and no sorting but that of the few entries which the arms of a walk bring.

use std::collections::BTreeSet;

use daybook::{
    core::role::Role,
    db::Sql,
    demo::{self, Event, Shape},
    logs::{
        form::{Asker, FilterForm, Surface},
        log::NewLog,
        search::Question,
        sql::{Columns, Plan},
        store,
        window::{Bound, Window},
        write::Batch,
    },
    paging::{Direction, Key},
    session::accounts,
    staff::activity::{sql::Driver, store as records},
};
use uuid::Uuid;

use crate::{
    database_test,
    staff_activity::{crowd, filter},
    support::{TestDb, sample},
};

async fn fill(db: &TestDb) {
    let plan = demo::Plan { seed: 1, entries: 3_000, members: Some(60), until: sample::now(), shape: Shape::Seed };
    let mut batch = Batch { members: demo::people(&plan), ..Batch::default() };
    for event in demo::events(&plan) {
        match event {
            Event::Booking(booking) => batch.bookings.push(booking),
            Event::Log(log) => batch.logs.push(log),
        }
    }
    db.write_batch(batch).await;
}

/// A line of what the planner means to do, and the line it belongs to.
type Line = (i64, i64, i64, String);

async fn explain(db: &TestDb, sql: Sql) -> Vec<Line> {
    db.db.fetch_all(Sql::new("EXPLAIN QUERY PLAN ").append(&sql)).await.expect("a plan")
}

async fn plan(db: &TestDb, query: &str) -> Plan {
    let asker = Asker { zone: chrono_tz::UTC, role: Role::Support, surface: Surface::Machine };
    let filter = FilterForm::new(query).parse(asker).expect("a filter").filter;
    store::plan(&db.db, &filter, sample::now(), true).await.expect("a plan")
}

/// A query, and the index that each of its drivers walks, in their order.
const QUERIES: [(&str, &[&str]); 24] = [
    ("", &["ix_audit_logs_timestamp"]),
    ("area=!members/*", &["ix_audit_logs_timestamp"]),
    ("q=walk&extra.attempt=2&user_agent=iphone", &["ix_audit_logs_timestamp"]),
    ("status=error", &["ix_audit_logs_status"]),
    ("status=warning&status=error&status=unheard", &["ix_audit_logs_status"]),
    ("status=!success", &["ix_audit_logs_status"]),
    ("action_type=login", &["ix_audit_logs_action_type"]),
    ("action_type=!page_visit&status=!success", &["ix_audit_logs_action_type"]),
    ("area=members", &["daybook_area"]),
    ("area=members/*&area=public/*&area=!members/help", &["daybook_area"]),
    ("member=HANA@example.org", &["daybook_email"]),
    ("member=00000000-0000-0000-0000-000000000001", &["ix_audit_logs_member_id"]),
    ("member=a*", &["daybook_email ix_audit_logs_member_id"]),
    ("member=none", &["daybook_anonymous"]),
    ("member=no-account", &["daybook_no_account"]),
    ("member=none&member=no-account", &["daybook_anonymous daybook_no_account"]),
    ("booking=00000000-0000-0000-0000-000000000001", &["daybook_booking"]),
    ("ip=KNOWN", &["daybook_ip"]),
    ("status=error&area=members/*", &["ix_audit_logs_status", "daybook_area"]),
    ("member=none&area=members/*&q=a", &["daybook_area", "daybook_anonymous"]),
    ("member=no-account&status=error", &["ix_audit_logs_status", "daybook_no_account"]),
    ("member=none&booking=00000000-0000-0000-0000-000000000001", &["daybook_anonymous", "daybook_booking"]),
    (
        "ip=KNOWN&action_type=!login&member=no-account",
        &["ix_audit_logs_action_type", "daybook_no_account", "daybook_ip"],
    ),
    (
        "ip=KNOWN&status=error&area=public&member=a*&member=none&booking=00000000-0000-0000-0000-000000000001",
        &[
            "ix_audit_logs_status",
            "daybook_area",
            "daybook_anonymous daybook_email ix_audit_logs_member_id",
            "daybook_booking",
            "daybook_ip",
        ],
    ),
];

/// All of the log, and what lies beyond a place, before one and between two.
fn windows() -> [Window; 4] {
    let bound = |minutes: i64| {
        Some(Bound {
            key: Key { timestamp: sample::minutes_ago(minutes), id: Uuid::from_u128(1) },
            inclusive: minutes > 100,
        })
    };
    [
        Window::default(),
        Window { older: bound(9_999), newer: None },
        Window { older: None, newer: bound(1) },
        Window { older: bound(9_999), newer: bound(1) },
    ]
}

/// Holds one statement to its indexes. `sorts` says that the few rows of its limited arms may be sorted once more.
fn walks(lines: &[Line], indexes: &str, window: Window, sorts: bool, what: &str) {
    let told = || lines.iter().map(|line| line.3.as_str()).collect::<Vec<_>>().join("\n");
    let mut walked: Vec<&str> = Vec::new();
    for (_, parent, _, line) in lines {
        if line.contains(" audit_logs") {
            let rest = line.split_once(" INDEX ").map(|(_, rest)| rest);
            let index = rest.and_then(|rest| rest.split(' ').next()).unwrap_or("no index");
            walked.push(index);
            let partial = matches!(index, "ix_audit_logs_timestamp" | "daybook_anonymous" | "daybook_no_account");
            assert!(
                line.starts_with("SEARCH") || (partial && window == Window::default()),
                "{what}: {line}\n{}",
                told()
            );
            let ends = line.matches("(timestamp,id)").count();
            let wanted = usize::from(window.older.is_some()) + usize::from(window.newer.is_some());
            assert_eq!(ends, wanted, "{what}: {line} does not begin and end where it is told\n{}", told());
        }
        if line.contains("TEMP B-TREE FOR ORDER BY") {
            let beside = lines.iter().filter(|other| other.1 == *parent && other.3.starts_with("SCAN "));
            let only_arms = beside.clone().count() > 0 && beside.clone().all(|other| other.3 == "SCAN b");
            assert!(sorts && only_arms, "{what}: it sorts\n{}", told());
        }
    }
    walked.sort_unstable();
    walked.dedup();
    assert_eq!(walked.join(" "), indexes, "{what}\n{}", told());
}

async fn every_query_walks_its_index(db: &TestDb) {
    let (known,): (String,) = db
        .db
        .fetch_optional(Sql::new("SELECT ip_address FROM audit_logs WHERE ip IS NOT NULL ORDER BY id LIMIT 1"))
        .await
        .expect("an answer")
        .expect("an address");
    for (query, indexes) in QUERIES {
        let plan = plan(db, &query.replace("KNOWN", &known)).await;
        let drivers = plan.drivers();
        assert_eq!(drivers.len(), indexes.len(), "{query}: {drivers:?}");
        for (driver, indexes) in drivers.into_iter().zip(indexes) {
            for window in windows() {
                let what = |kind: &str| format!("{kind} of “{query}” by {driver:?} within {window:?}");
                for direction in [Direction::Older, Direction::Newer] {
                    for columns in [Columns::Key, Columns::Candidate] {
                        let lines = explain(db, plan.rows(driver, window, direction, 51, columns)).await;
                        walks(&lines, indexes, window, false, &what("rows"));
                    }
                    let lines = explain(db, plan.boundary(driver, window, direction, 10_000)).await;
                    walks(&lines, indexes, window, true, &what("boundary"));
                }
                let lines = explain(db, plan.count(driver, window, 10_001)).await;
                walks(&lines, indexes, window, false, &what("count"));
            }
        }
    }
}

database_test! {
    async fn without_statistics_every_query_walks_its_index(db: FileDb) {
        fill(&db).await;
        every_query_walks_its_index(&db).await;
    }

    async fn with_statistics_every_query_walks_its_index(db: FileDb) {
        fill(&db).await;
        db.db.execute_alone(Sql::new("ANALYZE")).await.expect("statistics");
        every_query_walks_its_index(&db).await;
    }

    async fn as_many_branches_as_there_may_be_are_merged(db: FileDb) {
        let areas = (0..199).map(|at| NewLog { area: format!("many/{at}"), ..sample::log(sample::minutes_ago(at)) });
        db.write(areas.collect()).await;
        let plan = plan(&db, "area=many/*&q=opened").await;
        let [Some(driver)] = plan.drivers()[..] else { panic!("{:?}", plan.drivers()) };
        assert_eq!(plan.predicates[driver].branches.as_ref().map(Vec::len), Some(200), "the area, and all below it");
        let lines =
            explain(&db, plan.rows(Some(driver), Window::default(), Direction::Older, 51, Columns::Candidate)).await;
        walks(&lines, "daybook_area", Window::default(), false, "200 areas");
    }

    async fn candidates_of_the_index_of_words_are_found_by_arrival(db: FileDb) {
        fill(&db).await;
        for query in ["q=walk", "q=walk&status=error&member=no-account&area=!members/*&ip=10.0.0.0/8"] {
            let plan = plan(&db, query).await;
            for window in windows() {
                for range in [None, Some((1, 4_096))] {
                    let lines = explain(&db, plan.candidates(Question::of("wal").as_ref(), range, window)).await;
                    let told: Vec<&str> = lines.iter().map(|line| line.3.as_str()).collect();
                    assert!(told[0].starts_with("SCAN daybook_words VIRTUAL TABLE"), "{told:?}");
                    assert_eq!(told[1], "SEARCH audit_logs USING INTEGER PRIMARY KEY (rowid=?)", "{told:?}");
                }
                let lines = explain(&db, plan.candidates(None, Some((1, 4_096)), window)).await;
                assert_eq!(lines[0].3, "SEARCH audit_logs USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_question_about_staff_walks_its_index() {
    let db = TestDb::sqlite().await;
    crowd(&db, 1_200).await;
    for statistics in [false, true] {
        if statistics {
            db.execute(Sql::new("ANALYZE")).await;
        }
        for (query, driver, indexes) in [
            ("range=all", Driver::Time, "daybook_staff_log_timestamp"),
            ("range=all&person=maya@example.org", Driver::People, "daybook_staff_log_staff_id"),
            ("range=all&person=stranger@example.org", Driver::People, "daybook_staff_log_email"),
            ("range=all&person=command-line", Driver::People, "daybook_staff_log_email"),
            ("range=all&person=none", Driver::People, "daybook_staff_log_staff_id"),
            (
                "range=all&person=none&person=maya@example.org&person=command-line&kind=api",
                Driver::People,
                "daybook_staff_log_staff_id",
            ),
            ("range=all&kind=api", Driver::Kinds, "daybook_staff_log_kind daybook_staff_log_token"),
            ("range=all&kind=refused", Driver::Kinds, "daybook_staff_log_kind"),
            (
                "range=all&kind=search&kind=api&person=none",
                Driver::Kinds,
                "daybook_staff_log_kind daybook_staff_log_token",
            ),
        ] {
            let plan = records::plan(&db.db, &filter(query), sample::now()).await.expect("a plan");
            for window in places() {
                for direction in [Direction::Older, Direction::Newer] {
                    records_walk(&db, plan.rows(driver, window, direction, 51), indexes, window, query).await;
                }
            }
            records_walk(&db, plan.count(driver, 10_001), indexes, Window::default(), query).await;
        }
        records_walk(
            &db,
            accounts::last_sign_ins([Uuid::nil()]),
            "daybook_staff_log_sign_in",
            Window::default(),
            "sign-ins",
        )
        .await;
    }
}

fn places() -> [Window; 3] {
    let bound = |minutes: i64| {
        Some(Bound { key: Key { timestamp: sample::minutes_ago(minutes), id: Uuid::from_u128(1) }, inclusive: false })
    };
    [Window::default(), Window { older: bound(9_000), newer: None }, Window { older: bound(9_000), newer: bound(1) }]
}

/// Holds a statement to its indexes: no table is read from end to end, and nothing sorted but the few rows of arms.
async fn records_walk(db: &TestDb, sql: Sql, indexes: &str, window: Window, what: &str) {
    type Line = (i64, i64, i64, String);
    let lines: Vec<Line> = db.db.fetch_all(Sql::new("EXPLAIN QUERY PLAN ").append(&sql)).await.expect("a plan");
    let told = lines.iter().map(|line| line.3.as_str()).collect::<Vec<_>>().join("\n");
    let mut walked = BTreeSet::new();
    for (.., line) in &lines {
        assert!(!line.contains("TEMP B-TREE"), "{what}: it sorts\n{told}");
        if line.contains("daybook_staff_log") || line.contains(" l ") {
            let index = line.split_once(" INDEX ").and_then(|(_, rest)| rest.split(' ').next()).unwrap_or("no index");
            // Either serves whoever is nobody; a server has no use for the other.
            walked.insert(index.replace("_nobody", "_staff_id"));
            let whole = ["daybook_staff_log_timestamp", "daybook_staff_log_token"].contains(&index);
            assert!(line.starts_with("SEARCH") || (whole && window == Window::default()), "{what}: {line}\n{told}");
        }
    }
    assert_eq!(walked.into_iter().collect::<Vec<_>>().join(" "), indexes, "{what}\n{told}");
}
