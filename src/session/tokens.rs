//! API tokens: the store. Only the hash of one is kept; what changes one takes the transaction, so that the line of the
//! staff's log about it stands or falls with it.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use crate::{
    core::{
        error::{Error, Result},
        role::Role,
        secret,
        time::{Timestamp, Zone},
    },
    db::{Db, Sql, Tx},
};

/// How every token begins, so that one that leaked is recognised for what it is.
pub const MARK: &str = "dbk_";
/// How many characters of a token are kept to recognise it by, its mark among them.
const PREFIX: usize = 8;
/// How many characters a token has.
const LENGTH: usize = MARK.len() + 43;
/// The longest name, in characters.
pub const LONGEST_NAME: usize = 60;
/// How many tokens may be in use at once.
pub const MOST: i64 = 200;
/// How many are listed: those in use, then the newest of those that are not.
const LISTED: i64 = 400;

/// What a token may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Writing entries, members and bookings.
    Ingest,
    /// Reading entries.
    Read,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Ingest, Self::Read];

    /// Its word, on the command line, in forms and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or_else(|| format!("“{text}” is not a scope: ingest or read"))
    }
}

/// The scopes of a token, each once, in order; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Makes a set of them; none where there is not even one.
    #[must_use]
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Option<Self> {
        let mut scopes: Vec<Scope> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        (!scopes.is_empty()).then_some(Self(scopes))
    }

    /// Whether one is among them.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// As they are listed: `ingest, read`.
    #[must_use]
    pub fn listed(&self) -> String {
        self.join(", ")
    }

    fn join(&self, separator: &str) -> String {
        self.0.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(separator)
    }

    /// What the table holds is checked by the table.
    fn stored(text: &str) -> Self {
        Self(text.split(' ').filter_map(|word| word.parse().ok()).collect())
    }
}

/// A token as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its number, for forms.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// How it begins.
    pub prefix: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// The e-mail of who answers for it.
    pub owner_email: String,
    /// Whether their account is on.
    pub owner_on: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused; none where never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to a minute.
    pub last_used_at: Option<Timestamp>,
    /// From where.
    pub last_used_ip: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// How a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It works.
    Active,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// Its owner's account is off.
    OwnerOff,
}

impl Standing {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::OwnerOff => "owner off",
        }
    }

    fn of(revoked: bool, expires_at: Option<Timestamp>, owner_on: bool, now: Timestamp) -> Self {
        if revoked {
            Self::Revoked
        } else if expires_at.is_some_and(|end| end <= now) {
            Self::Expired
        } else if owner_on {
            Self::Active
        } else {
            Self::OwnerOff
        }
    }
}

impl Token {
    /// How it stands at `now`.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        Standing::of(self.revoked_at.is_some(), self.expires_at, self.owner_on, now)
    }
}

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its name; see [`name`].
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// Whose it is.
    pub owner: Uuid,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
}

/// Why a token was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMade {
    /// Another one that is not revoked has the name.
    Taken,
    /// As many are in use as may be.
    TooMany,
}

/// Reads a name: one line that can be seen, of at most [`LONGEST_NAME`] characters.
///
/// # Errors
/// A sentence.
pub fn name(text: &str) -> std::result::Result<&str, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("Give the token a name.".to_owned());
    }
    // A sign that is not seen, or turns what follows around, would let one name pass for another.
    let plain = |c: char| c.is_alphanumeric() || c.is_ascii_graphic() || c == ' ';
    if !name.chars().all(plain) || !name.chars().any(char::is_alphanumeric) {
        return Err("A name is made of letters, digits, spaces and the signs of a keyboard.".to_owned());
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(format!("A name has at most {LONGEST_NAME} characters."));
    }
    Ok(name)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    prefix: String,
    scopes: String,
    email: String,
    disabled_at: Option<Timestamp>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    last_used_ip: Option<String>,
    revoked_at: Option<Timestamp>,
}

