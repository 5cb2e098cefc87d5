//! The queue before the staff's log, and the task that empties it in groups: one commit serves many pages.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{Record, append};
use crate::{
    core::error::{Error, Outage, Result},
    db::Db,
};

/// How many lines may wait; with each bounded, some 20 MB at the worst.
const QUEUE: usize = 10_000;
/// How many lines one commit takes, so that it does not hold the writer for long.
const GROUP: usize = 1_000;
/// How long a line waits for others to share its commit.
const GATHER: Duration = Duration::from_millis(250);
/// How long a commit may take before pages are refused, although it may still succeed.
const LATE: Duration = Duration::from_secs(1);
/// How long to wait after a commit that failed.
const RETRY: Duration = Duration::from_secs(1);

/// Where lines of the staff's log are handed in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct StaffLog {
    queue: mpsc::Sender<Item>,
    behind: Behind,
}

/// Why lines cannot be written: from the moment a commit is late or has failed until one succeeds.
#[derive(Debug, Clone, Default)]
struct Behind(Arc<Mutex<Option<Outage>>>);

impl Behind {
    fn why(&self) -> Option<Outage> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets why; what it was before.
    fn set(&self, why: Option<Outage>) -> Option<Outage> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), why)
    }
}

#[derive(Debug)]
enum Item {
    Record(Box<Record>),
    Flush(oneshot::Sender<()>),
}

impl StaffLog {
    /// Starts the task that writes, on the runtime of the caller. It ends when the last handle is gone and everything
    /// is written.
    #[must_use]
    pub fn start(db: Db) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let behind = Behind::default();
        tokio::spawn(write(db, waiting, behind.clone()));
        Self { queue, behind }
    }

    /// Hands in a line; call it before the page that it is about is sent.
    ///
    /// # Errors
    /// [`Outage::Unrecorded`] where lines cannot be written just now, or [`Outage::Full`] where that is why: then the
    /// page must not be shown.
    pub fn record(&self, record: Record) -> Result<()> {
        if let Some(why) = self.behind.why() {
            return Err(Error::Unavailable(why));
        }
        let taken = self.queue.try_send(Item::Record(Box::new(record.bounded())));
        taken.map_err(|_| Error::Unavailable(Outage::Unrecorded))
    }

    /// Waits until everything handed in so far is written; for as long as the database takes.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.queue.send(Item::Flush(done)).await.is_ok() {
            // An error means that the task is gone with its runtime, and there is nothing to wait for.
            let _ = written.await;
        }
    }
}

/// Takes lines in groups until the queue is closed and empty.
async fn write(db: Db, mut queue: mpsc::Receiver<Item>, behind: Behind) {
    while let Some(first) = queue.recv().await {
        let mut group = Vec::new();
        let mut flushes = Vec::new();
        let mut next = Some(first);
        let deadline = Instant::now() + GATHER;
        while let Some(item) = next.take() {
            match item {
                Item::Record(record) => group.push(*record),
                // Somebody waits: no more gathering.
                Item::Flush(done) => flushes.push(done),
            }
            if group.len() < GROUP && flushes.is_empty() {
                next = timeout_at(deadline, queue.recv()).await.unwrap_or_default();
            }
        }
        keep(&db, &group, &behind).await;
        for done in flushes {
            // Whoever asked may have gone.
            let _ = done.send(());
        }
    }
}

/// Commits a group, however often it takes. Nothing of it is lost while the process lives.
async fn keep(db: &Db, group: &[Record], behind: &Behind) {
    if group.is_empty() {
        return;
    }
    loop {
        let mut commit = pin!(commit(db, group));
        let result = if let Ok(result) = timeout(LATE, &mut commit).await {
            result
        } else {
            behind.set(Some(Outage::Unrecorded));
            commit.await
        };
        match result {
            Ok(()) => {
                if behind.set(None).is_some() {
                    tracing::info!("what staff do is recorded again");
                }
                return;
            }
            Err(error) => {
                let why =
                    if matches!(error, Error::Unavailable(Outage::Full)) { Outage::Full } else { Outage::Unrecorded };
                if behind.set(Some(why)).is_none() {
                    tracing::error!(%error, "what staff do cannot be recorded; members' data is not shown until it can");
                }
                sleep(RETRY).await;
            }
        }
    }
}

async fn commit(db: &Db, group: &[Record]) -> Result<()> {
    let mut tx = db.write().await?;
    append(&mut tx, group).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        core::time::Timestamp,
        db::{Sql, migrate},
        staff_log::Kind,
    };

    async fn database(folder: &tempfile::TempDir) -> Db {
        let db = Db::open_sqlite(&folder.path().join("daybook.db"), true).await.expect("a database");
        migrate::run(&db).await.expect("migrated");
        db
    }

    fn opened(subject: &str) -> Record {
        Record {
            at: Timestamp::from_micros(1_000_000),
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

    async fn subjects(db: &Db) -> Vec<String> {
        let rows: Vec<(String,)> =
            db.fetch_all(Sql::new("SELECT subject FROM daybook_staff_log ORDER BY seq")).await.expect("rows");
        rows.into_iter().map(|(subject,)| subject).collect()
    }

    #[tokio::test]
    async fn lines_are_written_in_their_order_within_a_second() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = database(&folder).await;
        let log = StaffLog::start(db.clone());
        for subject in ["a", "b", "c"] {
            log.record(opened(subject)).expect("queued");
        }
        sleep(Duration::from_millis(900)).await;
        assert_eq!(subjects(&db).await, ["a", "b", "c"]);
        log.record(opened("d")).expect("queued");
        log.flush().await;
        assert_eq!(subjects(&db).await, ["a", "b", "c", "d"]);
    }

    #[tokio::test]
    async fn more_than_a_group_is_written_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = database(&folder).await;
        let log = StaffLog::start(db.clone());
        for at in 0..GROUP * 2 + 5 {
            log.record(opened(&at.to_string())).expect("queued");
        }
        log.flush().await;
        assert_eq!(subjects(&db).await.len(), GROUP * 2 + 5);
    }

    #[tokio::test]
    async fn while_nothing_can_be_written_nothing_more_is_taken_and_nothing_is_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = database(&folder).await;
        let other = Db::open_sqlite(&folder.path().join("daybook.db"), false).await.expect("another process");
        let lock = other.write().await.expect("the lock");
        let log = StaffLog::start(db.clone());
        log.record(opened("before")).expect("queued while nobody knows yet");
        sleep(GATHER + LATE + Duration::from_millis(200)).await;
        let refused = log.record(opened("during"));
        assert!(matches!(refused, Err(Error::Unavailable(Outage::Unrecorded))), "{refused:?}");
        drop(lock);
        log.flush().await;
        log.record(opened("after")).expect("taken again");
        log.flush().await;
        assert_eq!(subjects(&db).await, ["before", "after"]);
    }

    #[tokio::test]
    async fn a_full_queue_refuses() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = StaffLog::start(database(&folder).await);
        // The task does not run before this test waits for something.
        let taken = (0..QUEUE + 10).filter(|at| log.record(opened(&at.to_string())).is_ok()).count();
        assert_eq!(taken, QUEUE);
    }
}
