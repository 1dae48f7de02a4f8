//! Answers that all pages give.

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::error::Error;

/// A rendered template.
///
/// # Errors
/// When the template cannot be rendered.
pub fn page(status: StatusCode, template: &impl Template) -> Result<HttpResponse, Error> {
    let html = template.render().map_err(Error::internal)?;
    Ok(HttpResponse::build(status).content_type(ContentType::html()).body(html))
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
