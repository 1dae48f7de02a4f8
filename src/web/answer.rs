//! Answers that all pages give.

use std::any::Any;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LANGUAGE, ContentType, HeaderName, LOCATION, VARY};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::error::Error;
use crate::language::Locale;
use crate::language::filters::LOCALE;

/// Bytes that most pages fit into, so that they are not moved while they grow.
const USUAL_SIZE: usize = 32 * 1024;

/// Where a script has to go on: it cannot see where a redirect leads (htmx's response header).
pub const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");

/// A rendered template, in the language of whoever reads it.
///
/// # Errors
/// When the template cannot be rendered.
pub fn page(locale: Locale, status: StatusCode, template: &impl Template) -> Result<HttpResponse, Error> {
    let mut html = String::with_capacity(USUAL_SIZE);
    template.render_into_with_values(&mut html, &(LOCALE, &locale as &dyn Any)).map_err(Error::internal)?;
    Ok(HttpResponse::build(status)
        .content_type(ContentType::html())
        .insert_header((CONTENT_LANGUAGE, locale.language.tag()))
        .insert_header((VARY, "Accept-Language, Cookie"))
        .body(html))
}

/// A redirect after a form was handled.
#[must_use]
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// Tells a script that sent a form where its answer is, with whatever else the redirect says, such as cookies.
///
/// # Errors
/// Those of the handler.
pub async fn tell_redirect<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let is_boosted = is_boosted(request.request());
    let mut answer = next.call(request).await?;
    if is_boosted && answer.status() == StatusCode::SEE_OTHER {
        let answer = answer.response_mut();
        if let Some(path) = answer.headers_mut().remove(LOCATION).next() {
            answer.headers_mut().insert(HX_REDIRECT, path);
            *answer.status_mut() = StatusCode::OK;
        }
    }
    Ok(answer)
}

/// Whether a script asks for a part of a page (htmx's request header).
#[must_use]
pub fn wants_fragment(request: &HttpRequest) -> bool {
    request.headers().contains_key("HX-Request")
}

/// Whether a script sends a form whose answer is a whole page (htmx's request header).
fn is_boosted(request: &HttpRequest) -> bool {
    request.headers().contains_key("HX-Boosted")
}

/// Whether the answer goes to a script, which shows an error in the page that it is on.
#[must_use]
pub fn is_by_script(request: &HttpRequest) -> bool {
    wants_fragment(request) || is_boosted(request)
}
