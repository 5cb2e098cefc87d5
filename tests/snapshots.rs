//! A snapshot shows the database as it was, few are held at once, and dropping one ends what it runs.

use std::time::Duration;

use daybook::{
    core::error::{Error, Outage},
    db::{Snapshot, Sql},
};

use crate::{
    database_test,
    support::{Outside, TestDb, wait},
};

/// How soon what nobody waits for has to have ended.
const SOON: Duration = Duration::from_secs(30);

async fn put(db: &TestDb, name: &'static str) {
    db.execute(Sql::new("INSERT INTO daybook_meta (name, value) VALUES (").bind(name).text(", 'x')")).await;
}

async fn names(snapshot: &mut Snapshot) -> usize {
    let sql = Sql::new("SELECT name FROM daybook_meta WHERE value = 'x'");
    snapshot.fetch_all::<(String,)>(sql).await.expect("rows").len()
}

database_test! {
    async fn it_sees_what_was_there_when_it_began(db: TestDb) {
        put(&db, "a").await;
        let mut snapshot = db.db.snapshot().await.expect("a snapshot");
        put(&db, "b").await;
        assert_eq!(names(&mut snapshot).await, 1);
        put(&db, "c").await;
        assert_eq!(names(&mut snapshot).await, 1);
        snapshot.done().await.expect("ended");
        assert_eq!(names(&mut db.db.snapshot().await.expect("another")).await, 3);
    }

    async fn a_third_waits_and_is_told_why_and_dropping_one_lets_it_in(db: TestDb) {
        let first = db.db.snapshot().await.expect("the first");
        let _second = db.db.snapshot().await.expect("the second");
        let refused = db.db.snapshot().await.map(drop);
        assert!(matches!(refused, Err(Error::Unavailable(Outage::Exporting))), "{refused:?}");
        drop(first);
        db.db.snapshot().await.expect("the third");
    }

    async fn dropping_it_ends_what_it_runs(db: TestDb) {
        for _ in 0..4 {
            let mut snapshot = db.db.snapshot().await.expect("a reader, which the endless one before gave up");
            let endless = Sql::new(
                "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
            );
            let running = snapshot.fetch_all::<(i64,)>(endless);
            let ended = tokio::time::timeout(Duration::from_millis(100), running).await;
            assert!(ended.is_err(), "an endless statement ended");
        }
        let mut outside = db.outside().await;
        if matches!(outside, Outside::Postgres(_)) {
            // The pool has let go of it at once; the server goes on until it notices, well before the time of the statement
            // is over.
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
                       AND pid <> pg_backend_pid() AND query LIKE '%RECURSIVE n(i)%'";
            let ended = wait::until("the server ends it", async || (outside.number(sql).await == 0).then_some(()));
            tokio::time::timeout(SOON, ended).await.expect("the server goes on with what nobody waits for");
        }
        // The pool closes only when every connection is back from its work.
        tokio::time::timeout(SOON, db.db.close()).await.expect("nothing runs any more");
    }
}
