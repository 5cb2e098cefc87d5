//! The form by which staff say how a group stands and what to tell members: as it is, as it was typed and could not be kept,
//! or beside what somebody else said meanwhile.

use super::{
    filter::link_in,
    form::Told,
    state::{self, NOTE, Said, Shown, State},
    store::Group,
};
use crate::{
    core::{form::FieldErrors, time::Timestamp, words},
    logs::view::Reader,
};

/// What a form says of the group, as it stands or as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateForm {
    /// Where it goes.
    pub action: String,
    /// The states that can be said: value, words, whether it is chosen.
    pub states: Vec<(&'static str, &'static str, bool)>,
    /// Why the state cannot be kept.
    pub state_error: Option<String>,
    /// Who said so when.
    pub state_by: Option<String>,
    /// The note.
    pub note: String,
    /// Why it cannot be kept.
    pub note_error: Option<String>,
    /// What somebody else wrote meanwhile.
    pub note_now: Option<String>,
    /// Who wrote it when.
    pub note_by: Option<String>,
    /// The longest note, in characters.
    pub longest: String,
    /// The state that this form was drawn for: choosing it says nothing.
    pub was_state: &'static str,
    /// The same of the note.
    pub was_note: String,
}

impl StateForm {
    /// The form of a group as it stands.
    #[must_use]
    pub fn of(group: &Group, said: Option<&Said>, tz: Option<&str>, reader: &Reader) -> Self {
        let state = group.state();
        let by = |who: &str, at: Timestamp| format!("{who}, {}", reader.day_and_clock(at));
        let meant = |state: State| match state {
            State::New => "New: nobody has looked yet",
            State::InWork => "In work: somebody is on it",
            State::CameBack | State::Resolved => "Resolved: shown as “Came back” if it is recorded again",
        };
        let choices = State::ALL.into_iter().filter(|state| state.can_be_said());
        let note = said.map(|said| said.note.clone()).unwrap_or_default();
        Self {
            action: link_in(group.fingerprint(), None, tz),
            states: choices.map(|choice| (choice.as_str(), meant(choice), choice == state)).collect(),
            state_error: None,
            state_by: said.map(|said| {
                let word = State::parse(&said.state).unwrap_or(State::New).name();
                format!("{word} since {}: said by {}", reader.day_and_clock(said.state_at), said.state_by)
            }),
            was_state: state.as_str(),
            was_note: state::mark(&note),
            note,
            note_error: None,
            note_now: None,
            note_by: said.and_then(|said| Some(by(said.note_by.as_deref()?, said.note_at?))),
            longest: words::count(u64::try_from(NOTE).unwrap_or_default()),
        }
    }

    /// The same with what was typed and could not be kept, and with what the page of it had shown.
    #[must_use]
    pub fn typed(mut self, state: &str, note: &str, shown: Shown, errors: &FieldErrors) -> Self {
        let error = |name: &str| errors.get(name).map(str::to_owned);
        if let Some(state) = State::parse(state) {
            self.choose(state);
        }
        note.clone_into(&mut self.note);
        (self.state_error, self.note_error) = (error("state"), error("note"));
        if let Some(state) = shown.state {
            self.was_state = state.as_str();
        }
        if let Some(note) = shown.note {
            self.was_note = note;
        }
        self
    }

    /// The same with what somebody said of a group that is another by now: what was typed, beside what is. Sent again, it
    /// takes its place.
    #[must_use]
    pub fn overtaken(mut self, told: &Told, (state, note): (bool, bool)) -> Self {
        if let Some(said) = told.state {
            self.choose(said);
            self.state_error = state.then(|| {
                let (is, said) = (State::parse(self.was_state).unwrap_or(State::New).name(), said.name());
                format!("It is “{is}” by now. Save again to make it “{said}” all the same.")
            });
        }
        if let Some(typed) = &told.note {
            let now = std::mem::replace(&mut self.note, typed.clone());
            if note {
                let what = if now.is_empty() { "removed" } else { "written anew" };
                self.note_error = Some(format!("It was {what} meanwhile. Save again to put yours in its place."));
                self.note_now = Some(now).filter(|now| !now.is_empty());
            }
        }
        self
    }

    /// Whether something of it could not be kept.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.state_error.is_some() || self.note_error.is_some()
    }

    fn choose(&mut self, state: State) {
        self.states.iter_mut().for_each(|(value, _, chosen)| *chosen = *value == state.as_str());
    }
}
