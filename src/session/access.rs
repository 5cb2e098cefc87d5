//! The one table of route × role: what stands in it is what there is, and its guard works from the row itself.

use actix_session::SessionMiddleware;
use actix_web::{
    HttpResponse, guard,
    http::{
        Method,
        header::{ALLOW, HeaderValue},
    },
    middleware::{Next, from_fn},
    web::{self, ServiceConfig},
};

use super::{
    guard::{admit, recognise},
    outage,
    store::Store,
};
use crate::{
    core::{
        error::{Error, What},
        role::Role,
    },
    web::{origin, respond},
};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody; no session is looked at, so it answers without the database.
    Public,
    /// Anybody, signed in or not; the session is at hand.
    Anyone,
    /// Whoever is signed in with this role or one above it.
    Staff(Role),
}

/// How a route is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads; answers `HEAD` as well.
    Get,
    /// Changes something; asks where the form came from.
    Post,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// How it is asked.
    pub verb: Verb,
    /// Where, as actix writes patterns: `/logs/{id}`.
    pub path: &'static str,
    /// By whom.
    pub access: Access,
    /// Gives the route its handler.
    pub to: fn(actix_web::Route) -> actix_web::Route,
}

/// A row that reads.
#[must_use]
pub const fn get(path: &'static str, access: Access, to: fn(actix_web::Route) -> actix_web::Route) -> Route {
    Route { verb: Verb::Get, path, access, to }
}

/// A row that changes something.
#[must_use]
pub const fn post(path: &'static str, access: Access, to: fn(actix_web::Route) -> actix_web::Route) -> Route {
    Route { verb: Verb::Post, path, access, to }
}

/// Registers the whole table: the only way a route comes to be.
pub fn register(cfg: &mut ServiceConfig, routes: &[Route], sessions: &SessionMiddleware<Store>) {
    for path in paths(routes) {
        let rows: Vec<_> = routes.iter().filter(|row| row.path == path).collect();
        let has = |verb| rows.iter().any(|row| row.verb == verb);
        let allow = match (has(Verb::Get), has(Verb::Post)) {
            (true, true) => "GET, HEAD, POST",
            (true, false) => "GET, HEAD",
            _ => "POST",
        };
        let mut resource = web::resource(path).default_service(web::to(move || async move {
            let mut refused = HttpResponse::from_error(Error::MethodNotAllowed);
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
            refused
        }));
        for row in rows {
            resource = resource.route(route(*row, sessions));
        }
        cfg.service(resource);
    }
}

/// What answers where no row has the path: there is no such page, said in the frame of whoever is signed in.
#[must_use]
pub fn nowhere(sessions: &SessionMiddleware<Store>) -> actix_web::Route {
    web::to(|| async { Err::<HttpResponse, _>(Error::NotFound(What::Page)) })
        .wrap(from_fn(recognise))
        .wrap(sessions.clone())
        .wrap(from_fn(outage::answer))
}

/// Each path once. Those without a pattern come first, so that `/logs/newer` is never taken for `/logs/{id}`.
fn paths(routes: &[Route]) -> Vec<&'static str> {
    let mut paths: Vec<&str> = Vec::new();
    for row in routes {
        if !paths.contains(&row.path) {
            paths.push(row.path);
        }
    }
    paths.sort_by_key(|path| path.contains('{'));
    paths
}

/// A row as actix takes it, in its layers; the last that is put on is the first that is asked.
fn route(row: Route, sessions: &SessionMiddleware<Store>) -> actix_web::Route {
    let bare = match row.verb {
        Verb::Get => actix_web::Route::new().guard(guard::Any(guard::Get()).or(guard::Head())),
        Verb::Post => actix_web::Route::new().method(Method::POST),
    };
    let mut route = (row.to)(bare);
    if let Access::Staff(needed) = row.access {
        route = route.wrap(from_fn(move |req, next: Next<_>| admit(needed, req, next)));
    }
    if row.access != Access::Public {
        route = route.wrap(sessions.clone()).wrap(from_fn(outage::answer));
    }
    if row.verb == Verb::Post {
        route = route.wrap(from_fn(origin::check));
    }
    route.wrap(from_fn(respond::caught))
}
