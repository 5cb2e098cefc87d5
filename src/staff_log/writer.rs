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
pub const QUEUE: usize = 10_000;
/// How many lines one commit takes, so that it does not hold the writer for long.
pub const GROUP: usize = 1_000;
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
