//! Staff accounts: the store. What changes an account takes the transaction, so that the line of the staff's log about
//! it stands or falls with it.

use std::collections::HashMap;

use anyhow::anyhow;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{
    core::{
        error::{Error, Result},
        role::Role,
        secret,
        time::{Timestamp, Zone},
    },
    db::{Db, Sql, Tx},
    web::shell::Theme,
};

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account's name.
    pub id: Uuid,
    /// Their e-mail, as it was typed when the account was made.
    pub email: String,
    /// Their name, where one was given.
    pub name: Option<String>,
    /// What they may see and do.
    pub role: Role,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    /// The zone they chose for good.
    pub zone: Option<Zone>,
    /// The theme they chose.
    pub theme: Theme,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was switched off; none where it is on.
    pub disabled_at: Option<Timestamp>,
}

impl Account {
    /// What ties a session to the password it was begun with: another password gives another stamp.
    #[must_use]
    pub fn stamp(&self) -> String {
        let hash = secret::hash(self.password_hash.as_bytes());
        URL_SAFE_NO_PAD.encode(&hash[..12])
    }
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Their e-mail; see [`email`].
    pub email: String,
    /// Their name, at most [`LONGEST_NAME`] characters.
    pub name: Option<String>,
    /// Their role.
    pub role: Role,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
}

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 80;

/// Reads a name as it may stand in an account; none where nothing is written.
///
/// # Errors
/// A sentence.
pub fn name(text: &str) -> std::result::Result<Option<&str>, String> {
    let name = Some(text.trim()).filter(|name| !name.is_empty());
    let fits =
        |name: &str| name.chars().count() <= LONGEST_NAME && !name.contains(|c: char| c.is_control() || is_hidden(c));
    if name.is_none_or(fits) {
        return Ok(name);
    }
    Err(format!("A name has at most {LONGEST_NAME} characters, all of them printable."))
}

/// Reads an e-mail as it may stand in an account. `None` where it cannot be one.
#[must_use]
pub fn email(text: &str) -> Option<&str> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let fits = !local.is_empty() && !domain.is_empty() && text.chars().count() <= 255;
    let strange = |c: char| c.is_whitespace() || c.is_control() || "<>\"(),;:\\@".contains(c) || is_hidden(c);
    (fits && !local.contains(strange) && !domain.contains(strange)).then_some(text)
}

/// What is not seen and changes what is: with it one address could be made to look like another.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    email: String,
    name: Option<String>,
    role: String,
    password_hash: String,
    zone: Option<String>,
    theme: String,
    created_at: Timestamp,
    disabled_at: Option<Timestamp>,
}

impl Row {
    fn account(self) -> Result<Account> {
        let role =
            self.role.parse().map_err(|reason| Error::Internal(anyhow!("staff account {}: {reason}", self.id)))?;
        Ok(Account {
            id: self.id,
            email: self.email,
            name: self.name,
            role,
            password_hash: self.password_hash,
            // A zone that this build no longer knows is no reason to keep anybody out.
            zone: self.zone.and_then(|zone| zone.parse().ok()),
            theme: Theme::parse(&self.theme).unwrap_or_default(),
            created_at: self.created_at,
            disabled_at: self.disabled_at,
        })
    }
}

fn select() -> Sql {
    Sql::new("SELECT id, email, name, role, password_hash, zone, theme, created_at, disabled_at FROM daybook_staff")
}

/// All accounts, by e-mail.
pub async fn list(db: &Db) -> Result<Vec<Account>> {
    let rows: Vec<Row> = db.fetch_all(select().text(" ORDER BY lower(email)")).await?;
    rows.into_iter().map(Row::account).collect()
}

/// The account of an e-mail, in any case of ASCII letters.
pub async fn by_email(db: &Db, email: &str) -> Result<Option<Account>> {
    let sql = select().text(" WHERE ").append(&db.dialect().staff_email_is(email));
    db.fetch_optional::<Row>(sql).await?.map(Row::account).transpose()
}

/// The account of an id.
pub async fn by_id(db: &Db, id: Uuid) -> Result<Option<Account>> {
    db.fetch_optional::<Row>(select().text(" WHERE id = ").bind(id)).await?.map(Row::account).transpose()
}

/// The accounts of these ids, in no order.
pub async fn by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<Account>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = select().text(" WHERE id IN (").bind_all(ids.iter().copied()).text(")");
    db.fetch_all::<Row>(sql).await?.into_iter().map(Row::account).collect()
}

/// How many accounts a page of them has.
pub const SHOWN: usize = 100;

/// The accounts after an e-mail, by e-mail, at most one more than a page has; each with its newest sign-in that let them
/// in.
pub async fn page(db: &Db, after: Option<&str>) -> Result<Vec<(Account, Option<Timestamp>)>> {
    let column = db.dialect().member_email();
    let mut sql = select();
    if let Some(after) = after {
        sql = sql.text(" WHERE ").text(column).text(" > ").bind(after.to_ascii_lowercase());
    }
    let most = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    let rows: Vec<Row> = db.fetch_all(sql.text(" ORDER BY ").text(column).limit(most)).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let sign_ins: HashMap<Uuid, Timestamp> = db
        .fetch_all::<(Uuid, Option<Timestamp>)>(last_sign_ins(rows.iter().map(|row| row.id)))
        .await?
        .into_iter()
        .filter_map(|(id, at)| at.map(|at| (id, at)))
        .collect();
    let with_sign_in = |row: Row| row.account().map(|account| (sign_ins.get(&account.id).copied(), account));
    rows.into_iter().map(|row| with_sign_in(row).map(|(at, account)| (account, at))).collect()
}

