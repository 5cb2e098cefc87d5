//! The rule holds what it promises: the same failure is the same whatever varies, and another one is another.

use std::fmt::Write as _;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const LIB: &str = "/srv/app/.venv/lib/python3.12/site-packages/starlette/routing.py";

fn traced(path: &str, line: u32, function: &str, last: &str) -> String {
    format!(
        "Traceback (most recent call last):\n  File \"{LIB}\", line 288, in handle\n    await self.app(scope)\n  File \"{path}\", \
         line {line}, in {function}\n    return slot.rota\n  File \"{LIB}\", line {}, in run\n    return x\n{last}",
        line + 1
    )
}

fn of(detail: Option<&str>, message: Option<&str>) -> Alike {
    let said = Said {
        action_type: "error",
        area: "members/bookings/new",
        description: "Booking could not be confirmed",
        error_message: message,
        error_detail: detail,
    };
    Alike::of(said, None)
}

fn traceback(path: &str, line: u32, function: &str, last: &str) -> Alike {
    of(Some(&traced(path, line, function, last)), None)
}

#[test]
fn a_fingerprint_is_twelve_digits_and_reads_back() {
    let print = traceback("/srv/app/club/a.py", 3, "f", "ValueError: x").fingerprint;
    let text = print.to_string();
    assert_eq!(text.len(), 12);
    assert_eq!(Fingerprint::parse(&text), Some(print));
    assert_eq!(Fingerprint::from_number(print.number()), print);
    for bad in ["", "9f2c41d07be", "9f2c41d07be33", "9F2C41D07BE3", "9f2c41d07beg", "+f2c41d07be3", "é2c41d07be3"] {
        assert_eq!(Fingerprint::parse(bad), None, "{bad}");
    }
}

#[test]
fn a_traceback_is_told_by_its_type_and_its_last_application_frame() {
    let alike =
        traceback("/srv/app/clubhouse/bookings/service.py", 247, "_pick_walker", "club.errors.NoWalker: slot 7");
    assert_eq!(alike.title, "NoWalker: slot 7");
    assert_eq!(alike.exception.as_deref(), Some("club.errors.NoWalker"));
    assert_eq!(alike.frame.as_deref(), Some("clubhouse/bookings/service.py in _pick_walker"));
    let same =
        traceback("/home/x/app/clubhouse/bookings/service.py", 9, "_pick_walker", "club.errors.NoWalker: slot 8");
    assert_eq!(same.fingerprint, alike.fingerprint, "neither lines, nor values, nor where it is deployed");
    for other in [
        traceback("/srv/app/clubhouse/bookings/service.py", 247, "confirm", "club.errors.NoWalker: slot 7"),
        traceback("/srv/app/clubhouse/bookings/slots.py", 247, "_pick_walker", "club.errors.NoWalker: slot 7"),
        traceback("/srv/app/clubhouse/bookings/service.py", 247, "_pick_walker", "club.errors.NoSlot: slot 7"),
    ] {
        assert_ne!(other.fingerprint, alike.fingerprint);
    }
}

#[test]
fn the_last_of_chained_tracebacks_counts() {
    let cause = traced("/srv/app/club/db.py", 3, "query", "OperationalError: gone");
    let chained = |first: &str| {
        let last = traced("/srv/app/club/pages.py", 9, "show", "PageError: no page");
        of(
            Some(&format!("{first}\n\nDuring handling of the above exception, another exception occurred:\n\n{last}")),
            None,
        )
    };
    let alone = traceback("/srv/app/club/pages.py", 9, "show", "PageError: no page");
    assert_eq!(chained(&cause).fingerprint, alone.fingerprint);
    // Where the last has none of the application's frames, its own last one counts, and none of the first.
    let library =
        format!("Traceback (most recent call last):\n  File \"{LIB}\", line 2, in close\n    x\nPoolError: closed");
    let alike = of(Some(&format!("{cause}\n\nThe above exception was the direct cause:\n\n{library}")), None);
    assert_eq!(alike.frame.as_deref(), Some("starlette/routing.py in close"));
    assert_eq!(alike.title, "PoolError: closed");
}

#[test]
fn an_application_root_says_where_paths_begin() {
    let said = |root| {
        let text = traced("/opt/x/club/app/bookings.py", 3, "f", "ValueError: x");
        Alike::of(Said { error_detail: Some(&text), ..Said::default() }, root).frame
    };
    assert_eq!(said(Some("/opt/x/")).as_deref(), Some("club/app/bookings.py in f"));
    assert_eq!(said(Some("/opt/x")).as_deref(), Some("club/app/bookings.py in f"));
    assert_eq!(said(Some("/opt/x/cl")).as_deref(), Some("starlette/routing.py in run"), "a root ends with a folder");
    assert_eq!(said(None).as_deref(), Some("app/bookings.py in f"), "two parts at least");
    let alike = traceback("/opt/releases/20260618/club/pages/a.py", 3, "f", "ValueError: x");
    assert_eq!(alike.frame.as_deref(), Some("club/pages/a.py in f"), "no root is known: the last parts");
    let windows = traceback("C:\\club\\src\\pages\\a.py", 3, "f", "ValueError: x");
    assert_eq!(windows.frame.as_deref(), Some("pages/a.py in f"));
}