impl From<Row> for Token {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            scopes: Scopes::stored(&row.scopes),
            owner_email: row.email,
            owner_on: row.disabled_at.is_none(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            last_used_ip: row.last_used_ip,
            revoked_at: row.revoked_at,
        }
    }
}

fn select() -> Sql {
    Sql::new(
        "SELECT t.id, t.name, t.prefix, t.scopes, s.email, s.disabled_at, t.created_at, t.expires_at, \
         t.last_used_at, t.last_used_ip, t.revoked_at \
         FROM daybook_tokens AS t JOIN daybook_staff AS s ON s.id = t.owner",
    )
}

/// The tokens, last used first; those that are revoked behind the others.
pub async fn list(db: &Db) -> Result<Vec<Token>> {
    let sql = select()
        .text(" ORDER BY CASE WHEN t.revoked_at IS NULL THEN 0 ELSE 1 END, ")
        .text("coalesce(t.last_used_at, t.created_at) DESC, t.id")
        .limit(LISTED);
    let rows: Vec<Row> = db.fetch_all(sql).await?;
    Ok(rows.into_iter().map(Token::from).collect())
}

/// The token with this number that is not revoked.
pub async fn by_id(tx: &mut Tx, id: Uuid) -> Result<Option<Token>> {
    let sql = select().text(" WHERE t.revoked_at IS NULL AND t.id = ").bind(id);
    Ok(tx.fetch_all::<Row>(sql).await?.pop().map(Token::from))
}

/// The token with this name that is not revoked.
pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<Token>> {
    let sql = select().text(" WHERE t.revoked_at IS NULL AND t.name = ").bind(name);
    Ok(tx.fetch_all::<Row>(sql).await?.pop().map(Token::from))
}

/// The beginning of a token, which may be shown: what tells it from another that has had its name.
#[must_use]
pub fn prefix(token: &str) -> &str {
    token.get(..PREFIX).unwrap_or(token)
}

/// Makes a token; what is returned is the token itself, which nobody can find out again.
pub async fn add(tx: &mut Tx, new: &NewToken, now: Timestamp) -> Result<std::result::Result<String, NotMade>> {
    if by_name(tx, &new.name).await?.is_some() {
        return Ok(Err(NotMade::Taken));
    }
    let in_use: Vec<(i64,)> = tx
        .fetch_all(
            Sql::new(
                "SELECT count(*) FROM daybook_tokens WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ",
            )
            .bind(now)
            .text(")"),
        )
        .await?;
    if in_use.first().is_some_and(|(n,)| *n >= MOST) {
        return Ok(Err(NotMade::TooMany));
    }
    let token = format!("{MARK}{}", secret::token());
    let sql =
        Sql::new("INSERT INTO daybook_tokens (id, name, hash, prefix, scopes, owner, created_at, expires_at) VALUES (")
            .bind(Uuid::new_v4())
            .text(", ")
            .bind(&new.name)
            .text(", ")
            .bind(secret::hash(token.as_bytes()))
            .text(", ")
            .bind(prefix(&token))
            .text(", ")
            .bind(new.scopes.join(" "))
            .text(", ")
            .bind(new.owner)
            .text(", ")
            .bind(now)
            .text(", ")
            .bind(new.expires_at)
            .text(") ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING");
    // Somebody else may have taken the name meanwhile.
    Ok(if tx.execute(sql).await? > 0 { Ok(token) } else { Err(NotMade::Taken) })
}

