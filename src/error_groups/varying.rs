//! Takes out of a text what differs each time although the same thing happened: numbers, ids, quoted strings, addresses,
//! e-mails, times.

use std::net::{IpAddr, SocketAddr};

use uuid::Uuid;

/// What stands for anything with digits in it.
const NUMBER: char = '#';
/// What stands for a quoted string.
const QUOTED: &str = "“…”";
/// From so many hexadecimal digits on, with a figure among them, they are an id and no word.
const HEX: usize = 8;
/// From so many letters and figures on, mixed by chance, they are one as well.
const RANDOM: usize = 8;
/// Quotes that open, each with the one that closes.
const QUOTES: [(char, char); 6] = [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’'), ('«', '»')];
/// What joins numbers to one: a time of day, a date, thousands.
const JOINTS: [char; 7] = ['.', ',', ':', '-', '/', '+', '_'];

/// The text without what varies, its blanks folded.
#[must_use]
pub fn take_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim_start();
    // An apostrophe stands within a word, a quote before one.
    let mut within_word = false;
    while let Some(c) = rest.chars().next() {
        if !within_word && let Some(len) = quoted(rest) {
            out.push_str(QUOTED);
            rest = &rest[len..];
        } else if c.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
            rest = rest.trim_start();
            within_word = false;
            continue;
        } else if is_part(c) {
            let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            word(&rest[..len], &mut out);
            rest = &rest[len..];
            // An id in base64 is filled up to a length.
            let filled = rest.trim_start_matches('=');
            if out.ends_with(NUMBER) && rest.len() - filled.len() <= 2 && !filled.starts_with(is_part) {
                rest = filled;
            }
            within_word = true;
            continue;
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
        within_word = false;
    }
    out.truncate(out.trim_end().len());
    out
}

/// The length of the quoted string that a text begins with.
fn quoted(text: &str) -> Option<usize> {
    let open = text.chars().next()?;
    let (_, close) = QUOTES.into_iter().find(|(had, _)| *had == open)?;
    let mut before = open;
    for (at, c) in text.char_indices().skip(1) {
        let end = at + c.len_utf8();
        if c == '\n' {
            return None;
        }
        // One that closes is not followed by more of a word: 'it isn't there'.
        if c == close && before != '\\' && !text[end..].starts_with(char::is_alphanumeric) {
            return Some(end);
        }
        before = c;
    }
    None
}

/// What a word may be made of, ids, addresses and paths among them.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ',' | ':' | '/' | '@' | '+' | '%' | '\\' | '~' | '#')
}

/// Adds a word without what varies.
fn word(text: &str, out: &mut String) {
    let (core, after) = {
        let core = text.trim_end_matches(['.', ',', ':', '/', '-', '+']);
        (core, &text[core.len()..])
    };
    if is_email(core) {
        out.push_str("<e-mail>");
    } else if Uuid::parse_str(core).is_ok() || is_address(core) {
        out.push(NUMBER);
    } else {
        pieces(core, out);
    }
    out.push_str(after);
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, host)| !local.is_empty() && host.contains('.'))
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || text.parse::<SocketAddr>().is_ok()
}

/// Adds the pieces of a word, those with figures as a number, and numbers that are joined as one.
fn pieces(text: &str, out: &mut String) {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if !c.is_alphanumeric() {
            made.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let uuid = rest.get(..36).filter(|text| Uuid::parse_str(text).is_ok());
        let len = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        if let Some(uuid) = uuid {
            made.push(NUMBER);
            rest = &rest[uuid.len()..];
            continue;
        }
        let piece = &rest[..len];
        let (before, after) = (&text[..text.len() - rest.len()], &rest[len..]);
        if is_hex(piece) || is_random(piece) || goes_on(before, piece, after) {
            made.push(NUMBER);
        } else {
            for c in piece.chars() {
                match c {
                    c if !c.is_numeric() => made.push(c),
                    _ if made.ends_with(NUMBER) => {}
                    _ => made.push(NUMBER),
                }
            }
        }
        rest = &rest[len..];
    }
    join(&made, out);
}

