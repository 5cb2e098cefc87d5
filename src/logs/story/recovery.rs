//! Whether something that failed worked since, in the contract's meaning.

use super::moment::{ERROR, LOOKING};
use crate::{
    core::time::Timestamp,
    logs::filter::{Area, Choice, ExtraIs, Filter, Who},
    paging::Key,
};

/// What failed: where, and for which service, if the entry says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The area.
    pub area: String,
    /// `service_type` of `extra`, for whoever may see it.
    pub service_type: Option<String>,
}

impl Failed {
    /// The successes that would make up for it: those of the same person in the same area and for the same service.
    /// Having looked at something is none, nor is what is called an error.
    #[must_use]
    pub fn successes(&self, who: Who) -> Filter {
        let only = |value: &str| Choice { any: vec![value.to_owned()], none: Vec::new() };
        let service = |service: &String| ExtraIs { key: "service_type".to_owned(), any: vec![service.clone()] };
        Filter {
            who: vec![who],
            area: Choice { any: vec![Area::Exactly(self.area.clone())], none: Vec::new() },
            status: only("success"),
            action_type: Choice {
                any: Vec::new(),
                none: LOOKING.into_iter().chain([ERROR]).map(str::to_owned).collect(),
            },
            extra: self.service_type.iter().map(service).collect(),
            ..Filter::default()
        }
    }
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// This entry shows that it worked.
    Recovered(Key),
    /// They were seen later, at last then, and it is not recorded that it worked.
    NotSeenToSucceed(Timestamp),
    /// They were not seen later.
    NotSeen {
        /// Whether entries dated ahead are recorded of them all the same.
        ahead: bool,
    },
    /// Looking stopped at this entry, and up to there it had not worked.
    LookedTo(Key),
}
