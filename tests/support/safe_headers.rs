//! The headers that every answer has, whatever it answers.

use daybook::web::headers::CSP;
use reqwest::header::HeaderMap;

/// Fails where one is missing, stands twice, or says something else.
pub fn check(headers: &HeaderMap, what: &str) {
    for (name, value) in [
        ("content-security-policy", CSP),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        let found: Vec<_> = headers.get_all(name).iter().map(|value| value.to_str().expect("text")).collect();
        assert_eq!(found, [value], "{what}: {name}");
    }
    assert!(headers.contains_key("permissions-policy"), "{what}: permissions-policy");
    assert_eq!(headers.get_all("cache-control").iter().count(), 1, "{what}: cache-control");
    for name in ["server", "x-powered-by"] {
        assert!(!headers.contains_key(name), "{what} says what it is made of: {name}");
    }
}
