//! The files of `static/`: their addresses for templates, and the handler that serves them.
//!
//! `build.rs` writes the table. An address carries its content's hash, so an answer may be kept for ever, and a new
//! version has a new address.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{
        AcceptEncoding, CacheControl, CacheDirective, ContentEncoding, ETag, Encoding, EntityTag, Header as _,
        IfNoneMatch, VARY,
    },
    web,
};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// One file that is served.
#[derive(Debug)]
pub struct Asset {
    /// Where it is served: `/static/app.1a2b3c4d5e.css`.
    pub path: &'static str,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// What tells this version from others; the same whatever the encoding, so it is sent as a weak validator.
    pub etag: &'static str,
    /// As it stands in `static/`.
    pub raw: &'static [u8],
    /// Packed with Brotli.
    pub brotli: &'static [u8],
    /// Packed with gzip.
    pub gzip: &'static [u8],
}

/// The file of this name, hash included: `app.1a2b3c4d5e.css`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path.strip_prefix("/static/") == Some(name))
}

/// `GET /static/{name}`: the file in the best encoding that the client takes; 404 without a body where there is none.
#[allow(clippy::unused_async, reason = "a handler is async")]
pub async fn serve(req: HttpRequest, name: web::Path<String>) -> HttpResponse {
    let Some(asset) = find(&name) else {
        return HttpResponse::NotFound().finish();
    };
    let tag = EntityTag::new_weak(asset.etag.to_owned());
    let kept = match IfNoneMatch::parse(&req) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
        Err(_) => false,
    };
    let packed = negotiate(&req);
    let mut response = match packed {
        _ if kept => HttpResponse::NotModified(),
        Some(_) => HttpResponse::Ok(),
        None => return HttpResponse::NotAcceptable().insert_header((VARY, "Accept-Encoding")).finish(),
    };
    response
        .insert_header(CacheControl(vec![
            CacheDirective::Public,
            CacheDirective::MaxAge(31_536_000),
            CacheDirective::Extension("immutable".to_owned(), None),
        ]))
        .insert_header((VARY, "Accept-Encoding"))
        .insert_header(ETag(tag));
    if kept {
        return response.finish();
    }
    response.content_type(asset.content_type);
    match packed {
        Some(ContentEncoding::Brotli) => response.insert_header(ContentEncoding::Brotli).body(asset.brotli),
        Some(ContentEncoding::Gzip) => response.insert_header(ContentEncoding::Gzip).body(asset.gzip),
        _ => response.body(asset.raw),
    }
}

