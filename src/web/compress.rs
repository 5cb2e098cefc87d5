//! Compresses pages with Brotli: a page is whole before it is sent, so it is packed at once, in a window of its size. A
//! stream of unknown length would take megabytes for each request under way.

use actix_web::{
    HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, HeaderValue, VARY},
    middleware::Next,
    web::Bytes,
};
use brotli::enc::BrotliEncoderParams;

use super::assets::negotiate;

/// What is shorter gains nothing.
const LEAST: usize = 1_024;
/// A millisecond for a list of fifty entries; one step less is a fourteenth longer.
const QUALITY: i32 = 5;
/// The window in powers of two: no page is much longer, and memory goes with it.
const WINDOW: i32 = 17;

/// Layer around every page, within the one that compresses what is streamed.
pub async fn pages<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let wanted = negotiate(req.request()) == Some(ContentEncoding::Brotli);
    let res = next.call(req).await?.map_into_boxed_body();
    let is = |name, begin: &str| {
        res.headers().get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.starts_with(begin))
    };
    if !wanted || res.headers().contains_key(CONTENT_ENCODING) || !is(CONTENT_TYPE, "text/html") {
        return Ok(res);
    }
    let (req, res): (HttpRequest, _) = res.into_parts();
    let (mut head, body) = res.into_parts();
    let body = match body.try_into_bytes() {
        Ok(page) => match packed(&page) {
            Some(packed) => {
                head.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
                head.headers_mut().append(VARY, HeaderValue::from_static("Accept-Encoding"));
                packed.boxed()
            }
            None => page.boxed(),
        },
        Err(stream) => stream,
    };
    Ok(ServiceResponse::new(req, head.set_body(body)))
}

/// The page packed; none where that gains nothing.
fn packed(page: &Bytes) -> Option<Bytes> {
    if page.len() < LEAST {
        return None;
    }
    let params = BrotliEncoderParams {
        quality: QUALITY,
        lgwin: WINDOW,
        size_hint: page.len(),
        ..BrotliEncoderParams::default()
    };
    let mut out = Vec::with_capacity(page.len() / 4);
    brotli::BrotliCompress(&mut &page[..], &mut out, &params).ok()?;
    Some(out.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_the_page() {
        assert_eq!(packed(&Bytes::from_static(b"<p>short</p>")), None);
        let page = (0..20_000).map(|n| format!("<p>{n}</p>")).collect::<Vec<_>>().concat();
        let packed = packed(&page.clone().into()).expect("packed");
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut &packed[..], &mut unpacked).expect("Brotli");
        assert_eq!(String::from_utf8(unpacked).expect("text"), page);
    }
}
