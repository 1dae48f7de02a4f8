//! Refuses addresses with a NUL character in them: Postgres takes no text that has one, and no name of anything has one.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::middleware::Next;

use crate::error::Error;

/// Whether there is one in the path or in the query.
#[must_use]
pub fn is_in(uri: &Uri) -> bool {
    uri.path_and_query().is_some_and(|text| text.as_str().contains("%00"))
}

/// Lets other requests pass.
///
/// # Errors
/// Those of the handler.
pub async fn refuse<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    if is_in(request.uri()) {
        let error = Error::BadRequest("error-nul");
        return Ok(request.error_response(error).map_into_right_body());
    }
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}
