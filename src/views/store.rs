//! Saved views in the database. What changes one takes the transaction, so that the line of the staff's log about it
//! stands or falls with it.

use uuid::Uuid;

use crate::{
    core::{error::Result, time::Timestamp},
    db::{Db, Sql, Tx},
};

/// How many views one account may have.
pub const MOST: i64 = 50;
/// How many are listed at once: one's own, those that came with Daybook, and then as many as others share.
const LISTED: usize = 300;

/// A saved view.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct View {
    /// Its number.
    pub id: i64,
    /// Whose it is; none where it came with Daybook.
    pub owner: Option<Uuid>,
    /// What the owner is called: name, else e-mail.
    pub owner_name: Option<String>,
    /// Its name.
    pub name: String,
    /// Its filters as a query string, without a place in the list.
    pub query: String,
    /// Whether all staff may use it: 1 or 0.
    pub shared: i64,
}

impl View {
    /// Whether all staff may use it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.shared != 0
    }
}

/// A view to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewView {
    /// Whose it is.
    pub owner: Uuid,
    /// Its name.
    pub name: String,
    /// Its filters as a query string.
    pub query: String,
    /// Whether all staff may use it.
    pub shared: bool,
}

/// Which way a view moves in its owner's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Before the one before it.
    Up,
    /// Behind the one behind it.
    Down,
}

fn select() -> Sql {
    Sql::new(
        "SELECT v.id, v.owner, coalesce(s.name, s.email) AS owner_name, v.name, v.query, v.shared
         FROM daybook_views AS v LEFT JOIN daybook_staff AS s ON s.id = v.owner",
    )
}

/// Every view that somebody may see: their own in their order, those that came with Daybook, then what others share;
/// and whether others share more than are listed.
pub async fn visible(db: &Db, staff: Uuid) -> Result<(Vec<View>, bool)> {
    let limit = i64::try_from(LISTED + 1).unwrap_or(i64::MAX);
    let sql = select()
        .text(" WHERE v.owner = ")
        .bind(staff)
        .text(" OR v.shared = 1 ORDER BY CASE WHEN v.owner = ")
        .bind(staff)
        .text(" THEN 0 WHEN v.owner IS NULL THEN 1 ELSE 2 END, lower(coalesce(s.name, s.email)), v.owner, v.position, v.id")
        .limit(limit);
    let mut views: Vec<View> = db.fetch_all(sql).await?;
    let more = views.len() > LISTED;
    views.truncate(LISTED);
    Ok((views, more))
}

/// The view with this number, whosever it is.
pub async fn by_id(tx: &mut Tx, id: i64) -> Result<Option<View>> {
    Ok(tx.fetch_all::<View>(select().text(" WHERE v.id = ").bind(id)).await?.pop())
}

/// Keeps the views of an owner, or of the product, from everybody else who would change them until the transaction ends:
/// that a name is free, how many there are and their order still hold when it writes.
pub async fn hold(tx: &mut Tx, owner: Option<Uuid>) -> Result<()> {
    let held = match owner {
        Some(owner) => Sql::new("SELECT CAST(1 AS BIGINT) FROM daybook_staff WHERE id = ").bind(owner),
        None => Sql::new("SELECT CAST(1 AS BIGINT) FROM daybook_views WHERE owner IS NULL ORDER BY id"),
    };
    let held = held.text(tx.dialect().for_update());
    tx.fetch_all::<(i64,)>(held).await.map(drop)
}

/// Whether an owner, or the product, has another view of this name than the one with the number `but`.
pub async fn is_named(tx: &mut Tx, owner: Option<Uuid>, name: &str, but: Option<i64>) -> Result<bool> {
    let sql = Sql::new("SELECT id FROM daybook_views WHERE name = ").bind(name).text(" AND ").append(&owned_by(owner));
    Ok(tx.fetch_all::<(i64,)>(sql).await?.into_iter().any(|(id,)| Some(id) != but))
}

fn owned_by(owner: Option<Uuid>) -> Sql {
    match owner {
        Some(owner) => Sql::new("owner = ").bind(owner),
        None => Sql::new("owner IS NULL"),
    }
}

/// Keeps a view, behind its owner's others; false where they have as many as they may.
pub async fn add(tx: &mut Tx, new: &NewView, now: Timestamp) -> Result<bool> {
    let sql = Sql::new("SELECT count(*), coalesce(max(position), 0) + 1 FROM daybook_views WHERE owner = ");
    let (had, position) = tx.fetch_all::<(i64, i64)>(sql.bind(new.owner)).await?.pop().unwrap_or((0, 1));
    if had >= MOST {
        return Ok(false);
    }
    let sql = Sql::new("INSERT INTO daybook_views (owner, name, query, shared, position, created_at) VALUES (")
        .bind(new.owner)
        .text(", ")
        .bind(&new.name)
        .text(", ")
        .bind(&new.query)
        .text(", ")
        .bind(i64::from(new.shared))
        .text(", ")
        .bind(position)
        .text(", ")
        .bind(now)
        .text(")");
    tx.execute(sql).await?;
    Ok(true)
}

/// Gives a view another name, and says whether it is shared.
pub async fn change(tx: &mut Tx, id: i64, name: &str, shared: bool) -> Result<()> {
    let sql = Sql::new("UPDATE daybook_views SET name = ").bind(name).text(", shared = ").bind(i64::from(shared));
    tx.execute(sql.text(" WHERE id = ").bind(id)).await.map(drop)
}

/// Deletes a view.
pub async fn delete(tx: &mut Tx, id: i64) -> Result<()> {
    tx.execute(Sql::new("DELETE FROM daybook_views WHERE id = ").bind(id)).await.map(drop)
}

/// Changes places with the view before or behind it of the same owner; false where there is none, and it stays.
pub async fn shift(tx: &mut Tx, view: &View, direction: Direction) -> Result<bool> {
    let sql =
        Sql::new("SELECT id FROM daybook_views WHERE ").append(&owned_by(view.owner)).text(" ORDER BY position, id");
    let mut order: Vec<i64> = tx.fetch_all::<(i64,)>(sql).await?.into_iter().map(|(id,)| id).collect();
    let Some(at) = order.iter().position(|id| *id == view.id) else { return Ok(false) };
    let to = match direction {
        Direction::Up => at.checked_sub(1),
        Direction::Down => Some(at + 1).filter(|to| *to < order.len()),
    };
    let Some(to) = to else { return Ok(false) };
    order.swap(at, to);
    // All are numbered anew: there are few, and so no two can share a place.
    for (position, id) in (1_i64..).zip(order) {
        let sql = Sql::new("UPDATE daybook_views SET position = ").bind(position).text(" WHERE id = ").bind(id);
        tx.execute(sql).await?;
    }
    Ok(true)
}
