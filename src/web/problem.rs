//! What a program reads when it is refused: problem details (RFC 9457), each kind under an address of its own.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{ALLOW, CACHE_CONTROL, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use serde::Serialize;

use super::{client, respond};
use crate::core::{
    error::{Error, Outage},
    form::FieldErrors,
};

/// Below this path everything is for programs.
pub const API: &str = "/api/v1";
/// Where each kind is explained.
const DOCS: &str = "/api/docs";
/// How many things that are wrong one answer lists.
pub const LISTED: usize = 100;
/// Seconds after which a database may be back.
const TRY_AGAIN: u64 = 5;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $status:literal $slug:literal $title:literal $about:literal;)+) => {
        /// The kinds of problems.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $($(#[$doc])* $name,)+ }

        impl Kind {
            /// All of them, by status.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its status.
            #[must_use]
            pub const fn status(self) -> u16 { match self { $(Self::$name => $status,)+ } }

            /// Its name, which ends its address.
            #[must_use]
            pub const fn slug(self) -> &'static str { match self { $(Self::$name => $slug,)+ } }

            /// What it is called.
            #[must_use]
            pub const fn title(self) -> &'static str { match self { $(Self::$name => $title,)+ } }

            /// What it means and what to do, in a sentence or two.
            #[must_use]
            pub const fn about(self) -> &'static str { match self { $(Self::$name => $about,)+ } }
        }
    };
}

kinds! {
    /// The body or the query string cannot be read.
    Malformed: 400 "malformed" "The request cannot be read"
        "What was sent is not what its type says, or a parameter has a bad value. Sending it again changes nothing.";
    /// There is no token, or it does not work.
    Unauthorized: 401 "unauthorized" "A token is needed"
        "Send one as Authorization: Bearer. It may be missing, mistyped, expired or revoked, or its owner's account is off.";
    /// The token's scopes do not cover this.
    Scope: 403 "scope" "The token may not do this"
        "ingest is for writing, read for reading. Make a token with the scope that is missing.";
    /// There is nothing at this address.
    NotFound: 404 "not-found" "There is nothing at this address"
        "What it names does not exist, or not any more.";
    /// The address is not asked this way.
    Method: 405 "method" "This address is not asked this way"
        "The header Allow says how it may be asked.";
    /// The body did not arrive in time.
    TooSlow: 408 "too-slow" "The body took too long to arrive"
        "Nothing was written. Send it again, in smaller parts where the line is slow.";
    /// An entry with this id stands already and says otherwise.
    Conflict: 409 "conflict" "An entry with this id says otherwise"
        "Entries never change. Nothing of the request was written; an entry that says something else needs an id of its own. \
         What else is wrong in the request is named as well, at most 100 things together.";
    /// The database belongs to the application.
    Attached: 409 "attached-read-only" "Daybook reads this database and does not write into it"
        "Its tables are the application's, which writes its entries itself.";
    /// More was sent than is taken.
    TooLarge: 413 "too-large" "That is more than is taken at once"
        "Nothing was written. Send less at once.";
    /// The body's type or encoding is not taken.
    Type: 415 "type" "The body is of a type that is not taken"
        "Entries come as application/json or application/x-ndjson, the rest as application/json, and none of it compressed.";
    /// Fields cannot be stored.
    Invalid: 422 "invalid" "Something that was sent cannot be stored"
        "Each field that is wrong is named with its line and the reason, at most 100 of them. Nothing was written.";
    /// The token was used too often.
    TooMany: 429 "too-many" "The token was used too often"
        "Wait as long as Retry-After says.";
    /// A fault of ours.
    Fault: 500 "fault" "The fault is in Daybook"
        "It is written down under the number in incident. Sending the request again is safe where entries carry ids.";
    /// The database gives no answer.
    Unavailable: 503 "unavailable" "The database cannot do this just now"
        "Nothing was acknowledged, so send it again after Retry-After. Entries that carry ids are stored once however often they come.";
    /// The disk is full.
    Full: 507 "full" "The database has no space left"
        "Nothing was written. Keep it and send it again once there is space.";
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The line of the body, from 1 on; none where the body has no lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The field or parameter; none where the whole is wrong.
    pub field: Option<String>,
    /// Why, as it goes on after “it”.
    pub reason: String,
}

/// A problem, ready to be sent.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: Kind,
    detail: String,
    errors: Vec<Trouble>,
    incident: Option<String>,
    headers: Vec<(actix_web::http::header::HeaderName, String)>,
}

/// It as JSON.
#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Trouble]>::is_empty")]
    errors: &'a [Trouble],
}

