//! Answers that all pages give.

use std::any::Any;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LANGUAGE, ContentType, LOCATION, VARY};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::error::Error;
use crate::language::Locale;
use crate::language::filters::LOCALE;

/// Bytes that most pages fit into, so that they are not moved while they grow.
const USUAL_SIZE: usize = 32 * 1024;

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

/// Whether a script asks for a part of a page (htmx's request header).
#[must_use]
pub fn wants_fragment(request: &HttpRequest) -> bool {
    request.headers().contains_key("HX-Request")
}
