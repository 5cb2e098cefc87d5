//! Error groups as an entry knows them. Who keeps them is another room's business: it hands itself in as [`ErrorGroups`].

use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use super::view::Reader;
use crate::core::error::Result;

/// The group of an error, as the page of the entry says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupHere {
    /// Its page.
    pub href: String,
    /// How it stands, by its word,
    pub state: &'static str,
    /// as people say it,
    pub name: &'static str,
    /// and as an icon.
    pub icon: &'static str,
    /// `23 times`, `at least 23 times`.
    pub times: String,
    /// `14 members`; nothing where nobody was known.
    pub members: Option<String>,
    /// `12:51 today`, `2 February 2026`.
    pub since: String,
    /// Where a page asks what became of the members, as a line of its own; nothing where nobody was known.
    pub since_then: Option<String>,
    /// What to tell members; empty where nothing was written.
    pub note: String,
}

/// Whoever keeps error groups. The server has it as `web::Data<dyn ErrorGroups>`.
pub trait ErrorGroups: Send + Sync {
    /// The group of an entry, for a reader who may see it; none where it is in none, or in none yet.
    fn of_entry<'a>(&'a self, id: Uuid, reader: &'a Reader) -> LocalBoxFuture<'a, Result<Option<GroupHere>>>;
}
