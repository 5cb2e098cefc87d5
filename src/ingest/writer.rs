//! The one writer of what programs send: requests that arrive while it commits share the next commit.

use std::panic::AssertUnwindSafe;

use anyhow::anyhow;
use futures_util::FutureExt as _;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::intake::Space;
use crate::{
    core::error::{Error, Outage, Result},
    db::{Db, Tx},
    logs::{
        log::{NewBooking, NewMember},
        sent::Sent,
        write::{
            Indexed, Written,
            checked::{self, Kept, Refused, Strangers},
        },
    },
    staff_log::{self, Record},
};

/// How many requests may wait.
const QUEUE: usize = 256;
/// How many entries one commit takes from several requests, so that it does not hold the writer for long.
const ENTRIES: usize = 2_000;

/// What a request wants written.
#[derive(Debug)]
pub enum Work {
    /// Entries, all or none.
    Logs(Vec<Sent>),
    /// A member as they are now.
    PutMember(NewMember),
    /// A member is gone; the staff's log says who said so, with the deletion or not at all.
    DeleteMember(Uuid, Record),
    /// A booking as it is now.
    PutBooking(NewBooking),
    /// A booking is gone, likewise.
    DeleteBooking(Uuid, Record),
}

impl Work {
    fn entries(&self) -> usize {
        match self {
            Self::Logs(sent) => sent.len(),
            _ => 1,
        }
    }
}

/// What became of it, once it is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// The entries stand.
    Written(Written),
    /// None of the entries was written.
    Refused(Vec<Refused>),
    /// The member or booking is known.
    Kept(Kept),
    /// Whether there was one to delete.
    Deleted(bool),
}

struct Job {
    work: Work,
    answer: oneshot::Sender<Result<Done>>,
    /// What was read takes up space until it is written.
    _space: Option<Space>,
}

/// Where requests hand in what they want written. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Writer(mpsc::Sender<Job>);

impl Writer {
    /// Starts the task that writes, on the runtime of the caller. It ends when the last handle is gone and everything
    /// that was handed in is written.
    #[must_use]
    pub fn start(db: Db) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(run(db, waiting));
        Self(queue)
    }

    /// Hands in work and waits until it is on disk.
    ///
    /// # Errors
    /// 503 where as many wait as may, or the database cannot be written to; nothing was written then.
    pub async fn write(&self, work: Work, space: Option<Space>) -> Result<Done> {
        let (answer, done) = oneshot::channel();
        let job = Job { work, answer, _space: space };
        self.0.try_send(job).map_err(|_| Error::Unavailable(Outage::Locked))?;
        // The task answers each job, unless it failed over it or ends with the process: nothing was acknowledged then.
        done.await.unwrap_or(Err(Error::Unavailable(Outage::Away)))
    }
}

async fn run(db: Db, mut queue: mpsc::Receiver<Job>) {
    // What fails over one request is no reason to refuse all that come after it.
    while AssertUnwindSafe(write_all(&db, &mut queue)).catch_unwind().await.is_err() {
        tracing::error!("the writer failed over a request and goes on with the next");
    }
}

/// Writes what comes until nothing can come any more.
async fn write_all(db: &Db, queue: &mut mpsc::Receiver<Job>) {
    while let Some(first) = queue.recv().await {
        let mut entries = first.work.entries();
        let mut group = vec![first];
        // What came while the last commit was made shares this one; nothing waits for more to come.
        while entries < ENTRIES
            && let Ok(job) = queue.try_recv()
        {
            entries += job.work.entries();
            group.push(job);
        }
        let all = commit(db, &group).await;
        match all {
            Err(Error::Internal(_)) if group.len() > 1 => {
                // One of them is at fault, and the others are not to fail with it.
                for job in group {
                    let done = commit(db, std::slice::from_ref(&job)).await.map(|mut done| done.pop());
                    answer(
                        job,
                        done.and_then(|done| done.ok_or_else(|| anyhow!("a commit without an outcome").into())),
                    );
                }
            }
            Ok(done) => group.into_iter().zip(done).for_each(|(job, done)| answer(job, Ok(done))),
            Err(error) => group.into_iter().for_each(|job| answer(job, Err(again(&error)))),
        }
    }
}

/// Whoever waited may have gone; what was written stands all the same.
fn answer(job: Job, done: Result<Done>) {
    let _ = job.answer.send(done);
}

/// The same error for another request.
fn again(error: &Error) -> Error {
    match error {
        Error::Unavailable(outage) => Error::Unavailable(*outage),
        error => Error::Internal(anyhow!("{error:#}")),
    }
}

/// Does a group of jobs in one transaction, durable when this returns.
async fn commit(db: &Db, group: &[Job]) -> Result<Vec<Done>> {
    let mut tx = db.write().await?;
    tx.take_turn().await?;
    let mut out = Vec::with_capacity(group.len());
    for job in group {
        out.push(perform(&mut tx, &job.work).await?);
    }
    tx.commit().await?;
    Ok(out)
}

async fn perform(tx: &mut Tx, work: &Work) -> Result<Done> {
    Ok(match work {
        Work::Logs(sent) => match checked::write_checked(tx, sent, Strangers::Refuse, Indexed::AtOnce).await? {
            Ok(written) => Done::Written(written),
            Err(refused) => Done::Refused(refused),
        },
        Work::PutMember(member) => Done::Kept(checked::put_member(tx, member).await?),
        Work::PutBooking(booking) => Done::Kept(checked::put_booking(tx, booking).await?),
        Work::DeleteMember(id, record) => {
            let deleted = checked::delete_member(tx, *id).await?;
            Done::Deleted(recorded(tx, deleted, record).await?)
        }
        Work::DeleteBooking(id, record) => {
            let deleted = checked::delete_booking(tx, *id).await?;
            Done::Deleted(recorded(tx, deleted, record).await?)
        }
    })
}

/// Writes down what was deleted, where anything was.
async fn recorded(tx: &mut Tx, deleted: bool, record: &Record) -> Result<bool> {
    if deleted {
        staff_log::append(tx, std::slice::from_ref(record)).await?;
    }
    Ok(deleted)
}
