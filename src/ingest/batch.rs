//! Entries out of a body, and everything that is wrong with any, by line.

use super::{
    entry::{self, Limits},
    intake::{LINES, Shape},
};
use crate::{
    core::time::Timestamp,
    logs::{json, sent::Sent, write::checked::References},
    web::problem::{Kind, LISTED, Problem, Trouble},
};

/// Entries, each with the line it stood in.
#[derive(Debug, Default)]
pub struct Batch {
    /// The entries in the order sent.
    pub sent: Vec<Sent>,
    /// Their lines.
    pub lines: Vec<usize>,
    /// What is wrong with the other lines; as much as is listed.
    pub wrong: Vec<Trouble>,
    /// What those refer to, as far as it can be read, by line.
    pub references: Vec<(usize, References)>,
}

/// Reads the entries of a body.
///
/// # Errors
/// 400 where anything in it is not an object of JSON, 413 where there are too many.
pub fn read(bytes: &[u8], shape: Shape, now: Timestamp) -> Result<Batch, Problem> {
    let text = json::utf8(bytes).ok_or_else(|| Problem::new(Kind::Malformed, "the body is not UTF-8"))?;
    let lines: Vec<(usize, &str)> = match shape {
        Shape::Object => vec![(1, text)],
        Shape::Lines => (1..).zip(text.lines()).filter(|(_, line)| !json::is_blank(line)).collect(),
    };
    if lines.len() > LINES {
        return Err(Problem::new(Kind::TooLarge, format!("a body has at most {LINES} lines")));
    }
    if lines.is_empty() {
        return Err(Problem::new(Kind::Malformed, "there is no line in the body"));
    }
    let (mut batch, mut whole) = (Batch::default(), false);
    for (line, text) in lines {
        match entry::read(text, Limits::API, now) {
            Ok(sent) => {
                batch.sent.push(sent);
                batch.lines.push(line);
            }
            Err(all) => {
                whole |= all.iter().any(entry::Wrong::is_whole);
                let room = LISTED.saturating_sub(batch.wrong.len());
                if room > 0 {
                    batch.references.push((line, entry::references(text)));
                }
                batch.wrong.extend(all.into_iter().take(room).map(|one| Trouble {
                    line: Some(line),
                    field: one.field,
                    reason: one.reason,
                }));
            }
        }
    }
    if whole {
        return Err(Problem::new(Kind::Malformed, "a line is not an object of JSON").with(batch.wrong));
    }
    Ok(batch)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_781_789_885_000_120);
    const GOOD: &str = r#"{"action_type":"a","area":"b","description":"c"}"#;

    #[test]
    fn an_entry_is_known_by_the_line_it_stood_in() {
        let batch = read(format!("\n{GOOD}\r\n  \n{GOOD}").as_bytes(), Shape::Lines, NOW).expect("two entries");
        assert_eq!(batch.lines, [2, 4]);
        assert!(read(&format!("{GOOD}\n").repeat(LINES + 1).into_bytes(), Shape::Lines, NOW).is_err());
    }

    proptest! {
        #[test]
        fn whatever_else_is_sent_each_good_line_is_read_or_the_bad_ones_are_named(
            lines in proptest::collection::vec(prop_oneof![Just(GOOD.to_owned()), "[^\n\r]{0,20}", "\\{\"area\":[0-9a-z\"]{0,4}\\}"], 0..12),
        ) {
            let bad = |line: &String| !json::is_blank(line) && line != GOOD;
            match read(lines.join("\n").as_bytes(), Shape::Lines, NOW) {
                Ok(batch) if batch.wrong.is_empty() => {
                    let numbers: Vec<usize> = (1..).zip(&lines).filter(|(_, line)| *line == GOOD).map(|(at, _)| at).collect();
                    prop_assert_eq!(batch.lines, numbers);
                }
                Ok(_) | Err(_) => prop_assert!(lines.iter().any(bad) || lines.iter().all(|line| json::is_blank(line))),
            }
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&bytes, Shape::Lines, NOW);
            let _ = read(&bytes, Shape::Object, NOW);
        }
    }
}
