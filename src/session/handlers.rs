//! Signing in and out.

use actix_session::Session;
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::RETRY_AFTER},
    web,
};

use super::{
    CheckedForm, SignIn, Staff,
    accounts::{self, Account},
    form::Form,
    guard, kept,
    pages::LoginPage,
    password::Verdict,
    sign_in,
    throttle::Slowed,
    token,
};
use crate::{
    core::error::{Error, Result},
    staff_log::{Kind, Record, StaffLog},
    web::{client, next, respond, state::State},
};

/// The same for an unknown e-mail, a wrong password and an account that is switched off.
const NO_MATCH: &str = "That e-mail and password do not match.";
/// Seconds after which it may be less busy.
const BUSY: i64 = 5;

/// `GET /login`: the form. It writes nothing; whoever is signed in is led on.
pub async fn login(req: HttpRequest, state: web::Data<State>, door: web::Data<SignIn>) -> Result<HttpResponse> {
    let query = Form::of_query(req.query_string());
    let next = next::safe(query.value("next"));
    if guard::account(&req, &state).await?.is_some() {
        return Ok(respond::see_other(next));
    }
    form_again(&req, &state, &door, Refusal::none(next)).await
}

/// `POST /login`.
pub async fn sign_in(
    req: HttpRequest,
    payload: web::Payload,
    session: Session,
    state: web::Data<State>,
    door: web::Data<SignIn>,
    log: web::Data<StaffLog>,
) -> Result<HttpResponse> {
    let form = Form::read(&req, payload.into_inner()).await?;
    let cookie = sign_in::sent_form_cookie(&req).ok_or(Error::ForeignForm)?;
    form.check(&door.form_secret(&cookie)?)?;
    let (email, next) = (form.value("email").trim(), next::safe(form.value("next")));
    let refuse = async |error: String, wait: Option<i64>| {
        form_again(&req, &state, &door, Refusal { error: Some(error), wait, email, next }).await
    };

    let attempt = match door.throttle.begin(email, client::address(&req, &state.site), state.now()) {
        Ok(attempt) => attempt,
        Err(slowed) => {
            if slowed.first {
                let account = accounts::by_email(&state.db, email).await?;
                log.record(line(&req, &state, Kind::SignInSlowed, email, account.as_ref()))?;
            }
            return refuse(wait(slowed.seconds), Some(slowed.seconds)).await;
        }
    };
    let (account, verdict) = match verify(&state, &door, email, form.value("password")).await {
        Ok(tried) => tried,
        Err(error) => {
            attempt.withdrawn();
            return Err(error);
        }
    };
    match (account, verdict) {
        (Some(account), Verdict::Right) if account.disabled_at.is_none() => {
            if let Err(error) = log.record(line(&req, &state, Kind::SignedIn, email, Some(&account))) {
                attempt.withdrawn();
                return Err(error);
            }
            attempt.succeeded();
            kept::begin(&session, &account)?;
            Ok(respond::see_other(next))
        }
        (_, Verdict::Busy) => {
            attempt.withdrawn();
            refuse(wait(BUSY), Some(BUSY)).await
        }
        (account, _) => {
            let slowed = attempt.failed(state.now());
            let refused = line(&req, &state, Kind::SignInFailed, email, account.as_ref());
            log.record(Record { detail: Some(why(account.as_ref(), verdict).to_owned()), ..refused })?;
            match slowed {
                None => refuse(NO_MATCH.to_owned(), None).await,
                Some(Slowed { seconds, .. }) => refuse(format!("{NO_MATCH} {}", wait(seconds)), Some(seconds)).await,
            }
        }
    }
}

/// `POST /logout`: ends the session here and there.
pub async fn sign_out(
    req: HttpRequest,
    staff: Staff,
    session: Session,
    _form: CheckedForm,
    state: web::Data<State>,
    log: web::Data<StaffLog>,
) -> HttpResponse {
    // Whoever wants to go is let go, even where that cannot be written down.
    if let Err(error) = log.record(staff_line(&req, &state, Kind::SignedOut, &staff)) {
        tracing::warn!(%error, "a sign-out was not recorded");
    }
    session.purge();
    respond::see_other("/login")
}

/// The account of an e-mail, if there is one, and what became of the password: always one verification.
async fn verify(state: &State, door: &SignIn, email: &str, password: &str) -> Result<(Option<Account>, Verdict)> {
    let account = accounts::by_email(&state.db, email).await?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let verdict = door.passwords.verify(hash, password.to_owned()).await?;
    Ok((account, verdict))
}

/// Why somebody was not let in, for admins alone: whoever tries is told the same whatever it was.
fn why(account: Option<&Account>, verdict: Verdict) -> &'static str {
    match account {
        None => "no such account",
        Some(_) if verdict != Verdict::Right => "wrong password",
        Some(_) => "the account is switched off",
    }
}

/// How long to wait, as a sentence.
pub(super) fn wait(seconds: i64) -> String {
    let unit = if seconds == 1 { "second" } else { "seconds" };
    format!("Wait {seconds} {unit} before the next try.")
}

/// Why the form is shown again, and what was typed into it.
struct Refusal<'a> {
    error: Option<String>,
    wait: Option<i64>,
    email: &'a str,
    next: &'a str,
}

impl<'a> Refusal<'a> {
    fn none(next: &'a str) -> Self {
        Self { error: None, wait: None, email: "", next }
    }
}

async fn form_again(req: &HttpRequest, state: &State, door: &SignIn, refusal: Refusal<'_>) -> Result<HttpResponse> {
    let status = match (&refusal.error, refusal.wait) {
        (None, _) => StatusCode::OK,
        (Some(_), None) => StatusCode::UNAUTHORIZED,
        (Some(_), Some(_)) => StatusCode::TOO_MANY_REQUESTS,
    };
    let cookie = SignIn::form_cookie(req);
    let page = LoginPage {
        shell: respond::bare_shell(req),
        csrf_token: token::csrf_token(&door.form_secret(&cookie)?),
        next: refusal.next.to_owned(),
        email: refusal.email.to_owned(),
        error: refusal.error,
        first_account: !accounts::any_exist(&state.db).await?,
    };
    let mut response = respond::page(status, &page)?;
    if let Some(wait) = refusal.wait {
        response.headers_mut().insert(RETRY_AFTER, wait.into());
    }
    response.add_cookie(&sign_in::cookie_of_form(cookie, &state.site)).map_err(anyhow::Error::new)?;
    Ok(response)
}

/// A line about a sign-in. What was typed as an e-mail is kept only where it looks like one: people type their
/// password there.
fn line(req: &HttpRequest, state: &State, kind: Kind, typed: &str, account: Option<&Account>) -> Record {
    let email = account.map_or_else(|| accounts::email(typed).unwrap_or("(not an e-mail)"), |account| &account.email);
    Record {
        at: state.now(),
        staff_id: account.map(|account| account.id),
        staff_email: email.to_owned(),
        kind,
        subject: None,
        detail: None,
        ip_address: client::address(req, &state.site).map(|address| address.to_string()),
        request_id: client::request_id(req),
        token: None,
    }
}

/// A line about what somebody who is signed in does to their own account.
pub(super) fn staff_line(req: &HttpRequest, state: &State, kind: Kind, staff: &Staff) -> Record {
    Record { staff_id: Some(staff.id), staff_email: staff.email.clone(), ..line(req, state, kind, "", None) }
}
