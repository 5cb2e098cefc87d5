//! The definition of one of the application's tables, as it stands in a `WITH` clause before a question.

use std::fmt::Write as _;

use super::{Shape, quoted, shape::TABLES};

/// What a table is read through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Definition {
    /// Its name, the table's.
    name: &'static str,
    /// Its columns, up to where others may follow.
    begin: String,
    /// What is made of its columns, each under a name of its own: what SQLite keeps in columns and an index. It stands there
    /// only where a question names it, as the server looks at all of it each time it plans.
    made: Vec<(&'static str, String)>,
    /// Where it is read from.
    end: String,
}

impl Definition {
    /// That of a table. Nothing is made of columns before the functions that make it are `ready`.
    pub(super) fn of(shape: &Shape, at: usize, ready: bool) -> Self {
        let (table, name) = (&shape.tables[at], TABLES[at]);
        let from = format!(" FROM {}.{}", quoted(&shape.schema), quoted(name));
        if let (0, Some(column)) = (at, shape.lacking().first()) {
            // Nothing can be asked of a log without it; the server says so until it was looked at again.
            let begin = format!("{} AS (SELECT {}", quoted(name), quoted(column));
            return Self { name, begin, made: Vec::new(), end: format!("{from})") };
        }
        let mut begin = format!("{name} AS NOT MATERIALIZED (SELECT ");
        for (place, column) in Shape::names(at).enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            let _ = write!(begin, "{comma}{} AS {}", shape.select(at, column), quoted(column));
        }
        let made = match at {
            0 if ready => vec![
                ("ip", format!("daybook.ip({})", shape.select(0, "ip_address"))),
                ("week", shape.week()),
                ("open_words", shape.open_words()),
                ("error_words", shape.error_words()),
            ],
            1 if ready => vec![("name_words", shape.lowered("name")), ("email_words", shape.lowered("email"))],
            _ => Vec::new(),
        };
        let optional = ["id", "timestamp"].into_iter().filter(|name| table.column(name).is_some_and(|c| !c.required));
        let conditions: Vec<String> = optional.map(|name| format!("{} IS NOT NULL", quoted(name))).collect();
        let end = match (table.exists(), conditions.is_empty()) {
            (false, _) => " WHERE false)".to_owned(),
            (true, true) => format!("{from})"),
            (true, false) => format!("{from} WHERE {})", conditions.join(" AND ")),
        };
        Self { name, begin, made, end }
    }

    /// It, with what a question names; none where the question does not name the table.
    pub(super) fn of_question(&self, question: &str) -> Option<String> {
        if !question.contains(self.name) {
            return None;
        }
        let mut out = self.begin.clone();
        for (name, made) in self.made.iter().filter(|(name, _)| is_named(question, name)) {
            let _ = write!(out, ", {made} AS {name}");
        }
        out.push_str(&self.end);
        Some(out)
    }
}

/// Whether a name stands in a text as a word of its own.
fn is_named(text: &str, name: &str) -> bool {
    let is_of_a_word = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_of_a_word) && !text[at + name.len()..].starts_with(is_of_a_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_of_columns_stands_there_where_it_is_named() {
        let made = [("ip", "made(a)".to_owned()), ("week", "made(b)".to_owned())].into();
        let log =
            Definition { name: "audit_logs", begin: "audit_logs AS (SELECT a".into(), made, end: " FROM x)".into() };
        for (question, defined) in [
            ("SELECT description, ip_address FROM audit_logs", Some("audit_logs AS (SELECT a FROM x)")),
            ("SELECT l.ip FROM audit_logs l", Some("audit_logs AS (SELECT a, made(a) AS ip FROM x)")),
            ("SELECT id FROM audit_logs WHERE (week = $1)", Some("audit_logs AS (SELECT a, made(b) AS week FROM x)")),
            ("SELECT ip FROM members", None),
        ] {
            assert_eq!(log.of_question(question).as_deref(), defined, "{question}");
        }
    }
}