/// Takes a token back; it counts from the next request.
pub async fn revoke(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<()> {
    let sql = Sql::new("UPDATE daybook_tokens SET revoked_at = ").bind(now);
    tx.execute(sql.text(" WHERE revoked_at IS NULL AND id = ").bind(id)).await.map(drop)
}

/// Writes down that a token was used.
pub async fn used(db: &Db, id: Uuid, at: Timestamp, from: Option<&str>) -> Result<()> {
    let mut tx = db.write().await?;
    let sql = Sql::new("UPDATE daybook_tokens SET last_used_at = ").bind(at).text(", last_used_ip = ").bind(from);
    tx.execute(sql.text(" WHERE id = ").bind(id)).await?;
    tx.commit().await
}

/// A token that was sent, and for whom it acts.
#[derive(Debug, Clone)]
pub struct Known {
    /// The token.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// How it stands.
    pub standing: Standing,
    /// When its last use was written down.
    pub last_used_at: Option<Timestamp>,
    /// Its owner.
    pub owner: Uuid,
    /// Their e-mail.
    pub owner_email: String,
    /// Their role, which decides what it sees.
    pub role: Role,
    /// The zone they chose for good.
    pub zone: Option<Zone>,
}

#[derive(sqlx::FromRow)]
struct KnownRow {
    id: Uuid,
    name: String,
    scopes: String,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    owner: Uuid,
    email: String,
    role: String,
    zone: Option<String>,
    disabled_at: Option<Timestamp>,
}

/// Whether a text can be a token at all: asked before the database is.
#[must_use]
pub fn is_shaped(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    text.len() == LENGTH && text.strip_prefix(MARK).is_some_and(|rest| rest.bytes().all(letter))
}

/// Who sent this token, if it is one of ours.
pub async fn find(db: &Db, token: &str, now: Timestamp) -> Result<Option<Known>> {
    let sql = Sql::new(
        "SELECT t.id, t.name, t.scopes, t.expires_at, t.revoked_at, t.last_used_at, t.owner, s.email, s.role, s.zone, \
         s.disabled_at FROM daybook_tokens AS t JOIN daybook_staff AS s ON s.id = t.owner WHERE t.hash = ",
    );
    let Some(row) = db.fetch_optional::<KnownRow>(sql.bind(secret::hash(token.as_bytes()))).await? else {
        return Ok(None);
    };
    let role =
        row.role.parse().map_err(|why| Error::Internal(anyhow::anyhow!("staff account {}: {why}", row.owner)))?;
    Ok(Some(Known {
        standing: Standing::of(row.revoked_at.is_some(), row.expires_at, row.disabled_at.is_none(), now),
        id: row.id,
        name: row.name,
        scopes: Scopes::stored(&row.scopes),
        last_used_at: row.last_used_at,
        owner: row.owner,
        owner_email: row.email,
        role,
        zone: row.zone.and_then(|zone| zone.parse().ok()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_line_that_can_be_told_from_others() {
        for good in ["clubhouse-web", " nightly report ", "2026", "é", &"x".repeat(60)] {
            assert_eq!(name(good), Ok(good.trim()));
        }
        for bad in ["", "  ", "a\nb", "a\0b", "…", "\u{200b}", &"x".repeat(61)] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_what_has_the_shape_of_a_token_is_looked_up() {
        assert!(is_shaped(&format!("{MARK}{}", secret::token())));
        for bad in ["", MARK, "dbk_x", &secret::token(), &format!("{MARK}{}", "é".repeat(43)), &"x".repeat(47)] {
            assert!(!is_shaped(bad), "{bad}");
        }
    }

    #[test]
    fn scopes_read_back_as_they_are_stored() {
        for scopes in [vec![Scope::Read], vec![Scope::Ingest], vec![Scope::Read, Scope::Ingest, Scope::Read]] {
            let scopes = Scopes::new(scopes).expect("some");
            assert_eq!(Scopes::stored(&scopes.join(" ")), scopes);
        }
        assert_eq!(Scopes::new([]), None);
    }

    #[test]
    fn what_ends_a_token_is_told_apart() {
        let (now, before) = (Timestamp::from_micros(10), Some(Timestamp::from_micros(10)));
        for (revoked, expires, on, standing) in [
            (false, None, true, Standing::Active),
            (false, Some(Timestamp::from_micros(11)), true, Standing::Active),
            (false, before, true, Standing::Expired),
            (false, None, false, Standing::OwnerOff),
            (true, before, false, Standing::Revoked),
        ] {
            assert_eq!(Standing::of(revoked, expires, on, now), standing);
        }
    }
}
