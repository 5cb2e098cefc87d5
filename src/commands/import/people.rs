//! Members and bookings that come along with entries.

use std::collections::HashSet;

use anyhow::Result;
use uuid::Uuid;

use crate::{
    commands::line,
    db::{Db, Sql},
    ingest::entry::is_blank,
    logs::{
        log::{NewBooking, NewMember},
        write::{self, Batch},
    },
};

/// The longest e-mail and name of a member, in characters.
pub const LONGEST: usize = 255;
/// The longest type of a service, in characters.
pub const LONGEST_SERVICE: usize = 64;

/// A text that says something, as far as it fits; an application may keep more of a name than Daybook does.
pub fn fitting(text: Option<String>, longest: usize) -> Option<String> {
    let text: String = text?.chars().filter(|c| *c != '\0').take(longest).collect();
    Some(text).filter(|text| !is_blank(text))
}

/// Writes bookings. A member whom one refers to and nobody knows is known by their id from now on.
pub async fn write_bookings(into: &Db, bookings: Vec<NewBooking>) -> Result<()> {
    let members = strangers(into, &bookings).await?;
    write::write(into, &Batch { members, bookings, ..Batch::default() }).await.map(drop).map_err(line)
}

async fn strangers(into: &Db, bookings: &[NewBooking]) -> Result<Vec<NewMember>> {
    let mut unknown: HashSet<Uuid> = bookings.iter().filter_map(|booking| booking.member_id).collect();
    let ids: Vec<Uuid> = unknown.iter().copied().collect();
    for chunk in ids.chunks(200) {
        let sql = Sql::new("SELECT id FROM members WHERE id IN (").bind_all(chunk.iter().copied()).text(")");
        for (id,) in into.fetch_all::<(Uuid,)>(sql).await.map_err(line)? {
            unknown.remove(&id);
        }
    }
    Ok(unknown.into_iter().map(|id| NewMember { id, email: None, name: None }).collect())
}
