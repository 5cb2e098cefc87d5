//! Who is behind a program's request: its token and the token's owner, loaded anew each time, so that revoking one
//! counts at once.

use std::{
    collections::HashMap,
    future::{Ready, ready},
    sync::{Mutex, PoisonError},
};

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::header::AUTHORIZATION,
    middleware::Next,
    web,
};
use anyhow::anyhow;
use uuid::Uuid;

use super::{
    rate::{Meter, Quotum},
    tokens::{self, Known, Scope, Standing},
};
use crate::{
    core::{
        error::{Error, Result},
        role::Role,
        time::{Timestamp, Zone},
    },
    db::Db,
    staff_log::{Kind, Record, StaffLog},
    web::{client, problem::Problem, state::State},
};

/// A program's request that was let in, for the length of it.
#[derive(Clone)]
pub struct Bearer {
    /// The token's id.
    pub id: Uuid,
    /// The token's name.
    pub token: String,
    /// The role of its owner, which decides what it sees.
    pub role: Role,
    /// The zone in which local times of the request are meant, unless it names another.
    pub zone: Zone,
    /// The instant of the request.
    pub now: Timestamp,
    log: web::Data<StaffLog>,
    line: Record,
}

impl Bearer {
    /// Writes down what is read; call it before it is sent.
    ///
    /// # Errors
    /// 503 where it cannot be written down: then it must not be sent.
    pub fn record(&self, kind: Kind, subject: Option<String>, detail: Option<String>) -> Result<()> {
        self.log.record(self.line(kind, subject, detail))
    }

    /// The line of the staff's log that says what is done, for a transaction to write with it.
    #[must_use]
    pub fn line(&self, kind: Kind, subject: Option<String>, detail: Option<String>) -> Record {
        Record { kind, subject, detail, ..self.line.clone() }
    }
}

impl FromRequest for Bearer {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let bearer = req.extensions().get::<Self>().cloned();
        ready(bearer.ok_or_else(|| anyhow!("a handler asks for a token on a route that needs none").into()))
    }
}

/// What the guard keeps between requests.
#[derive(Debug)]
pub struct Desk {
    meter: Meter,
    /// When the last use of a token was written down by this process, so that many at once write it once.
    noted: Mutex<HashMap<Uuid, Timestamp>>,
}

/// The time within which a token's last use is not written down again, in seconds.
const NOTED: i64 = 60;
/// How many tokens are remembered; more than may be in use at once.
const REMEMBERED: usize = 1_000;

impl Desk {
    /// The desk of a site.
    #[must_use]
    pub fn of(state: &State) -> Self {
        Self { meter: Meter::new(state.budgets.rates, state.clock.clone()), noted: Mutex::default() }
    }

    /// Whether the use of a token is to be written down now.
    fn is_due(&self, known: &Known, now: Timestamp) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was put back is long before what was written down, which is no reason to stand still.
        let is_near = |last: &Timestamp| now.since(*last).num_seconds().abs() < NOTED;
        let due = !noted.get(&known.id).iter().copied().chain(&known.last_used_at).any(is_near);
        if due {
            if noted.len() >= REMEMBERED {
                noted.clear();
            }
            noted.insert(known.id, now);
        }
        due
    }
}

/// The layer of a route that a token with the scope `needed` may use.
pub(super) async fn admit<B: MessageBody + 'static>(
    needed: Scope,
    req: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match identify(req.request(), needed).await {
        Ok(Admitted::Yes(bearer, quotum)) => {
            req.extensions_mut().insert(*bearer);
            let mut answer = next.call(req).await?.map_into_boxed_body();
            quotum.write(answer.headers_mut());
            Ok(answer)
        }
        Ok(Admitted::No(refused)) => Ok(req.into_response(refused)),
        Err(error) => Ok(req.error_response(error)),
    }
}

enum Admitted {
    Yes(Box<Bearer>, Quotum),
    No(HttpResponse),
}

async fn identify(req: &HttpRequest, needed: Scope) -> Result<Admitted> {
    let data = (req.app_data::<web::Data<State>>(), req.app_data::<web::Data<Desk>>());
    let ((Some(state), Some(desk)), Some(log)) = (data, req.app_data::<web::Data<StaffLog>>()) else {
        return Err(anyhow!("no state").into());
    };
    let now = state.now();
    let known = match known(req, &state.db, now).await? {
        Ok(known) => known,
        Err(problem) => return Ok(Admitted::No(problem.respond())),
    };
    if !known.scopes.has(needed) {
        return Ok(Admitted::No(Problem::scope(needed.as_str()).respond()));
    }
    let quotum = desk.meter.count(known.id, needed);
    if !quotum.granted {
        let kind = crate::web::problem::Kind::TooMany;
        let problem = Problem::new(kind, format!("a token has {}", quotum.rule())).retry_after(quotum.wait());
        let mut refused = problem.respond();
        quotum.write(refused.headers_mut());
        return Ok(Admitted::No(refused));
    }
    let from = client::address(req, &state.site).map(|address| address.to_string());
    if desk.is_due(&known, now) {
        tokio::spawn(note(state.db.clone(), known.id, now, from.clone()));
    }
    let bearer = Bearer {
        id: known.id,
        role: known.role,
        zone: known.zone.unwrap_or(state.site.zone),
        now,
        log: log.clone(),
        line: Record {
            at: now,
            staff_id: Some(known.owner),
            staff_email: known.owner_email,
            kind: Kind::LogsSearched,
            subject: None,
            detail: None,
            ip_address: from,
            request_id: client::request_id(req),
            token: Some(known.name.clone()),
        },
        token: known.name,
    };
    Ok(Admitted::Yes(Box::new(bearer), quotum))
}

/// Whose token came with a request, or why there is none that works.
async fn known(req: &HttpRequest, db: &Db, now: Timestamp) -> Result<std::result::Result<Known, Problem>> {
    let Some(token) = sent(req) else {
        return Ok(Err(Problem::unauthorized("send a token as Authorization: Bearer", false)));
    };
    let unknown = || Problem::unauthorized("this is no token of this Daybook", true);
    if !tokens::is_shaped(token) {
        return Ok(Err(unknown()));
    }
    let Some(known) = tokens::find(db, token, now).await? else { return Ok(Err(unknown())) };
    let why = match known.standing {
        Standing::Active => return Ok(Ok(known)),
        Standing::Expired => "the token has expired",
        Standing::Revoked => "the token was revoked",
        Standing::OwnerOff => "the account of the token's owner is off",
    };
    Ok(Err(Problem::unauthorized(why, true)))
}

/// The token of the one `Authorization` header.
fn sent(req: &HttpRequest) -> Option<&str> {
    let mut headers = req.headers().get_all(AUTHORIZATION);
    let (header, None) = (headers.next()?, headers.next()) else { return None };
    let (scheme, token) = header.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Nobody waits for this, and a request is answered although it fails.
async fn note(db: Db, token: Uuid, at: Timestamp, from: Option<String>) {
    if let Err(error) = tokens::used(&db, token, at, from.as_deref()).await {
        tracing::warn!("the last use of a token could not be written down: {error}");
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_token_is_read_from_one_header_alone() {
        for (headers, token) in [
            (&["Bearer abc"][..], Some("abc")),
            (&["bearer   abc "], Some("abc")),
            (&["Basic abc"], None),
            (&["Bearer"], None),
            (&["Bearer a", "Bearer b"], None),
            (&[], None),
        ] {
            let mut request = TestRequest::get();
            for header in headers {
                request = request.append_header(("Authorization", *header));
            }
            assert_eq!(sent(&request.to_http_request()), token, "{headers:?}");
        }
    }
}
