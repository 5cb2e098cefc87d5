//! From a query string to the filter of records, or to a message for each field that could not be read.

use super::{
    filter::{Filter, Person, Query},
    kinds::Group,
};
use crate::{
    core::form::FieldErrors,
    logs::form::{Asker, FilterForm},
    session::accounts,
};

/// What is asked for, or a message for each field that cannot be read.
pub fn parse(form: &FilterForm, asker: Asker) -> Result<Query, FieldErrors> {
    let mut errors = FieldErrors::new();
    let place = form.place(asker, &mut errors);
    let mut filter = Filter { range: place.range, ..Filter::default() };
    for text in form.texts("person", asker, &mut errors) {
        match person(text.trim()) {
            Some(person) if filter.person.contains(&person) => {}
            Some(person) => filter.person.push(person),
            None => errors.add("person", format!("“{text}” is no e-mail. Write it like maya@example.org.")),
        }
    }
    for text in form.texts("kind", asker, &mut errors) {
        match Group::parse(text.trim()) {
            Some(kind) if filter.kind.contains(&kind) => {}
            Some(kind) => filter.kind.push(kind),
            None => errors.add("kind", format!("“{text}” is nothing that is recorded. Choose from the list.")),
        }
    }
    if errors.is_empty() { Ok(Query { filter, tz: place.tz, at: place.at }) } else { Err(errors) }
}

fn person(text: &str) -> Option<Person> {
    match text {
        "none" => Some(Person::Nobody),
        "command-line" => Some(Person::CommandLine),
        _ => accounts::email(text).map(|email| Person::Email(email.to_ascii_lowercase())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{core::role::Role, logs::form::Surface};

    const ASKER: Asker = Asker { zone: chrono_tz::Europe::London, role: Role::Admin, surface: Surface::Page };

    fn read(query: &str) -> Result<Query, FieldErrors> {
        parse(&FilterForm::new(query), ASKER)
    }

    #[test]
    fn a_filter_writes_itself_back() {
        for query in [
            "range=24h",
            "range=all&person=maya@example.org&person=none&kind=export&kind=refused",
            "range=custom&from=2026-06-18T14:00:00%2B01:00&person=command-line",
            "range=7d&kind=api&tz=Asia/Kathmandu",
        ] {
            let read = read(query).expect("a filter");
            assert_eq!(read.query_string(ASKER.zone), query);
        }
        assert_eq!(read("").expect("a filter").query_string(ASKER.zone), "range=24h");
        let same = read("person=MAYA@example.org&person=maya@example.org&kind=api&kind=api").expect("a filter");
        assert_eq!(same.query_string(ASKER.zone), "range=24h&person=maya@example.org&kind=api");
    }

    #[test]
    fn what_cannot_be_read_is_said_at_its_field() {
        for (query, field) in [
            ("person=maya", "person"),
            ("person=%ff", "person"),
            ("person=a%00b@c.example", "person"),
            ("kind=danced", "kind"),
            ("kind=logs_searched", "kind"),
            ("range=2h", "range"),
            ("range=custom&from=soon", "from"),
            ("range=custom&from=2026-06-02&to=2026-06-01", "to"),
            ("tz=Mars", "tz"),
            ("before=x", "before"),
        ] {
            let errors = read(query).expect_err(query);
            assert_eq!(errors.iter().map(|(name, _)| name).collect::<Vec<_>>(), [field], "{query}");
        }
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(query in ".{0,200}") {
            if let Ok(read) = read(&query) {
                let written = read.query_string(ASKER.zone);
                prop_assert_eq!(super::parse(&FilterForm::new(&written), ASKER), Ok(read));
            }
        }
    }
}
