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
        time::{Timestamp, Zone},
    },
    staff_log::{Kind, Record, StaffLog},
    web::{
        client,
        shell::{Section, Shell, Theme},
        state::State,
    },
};

/// Whoever is signed in, for the length of a request. As an argument of a handler it is there on every route of staff.
#[derive(Clone)]
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
    /// The zone of the account; none where it follows the site.
    pub own_zone: Option<Zone>,
    /// Their theme.
    pub theme: Theme,
    /// The instant at which the request was let in.
    pub now: Timestamp,
    /// What the tokens of this session's forms are made from.
    pub(super) csrf: token::Secret,
    shell: Rc<Shell>,
    log: StaffLog,
    ip_address: Option<String>,
    request_id: Option<String>,
}

impl Staff {
    /// What surrounds a page of `section`.
    #[must_use]
    pub fn shell(&self, section: Section) -> Shell {
        Shell { section, ..Shell::clone(&self.shell) }
    }

    /// Writes down what they do; call it before anything of it is shown.
    ///
    /// # Errors
    /// 503 where it cannot be written down: then it must not be shown.
    pub fn record(&self, kind: Kind, subject: Option<String>, detail: Option<String>) -> Result<()> {
        self.log.record(self.line(kind, subject, detail))
    }

    /// The line that [`Self::record`] hands in, for a transaction to write.
    #[must_use]
    pub fn line(&self, kind: Kind, subject: Option<String>, detail: Option<String>) -> Record {
        Record {
            at: self.now,
            staff_id: Some(self.id),
            staff_email: self.email.clone(),
            kind,
            subject,
            detail,
            ip_address: self.ip_address.clone(),
            request_id: self.request_id.clone(),
        }
    }
}

impl FromRequest for Staff {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let staff = req.extensions().get::<Self>().cloned();
        ready(staff.ok_or_else(|| Error::Internal(anyhow!("a handler asks for staff on a route that lets anybody in"))))
    }
}

/// The layer of a route that `needed` and those above it may use.
pub(super) async fn admit<B: MessageBody + 'static>(
    needed: Role,
    req: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let staff = match identify(req.request()).await {
        Ok(staff) => staff,
        Err(error) => return Ok(req.error_response(error)),
    };
    let role = staff.role;
    // The frame first: a page that says "your role may not" stands in it.
    req.extensions_mut().insert(Rc::clone(&staff.shell));
    if role < needed {
        return Ok(req.error_response(Error::Forbidden { needed }));
    }
    req.extensions_mut().insert(staff);
    Ok(next.call(req).await?.map_into_boxed_body())
}

/// Whoever the request's session belongs to.
async fn identify(req: &HttpRequest) -> Result<Staff> {
    let state = req.app_data::<web::Data<State>>().ok_or_else(|| anyhow!("no state"))?;
    let log = req.app_data::<web::Data<StaffLog>>().ok_or_else(|| anyhow!("no staff log"))?;
    let (kept, account) = account(req, state).await?.ok_or(Error::SignedOut)?;
    let now = state.now();
    let zone = asked_zone(req.query_string()).or(kept.zone).or(account.zone).unwrap_or(state.site.zone);
    Ok(Staff {
        id: account.id,
        role: account.role,
        zone,
        own_zone: account.zone,
        theme: account.theme,
        now,
        csrf: kept.csrf,
        shell: Rc::new(shell(req, state, &kept, &account, zone, now)),
        log: StaffLog::clone(log),
        ip_address: client::address(req, &state.site).map(|address| address.to_string()),
        request_id: client::request_id(req),
        email: account.email,
        name: account.name,
    })
}

/// The session and its account, where the account is on and its password the one the session was begun with. A
/// session that has lost its account is ended.
pub(super) async fn account(req: &HttpRequest, state: &State) -> Result<Option<(Kept, Account)>> {
    let session = req.get_session();
    let Some(kept) = kept::read(&session) else { return Ok(None) };
    match accounts::by_id(&state.db, kept.staff).await? {
        Some(account) if account.disabled_at.is_none() && account.stamp() == kept.stamp => Ok(Some((kept, account))),
        _ => {
            session.purge();
            Ok(None)
        }
    }
}

/// `tz` of this request, where it is a zone; a page that cannot use it says so itself.
fn asked_zone(query: &str) -> Option<Zone> {
    query_string::parse(query).iter().find(|pair| pair.name == "tz" && !pair.value.is_empty())?.value.parse().ok()
}

fn shell(req: &HttpRequest, state: &State, kept: &Kept, account: &Account, zone: Zone, now: Timestamp) -> Shell {
    Shell {
        site_name: state.site.name.clone(),
        email: account.email.clone(),
        role_name: account.role.name().to_owned(),
        csrf_token: token::csrf_token(&kept.csrf),
        theme: account.theme,
        zone_name: String::new(),
        zone_city: String::new(),
        zone_offset: String::new(),
        zone_hint: String::new(),
        site_zone: String::new(),
        zones: &[],
        next: req.uri().path_and_query().map_or_else(String::new, ToString::to_string),
        section: Section::Other,
    }
    .with_zone(zone, state.site.zone, now)
}
