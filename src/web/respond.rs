//! Answering: a template as a page, and an error for whoever asked. What an error looks like is decided here alone, and
//! in [`problem`] for programs.

use std::panic::AssertUnwindSafe;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{CACHE_CONTROL, HOST, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE, VARY},
    },
    middleware::Next,
    web,
};
use askama::Template;
use futures_util::FutureExt as _;

use super::{
    error_page::{Away, BareErrorPage, ErrorFragment, ErrorPage, ErrorView},
    next, problem,
    rendered::rendered,
    shell::{BareShell, Shell, Theme},
    state::State,
};
use crate::core::{
    error::{Error, Outage, Result, What},
    role::Role,
    secret, words,
};

/// htmx's header for an address to go to.
const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
/// Seconds after which a database may be back.
const TRY_AGAIN: HeaderValue = HeaderValue::from_static("5");

/// What a request wants back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// A whole page.
    Page,
    /// The part that htmx swaps in.
    Fragment,
}

impl Want {
    /// A fragment where htmx asks, unless it asks in order to restore a page from history.
    #[must_use]
    pub fn of(req: &HttpRequest) -> Self {
        let has = |name: &str| req.headers().contains_key(name);
        if has("hx-request") && !has("hx-history-restore-request") { Self::Fragment } else { Self::Page }
    }
}

/// The id of the control that htmx says was used.
#[must_use]
pub fn trigger(req: &HttpRequest) -> &str {
    req.headers().get("hx-trigger").and_then(|id| id.to_str().ok()).unwrap_or_default()
}

/// A rendered template. It holds members' data, or leads to it: nothing keeps a copy.
pub fn page(status: StatusCode, template: &impl Template) -> Result<HttpResponse> {
    let body = rendered(template)?;
    Ok(HttpResponse::build(status)
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((VARY, "HX-Request"))
        .content_type("text/html; charset=utf-8")
        .body(body))
}

