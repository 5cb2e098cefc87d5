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
    bearer,
    guard::{admit, recognise},
    outage,
    store::Store,
    tokens::Scope,
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
    /// A program with a token of this scope; no session is looked at.
    Token(Scope),
}

/// How a route is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads; answers `HEAD` as well.
    Get,
    /// Changes something; asks where the form came from, unless a token came with it.
    Post,
    /// Makes or replaces what the address names.
    Put,
    /// Removes what the address names.
    Delete,
}

impl Verb {
    const ALL: [Self; 4] = [Self::Get, Self::Post, Self::Put, Self::Delete];

    /// Its methods, as `Allow` lists them.
    #[must_use]
    pub const fn methods(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
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

/// A row that makes or replaces what it names.
#[must_use]
pub const fn put(path: &'static str, access: Access, to: fn(actix_web::Route) -> actix_web::Route) -> Route {
    Route { verb: Verb::Put, path, access, to }
}

/// A row that removes what it names.
#[must_use]
pub const fn delete(path: &'static str, access: Access, to: fn(actix_web::Route) -> actix_web::Route) -> Route {
    Route { verb: Verb::Delete, path, access, to }
}

/// How a path may be asked, as `Allow` lists it.
#[must_use]
pub fn allowed(routes: &[Route], path: &str) -> String {
    let has = |verb: &Verb| routes.iter().any(|row| row.path == path && row.verb == *verb);
    Verb::ALL.into_iter().filter(has).map(Verb::methods).collect::<Vec<_>>().join(", ")
}

/// Registers the whole table: the only way a route comes to be.
pub fn register(cfg: &mut ServiceConfig, routes: &[Route], sessions: &SessionMiddleware<Store>) {
    for path in paths(routes) {
        let rows: Vec<_> = routes.iter().filter(|row| row.path == path).collect();
        let allow = HeaderValue::from_str(&allowed(routes, path)).ok();
        let mut resource = web::resource(path).default_service(web::to(move || {
            let mut refused = HttpResponse::from_error(Error::MethodNotAllowed);
            if let Some(allow) = &allow {
                refused.headers_mut().insert(ALLOW, allow.clone());
            }
            async { refused }
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
        Verb::Put => actix_web::Route::new().method(Method::PUT),
        Verb::Delete => actix_web::Route::new().method(Method::DELETE),
    };
    let mut route = (row.to)(bare);
    match row.access {
        Access::Staff(needed) => route = route.wrap(from_fn(move |req, next: Next<_>| admit(needed, req, next))),
        Access::Token(needed) => {
            route = route.wrap(from_fn(move |req, next: Next<_>| bearer::admit(needed, req, next)));
        }
        Access::Public | Access::Anyone => {}
    }
    let of_a_browser = matches!(row.access, Access::Anyone | Access::Staff(_));
    if of_a_browser {
        route = route.wrap(sessions.clone()).wrap(from_fn(outage::answer));
    }
    // A browser sends a cookie by itself, but never a token.
    if row.verb != Verb::Get && !matches!(row.access, Access::Token(_)) {
        route = route.wrap(from_fn(origin::check));
    }
    route.wrap(from_fn(respond::caught))
}
