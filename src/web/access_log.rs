//! One line a request in our own log: by the pattern of its route, never with a value of its path or query.

use actix_web::{
    HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use super::client::RequestId;

/// Middleware that writes the line when the answer begins.
pub async fn line<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let began = std::time::Instant::now();
    let method = req.method().clone();
    let id = req.extensions().get::<RequestId>().map(|id| id.0.simple().to_string()).unwrap_or_default();
    let result = next.call(req).await;
    let (status, route) = match &result {
        Ok(res) => (res.status(), res.request().match_pattern()),
        Err(error) => (error.as_response_error().status_code(), None),
    };
    tracing::info!(
        target: "daybook::request",
        request_id = id,
        method = method.as_str(),
        route = route.as_deref().unwrap_or("-"),
        status = status.as_u16(),
        ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    );
    result
}
