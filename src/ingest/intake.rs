//! Reading what programs send, within bounds that count while it arrives: bytes of one body, lines of one body, and
//! bytes of all bodies that are at hand at once, of which no token has more than half.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use actix_web::{HttpMessage as _, HttpRequest, dev::Payload, http::header::CONTENT_ENCODING, web::Bytes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::{
    core::error::Error,
    logs::json,
    web::{
        body::{self, Bounds},
        problem::{Kind, Problem},
    },
};

/// The largest body, in bytes.
pub const BYTES: usize = 8 * 1024 * 1024;
/// The most lines of one body.
pub const LINES: usize = 1_000;
/// The largest body about a member or a booking, in bytes.
pub const SMALL: usize = 16 * 1024;
/// How long a body may take to arrive.
const TIME: Duration = Duration::from_secs(30);
/// The unit in which space is given out, in bytes.
const UNIT: usize = 64 * 1024;
/// How many units there are: what all bodies at hand may hold together.
const UNITS: usize = 32 * 1024 * 1024 / UNIT;
/// How many of them one token may hold, so that it never keeps the others out: enough for two of the
/// largest bodies.
const SHARE: usize = UNITS / 2;
/// How long a request waits for its first unit.
const PATIENCE: Duration = Duration::from_secs(2);
/// Seconds after which it may be less busy.
const BUSY: u64 = 1;

/// Gives out the space that bodies take.
#[derive(Debug)]
pub struct Intake {
    all: Arc<Semaphore>,
    /// What is left of the share of each token that holds some of it.
    shares: Mutex<HashMap<Uuid, Weak<Semaphore>>>,
}

impl Default for Intake {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(UNITS)), shares: Mutex::default() }
    }
}

/// A claim to space, given back when it is dropped.
#[derive(Debug)]
pub struct Space {
    of_token: OwnedSemaphorePermit,
    of_all: OwnedSemaphorePermit,
}

impl Space {
    fn units(&self) -> usize {
        self.of_all.num_permits()
    }

    fn merge(&mut self, more: Self) {
        self.of_token.merge(more.of_token);
        self.of_all.merge(more.of_all);
    }
}

/// What is sent where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One object.
    Object,
    /// An object a line.
    Lines,
}

/// A body, and its claim to the space it takes.
#[derive(Debug)]
pub struct Body {
    /// As it was sent.
    pub bytes: Bytes,
    /// Goes with it for as long as what was read out of it is at hand.
    pub space: Option<Space>,
}

/// A refusal: of the request, or for want of something else.
#[derive(Debug)]
pub enum Refusal {
    /// As problem details.
    Problem(Box<Problem>),
    /// As any request that fails.
    Error(Error),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// What the body's type says it is.
///
/// # Errors
/// 415 where that is not taken, or the body is compressed: a few bytes could then become many.
pub fn shape(req: &HttpRequest, lines: bool) -> Result<Shape, Refusal> {
    if req.headers().get_all(CONTENT_ENCODING).any(|encoding| encoding != "identity") {
        return Err(Problem::new(Kind::Type, "the body is compressed; send it as it is").into());
    }
    let other_charset = !req.encoding().is_ok_and(|encoding| encoding.name() == "UTF-8");
    match req.content_type().trim().to_ascii_lowercase().as_str() {
        _ if other_charset => Err(Problem::new(Kind::Type, "JSON is sent as UTF-8").into()),
        "application/json" => Ok(Shape::Object),
        "application/x-ndjson" if lines => Ok(Shape::Lines),
        _ if lines => Err(Problem::new(Kind::Type, "send application/json or application/x-ndjson").into()),
        _ => Err(Problem::new(Kind::Type, "send application/json").into()),
    }
}

impl Intake {
    /// Reads a body of at most `most` bytes that a token sends. Space is taken for what has arrived, so a body that does
    /// not come takes none.
    ///
    /// # Errors
    /// 413 as soon as it is too long or has too many lines, 408, 400 where it breaks off, 503 where too much else is
    /// being read.
    pub async fn read(
        &self,
        req: &HttpRequest,
        payload: Payload,
        (most, shape): (usize, Shape),
        token: Uuid,
    ) -> Result<Body, Refusal> {
        let own = self.share(token);
        let (mut bytes, mut lines) = (0_usize, Lines::default());
        let (mut space, mut stopped): (Option<Space>, Option<Refusal>) = (None, None);
        let read = body::read_each(req, payload, Bounds { bytes: most, time: TIME }, async |chunk| {
            bytes += chunk.len();
            if shape == Shape::Lines && lines.count(chunk) > LINES {
                stopped = Some(Problem::new(Kind::TooLarge, format!("a body has at most {LINES} lines")).into());
                return Err(Error::TooLarge);
            }
            let wanted = bytes.div_ceil(UNIT).saturating_sub(space.as_ref().map_or(0, Space::units));
            if wanted > 0 {
                let more = match &space {
                    // Whoever holds some already waits for no more: two of them could wait for each other.
                    Some(_) => self.take(&own, wanted),
                    None => tokio::time::timeout(PATIENCE, self.wait(&own, wanted)).await.ok().flatten(),
                };
                match (&mut space, more) {
                    (_, None) => {
                        stopped = Some(busy());
                        return Err(Error::TooLarge);
                    }
                    (Some(space), Some(more)) => space.merge(more),
                    (none, more) => *none = more,
                }
            }
            Ok(())
        });
        match read.await {
            Ok(bytes) => Ok(Body { bytes, space }),
            Err(Error::TooLarge) => Err(stopped
                .unwrap_or_else(|| Problem::new(Kind::TooLarge, format!("a body has at most {most} bytes")).into())),
            Err(error) => Err(error.into()),
        }
    }

