//! The requests about accounts: list them, add one, change one. Each change and its line in the staff's log are one
//! transaction, and counts from the next request of whoever it is about.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::RETRY_AFTER},
    web,
};
use uuid::Uuid;

use super::{
    form::{self, Typed},
    pages::{Beside, Control, Done, Edit, Once, Refusal, StaffPage, edit_link},
};
use crate::{
    core::{
        error::{Error, Result, What},
        role::Role,
        secret, words,
    },
    db::Tx,
    session::{
        CheckedForm, SignIn, Signed,
        accounts::{self, Account, NewAccount},
        form::Form,
    },
    staff_log::{self, Kind},
    web::{respond, state::State},
};

/// Seconds after which there may be time to make a password.
const BUSY: i64 = 5;
/// What is said meanwhile.
const BUSY_WORDS: &str = "Too many passwords are being worked on just now. Wait 5 seconds, then try again.";

/// `GET /staff`: `edit` names the account whose changes are open, `done` what was just done to it, and `after` the e-mail
/// after which the page begins.
pub async fn page(req: HttpRequest, signed: Signed, state: web::Data<State>) -> Result<HttpResponse> {
    let query = Form::of_query(req.query_string());
    let unread = || Error::BadRequest("the place in the list cannot be read; open the list anew");
    if ["after", "edit"].iter().any(|name| query.field(name).is_some_and(|pair| pair.problem.is_some())) {
        return Err(unread());
    }
    let after = Some(query.value("after")).filter(|after| !after.is_empty()).map(str::to_owned);
    let edit = match query.value("edit") {
        "" => None,
        id => {
            let account = accounts::by_id(&state.db, account_id(id)?).await?.ok_or(Error::NotFound(What::Page))?;
            Some(edit(&state, &signed, &account, Done::parse(query.value("done")), None).await?)
        }
    };
    draw(&state, &signed, StatusCode::OK, Beside { after, edit, ..Beside::default() }).await
}

/// `POST /staff`: makes an account. The page that answers shows its password, the only time that anything does, so it is
/// not led away from; sending the form again finds the e-mail taken.
pub async fn add(
    req: HttpRequest,
    signed: Signed,
    form: CheckedForm,
    state: web::Data<State>,
    door: web::Data<SignIn>,
) -> Result<HttpResponse> {
    let new = match form::read(&form) {
        Ok(new) => new,
        Err(typed) => return refuse_new(&state, &signed, StatusCode::BAD_REQUEST, *typed).await,
    };
    let typed = || Typed {
        email: form.value("email").to_owned(),
        name: form.value("name").to_owned(),
        role: new.role.as_str().to_owned(),
        ..Typed::default()
    };
    let taken = || {
        let message = "Somebody has this e-mail already. Their account is in the list, and can be changed there.";
        Typed { email_error: Some(message.to_owned()), ..typed() }
    };
    // Before a password is made, which takes a while.
    if accounts::by_email(&state.db, &new.email).await?.is_some() {
        return refuse_new(&state, &signed, StatusCode::BAD_REQUEST, taken()).await;
    }
    let password = secret::password();
    let Some(password_hash) = door.passwords.hash(password.clone()).await? else {
        let typed = Typed { busy: Some(BUSY_WORDS.to_owned()), ..typed() };
        return Ok(later(refuse_new(&state, &signed, StatusCode::TOO_MANY_REQUESTS, typed).await?));
    };
    let mut tx = state.db.write().await?;
    let (by, _) = accounts::for_change(&mut tx, signed.staff.id, signed.staff.id).await?;
    still_admin(by)?;
    let account = NewAccount { email: new.email.clone(), name: new.name.clone(), role: new.role, password_hash };
    if accounts::add(&mut tx, &account, signed.now).await?.is_none() {
        drop(tx);
        return refuse_new(&state, &signed, StatusCode::BAD_REQUEST, taken()).await;
    }
    let detail = Some(new.role.as_str().to_owned());
    commit(tx, &signed, Kind::StaffAdded, &new.email, detail).await?;
    let once = once(&req, new.email, password, false);
    draw(&state, &signed, StatusCode::OK, Beside { once: Some(once), ..Beside::default() }).await
}

