//! The URLs of the log, each written in one place.

use uuid::Uuid;

use super::{
    export::Format,
    filter::{Filter, ListQuery},
};
use crate::{
    core::{
        query_string,
        time::{Timestamp, Zone},
    },
    paging::At,
};

/// A list.
#[must_use]
pub fn list(query: &ListQuery, zone: Zone) -> String {
    format!("/logs?{}", query.query_string(zone))
}

/// The overview of a list that was made at `as_of`; `open`: whose count was not finished, so that the overview may say it.
#[must_use]
pub fn overview(query: &ListQuery, zone: Zone, as_of: Timestamp, open: bool) -> String {
    let first = query.from(At::Newest).query_string(zone);
    format!("/logs/overview?{first}&as_of={}{}", as_of.rfc3339(), if open { "&count=open" } else { "" })
}

/// What is new in a list since it was shown.
#[must_use]
pub fn newer(query: &ListQuery, zone: Zone, since: &str) -> String {
    format!("/logs/newer?{}&since={}", query.from(At::Newest).query_string(zone), query_string::escape(since))
}

/// The first page of a filter.
#[must_use]
pub fn filtered(filter: Filter, zone: Zone) -> String {
    list(&ListQuery::first(filter), zone)
}

/// Where a kind of export is.
#[must_use]
pub fn export_path(format: Format) -> String {
    format!("/logs/export.{format}")
}

/// Every entry of a list as a file.
#[must_use]
pub fn export(query: &ListQuery, zone: Zone, format: Format) -> String {
    format!("{}?{}", export_path(format), query.query_string(zone))
}

/// An entry, with the query string of the list it stands in.
#[must_use]
pub fn entry(id: Uuid, list_query: &str) -> String {
    if list_query.is_empty() { format!("/logs/{id}") } else { format!("/logs/{id}?{list_query}") }
}

/// The traceback of an entry as a file.
#[must_use]
pub fn error_detail(id: Uuid) -> String {
    format!("/logs/{id}/error_detail.txt")
}

/// A member.
#[must_use]
pub fn member(id: Uuid) -> String {
    format!("/members/{id}")
}

/// An e-mail that nobody has an account with now.
#[must_use]
pub fn by_email(email: &str) -> String {
    format!("/members/by-email?email={}", query_string::escape(email))
}
