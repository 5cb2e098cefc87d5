//! What SQL cannot decide alike on both databases: substrings in any case, and keys of `extra`.

use std::cell::RefCell;

use uuid::Uuid;

use super::{filter::ExtraIs, json, look::Facts};
use crate::{core::time::Timestamp, paging::Key};

/// What SQL cannot decide alike on both databases: decided on each candidate at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checks {
    /// Each must stand in one of the texts.
    pub terms: Vec<String>,
    /// Whether the error's texts count, or description and area alone.
    pub details: bool,
    /// Must stand in the user agent; in lower case.
    pub user_agent: Option<String>,
    /// What `extra` must hold.
    pub extra: Vec<ExtraIs>,
}

/// The columns that [`Checks`] look at.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Candidate {
    /// Its key: time
    pub timestamp: Timestamp,
    /// and id.
    pub id: Uuid,
    /// What kind of thing happened.
    pub action_type: String,
    /// How it went.
    pub status: String,
    /// Where.
    pub area: String,
    /// What happened.
    pub description: String,
    /// The error in a line.
    pub error_message: Option<String>,
    /// The traceback.
    pub error_detail: Option<String>,
    /// The browser.
    pub user_agent: Option<String>,
    /// Anything else.
    pub extra: Option<String>,
}

impl Candidate {
    /// Its place in the list.
    #[must_use]
    pub fn key(&self) -> Key {
        Key { timestamp: self.timestamp, id: self.id }
    }

    /// What an overview counts it by.
    #[must_use]
    pub fn facts(&self) -> Facts {
        Facts {
            timestamp: self.timestamp,
            id: self.id,
            action_type: self.action_type.clone(),
            status: self.status.clone(),
            area: self.area.clone(),
        }
    }
}

impl Checks {
    /// Whether there is nothing to check.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.user_agent.is_none() && self.extra.is_empty()
    }

    /// Whether a candidate passes.
    #[must_use]
    pub fn pass(&self, candidate: &Candidate) -> bool {
        self.user_agent.as_deref().is_none_or(|wanted| holds(candidate.user_agent.as_deref(), wanted))
            && self.extra.iter().all(|extra| {
                let text = candidate.extra.as_deref().unwrap_or_default();
                extra.any.iter().any(|wanted| json::matches(text, &extra.key, wanted))
            })
            && self.terms.iter().all(|term| {
                holds(Some(&candidate.area), term)
                    || holds(Some(&candidate.description), term)
                    || (self.details
                        && (holds(candidate.error_message.as_deref(), term)
                            || holds(candidate.error_detail.as_deref(), term)))
            })
    }
}

/// Whether `term`, in lower case, is a substring of the lower case of `text`.
fn holds(text: Option<&str>, term: &str) -> bool {
    thread_local! {
        static LOWER: RefCell<String> = const { RefCell::new(String::new()) };
    }
    let Some(text) = text else { return false };
    if !text.is_ascii() {
        return text.to_lowercase().contains(term);
    }
    // Ten thousand candidates are looked at in a step: one buffer serves them all.
    LOWER.with_borrow_mut(|lower| {
        lower.clear();
        lower.push_str(text);
        lower.make_ascii_lowercase();
        lower.contains(term)
    })
}
