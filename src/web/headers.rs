//! Headers on every answer: what a browser may do with a page, whatever stands in it.

use actix_web::{
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
        STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
    middleware::Next,
    web,
};

use super::state::State;

/// Only what this binary serves: no inline script or style, no other host, no frame around it.
pub const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Middleware that sets them.
pub async fn security<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let https = req.app_data::<web::Data<State>>().is_some_and(|state| state.site.is_https());
    let by_htmx = req.headers().contains_key("hx-request");
    let mut res = next.call(req).await?;
    let headers = res.headers_mut();
    for (name, value) in
        [(X_CONTENT_TYPE_OPTIONS, "nosniff"), (HeaderName::from_static("cross-origin-resource-policy"), "same-origin")]
    {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What is no document and can become none has no use for the rest, which would be a tenth of its bytes: stylesheets,
    // scripts, and what a script asked for to put into a page.
    let is_kept = headers.get(CACHE_CONTROL).is_some_and(|value| value != "no-store");
    let is_part = (by_htmx && !is_kept)
        || [&b"text/css"[..], b"text/javascript"]
            .iter()
            .any(|kind| headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(kind)));
    let of_documents = [
        (CONTENT_SECURITY_POLICY, CSP),
        (X_FRAME_OPTIONS, "DENY"),
        // Addresses hold what staff look for: they stay here.
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ];
    for (name, value) in of_documents.into_iter().filter(|_| !is_part) {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(res)
}
