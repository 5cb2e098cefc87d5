//! Ids in paths: any spelling of one leads to the usual one, so that a page has one address.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, LOCATION},
};
use uuid::Uuid;

use crate::core::error::{Error, Result, What};

/// An id in a path.
pub enum Spelling {
    /// As Daybook writes it.
    Usual(Uuid),
    /// Otherwise: on to the usual address, with the query string.
    Other(HttpResponse),
}

/// Reads the id in a path; `address` is the usual one of an id. What is no id names something that does not exist.
pub fn read(req: &HttpRequest, text: &str, what: What, address: impl Fn(Uuid) -> String) -> Result<Spelling> {
    let id = Uuid::parse_str(text).map_err(|_| Error::NotFound(what))?;
    if id.to_string() == text {
        return Ok(Spelling::Usual(id));
    }
    let query = req.query_string();
    let mark = if query.is_empty() { "" } else { "?" };
    let redirect = HttpResponse::MovedPermanently()
        .insert_header((LOCATION, format!("{}{mark}{query}", address(id))))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish();
    Ok(Spelling::Other(redirect))
}