#[test]
fn files_of_the_same_name_in_other_folders_are_others() {
    let frame = |path: &str| traceback(path, 3, "f", "ValueError: x").frame.unwrap_or_default();
    for (path, file) in [
        ("/srv/app/club/members/lib/utils.py", "club/members/lib/utils.py"),
        ("/srv/app/club/bookings/lib/utils.py", "club/bookings/lib/utils.py"),
        ("/usr/src/app/club/pages/a.py", "club/pages/a.py"),
        ("/srv/app/src/a.py", "src/a.py"),
        ("/srv/app/releases/20260618143207/src/club/a.py", "releases/#/src/club/a.py"),
    ] {
        assert_eq!(frame(path), format!("{file} in f"), "{path}");
    }
    let library = |path: &str| {
        let text =
            format!("Traceback (most recent call last):\n  File \"{path}\", line 2, in f\n    x\nPoolError: closed");
        of(Some(&text), None).frame.unwrap_or_default()
    };
    for (path, file) in [
        ("/srv/app/.venv/lib/python3.12/site-packages/club/lib/utils.py", "club/lib/utils.py"),
        ("/usr/lib/python3.12/asyncio/runners.py", "asyncio/runners.py"),
        ("/usr/lib/python3/dist-packages/six.py", "dist-packages/six.py"),
    ] {
        assert_eq!(library(path), format!("{file} in f"), "{path}");
    }
    // So is what lies below the root of the application.
    let text = "Traceback (most recent call last):\n  File \"/srv/app/.venv/lib/python3.12/site-packages/x/y.py\", line 2, in f\n    x\nE: y";
    let alike = Alike::of(Said { error_detail: Some(text), ..Said::default() }, Some("/srv/app"));
    assert_eq!(alike.frame.as_deref(), Some("x/y.py in f"));
}

#[test]
fn of_several_that_happened_at_once_the_order_is_none() {
    let sub = |path: &str, error: &str| {
        format!(
            "    | Traceback (most recent call last):\n    |   File \"{path}\", line 9, in f\n    |     x\n    | {error}\n"
        )
    };
    let group = |subs: &[String]| {
        let mut text = "  + Exception Group Traceback (most recent call last):\n  |   File \"/srv/app/club/jobs.py\", line 3, in main\n  |     raise x\n  | ExceptionGroup: some (2 sub-exceptions)\n".to_owned();
        for (at, sub) in subs.iter().enumerate() {
            let border = if at == 0 { "+-+" } else { "  +" };
            let _ = write!(text, "  {border}---------------- {} ----------------\n{sub}", at + 1);
        }
        text + "    +------------------------------------\n"
    };
    let (a, b, c) = (
        sub("/srv/app/club/a.py", "AError: 1"),
        sub("/srv/app/club/b.py", "BError: 2"),
        sub("/srv/app/club/c.py", "CError: 3"),
    );
    let one = of(Some(&group(&[a.clone(), b.clone(), c.clone()])), None);
    for order in [[&b, &a, &c], [&c, &b, &a], [&a, &c, &b]] {
        assert_eq!(of(Some(&group(&order.map(Clone::clone))), None), one);
    }
    assert!(
        ["a.py", "b.py", "c.py"].iter().any(|file| one.frame.as_deref().is_some_and(|frame| frame.contains(file))),
        "{one:?}"
    );
    let bare = of(Some(&group(&["    | ValueError: 1\n".to_owned(), "    | ValueError: 2\n".to_owned()])), None);
    assert_eq!(bare.frame.as_deref(), Some("club/jobs.py in main"), "none of them has a frame");
    // One alone is what it is, and what happened while it was handled is another.
    let alone = of(Some(&group(std::slice::from_ref(&b))), None);
    assert_eq!((alone.title.as_str(), alone.frame.as_deref()), ("BError: 2", Some("club/b.py in f")));
    let next = traced("/srv/app/club/pages.py", 9, "show", "PageError: no page");
    let chained =
        format!("{}\nDuring handling of the above exception, another exception occurred:\n\n{next}", group(&[a, b]));
    assert_eq!(of(Some(&chained), None).title, "PageError: no page");
}

