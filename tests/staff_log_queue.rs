//! The queue before the staff's log: lines are written in their order, in groups, and where they cannot be, nothing more
//! is taken and nothing is lost.

use daybook::{
    core::error::{Error, Outage},
    db::Sql,
    staff_log::{
        Kind, Record, StaffLog,
        writer::{GROUP, QUEUE},
    },
};

use crate::{
    database_test,
    support::{TestDb, sample, wait},
};

fn opened(subject: &str) -> Record {
    Record {
        at: sample::now(),
        staff_id: None,
        staff_email: "maya@brackenfield.example".to_owned(),
        kind: Kind::EntryOpened,
        subject: Some(subject.to_owned()),
        detail: None,
        ip_address: Some("203.0.113.9".to_owned()),
        request_id: None,
        token: None,
    }
}

async fn subjects(db: &TestDb) -> Vec<String> {
    let sql = Sql::new("SELECT subject FROM daybook_staff_log ORDER BY seq");
    db.db.fetch_all::<(String,)>(sql).await.expect("rows").into_iter().map(|(subject,)| subject).collect()
}

database_test! {
    async fn lines_are_written_by_themselves_in_their_order(db: TestDb) {
        let log = StaffLog::start(db.db.clone());
        for subject in ["a", "b", "c"] {
            log.record(opened(subject)).expect("queued");
        }
        wait::until("three lines are written", async || (subjects(&db).await == ["a", "b", "c"]).then_some(())).await;
        log.record(opened("d")).expect("queued");
        log.flush().await;
        assert_eq!(subjects(&db).await, ["a", "b", "c", "d"]);
    }

    async fn more_than_a_group_is_written_too(db: TestDb) {
        let log = StaffLog::start(db.db.clone());
        let lines: Vec<_> = (0..GROUP * 2 + 5).map(|at| at.to_string()).collect();
        for subject in &lines {
            log.record(opened(subject)).expect("queued");
        }
        log.flush().await;
        assert_eq!(subjects(&db).await, lines);
    }

    async fn while_nothing_can_be_written_nothing_more_is_taken_and_nothing_is_lost(db: TestDb) {
        let mut other = db.outside().await;
        other.lock("daybook_staff_log").await;
        let log = StaffLog::start(db.db.clone());
        let mut taken = Vec::new();
        let refused = wait::until("a line is refused", async || {
            let subject = format!("line {}", taken.len());
            let refused = log.record(opened(&subject)).err();
            if refused.is_none() {
                taken.push(subject);
            }
            refused
        })
        .await;
        assert!(matches!(refused, Error::Unavailable(Outage::Unrecorded)), "{refused:?}");
        assert!(!taken.is_empty(), "the first is taken while nobody knows yet");
        assert_eq!(subjects(&db).await, [""; 0]);
        other.unlock().await;
        log.flush().await;
        log.record(opened("after")).expect("taken again");
        log.flush().await;
        taken.push("after".to_owned());
        assert_eq!(subjects(&db).await, taken);
    }

    async fn a_full_queue_refuses_and_what_it_took_is_written(db: TestDb) {
        // A runtime that nobody drives yet: the task that writes does not run meanwhile.
        let still = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let log = {
            let _within = still.enter();
            StaffLog::start(db.db.clone())
        };
        let taken: Vec<_> =
            (0..QUEUE + 10).map(|at| at.to_string()).filter(|at| log.record(opened(at)).is_ok()).collect();
        assert_eq!(taken.len(), QUEUE);
        tokio::task::spawn_blocking(move || still.block_on(log.flush())).await.expect("written");
        assert_eq!(subjects(&db).await, taken);
    }
}
