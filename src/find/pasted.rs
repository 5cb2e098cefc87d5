//! What a pasted text may stand for, without asking anybody.

use std::{fmt::Write as _, net::IpAddr};

use crate::{
    core::ip::{self, IpBlock},
    web::next,
};

/// The longest text that is looked for, in characters: the longest e-mail.
pub const LONGEST: usize = 255;
/// The longest link that is read, in characters.
pub const LONGEST_LINK: usize = 4_096;

/// The first parts of the paths that are pages of ours.
const PAGES: [&str; 9] = ["", "logs", "members", "errors", "find", "views", "account", "staff", "tokens"];

/// The address or block of addresses that the whole text is; a port or a zone is dropped.
#[must_use]
pub fn address(text: &str) -> Option<IpBlock> {
    let alone = |text: &str| -> Option<IpAddr> {
        let one = !text.contains(char::is_whitespace) && !text.contains([',', ';']);
        one.then(|| ip::first_address(text)).flatten()
    };
    text.parse().ok().or_else(|| alone(text).map(IpBlock::single))
}

/// The path that a link to this Daybook leads to, which is reached at `host` and perhaps elsewhere.
///
/// Nothing but the path is followed, and only where it is a page of ours: a link to another host is none.
#[must_use]
pub fn our_path(text: &str, hosts: &[String]) -> Option<String> {
    let text = text.split('#').next().unwrap_or_default();
    let after_scheme = ["https://", "http://"].into_iter().find_map(|scheme| {
        let begins = text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
        begins.then(|| &text[scheme.len()..])
    });
    let path = match after_scheme {
        None if text.starts_with('/') => text,
        rest => {
            let rest = rest.unwrap_or(text);
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            // Without a scheme only a path tells an address of ours from a word.
            if after_scheme.is_none() && end == rest.len() {
                return None;
            }
            let (whole, path) = rest.split_at(end);
            // The port that a scheme means is left out as a rule, and may be written.
            let host = [":443", ":80"].into_iter().find_map(|port| whole.strip_suffix(port)).unwrap_or(whole);
            let is_ours = |ours: &String| ours.eq_ignore_ascii_case(host) || ours.eq_ignore_ascii_case(whole);
            if !hosts.iter().any(is_ours) {
                return None;
            }
            path
        }
    };
    let path = escaped(path);
    let path = if path.starts_with('/') { path } else { format!("/{path}") };
    let first = path[1..].split(['/', '?']).next().unwrap_or_default();
    (PAGES.contains(&first) && next::safe(&path) == path).then_some(path)
}

/// A path as a browser sends it: an address line shows blanks and letters of any script as they are.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c.is_ascii_graphic() {
            out.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// Whether the text is meant as a link, whoever's.
#[must_use]
pub fn is_link(text: &str) -> bool {
    text.starts_with('/') || text.contains("://")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_one_alone() {
        let read = |text: &str| address(text).map(|block| block.to_string());
        assert_eq!(read("203.0.113.24").as_deref(), Some("203.0.113.24"));
        assert_eq!(read("203.0.113.24:4711").as_deref(), Some("203.0.113.24"));
        assert_eq!(read("[2001:db8::7]:443").as_deref(), Some("2001:db8::7"));
        assert_eq!(read("203.0.113.0/24").as_deref(), Some("203.0.113.0/24"));
        for other in ["hana", "203.0.113", "203.0.113.24, 10.0.0.1", "seen at 203.0.113.24", ""] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn only_a_path_of_ours_is_followed() {
        let hosts = ["daybook.example".to_owned(), "127.0.0.1:8080".to_owned()];
        for (text, path) in [
            ("https://daybook.example/logs/0197830e?range=24h#top", "/logs/0197830e?range=24h"),
            ("HTTP://Daybook.Example/members/x", "/members/x"),
            ("http://127.0.0.1:8080/logs?q=a%20b", "/logs?q=a%20b"),
            ("127.0.0.1:8080/logs", "/logs"),
            ("/errors/abc", "/errors/abc"),
            ("https://daybook.example", "/"),
            ("https://daybook.example/", "/"),
            ("https://daybook.example?x=1", "/?x=1"),
            ("https://daybook.example/logs?q=a b\u{e9}", "/logs?q=a%20b%C3%A9"),
            ("https://daybook.example:443/logs", "/logs"),
        ] {
            assert_eq!(our_path(text, &hosts).as_deref(), Some(path), "{text}");
        }
        for other in [
            "https://evil.example/logs",
            "https://daybook.example@evil.example/logs",
            "https://daybook.example.evil.example/logs",
            "https://evil.example\\@daybook.example/logs",
            "//evil.example/logs",
            "https://evil.example:443/logs",
            "https://daybook.example/ /evil.example",
            "/\n/evil.example",
            "https:///logs",
            "javascript://daybook.example/logs",
            "https://daybook.example/logout",
            "https://daybook.example/login?next=/logs",
            "https://daybook.example/static/app.css",
            "https://daybook.example/logs/../logout",
            "https://daybook.example//evil.example",
            "/\\evil.example",
            "/healthz",
            "daybook.example",
            "logs",
            "",
        ] {
            assert_eq!(our_path(other, &hosts), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_any_of_it_panic(text in ".{0,80}") {
            let hosts = ["daybook.example".to_owned()];
            if let Some(path) = our_path(&text, &hosts) {
                prop_assert!(path.starts_with('/') && !path.starts_with("//"));
            }
            let _ = (address(&text), is_link(&text));
        }
    }
}
