//! The requests about saved views: list them, save one, rename or share it, move it, delete it.

use actix_web::{HttpResponse, http::StatusCode, web};

use super::{
    form,
    pages::{Page, Refused, Typed, ViewsPage},
    store::{self, Direction, NewView, View},
};
use crate::{
    core::{
        error::{Error, Result, What},
        role::Role,
    },
    db::Tx,
    logs::{summary, view::Reader},
    session::{CheckedForm, Signed, form::Form},
    staff_log::{self, Kind},
    web::{next, respond, state::State},
};

/// The page of views.
const HERE: &str = "/views";

/// `GET /views`
pub async fn page(signed: Signed, state: web::Data<State>) -> Result<HttpResponse> {
    draw(&state, &signed, StatusCode::OK, None, None).await
}

/// `POST /views`: saves a view, and leads back to where it was saved.
pub async fn save(signed: Signed, form: CheckedForm, state: web::Data<State>) -> Result<HttpResponse> {
    let reader = Reader::of(&signed);
    let shared = form.value("shared") == "1";
    let (name, query) = (form::name(&form), form::query(&form, reader.asker()));
    let mut refused = Refused {
        name: form.value("name").to_owned(),
        name_error: name.as_ref().err().cloned(),
        query: form.value("query").to_owned(),
        query_error: query.as_ref().err().cloned(),
        words: query.as_ref().ok().map(|query| summary::sentence(&query.filter, reader.zone, reader.now).title()),
        shared,
        next: back(&form).to_owned(),
        full: None,
    };
    if let (Ok(name), Ok(query)) = (name, query) {
        let query = form::canonical(&query, reader.asker());
        let new = NewView { owner: signed.staff.id, name, query, shared };
        let mut tx = state.db.write().await?;
        store::hold(&mut tx, Some(new.owner)).await?;
        if store::is_named(&mut tx, Some(new.owner), &new.name, None).await? {
            refused.name_error = Some(form::TAKEN.to_owned());
        } else if store::add(&mut tx, &new, signed.now).await? {
            let detail = if shared { format!("{} (shared with all staff)", new.query) } else { new.query };
            let line = signed.line(Kind::ViewSaved, Some(new.name), Some(detail));
            staff_log::commit(tx, line).await?;
            return Ok(respond::done(back(&form), "View saved."));
        } else {
            refused.full = Some(store::MOST);
        }
    }
    draw(&state, &signed, StatusCode::BAD_REQUEST, Some(refused), None).await
}

/// `POST /views/{id}`: gives another name, shares or stops sharing.
pub async fn change(
    path: web::Path<String>,
    signed: Signed,
    form: CheckedForm,
    state: web::Data<State>,
) -> Result<HttpResponse> {
    let mut tx = state.db.write().await?;
    let view = changeable(&mut tx, &signed, &path).await?;
    // What came with Daybook is everybody's.
    let shared = view.owner.is_none() || form.value("shared") == "1";
    let mut name = form::name(&form);
    if let Ok(new) = &name
        && store::is_named(&mut tx, view.owner, new, Some(view.id)).await?
    {
        name = Err(form::TAKEN.to_owned());
    }
    let name = match name {
        Ok(name) => name,
        Err(error) => {
            drop(tx);
            let typed = Typed { id: view.id, name: form.value("name").to_owned(), shared, error };
            return draw(&state, &signed, StatusCode::BAD_REQUEST, None, Some(typed)).await;
        }
    };
    let mut changes = Vec::new();
    if name != view.name {
        changes.push(format!("now named “{name}”"));
    }
    if shared != view.is_shared() {
        changes.push(if shared { "shared with all staff" } else { "no longer shared" }.to_owned());
    }
    if !changes.is_empty() {
        store::change(&mut tx, view.id, &name, shared).await?;
        let line = signed.line(Kind::ViewChanged, Some(view.name), Some(changes.join(", ")));
        staff_log::commit(tx, line).await?;
    }
    Ok(respond::done(back(&form), "View changed."))
}

/// `POST /views/{id}/move`: one place up or down in its owner's order.
pub async fn shift(
    path: web::Path<String>,
    signed: Signed,
    form: CheckedForm,
    state: web::Data<State>,
) -> Result<HttpResponse> {
    let (direction, word) = match form.value("move") {
        "up" => (Direction::Up, "moved up"),
        "down" => (Direction::Down, "moved down"),
        _ => return Err(Error::BadRequest("a view is moved up or down")),
    };
    let mut tx = state.db.write().await?;
    let view = changeable(&mut tx, &signed, &path).await?;
    if store::shift(&mut tx, &view, direction).await? {
        let line = signed.line(Kind::ViewChanged, Some(view.name), Some(word.to_owned()));
        staff_log::commit(tx, line).await?;
    }
    Ok(respond::see_other(back(&form)))
}

/// `POST /views/{id}/delete`
pub async fn delete(
    path: web::Path<String>,
    signed: Signed,
    form: CheckedForm,
    state: web::Data<State>,
) -> Result<HttpResponse> {
    let mut tx = state.db.write().await?;
    let view = changeable(&mut tx, &signed, &path).await?;
    store::delete(&mut tx, view.id).await?;
    let line = signed.line(Kind::ViewDeleted, Some(view.name), Some(view.query));
    staff_log::commit(tx, line).await?;
    Ok(respond::done(back(&form), "View deleted."))
}

/// The view at an address, where whoever asks may change it: their own, or as an admin one that came with Daybook. Of
/// somebody else's it is not told whether there is one.
async fn changeable(tx: &mut Tx, signed: &Signed, id: &str) -> Result<View> {
    let nowhere = || Error::NotFound(What::View);
    let view = store::by_id(tx, id.parse().map_err(|_| nowhere())?).await?.ok_or_else(nowhere)?;
    match view.owner {
        Some(owner) if owner == signed.staff.id => {}
        None if signed.staff.role >= Role::Admin => {}
        None => return Err(Error::Forbidden { needed: Role::Admin }),
        Some(_) => return Err(nowhere()),
    }
    store::hold(tx, view.owner).await?;
    Ok(view)
}

/// Where a form leads when it is done.
fn back(form: &Form) -> &str {
    match form.value("next") {
        "" => HERE,
        next => next::safe(next),
    }
}

async fn draw(
    state: &State,
    signed: &Signed,
    status: StatusCode,
    refused: Option<Refused>,
    typed: Option<Typed>,
) -> Result<HttpResponse> {
    let (views, more) = store::visible(&state.db, signed.staff.id).await?;
    let page = Page { views, more, refused, typed };
    respond::page(status, &ViewsPage::of(page, signed, HERE))
}
