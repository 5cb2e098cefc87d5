//! What signing in needs beside the database: the key of cookies, the two places for passwords, who is slowed down.

use std::sync::Arc;

use actix_session::{
    SessionMiddleware,
    config::{BrowserSession, CookieContentSecurity},
};
use actix_web::{
    HttpRequest,
    cookie::{Cookie, Key, SameSite},
};
use anyhow::anyhow;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{key, password::Passwords, store::Store, throttle::Throttle, token};
use crate::{
    core::{error::Result, secret},
    db::Db,
    web::state::{Site, State},
};

/// Shared by all workers as `web::Data<SignIn>`.
#[derive(Clone)]
pub struct SignIn {
    /// Hashes and verifies.
    pub passwords: Passwords,
    /// Slows down whoever guesses.
    pub throttle: Arc<Throttle>,
    key: Key,
}

/// The cookie that ties the sign-in form to the browser it was shown in, before there is a session.
const FORM_COOKIE: &str = "daybook_login";

impl SignIn {
    /// Loads the key, which the first start makes.
    pub async fn open(db: &Db) -> Result<Self> {
        Ok(Self { passwords: Passwords::new()?, throttle: Throttle::new(), key: key::load_or_make(db).await? })
    }

    /// The middleware that finds a request's session; one a worker.
    #[must_use]
    pub fn sessions(&self, state: &State) -> SessionMiddleware<Store> {
        let https = state.site.is_https();
        SessionMiddleware::builder(Store::new(state.db.clone(), state.clock.clone()), self.key.clone())
            .cookie_name(cookie_name(&state.site).to_owned())
            .cookie_secure(https)
            .cookie_http_only(true)
            .cookie_same_site(SameSite::Lax)
            .cookie_path("/".to_owned())
            .cookie_content_security(CookieContentSecurity::Private)
            // Gone with the browser; the store decides how long it may last.
            .session_lifecycle(BrowserSession::default())
            .build()
    }

    /// The value of the request's form cookie, if it is one of ours, else a new one.
    pub(super) fn form_cookie(req: &HttpRequest) -> String {
        sent_form_cookie(req).unwrap_or_else(secret::token)
    }

    /// What the tokens of the sign-in form are made from, for the browser that holds this cookie. Nothing is stored.
    pub(super) fn form_secret(&self, cookie: &str) -> Result<token::Secret> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.key.signing()).map_err(|_| anyhow!("the key has no bytes"))?;
        mac.update(b"the form of sign-in\0");
        mac.update(cookie.as_bytes());
        Ok(mac.finalize().into_bytes().into())
    }
}

/// The name of the session cookie. The prefix makes browsers refuse one that was not set by this very host over https.
#[must_use]
pub fn cookie_name(site: &Site) -> &'static str {
    if site.is_https() { "__Host-daybook_session" } else { "daybook_session" }
}

/// The form cookie that came with a request, where it has the shape of ours.
pub(super) fn sent_form_cookie(req: &HttpRequest) -> Option<String> {
    let value = req.cookie(FORM_COOKIE)?.value().to_owned();
    let ours = value.len() == 43 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    ours.then_some(value)
}

/// The cookie to send with the sign-in form.
pub(super) fn cookie_of_form(value: String, site: &Site) -> Cookie<'static> {
    Cookie::build(FORM_COOKIE, value)
        .path("/login")
        .http_only(true)
        .secure(site.is_https())
        .same_site(SameSite::Lax)
        .finish()
}
