//! An export on its way to whoever asked: made no faster than it is taken, ended where nobody takes it, and every end
//! but the whole one is seen: the connection breaks, and the staff's log says so.

use std::{io, time::Duration};

use actix_web::web::Bytes;
use futures_util::{Stream, stream};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout, timeout_at},
};

use super::Export;
use crate::{
    core::{
        error::{Error, Result},
        time::SharedClock,
    },
    session::Witness,
    staff_log::{self, Kind},
    web::state::Patience,
};

/// What goes from the task that makes an export to the answer that sends it.
enum Piece {
    Bytes(Vec<u8>),
    /// It failed before anything of it was handed over.
    Failed(Error),
    /// It is whole. Said so explicitly: a channel that merely closes is an export that broke off.
    End(oneshot::Sender<()>),
}

/// The line that says how an export ended. Dropped without [`Self::ended`], it says that it broke off.
pub struct Receipt {
    witness: Witness,
    clock: SharedClock,
    rows: u64,
    /// Whether a piece was handed over.
    begun: bool,
    whole: bool,
}

impl Receipt {
    /// The receipt of the export that `witness` saw begin.
    #[must_use]
    pub fn new(witness: Witness, clock: SharedClock) -> Self {
        Self { witness, clock, rows: 0, begun: false, whole: false }
    }

    fn ended(mut self) {
        self.whole = true;
    }

    fn request_id(&self) -> Option<&str> {
        self.witness.line.request_id.as_deref()
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        let kind = if self.whole { Kind::ExportEnded } else { Kind::ExportBrokenOff };
        let detail =
            staff_log::counted(&self.rows.to_string(), self.witness.line.detail.as_deref().unwrap_or_default());
        if let Err(error) = self.witness.record(self.clock.now(), kind, detail) {
            let (request_id, rows) = (self.request_id(), self.rows);
            tracing::error!(request_id, rows, "the end of an export cannot be recorded: {error}");
        }
    }
}

/// How long the answer waits for a first piece: until it begins, a failure can still be answered as one.
const FIRST: Duration = Duration::from_secs(2);

/// Begins to make the export, and gives the body of its answer.
///
/// # Errors
/// Where it fails at once: nothing was sent yet.
pub async fn start(
    export: Export,
    receipt: Receipt,
    patience: Patience,
) -> Result<impl Stream<Item = io::Result<Bytes>> + use<>> {
    let (sender, mut pieces) = mpsc::channel(1);
    let request_id = receipt.request_id().map(str::to_owned);
    tokio::spawn(make(export, receipt, sender, patience));
    let first = match timeout(FIRST, pieces.recv()).await {
        Ok(Some(Piece::Failed(error))) => return Err(error),
        Ok(first) => Some(first),
        Err(_) => None,
    };
    Ok(stream::unfold(Some((pieces, first)), move |left| {
        let request_id = request_id.clone();
        async move {
            let (mut pieces, first) = left?;
            let piece = match first {
                Some(first) => first,
                None => pieces.recv().await,
            };
            match piece {
                Some(Piece::Bytes(bytes)) => return Some((Ok(Bytes::from(bytes)), Some((pieces, None)))),
                Some(Piece::End(taken)) => {
                    // Where that is no longer waited for, the line already says that it broke off.
                    let _ = taken.send(());
                    return None;
                }
                Some(Piece::Failed(error)) => tracing::error!(request_id, "an export broke off: {error}"),
                None => {}
            }
            // The answer's length is not known beforehand, so only a broken connection tells that there was more.
            Some((Err(io::Error::other("the export broke off")), None))
        }
    }))
}

/// Makes pieces for as long as somebody takes them.
async fn make(mut export: Export, mut receipt: Receipt, sender: mpsc::Sender<Piece>, patience: Patience) {
    let until = Instant::now() + patience.whole;
    let broken = match timeout_at(until, pass_on(&mut export, &mut receipt, &sender, patience.piece)).await {
        Ok(Ok(None)) => return receipt.ended(),
        Ok(Ok(Some(why))) => why.to_owned(),
        Ok(Err(error)) if !receipt.begun => {
            // Where nobody waits any more, the receipt says that it broke off.
            let _ = sender.send(Piece::Failed(error)).await;
            return;
        }
        Ok(Err(error)) => {
            tracing::error!(request_id = receipt.request_id(), rows = receipt.rows, "an export broke off: {error}");
            return;
        }
        Err(_) => format!("it took longer than {} s", patience.whole.as_secs()),
    };
    tracing::warn!(request_id = receipt.request_id(), rows = receipt.rows, "an export broke off: {broken}");
}

/// Passes pieces on; why it stopped, where it did before the end.
async fn pass_on(
    export: &mut Export,
    receipt: &mut Receipt,
    sender: &mpsc::Sender<Piece>,
    patience: Duration,
) -> Result<Option<&'static str>> {
    const GONE: &str = "whoever took it went away";
    const SLOW: &str = "nobody took its next piece";
    loop {
        let next = tokio::select! {
            biased;
            () = sender.closed() => return Ok(Some(GONE)),
            next = export.next() => next?,
        };
        let Some(bytes) = next else { break };
        match timeout(patience, sender.send(Piece::Bytes(bytes))).await {
            Ok(Ok(())) => {
                receipt.begun = true;
                receipt.rows = export.rows();
            }
            Ok(Err(_)) => return Ok(Some(GONE)),
            Err(_) => return Ok(Some(SLOW)),
        }
    }
    let (taken, was_taken) = oneshot::channel();
    let end = async { sender.send(Piece::End(taken)).await.is_ok() && was_taken.await.is_ok() };
    Ok(match timeout(patience, end).await {
        Ok(true) => None,
        Ok(false) => Some(GONE),
        Err(_) => Some(SLOW),
    })
}
