//! Every URL on one screen, and who may use it. A route that does not stand here does not exist.

use actix_web::{HttpResponse, http::header::CACHE_CONTROL, web};

use crate::{
    core::role::Role,
    error_groups::{group, handlers as errors, outcomes},
    find::handlers as find,
    ingest::{docs, handlers as ingest, reading},
    logs::{export::handlers as export, handlers as logs, live::handlers as live, overview::handlers as overview},
    members::{handlers as members, person, unfinished},
    session::{
        access::{Access, Route, delete, get, post, put},
        account, handlers as session,
        tokens::Scope,
    },
    staff::{activity::handlers as activity, handlers as staff},
    tokens::handlers as tokens,
    views::handlers as views,
    web::{assets, state::State},
};

const VIEWER: Access = Access::Staff(Role::Viewer);
const SUPPORT: Access = Access::Staff(Role::Support);
const ADMIN: Access = Access::Staff(Role::Admin);
const INGEST: Access = Access::Token(Scope::Ingest);
const READ: Access = Access::Token(Scope::Read);

/// The table of route × role, from which the guard and its test both work.
pub static ROUTES: &[Route] = &[
    get("/", Access::Public, |to| to.to(logs::home)),
    get("/logs", VIEWER, |to| to.to(logs::list)),
    get("/logs/export.csv", SUPPORT, |to| to.to(export::csv)),
    get("/logs/export.ndjson", SUPPORT, |to| to.to(export::ndjson)),
    get("/logs/newer", VIEWER, |to| to.to(live::newer)),
    get("/logs/overview", VIEWER, |to| to.to(overview::overview)),
    get("/logs/{id}", VIEWER, |to| to.to(logs::entry)),
    get("/logs/{id}/error_detail.txt", SUPPORT, |to| to.to(logs::error_detail)),
    get("/find", VIEWER, |to| to.to(find::find)),
    get("/errors", SUPPORT, |to| to.to(errors::list)),
    get("/errors/{fingerprint}", SUPPORT, |to| to.to(group::page)),
    post("/errors/{fingerprint}", SUPPORT, |to| to.to(group::say)),
    get("/errors/{fingerprint}/since", SUPPORT, |to| to.to(outcomes::since)),
    get("/members", VIEWER, |to| to.to(members::list)),
    get("/members/by-email", VIEWER, |to| to.to(person::by_email)),
    get("/members/unfinished", VIEWER, |to| to.to(unfinished::list)),
    get("/members/{id}", VIEWER, |to| to.to(person::member)),
    get("/views", VIEWER, |to| to.to(views::page)),
    post("/views", VIEWER, |to| to.to(views::save)),
    post("/views/{id}", VIEWER, |to| to.to(views::change)),
    post("/views/{id}/move", VIEWER, |to| to.to(views::shift)),
    post("/views/{id}/delete", VIEWER, |to| to.to(views::delete)),
    get("/staff", ADMIN, |to| to.to(staff::page)),
    post("/staff", ADMIN, |to| to.to(staff::add)),
    get("/staff/activity", ADMIN, |to| to.to(activity::page)),
    post("/staff/{id}/role", ADMIN, |to| to.to(staff::set_role)),
    post("/staff/{id}/password", ADMIN, |to| to.to(staff::reset_password)),
    post("/staff/{id}/sign-ins", ADMIN, |to| to.to(staff::end_sign_ins)),
    post("/staff/{id}/disable", ADMIN, |to| to.to(staff::disable)),
    post("/staff/{id}/enable", ADMIN, |to| to.to(staff::enable)),
    get("/tokens", ADMIN, |to| to.to(tokens::page)),
    post("/tokens", ADMIN, |to| to.to(tokens::create)),
    post("/tokens/{id}/revoke", ADMIN, |to| to.to(tokens::revoke)),
    get("/login", Access::Anyone, |to| to.to(session::login)),
    post("/login", Access::Anyone, |to| to.to(session::sign_in)),
    post("/logout", VIEWER, |to| to.to(session::sign_out)),
    get("/account", VIEWER, |to| to.to(account::page)),
    post("/account/zone", VIEWER, |to| to.to(account::set_zone)),
    post("/account/theme", VIEWER, |to| to.to(account::set_theme)),
    post("/account/password", VIEWER, |to| to.to(account::set_password)),
    get("/api/docs", Access::Public, |to| to.to(docs::page)),
    get("/api/v1/openapi.json", Access::Public, |to| to.to(docs::document)),
    get("/api/v1/logs", READ, |to| to.to(reading::list)),
    post("/api/v1/logs", INGEST, |to| to.to(ingest::post_logs)),
    get("/api/v1/logs/{id}", READ, |to| to.to(reading::entry)),
    put("/api/v1/members/{id}", INGEST, |to| to.to(ingest::put_member)),
    delete("/api/v1/members/{id}", INGEST, |to| to.to(ingest::delete_member)),
    put("/api/v1/bookings/{id}", INGEST, |to| to.to(ingest::put_booking)),
    delete("/api/v1/bookings/{id}", INGEST, |to| to.to(ingest::delete_booking)),
    get("/static/{name}", Access::Public, |to| to.to(assets::serve)),
    get("/healthz", Access::Public, |to| to.to(alive)),
    get("/readyz", Access::Public, |to| to.to(ready)),
];

/// `GET /healthz`: this process answers.
async fn alive() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).content_type("text/plain").body("ok\n")
}

/// `GET /readyz`: the database answers. Nothing is told beyond that.
async fn ready(state: web::Data<State>) -> HttpResponse {
    let (mut answer, body) = match state.db.ping().await {
        Ok(()) => (HttpResponse::Ok(), "ok\n"),
        Err(_) => (HttpResponse::ServiceUnavailable(), "the database does not answer\n"),
    };
    answer.insert_header((CACHE_CONTROL, "no-store")).content_type("text/plain").body(body)
}