    /// The share of a token, kept for as long as it holds any of it.
    fn share(&self, token: Uuid) -> Arc<Semaphore> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = shares.get(&token).and_then(Weak::upgrade) {
            return share;
        }
        shares.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Semaphore::new(SHARE));
        shares.insert(token, Arc::downgrade(&share));
        share
    }

    fn take(&self, share: &Arc<Semaphore>, units: usize) -> Option<Space> {
        let units = u32::try_from(units).ok()?;
        let of_token = Arc::clone(share).try_acquire_many_owned(units).ok()?;
        Some(Space { of_token, of_all: Arc::clone(&self.all).try_acquire_many_owned(units).ok()? })
    }

    async fn wait(&self, share: &Arc<Semaphore>, units: usize) -> Option<Space> {
        let units = u32::try_from(units).ok()?;
        let of_token = Arc::clone(share).acquire_many_owned(units).await.ok()?;
        Some(Space { of_token, of_all: Arc::clone(&self.all).acquire_many_owned(units).await.ok()? })
    }
}

fn busy() -> Refusal {
    Problem::new(Kind::Unavailable, "too much else is being written just now").retry_after(BUSY).into()
}

/// How many lines have begun, but for blank ones, which are none.
#[derive(Debug, Default)]
struct Lines {
    begun: usize,
    is_in_one: bool,
    /// How many bytes came, as far as they may be the mark before a text.
    mark: usize,
}

impl Lines {
    fn count(&mut self, chunk: &[u8]) -> usize {
        for byte in chunk {
            if json::MARK.get(self.mark) == Some(byte) {
                self.mark += 1;
                continue;
            }
            self.mark = json::MARK.len();
            if *byte == b'\n' {
                self.is_in_one = false;
            } else if !self.is_in_one && !json::is_space(*byte) {
                self.is_in_one = true;
                self.begun += 1;
            }
        }
        self.begun
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_that_are_counted_while_they_come_are_those_that_are_read(
            text in "\u{feff}?([ \t\r\u{b}\u{c}\u{85}\u{a0}\u{2028}\u{3000}x]{0,3}\r?\n){0,9}[ x\u{a0}]{0,2}",
            cut in any::<proptest::sample::Index>(),
        ) {
            let (first, second) = text.as_bytes().split_at(cut.index(text.len() + 1));
            let mut lines = Lines::default();
            lines.count(first);
            let read = json::utf8(text.as_bytes()).expect("text").lines().filter(|line| !json::is_blank(line)).count();
            prop_assert_eq!(lines.count(second), read);
        }
    }
}
