//! From a query string to what is asked of the list of groups, or to a message for each field that cannot be read; and the
//! form by which staff say something of a group.

use super::{
    filter::{self, Query, Sort},
    state::{self, NOTE, Shown, State},
};
use crate::{
    core::form::FieldErrors,
    logs::{
        filter::{LIMITS, Search},
        form::{Asker, FilterForm, SEARCH, TERMS},
        terms::terms,
    },
    paging::At,
    session::form::Form,
};

/// What is asked for, or a message for each field that cannot be read.
pub fn parse(form: &FilterForm, asker: Asker) -> Result<Query, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut one = |name: &str| {
        let mut texts = form.texts(name, asker, &mut errors);
        if texts.len() > 1 {
            errors.add(name, "Give one value here.");
        }
        texts.pop()
    };
    let [q, state, sort, limit, tz, before, after] =
        ["q", "state", "sort", "limit", "tz", "before", "after"].map(&mut one);
    let mut query = Query::default();
    if let Some(text) = q {
        match search(text.trim()) {
            Ok(search) => query.search = search,
            Err(why) => errors.add("q", why),
        }
    }
    if let Some(text) = state {
        query.state = State::parse(text.trim());
        if query.state.is_none() {
            errors.add("state", format!("“{text}” is no state: new, in_work, came_back or resolved."));
        }
    }
    if let Some(text) = sort {
        match Sort::parse(text.trim()) {
            Some(sort) => query.sort = sort,
            None => errors.add("sort", format!("“{text}” is no order: last_seen, members, times or first_seen.")),
        }
    }
    if let Some(text) = limit {
        match text.trim().parse().ok().filter(|limit| LIMITS.contains(limit)) {
            Some(limit) => query.limit = limit,
            None => errors.add("limit", format!("“{text}” is not a number of rows: 25, 50, 100 or 200.")),
        }
    }
    if let Some(text) = tz {
        query.tz = text.trim().parse().ok();
        if query.tz.is_none() {
            errors.add("tz", format!("“{text}” is not a time zone. Write it like Europe/London."));
        }
    }
    let mut place = |name: &str, text: &str| {
        let cursor = filter::read(query.sort, text);
        if cursor.is_none() {
            errors.add(name, "This place in the list cannot be read, or is of another order. Begin at the first page.");
        }
        cursor
    };
    query.at = match (before, after) {
        (None, None) => At::Newest,
        (Some(text), None) => place("before", &text).map_or(At::Newest, At::Before),
        (None, Some(text)) => place("after", &text).map_or(At::Newest, At::After),
        (Some(_), Some(_)) => {
            errors.add("after", "A page begins at one place: give “before” or “after”, not both.");
            At::Newest
        }
    };
    if errors.is_empty() { Ok(query) } else { Err(errors) }
}

fn search(typed: &str) -> Result<Option<Search>, String> {
    if typed.chars().count() > SEARCH {
        return Err(format!("This is longer than {SEARCH} characters."));
    }
    let terms = terms(typed);
    if terms.len() > TERMS {
        return Err(format!("At most {TERMS} words or “quoted phrases” at once."));
    }
    Ok((!terms.is_empty()).then(|| Search { typed: typed.to_owned(), terms }))
}

/// What a form says of a group; what it does not name stays as it is. A browser always sends each field, so one that is as
/// it was when the page was drawn says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The state.
    pub state: Option<State>,
    /// The note, without blanks around it.
    pub note: Option<String>,
    /// What the page showed, where the form tells.
    pub shown: Shown,
}

/// Reads the form about a group.
pub fn told(form: &Form) -> Result<Told, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut text = |name: &str| {
        let pair = form.field(name)?;
        if let Some(problem) = pair.problem {
            errors.add(name, problem.message());
        }
        Some(pair.value.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned())
    };
    let (state, note) = (text("state").filter(|state| !state.is_empty()), text("note"));
    let said = state.as_deref().and_then(State::parse).filter(|state| state.can_be_said());
    if let (Some(state), None) = (&state, said) {
        errors.add("state", format!("“{state}” cannot be said of an error: choose new, in work or resolved."));
    }
    let length = note.as_ref().map_or(0, |note| note.chars().count());
    if length > NOTE {
        errors.add("note", format!("This is {length} characters long; a note has at most {NOTE}."));
    }
    let shown = shown(form);
    let state = said.filter(|state| shown.state != Some(*state));
    let note = note.filter(|note| shown.note.as_deref() != Some(state::mark(note).as_str()));
    if errors.is_empty() { Ok(Told { state, note, shown }) } else { Err(errors) }
}

