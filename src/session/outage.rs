//! Telling that the database was away from a fault of ours, across `actix_session`, which makes a bare 500 of both.
//!
//! The store leaves its error beside the request (a task-local: the store is not given the request), and the layer
//! around the session middleware answers with it.

use std::cell::RefCell;

use actix_web::{
    HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use anyhow::anyhow;

use crate::core::error::Error;

tokio::task_local! {
    static NOTED: RefCell<Option<Error>>;
}

/// Leaves what went wrong for [`answer`]; what is returned says nothing.
pub(super) fn note(error: Error) -> anyhow::Error {
    match NOTED.try_with(|noted| noted.replace(Some(error))) {
        Ok(_) => anyhow!("noted"),
        Err(_) => anyhow!("the session store was used outside a request"),
    }
}

/// The layer around the session middleware: an error of its store becomes ours, as a response.
pub(super) async fn answer<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    // The route is found by now, so nothing below needs the request for itself alone.
    let request = req.request().clone();
    let answered = async {
        match next.call(req).await {
            Ok(response) => Ok(response.map_into_boxed_body()),
            Err(error) => Err(NOTED.with(RefCell::take).unwrap_or_else(|| Error::Internal(anyhow!("{error}")))),
        }
    };
    Ok(match NOTED.scope(RefCell::new(None), answered).await {
        Ok(response) => response,
        Err(error) => ServiceResponse::new(request, HttpResponse::from_error(error)),
    })
}
