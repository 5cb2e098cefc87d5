//! Connections that read, kept from one statement to the next.
//!
//! A pool asks each connection that comes back to it whether it still stands. For a question that is answered in a tenth
//! of a millisecond that trip is as long as the question, and a page asks several. So a connection stays out of its
//! pool between questions that went well; one that did not is closed.

use std::{
    fmt::{self, Debug},
    io::ErrorKind,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use sqlx::{Database, Pool, pool::PoolConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A connection that was out of its pool for so long goes back once, where the pool tells how old one may become.
const TURN: Duration = Duration::from_mins(1);

/// A pool of connections that read, and those of them that lie ready. Cheap to clone.
///
/// `S` is what is known of a connection from one use to the next.
pub(super) struct Readers<DB: Database, S>(Arc<Shared<DB, S>>);

struct Shared<DB: Database, S> {
    pool: Pool<DB>,
    /// One for each connection that the pool may have: who holds one finds a connection ready, or in the pool.
    turns: Arc<Semaphore>,
    ready: Mutex<Vec<Ready<DB, S>>>,
    remote: Option<Remote>,
}

/// What is to be minded of connections to a server, which may end or fall silent by themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Remote {
    /// One that lay ready for longer is asked whether it still stands before it is used.
    pub(super) stale: Duration,
    /// How long a question is waited for, whatever the server was told of it.
    pub(super) patience: Duration,
}

struct Ready<DB: Database, S> {
    connection: PoolConnection<DB>,
    known: S,
    /// When it left the pool.
    out: Instant,
    /// When it was last used.
    used: Instant,
}

/// A connection on loan. Dropped without [`Self::keep`], in the middle of something or after a failure, it is closed.
pub(super) struct Reader<DB: Database, S> {
    lent: Option<Ready<DB, S>>,
    /// Whether it lay ready, and so may have broken meanwhile.
    was_ready: bool,
    readers: Readers<DB, S>,
    _turn: OwnedSemaphorePermit,
}

impl<DB: Database, S: Default> Readers<DB, S> {
    /// All connections of a pool; nothing else may take any. Those to a server go back to the pool every now and then.
    pub(super) fn new(pool: Pool<DB>, remote: Option<Remote>) -> Self {
        let most = usize::try_from(pool.options().get_max_connections()).unwrap_or(1);
        Self(Arc::new(Shared { pool, turns: Arc::new(Semaphore::new(most)), ready: Mutex::default(), remote }))
    }

    /// Takes a connection, one of which `fits` is true if such a one lies ready.
    ///
    /// # Errors
    /// [`sqlx::Error::PoolTimedOut`] where there was none within the pool's time; whatever connecting says.
    pub(super) async fn take(&self, fits: impl Fn(&S) -> bool) -> sqlx::Result<Reader<DB, S>> {
        let Shared { pool, turns, .. } = &*self.0;
        let taken = async {
            let turn = Arc::clone(turns).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
            let ready = self.ready(fits);
            let was_ready = ready.is_some();
            let lent = match ready {
                Some(ready) => ready,
                None => Ready::new(pool.acquire().await?),
            };
            Ok(Reader { lent: Some(lent), was_ready, readers: self.clone(), _turn: turn })
        };
        let timeout = pool.options().get_acquire_timeout();
        tokio::time::timeout(timeout, taken).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// Asks one question of any connection. If one that lay ready turns out to be broken (the server was restarted a
    /// moment ago), another is asked.
    ///
    /// # Errors
    /// As [`Self::take`]; whatever the question itself meets; [`sqlx::Error::Io`] where a server did not answer.
    pub(super) async fn ask<T>(
        &self,
        ask: impl for<'c> Fn(&'c mut DB::Connection) -> BoxFuture<'c, sqlx::Result<T>>,
    ) -> sqlx::Result<T> {
        loop {
            let mut reader = self.take(|_| true).await?;
            let asked = ask(&mut reader);
            let answer = match self.0.remote {
                None => asked.await,
                Some(Remote { patience, .. }) => tokio::time::timeout(patience, asked)
                    .await
                    .map_err(|_| sqlx::Error::Io(ErrorKind::TimedOut.into()))?,
            };
            match answer {
                Ok(answer) => {
                    reader.keep();
                    return Ok(answer);
                }
                // Each of them is closed by that, so this ends with one that is new.
                Err(error) if reader.was_ready && is_broken(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// One that lies ready; one that has lain for too long goes back to the pool instead.
    fn ready(&self, fits: impl Fn(&S) -> bool) -> Option<Ready<DB, S>> {
        let mut all = self.0.lock();
        let at = all.iter().rposition(|ready| fits(&ready.known)).or(all.len().checked_sub(1))?;
        let ready = all.remove(at);
        let stale = self.0.remote.is_some_and(|remote| ready.used.elapsed() > remote.stale);
        (!stale).then_some(ready)
    }
}

impl<DB: Database, S> Readers<DB, S> {
    /// Lets running statements end and closes every connection.
    pub(super) async fn close(&self) {
        // From here on none becomes ready, so those that are now are the last.
        let closed = self.0.pool.close();
        self.0.lock().clear();
        closed.await;
    }
}

impl<DB: Database, S> Shared<DB, S> {
    fn lock(&self) -> MutexGuard<'_, Vec<Ready<DB, S>>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an error says that the connection is no more, and nothing of the question.
fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        // The server went down, and said so to whoever was connected.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P0")),
        _ => false,
    }
}

impl<DB: Database, S: Default> Ready<DB, S> {
    fn new(connection: PoolConnection<DB>) -> Self {
        let now = Instant::now();
        Self { connection, known: S::default(), out: now, used: now }
    }
}

impl<DB: Database, S> Reader<DB, S> {
    /// Gives it back after all went well: the next one takes it as it is.
    pub(super) fn keep(mut self) {
        let Some(ready) = self.lent.take() else { return };
        let shared = &*self.readers.0;
        let mut all = shared.lock();
        let too_long = shared.remote.is_some() && ready.out.elapsed() > TURN;
        if !too_long && !shared.pool.is_closed() {
            all.push(Ready { used: Instant::now(), ..ready });
        }
    }

    /// What is known of it.
    pub(super) fn known(&mut self) -> &mut S {
        &mut self.lent_mut().known
    }

    fn lent(&self) -> &Ready<DB, S> {
        self.lent.as_ref().expect("lent until it is given back")
    }

    fn lent_mut(&mut self) -> &mut Ready<DB, S> {
        self.lent.as_mut().expect("lent until it is given back")
    }
}

impl<DB: Database, S> Drop for Reader<DB, S> {
    fn drop(&mut self) {
        if let Some(ready) = &mut self.lent {
            ready.connection.close_on_drop();
        }
    }
}

impl<DB: Database, S> Clone for Readers<DB, S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<DB: Database, S> Debug for Readers<DB, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").field("pool", &self.0.pool).field("ready", &self.0.lock().len()).finish()
    }
}

impl<DB: Database, S> Debug for Reader<DB, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("lent", &self.lent.is_some()).finish_non_exhaustive()
    }
}

impl<DB: Database, S> Deref for Reader<DB, S> {
    type Target = DB::Connection;

    fn deref(&self) -> &Self::Target {
        &self.lent().connection
    }
}

impl<DB: Database, S> DerefMut for Reader<DB, S> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.lent_mut().connection
    }
}
