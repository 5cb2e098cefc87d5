//! Tests of the ticket.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn facts() -> TicketFacts<'static> {
    let at = |text| Timestamp::parse_rfc3339(text).expect("an instant");
    TicketFacts {
        description: "Booking could not be confirmed",
        error_message: Some("AttributeError: 'NoneType' object has no attribute 'walker_id'"),
        who: Who::Member(Uuid::from_u128(0x018f_2b6e_41aa_7c19_9f3e_5b0d_7c2a_9e11)),
        timestamp: at("2026-06-18T13:32:07.418Z"),
        zone: chrono_tz::Europe::London,
        area: "members/bookings/new",
        service_type: Some("group_walk"),
        status: "error",
        action_type: "error",
        entry_url: "https://daybook.example/logs/0197830e-6c2f-7d41-8b55-2f9c03e6a7d4",
        first_frame: Some(Frame { path: "/srv/app/routes.py", line: "88", function: Some("create_booking") }),
        last_frame: Some(Frame { path: "/srv/app/service.py", line: "247", function: Some("_pick_walker") }),
        recorded: Some(Recorded { times: 23, members: 14, first: at("2026-06-18T11:51:40Z") }),
        led: &[],
        lately: None,
        since: None,
        redact: &["Hana Lindqvist", "hana.lindqvist@example.org"],
    }
}

#[test]
fn an_error_is_told_with_all_that_is_known() {
    assert_eq!(
        facts().markdown(),
        "### Booking could not be confirmed
- Error: `AttributeError: 'NoneType' object has no attribute 'walker_id'`
- Who: member 018f2b6e-41aa
- When: 18 June 2026, 14:32:07 BST (2026-06-18T13:32:07.418Z)
- Where: `members/bookings/new`, service type `group_walk`
- Code: `/srv/app/service.py:247` in `_pick_walker`, called from `/srv/app/routes.py:88` in `create_booking`
- Recorded: 23 times, 14 members, first 18 June 2026, 12:51 BST
- Entry: https://daybook.example/logs/0197830e-6c2f-7d41-8b55-2f9c03e6a7d4"
    );
}

#[test]
fn another_entry_says_what_it_is() {
    let only = Frame { path: "/srv/app/x.py", line: "3", function: None };
    let facts = TicketFacts {
        description: " ",
        error_message: None,
        who: Who::NoAccountNow,
        service_type: None,
        status: "degraded",
        action_type: "booking_created",
        first_frame: Some(only),
        last_frame: Some(only),
        recorded: None,
        ..facts()
    };
    assert_eq!(
        facts.markdown(),
        "### Entry without a description
- What: Booking created, `degraded`
- Who: no account now
- When: 18 June 2026, 14:32:07 BST (2026-06-18T13:32:07.418Z)
- Where: `members/bookings/new`
- Code: `/srv/app/x.py:3`
- Entry: https://daybook.example/logs/0197830e-6c2f-7d41-8b55-2f9c03e6a7d4"
    );
    let who = |who| TicketFacts { who, ..facts }.who();
    assert_eq!(who(Who::Anonymous), "anonymous");
    assert_eq!(
        who(Who::RecordedWithoutAccount(Uuid::nil())),
        "recorded without an account, today member 00000000-0000"
    );
}

#[test]
fn what_led_there_and_what_became_of_it_are_told() {
    let at = |text| Timestamp::parse_rfc3339(text).expect("an instant");
    let step = |text, description, times| Step { at: at(text), description, area: "members/help", times };
    let led = [
        step("2026-06-17T22:59:59Z", "Wrote to hana.lindqvist@example.org", 1),
        step("2026-06-18T13:23:49Z", " ", 1),
        step("2026-06-18T13:31:30Z", "Opened the booking form", 6),
    ];
    let facts =
        TicketFacts { led: &led, lately: Some("second time in 3 minutes"), since: Some("not seen since"), ..facts() };
    let ticket = facts.markdown();
    let tail = ticket.split_once("`create_booking`\n").expect("the frames").1;
    assert_eq!(
        tail,
        "- Lately: second time in 3 minutes for them
- Worked since: not seen since
- Recorded: 23 times, 14 members, first 18 June 2026, 12:51 BST
- Entry: https://daybook.example/logs/0197830e-6c2f-7d41-8b55-2f9c03e6a7d4
- What led there:
  1. 17 June 2026, 23:59:59 `Wrote to [name]` (`members/help`)
  2. 14:23:49 No description recorded (`members/help`)
  3. 14:31:30 Opened the booking form (`members/help`), 6 times"
    );
}

