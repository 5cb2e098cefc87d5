//! A list with a form that searches it: the whole page, or for htmx the part of it that changed. A room says what its list
//! holds and brings two templates; which of them is sent, and with what, is decided here for all lists.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
};
use askama::Template;

use super::respond::{self, Want};
use crate::{
    core::error::Result,
    paging::{At, Page},
};

/// htmx's header for the address to show.
const HX_PUSH_URL: HeaderName = HeaderName::from_static("hx-push-url");
/// The longest address that goes into that header. Servers in front take an answer's head of 4 KiB as a whole; a longer
/// address the browser shows as it was asked for, which is the same list.
const LONGEST_PUSHED: usize = 2_000;
/// The title of a list whose query could not be read.
pub const UNREAD: &str = "A filter could not be read";

/// What stands in `#results`.
#[derive(Debug, Clone)]
pub enum Body<R, B> {
    /// What was looked for.
    List(Box<R>),
    /// A query that could not be read.
    Bad(B),
}

/// A list, ready for either rendering: `C` is its form, `R` its results, and `B` what is said where the query could not
/// be read.
#[derive(Debug, Clone)]
pub struct Listing<C, R, B> {
    /// What is shown, in a sentence.
    pub title: String,
    /// What a screen reader says when it changed.
    pub announcement: String,
    /// Its address, which the browser shows.
    pub url: String,
    /// The form.
    pub controls: C,
    /// What stands in `#results`.
    pub body: Body<R, B>,
}

/// The pages beside one of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pager {
    /// The next newer page.
    pub newer: Option<String>,
    /// The next older page, or the way on where looking stopped.
    pub older: Option<String>,
}

impl Pager {
    /// Those beside `page`; `url` is the list from a place on.
    #[must_use]
    pub fn of<T>(page: &Page<T>, url: impl Fn(At) -> String) -> Self {
        Self {
            newer: page.newer.map(|cursor| url(At::After(cursor))),
            older: page.older.map(|cursor| url(At::Before(cursor))),
        }
    }

    /// The way on from where looking stopped, for a page that was looked for from `at`.
    #[must_use]
    pub fn further(&self, at: At) -> Option<String> {
        if matches!(at, At::After(_)) { self.newer.clone() } else { self.older.clone() }
    }
}

/// Whether another page was asked for from the one that is shown.
#[must_use]
pub fn is_paged(req: &HttpRequest, at: At) -> bool {
    Want::of(req) == Want::Fragment && at != At::Newest
}

/// The place among the filters in force of the one that was taken away, where htmx says so.
#[must_use]
pub fn chip(req: &HttpRequest) -> Option<usize> {
    respond::trigger(req).strip_prefix("chip-")?.parse().ok()
}

impl<C, R, B> Listing<C, R, B> {
    /// The answer: the `page`, or the `fragment` of it, which is told whether it takes the form along. `reads` says
    /// whether a query string can be read.
    ///
    /// # Errors
    /// Where a template cannot be rendered.
    pub fn send<P: Template, F: Template>(
        self,
        req: &HttpRequest,
        reads: impl FnOnce(&str) -> bool,
        page: impl FnOnce(Self) -> P,
        fragment: impl FnOnce(Self, bool) -> F,
    ) -> Result<HttpResponse> {
        let is_bad = matches!(self.body, Body::Bad(_));
        let status = if is_bad { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        match Want::of(req) {
            Want::Page => respond::page(status, &page(self)),
            Want::Fragment => {
                // The form knows what it sent, unless that could not be read, or was put right just now.
                let all_controls = is_bad || respond::trigger(req) != "filters" || !shown(req).is_none_or(reads);
                let url = HeaderValue::from_str(&self.url).ok().filter(|url| url.len() <= LONGEST_PUSHED);
                let mut answer = respond::page(status, &fragment(self, all_controls))?;
                if let Some(url) = url {
                    answer.headers_mut().insert(HX_PUSH_URL, url);
                }
                Ok(answer)
            }
        }
    }
}

/// The query string of the page that htmx asks from. If that could not be read, the form there says so at its fields.
fn shown(req: &HttpRequest) -> Option<&str> {
    let url = req.headers().get("hx-current-url").and_then(|url| url.to_str().ok())?;
    url.split('#').next().and_then(|url| url.split_once('?')).map(|(_, query)| query)
}