fn is_hex(piece: &str) -> bool {
    let digits = piece.strip_prefix("0x").unwrap_or(piece);
    let is_long = digits.len() >= HEX || digits.len() < piece.len();
    is_long
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        && piece.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether letters and figures are mixed as nobody mixes them in a word: `3NqK2eLkdIwHu7ix0`, but neither `sha256sum` nor
/// `worker0042`.
fn is_random(piece: &str) -> bool {
    let is_figure = |c: char| c.is_numeric();
    let figures = piece.chars().filter(|c| is_figure(*c)).count();
    let runs = piece.split(|c| !is_figure(c)).filter(|run| !run.is_empty()).count();
    let is_long = piece.chars().nth(RANDOM - 1).is_some();
    is_long && figures >= 2 && piece.chars().any(char::is_alphabetic) && (runs >= 2 || is_odd(piece))
}

/// Whether capitals stand within: neither `word`, `WORD` nor `Word`.
fn is_odd(piece: &str) -> bool {
    let rest = piece.trim_start_matches(|c: char| !c.is_alphabetic());
    let mut letters = rest.chars().filter(|c| c.is_alphabetic()).skip(1);
    rest.chars().any(char::is_lowercase) && letters.any(char::is_uppercase)
}

/// Whether a piece is more of an id that something cut up: `V1StGXR8_Z5jdHi6B-myT`, and in base64 `dGhpcyBpcyBh/IHRlc3Q4OTA`.
fn goes_on(before: &str, piece: &str, after: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric();
    let joint = |c: Option<char>| c.filter(|c| matches!(c, '_' | '-' | '+' | '/'));
    let next = |joint: char, other: &str| {
        let humps =
            piece.chars().zip(piece.chars().skip(1)).filter(|(a, b)| a.is_lowercase() && b.is_uppercase()).count();
        // A name in a path has capitals as well, but few.
        let is_like = if joint == '/' { humps * 4 >= piece.len() } else { is_odd(piece) };
        is_like && is_random(other)
    };
    let left = joint(before.chars().next_back()).is_some_and(|joint| {
        let other = before[..before.len() - 1].rsplit(|c| !is_letter(c)).next().unwrap_or_default();
        next(joint, other)
    });
    left || joint(after.chars().next()).is_some_and(|joint| {
        let other = after[1..].split(|c| !is_letter(c)).next().unwrap_or_default();
        next(joint, other)
    })
}

/// Adds a word, numbers that something joins as one number: `#:#:#` and `#.#` are as good as `#`.
fn join(made: &str, out: &mut String) {
    let mut letters = made.chars().peekable();
    // A sign before a number says nothing.
    if made.starts_with("-#") || made.starts_with("+#") {
        letters.next();
    }
    while let Some(c) = letters.next() {
        out.push(c);
        if c != NUMBER {
            continue;
        }
        loop {
            let mut ahead = letters.clone();
            let joint = ahead.next();
            match joint {
                Some(NUMBER) => letters = ahead,
                Some(joint) if JOINTS.contains(&joint) && ahead.next() == Some(NUMBER) => letters = ahead,
                _ => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_varies_is_taken_out() {
        for (text, left) in [
            ("payment provider did not answer within 10 s", "payment provider did not answer within # s"),
            ("slot 48213 was taken 3.5 s before", "slot # was taken # s before"),
            ("slot 7 was taken -1,250.75 s before", "slot # was taken # s before"),
            ("no member 018f2b6e-41aa-7c19-9f3e-5b0d7c2a9e11 here", "no member # here"),
            ("no member 018F2B6E41AA7C199F3E5B0D7C2A9E11 here", "no member # here"),
            ("pets/48213/original.heic", "pets/#/original.heic"),
            ("pets/018f2b6e-41aa-7c19-9f3e-5b0d7c2a9e11/a.heic", "pets/#/a.heic"),
            ("cannot write to hana.lindqvist@example.org: refused", "cannot write to <e-mail>: refused"),
            ("203.0.113.24:8080 refused", "# refused"),
            ("2001:db8::1 refused", "# refused"),
            ("at 2026-06-18T14:32:07.418Z, or 14:32", "at #T#Z, or #"),
            ("object at 0x7f3a2b", "object at #"),
            ("commit deadbeef01 is gone", "commit # is gone"),
            ("a decade of facade", "a decade of facade"),
            // Ids that are made of more than hexadecimal digits: Stripe's, ULID, nanoid, base64, cuid.
            ("No such charge: 'ch_3NqK2eLkdIwHu7ix0'", "No such charge: “…”"),
            ("charge ch_3NqK2eLkdIwHu7ix0 is gone", "charge ch_# is gone"),
            ("see req_8Hk2LmN0pQ", "see req_#"),
            ("walk 01ARZ3NDEKTSV4RRFFQ69G5FAV was lost", "walk # was lost"),
            ("walk 01arz3ndektsv4rrffq69g5fav was lost", "walk # was lost"),
            ("key V1StGXR8_Z5jdHi6B-myT expired", "key # expired"),
            ("token aGVsbG8gd29ybGQ= refused", "token # refused"),
            ("token (dGhpcyBpcyBh/IHRlc3Q4OTA+c29tZXRoaW5n==)", "token (#)"),
            ("member cjld2cjxh0000qzrmn831i7rn is unknown", "member # is unknown"),
            ("pets/8Hk2LmN0pQ/original.heic", "pets/#/original.heic"),
            ("/OrderItems/8Hk2LmN0pQ failed", "/OrderItems/# failed"),
            // Words with figures that mean something keep their letters.
            ("utf8, sha256 and sha256sum over http2 in python3", "utf#, sha# and sha#sum over http# in python#"),
            ("worker0042 of IPv4 at base64encode", "worker# of IPv# at base#encode"),
            ("slot_1_2 == 3", "slot_# == #"),
            ("'NoneType' object has no attribute 'walker_id'", "“…” object has no attribute “…”"),
            ("it isn't there, Hana's dog", "it isn't there, Hana's dog"),
            ("key \"it's\" of `x`", "key “…” of “…”"),
            ("an open \" quote", "an open \" quote"),
            ("  much \t blank \n", "much blank"),
            ("(member_id, slot_id)=(12, 44)", "(member_id, slot_id)=(#, #)"),
            ("", ""),
        ] {
            assert_eq!(take_out(text), left, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_no_figure_is_left(text in ".{0,300}") {
            let left = take_out(&text);
            prop_assert!(!left.chars().any(char::is_numeric), "{left}");
        }

        #[test]
        fn other_numbers_and_names_leave_the_same(n in any::<u64>(), id in any::<u128>(), name in "[a-zA-Z ]{0,20}", of in any::<u32>()) {
            let text = |n: u64, id: u128, name: &str, of: u32| {
                format!("Booking {n} of '{name}' ({}) failed at step {of}/9: {}.{}", Uuid::from_u128(id), of, n)
            };
            prop_assert_eq!(take_out(&text(n, id, &name, of)), take_out(&text(7, 8, "Hana", 3)));
        }
    }
}