/// The newest sign-in of each of these accounts, by an index that holds nothing else.
#[must_use]
pub fn last_sign_ins(ids: impl IntoIterator<Item = Uuid>) -> Sql {
    Sql::new(
        "SELECT s.id, (SELECT l.\"timestamp\" FROM daybook_staff_log AS l WHERE l.kind = 'signed_in' AND \
         l.staff_id = s.id ORDER BY l.\"timestamp\" DESC, l.seq DESC LIMIT 1) AS last FROM daybook_staff AS s WHERE s.id IN (",
    )
    .bind_all(ids)
    .text(")")
}

/// How many accounts there are, and how many of them are on; counted to 10,000.
pub async fn counted(db: &Db) -> Result<(i64, i64)> {
    let sql = Sql::new(
        "SELECT count(*), coalesce(CAST(sum(CASE WHEN disabled_at IS NULL THEN 1 ELSE 0 END) AS BIGINT), 0) \
         FROM (SELECT disabled_at FROM daybook_staff LIMIT 10000) AS counted",
    );
    Ok(db.fetch_optional(sql).await?.unwrap_or_default())
}

/// How many sessions of an account are open at `now`.
pub async fn sessions(db: &Db, id: Uuid, now: Timestamp) -> Result<i64> {
    let sql = Sql::new("SELECT count(*) FROM daybook_sessions WHERE staff_id = ").bind(id).text(" AND expires_at > ");
    Ok(db.fetch_optional::<(i64,)>(sql.bind(now)).await?.map_or(0, |(n,)| n))
}

/// The account that changes another one, and that one: both are kept as they are until the transaction ends, so that of
/// two who switch each other off at once only one can.
pub async fn for_change(tx: &mut Tx, by: Uuid, id: Uuid) -> Result<(Option<Account>, Option<Account>)> {
    let sql = select().text(" WHERE id IN (").bind_all([by, id]).text(") ORDER BY id").text(tx.dialect().for_update());
    let rows: Vec<Account> = tx.fetch_all::<Row>(sql).await?.into_iter().map(Row::account).collect::<Result<_>>()?;
    let one = |id: Uuid| rows.iter().find(|account| account.id == id).cloned();
    Ok((one(by), one(id)))
}

/// Whether there is any account at all.
pub async fn any_exist(db: &Db) -> Result<bool> {
    Ok(db.fetch_optional::<(i64,)>(Sql::new("SELECT CAST(1 AS BIGINT) FROM daybook_staff LIMIT 1")).await?.is_some())
}

/// Makes an account; `None` where its e-mail has one already.
pub async fn add(tx: &mut Tx, new: &NewAccount, now: Timestamp) -> Result<Option<Uuid>> {
    let id = Uuid::new_v4();
    let added = tx
        .execute(
            Sql::new("INSERT INTO daybook_staff (id, email, name, role, password_hash, created_at) VALUES (")
                .bind(id)
                .text(", ")
                .bind(&new.email)
                .text(", ")
                .bind(new.name.as_deref())
                .text(", ")
                .bind(new.role.as_str())
                .text(", ")
                .bind(&new.password_hash)
                .text(", ")
                .bind(now)
                .text(") ON CONFLICT DO NOTHING"),
        )
        .await?;
    Ok((added == 1).then_some(id))
}

/// Gives another role; it counts from the next request.
pub async fn set_role(tx: &mut Tx, id: Uuid, role: Role) -> Result<()> {
    update(tx, id, Sql::new("role = ").bind(role.as_str())).await
}

/// Switches an account off, which ends its sessions, or on again (`at` is none).
pub async fn set_disabled(tx: &mut Tx, id: Uuid, at: Option<Timestamp>) -> Result<()> {
    update(tx, id, Sql::new("disabled_at = ").bind(at)).await?;
    if at.is_some() {
        end_sessions(tx, id).await?;
    }
    Ok(())
}

/// Gives another password, which ends every session begun with the old one: whoever changes their own renews theirs
/// in the same request.
pub async fn set_password(tx: &mut Tx, id: Uuid, password_hash: &str) -> Result<()> {
    update(tx, id, Sql::new("password_hash = ").bind(password_hash)).await?;
    end_sessions(tx, id).await.map(drop)
}

/// Chooses a zone for good, or the site's (none).
pub async fn set_zone(tx: &mut Tx, id: Uuid, zone: Option<Zone>) -> Result<()> {
    update(tx, id, Sql::new("zone = ").bind(zone.map(Zone::name))).await
}

/// Chooses a theme.
pub async fn set_theme(tx: &mut Tx, id: Uuid, theme: Theme) -> Result<()> {
    update(tx, id, Sql::new("theme = ").bind(theme.as_str())).await
}

async fn update(tx: &mut Tx, id: Uuid, change: Sql) -> Result<()> {
    tx.execute(Sql::new("UPDATE daybook_staff SET ").append(&change).text(" WHERE id = ").bind(id)).await.map(drop)
}

/// Ends every session of an account; how many there were.
pub async fn end_sessions(tx: &mut Tx, id: Uuid) -> Result<u64> {
    tx.execute(Sql::new("DELETE FROM daybook_sessions WHERE staff_id = ").bind(id)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_e_mail_is_told_from_what_is_none() {
        for good in ["maya@brackenfield.example", " d.petrov+x@b.example ", "é@b.example", "root@localhost"] {
            assert_eq!(email(good), Some(good.trim()));
        }
        let long = format!("{}@b.example", "a".repeat(250));
        for bad in ["", "maya", "@b.example", "maya@", "a b@c.example", "a@b@c.example", "a\u{202e}b@c.example", &long]
        {
            assert_eq!(email(bad), None, "{bad}");
        }
    }
}