/// `POST /staff/{id}/role`: another role, from the next request on.
pub async fn set_role(
    path: web::Path<String>,
    signed: Signed,
    form: CheckedForm,
    state: web::Data<State>,
) -> Result<HttpResponse> {
    let (mut tx, account) = match open(&state, &signed, &path).await? {
        Opened::Theirs(tx, account) => (tx, account),
        Opened::Own(account) => return own(&state, &signed, &account, Control::Role).await,
    };
    let role = match form::role(&form) {
        Ok(role) => role,
        Err(message) => {
            drop(tx);
            let refusal = Refusal { control: Control::Role, message };
            return refuse(&state, &signed, StatusCode::BAD_REQUEST, &account, refusal).await;
        }
    };
    if role != account.role {
        accounts::set_role(&mut tx, account.id, role).await?;
        let detail = format!("{} to {role}", account.role);
        commit(tx, &signed, Kind::StaffRoleChanged, &account.email, Some(detail)).await?;
    }
    Ok(respond::see_other(&edit_link(account.id, Some(Done::Role))))
}

/// `POST /staff/{id}/password`: a new password, shown in the answer alone; ends every session of the account.
pub async fn reset_password(
    req: HttpRequest,
    path: web::Path<String>,
    signed: Signed,
    _form: CheckedForm,
    state: web::Data<State>,
    door: web::Data<SignIn>,
) -> Result<HttpResponse> {
    let account = accounts::by_id(&state.db, account_id(&path)?).await?.ok_or(Error::NotFound(What::Page))?;
    if account.id == signed.staff.id {
        return own(&state, &signed, &account, Control::Password).await;
    }
    let password = secret::password();
    // Before the one writer is held, as this takes a while.
    let Some(hash) = door.passwords.hash(password.clone()).await? else {
        let refusal = Refusal { control: Control::Password, message: BUSY_WORDS.to_owned() };
        return Ok(later(refuse(&state, &signed, StatusCode::TOO_MANY_REQUESTS, &account, refusal).await?));
    };
    let Opened::Theirs(mut tx, account) = open(&state, &signed, &path).await? else {
        return Err(Error::NotFound(What::Page));
    };
    accounts::set_password(&mut tx, account.id, &hash).await?;
    commit(tx, &signed, Kind::StaffPasswordReset, &account.email, None).await?;
    let once = Some(once(&req, account.email.clone(), password, true));
    let edit = Some(edit(&state, &signed, &account, None, None).await?);
    draw(&state, &signed, StatusCode::OK, Beside { once, edit, ..Beside::default() }).await
}

/// `POST /staff/{id}/sign-ins`: ends every session of the account.
pub async fn end_sign_ins(
    path: web::Path<String>,
    signed: Signed,
    _form: CheckedForm,
    state: web::Data<State>,
) -> Result<HttpResponse> {
    let (mut tx, account) = match open(&state, &signed, &path).await? {
        Opened::Theirs(tx, account) => (tx, account),
        Opened::Own(account) => return own(&state, &signed, &account, Control::SignIns).await,
    };
    let ended = accounts::end_sessions(&mut tx, account.id).await?;
    let detail = words::counted(ended, "sign-in", "sign-ins");
    commit(tx, &signed, Kind::StaffSignInsEnded, &account.email, Some(detail)).await?;
    Ok(respond::see_other(&edit_link(account.id, Some(Done::SignIns))))
}

/// `POST /staff/{id}/disable`: switches it off, which ends its sessions and stops its tokens.
pub async fn disable(
    path: web::Path<String>,
    signed: Signed,
    _form: CheckedForm,
    state: web::Data<State>,
) -> Result<HttpResponse> {
    switch(&path, &signed, &state, false).await
}

/// `POST /staff/{id}/enable`: switches it on again.
pub async fn enable(
    path: web::Path<String>,
    signed: Signed,
    _form: CheckedForm,
    state: web::Data<State>,
) -> Result<HttpResponse> {
    switch(&path, &signed, &state, true).await
}

