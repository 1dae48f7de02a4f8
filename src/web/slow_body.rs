//! Bodies of requests arrive in a limited time, so that nobody holds a connection by sending one byte after another.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, timeout_at};

/// Long enough for the largest form from a phone that loses its network for a while.
const LONGEST: Duration = Duration::from_secs(20);

/// Ends a body that has not arrived in time, and answers 408 whatever the handler made of that.
///
/// # Errors
/// Those of the handler.
pub async fn end<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return next.call(request).await;
    }
    let is_late = Rc::new(Cell::new(false));
    let (late, deadline) = (is_late.clone(), Instant::now() + LONGEST);
    let in_time = stream::unfold(payload, move |mut payload| {
        let late = late.clone();
        async move {
            let part = timeout_at(deadline, payload.next()).await.unwrap_or_else(|_| {
                late.set(true);
                Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into())))
            });
            part.map(|part| (part, payload))
        }
    });
    request.set_payload(Payload::Stream { payload: Box::pin(in_time) });
    let mut answer = next.call(request).await?;
    if is_late.get() {
        let head = answer.response_mut().head_mut();
        head.status = StatusCode::REQUEST_TIMEOUT;
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(answer)
}
