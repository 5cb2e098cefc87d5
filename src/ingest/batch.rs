//! Entries out of a body: all of them, or everything that is wrong with any, by line.

use super::{
    entry::{self, Limits},
    intake::{LINES, Shape},
};
use crate::{
    core::time::Timestamp,
    logs::sent::Sent,
    web::problem::{Kind, LISTED, Problem, Trouble},
};

/// Entries, each with the line it stood in.
#[derive(Debug)]
pub struct Batch {
    /// The entries in the order sent.
    pub sent: Vec<Sent>,
    /// Their lines.
    pub lines: Vec<usize>,
}

/// Reads the entries of a body.
///
/// # Errors
/// 400 where anything in it is not an object of JSON, else 422 where a field is wrong, 413 where there are too many.
pub fn read(bytes: &[u8], shape: Shape, now: Timestamp) -> Result<Batch, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::new(Kind::Malformed, "the body is not UTF-8"))?;
    let lines: Vec<(usize, &str)> = match shape {
        Shape::Object => vec![(1, text)],
        Shape::Lines => (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).collect(),
    };
    if lines.len() > LINES {
        return Err(Problem::new(Kind::TooLarge, format!("a body has at most {LINES} lines")));
    }
    if lines.is_empty() {
        return Err(Problem::new(Kind::Malformed, "there is no line in the body"));
    }
    let mut batch = Batch { sent: Vec::with_capacity(lines.len()), lines: Vec::with_capacity(lines.len()) };
    let (mut wrong, mut whole) = (Vec::new(), false);
    for (line, text) in lines {
        match entry::read(text, Limits::API, now) {
            Ok(sent) => {
                batch.sent.push(sent);
                batch.lines.push(line);
            }
            Err(all) => {
                whole |= all.iter().any(entry::Wrong::is_whole);
                let room = LISTED.saturating_sub(wrong.len());
                wrong.extend(all.into_iter().take(room).map(|one| Trouble {
                    line: Some(line),
                    field: one.field,
                    reason: one.reason,
                }));
            }
        }
    }
    if whole {
        return Err(Problem::new(Kind::Malformed, "a line is not an object of JSON").with(wrong));
    }
    if !wrong.is_empty() {
        return Err(Problem::new(Kind::Invalid, "a field cannot be stored").with(wrong));
    }
    Ok(batch)
}
