//! The headers that every answer has, whatever it answers; those of documents on documents alone.

use daybook::web::headers::CSP;
use reqwest::header::HeaderMap;

/// Fails where one is missing, stands twice, or says something else.
pub fn check(headers: &HeaderMap, what: &str) {
    let kind = headers.get("content-type").map_or("", |kind| kind.to_str().expect("text"));
    check_as(headers, what, !["text/css", "text/javascript"].iter().any(|part| kind.starts_with(part)));
}

/// The same, of a fragment that htmx asked for.
pub fn check_fragment(headers: &HeaderMap, what: &str) {
    check_as(headers, what, false);
}

fn check_as(headers: &HeaderMap, what: &str, is_document: bool) {
    let of_all = [("x-content-type-options", "nosniff"), ("cross-origin-resource-policy", "same-origin")];
    let of_documents = [
        ("content-security-policy", CSP),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ];
    for (name, value) in of_all.into_iter().chain(of_documents.into_iter().filter(|_| is_document)) {
        let found: Vec<_> = headers.get_all(name).iter().map(|value| value.to_str().expect("text")).collect();
        assert_eq!(found, [value], "{what}: {name}");
    }
    assert_eq!(headers.get_all("cache-control").iter().count(), 1, "{what}: cache-control");
    for name in ["server", "x-powered-by"] {
        assert!(!headers.contains_key(name), "{what} says what it is made of: {name}");
    }
}