async fn switch(path: &str, signed: &Signed, state: &State, on: bool) -> Result<HttpResponse> {
    let (mut tx, account) = match open(state, signed, path).await? {
        Opened::Theirs(tx, account) => (tx, account),
        Opened::Own(account) => return own(state, signed, &account, Control::Switch).await,
    };
    if account.disabled_at.is_some() == on {
        accounts::set_disabled(&mut tx, account.id, (!on).then_some(signed.now)).await?;
        let kind = if on { Kind::StaffEnabled } else { Kind::StaffDisabled };
        commit(tx, signed, kind, &account.email, None).await?;
    }
    Ok(respond::see_other(&edit_link(account.id, Some(Done::Switch))))
}

/// An account about to be changed.
enum Opened {
    /// Somebody else's, which nobody else changes until the transaction ends.
    Theirs(Tx, Account),
    /// One's own.
    Own(Account),
}

/// Begins to change an account. As nobody changes their own, whoever changes another one stays an admin who is on: so
/// there always is one.
async fn open(state: &State, signed: &Signed, path: &str) -> Result<Opened> {
    let id = account_id(path)?;
    let mut tx = state.db.write().await?;
    let (by, account) = accounts::for_change(&mut tx, signed.staff.id, id).await?;
    still_admin(by)?;
    let account = account.ok_or(Error::NotFound(What::Page))?;
    Ok(if account.id == signed.staff.id { Opened::Own(account) } else { Opened::Theirs(tx, account) })
}

/// Somebody may have taken the role away since the request began.
fn still_admin(by: Option<Account>) -> Result<()> {
    match by {
        Some(by) if by.role == Role::Admin && by.disabled_at.is_none() => Ok(()),
        _ => Err(Error::Forbidden { needed: Role::Admin }),
    }
}

fn account_id(text: &str) -> Result<Uuid> {
    Uuid::parse_str(text).map_err(|_| Error::NotFound(What::Page))
}

/// Ends a change: its line is written in the same transaction.
async fn commit(tx: Tx, signed: &Signed, kind: Kind, email: &str, detail: Option<String>) -> Result<()> {
    staff_log::commit(tx, signed.line(kind, Some(email.to_owned()), detail)).await
}

fn once(req: &HttpRequest, email: String, password: String, again: bool) -> Once {
    Once { email, password, door: format!("{}/login", respond::base(req)), again }
}

async fn edit(
    state: &State,
    signed: &Signed,
    account: &Account,
    done: Option<Done>,
    refusal: Option<Refusal>,
) -> Result<Edit> {
    let sessions = accounts::sessions(&state.db, account.id, signed.now).await?;
    Ok(Edit::of(account, sessions, signed, done, refusal))
}

/// Nobody changes their own account here: an admin could lock themself out, and the last one everybody.
async fn own(state: &State, signed: &Signed, account: &Account, control: Control) -> Result<HttpResponse> {
    let message = match control {
        Control::Password => "This is your own account: change your password under Your account.",
        _ => {
            "This is your own account. Another admin can change it; so nobody locks themself out, and there always is \
              an admin."
        }
    };
    let refusal = Refusal { control, message: message.to_owned() };
    refuse(state, signed, StatusCode::CONFLICT, account, refusal).await
}

async fn refuse(
    state: &State,
    signed: &Signed,
    status: StatusCode,
    account: &Account,
    refusal: Refusal,
) -> Result<HttpResponse> {
    let edit = Some(edit(state, signed, account, None, Some(refusal)).await?);
    draw(state, signed, status, Beside { edit, ..Beside::default() }).await
}

async fn refuse_new(state: &State, signed: &Signed, status: StatusCode, typed: Typed) -> Result<HttpResponse> {
    draw(state, signed, status, Beside { typed, ..Beside::default() }).await
}

fn later(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(RETRY_AFTER, BUSY.into());
    response
}

async fn draw(state: &State, signed: &Signed, status: StatusCode, beside: Beside) -> Result<HttpResponse> {
    let accounts = accounts::page(&state.db, beside.after.as_deref()).await?;
    let counted = accounts::counted(&state.db).await?;
    respond::page(status, &StaffPage::of(accounts, counted, signed, beside))
}
