//! A day at a club, for the browser: enough entries for pages, every kind of person, and text that strangers send.

use std::fmt::Write as _;

use daybook::logs::{
    log::{NewBooking, NewLog, NewMember},
    write::Batch,
};
use uuid::Uuid;

use super::{
    TestDb,
    sample::{error, log, minutes_ago, now},
};

/// What a test asks for by name.
pub struct Story {
    /// Hana Lindqvist: many entries, errors among them.
    pub hana: Uuid,
    /// A member whose name is as long as names get.
    pub long_name: Uuid,
    /// A member without an entry.
    pub quiet: Uuid,
    /// A booking with entries.
    pub booking: Uuid,
    /// An error with a traceback of a few lines.
    pub error: Uuid,
    /// The same error of the same member, three minutes before.
    pub again: Uuid,
    /// An error with a traceback of 700 lines, some of them long.
    pub long_error: Uuid,
    /// An entry that is as long as its columns allow.
    pub long_entry: Uuid,
    /// An entry with markup and marks in every text.
    pub hostile: Uuid,
    /// An entry dated 14 minutes ahead.
    pub ahead: Uuid,
    /// An entry by nobody.
    pub anonymous: Uuid,
}

/// An e-mail that entries have and nobody has now.
pub const GONE: &str = "gone.member@example.org";
/// Markup that a page would act on if it were not escaped.
pub const MARKUP: &str = "<img src=x onerror=alert(1)>\"'><div hx-get=\"/logout\" hx-trigger=\"load\">x</div>";

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x018f_40aa_77d1_7000_8000_0000_0000_0000 + n)
}

/// Writes it.
pub async fn story(db: &TestDb) -> Story {
    let member = |n: u128, name: Option<&str>, email: Option<&str>| NewMember {
        id: id(n),
        email: email.map(str::to_owned),
        name: name.map(str::to_owned),
    };
    let long = "Wolfeschlegelsteinhausenbergerdorff".repeat(4);
    let members = vec![
        member(1, Some("Hana Lindqvist"), Some("hana.lindqvist@example.org")),
        member(2, Some("ليلى حسن"), Some("layla.hassan@example.org")),
        member(3, Some("Zoë 🐕‍🦺 Østergård"), Some("zoe@example.org")),
        member(4, Some(&long), Some(&format!("{}@example.org", "a.very.long.address".repeat(10)))),
        member(5, None, Some("no.name@example.org")),
        member(6, Some("Only Name"), None),
        member(7, Some(MARKUP), Some("markup@example.org")),
        member(8, Some("Quiet Quentin"), Some("quiet@example.org")),
    ];
    let booking = NewBooking { id: id(100), member_id: Some(id(1)), service_type: Some("group_walk".to_owned()) };
    let story = Story {
        hana: id(1),
        long_name: id(4),
        quiet: id(8),
        booking: booking.id,
        error: id(1_001),
        again: id(1_009),
        long_error: id(1_002),
        long_entry: id(1_003),
        hostile: id(1_004),
        ahead: id(1_005),
        anonymous: id(1_006),
    };
    let mut logs = special(&story);
    logs.extend((0..120).map(ordinary));
    logs.extend(older());
    db.write_batch(Batch { members, bookings: vec![booking], logs }).await;
    story
}

/// A plain entry of the last day, two hours old at least; one in ten is a warning.
fn ordinary(n: u32) -> NewLog {
    const WHAT: [(&str, &str, &str); 5] = [
        ("page_visit", "members/dashboard", "Opened the dashboard"),
        ("login", "public/login", "Signed in"),
        ("message_read", "members/messages", "Read a message"),
        ("profile_updated", "members/profile", "Changed the telephone number"),
        ("booking_created", "members/bookings/new", "Booked a group walk"),
    ];
    let (action_type, area, description) = WHAT[n as usize % WHAT.len()];
    let who = u128::from(n % 7 + 1);
    NewLog {
        id: id(2_000 + u128::from(n)),
        member_id: Some(id(who)),
        member_email: match who {
            1 => Some("hana.lindqvist@example.org".to_owned()),
            2 => Some("layla.hassan@example.org".to_owned()),
            3 => Some("zoe@example.org".to_owned()),
            5 => Some("no.name@example.org".to_owned()),
            _ => None,
        },
        action_type: action_type.to_owned(),
        area: area.to_owned(),
        description: description.to_owned(),
        status: if n % 10 == 9 { "warning" } else { "success" }.to_owned(),
        ..log(minutes_ago(120 + i64::from(n) * 10))
    }
}

