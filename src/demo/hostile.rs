//! Text that strangers send to see what it does: a small, fixed set that no page, file or terminal may act on.

use super::club::Club;
use super::dice::{Dice, Stream};
use super::span::{DAY, HOUR, MINUTE, after};
use super::visits::{Step, Visit};

/// One entry. What is empty stays as an ordinary entry has it.
struct Hostile {
    area: &'static str,
    description: &'static str,
    agent: &'static str,
    extra: &'static str,
    error: &'static str,
}

const QUIET: Hostile =
    Hostile { area: "public/pricing", description: "Opened the prices", agent: "", extra: "", error: "" };

static ALL: &[Hostile] = &[
    Hostile { description: "Searched for <script>alert(1)</script>", ..QUIET },
    Hostile { agent: "\"><img src=x onerror=alert(1)>", ..QUIET },
    Hostile { area: "javascript:alert(1)", description: "Opened javascript:alert(1)", ..QUIET },
    Hostile { description: "Worked out a price for {{7*7}} ${7*7} <%= 7*7 %> #{7*7}", ..QUIET },
    Hostile { area: "=cmd|' /C calc'!A0", agent: "=cmd|' /C calc'!A0", ..QUIET },
    Hostile { description: "@SUM(1+1)*cmd|' /C calc'!A0", agent: "+1+1", ..QUIET },
    Hostile { description: "Downloaded invoice \u{202e}fdp.exe\u{202c} and \u{2066}nothing else\u{2069}", ..QUIET },
    Hostile {
        description: "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}\u{1b}[2J",
        agent: "\u{1b}[31mred\u{1b}[0m",
        ..QUIET
    },
    Hostile { description: "'; DROP TABLE audit_logs;--", extra: r#"{"q": "' OR '1'='1", "page": -1}"#, ..QUIET },
    Hostile {
        description: "Zero\u{200b}width\u{200d} and \u{feff}marks\u{2060}",
        area: "members/\u{200b}dashboard",
        ..QUIET
    },
    Hostile { description: "<div hx-get=\"/staff\" hx-trigger=\"load\" hx-target=\"body\">Loading…</div>", ..QUIET },
    Hostile {
        description: "Form could not be read",
        error: "ValueError: </pre><script>alert(1)</script>\r\n\u{1b}[41m%s%n",
        extra: r#"{"__proto__": {"polluted": true}, "note": "</script><script>alert(1)</script>", "deep": [[[[[[1e400]]]]]]}"#,
        ..QUIET
    },
    Hostile { area: LONG, ..QUIET },
    Hostile { description: LONG, ..QUIET },
    Hostile { agent: LONG, ..QUIET },
    Hostile { description: "Line one\r\nLine two\tafter a tab\u{2028}after a separator\u{85}", ..QUIET },
    Hostile {
        description: "Z\u{36f}\u{34f}\u{489}\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}algo 👩‍👩‍👧‍👦 ﷽ ꧅ 𒐫",
        ..QUIET
    },
];

/// Stands for a text as long as its column allows.
const LONG: &str = "long";

/// All of them, in the last day where a story is told, else in the last month.
pub fn steps(club: &Club, seed: u64) -> Vec<Step> {
    let mut dice = Dice::new(seed, Stream::Hostile);
    let reach = if club.cast.is_some() { 23 * HOUR } else { 30 * DAY };
    let mut steps = Vec::new();
    for hostile in ALL {
        let at = after(club.span.until, -dice.between(25 * MINUTE, reach)).max(club.span.from);
        let mut visit = Visit::new(club, &mut dice, None, at);
        let (action_type, status) =
            if hostile.error.is_empty() { ("page_visit", "success") } else { ("error", "error") };
        let area = at_most(hostile.area, "members/a-path-without-end/", 255);
        let description = at_most(hostile.description, "A description of five hundred characters. ", 500);
        let log = &mut visit.log(action_type, &area, description, status).log;
        if !hostile.agent.is_empty() {
            log.user_agent = Some(at_most(hostile.agent, "Mozilla/5.0 (compatible; Verbose/1.0) ", 512));
        }
        log.extra = given(hostile.extra);
        log.error_message = given(hostile.error);
        log.error_detail = given(hostile.error).map(|error| format!("Traceback (most recent call last):\n{error}"));
        steps.extend(visit.take());
    }
    steps
}

/// The text; the pattern over and over where it is to be as long as it may.
fn at_most(text: &str, pattern: &str, length: usize) -> String {
    if text == LONG { pattern.chars().cycle().take(length).collect() } else { text.to_owned() }
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
