//! What a form about a view says: its name, and filters that whoever saves them may run.

use crate::{
    core::query_string::{self, Pair},
    logs::{
        filter::ListQuery,
        form::{Asker, FilterForm},
    },
    paging::At,
    session::form::Form,
};

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 60;
/// Why a name cannot be given twice.
pub const TAKEN: &str = "Another of these views has that name. Give this one another.";

/// The name that was given, without spaces around it, or why it cannot be one.
pub fn name(form: &Form) -> Result<String, String> {
    let name = text(form.field("name"))?.trim();
    if name.chars().all(is_unseen) {
        return Err("Give the view a name.".to_owned());
    }
    if name.chars().any(char::is_control) {
        return Err("A name is one line of text.".to_owned());
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(format!("A name has at most {LONGEST_NAME} characters."));
    }
    Ok(name.to_owned())
}

/// The filters that were given, at the first page, or why they cannot be kept. A view never holds what its owner could
/// not have asked for.
pub fn query(form: &Form, asker: Asker) -> Result<ListQuery, String> {
    read_query(query_string::of_pasted(text(form.field("query"))?), asker)
}

/// Reads a query string; what cannot be read is named with its parameter.
pub fn read_query(text: &str, asker: Asker) -> Result<ListQuery, String> {
    match FilterForm::new(text).parse(asker) {
        Ok(query) => Ok(query.from(At::Newest)),
        Err(errors) => {
            let each: Vec<String> = errors.iter().map(|(field, message)| format!("{field}: {message}")).collect();
            Err(each.join(" "))
        }
    }
}

/// A query as it is kept: instants carry an offset, so it means the same to every reader.
#[must_use]
pub fn canonical(query: &ListQuery, asker: Asker) -> String {
    query.query_string(query.tz.unwrap_or(asker.zone))
}

fn text(pair: Option<&Pair>) -> Result<&str, String> {
    match pair {
        None => Ok(""),
        Some(Pair { problem: Some(problem), .. }) => Err(problem.message().to_owned()),
        Some(pair) => Ok(&pair.value),
    }
}

/// What leaves nothing to see: a link of such letters alone could not be found on a page.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{2800}' | '\u{3164}'
        )
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{core::role::Role, logs::form::Surface};

    fn asker(role: Role) -> Asker {
        Asker { zone: chrono_tz::Europe::London, role, surface: Surface::Page }
    }

    fn named(text: &str) -> Result<String, String> {
        name(&Form::of_query(&query_string::write([("name", text)])))
    }

    fn kept(text: &str, role: Role) -> Result<String, String> {
        let form = Form::of_query(&query_string::write([("query", text)]));
        query(&form, asker(role)).map(|query| canonical(&query, asker(role)))
    }

    #[test]
    fn a_name_is_a_line_that_can_be_seen() {
        for good in ["a", " Errors, last 24 hours ", "שלום", "<b>\"x\"</b>", "🐕", "!", &"é".repeat(60)] {
            assert_eq!(named(good).as_deref(), Ok(good.trim()));
        }
        let long = "é".repeat(61);
        for bad in ["", "  ", "\u{200b}\u{202e}", "\u{2800}", "a\nb", "a\u{7}", "a\0b", &long] {
            assert!(named(bad).is_err(), "{bad:?}");
        }
        assert!(name(&Form::of_query("name=%ff")).is_err());
        assert!(name(&Form::of_query("")).is_err());
    }

    #[test]
    fn filters_are_kept_as_daybook_writes_them_and_without_a_place() {
        for (typed, canonical) in [
            ("", "range=24h"),
            ("status=error&range=7d", "range=7d&status=error"),
            ("?status=error&range=7d", "range=7d&status=error"),
            ("https://daybook.example/logs?status=error&range=7d#list", "range=7d&status=error"),
            ("member=Jo@Example.com&x=y&q=", "range=all&member=jo@example.com"),
            ("from=2026-06-18T14:00&limit=100", "range=custom&from=2026-06-18T14:00:00%2B01:00&limit=100"),
            ("from=2026-06-18&tz=Asia/Kathmandu", "range=custom&from=2026-06-18T00:00:00%2B05:45&tz=Asia/Kathmandu"),
        ] {
            assert_eq!(kept(typed, Role::Viewer).as_deref(), Ok(canonical), "{typed}");
        }
        let cursor = crate::paging::Cursor::beyond(crate::paging::Key {
            timestamp: crate::core::time::Timestamp::from_micros(5),
            id: uuid::Uuid::nil(),
        });
        assert_eq!(kept(&format!("range=all&before={cursor}"), Role::Viewer).as_deref(), Ok("range=all"));
    }

    #[test]
    fn nobody_keeps_what_they_could_not_ask_for() {
        for query in ["ip=203.0.113.24", "user_agent=curl", "extra.service_type=walk"] {
            assert!(kept(query, Role::Support).is_ok(), "{query}");
            let refused = kept(query, Role::Viewer).expect_err("a refusal");
            assert!(refused.contains("Viewers cannot filter by this."), "{refused}");
        }
        for query in ["range=2h", "status=%ff", "q=a%00", "from=x", "before=x", "limit=7", "tz=Nowhere"] {
            assert!(kept(query, Role::Admin).is_err(), "{query}");
        }
        let many: Vec<String> = (0..50).map(|at| format!("area={at}{}", "a".repeat(100))).collect();
        assert!(kept(&many.join("&"), Role::Admin).expect_err("a refusal").contains("longer than 4000 bytes"));
    }
}