/// The entries with a name, and those that tie.
fn special(story: &Story) -> Vec<NewLog> {
    let hana = |log: NewLog| NewLog {
        member_id: Some(story.hana),
        member_email: Some("hana.lindqvist@example.org".to_owned()),
        ..log
    };
    let mut traceback = String::from("Traceback (most recent call last):\n");
    for n in 0..349 {
        let folder = if n % 3 == 0 { "clubhouse" } else { ".venv/lib/python3.12/site-packages/starlette" };
        let _ = writeln!(traceback, "  File \"/srv/app/{folder}/deep_{n}.py\", line {n}, in step\n    next({n})");
    }
    traceback.push_str(&"x".repeat(5_000));
    let mut logs = vec![
        hana(NewLog { id: story.error, booking_id: Some(story.booking), ..error(minutes_ago(6)) }),
        NewLog {
            id: story.long_error,
            error_message: Some(format!("RecursionError: {}", "maximum recursion depth exceeded; ".repeat(60))),
            error_detail: Some(traceback),
            extra: Some(r#"[{"deep": [1, 2.50, null, true, {"deeper": "x"}]}]"#.to_owned()),
            member_email: Some(GONE.to_owned()),
            ..error(minutes_ago(20))
        },
        NewLog {
            id: story.long_entry,
            member_id: Some(story.long_name),
            area: "members/a-path-without-end/".chars().cycle().take(255).collect(),
            description: "W".repeat(500),
            action_type: "an_action_of_sixty_four_characters_".chars().cycle().take(64).collect(),
            status: "status_of_16_chr".to_owned(),
            ip_address: Some("f".repeat(64)),
            user_agent: Some("U".repeat(512)),
            extra: Some(format!("{{\"{}\": \"{}\"}}", "k".repeat(200), "v".repeat(600))),
            ..log(minutes_ago(30))
        },
        NewLog {
            id: story.hostile,
            member_email: Some("<script>alert(1)</script>@example.org".to_owned()),
            area: "members/\u{202e}drawkcab\u{202c}/<b>".to_owned(),
            description: format!(
                "{MARKUP} \u{202e}fdp.exe\u{202c} Z\u{36f}\u{489}\u{300}\u{301}\u{302}algo ﷽ {{{{7*7}}}}"
            ),
            ip_address: Some("<b>203.0.113.9</b>".to_owned()),
            user_agent: Some(MARKUP.to_owned()),
            error_message: Some(format!("ValueError: </code>{MARKUP}\r\n\u{1b}[31mred")),
            error_detail: Some(format!("Traceback (most recent call last):\n</pre>{MARKUP}\n\u{1b}[41mValueError")),
            extra: Some(
                r#"{"<b>key</b>": "</script><script>alert(1)</script>", "__proto__": {"polluted": true}}"#.to_owned(),
            ),
            ..error(minutes_ago(40))
        },
        hana(NewLog {
            id: story.ahead,
            description: "Opened the calendar on a clock that is fast".to_owned(),
            ..log(minutes_ago(-14))
        }),
        NewLog {
            id: story.anonymous,
            ip_address: Some("198.51.100.7".to_owned()),
            area: "public/pricing".to_owned(),
            description: "Opened the prices".to_owned(),
            ..log(minutes_ago(50))
        },
        NewLog {
            id: id(1_007),
            member_email: Some(GONE.to_owned()),
            action_type: "login".to_owned(),
            area: "public/login".to_owned(),
            description: "Sign-in refused: wrong password".to_owned(),
            status: "warning".to_owned(),
            ..log(minutes_ago(60))
        },
        NewLog {
            id: id(1_008),
            member_email: Some("Hana.Lindqvist@Example.org".to_owned()),
            description: "Opened the prices before signing in".to_owned(),
            area: "public/pricing".to_owned(),
            ..log(minutes_ago(61))
        },
        hana(NewLog { id: story.again, booking_id: Some(story.booking), ..error(minutes_ago(9)) }),
    ];
    // Three at the very same instant, and two more within its second.
    let tie = minutes_ago(70);
    for (n, apart) in [(0, 0), (1, 0), (2, 0), (3, 21), (4, 28)] {
        let apart = chrono::Duration::milliseconds(apart);
        let description = format!("One of five within a second: {n}");
        logs.push(hana(NewLog { id: id(1_020 + n), description, timestamp: tie.plus(apart), ..log(now()) }));
    }
    logs
}

/// Before the last day.
fn older() -> Vec<NewLog> {
    [2_u32, 5, 12, 40, 100]
        .into_iter()
        .map(|days| NewLog {
            id: id(3_000 + u128::from(days)),
            member_email: Some(GONE.to_owned()),
            description: format!("Opened the dashboard {days} days ago"),
            ..log(minutes_ago(i64::from(days) * 24 * 60))
        })
        .collect()
}
