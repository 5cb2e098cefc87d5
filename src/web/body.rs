//! Reading a request's body within bounds: actix reads whatever comes, however slowly it comes.

use std::time::Duration;

use actix_web::{
    HttpMessage, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH},
    web::{Bytes, BytesMut},
};
use futures_util::TryStreamExt as _;

use crate::core::error::{Error, Result};

/// How much is read, and how long it may take to arrive.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes.
    pub bytes: usize,
    /// From now to the last byte.
    pub time: Duration,
}

impl Bounds {
    /// A form that a person filled in.
    pub const FORM: Self = Self { bytes: 64 * 1024, time: Duration::from_secs(10) };
}

/// The whole body, as it was sent.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::TooSlow`], or [`Error::BadRequest`] where it broke off or is packed: nothing here
/// unpacks, since a few bytes could then become many.
pub async fn read(req: &HttpRequest, payload: Payload, bounds: Bounds) -> Result<Bytes> {
    read_each(req, payload, bounds, async |_| Ok(())).await
}

/// The same, showing each chunk to `each` as it arrives, which may break off.
///
/// # Errors
/// Those of [`read`], and what `each` breaks off with.
pub async fn read_each(
    req: &HttpRequest,
    payload: Payload,
    bounds: Bounds,
    each: impl AsyncFnMut(&[u8]) -> Result<()>,
) -> Result<Bytes> {
    if req.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Error::BadRequest("the body is compressed; send it as it is"));
    }
    let said = req.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|said| said > bounds.bytes) {
        return Err(Error::TooLarge);
    }
    tokio::time::timeout(bounds.time, collect(payload, bounds.bytes, each)).await.unwrap_or(Err(Error::TooSlow))
}

async fn collect(mut payload: Payload, most: usize, mut each: impl AsyncFnMut(&[u8]) -> Result<()>) -> Result<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.try_next().await.map_err(|error| broken(&error))? {
        if body.len() + chunk.len() > most {
            return Err(Error::TooLarge);
        }
        each(&chunk).await?;
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Whatever a client can do to its body is the client's fault, so none of it is ours.
fn broken(error: &PayloadError) -> Error {
    match error {
        PayloadError::Overflow => Error::TooLarge,
        _ => Error::BadRequest("the body broke off"),
    }
}

/// Whether the body is said to be an HTML form.
#[must_use]
pub fn is_form(req: &HttpRequest) -> bool {
    req.content_type().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use actix_web::test::TestRequest;
    use futures_util::{Stream, StreamExt as _, stream};

    use super::*;

    type Chunk = std::result::Result<Bytes, PayloadError>;

    async fn read_chunks(headers: &[(&str, &str)], chunks: Vec<Chunk>, forever: bool) -> Result<Bytes> {
        let mut request = TestRequest::post();
        for header in headers {
            request = request.append_header(*header);
        }
        let rest = if forever { stream::pending().left_stream() } else { stream::empty().right_stream() };
        let stream: Pin<Box<dyn Stream<Item = Chunk>>> = Box::pin(stream::iter(chunks).chain(rest));
        let payload = Payload::Stream { payload: stream };
        let bounds = Bounds { bytes: 8, time: Duration::from_millis(20) };
        read(&request.to_http_request(), payload, bounds).await
    }

    const fn chunk(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[actix_web::test]
    async fn a_body_within_its_bounds_is_read_whole() {
        let body = read_chunks(&[("Content-Length", "8")], vec![Ok(chunk("abcd")), Ok(chunk("efgh"))], false).await;
        assert_eq!(body.ok().as_deref(), Some(&b"abcdefgh"[..]));
    }

    #[actix_web::test]
    async fn a_body_beyond_its_bounds_is_refused_by_its_reason() {
        let long = read_chunks(&[], vec![Ok(chunk("abcd")), Ok(chunk("efghi"))], false).await;
        assert!(matches!(long, Err(Error::TooLarge)), "{long:?}");
        let said = read_chunks(&[("Content-Length", "9")], vec![], true).await;
        assert!(matches!(said, Err(Error::TooLarge)), "{said:?}");
        let slow = read_chunks(&[], vec![Ok(chunk("abcd"))], true).await;
        assert!(matches!(slow, Err(Error::TooSlow)), "{slow:?}");
        let cut = read_chunks(&[], vec![Ok(chunk("abcd")), Err(PayloadError::Incomplete(None))], false).await;
        assert!(matches!(cut, Err(Error::BadRequest(_))), "{cut:?}");
        let packed = read_chunks(&[("Content-Encoding", "gzip")], vec![Ok(chunk("abcd"))], false).await;
        assert!(matches!(packed, Err(Error::BadRequest(_))), "{packed:?}");
    }

    #[actix_web::test]
    async fn a_form_is_told_by_its_type_alone() {
        for (sent, form) in [
            ("application/x-www-form-urlencoded", true),
            ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", true),
            ("multipart/form-data; boundary=x", false),
            ("text/plain", false),
        ] {
            let request = TestRequest::post().insert_header(("Content-Type", sent)).to_http_request();
            assert_eq!(is_form(&request), form, "{sent}");
        }
    }
}