#[test]
fn nothing_personal_stands_in_it() {
    let facts = TicketFacts {
        description: "Message from Hana Lindqvist",
        error_message: Some("no route to jo@example.org (203.0.113.24),\n  call 07700\u{200b} 900123"),
        area: "members/hana.lindqvist@example.org",
        last_frame: Some(Frame { path: "/home/hana/x.py", line: "1", function: None }),
        ..facts()
    };
    let ticket = facts.markdown();
    assert!(
        ticket.starts_with("### `Message from [name]`\n- Error: `no route to [e-mail] ([address]), call [number]`\n")
    );
    assert!(ticket.contains("- Where: `members/[name]`,") && ticket.contains("- Code: `/home/[name]/x.py:1`,"));
}

#[test]
fn what_means_something_in_markdown_stands_in_code() {
    for (description, title) in [
        ("Sign-in refused: wrong password", "Sign-in refused: wrong password"),
        ("Walk (45 min), 10% off. Héllo 山!", "Walk (45 min), 10% off. Héllo 山!"),
        ("<img src=x>", "`<img src=x>`"),
        ("see http://evil.example", "`see http://evil.example`"),
        ("see www.evil.example", "`see www.evil.example`"),
        ("@team #12 [x](y)", "`@team #12 [x](y)`"),
        ("a `code` b", "``a `code` b``"),
        ("``` ``", "```` ``` `` ````"),
        ("`", "`` ` ``"),
        ("one\r\n\n# two\u{2028}- three\u{202e}", "`one # two - three`"),
    ] {
        assert_eq!(TicketFacts { description, ..facts() }.title(), title);
    }
}

#[test]
fn long_texts_are_cut_but_never_inside_something_personal() {
    let facts = facts();
    let text = "x".repeat(600);
    assert_eq!(facts.clean(&text, TEXT_LIMIT), format!("{}…", &text[..TEXT_LIMIT]));
    // The looking ends inside the second e-mail, and what is taken out before it makes room for its beginning.
    for between in [" ", "/"] {
        let text = format!("{}@example.org{between}jo.bell@example.org", "y".repeat(LOOKED_AT - 20));
        assert!(!facts.clean(&text, TEXT_LIMIT).contains("jo"));
    }
    let started = Instant::now();
    for unit in ["x", "`", "\n", "a@", "1 "] {
        let text = unit.repeat(1_000_000);
        let facts = TicketFacts { description: &text, error_message: Some(&text), area: &text, ..facts };
        assert!(facts.markdown().len() < 10_000);
    }
    assert!(started.elapsed() < Duration::from_secs(5));
}

/// What is left of a line of Markdown outside its code spans.
fn outside_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        out.push_str(&rest[..start]);
        let run = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let inside = &rest[start + run..];
        let mut from = 0;
        // A code span ends at the next run of just as many backticks.
        let end = loop {
            let at = from + inside[from..].find('`').expect("an end of the code span");
            let len = inside[at..].len() - inside[at..].trim_start_matches('`').len();
            if len == run {
                break at;
            }
            from = at + len;
        };
        rest = &inside[end + run..];
    }
    out + rest
}

proptest! {
    #[test]
    fn hostile_text_stays_inert(text in "(\\PC|[`\\s<>\\[\\]()#@*_.:/\\\\-]|http://a\\.b|\u{202e}){0,60}") {
        let frame = Some(Frame { path: &text, line: "1", function: Some(&text) });
        let facts = TicketFacts {
            description: &text,
            error_message: Some(&text),
            area: &text,
            service_type: Some(&text),
            status: &text,
            action_type: &text,
            first_frame: frame,
            last_frame: frame,
            ..facts()
        };
        let ticket = facts.markdown();
        let starts = ["### ", "- Error: ", "- What: ", "- Who: ", "- When: ", "- Where: ", "- Code: ", "- Recorded: ", "- Entry: "];
        let mut starts = starts.into_iter().peekable();
        for line in ticket.split('\n') {
            let start = starts.find(|start| line.starts_with(start));
            prop_assert!(start.is_some(), "{}", line);
            if start != Some("- Entry: ") {
                let plain = outside_code(&line[start.map_or(0, str::len)..]);
                prop_assert!(!plain.contains(['<', '>', '[', ']', '*', '_', '`', '\\', '@', '&', '|', '~', '\r', '#']), "{}", plain);
                prop_assert!(!plain.contains("://") && !plain.contains("www."), "{}", plain);
            }
        }
        prop_assert!(starts.next().is_none());
    }
}
