//! Who is behind a request: the account, loaded anew each time, so that another role or switching it off counts at
//! once.

use std::{
    future::{Ready, ready},
    rc::Rc,
};

use actix_session::SessionExt as _;
use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
    web,
};
use anyhow::anyhow;
use uuid::Uuid;

use super::{
    accounts::{self, Account},
    kept::{self, Kept},
    token,
};
use crate::{
    core::{
        error::{Error, Result},
        query_string,
        role::Role,
        time::Zone,
    },
    web::{
        next,
        respond::{Said, Want},
        shell::{Section, Shell, Theme, Waiting},
        state::State,
    },
};

/// Whoever is signed in, for the length of a request. As an argument of a handler it is there on every route of staff.
#[derive(Debug, Clone)]
pub struct Staff {
    /// Their account.
    pub id: Uuid,
    /// Their e-mail.
    pub email: String,
    /// Their name, where one is known.
    pub name: Option<String>,
    /// What they may see and do.
    pub role: Role,
    /// The reader's zone: of this request, else of this session, else of the account, else of the site.
    pub zone: Zone,
    /// The reader's zone without what this request alone asks for.
    pub usual_zone: Zone,
    /// The zone of the account; none where it follows the site.
    pub own_zone: Option<Zone>,
    /// Their theme.
    pub theme: Theme,
    /// What the tokens of this session's forms are made from.
    pub(super) csrf: token::Secret,
}

impl FromRequest for Staff {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let staff = req.extensions().get::<Self>().cloned();
        ready(staff.ok_or_else(|| Error::Internal(anyhow!("a handler asks for staff on a route that lets anybody in"))))
    }
}

/// The layer of a route that `needed` and those above it may use. Whoever is let in is left in the request as
/// [`Staff`], and what surrounds their pages as `Rc<Shell>`, for error pages too.
pub(super) async fn admit<B: MessageBody + 'static>(
    needed: Role,
    req: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match identify(req.request(), needed).await {
        Ok(()) => {
            let answer = next.call(req).await?.map_into_boxed_body();
            let said = answer.response().extensions().get::<Said>().copied();
            if let Some(Said(said)) = said {
                kept::say(&answer.request().get_session(), said)?;
            }
            Ok(answer)
        }
        Err(error) => Ok(req.error_response(error)),
    }
}

/// The layer of what is answered alike to everybody, in the frame of whoever is signed in.
pub(super) async fn recognise<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let state = req.app_data::<web::Data<State>>().cloned();
    if let Some(state) = state
        && let Ok(Some((kept, account))) = account(req.request(), &state).await
    {
        let zone = kept.zone.or(account.zone).unwrap_or(state.site.zone);
        let shell = shell(req.request(), &state, &kept, &account, zone);
        req.extensions_mut().insert(Rc::new(shell));
    }
    Ok(next.call(req).await?.map_into_boxed_body())
}

async fn identify(req: &HttpRequest, needed: Role) -> Result<()> {
    let state = req.app_data::<web::Data<State>>().ok_or_else(|| anyhow!("no state"))?;
    let Some((kept, account)) = account(req, state).await? else {
        let session = req.get_session();
        // What has lost its account is ended; without a session there is nothing to end.
        if !session.entries().is_empty() {
            session.purge();
        }
        return Err(Error::SignedOut);
    };
    let usual_zone = kept.zone.or(account.zone).unwrap_or(state.site.zone);
    let zone = asked_zone(req.query_string()).unwrap_or(usual_zone);
    // Made first: it looks into the request's extensions itself, for the session.
    let shell = shell(req, state, &kept, &account, zone);
    req.extensions_mut().insert(Rc::new(shell));
    if account.role < needed {
        return Err(Error::Forbidden { needed });
    }
    req.extensions_mut().insert(Staff {
        id: account.id,
        email: account.email,
        name: account.name,
        role: account.role,
        zone,
        usual_zone,
        own_zone: account.zone,
        theme: account.theme,
        csrf: kept.csrf,
    });
    Ok(())
}

/// The session and its account, where the account is on and its password the one the session was begun with.
pub(super) async fn account(req: &HttpRequest, state: &State) -> Result<Option<(Kept, Account)>> {
    let Some(kept) = kept::read(&req.get_session()) else { return Ok(None) };
    let account = accounts::by_id(&state.db, kept.staff).await?;
    Ok(account
        .filter(|account| account.disabled_at.is_none() && account.stamp() == kept.stamp)
        .map(|account| (kept, account)))
}

/// What surrounds a page of `section` in this request.
pub(super) fn frame(req: &HttpRequest, section: Section) -> Result<Shell> {
    let shell = req.extensions().get::<Rc<Shell>>().cloned();
    let shell = shell.ok_or_else(|| anyhow!("a page of staff on a route that lets anybody in"))?;
    Ok(Shell { section, ..Shell::clone(&shell) })
}

/// `tz` of this request, where it is a zone; a page that cannot use it says so itself.
fn asked_zone(query: &str) -> Option<Zone> {
    let pairs = query_string::parse(query);
    let mut named = pairs.iter().filter(|pair| pair.name == "tz").map(|pair| pair.value.trim());
    named.find(|name| !name.is_empty())?.parse().ok()
}

fn shell(req: &HttpRequest, state: &State, kept: &Kept, account: &Account, zone: Zone) -> Shell {
    // A form leads back to the page it stands on, and what only takes forms is no page.
    let is_page = matches!(*req.method(), Method::GET | Method::HEAD);
    let here = req.uri().path_and_query().filter(|_| is_page);
    let waiting = req.app_data::<web::Data<dyn Waiting>>();
    Shell {
        site_name: state.site.name.clone(),
        email: account.email.clone(),
        role_name: account.role.name().to_owned(),
        sees_details: account.role.sees_details(),
        csrf_token: token::csrf_token(&kept.csrf),
        theme: account.theme,
        zone_name: String::new(),
        zone_city: String::new(),
        zone_offset: String::new(),
        zone_hint: String::new(),
        site_zone: String::new(),
        next: here.map_or_else(|| next::HOME.to_owned(), ToString::to_string),
        section: Section::Other,
        // What swaps a part of a page has no place for it.
        said: here.filter(|_| Want::of(req) == Want::Page).and_then(|_| kept::said(&req.get_session())),
        errors: account.role.sees_details().then(|| waiting.map(|waiting| waiting.errors()).unwrap_or_default()),
    }
    .with_zone(zone, state.site.zone, state.now())
}
