//! Members whom a story meets though it is not theirs, and what they are called: of an e-mail there may be entries of
//! several members, one after the other.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::moment::Moment;
use crate::{
    core::{error::Result, words},
    db::{Db, Sql},
};

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Other {
    /// Their id.
    pub id: Uuid,
    /// Their name, where one is recorded.
    pub name: Option<String>,
    /// Their e-mail today, where one is recorded.
    pub email: Option<String>,
}

impl Other {
    /// What they are called: their name, else their e-mail, else the beginning of their id.
    #[must_use]
    pub fn called(&self) -> String {
        let told = [&self.name, &self.email].into_iter().flatten().find(|text| !text.trim().is_empty());
        told.cloned().unwrap_or_else(|| format!("member {}", words::short_id(self.id)))
    }

    /// What is personal of them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [self.name.as_deref(), self.email.as_deref()].into_iter().flatten()
    }
}

/// Members by their id.
pub type Others = HashMap<Uuid, Other>;

/// The members whom these entries name.
pub async fn of<'a>(db: &Db, moments: impl Iterator<Item = &'a Moment>) -> Result<Others> {
    with_ids(db, moments.filter_map(|moment| moment.member_id).collect()).await
}

/// The members with these ids. One whom the application no longer knows is called by their id.
pub async fn with_ids(db: &Db, ids: BTreeSet<Uuid>) -> Result<Others> {
    if ids.is_empty() {
        return Ok(Others::new());
    }
    let sql = Sql::new("SELECT id, name, email FROM members WHERE id IN (").bind_all(ids.iter().copied()).text(")");
    let known: Vec<Other> = db.fetch_all(sql).await?;
    let mut others: Others = known.into_iter().map(|other| (other.id, other)).collect();
    for id in ids {
        others.entry(id).or_insert(Other { id, name: None, email: None });
    }
    Ok(others)
}
