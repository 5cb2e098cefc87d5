//! Asking the database what a pasted text stands for. Each reading is a probe of an index, but for names of one or two
//! letters, which are looked through for a bounded time.

use std::{collections::HashSet, ops::ControlFlow};

use uuid::Uuid;

use super::pasted;
use crate::{
    core::{error::Result, ids, ip::IpBlock, time::Timestamp},
    db::{Db, Looked, MemberText, Sql},
    error_groups::{
        fingerprint::Fingerprint,
        store::{self as errors, Group},
    },
    logs::{filter::Filter, log::Log, look, predicates, store as logs, view::Reader},
    members::{
        emails::{self, Recorded},
        names,
        store::{self as members, Found, LastSeen, SoFar},
    },
    paging::{At, Key, Seen},
    web::state::Budgets,
};

/// How many hits are shown.
pub const SHOWN: usize = 20;
/// How many e-mails that begin alike are looked at.
const ALIKE: usize = 200;

/// One thing that the text stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hit {
    /// A member, and what of them matched.
    Member {
        /// Who.
        found: Found,
        /// What matched.
        by: By,
    },
    /// An e-mail that nobody has an account with now.
    Email {
        /// The e-mail, in [`Found::email`].
        found: Found,
        /// Whether it is all of it.
        whole: bool,
    },
    /// An entry.
    Entry(Box<Log>),
    /// An error group.
    Errors(Box<Group>),
    /// A booking.
    Booking {
        /// Its id.
        id: Uuid,
        /// Its newest entry.
        last: LastSeen,
    },
    /// An address, or a block of them.
    Address {
        /// The block.
        block: IpBlock,
        /// Its newest entry.
        last: Timestamp,
    },
}

/// What of a member matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct By {
    /// The id begins with the text, or is it.
    pub id: Option<Whole>,
    /// The name has the text.
    pub name: bool,
    /// The e-mail begins with the text, or is it.
    pub email: Option<Whole>,
    /// So does, or is, one that entries of theirs have.
    pub recorded: Option<Whole>,
}

/// Whether all of something matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// All of it.
    Yes,
    /// Its beginning.
    No,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hits {
    /// At most [`SHOWN`].
    pub hits: Vec<Hit>,
    /// Whether there are others.
    pub more: bool,
    /// As what there was no time, or no index, to look for it to the end.
    pub stopped: Vec<As>,
}

/// As what a text may not have been looked for to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// The id of a member whom entries alone know.
    Member,
    /// That of a booking that entries alone know.
    Booking,
    /// An e-mail, or its beginning.
    Email,
    /// A name.
    Name,
    /// An address.
    Address,
}

impl Hits {
    /// Notes that looking for the text as something stopped, if it did.
    fn stop(&mut self, looked_for: As, stopped: bool) {
        if stopped {
            self.stopped.push(looked_for);
        }
    }

    /// Adds whose the e-mails of entries are that nobody has today.
    fn recorded(&mut self, so_far: SoFar<Recorded>, whole: Whole) {
        self.stop(As::Email, so_far.stopped);
        for Recorded { whose, .. } in so_far.found {
            let had = self.hits.iter().any(|hit| matches!(hit, Hit::Member { found, .. } if found.id == whose.id));
            match whose.id {
                None => self.hits.push(Hit::Email { found: whose, whole: whole == Whole::Yes }),
                Some(_) if had => {}
                Some(_) => {
                    let by = By { recorded: Some(whole), ..By::default() };
                    self.hits.push(Hit::Member { found: whose, by });
                }
            }
        }
    }
}