#[test]
fn without_a_traceback_the_message_counts_without_what_varies() {
    let alike = of(None, Some("ReadTimeout: payment 4711 did not answer within 10 s\nmore"));
    assert_eq!(alike.title, "ReadTimeout: payment 4711 did not answer within 10 s");
    assert_eq!((alike.exception.as_deref(), alike.frame), (Some("ReadTimeout"), None));
    let same = of(Some("no traceback"), Some("ReadTimeout: payment 815 did not answer within 2.5 s"));
    assert_eq!(same.fingerprint, alike.fingerprint);
    assert_ne!(of(None, Some("ConnectTimeout: payment 815 did not answer within 2 s")).fingerprint, alike.fingerprint);
    assert_ne!(of(None, Some("ReadTimeout: refund 815 did not answer within 2 s")).fingerprint, alike.fingerprint);
    let said = Said {
        area: "elsewhere",
        error_message: Some("ReadTimeout: payment 1 did not answer within 1 s"),
        ..Said::default()
    };
    assert_ne!(Alike::of(said, None).fingerprint, alike.fingerprint, "the area tells them apart");
    for plain in ["card declined: try another", "note: x", "10: 20", "HTTP: 500"] {
        assert_eq!(of(None, Some(plain)).exception, None, "{plain}");
    }
}

#[test]
fn without_a_message_what_was_done_counts() {
    let told =
        |description: &str| of(None, Some("  \n ")).title == "Booking could not be confirmed" && description.is_empty();
    assert!(told(""));
    let said = |description| Alike::of(Said { action_type: "x", area: "a", description, ..Said::default() }, None);
    assert_eq!(said("Walk 7 failed").fingerprint, said("Walk 8 failed").fingerprint);
    assert_ne!(said("Walk 7 failed").fingerprint, said("Walk 7 went").fingerprint);
    assert_eq!(said("").title, "An error without a message");
}

#[test]
fn a_title_is_one_line_of_a_bounded_length() {
    let long = format!("ValueError: {}", "é".repeat(1_000));
    let title = of(None, Some(&long)).title;
    assert_eq!(title.chars().count(), TITLE + 1);
    assert!(title.ends_with('…'));
    assert_eq!(of(None, Some("a\u{7}b\tc \u{1b}[31m")).title, "a b c [31m");
}

#[test]
fn a_text_of_any_length_is_read_to_a_bound() {
    let filler = "x".repeat(DETAIL * 3);
    let last = traced("/srv/app/club/a.py", 3, "f", "ValueError: x");
    let far = of(Some(&format!("{last}\n{filler}")), None);
    assert_eq!(far.frame, None, "what lies before the bound is not read");
    let near = of(Some(&format!("{filler}\n{last}")), None);
    assert_eq!(near.frame.as_deref(), Some("club/a.py in f"));
}

proptest! {
    #[test]
    fn any_text_has_a_group(detail in ".{0,400}", message in ".{0,200}", area in ".{0,40}", description in ".{0,80}", root in ".{0,10}") {
        let said = Said {
            action_type: "error",
            area: &area,
            description: &description,
            error_message: Some(&message),
            error_detail: Some(&detail),
        };
        let alike = Alike::of(said, Some(&root));
        prop_assert!(!alike.title.is_empty() && !alike.title.contains('\n'));
        prop_assert_eq!(Fingerprint::parse(&alike.fingerprint.to_string()), Some(alike.fingerprint));
    }

    #[test]
    fn any_mangled_traceback_has_a_group(cut in 0..400_usize, junk in ".{0,30}", at in 0..400_usize) {
        let mut text = traced("/srv/app/club/a.py", 3, "f", "ValueError: x");
        let floor = |text: &str, at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let place = floor(&text, at);
        text.insert_str(place, &junk);
        let cut = floor(&text, cut);
        let _ = of(Some(&text[cut..]), None);
        let _ = of(Some(&text[..cut]), None);
    }

    #[test]
    fn the_same_failure_with_other_values_is_alike(
        line in 1..9_999_u32, n in any::<u32>(), id in any::<u128>(), name in "[A-Za-z]{1,12}", deploy in "[a-z]{1,8}",
    ) {
        let path = format!("/{deploy}/app/club/bookings/service.py");
        let last = format!("ValueError: booking {n} ({}) of '{name}' at 0x{n:x}", Uuid::from_u128(id));
        let one = traceback(&path, line, "confirm", &last);
        let other = traceback("/srv/app/club/bookings/service.py", 1, "confirm", "ValueError: booking 1 of 'Hana'");
        prop_assert_eq!(one.fingerprint, other.fingerprint);
        let message = |n: u32, id: u128, name: &str| {
            of(None, Some(&format!("booking {n} of \"{name}\" ({}) was refused", Uuid::from_u128(id)))).fingerprint
        };
        prop_assert_eq!(message(n, id, &name), message(7, 8, "Hana"));
    }

    #[test]
    fn other_functions_and_types_are_others(one in "[a-z_]{1,12}", other in "[a-z_]{1,12}", class in "[A-Z][a-z]{1,9}Error") {
        let print = |function: &str, class: &str| {
            traceback("/srv/app/club/a.py", 3, function, &format!("{class}: x")).fingerprint
        };
        prop_assert_eq!(print(&one, &class) == print(&other, &class), one == other);
        prop_assert_ne!(print(&one, &class), print(&one, "OtherThing"));
    }
}
