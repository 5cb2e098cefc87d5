//! Who asks: the address behind trusted proxies, and the number that ties a request to its lines in the logs.

use std::net::IpAddr;

use actix_web::{
    HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use uuid::Uuid;

use super::state::{Site, client_address};

/// The number of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

/// Middleware that gives each request its number.
pub async fn number<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    req.extensions_mut().insert(RequestId(Uuid::new_v4()));
    next.call(req).await
}

/// The request's number as text; none where [`number`] was not there to give one.
#[must_use]
pub fn request_id(req: &HttpRequest) -> Option<String> {
    req.extensions().get::<RequestId>().map(|id| id.0.simple().to_string())
}

/// The address of whoever asks; none on a socket that has no addresses.
#[must_use]
pub fn address(req: &HttpRequest, site: &Site) -> Option<IpAddr> {
    // A header that stands several times is one list.
    let lines: Vec<_> = req.headers().get_all("x-forwarded-for").filter_map(|line| line.to_str().ok()).collect();
    client_address(req.peer_addr().map(|peer| peer.ip()), Some(&lines.join(",")), &site.trusted_proxies)
}
