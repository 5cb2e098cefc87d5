//! The form of somebody who is signed in: bounded, timed, and carrying a token of their session.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload};

use super::{guard::Staff, token};
use crate::{
    core::{
        error::{Error, Result},
        query_string::{self, Pair},
    },
    web::body::{self, Bounds},
};

/// The name of the field that carries the token.
pub const TOKEN: &str = "csrf_token";

/// The fields of a form whose token was checked.
#[derive(Debug)]
pub struct CheckedForm(Form);

/// The fields of a form, as they came.
#[derive(Debug)]
pub struct Form(Vec<Pair>);

impl Form {
    /// Reads a form from a request's body.
    pub async fn read(req: &HttpRequest, payload: Payload) -> Result<Self> {
        if !body::is_form(req) {
            return Err(Error::BadRequest("a form is sent as application/x-www-form-urlencoded"));
        }
        let bytes = body::read(req, payload, Bounds::FORM).await?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Error::BadRequest("a form is sent as UTF-8 text"))?;
        Ok(Self(query_string::parse(text)))
    }

    /// Reads the fields of a query string.
    #[must_use]
    pub fn of_query(query: &str) -> Self {
        Self(query_string::parse(query))
    }

    /// The first value of a field; empty where it was not sent, or is no text.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.field(name).filter(|pair| pair.problem.is_none()).map_or("", |pair| &pair.value)
    }

    /// Every value of a field that is text.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |pair| pair.name == name && pair.problem.is_none()).map(|pair| pair.value.as_str())
    }

    /// The first field of a name, with what is wrong with it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Pair> {
        self.0.iter().find(|pair| pair.name == name)
    }

    /// Checks the token.
    ///
    /// # Errors
    /// [`Error::ForeignForm`] where it is not one of `secret`.
    pub fn check(&self, secret: &token::Secret) -> Result<()> {
        if token::matches(secret, self.value(TOKEN)) { Ok(()) } else { Err(Error::ForeignForm) }
    }
}

impl std::ops::Deref for CheckedForm {
    type Target = Form;

    fn deref(&self) -> &Form {
        &self.0
    }
}

impl FromRequest for CheckedForm {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            let secret = req.extensions().get::<Staff>().map(|staff| staff.csrf).ok_or(Error::SignedOut)?;
            let form = Form::read(&req, payload).await?;
            form.check(&secret)?;
            Ok(Self(form))
        })
    }
}
