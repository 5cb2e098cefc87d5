//! Own settings: the zone, the theme, the password.

use actix_session::Session;
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::RETRY_AFTER},
    web,
};
use anyhow::anyhow;

use super::{
    CheckedForm, SignIn, Staff, accounts,
    form::Form,
    guard,
    handlers::{staff_line, wait},
    kept,
    pages::{AccountPage, PasswordForm, ZoneChoice},
    password::{self, Verdict},
    throttle::Slowed,
};
use crate::{
    core::{
        error::{Error, Result},
        time::Zone,
    },
    staff_log::{self, Kind},
    web::{
        client, next, respond,
        shell::{Section, Shell, Theme},
        state::State,
        zones::{self, ZoneWords},
    },
};

/// The page that these forms stand on.
const HERE: &str = "/account";
/// Seconds after which it may be less busy.
const BUSY: i64 = 5;
/// What `acceptable` asks of a password.
const RULE: &str = "At least 12 characters, of any kind, spaces too: four words in a row will do. Not your name or \
                    e-mail, and not one of those that are tried first.";

/// What the page says beside what is set.
#[derive(Default)]
struct Said {
    done: Option<&'static str>,
    zone_error: Option<String>,
    password: PasswordForm,
}

/// `GET /account`
pub async fn page(req: HttpRequest, staff: Staff, state: web::Data<State>) -> Result<HttpResponse> {
    let done = Form::of_query(req.query_string()).value("done") == "password";
    let said = Said { done: done.then_some("Your password is changed."), ..Said::default() };
    draw(&req, &staff, &state, StatusCode::OK, said)
}

/// `POST /account/zone`: for this session where `keep` is `session`, else for good.
pub async fn set_zone(
    req: HttpRequest,
    staff: Staff,
    session: Session,
    form: CheckedForm,
    state: web::Data<State>,
) -> Result<HttpResponse> {
    let zone = match read_zone(&form) {
        Ok(zone) => zone,
        Err(message) => {
            let said = Said { zone_error: Some(message), ..Said::default() };
            return draw(&req, &staff, &state, StatusCode::BAD_REQUEST, said);
        }
    };
    if form.value("keep") == "session" {
        // "The site's" is a choice too where the account has another zone.
        kept::set_zone(&session, zone.or(staff.own_zone.map(|_| state.site.zone)))?;
    } else {
        let mut tx = state.db.write().await?;
        accounts::set_zone(&mut tx, staff.id, zone).await?;
        tx.commit().await?;
        kept::set_zone(&session, None)?;
    }
    // A page that was asked for in a zone of its own would not show the one just chosen.
    Ok(respond::done(&next::without(back(&form), "tz"), "The time zone is changed."))
}

/// `POST /account/theme`
pub async fn set_theme(staff: Staff, form: CheckedForm, state: web::Data<State>) -> Result<HttpResponse> {
    let theme = Theme::parse(form.value("theme")).ok_or(Error::BadRequest("a theme is system, light or dark"))?;
    let mut tx = state.db.write().await?;
    accounts::set_theme(&mut tx, staff.id, theme).await?;
    tx.commit().await?;
    Ok(respond::see_other(back(&form)))
}

