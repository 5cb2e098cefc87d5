//! Who has a text in their name or their e-mail: candidates by the index that knows three characters, each of whom is looked
//! at before they count. What is shorter, or where an application's table has no such index, is looked for among everybody.

use std::ops::ControlFlow;

use uuid::Uuid;

use crate::{
    core::error::Result,
    db::{Looked, Looking, MemberText, Sql},
    logs::search::Question,
};

/// A member as the table has them.
#[derive(Debug, sqlx::FromRow)]
pub struct Row {
    /// Their id.
    pub id: Uuid,
    /// Their name.
    pub name: Option<String>,
    /// Their e-mail.
    pub email: Option<String>,
}

impl Row {
    fn text(&self, text: MemberText) -> Option<&str> {
        match text {
            MemberText::Name => self.name.as_deref(),
            MemberText::Email => self.email.as_deref(),
        }
    }
}

/// Hands over who has `wanted` in one of these texts, compared after Unicode lower-casing, until told to stop; whether
/// there was time for everybody. Somebody may come twice.
pub async fn each_with(
    looking: &mut Looking,
    texts: &[MemberText],
    wanted: &str,
    mut each: impl FnMut(Row) -> ControlFlow<()>,
) -> Result<bool> {
    let lower = wanted.to_lowercase();
    let dialect = looking.dialect();
    let sql = match Question::of(&lower).filter(|_| dialect.has_member_words()) {
        Some(Question { trigrams, term }) => dialect.members_with(texts, &trigrams, &term),
        None => {
            let pattern = pattern(&lower);
            let like = texts.iter().map(|text| dialect.member_like(*text, &pattern));
            Sql::new("SELECT id, name, email FROM members WHERE ").append(&Sql::join(" OR ", like))
        }
    };
    let looked = looking.for_each(sql, |row: Row| {
        let has = texts.iter().any(|text| row.text(*text).is_some_and(|text| text.to_lowercase().contains(&lower)));
        if has { each(row) } else { ControlFlow::Continue(()) }
    });
    Ok(matches!(looked.await?, Looked::Whole(())))
}

/// A pattern that every text matches which has `lower` in it, compared after Unicode lower-casing, and few others.
///
/// The database compares ASCII letters alone in any case. Whatever may be another letter's lower case is left open:
/// what is not ASCII, `k` (K, the sign of Kelvin) and `i` (İ).
fn pattern(lower: &str) -> String {
    let mut out = String::from("%");
    for c in lower.chars() {
        match c {
            '%' | '_' | '\\' => out.extend(['\\', c]),
            'k' | 'i' => out.push('%'),
            c if c.is_ascii() => out.push(c),
            _ => out.push('%'),
        }
    }
    out.push('%');
    while out.contains("%%") && !out.contains("\\%%") {
        out = out.replace("%%", "%");
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A plain reading of a pattern, as databases read it.
    fn like(text: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', rest @ ..] => (0..=text.len()).any(|at| like(&text[at..], rest)),
            ['\\', c, rest @ ..] => text.first() == Some(c) && like(&text[1..], rest),
            [c, rest @ ..] => text.first().is_some_and(|t| t.eq_ignore_ascii_case(c)) && like(&text[1..], rest),
        }
    }

    proptest! {
        #[test]
        fn a_pattern_misses_nobody(
            before in "[a-zA-ZéÉİK%_\\\\ ]{0,4}",
            name in "[a-zA-ZkKiIéÉİKß%_\\\\ ]{1,6}",
            after in "[a-zA-ZéÉİK ]{0,4}",
        ) {
            let whole: Vec<char> = format!("{before}{name}{after}").chars().collect();
            let lower = name.to_lowercase();
            // Lower-casing a part and the whole may differ (a final sigma), so ask as the store does.
            prop_assume!(whole.iter().collect::<String>().to_lowercase().contains(&lower));
            let pattern: Vec<char> = pattern(&lower).chars().collect();
            prop_assert!(like(&whole, &pattern));
        }
    }
}