impl Problem {
    /// A problem of a kind; `detail` says what is special about this one.
    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), incident: None, headers: Vec::new() }
    }

    /// The same with what is wrong, at most [`LISTED`] of it.
    #[must_use]
    pub fn with(mut self, mut errors: Vec<Trouble>) -> Self {
        errors.truncate(LISTED);
        self.errors = errors;
        self
    }

    /// Parameters that could not be read.
    #[must_use]
    pub fn parameters(errors: &FieldErrors) -> Self {
        let trouble = |(field, reason): (&str, &str)| Trouble {
            line: None,
            field: Some(field.to_owned()),
            reason: reason.to_owned(),
        };
        Self::new(Kind::Malformed, "a parameter could not be read").with(errors.iter().map(trouble).collect())
    }

    /// No token, or one that does not work. `sent` says whether there was one.
    #[must_use]
    pub fn unauthorized(detail: &str, sent: bool) -> Self {
        let error = if sent { r#", error="invalid_token""# } else { "" };
        Self::new(Kind::Unauthorized, detail).header(WWW_AUTHENTICATE, format!(r#"Bearer realm="daybook"{error}"#))
    }

    /// A token without the scope that is needed.
    #[must_use]
    pub fn scope(needed: &str) -> Self {
        Self::new(Kind::Scope, format!("this needs the scope {needed}")).header(
            WWW_AUTHENTICATE,
            format!(r#"Bearer realm="daybook", error="insufficient_scope", scope="{needed}""#),
        )
    }

    /// The same with when to try again.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(RETRY_AFTER, seconds.to_string())
    }

    fn header(mut self, name: actix_web::http::header::HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// What an error is for a program that sent `method`.
    #[must_use]
    pub fn of(error: &Error, method: &Method) -> Self {
        match error {
            Error::BadRequest(why) => Self::new(Kind::Malformed, *why),
            Error::ForeignForm | Error::Forbidden { .. } => Self::new(Kind::Scope, error.to_string()),
            Error::SignedOut => Self::unauthorized("this needs a token", false),
            Error::NotFound(what) => Self::new(Kind::NotFound, format!("there is no such {what}")),
            Error::MethodNotAllowed => Self::new(Kind::Method, "the method is not one of this address"),
            Error::TooLarge => Self::new(Kind::TooLarge, "the body is larger than what is read"),
            Error::TooSlow => Self::new(Kind::TooSlow, "the body did not arrive in time"),
            Error::Unavailable(Outage::Full) if !matches!(*method, Method::GET | Method::HEAD) => {
                Self::new(Kind::Full, "the disk of the database is full")
            }
            Error::Unavailable(outage) => Self::new(Kind::Unavailable, outage.to_string()).retry_after(TRY_AGAIN),
            Error::Unfit(_) => Self::new(Kind::Unavailable, "the log cannot be read just now").retry_after(TRY_AGAIN),
            Error::Internal(_) => Self::new(Kind::Fault, "it is not in what was sent"),
        }
    }

    /// As an answer.
    #[must_use]
    pub fn respond(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = HttpResponse::build(status);
        for (name, value) in self.headers {
            answer.insert_header((name, value));
        }
        let body = Body {
            r#type: format!("{DOCS}#{}", self.kind.slug()),
            title: self.kind.title(),
            status: self.kind.status(),
            detail: &self.detail,
            incident: self.incident.as_deref(),
            errors: &self.errors,
        };
        // It is made of texts and numbers, which are always JSON.
        let body = serde_json::to_string(&body).unwrap_or_default();
        answer.insert_header((CACHE_CONTROL, "no-store")).content_type("application/problem+json").body(body)
    }
}

/// Whether a request is one of a program, and is to be refused as one.
#[must_use]
pub fn is_wanted(req: &HttpRequest) -> bool {
    let below = |path: &str| req.path().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    below("/api") && !below(DOCS)
}

/// The answer to a program's request that failed, with what else the failure says.
pub(super) fn draw(req: &HttpRequest, failed: &HttpResponse) -> HttpResponse {
    let ours = failed.error().and_then(|error| error.as_error::<Error>());
    let problem = match ours {
        Some(error) => {
            if let Error::Unavailable(_) | Error::Unfit(_) = error {
                tracing::warn!(request_id = client::request_id(req), "{error}");
            }
            let mut problem = Problem::of(error, req.method());
            if let Error::Internal(error) = error {
                problem.incident = Some(respond::note_fault(req, &format!("{error:#}")));
            }
            problem
        }
        None => foreign(req, failed),
    };
    let mut drawn = problem.respond();
    keep(failed.headers(), drawn.headers_mut());
    drawn
}

/// An error of the server's own, such as a path that cannot be decoded.
fn foreign(req: &HttpRequest, failed: &HttpResponse) -> Problem {
    match failed.status() {
        StatusCode::NOT_FOUND => Problem::new(Kind::NotFound, "there is no such page"),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Kind::TooLarge, "the body is larger than what is read"),
        status if status.is_client_error() => Problem::new(Kind::Malformed, "it is not formed as HTTP asks for"),
        _ => {
            let what = failed.error().map(ToString::to_string).unwrap_or_default();
            Problem {
                incident: Some(respond::note_fault(req, &what)),
                ..Problem::new(Kind::Fault, "it is not in what was sent")
            }
        }
    }
}

/// Takes over how the address may be asked, and how the token stands.
fn keep(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from {
        if *name == ALLOW || name.as_str().starts_with("ratelimit") {
            to.insert(name.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_name_of_its_own_and_a_status_that_exists() {
        let mut slugs: Vec<&str> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Kind::ALL.len());
        assert!(
            Kind::ALL.iter().all(|kind| StatusCode::from_u16(kind.status()).is_ok_and(|status| status.as_u16() >= 400))
        );
        assert!(Kind::ALL.windows(2).all(|pair| pair[0].status() <= pair[1].status()));
    }

    #[test]
    fn a_full_disk_is_507_for_what_writes_and_503_for_what_reads() {
        let full = Error::Unavailable(Outage::Full);
        assert_eq!(Problem::of(&full, &Method::POST).respond().status(), 507);
        let read = Problem::of(&full, &Method::GET).respond();
        assert_eq!(read.status(), 503);
        assert!(read.headers().contains_key(RETRY_AFTER));
    }

    #[test]
    fn no_more_is_listed_than_can_be_read() {
        let trouble = Trouble { line: Some(1), field: None, reason: "is not JSON".to_owned() };
        let problem = Problem::new(Kind::Invalid, "x").with(vec![trouble; 200]);
        assert_eq!(problem.errors.len(), LISTED);
    }
}
