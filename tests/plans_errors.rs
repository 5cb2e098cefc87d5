//! Every question about error groups walks an index that is meant for it, whether the planner has statistics or not, and
//! sorts nothing; on a server no page of theirs reads the log, or what was gathered of it, from one end to the other.

use daybook::{
    db::Sql,
    error_groups::{
        filter::{Sort, key},
        fingerprint::Fingerprint,
        sql,
        state::State,
    },
    paging::{At, Cursor, Key},
};
use uuid::Uuid;

use crate::{
    error_groups::{crowd, gather},
    support::{TestDb, sample},
};

/// Holds a statement to its indexes: each table is searched by one of them, and nothing is sorted.
async fn walks(db: &TestDb, sql: Sql, indexes: &[&str], what: &str) {
    type Line = (i64, i64, i64, String);
    let lines: Vec<Line> = db.db.fetch_all(Sql::new("EXPLAIN QUERY PLAN ").append(&sql)).await.expect("a plan");
    let told = lines.iter().map(|line| line.3.as_str()).collect::<Vec<_>>().join("\n");
    let mut walked: Vec<&str> = Vec::new();
    for (.., line) in &lines {
        assert!(!line.contains("TEMP B-TREE"), "{what}: it sorts\n{told}");
        if line.contains("daybook_error") {
            assert!(line.starts_with("SEARCH"), "{what}: {line}\n{told}");
            let index = line.split_once(" USING ").map_or("no index", |(_, rest)| rest);
            let index = index.split(" (").next().unwrap_or(index);
            walked.push(index.rsplit(' ').next().unwrap_or(index));
        }
    }
    walked.sort_unstable();
    walked.dedup();
    assert_eq!(walked, indexes, "{what}\n{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_question_about_error_groups_walks_its_index() {
    let db = TestDb::sqlite().await;
    db.write_batch(crowd(600, 5)).await;
    gather(&db).await;
    let dialect = db.db.dialect();
    let print = Fingerprint::from_number(1);
    let mark = Cursor::beyond(key(5, print));
    let entry = Cursor::at(Key { timestamp: sample::now(), id: Uuid::nil() });
    for statistics in [false, true] {
        if statistics {
            db.execute(Sql::new("ANALYZE")).await;
        }
        for (sort, index) in [
            (Sort::LastSeen, "daybook_error_groups_last_seen"),
            (Sort::FirstSeen, "daybook_error_groups_first_seen"),
            (Sort::Times, "daybook_error_groups_times"),
            (Sort::Members, "daybook_error_groups_members"),
        ] {
            for states in [&State::ALL[..], &State::ALL[..1]] {
                for at in [At::Newest, At::Before(mark), At::After(mark)] {
                    let what = format!("{sort:?} of {states:?} from {at:?}");
                    walks(&db, sql::rows(dialect, states, sort, at, 51), &[index], &what).await;
                }
            }
        }
        for at in [At::Newest, At::Before(entry), At::After(entry)] {
            walks(&db, sql::entries(print, at, 26), &["daybook_error_entries_group"], "entries").await;
        }
        walks(&db, sql::members(print, 50), &["daybook_error_members_last"], "members").await;
        walks(&db, sql::sums(print, &[1, 97, 193]), &["KEY"], "sums").await;
        walks(&db, sql::one(print), &["KEY"], "a group").await;
        walks(&db, sql::of_entry(Uuid::nil()), &["KEY"], "the group of an entry").await;
    }
}
