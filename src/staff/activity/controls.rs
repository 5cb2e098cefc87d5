//! The controls of the list of records: people, kinds and the range, all from the query in force or from what was typed.

use super::{
    filter::{Filter, PATH, Person, Query},
    kinds::Group,
    sql::Whose,
    store::{Known, Tally},
};
use crate::{
    core::{form::FieldErrors, secret, words},
    logs::{
        form::FilterForm,
        view::{Reader, controls::RangeFields},
    },
};

/// A choice of person or kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The id of its checkbox.
    pub id: String,
    /// What the checkbox sends.
    pub value: String,
    /// The words beside it.
    pub name: String,
    /// How many records that would be, where it is known.
    pub number: Option<String>,
    /// Whether it is chosen.
    pub checked: bool,
}

/// The choices of one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// The id of its fieldset.
    pub id: &'static str,
    /// The parameter.
    pub name: &'static str,
    /// Its name on the page.
    pub legend: &'static str,
    /// Why it could not be read.
    pub error: Option<String>,
    /// The choices.
    pub options: Vec<Choice>,
}

/// Everything that the filter form shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controls {
    /// Person and kind.
    pub facets: [Choices; 2],
    /// The time.
    pub range: RangeFields,
    /// The zone of this request alone.
    pub tz: Option<String>,
    /// Whether a field in the rail could not be read: the rail is in the page then.
    pub rail_error: bool,
}

/// How many people the filter offers, besides those that are chosen.
pub const PEOPLE: usize = 12;

/// What the numbers and names of the filter are made from.
pub struct Sources<'a> {
    /// Who did what how often.
    pub tally: &'a Tally,
    /// Whose e-mails are chosen; as many as the filter has people, where it could be read.
    pub people: &'a [Whose],
    /// The accounts.
    pub known: &'a Known,
}

impl Controls {
    /// The controls of a query that could be read.
    #[must_use]
    pub fn of(query: &Query, sources: &Sources<'_>, reader: &Reader) -> Self {
        let form = FilterForm::new(&query.query_string(reader.zone));
        Self::build(&form, &FieldErrors::new(), Some(&query.filter), sources, reader)
    }

    /// The controls of one that could not: everything as it was typed, and a message at each bad field.
    #[must_use]
    pub fn typed(form: &FilterForm, errors: &FieldErrors, sources: &Sources<'_>, reader: &Reader) -> Self {
        Self::build(form, errors, None, sources, reader)
    }

    fn build(
        form: &FilterForm,
        errors: &FieldErrors,
        filter: Option<&Filter>,
        sources: &Sources<'_>,
        reader: &Reader,
    ) -> Self {
        let error = |name: &str| errors.get(name).map(str::to_owned);
        Self {
            facets: [
                Choices {
                    id: "facet-person",
                    name: "person",
                    legend: "Person",
                    error: error("person"),
                    options: people(form, filter, sources),
                },
                Choices {
                    id: "facet-kind",
                    name: "kind",
                    legend: "What they did",
                    error: error("kind"),
                    options: kinds(form, sources),
                },
            ],
            range: RangeFields::of(form, errors, filter.map(|filter| filter.range), PATH, reader),
            tz: form.zone().map(|zone| zone.name().to_owned()),
            rail_error: ["person", "kind"].iter().any(|name| errors.get(name).is_some()),
        }
    }
}

/// The id of a choice's checkbox: a value may hold anything, an id no spaces.
fn id(name: &str, value: &str) -> String {
    let hash = secret::hash(value.as_bytes());
    format!("f-{name}-{}", hash[..4].iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")))
}

fn people(form: &FilterForm, filter: Option<&Filter>, sources: &Sources<'_>) -> Vec<Choice> {
    let Sources { tally, people, known } = sources;
    let groups = filter.map(|filter| filter.kind.as_slice()).unwrap_or_default();
    let mut options: Vec<Choice> = Vec::new();
    let mut add = |value: &str, name: String, number: Option<u64>, checked: bool| {
        if options.iter().all(|had| !had.value.eq_ignore_ascii_case(value)) {
            let number = number.map(words::count);
            options.push(Choice { id: id("person", value), value: value.to_owned(), name, number, checked });
        }
    };
    for (at, value) in form.values("person").enumerate() {
        let whose = people.get(at);
        let name = match (value.trim(), whose) {
            ("none", _) => "No staff account".to_owned(),
            ("command-line", _) => "Command line".to_owned(),
            (_, Some(Whose::Account(id))) => {
                known.account(*id).and_then(|had| had.name.clone()).unwrap_or(value.to_owned())
            }
            _ => value.to_owned(),
        };
        add(value, name, whose.and_then(|whose| tally.of_person(whose, groups)), true);
    }
    for id in tally.accounts().into_iter().take(PEOPLE) {
        if let Some(account) = known.account(id) {
            let name = account.name.clone().unwrap_or_else(|| account.email.clone());
            let number = tally.of_person(&Whose::Account(id), groups);
            add(&account.email.to_ascii_lowercase(), name, number, false);
        }
    }
    for (person, whose, name) in
        [(Person::CommandLine, Whose::CommandLine, "Command line"), (Person::Nobody, Whose::Nobody, "No staff account")]
    {
        add(person.show(), name.to_owned(), tally.of_person(&whose, groups), false);
    }
    options
}

fn kinds(form: &FilterForm, sources: &Sources<'_>) -> Vec<Choice> {
    let chosen: Vec<&str> = form.values("kind").map(str::trim).collect();
    let known = Group::ALL.into_iter().map(|group| Choice {
        id: id("kind", group.as_str()),
        value: group.as_str().to_owned(),
        name: group.name().to_owned(),
        number: sources.tally.of_group(group, sources.people).map(words::count),
        checked: chosen.contains(&group.as_str()),
    });
    // What was typed and is no kind stays chosen, so that it can be taken off.
    let others = chosen.iter().filter(|value| Group::parse(value).is_none()).map(|value| Choice {
        id: id("kind", value),
        value: (*value).to_owned(),
        name: (*value).to_owned(),
        number: None,
        checked: true,
    });
    known.chain(others).collect()
}
