//! Tests of the traceback.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

/// The lines as a short code each: P plain, L library, A application, F its file line, X exception, numbers a fold.
fn kinds(text: &str) -> String {
    let code = |line: &Line<'_>| match line.kind {
        LineKind::Plain => "P".to_owned(),
        LineKind::Library => "L".to_owned(),
        LineKind::Application => "A".to_owned(),
        LineKind::ApplicationFile => "F".to_owned(),
        LineKind::Exception => "X".to_owned(),
        LineKind::Folded { left_out } => left_out.to_string(),
    };
    Traceback::read(text, None).lines.iter().map(code).collect()
}

fn shown(line: &Line<'_>) -> String {
    line.parts.iter().map(|(_, part)| *part).collect()
}

const SIMPLE: &str = "Traceback (most recent call last):
  File \"/srv/app/.venv/lib/python3.12/site-packages/starlette/routing.py\", line 288, in handle
    await self.app(scope, receive, send)
  File \"/srv/app/clubhouse/bookings/service.py\", line 247, in _pick_walker
    return slot.default_rota.walker_id
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^
AttributeError: 'NoneType' object has no attribute 'walker_id'
";

#[test]
fn a_traceback_has_frames_and_an_exception() {
    assert_eq!(kinds(SIMPLE), "PLLFAAX");
    let read = Traceback::read(SIMPLE, None);
    assert_eq!((read.total_lines, read.application_frames, read.library_frames), (7, 1, 1));
    assert_eq!(
        read.lines[3].parts,
        [
            (PartKind::Text, "  File \""),
            (PartKind::Path, "/srv/app/clubhouse/bookings/service.py"),
            (PartKind::Text, "\", line "),
            (PartKind::Number, "247"),
            (PartKind::Text, ", in "),
            (PartKind::Function, "_pick_walker"),
        ]
    );
    let frame = Frame { path: "/srv/app/clubhouse/bookings/service.py", line: "247", function: Some("_pick_walker") };
    assert_eq!(read.first_application_frame(), Some(frame));
    assert_eq!(read.last_application_frame(), Some(frame));
}

#[test]
fn with_a_root_a_frame_is_the_applications_where_it_lies_below_and_in_no_environment() {
    let read = Traceback::read(SIMPLE, Some("/srv/app/clubhouse/"));
    assert_eq!((read.application_frames, read.library_frames), (1, 1));
    // The environment lies below the root, and is not the application's.
    for root in ["/srv/app", "/srv/app/"] {
        let read = Traceback::read(SIMPLE, Some(root));
        assert_eq!((read.application_frames, read.library_frames), (1, 1), "{root}");
        assert_eq!(read.first_application_frame().map(|frame| frame.line), Some("247"), "{root}");
    }
    for root in ["/srv/app/.venv/", "/srv/app/club", "/srv/ap"] {
        assert_eq!(Traceback::read(SIMPLE, Some(root)).application_frames, 0, "{root}");
    }
    // What stands above the root says nothing.
    let installed = Traceback::read(SIMPLE, Some("/srv/app/.venv/lib/python3.12/site-packages/starlette"));
    assert_eq!(installed.last_application_frame().map(|frame| frame.line), Some("288"));
    let read = Traceback::read(SIMPLE, Some("/srv/other/"));
    assert_eq!((read.application_frames, read.library_frames, read.last_application_frame()), (0, 2, None));
    assert_eq!(Traceback::read(SIMPLE, Some("")), Traceback::read(SIMPLE, None));
}

#[test]
fn chained_tracebacks_are_read_one_after_the_other() {
    let text = "Traceback (most recent call last):
  File \"/srv/app/a.py\", line 1, in a
    b()
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"/usr/lib/python3.12/asyncio/runners.py\", line 2, in run
    pass
  File \"<frozen importlib._bootstrap>\", line 3, in _load
  [Previous line repeated 97 more times]
  File \"/srv/app/b.py\", line 4, in <module>
    raise NotBookable(
        day,

    )
clubhouse.errors.f.<locals>.NotBookable: first
second: line
  third
";
    assert_eq!(kinds(text), "PFAXPPPPLLLLFAAAAXPP");
    let read = Traceback::read(text, None);
    assert_eq!((read.application_frames, read.library_frames), (2, 2));
    assert_eq!(read.first_application_frame().and_then(|frame| frame.function), Some("a"));
    assert_eq!(read.last_application_frame().and_then(|frame| frame.function), Some("<module>"));
}

