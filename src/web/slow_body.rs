//! A connection is not held by the body of a request: one that arrives too slowly is given up, and one that nobody reads to
//! its end ends the connection. (How long the head of a request after the first may take, actix-web does not limit.)

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, timeout_at};

/// Long enough for the largest form from a phone that loses its network for a while.
pub const LONGEST: Duration = Duration::from_secs(20);

/// Ends a body that has not arrived in time, and answers 408 whatever the handler made of that.
///
/// # Errors
/// Those of the handler.
pub async fn end<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    }
    let (payload, is_late) = (Rc::new(RefCell::new(payload)), Rc::new(Cell::new(false)));
    let in_time = read(Rc::clone(&payload), Rc::clone(&is_late), Instant::now() + LONGEST);
    request.set_payload(Payload::Stream { payload: Box::pin(in_time) });
    let mut answer = next.call(request).await?;
    if is_late.get() {
        let head = answer.response_mut().head_mut();
        head.status = StatusCode::REQUEST_TIMEOUT;
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(answer.map_body(|_, body| EitherBody::right(BoxBody::new(Holding { body: body.boxed(), _payload: payload }))))
}

/// Whether reading a body failed because it was ended.
#[must_use]
pub fn is_late(error: &PayloadError) -> bool {
    matches!(error, PayloadError::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}

fn read(
    payload: Rc<RefCell<Payload>>,
    is_late: Rc<Cell<bool>>,
    deadline: Instant,
) -> impl stream::Stream<Item = Result<Bytes, PayloadError>> {
    stream::unfold((payload, is_late), move |(payload, is_late)| async move {
        let next = std::future::poll_fn(|context| payload.borrow_mut().poll_next_unpin(context));
        let part = timeout_at(deadline, next).await.unwrap_or_else(|_| {
            is_late.set(true);
            Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into())))
        });
        part.map(|part| (part, (payload, is_late)))
    })
}

/// The body of an answer, with that of its request. What nobody holds any more actix-web reads to its end, however long
/// that takes; what somebody holds when the answer ends it gives up with the connection.
struct Holding {
    body: BoxBody,
    _payload: Rc<RefCell<Payload>>,
}

impl MessageBody for Holding {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
