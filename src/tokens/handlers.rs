//! The requests about API tokens: list them, make one, revoke one.

use actix_web::{HttpResponse, http::StatusCode, web};
use uuid::Uuid;

use super::{
    form::{self, Typed},
    pages::{Once, TokensPage},
};
use crate::{
    core::error::{Error, Result, What},
    session::{
        CheckedForm, Signed,
        accounts::{self, Account},
        tokens::{self, NotMade},
    },
    staff_log::{self, Kind},
    web::{respond, state::State},
};

/// The page of tokens.
const HERE: &str = "/tokens";

/// `GET /tokens`
pub async fn page(signed: Signed, state: web::Data<State>) -> Result<HttpResponse> {
    let typed = Typed { owner: signed.staff.email.clone(), ..Typed::default() };
    draw(&state, &signed, StatusCode::OK, typed, None).await
}

/// `POST /tokens`: makes one. The page that answers shows it, the only time that anything does, so it is not led away
/// from; sending the form again finds the name taken.
pub async fn create(signed: Signed, form: CheckedForm, state: web::Data<State>) -> Result<HttpResponse> {
    let owners = owners(&state).await?;
    let new = match form::read(&form, &owners, signed.staff.zone, signed.now) {
        Ok(new) => new,
        Err(typed) => return draw(&state, &signed, StatusCode::BAD_REQUEST, *typed, None).await,
    };
    let mut tx = state.db.write().await?;
    let name_error = match tokens::add(&mut tx, &new, signed.now).await? {
        Ok(token) => {
            let detail = format!("{} for {}, {}…", new.scopes.listed(), form.value("owner"), tokens::prefix(&token));
            staff_log::commit(tx, signed.line(Kind::TokenCreated, Some(new.name.clone()), Some(detail))).await?;
            let typed = Typed { owner: signed.staff.email.clone(), ..Typed::default() };
            return draw(&state, &signed, StatusCode::OK, typed, Some(Once { name: new.name, token })).await;
        }
        Err(NotMade::Taken) => "A token has this name already. Revoke it first, or choose another name.".to_owned(),
        Err(NotMade::TooMany) => format!("{} tokens are in use, as many as may be. Revoke one first.", tokens::MOST),
    };
    drop(tx);
    let typed = Typed {
        name: new.name,
        name_error: Some(name_error),
        scopes: tokens::Scope::ALL.into_iter().filter(|scope| new.scopes.has(*scope)).collect(),
        owner: form.value("owner").to_owned(),
        expires: form.value("expires").to_owned(),
        ..Typed::default()
    };
    draw(&state, &signed, StatusCode::BAD_REQUEST, typed, None).await
}

/// `POST /tokens/{id}/revoke`: it counts from the token's next request. One that is revoked already stays so.
pub async fn revoke(
    path: web::Path<String>,
    signed: Signed,
    _form: CheckedForm,
    state: web::Data<State>,
) -> Result<HttpResponse> {
    let id = Uuid::parse_str(&path).map_err(|_| Error::NotFound(What::Page))?;
    let mut tx = state.db.write().await?;
    if let Some(token) = tokens::by_id(&mut tx, id).await? {
        tokens::revoke(&mut tx, id, signed.now).await?;
        let line = signed.line(Kind::TokenRevoked, Some(token.name), Some(format!("{}…", token.prefix)));
        staff_log::commit(tx, line).await?;
    }
    Ok(respond::see_other(HERE))
}

/// The accounts that may answer for a token.
async fn owners(state: &State) -> Result<Vec<Account>> {
    let mut accounts = accounts::list(&state.db).await?;
    accounts.retain(|account| account.disabled_at.is_none());
    Ok(accounts)
}

async fn draw(
    state: &State,
    signed: &Signed,
    status: StatusCode,
    typed: Typed,
    once: Option<Once>,
) -> Result<HttpResponse> {
    let tokens = tokens::list(&state.db).await?;
    let owners = owners(state).await?.into_iter().map(|account| account.email).collect();
    respond::page(status, &TokensPage::of(tokens, owners, signed, typed, once))
}
