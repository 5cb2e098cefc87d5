//! Whether a page does only what its template says, whatever text stands in it.

use std::collections::BTreeSet;

use daybook::web::assets::ASSETS;
use scraper::{ElementRef, Html, Selector};

/// A word for hostile texts: no element, attribute, class or id may hold it.
pub const EVIL: &str = "evil";

/// What no template has.
const NEVER: [&str; 22] = [
    "iframe",
    "frame",
    "frameset",
    "object",
    "embed",
    "applet",
    "base",
    "style",
    "img",
    "image",
    "video",
    "audio",
    "source",
    "track",
    "portal",
    "math",
    "template",
    "foreignobject",
    "animate",
    "set",
    "xmp",
    "plaintext",
];

/// What templates write for htmx.
const HTMX: [&str; 10] = [
    "hx-get",
    "hx-boost",
    "hx-target",
    "hx-swap",
    "hx-push-url",
    "hx-sync",
    "hx-indicator",
    "hx-trigger",
    "hx-disable",
    "hx-swap-oob",
];

/// Fails where anything on the page came to be by its data: an element, an attribute, a script, a link that leaves.
pub fn check(html: &Html, what: &str) {
    let all = Selector::parse("*").expect("a selector");
    let mut ids = BTreeSet::new();
    for element in html.select(&all) {
        let tag = element.value().name();
        assert!(!NEVER.contains(&tag) && !tag.contains(EVIL), "{what}: <{tag}>");
        if tag == "script" {
            check_script(&element, what);
        }
        for (name, value) in element.value().attrs() {
            let here = || format!("{what}: <{tag} {name}={value:?}>");
            assert!(!name.starts_with("on") && name != "style" && !name.contains(EVIL), "{}", here());
            assert!(!name.starts_with("hx-") || HTMX.contains(&name), "{}", here());
            assert!(
                !name.starts_with("data-hx-") && !name.starts_with("ws-") && !name.starts_with("sse-"),
                "{}",
                here()
            );
            match name {
                "href" | "src" | "action" | "formaction" | "poster" | "data-copy-link" | "hx-get" => {
                    assert!(is_own_address(value), "{}", here());
                }
                "data-copy-from" | "hx-target" | "hx-indicator" => {
                    assert!(value == "this" || value.strip_prefix('#').is_some_and(is_plain), "{}", here());
                }
                // Links that are boosted are ours: nothing from the log is linked there.
                "hx-boost" => assert!(value == "true" && element.attr("id") == Some("facets"), "{}", here()),
                "class" => assert!(value.split(' ').all(is_plain), "{}", here()),
                "id" => assert!(is_plain(value) && ids.insert(value.to_owned()), "not one of its own: {}", here()),
                "for" | "form" | "list" | "popovertarget" => assert!(is_plain(value), "{}", here()),
                "http-equiv" | "srcdoc" | "target" | "background" | "ping" => panic!("{}", here()),
                _ => {}
            }
        }
    }
    check_comments(html, what);
}

fn check_script(element: &ElementRef<'_>, what: &str) {
    let source = element.attr("src").unwrap_or_default();
    assert!(ASSETS.iter().any(|asset| asset.path == source), "{what}: a script of {source:?}");
    assert_eq!(element.text().collect::<String>(), "", "{what}: a script with text");
}

/// What a text could open to hide what follows it.
fn check_comments(html: &Html, what: &str) {
    for node in html.tree.values() {
        if let scraper::Node::Comment(comment) = node {
            panic!("{what}: a comment: {}", &**comment);
        }
    }
}

/// A place in this page, or a path of this site: no scheme, no host, nothing that a browser drops or turns round.
fn is_own_address(value: &str) -> bool {
    let printable = |byte: u8| (b'!'..=b'~').contains(&byte) && byte != b'\\';
    let path = value.starts_with('/') && !value.starts_with("//");
    (path || value.strip_prefix('#').is_some_and(is_plain)) && value.bytes().all(printable)
}

/// A word as templates write ids and classes.
fn is_plain(word: &str) -> bool {
    !word.contains(EVIL) && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
