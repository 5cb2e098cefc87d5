//! Refusing what another site makes a browser send: `Sec-Fetch-Site`, else `Origin`.

use actix_web::{
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Uri,
        header::{HOST, HeaderMap, ORIGIN},
        uri::Authority,
    },
    middleware::Next,
    web,
};

use super::state::State;
use crate::core::error::Error;

/// Middleware of every route that changes something. It runs before anything is read: a form from elsewhere costs
/// nothing.
pub async fn check<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let public_url = req.app_data::<web::Data<State>>().and_then(|state| state.site.public_url.clone());
    if is_ours(req.headers(), req.uri(), public_url.as_deref()) {
        Ok(next.call(req).await?.map_into_boxed_body())
    } else {
        Ok(req.error_response(Error::ForeignForm))
    }
}

/// Whether a request with these headers was made by one of our own pages, or by no browser at all.
///
/// Where neither header is there it is let through: such a client has no cookies of somebody else's, and the form's
/// token is asked for all the same.
fn is_ours(headers: &HeaderMap, uri: &Uri, public_url: Option<&str>) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").peekable();
    if sites.peek().is_some() {
        return sites.all(|site| site == "same-origin" || site == "none");
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).or(uri.authority().map(Authority::as_str));
    headers.get_all(ORIGIN).all(|origin| {
        origin.to_str().is_ok_and(|origin| {
            let of_host = origin.split_once("://").map(|(_, host)| host);
            public_url.is_some_and(|url| same_origin(origin, url))
                || of_host.zip(host).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
        })
    })
}

/// Whether `origin` (scheme, host, port) is the one of `url`.
fn same_origin(origin: &str, url: &str) -> bool {
    let parts = |text: &str| {
        let uri: Uri = text.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        Some((uri.host()?.to_ascii_lowercase(), port, scheme))
    };
    parts(origin).is_some_and(|origin| parts(url) == Some(origin))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_our_own_pages_may_send_forms() {
        const HERE: (&str, &str) = ("Host", "daybook.example:8080");
        let public = "https://logs.example/";
        for (headers, ours) in [
            (vec![], true),
            (vec![("Sec-Fetch-Site", "same-origin")], true),
            (vec![("Sec-Fetch-Site", "none")], true),
            (vec![("Sec-Fetch-Site", "same-site")], false),
            (vec![("Sec-Fetch-Site", "cross-site")], false),
            (vec![("Sec-Fetch-Site", "")], false),
            (vec![("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")], false),
            // What the browser says of the pair counts, not what a name looks like.
            (vec![("Sec-Fetch-Site", "same-origin"), ("Origin", "https://evil.example")], true),
            (vec![("Sec-Fetch-Site", "cross-site"), ("Origin", "http://daybook.example:8080")], false),
            (vec![("Origin", "http://daybook.example:8080")], true),
            (vec![("Origin", "http://DAYBOOK.example:8080")], true),
            (vec![("Origin", "http://daybook.example")], false),
            (vec![("Origin", "http://daybook.example:8080.evil.example")], false),
            (vec![("Origin", "https://logs.example")], true),
            (vec![("Origin", "https://logs.example:443")], true),
            (vec![("Origin", "http://logs.example")], false),
            (vec![("Origin", "https://evil.example")], false),
            (vec![("Origin", "null")], false),
            (vec![("Origin", "")], false),
        ] {
            let mut request = TestRequest::post().uri("/logout").insert_header(HERE);
            for header in &headers {
                request = request.append_header(*header);
            }
            let request = request.to_http_request();
            assert_eq!(is_ours(request.headers(), request.uri(), Some(public)), ours, "{headers:?}");
        }
    }
}
