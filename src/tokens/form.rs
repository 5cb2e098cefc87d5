//! What the form of a new token says.

use crate::{
    core::time::{Edge, Timestamp, Zone},
    logs::form::read_instant,
    session::{
        accounts::Account,
        form::Form,
        tokens::{self, NewToken, Scope, Scopes},
    },
};

/// The form as it was typed, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// The name.
    pub name: String,
    /// Why it cannot be the name.
    pub name_error: Option<String>,
    /// The scopes that are ticked.
    pub scopes: Vec<Scope>,
    /// Why they cannot be the scopes.
    pub scope_error: Option<String>,
    /// The e-mail of the owner.
    pub owner: String,
    /// Why they cannot be the owner.
    pub owner_error: Option<String>,
    /// When it expires.
    pub expires: String,
    /// Why it cannot expire then.
    pub expires_error: Option<String>,
}

impl Typed {
    /// Whether anything is wrong.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        !self.bad_fields().is_empty()
    }

    /// The fields with something wrong: their ids and names on the page.
    #[must_use]
    pub fn bad_fields(&self) -> Vec<(&'static str, &'static str)> {
        let fields = [
            (&self.name_error, ("t-name", "Name")),
            (&self.scope_error, ("t-ingest", "Scopes")),
            (&self.owner_error, ("t-owner", "Owner")),
            (&self.expires_error, ("t-exp", "Expires")),
        ];
        fields.into_iter().filter(|(error, _)| error.is_some()).map(|(_, field)| field).collect()
    }

    /// Whether a scope is ticked.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|had| had.as_str() == scope)
    }
}

/// Reads a form: a token to be made, or everything that was typed with what is wrong. `accounts` are those that are on.
pub fn read(form: &Form, accounts: &[Account], zone: Zone, now: Timestamp) -> Result<NewToken, Box<Typed>> {
    let scopes: Vec<Scope> =
        Scope::ALL.into_iter().filter(|scope| form.all("scope").any(|v| v == scope.as_str())).collect();
    let mut typed = Typed {
        name: form.value("name").to_owned(),
        scopes: scopes.clone(),
        owner: form.value("owner").to_owned(),
        expires: form.value("expires").trim().to_owned(),
        ..Typed::default()
    };
    let name = tokens::name(&typed.name).map(str::to_owned).map_err(|why| typed.name_error = Some(why));
    let scopes = Scopes::new(scopes);
    if scopes.is_none() {
        typed.scope_error = Some("Choose what it may do.".to_owned());
    }
    let owner = accounts.iter().find(|account| account.email == typed.owner).map(|account| account.id);
    if owner.is_none() {
        typed.owner_error = Some("Choose one of the accounts that are on.".to_owned());
    }
    let expires_at = expiry(&typed.expires, zone, now).map_err(|why| typed.expires_error = Some(why));
    match (name, scopes, owner, expires_at) {
        (Ok(name), Some(scopes), Some(owner), Ok(expires_at)) => Ok(NewToken { name, scopes, owner, expires_at }),
        _ => Err(Box::new(typed)),
    }
}

fn expiry(text: &str, zone: Zone, now: Timestamp) -> Result<Option<Timestamp>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let at = read_instant(text, zone, Edge::From)
        .map_err(|why| format!("This is not a date and time{why}. Write it like 2026-12-31T18:00."))?;
    if at <= now {
        return Err("This is over already. Leave it empty for never.".to_owned());
    }
    Ok(Some(at))
}
