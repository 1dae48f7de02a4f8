//! HEAD: whatever answers GET answers it, too (RFC 9110 section 9.3.2).

use actix_web::body::{BodySize, BodyStream, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::Error;
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest};
use futures_util::stream::{Empty, empty};

/// Marks a GET that was asked with HEAD.
struct AskedWithHead;

/// Nothing, of a length that is not told.
type Nothing = BodyStream<Empty<Result<Bytes, Error>>>;

/// Lets HEAD be answered as GET is; actix-web sends no body after it. Where another method is refused, HEAD is named with
/// GET among those that are not.
///
/// # Errors
/// Those of the handler.
pub async fn as_get<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, Nothing>>, Error> {
    let asked_with_head = request.method() == Method::HEAD;
    if asked_with_head {
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(AskedWithHead);
    }
    let mut answer = next.call(request).await?;
    if let Some(allowed) = answer.headers().get(ALLOW).and_then(with_head) {
        answer.headers_mut().insert(ALLOW, allowed);
    }
    Ok(answer.map_body(|_, body| {
        // What is made piece by piece, such as an export, would be made to its end for nobody.
        if asked_with_head && matches!(body.size(), BodySize::Stream) {
            EitherBody::right(BodyStream::new(empty()))
        } else {
            EitherBody::left(body)
        }
    }))
}

/// Whether nobody will see the body of the answer.
#[must_use]
pub fn is_head(request: &HttpRequest) -> bool {
    request.extensions().contains::<AskedWithHead>()
}

/// The method that a request was sent with, for the record.
#[must_use]
pub fn method_sent(request: &HttpRequest) -> Method {
    if is_head(request) { Method::HEAD } else { request.method().clone() }
}

fn with_head(allowed: &HeaderValue) -> Option<HeaderValue> {
    let allowed = allowed.to_str().ok()?;
    let answers_get = allowed.split(',').any(|method| method.trim() == "GET");
    answers_get.then(|| HeaderValue::from_str(&format!("{allowed}, HEAD")).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};
    use futures_util::stream::poll_fn;

    use super::*;

    #[actix_web::test]
    async fn what_is_made_piece_by_piece_is_not_made_for_nobody() {
        let never = || async {
            HttpResponse::Ok()
                .streaming(poll_fn(|_| -> std::task::Poll<Option<Result<Bytes, Error>>> { panic!("made") }))
        };
        let app = init_service(App::new().wrap(from_fn(as_get)).route("/", web::get().to(never))).await;
        let answer = call_service(&app, TestRequest::default().method(Method::HEAD).to_request()).await;
        assert!(answer.status().is_success());
        assert_eq!(answer.response().body().size(), BodySize::Stream);
        assert!(to_bytes(answer.into_body()).await.unwrap().is_empty());
    }
}
