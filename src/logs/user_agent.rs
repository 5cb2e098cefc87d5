//! A user agent in plain words, and the part of it that is worth a filter.

use woothee::parser::{Parser, WootheeResult};
use woothee::woothee::VALUE_UNKNOWN;

/// How many characters are looked at. The model's column holds 512; another's may hold more.
const LOOKED_AT: usize = 1_000;
/// How many characters a filter may have.
const NEEDLE_LIMIT: usize = 200;

/// Programs that name themselves first, `curl/8.5.0`, and the word for each.
const PROGRAMS: [(&str, &str); 20] = [
    ("curl", "curl"),
    ("Wget", "Wget"),
    ("HTTPie", "HTTPie"),
    ("python-requests", "python-requests"),
    ("python-httpx", "python-httpx"),
    ("python-urllib3", "urllib3"),
    ("Python-urllib", "Python urllib"),
    ("aiohttp", "aiohttp"),
    ("okhttp", "okhttp"),
    ("Dart", "Dart"),
    ("Go-http-client", "Go HTTP client"),
    ("axios", "axios"),
    ("node-fetch", "node-fetch"),
    ("undici", "undici"),
    ("GuzzleHttp", "Guzzle"),
    ("Java", "Java"),
    ("Java-http-client", "Java HTTP client"),
    ("Apache-HttpClient", "Apache HttpClient"),
    ("PostmanRuntime", "Postman"),
    ("insomnia", "Insomnia"),
];

/// What stands before the version in a browser's user agent, what the browser calls itself most exactly first.
const BROWSER_MARKS: [&str; 12] = [
    "Edg/",
    "EdgA/",
    "EdgiOS/",
    "OPR/",
    "SamsungBrowser/",
    "Vivaldi/",
    "YaBrowser/",
    "CriOS/",
    "FxiOS/",
    "GSA/",
    "Firefox/",
    "Chrome/",
];

/// A user agent in plain words: `Safari 18.5 on iPhone`, `Googlebot`, `curl 8.5`; `None` where it cannot be said.
#[must_use]
pub fn in_words(user_agent: &str) -> Option<String> {
    let text = beginning(user_agent.trim(), LOOKED_AT);
    if let Some(program) = program(text) {
        return Some(program);
    }
    if let Some(robot) = robot(text) {
        return Some(robot.to_owned());
    }
    let found = Parser::new().parse(text)?;
    if found.category == "crawler" {
        return known(found.name).map(|name| plain_name(name).to_owned());
    }
    let browser = browser(&found);
    match (browser, system(&found)) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        (Some(one), None) => Some(one),
        (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

/// The browser or program alone, without version and device, out of what [`in_words`] says: `Safari`, `Samsung Internet`.
#[must_use]
pub fn family(words: &str) -> &str {
    let is_end = |word: &str| word == "on" || word.starts_with(|c: char| c.is_ascii_digit());
    let end = words.split(' ').take_while(|word| !is_end(word)).map(|word| word.len() + 1).sum::<usize>();
    match end.checked_sub(1) {
        Some(end) => &words[..end],
        None => words,
    }
}

/// A short part of a user agent that finds others like it: `Version/18.5 Mobile`, `Chrome/126`; where there is
/// none, the text itself, at most 200 characters of it.
#[must_use]
pub fn needle(user_agent: &str) -> String {
    let text = user_agent.trim();
    let looked_at = beginning(text, LOOKED_AT);
    let marked = BROWSER_MARKS.iter().find_map(|mark| from_mark(looked_at, mark, major_len));
    let part = marked.or_else(|| {
        let part = from_mark(looked_at, "Version/", version_len)?;
        Some(looked_at.find(part).and_then(|at| mobile(looked_at, at, part.len())).unwrap_or(part))
    });
    beginning(part.unwrap_or(text), NEEDLE_LIMIT).trim_end().to_owned()
}

/// Parts of a user agent that may tell browsers or programs of its family from others, the most exact first: `Edg/`,
/// `Chrome/`, `curl/`. Whether they do depends on the others.
#[must_use]
pub fn marks(user_agent: &str) -> Vec<&str> {
    let text = beginning(user_agent.trim(), LOOKED_AT);
    let own = text.find('/').map(|slash| &text[..=slash]);
    let own = own.filter(|own| own.len() > 1 && !own.contains(' ') && *own != "Mozilla/");
    let robot = robot(text);
    let marks = BROWSER_MARKS.into_iter().chain(["Version/"]).filter(|mark| text.contains(mark));
    robot.into_iter().chain(own).chain(marks).collect()
}

/// The part that begins with `mark` and goes on with as much of a version as `len` says.
fn from_mark<'a>(text: &'a str, mark: &str, len: fn(&str) -> usize) -> Option<&'a str> {
    let at = text.find(mark)?;
    let version = at + mark.len();
    let end = version + len(&text[version..]);
    (end > version).then(|| &text[at..end])
}