/// The encoding to send: Brotli before gzip before none, as far as the client takes it. `None`: it takes none of them.
pub(super) fn negotiate(req: &HttpRequest) -> Option<ContentEncoding> {
    let offered = [Encoding::brotli(), Encoding::gzip(), Encoding::identity()];
    // A header that cannot be read says nothing, as one that is not there.
    let accepted = AcceptEncoding::parse(req).unwrap_or(AcceptEncoding(Vec::new()));
    match accepted.negotiate(offered.iter())? {
        Encoding::Known(encoding) => Some(encoding),
        Encoding::Unknown(_) => Some(ContentEncoding::Identity),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use actix_web::{App, body::to_bytes, http::StatusCode, test, web};

    use super::*;

    /// Asks for the stylesheet with these request headers: status, the answer's headers, its body.
    async fn ask(path: &str, headers: &[(&str, &str)]) -> (StatusCode, Vec<(String, String)>, Vec<u8>) {
        let app = test::init_service(
            App::new().wrap(actix_web::middleware::Compress::default()).route("/static/{name}", web::get().to(serve)),
        )
        .await;
        let mut request = test::TestRequest::get().uri(path);
        for pair in headers {
            request = request.insert_header(*pair);
        }
        let response = test::call_service(&app, request.to_request()).await;
        let status = response.status();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
            .collect();
        let body = to_bytes(response.into_body()).await.unwrap_or_else(|_| panic!("a body that can be read"));
        (status, headers, body.to_vec())
    }

    fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
        headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    async fn a_name_carries_the_hash_of_the_content() {
        let name = APP_CSS.strip_prefix("/static/app.").and_then(|rest| rest.strip_suffix(".css"));
        assert_eq!(name.map(str::len), Some(10));
        assert_eq!(find("app.css").map(|asset| asset.path), None);
        assert_eq!(find(&APP_CSS["/static/".len()..]).map(|asset| asset.path), Some(APP_CSS));
    }

    #[test]
    async fn every_packed_form_unpacks_to_the_file() {
        for asset in ASSETS {
            let mut gzip = Vec::new();
            flate2::read::GzDecoder::new(asset.gzip).read_to_end(&mut gzip).expect("gzip");
            let mut plain = Vec::new();
            brotli::Decompressor::new(asset.brotli, 4096).read_to_end(&mut plain).expect("brotli");
            assert!(gzip == asset.raw && plain == asset.raw, "{}", asset.path);
            assert!(asset.raw.is_ascii() || asset.content_type.contains("utf-8"), "{}", asset.path);
        }
    }

    #[test]
    async fn what_is_vendored_is_what_the_readme_says() {
        use sha2::Digest as _;
        let readme = include_str!("../../static/README.md");
        for path in [HTMX_JS, ICONS] {
            let asset = find(&path["/static/".len()..]).expect("a served file");
            let sum =
                sha2::Sha256::digest(asset.raw).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            assert!(readme.contains(&sum), "{path}: {sum}");
        }
    }

    #[test]
    async fn the_best_encoding_that_is_taken_is_sent_and_may_be_kept() {
        let asset = find(&APP_CSS["/static/".len()..]).expect("the stylesheet");
        for (accepted, encoding, body) in [
            (Some("gzip, deflate, br, zstd"), Some("br"), asset.brotli),
            (Some("gzip, br;q=0"), Some("gzip"), asset.gzip),
            (Some("br;q=0.5, gzip;q=0.8"), Some("gzip"), asset.gzip),
            (Some("gzip;q=0, br;q=0"), None, asset.raw),
            (Some("zstd"), None, asset.raw),
            (Some("br;q=most"), None, asset.raw),
            (Some("identity"), None, asset.raw),
            (None, None, asset.raw),
        ] {
            let sent: Vec<_> = accepted.map(|value| ("Accept-Encoding", value)).into_iter().collect();
            let (status, headers, got) = ask(APP_CSS, &sent).await;
            assert_eq!(status, StatusCode::OK, "{accepted:?}");
            assert_eq!(header(&headers, "content-encoding"), encoding, "{accepted:?}");
            assert!(got == body, "{accepted:?}");
            assert_eq!(header(&headers, "cache-control"), Some("public, max-age=31536000, immutable"));
            assert_eq!(header(&headers, "vary").map(str::to_ascii_lowercase).as_deref(), Some("accept-encoding"));
            assert_eq!(header(&headers, "content-type"), Some("text/css; charset=utf-8"));
        }
        let (status, ..) = ask(APP_CSS, &[("Accept-Encoding", "zstd, *;q=0")]).await;
        assert_eq!(status, StatusCode::NOT_ACCEPTABLE);
    }

    #[test]
    async fn what_a_browser_has_is_not_sent_again() {
        let tag = find(&ICONS["/static/".len()..]).expect("the icons").etag;
        for known in [format!("W/\"{tag}\""), format!("\"{tag}\""), format!("\"other\", W/\"{tag}\""), "*".to_owned()] {
            let (status, headers, body) = ask(ICONS, &[("If-None-Match", &known), ("Accept-Encoding", "br")]).await;
            assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
            assert_eq!(header(&headers, "etag"), Some(format!("W/\"{tag}\"").as_str()));
        }
        let (status, ..) = ask(ICONS, &[("If-None-Match", "\"other\"")]).await;
        assert_eq!(status, StatusCode::OK);
    }

    #[test]
    async fn an_unknown_name_is_a_bare_404() {
        for path in ["/static/app.css", "/static/app.0000000000.css", "/static/README.md", "/static/%00"] {
            let (status, _, body) = ask(path, &[]).await;
            assert_eq!((status, body.len()), (StatusCode::NOT_FOUND, 0), "{path}");
        }
    }
}