/// What the next page tells whoever posted: in the extensions of a redirect, for the guard to keep in the session.
#[derive(Debug, Clone, Copy)]
pub struct Said(pub &'static str);

/// On to another page of ours, which says what was done.
#[must_use]
pub fn done(path: &str, said: &'static str) -> HttpResponse {
    let mut response = see_other(path);
    response.extensions_mut().insert(Said(said));
    response
}

/// On to another page of ours.
#[must_use]
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).insert_header((CACHE_CONTROL, "no-store")).finish()
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::ForeignForm | Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unavailable(_) | Self::Unfit(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// Middleware around every route: what ends in an error is drawn for whoever asked.
pub async fn errors<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let res = next.call(req).await?.map_into_boxed_body();
    if res.response().error().is_none() {
        return Ok(res);
    }
    let (req, failed) = res.into_parts();
    let mut drawn = if problem::is_wanted(&req) { problem::draw(&req, &failed) } else { draw(&req, &failed) };
    // A session that ended with the error takes its cookie along.
    for cookie in failed.headers().get_all(SET_COOKIE) {
        drawn.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    Ok(ServiceResponse::new(req, drawn))
}

/// Layer of every route: a panic is a fault of ours like any other, and ends one request alone.
pub async fn caught<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<BoxBody>, actix_web::Error> {
    // The route is found by now, so nothing below needs the request for itself alone.
    let request = req.request().clone();
    match AssertUnwindSafe(next.call(req)).catch_unwind().await {
        Ok(answered) => Ok(answered?.map_into_boxed_body()),
        Err(_) => {
            let fault = Error::Internal(anyhow::anyhow!("a handler panicked; the panic stands above in this log"));
            Ok(ServiceResponse::new(request, HttpResponse::from_error(fault)))
        }
    }
}

/// The answer to a request that failed, with the headers it failed with.
fn draw(req: &HttpRequest, failed: &HttpResponse) -> HttpResponse {
    let ours = failed.error().and_then(|error| error.as_error::<Error>());
    if matches!(ours, Some(Error::SignedOut)) {
        return signed_out(req);
    }
    let view = match ours {
        Some(error) => view(req, error),
        None => foreign(req, failed),
    };
    let status = StatusCode::from_u16(view.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let shell = req.extensions().get::<std::rc::Rc<Shell>>().cloned();
    let drawn = match (Want::of(req), shell) {
        (Want::Fragment, _) => page(status, &ErrorFragment { error: view }),
        (Want::Page, Some(shell)) => page(status, &ErrorPage { shell: (*shell).clone(), error: view }),
        (Want::Page, None) => page(status, &BareErrorPage { shell: bare_shell(req), error: view }),
    };
    // A template that cannot even say so leaves the status, which says enough.
    let mut drawn = drawn.unwrap_or_else(|_| HttpResponse::new(status));
    for name in [actix_web::http::header::ALLOW, RETRY_AFTER] {
        if let Some(value) = failed.headers().get(&name) {
            drawn.headers_mut().insert(name, value.clone());
        }
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        drawn.headers_mut().insert(RETRY_AFTER, TRY_AGAIN);
    }
    drawn
}

/// Where people reach this site, for a link that leaves it: as configured, else as this request came.
#[must_use]
pub fn base(req: &HttpRequest) -> String {
    let configured = req.app_data::<web::Data<State>>().and_then(|state| state.site.public_url.clone());
    configured.unwrap_or_else(|| {
        let host = req.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or(req.uri().authority().map(actix_web::http::uri::Authority::as_str));
        host.map(|host| format!("http://{host}")).unwrap_or_default()
    })
}

/// What surrounds a page where nobody is known.
#[must_use]
pub fn bare_shell(req: &HttpRequest) -> BareShell {
    let site_name = req.app_data::<web::Data<State>>().map(|state| state.site.name.clone()).unwrap_or_default();
    BareShell { site_name, theme: Theme::System }
}

/// Without a session: a page leads to sign-in and back, an htmx request is told to go there and back to its page.
fn signed_out(req: &HttpRequest) -> HttpResponse {
    let reads = matches!(*req.method(), Method::GET | Method::HEAD);
    let asked = if reads { path_and_query(req) } else { next::HOME };
    match Want::of(req) {
        Want::Page => see_other(&next::sign_in(asked)),
        Want::Fragment => HttpResponse::Unauthorized()
            .insert_header((HX_REDIRECT, next::sign_in(&next::page_of_htmx(req.headers(), reads.then_some(asked)))))
            .insert_header((CACHE_CONTROL, "no-store"))
            .finish(),
    }
}

fn path_and_query(req: &HttpRequest) -> &str {
    req.uri().path_and_query().map_or("/", |path| path.as_str())
}

fn view(req: &HttpRequest, error: &Error) -> ErrorView {
    let retry = matches!(*req.method(), Method::GET | Method::HEAD).then(|| path_and_query(req).to_owned());
    match error {
        Error::BadRequest(reason) => ErrorView::bad_request(&sentence(reason)),
        Error::ForeignForm => ErrorView::stale_form(),
        Error::Forbidden { needed } => {
            let shell = req.extensions().get::<std::rc::Rc<Shell>>().cloned();
            let (email, role) = shell.map(|s| (s.email.clone(), s.role_name.clone())).unwrap_or_default();
            let need = match needed {
                Role::Admin => "This page needs the Admin role.",
                Role::Viewer | Role::Support => "This page needs the Support role.",
            };
            ErrorView::forbidden(need, &email, &role)
        }
        Error::NotFound(What::Entry) => ErrorView::no_entry(),
        Error::NotFound(What::Member) => ErrorView::no_member(),
        Error::NotFound(What::View) => ErrorView::no_view(),
        Error::NotFound(What::ErrorGroup) => ErrorView::no_error_group(),
        Error::NotFound(What::Page | What::Booking) | Error::SignedOut => ErrorView::no_page(),
        Error::MethodNotAllowed => ErrorView::method_not_allowed(),
        Error::TooLarge => ErrorView::too_large(),
        Error::TooSlow => ErrorView::too_slow(),
        Error::Unavailable(outage) => {
            let away = match outage {
                Outage::Away => Away::Unreachable,
                Outage::Locked => Away::Locked,
                Outage::Full => Away::Full,
                Outage::Unrecorded => Away::Unrecorded,
                Outage::Exporting => Away::Exporting,
                Outage::Unfitted => Away::Unfitted,
            };
            tracing::warn!(request_id = super::client::request_id(req), "{error}");
            ErrorView::away(away, when(req).as_deref(), retry)
        }
        Error::Unfit(_) => {
            tracing::warn!(request_id = super::client::request_id(req), "{error}");
            ErrorView::away(Away::Unfit, when(req).as_deref(), retry)
        }
        Error::Internal(error) => fault(req, &format!("{error:#}"), retry),
    }
}

/// An error of the server's own, such as a path that cannot be decoded.
fn foreign(req: &HttpRequest, failed: &HttpResponse) -> ErrorView {
    match failed.status() {
        StatusCode::NOT_FOUND => ErrorView::no_page(),
        StatusCode::METHOD_NOT_ALLOWED => ErrorView::method_not_allowed(),
        StatusCode::PAYLOAD_TOO_LARGE => ErrorView::too_large(),
        status if status.is_client_error() => ErrorView::bad_request("It is not formed as HTTP asks for."),
        _ => fault(req, &failed.error().map(ToString::to_string).unwrap_or_default(), None),
    }
}

/// A fault of ours: what it was goes to the log, its number to the page.
fn fault(req: &HttpRequest, what: &str, retry: Option<String>) -> ErrorView {
    let incident = note_fault(req, what);
    let with_time = when(req).map_or_else(|| incident.clone(), |when| format!("{incident}, {when}"));
    ErrorView::fault(&with_time, retry)
}

/// Writes what a fault of ours was to the log; the number that it stands under.
pub(super) fn note_fault(req: &HttpRequest, what: &str) -> String {
    let incident = incident_number();
    tracing::error!(incident, request_id = super::client::request_id(req), "{what}");
    incident
}

/// `INC-7F3K-2Q9M`: 40 bits, which can be read out.
fn incident_number() -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let letters: Vec<char> =
        secret::bytes::<8>().into_iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    let half = |range: std::ops::Range<usize>| letters[range].iter().collect::<String>();
    format!("INC-{}-{}", half(0..4), half(4..8))
}

/// `18 June 2026, 14:38:05 BST` in the site's zone: whoever looks into the log may not be who reads the page.
fn when(req: &HttpRequest) -> Option<String> {
    let state = req.app_data::<web::Data<State>>()?;
    let (now, zone) = (state.now(), state.site.zone);
    let abbreviation = words::zone_abbreviation(now, zone);
    Some(format!("{}, {} {abbreviation}", words::date_short(now, zone), words::clock(now, zone, false)))
}

/// A reason as a sentence.
fn sentence(reason: &str) -> String {
    let mut chars = reason.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    let stop = if reason.ends_with('.') { "" } else { "." };
    format!("{first}{}{stop}", chars.as_str())
}