/// `POST /account/password`: ends every other session of the account.
pub async fn set_password(
    req: HttpRequest,
    staff: Staff,
    session: Session,
    form: CheckedForm,
    state: web::Data<State>,
    door: web::Data<SignIn>,
) -> Result<HttpResponse> {
    let refuse = |wait: Option<i64>, password: PasswordForm| {
        let status = if wait.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::BAD_REQUEST };
        let mut response = draw(&req, &staff, &state, status, Said { password, ..Said::default() })?;
        if let Some(wait) = wait {
            response.headers_mut().insert(RETRY_AFTER, wait.into());
        }
        Ok(response)
    };
    let current = |message: String| PasswordForm { current_error: Some(message), ..PasswordForm::default() };
    let new = form.value("new_password");
    let asked = read_password(&form, &staff);
    if asked.refused() {
        return refuse(None, asked);
    }

    // Whoever found an open session must not guess the password faster here than at the door.
    let attempt = match door.throttle.begin(&staff.email, client::address(&req, &state.site), state.now()) {
        Ok(attempt) => attempt,
        Err(slowed) => return refuse(Some(slowed.seconds), current(wait(slowed.seconds))),
    };
    let hash = match renewed(&state, &door, &staff, form.value("current_password"), new).await {
        Ok(Tried::Right(hash)) => hash,
        Ok(Tried::Wrong) => {
            let message = "That is not your current password.".to_owned();
            return match attempt.failed(state.now()) {
                None => refuse(None, current(message)),
                Some(Slowed { seconds, .. }) => refuse(Some(seconds), current(format!("{message} {}", wait(seconds)))),
            };
        }
        busy_or_away => {
            attempt.withdrawn();
            return busy_or_away.and_then(|_| refuse(Some(BUSY), current(wait(BUSY))));
        }
    };
    attempt.succeeded();
    let mut tx = state.db.write().await?;
    accounts::set_password(&mut tx, staff.id, &hash).await?;
    staff_log::commit(tx, staff_line(&req, &state, Kind::PasswordChanged, &staff)).await?;
    let account = accounts::by_id(&state.db, staff.id).await?.ok_or_else(|| anyhow!("an account is gone"))?;
    kept::renew(&session, &account)?;
    Ok(respond::see_other("/account?done=password"))
}

/// What became of a change of password.
enum Tried {
    /// The current one is right; the hash of the new one.
    Right(String),
    /// The current one is not.
    Wrong,
    /// Too many wait.
    Busy,
}

async fn renewed(state: &State, door: &SignIn, staff: &Staff, current: &str, new: &str) -> Result<Tried> {
    let hash = accounts::by_id(&state.db, staff.id).await?.map(|account| account.password_hash);
    match door.passwords.verify(hash, current.to_owned()).await? {
        Verdict::Right => Ok(door.passwords.hash(new.to_owned()).await?.map_or(Tried::Busy, Tried::Right)),
        Verdict::Wrong => Ok(Tried::Wrong),
        Verdict::Busy => Ok(Tried::Busy),
    }
}

/// What can be told from the fields alone.
fn read_password(form: &Form, staff: &Staff) -> PasswordForm {
    let (new, again) = (form.value("new_password"), form.value("new_password_again"));
    let refused = password::acceptable(new, &staff.email, staff.name.as_deref()).err();
    let same = form.value("current_password") == new;
    PasswordForm {
        current_error: form.value("current_password").is_empty().then(|| "Give your current password.".to_owned()),
        new_error: refused.or(same.then_some("This is your current password. Use another.")).map(str::to_owned),
        again_error: (new != again).then(|| "This is not the same as the new password.".to_owned()),
        ..PasswordForm::default()
    }
}

/// The zone that was chosen, none for the site's, or why it is none that is known.
fn read_zone(form: &Form) -> std::result::Result<Option<Zone>, String> {
    if let Some(problem) = form.field("zone").and_then(|pair| pair.problem) {
        return Err(problem.message().to_owned());
    }
    match form.value("zone").trim() {
        "" => Ok(None),
        name => name.parse().map(Some).map_err(|_| {
            let name: String = name.chars().take(60).collect();
            format!("“{name}” is no time zone. Write it like Europe/London.")
        }),
    }
}

/// Where a form leads when it is done.
fn back(form: &Form) -> &str {
    match form.value("next") {
        "" => HERE,
        next => next::safe(next),
    }
}

fn draw(req: &HttpRequest, staff: &Staff, state: &State, status: StatusCode, said: Said) -> Result<HttpResponse> {
    let now = state.now();
    let (zone, site) = (ZoneWords::at(staff.zone, now), ZoneWords::at(state.site.zone, now));
    let page = AccountPage {
        shell: Shell { next: HERE.to_owned(), ..guard::frame(req, Section::Account)? },
        done: said.done.map(str::to_owned),
        zone: ZoneChoice {
            site_label: format!("The site’s: {}, {}", site.name, site.offset),
            site_selected: staff.own_zone.is_none(),
            groups: zones::groups(now, staff.own_zone),
            now: format!("It is now {} in {}.", now.in_zone(staff.zone).format("%H:%M"), zone.heading()),
            error: said.zone_error,
        },
        password: PasswordForm { rule: RULE.to_owned(), at_least: password::SHORTEST, ..said.password },
    };
    respond::page(status, &page)
}
