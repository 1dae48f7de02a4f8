//! HEAD: whatever answers GET answers it, too (RFC 9110 section 9.3.2).

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest};

/// Marks a GET that was asked with HEAD.
struct AskedWithHead;

/// Lets HEAD be answered as GET is; actix-web sends no body after it. Where another method is refused, HEAD is named with
/// GET among those that are not.
///
/// # Errors
/// Those of the handler.
pub async fn as_get<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(AskedWithHead);
    }
    let mut answer = next.call(request).await?;
    if let Some(allowed) = answer.headers().get(ALLOW).and_then(with_head) {
        answer.headers_mut().insert(ALLOW, allowed);
    }
    Ok(answer)
}

/// The method that a request was sent with, for the record.
#[must_use]
pub fn method_sent(request: &HttpRequest) -> Method {
    if request.extensions().contains::<AskedWithHead>() { Method::HEAD } else { request.method().clone() }
}

fn with_head(allowed: &HeaderValue) -> Option<HeaderValue> {
    let allowed = allowed.to_str().ok()?;
    let answers_get = allowed.split(',').any(|method| method.trim() == "GET");
    answers_get.then(|| HeaderValue::from_str(&format!("{allowed}, HEAD")).ok()).flatten()
}
