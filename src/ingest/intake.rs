//! Reading what programs send, within bounds that count while it arrives: bytes of one body, lines of one body, and
//! bytes of all bodies that are at hand at once.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpMessage as _, HttpRequest, dev::Payload, http::header::CONTENT_ENCODING, web::Bytes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    core::error::Error,
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
const UNITS: usize = 16 * 1024 * 1024 / UNIT;
/// How long a request waits for its first unit.
const PATIENCE: Duration = Duration::from_secs(2);
/// Seconds after which it may be less busy.
const BUSY: u64 = 1;

/// Gives out the space that bodies take.
#[derive(Debug, Clone)]
pub struct Intake(Arc<Semaphore>);

impl Default for Intake {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(UNITS)))
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
    pub space: OwnedSemaphorePermit,
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
    /// Reads a body of at most `most` bytes.
    ///
    /// # Errors
    /// 413 as soon as it is too long or has too many lines, 408, 400 where it breaks off, 503 where too much else is
    /// being read.
    pub async fn read(&self, req: &HttpRequest, payload: Payload, most: usize, shape: Shape) -> Result<Body, Refusal> {
        let busy = || {
            let problem = Problem::new(Kind::Unavailable, "too much else is being written just now");
            Refusal::from(problem.retry_after(BUSY))
        };
        let first = tokio::time::timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await;
        let mut space = first.map_err(|_| busy())?.map_err(|_| busy())?;
        let (mut bytes, mut lines) = (0_usize, 0_usize);
        let mut stopped: Option<Refusal> = None;
        let read = body::read_each(req, payload, Bounds { bytes: most, time: TIME }, |chunk| {
            bytes += chunk.len();
            if shape == Shape::Lines {
                lines += chunk.split(|byte| *byte == b'\n').count() - 1;
                // The last line may end in a break or not.
                if lines > LINES {
                    stopped = Some(Problem::new(Kind::TooLarge, format!("a body has at most {LINES} lines")).into());
                    return Err(Error::TooLarge);
                }
            }
            let wanted = bytes.div_ceil(UNIT).saturating_sub(space.num_permits());
            let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
            if wanted > 0 {
                match Arc::clone(&self.0).try_acquire_many_owned(wanted) {
                    Ok(more) => space.merge(more),
                    Err(_) => {
                        stopped = Some(busy());
                        return Err(Error::TooLarge);
                    }
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
}
