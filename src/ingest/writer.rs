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
        let (writer, waiting) = Self::queue();
        tokio::spawn(run(db, waiting));
        writer
    }

    fn queue() -> (Self, mpsc::Receiver<Job>) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        (Self(queue), waiting)
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

/// Whoever does jobs: the database, or in a test what fails over some of them.
trait Commit {
    /// Does a group of jobs, all or none of them, durable when this returns.
    fn commit(&self, group: &[Job]) -> impl Future<Output = Result<Vec<Done>>> + Send;
}

async fn run(to: impl Commit, mut queue: mpsc::Receiver<Job>) {
    // What fails over one request is no reason to refuse all that come after it.
    while AssertUnwindSafe(write_all(&to, &mut queue)).catch_unwind().await.is_err() {
        tracing::error!("the writer failed over a request and goes on with the next");
    }
}

/// Writes what comes until nothing can come any more.
async fn write_all(to: &impl Commit, queue: &mut mpsc::Receiver<Job>) {
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
        let all = to.commit(&group).await;
        match all {
            Err(Error::Internal(_)) if group.len() > 1 => {
                // One of them is at fault, and the others are not to fail with it.
                for job in group {
                    let done = to.commit(std::slice::from_ref(&job)).await.map(|mut done| done.pop());
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

impl Commit for Db {
    async fn commit(&self, group: &[Job]) -> Result<Vec<Done>> {
        let mut tx = self.write().await?;
        tx.take_turn().await?;
        let mut out = Vec::with_capacity(group.len());
        for job in group {
            out.push(perform(&mut tx, &job.work).await?);
        }
        tx.commit().await?;
        Ok(out)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A member of this name.
    fn member(name: &str) -> Work {
        Work::PutMember(NewMember { id: Uuid::nil(), email: None, name: Some(name.to_owned()) })
    }

    /// Panics over one member, and fails over another.
    struct Faulty;

    impl Commit for Faulty {
        async fn commit(&self, group: &[Job]) -> Result<Vec<Done>> {
            let is = |job: &Job, wanted: &str| matches!(&job.work, Work::PutMember(member) if member.name.as_deref() == Some(wanted));
            assert!(!group.iter().any(|job| is(job, "panics")), "as it was told");
            if group.iter().any(|job| is(job, "fails")) {
                return Err(anyhow!("as it was told").into());
            }
            Ok(vec![Done::Kept(Kept::Created); group.len()])
        }
    }

    /// What became of work that was handed in at once.
    async fn all(work: &[&str]) -> Vec<Result<Done>> {
        let (writer, waiting) = Writer::queue();
        let requests = async move {
            futures_util::future::join_all(work.iter().map(|name| writer.write(member(name), None))).await
        };
        tokio::join!(run(Faulty, waiting), requests).1
    }

    #[tokio::test]
    async fn what_fails_over_a_request_goes_on_with_the_next() {
        let (writer, waiting) = Writer::queue();
        let requests = async move {
            for (name, is_kept) in
                [("good", true), ("panics", false), ("good", true), ("panics", false), ("good", true)]
            {
                let done = writer.write(member(name), None).await;
                match done {
                    Ok(done) => assert!(is_kept && done == Done::Kept(Kept::Created), "{name}"),
                    Err(error) => assert!(!is_kept && matches!(error, Error::Unavailable(Outage::Away)), "{name}"),
                }
            }
        };
        tokio::join!(run(Faulty, waiting), requests);
    }

    #[tokio::test]
    async fn those_that_share_a_commit_do_not_share_a_fault() {
        let done = all(&["good", "fails", "good"]).await;
        assert!(matches!(&done[..], [Ok(_), Err(Error::Internal(_)), Ok(_)]), "{done:?}");
    }
}
