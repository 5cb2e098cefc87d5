//! What a session keeps between requests, and the only code that names its keys.

use actix_session::Session;
use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::accounts::Account;
use crate::core::{error::Result, secret, time::Zone};

/// The key under which the account stands; the store reads it, so that an account's sessions can be found.
pub(super) const STAFF: &str = "staff";
const STAMP: &str = "stamp";
const CSRF: &str = "csrf";
const ZONE: &str = "zone";
const SAID: &str = "said";

/// A session of somebody who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The account.
    pub staff: Uuid,
    /// What the account's [`Account::stamp`] was at sign-in.
    pub stamp: String,
    /// What the tokens of this session's forms are made from.
    pub csrf: [u8; 32],
    /// The zone chosen for this session.
    pub zone: Option<Zone>,
}

/// Makes the session the one of `account`, under a new id.
pub fn begin(session: &Session, account: &Account) -> Result<()> {
    session.clear();
    insert(session, STAFF, &account.id.to_string())?;
    insert(session, STAMP, &account.stamp())?;
    insert(session, CSRF, &URL_SAFE_NO_PAD.encode(secret::bytes::<32>()))?;
    session.renew();
    Ok(())
}

/// Ties the session to the account's new password, under a new id; what was chosen in it stays.
pub fn renew(session: &Session, account: &Account) -> Result<()> {
    insert(session, STAMP, &account.stamp())?;
    session.renew();
    Ok(())
}

/// Chooses a zone for this session, or drops the choice.
pub fn set_zone(session: &Session, zone: Option<Zone>) -> Result<()> {
    if let Some(zone) = zone {
        return insert(session, ZONE, zone.name());
    }
    // Removing what is not there would count as a change, and be written.
    if session.contains_key(ZONE) {
        session.remove(ZONE);
    }
    Ok(())
}

/// Keeps for the next page what was done.
pub fn say(session: &Session, said: &str) -> Result<()> {
    insert(session, SAID, said)
}

/// What was done, said once.
#[must_use]
pub fn said(session: &Session) -> Option<String> {
    // Removing what is not there would count as a change, and be written.
    session.contains_key(SAID).then(|| session.remove_as::<String>(SAID)?.ok()).flatten()
}

/// What the session keeps; `None` where nobody has signed in, or it cannot be read.
#[must_use]
pub fn read(session: &Session) -> Option<Kept> {
    let text = |key: &str| session.get::<String>(key).ok().flatten();
    Some(Kept {
        staff: text(STAFF)?.parse().ok()?,
        stamp: text(STAMP)?,
        csrf: URL_SAFE_NO_PAD.decode(text(CSRF)?).ok()?.try_into().ok()?,
        zone: text(ZONE).and_then(|zone| zone.parse().ok()),
    })
}

fn insert(session: &Session, key: &str, value: &str) -> Result<()> {
    Ok(session.insert(key, value).context("a session cannot keep a text")?)
}
