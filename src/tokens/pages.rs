//! What the page of API tokens prints.

use askama::Template;
use uuid::Uuid;

use super::form::Typed;
use crate::{
    core::words,
    logs::view::Reader,
    session::{
        Signed,
        tokens::{LONGEST_NAME, Standing, Token},
    },
    web::shell::{Section, Shell},
};

/// A token that was just made.
pub struct Once {
    /// Its name.
    pub name: String,
    /// The token itself.
    pub token: String,
}

/// One token.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// How it begins.
    pub prefix: String,
    /// What it may do.
    pub scopes: String,
    /// Who answers for it.
    pub owner: String,
    /// When it was last used.
    pub last_use: Option<String>,
    /// From where.
    pub last_ip: Option<String>,
    /// When it expires.
    pub expires: Option<String>,
    /// Why it does not work; none where it does.
    pub ended: Option<&'static str>,
    /// Whether it can still be revoked.
    pub revocable: bool,
}

impl Row {
    fn of(token: Token, reader: &Reader) -> Self {
        let standing = token.standing(reader.now);
        let ended = match standing {
            Standing::Active => None,
            Standing::Expired => Some("Expired"),
            Standing::Revoked => Some("Revoked"),
            Standing::OwnerOff => Some("Owner’s account is off"),
        };
        Self {
            id: token.id,
            name: token.name,
            prefix: token.prefix,
            scopes: token.scopes.listed(),
            owner: token.owner_email,
            last_use: token.last_used_at.map(|at| reader.day_and_clock(at)),
            last_ip: token.last_used_ip,
            expires: token.expires_at.map(|at| reader.day_and_clock(at)),
            ended,
            revocable: standing != Standing::Revoked,
        }
    }
}

/// `GET /tokens`.
#[derive(Template)]
#[template(path = "tokens/list.html")]
pub struct TokensPage {
    /// What surrounds it.
    pub shell: Shell,
    /// How many there are, and how many of them work.
    pub counted: String,
    /// What the table is: `API tokens, last used first, times in London, BST`.
    pub caption: String,
    /// The zone in which a time of expiry is meant.
    pub zone_city: String,
    /// The tokens.
    pub rows: Vec<Row>,
    /// The one that was just made.
    pub once: Option<Once>,
    /// Who may answer for one: e-mails.
    pub owners: Vec<String>,
    /// The form of a new one.
    pub typed: Typed,
    /// The longest name.
    pub longest_name: usize,
}

impl TokensPage {
    /// The page for whoever is signed in.
    #[must_use]
    pub fn of(tokens: Vec<Token>, owners: Vec<String>, signed: &Signed, typed: Typed, once: Option<Once>) -> Self {
        let reader = Reader::of(signed);
        let active = tokens.iter().filter(|token| token.standing(reader.now) == Standing::Active).count();
        let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let counted = words::counted(number(tokens.len()), "token", "tokens");
        Self {
            shell: Shell { next: "/tokens".to_owned(), ..signed.shell(Section::Tokens) },
            counted: format!("{counted}, {} active.", words::count(number(active))),
            caption: format!("API tokens, last used first, times in {}", reader.city()),
            zone_city: words::zone_city(reader.zone),
            rows: tokens.into_iter().map(|token| Row::of(token, &reader)).collect(),
            once,
            owners,
            typed,
            longest_name: LONGEST_NAME,
        }
    }
}