/// What `text` stands for, to somebody who may see what `reader` may.
pub async fn find(db: &Db, text: &str, reader: &Reader, budgets: Budgets) -> Result<Hits> {
    let place = Place { db, reader, budgets };
    let mut hits = Hits::default();
    place.ids(text, &mut hits).await?;
    // What is a whole id, or what a group of errors goes by, is nobody's name besides.
    let named = ids::whole(text).is_some() || hits.hits.iter().any(|hit| matches!(hit, Hit::Errors(_)));
    let exact = (named && !hits.hits.is_empty()) || place.people(text, &mut hits).await?;
    if let Some(block) = pasted::address(text).filter(|_| reader.role.sees_details() && !exact) {
        let filter = Filter { ip: Some(block), ..Filter::default() };
        let (last, seen) = place.newest(filter).await?;
        hits.hits.extend(last.map(|key| Hit::Address { block, last: key.timestamp }));
        hits.stop(As::Address, last.is_none() && seen != Seen::All);
    }
    hits.more |= hits.hits.len() > SHOWN;
    hits.hits.truncate(SHOWN);
    Ok(hits)
}

struct Place<'a> {
    db: &'a Db,
    reader: &'a Reader,
    budgets: Budgets,
}

impl Place<'_> {
    /// The place of the newest entry that matches, and how far was looked for one.
    async fn newest(&self, filter: Filter) -> Result<(Option<Key>, Seen)> {
        let plan = logs::plan(self.db, &filter, self.reader.now, self.reader.role.sees_details()).await?;
        let (keys, seen) = look::keys(self.db, &plan, At::Newest, 1, self.budgets.count).await?;
        Ok((keys.first().copied(), seen))
    }

    /// As the id of a member or a booking, or as that of an entry or its beginning.
    async fn ids(&self, text: &str, hits: &mut Hits) -> Result<()> {
        if let Some(id) = ids::whole(text) {
            let by = By { id: Some(Whole::Yes), ..By::default() };
            let SoFar { found, stopped } = members::by_id(self.db, id, self.reader.now, self.budgets.count).await?;
            hits.stop(As::Member, stopped);
            hits.hits.extend(found.into_iter().map(|found| Hit::Member { found, by }));
            let (last, seen) = self.newest(Filter { booking: Some(id), ..Filter::default() }).await?;
            let stopped = last.is_none() && seen != Seen::All;
            if last.is_some() || self.is_booking(id).await? {
                let never = if stopped { LastSeen::NotLooked } else { LastSeen::Never };
                let last = last.map_or(never, |key| LastSeen::At(key.timestamp));
                hits.hits.push(Hit::Booking { id, last });
            } else {
                hits.stop(As::Booking, stopped);
            }
        }
        if let Some(print) = Fingerprint::parse(&text.to_ascii_lowercase()).filter(|_| self.reader.role.sees_details())
        {
            let group = errors::group(self.db, print).await?;
            hits.hits.extend(group.map(|group| Hit::Errors(Box::new(group))));
        }
        if let Some((first, last)) = ids::range(text) {
            if first != last {
                let by = By { id: Some(Whole::No), ..By::default() };
                let ids = members::ids_between(self.db, (first, last), SHOWN + 1).await?;
                self.members(&ids, |_| by, hits).await?;
            }
            let entries = logs::entries_between(self.db, first, last, SHOWN + 1).await?;
            hits.hits.extend(entries.into_iter().map(|log| Hit::Entry(Box::new(log))));
        }
        Ok(())
    }

    async fn is_booking(&self, id: Uuid) -> Result<bool> {
        let sql = Sql::new("SELECT CAST(1 AS BIGINT) FROM bookings WHERE id = ").bind(id);
        Ok(self.db.fetch_optional::<(i64,)>(sql).await?.is_some())
    }

    /// As an e-mail, its beginning, or a name. Whether it is a whole e-mail: then nothing else is meant.
    async fn people(&self, text: &str, hits: &mut Hits) -> Result<bool> {
        let (first, last) = predicates::begins(&text.to_ascii_lowercase());
        let column = self.db.dialect().member_email();
        let within = Sql::new("SELECT id, email FROM members WHERE ").text(column).text(" >= ").bind(first);
        let within = within.text(" AND ").text(column).text(" < ").bind(last).text(" ORDER BY ").text(column);
        let cap = i64::try_from(ALIKE + 1).unwrap_or(i64::MAX);
        let mut looking = self.db.look(self.budgets.count).await?;
        let looked = looking.fetch_all(within.limit(cap)).await?;
        looking.done();
        let owners: Vec<(Uuid, String)> = match looked {
            Looked::Whole(owners) => owners,
            // An application's own table of members may have no index that serves this.
            Looked::Interrupted => {
                hits.stop(As::Email, true);
                Vec::new()
            }
        };
        let recorded = logs::emails(self.db, &text.to_ascii_lowercase()).await?;
        let has_index = recorded.is_some();
        let recorded = recorded.unwrap_or_default();
        let is_it = |email: &String| email.eq_ignore_ascii_case(text);

        let whole: Vec<Uuid> = owners.iter().filter(|(_, email)| is_it(email)).map(|(id, _)| *id).collect();
        if !whole.is_empty() {
            let by = By { email: Some(Whole::Yes), ..By::default() };
            self.members(&whole, |_| by, hits).await?;
            return Ok(true);
        }
        let owned: HashSet<String> = owners.iter().map(|(_, email)| email.to_ascii_lowercase()).collect();
        let nobodys: Vec<String> =
            recorded.iter().filter(|email| !owned.contains(&email.to_ascii_lowercase())).cloned().collect();
        if let Some(email) = nobodys.iter().find(|email| is_it(email)) {
            let one = std::slice::from_ref(email);
            let so_far = emails::recorded(self.db, one, self.reader.now, self.budgets.count).await?;
            let whole = !so_far.found.is_empty();
            hits.recorded(so_far, Whole::Yes);
            if whole {
                return Ok(true);
            }
        }

        hits.stop(As::Email, !has_index);
        let named = self.named(text, hits).await?;
        let begins: Vec<Uuid> = owners.iter().map(|(id, _)| *id).collect();
        let mut ids = begins.clone();
        ids.extend(named.iter().filter(|id| !begins.contains(id)));
        let lower = text.to_lowercase();
        // Looking for names ends when there are enough, so those who were found by their e-mail are asked as well.
        let by = |found: &Found| By {
            name: found.name.as_ref().is_some_and(|name| name.to_lowercase().contains(&lower)),
            email: found.id.is_some_and(|id| begins.contains(&id)).then_some(Whole::No),
            ..By::default()
        };
        hits.more |= ids.len() > SHOWN || owners.len() > ALIKE || recorded.len() >= ALIKE;
        // Those whose name has it and whose e-mail begins so are the likeliest.
        ids.sort_by_key(|id| !(named.contains(id) && begins.contains(id)));
        ids.truncate(SHOWN);
        self.members(&ids, by, hits).await?;
        let some = &nobodys[..nobodys.len().min(SHOWN + 1)];
        hits.recorded(emails::recorded(self.db, some, self.reader.now, self.budgets.count).await?, Whole::No);
        Ok(false)
    }

    async fn members(&self, ids: &[Uuid], by: impl Fn(&Found) -> By, hits: &mut Hits) -> Result<()> {
        let mut found = members::by_ids(self.db, ids, self.reader.now, self.budgets.count).await?;
        found.sort_by_key(|one| std::cmp::Reverse(one.last_seen));
        let had =
            |id: Uuid| hits.hits.iter().any(|hit| matches!(hit, Hit::Member { found, .. } if found.id == Some(id)));
        let new: Vec<Hit> = found
            .into_iter()
            .filter_map(|found| Some((found.id?, found)))
            .filter(|(id, _)| !had(*id))
            .map(|(_, found)| Hit::Member { by: by(&found), found })
            .collect();
        hits.hits.extend(new);
        Ok(())
    }

    /// Whose name has the text, compared after lower-casing.
    async fn named(&self, text: &str, hits: &mut Hits) -> Result<Vec<Uuid>> {
        let mut ids = Vec::new();
        let mut looking = self.db.look(self.budgets.count).await?;
        let whole = names::each_with(&mut looking, &[MemberText::Name], text, |row| {
            if !ids.contains(&row.id) {
                ids.push(row.id);
            }
            if ids.len() > SHOWN { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        hits.stop(As::Name, !whole.await?);
        looking.done();
        Ok(ids)
    }
}
