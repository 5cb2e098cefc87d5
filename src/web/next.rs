//! Where a form leads when it is done: only ever back to a page of ours.

use actix_web::http::header::HeaderMap;
use percent_encoding::percent_decode_str;

use crate::core::query_string::escape;

/// Where it leads when nothing better is known.
pub const HOME: &str = "/logs";

/// What a browser still opens and a page of ours still needs.
const LONGEST: usize = 4_096;

/// `next` where it leads to a page of ours, else [`HOME`].
#[must_use]
pub fn safe(next: &str) -> &str {
    if is_page_of_ours(next) { next } else { HOME }
}

/// The page behind an htmx request that reads `asked`, or sends a form.
///
/// Where it asks for another state of the page it was made from, that is it, as the page itself would be called: htmx
/// sends every field of a form, those that were left empty too. Else what was asked for is but a part, and the page is
/// the one that the browser shows.
#[must_use]
pub fn page_of_htmx(headers: &HeaderMap, asked: Option<&str>) -> String {
    let path = |url: &str| url.split('?').next().map(str::to_owned);
    match (shown(headers), asked) {
        (Some(shown), Some(asked)) if path(shown) != path(asked) => shown.to_owned(),
        (_, Some(asked)) => without_empty(asked),
        (shown, None) => shown.unwrap_or(HOME).to_owned(),
    }
}

/// Path and query of the page that a browser with htmx shows, where it is one of ours.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let url = headers.get("hx-current-url")?.to_str().ok()?;
    let (_, rest) = url.split_once("://")?;
    // Which site it names is of no account: only what follows is used, and that leads nowhere else.
    let page = rest.find('/').map(|at| &rest[at..])?;
    let page = page.split('#').next().unwrap_or_default();
    is_page_of_ours(page).then_some(page)
}

/// The same address without parameters that have no value.
fn without_empty(next: &str) -> String {
    let Some((path, query)) = next.split_once('?') else { return next.to_owned() };
    let has_value = |part: &&str| part.split_once('=').is_some_and(|(_, value)| !value.is_empty());
    let kept: Vec<_> = query.split('&').filter(has_value).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

/// The same address without the parameter `name`.
#[must_use]
pub fn without(next: &str, name: &str) -> String {
    let Some((path, query)) = next.split_once('?') else { return next.to_owned() };
    let is_it = |part: &&str| percent_decode_str(part.split('=').next().unwrap_or_default()).eq(name.bytes());
    let kept: Vec<_> = query.split('&').filter(|part| !is_it(part)).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

/// The address of the sign-in form that leads back to `path_and_query`.
#[must_use]
pub fn sign_in(path_and_query: &str) -> String {
    format!("/login?next={}", escape(safe(path_and_query)))
}

/// Browsers read `\` as `/`, drop tabs and line ends, and take `//host` for another site; and whoever signs in must
/// not land on the form again, nor be signed out by a link.
fn is_page_of_ours(next: &str) -> bool {
    let printable = |byte: u8| (b'!'..=b'~').contains(&byte) && byte != b'\\';
    if next.len() > LONGEST || !next.bytes().all(printable) || !next.starts_with('/') || next.starts_with("//") {
        return false;
    }
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let path = percent_decode_str(path).decode_utf8_lossy();
    let here = |page: &str| path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    !here("/login") && !here("/logout") && !path.split(['/', '\\']).any(|part| part == "." || part == "..")
}

#[cfg(test)]
mod tests {
    use actix_web::http::Uri;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_pages_of_ours_are_followed() {
        for ours in
            ["/", "/logs", "/logs?range=24h&q=%22a%20b%22", "/logs/018f.../error_detail.txt", "/loginx", "/a//b"]
        {
            assert_eq!(safe(ours), ours);
        }
        for other in [
            "",
            "logs",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "/logs\r\nX: y",
            "/é",
            " /logs",
            "/login",
            "/login?next=/login",
            "/logout",
            "/%6Cogin",
            "/a/../login",
            "/%2e%2e/logout",
            "/./login",
            "/..\\x",
        ] {
            assert_eq!(safe(other), HOME, "{other}");
        }
        assert_eq!(safe(&format!("/{}", "a".repeat(LONGEST))), HOME);
    }

    #[test]
    fn a_parameter_can_be_left_out() {
        for (next, left) in [
            ("/logs", "/logs"),
            ("/logs?tz=UTC", "/logs"),
            ("/logs?range=1h&tz=Europe/London&q=tz", "/logs?range=1h&q=tz"),
            ("/logs?%74z=UTC&tzs=1&tz", "/logs?tzs=1"),
        ] {
            assert_eq!(without(next, "tz"), left);
        }
    }

    #[test]
    fn the_sign_in_form_leads_back() {
        assert_eq!(sign_in("/logs?range=1h&q=a b"), "/login?next=/logs");
        assert_eq!(sign_in("/logs?range=1h&q=a%20b"), "/login?next=/logs%3Frange%3D1h%26q%3Da%2520b");
        assert_eq!(sign_in("/logs"), "/login?next=/logs");
        assert_eq!(sign_in("/logout"), "/login?next=/logs");
    }

    #[test]
    fn an_htmx_request_leads_back_to_its_page() {
        let page = |shown: &str, asked: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert("hx-current-url".parse().expect("a name"), shown.parse().expect("a value"));
            page_of_htmx(&headers, asked)
        };
        let shown = "https://site.example/logs?range=1h&q=a#list";
        for (asked, leads) in [
            (Some("/logs?range=7d&q=&status=error&from=&tz"), "/logs?range=7d&status=error"),
            (Some("/logs?q="), "/logs"),
            (Some("/logs"), "/logs"),
            (Some("/logs/overview?range=1h&q=a&as_of=1"), "/logs?range=1h&q=a"),
            (Some("/logs/newer?since=x"), "/logs?range=1h&q=a"),
            (None, "/logs?range=1h&q=a"),
        ] {
            assert_eq!(page(shown, asked), leads, "{asked:?}");
        }
        assert_eq!(page("http://127.0.0.1:8080/members/x", None), "/members/x");
        assert_eq!(page("https://evil.example/account", None), "/account");
        let nowhere =
            ["https://site.example", "https://site.example//evil.example", "/logs", "x", "", "a://b/login?next=x"];
        for shown in nowhere {
            assert_eq!(page(shown, None), HOME, "{shown}");
            assert_eq!(page(shown, Some("/logs/overview?q=a")), "/logs/overview?q=a", "{shown}");
        }
        assert_eq!(page_of_htmx(&HeaderMap::new(), None), HOME);
    }

    proptest! {
        /// Whatever is typed, the answer stays on this site: read as a reference, it has neither scheme nor host.
        #[test]
        fn whatever_is_typed_leads_back_here(next in "[/\\\\.:@?#a-z%\t\n 0-9é-]{0,40}|.{0,60}") {
            let safe = safe(&next);
            prop_assert!(safe.starts_with('/') && !safe.starts_with("//"), "{safe}");
            prop_assert!(!safe.contains(['\\', '\t', '\n', '\r']), "{safe}");
            prop_assert!(actix_web::http::header::HeaderValue::from_str(safe).is_ok());
            if let Ok(uri) = safe.parse::<Uri>() {
                prop_assert!(uri.scheme().is_none() && uri.authority().is_none(), "{safe}");
                prop_assert!(uri.path() != "/login" && uri.path() != "/logout", "{safe}");
            }
        }
    }
}
