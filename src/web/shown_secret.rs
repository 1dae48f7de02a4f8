//! What an answer that shows a secret has of its own, and what makes browsers forget the page afterwards.
//!
//! Scripts clear a secret when its page is left. Without them there is this: Chromium keeps pages for Back even when they
//! are not to be stored, and drops such a page once a cookie that scripts cannot read has changed since it was left. So
//! the answer sets one, and the answer after it takes it away.

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, web};

use super::state::State;
use crate::config::PublicUrl;

/// Marks an answer that shows a secret.
struct ShowsSecret;

/// An answer that shows a secret.
#[must_use]
pub fn showing_secret(mut answer: HttpResponse) -> HttpResponse {
    // A compressed answer's length tells about its content.
    answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
    answer.extensions_mut().insert(ShowsSecret);
    answer
}

/// Sets the cookie with an answer that shows a secret, and takes it away with the page or the redirect that follows.
///
/// # Errors
/// Those of the handler.
pub async fn forget<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let state = request.app_data::<web::Data<State>>();
    let Some(cookie) = state.map(|state| cookie(&state.public_url)) else { return next.call(request).await };
    let was_shown = request.cookie(cookie.name()).is_some();
    let mut response = next.call(request).await?;
    let is_shown = response.response().extensions().contains::<ShowsSecret>();
    let is_next = response.status().is_redirection() || is_page(&response);
    if is_shown {
        response.response_mut().add_cookie(&cookie)?;
    } else if was_shown && is_next {
        response.response_mut().add_removal_cookie(&cookie)?;
    }
    Ok(response)
}

fn is_page<B>(response: &ServiceResponse<B>) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn cookie(public_url: &PublicUrl) -> Cookie<'static> {
    Cookie::build(public_url.cookie_name("keyledge-shown"), "1")
        .path("/")
        .secure(public_url.is_https())
        .http_only(true)
        .same_site(SameSite::Lax)
        .finish()
}