/// What the page of a form showed, as the form carries it.
#[must_use]
pub fn shown(form: &Form) -> Shown {
    let text = |name: &str| Some(form.value(name)).filter(|text| !text.is_empty());
    Shown { state: text("was_state").and_then(State::parse), note: text("was_note").map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        core::{query_string, role::Role},
        logs::{filter::DEFAULT_LIMIT, form::Surface},
    };

    fn read(query: &str) -> Result<Query, FieldErrors> {
        let asker = Asker { zone: chrono_tz::Europe::London, role: Role::Support, surface: Surface::Page };
        parse(&FilterForm::new(query), asker)
    }

    #[test]
    fn a_query_writes_itself_back() {
        for query in ["", "q=read+timeout&state=came_back&sort=members&limit=25&tz=Asia/Kathmandu", "sort=first_seen"] {
            assert_eq!(read(query).expect("a query").query_string().replace("%20", "+"), query);
        }
        assert_eq!(read("state=&sort=last_seen&limit=50&x=y").expect("a query"), Query::default());
        assert_eq!(Query::default().limit, DEFAULT_LIMIT);
    }

    #[test]
    fn each_bad_value_gets_its_message() {
        for (query, field) in [
            ("state=open", "state"),
            ("state=new&state=resolved", "state"),
            ("sort=title", "sort"),
            ("limit=7", "limit"),
            ("q=%ff", "q"),
            ("q=a%00", "q"),
            ("tz=Nowhere", "tz"),
            ("before=x", "before"),
            ("before=x&after=x", "after"),
        ] {
            assert!(read(query).expect_err(query).get(field).is_some(), "{query}");
        }
        assert!(read(&format!("q={}", "a".repeat(201))).is_err() && read("q=a+b+c+d+e+f+g+h+i").is_err());
    }

    #[test]
    fn a_form_says_what_it_names_and_no_more() {
        let said = |pairs: &[(&str, &str)]| told(&Form::of_query(&query_string::write(pairs.iter().copied())));
        assert_eq!(said(&[]), Ok(Told { state: None, note: None, shown: Shown::default() }));
        let note = Some("Solo walks work.\nOffer one.".to_owned());
        assert_eq!(
            said(&[("state", "in_work"), ("note", " Solo walks work.\r\nOffer one. ")]),
            Ok(Told { state: Some(State::InWork), note: note.clone(), shown: Shown::default() })
        );
        // As it was: nothing of it is said anew.
        let mark = state::mark("Solo walks work.\nOffer one.");
        let was = [("was_state", "in_work"), ("was_note", mark.as_str())];
        let told = said(&[&was[..], &[("state", "in_work"), ("note", "Solo walks work.\r\nOffer one.\r\n")]].concat());
        assert!(told.is_ok_and(|told| told.state.is_none() && told.note.is_none()));
        let told = said(&[&was[..], &[("state", "resolved"), ("note", "Solo walks work.")]].concat()).expect("read");
        assert_eq!((told.state, told.note.as_deref()), (Some(State::Resolved), Some("Solo walks work.")));
        assert_eq!(told.shown, Shown { state: Some(State::InWork), note: Some(mark) });
        assert!(said(&[("note", &"é".repeat(NOTE))]).is_ok());
        let errors = said(&[("state", "came_back"), ("note", &"é".repeat(NOTE + 1))]).expect_err("refused");
        assert!(errors.get("state").is_some() && errors.get("note").is_some());
        assert!(said(&[("note", "a\0b")]).is_err() && said(&[("state", "gone")]).is_err());
    }
}