/// The part at `at`, `len` bytes long, together with the ` Mobile` behind it.
fn mobile(text: &str, at: usize, len: usize) -> Option<&str> {
    const MOBILE: &str = " Mobile";
    let end = at + len;
    // A version of three parts lies between, and then the two are not side by side.
    text[end..].starts_with(MOBILE).then(|| &text[at..end + MOBILE.len()])
}

fn major_len(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn version_len(text: &str) -> usize {
    let major = major_len(text);
    let minor = text[major..].strip_prefix('.').map_or(0, major_len);
    if major > 0 && minor > 0 { major + 1 + minor } else { major }
}

fn beginning(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

/// A program that is no browser and says so at the beginning.
fn program(text: &str) -> Option<String> {
    let (name, rest) = text.split_once(['/', ' ']).unwrap_or((text, ""));
    // aiohttp stands behind the Python that runs it.
    let (name, rest) = if name == "Python" { rest.split_once(' ')?.1.split_once('/')? } else { (name, rest) };
    let (_, word) = PROGRAMS.iter().find(|(program, _)| *program == name)?;
    Some(with_version(word, rest))
}

/// A robot by the name it gives itself: `Applebot/0.1`. Many of them pretend to be a browser as well.
fn robot(text: &str) -> Option<&str> {
    let name_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '!');
    text.match_indices('/').find_map(|(slash, _)| {
        let before = &text[..slash];
        let name = before.rsplit(|c: char| !name_char(c)).next().filter(|name| name.len() <= 40)?;
        let kind = ["bot", "crawler", "spider"].iter().any(|end| ends_with_any_case(name, end));
        let versioned = text[slash + 1..].starts_with(|c: char| c.is_ascii_digit());
        (kind && versioned).then_some(name)
    })
}

fn ends_with_any_case(text: &str, end: &str) -> bool {
    let from = text.len().checked_sub(end.len());
    from.and_then(|from| text.get(from..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

fn browser(found: &WootheeResult<'_>) -> Option<String> {
    let name = known(found.name)?;
    // A console is its own browser, and a library is told by `program` or not at all.
    if name == found.os || name == "HTTP Library" {
        return None;
    }
    let version = if name == "Webview" { "" } else { found.version };
    Some(with_version(plain_name(name), version))
}

/// The names that the parser gives otherwise than people do.
fn plain_name(name: &str) -> &str {
    match name {
        "Webview" => "An app",
        "SamsungBrowser" => "Samsung Internet",
        "misc crawler" => "A crawler",
        "RSSReader" => "A feed reader",
        "facebook" => "Facebook",
        "twitter" => "Twitter",
        name => name,
    }
}

fn system<'a>(found: &WootheeResult<'a>) -> Option<&'a str> {
    Some(match known(found.os)? {
        // Windows 11 says that it is 10.
        "Windows 10" | "Windows UNKNOWN Ver" => "Windows",
        "Mac OSX" | "Mac OS Classic" => "Mac",
        "Windows Phone OS" => "Windows Phone",
        name => name,
    })
}

fn known(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty() && *text != VALUE_UNKNOWN)
}

/// A name with the major version and, where it is not zero, the minor one.
fn with_version(name: &str, version: &str) -> String {
    let part = |text: &str| Some(beginning(text, major_len(text)).to_owned()).filter(|n| (1..=6).contains(&n.len()));
    let mut parts = version.split('.');
    let Some(major) = parts.next().and_then(part) else {
        return name.to_owned();
    };
    match parts.next().and_then(part).filter(|minor| minor.bytes().any(|b| b != b'0')) {
        Some(minor) => format!("{name} {major}.{minor}"),
        None => format!("{name} {major}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
    const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

    #[test]
    fn user_agents_are_said_in_words_and_have_a_needle() {
        for (user_agent, words, part) in [
            (IPHONE, "Safari 18.5 on iPhone", "Version/18.5 Mobile"),
            (WINDOWS, "Chrome 126 on Windows", "Chrome/126"),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                "Firefox 128 on Linux",
                "Firefox/128",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.56",
                "Edge 126 on Windows",
                "Edg/126",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15",
                "Safari 17.4 on Mac",
                "Version/17.4",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
                "Chrome 126 on iPad",
                "CriOS/126",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
                "Samsung Internet 25 on Android",
                "SamsungBrowser/25",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.122 Mobile Safari/537.36",
                "Chrome 126 on Android",
                "Chrome/126",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
                "An app on iPhone",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
            ),
            (
                "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko",
                "Internet Explorer 11 on Windows 7",
                "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko",
            ),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Googlebot",
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
                "Applebot",
                "Version/13.1",
            ),
            (
                "facebookexternalhit/1.1 (+http://www.facebook.com/)",
                "Facebook",
                "facebookexternalhit/1.1 (+http://www.facebook.com/)",
            ),
            ("curl/8.5.0", "curl 8.5", "curl/8.5.0"),
            ("curl/8.0.1", "curl 8", "curl/8.0.1"),
            ("python-requests/2.31.0", "python-requests 2.31", "python-requests/2.31.0"),
            ("Python/3.11 aiohttp/3.9.1", "aiohttp 3.9", "Python/3.11 aiohttp/3.9.1"),
            ("okhttp/4.12.0", "okhttp 4.12", "okhttp/4.12.0"),
            ("Go-http-client/1.1", "Go HTTP client 1.1", "Go-http-client/1.1"),
            (" curl ", "curl", "curl"),
            ("Clubhouse/12 CFNetwork/1410.1 Darwin/22.6.0", "iOS", "Clubhouse/12 CFNetwork/1410.1 Darwin/22.6.0"),
        ] {
            assert_eq!(in_words(user_agent).as_deref(), Some(words), "{user_agent}");
            assert_eq!(needle(user_agent), part, "{user_agent}");
        }
    }

    #[test]
    fn what_cannot_be_said_is_not() {
        for user_agent in
            ["", "-", "unknown", "Mozilla/5.0", "robo", "Python/", "<script>alert(1)</script>", "\u{202e}"]
        {
            assert_eq!(in_words(user_agent), None, "{user_agent}");
        }
    }

    #[test]
    fn versions_that_are_none_are_left_out() {
        let hostile = |version: &str| in_words(&WINDOWS.replace("126.0.0.0", version));
        assert_eq!(hostile("...").as_deref(), Some("Chrome on Windows"));
        assert_eq!(hostile(&"9".repeat(600)).as_deref(), Some("Chrome on Windows"));
        assert_eq!(hostile("126.00").as_deref(), Some("Chrome 126 on Windows"));
    }

    #[test]
    fn long_texts_are_bounded() {
        let long = "é/1".repeat(700_000);
        assert_eq!(in_words(&long), None);
        assert_eq!(needle(&long).chars().count(), NEEDLE_LIMIT);
        assert_eq!(in_words(&"bot/".repeat(500_000)).as_deref(), Some("A crawler"));
    }

    proptest! {
        #[test]
        fn a_needle_is_found_in_its_hay(text in "(\\PC|Version/|Chrome/|Mobile|[ 0-9./]){0,80}") {
            let part = needle(&text);
            prop_assert!(text.contains(&part));
            prop_assert_eq!(part.is_empty(), text.trim().is_empty());
            prop_assert!(part.chars().count() <= NEEDLE_LIMIT);
            if let Some(words) = in_words(&text) {
                prop_assert!(!words.is_empty() && words.len() < 100);
            }
        }
    }
}