#[test]
fn exception_groups_are_read_inside_their_margin() {
    let text = "  + Exception Group Traceback (most recent call last):
  |   File \"/srv/app/jobs.py\", line 3, in main
  |     raise ExceptionGroup(\"two\", errors)
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File \"/srv/app/jobs.py\", line 9, in one
    |     left
    |     | right
    | TypeError: unsupported
    | 
    | with a second line
    +---------------- 2 ----------------
    | ValueError
    +------------------------------------
";
    assert_eq!(kinds(text), "PFAXPPFAAXPPPXP");
}

#[test]
fn a_syntax_error_names_a_file_without_a_function() {
    let text = "  File \"/srv/app/x.py\", line 3\n    x = = 2\n        ^\nSyntaxError: invalid syntax";
    assert_eq!(kinds(text), "FAAX");
    assert_eq!(Traceback::read(text, None).last_application_frame().map(|frame| frame.function), Some(None));
}

#[test]
fn what_is_no_python_traceback_is_plain() {
    for text in [
        "TypeError: x is undefined\n    at f (/srv/app/a.js:3:7)\n    at node:internal/main:1:1",
        "java.lang.IllegalStateException: no\n\tat org.example.A.b(A.java:12)\nCaused by: java.io.IOException: x",
        "Name: value\n\n  indented\n| a | b |\n+---+---+\n",
        "File \"a\", line x, in f\nFile \"a\", line , in f\nFile \"a\", line 1 in f\nFile a, line 1",
    ] {
        assert!(kinds(text).chars().all(|kind| kind == 'P'), "{text}");
    }
    assert_eq!(kinds(""), "");
}

#[test]
fn a_path_may_hold_what_follows_a_path() {
    let text = "  File \"/a\", line x\", line 12, in f\", line 3, in g";
    let frame = Traceback::read(text, None).first_application_frame();
    assert_eq!(frame, Some(Frame { path: "/a\", line x", line: "12", function: Some("f\", line 3, in g") }));
}

#[test]
fn line_ends_are_left_out_and_a_lone_carriage_return_is_not_one() {
    let read = Traceback::read("a\r\nb\rc\x0cd\r\r\n\n", None);
    assert_eq!(read.lines.iter().map(shown).collect::<Vec<_>>(), ["a", "b\rc\x0cd\r", ""]);
    assert_eq!(read.total_lines, 3);
}

#[test]
fn of_many_lines_the_first_and_the_last_are_shown() {
    let numbered = |n: usize| (1..=n).fold(String::new(), |text, i| text + &format!("line {i}\n"));
    assert_eq!(Traceback::read(&numbered(400), None).lines.len(), 400);
    let text = numbered(1_604);
    let read = Traceback::read(&text, None);
    assert_eq!((read.lines.len(), read.total_lines), (401, 1_604));
    assert_eq!((read.lines[200].kind, read.lines[200].number), (LineKind::Folded { left_out: 1_204 }, 201));
    assert_eq!(read.lines[199].number, 200);
    assert_eq!((read.lines[201].number, shown(&read.lines[201]).as_str()), (1_405, "line 1405"));
}

#[test]
fn frames_that_are_not_shown_count() {
    let text = "  File \"/srv/app/tree.py\", line 61, in walk\n    walk()\n".repeat(1_000);
    assert_eq!(Traceback::read(&text, None).application_frames, 1_000);
}

#[test]
fn a_long_line_is_cut_at_a_character() {
    let text = "é".repeat(WIDTH);
    assert!(!Traceback::read(&text, None).lines[0].cut);
    let text = format!("  File \"{}\", line 1, in f", "é".repeat(WIDTH));
    let read = Traceback::read(&text, None);
    assert!(read.lines[0].cut);
    assert_eq!(shown(&read.lines[0]).chars().count(), WIDTH);
    assert_eq!(read.lines[0].parts.len(), 2);
}

#[test]
fn two_megabytes_of_anything_are_quick() {
    let mut lines = String::new();
    for at in 0..100_000 {
        let _ = writeln!(lines, "  File \"/x\", line {at}");
    }
    for text in [
        lines,
        "x".repeat(2_000_000),
        "  File \"".to_owned() + &"\", line 1".repeat(250_000),
        "File \"".repeat(350_000),
        " ".repeat(2_000_000),
        "  | ".repeat(500_000),
        "\n".repeat(2_000_000),
    ] {
        let started = Instant::now();
        assert!(Traceback::read(&text, None).lines.len() <= 401);
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", &text[..40]);
    }
}

proptest! {
    #[test]
    fn the_lines_are_the_text(text in "(\\PC|[\\r\\n\\t |+\"]|  File \"a\", line 1, in f\n){0,60}") {
        let read = Traceback::read(&text, None);
        let lines: Vec<String> = read.lines.iter().map(shown).collect();
        let expected: Vec<&str> = lines_of(&text).collect();
        prop_assert_eq!(lines, expected);
        let files = read.lines.iter().filter(|line| line.parts.iter().any(|(kind, _)| *kind == PartKind::Number));
        prop_assert_eq!(files.count(), read.application_frames + read.library_frames);
    }
}
