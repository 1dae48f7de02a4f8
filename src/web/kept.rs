//! What was typed into a form that could not be answered, kept so that nobody has to type it again.
//!
//! Where the session has ended it goes through the sign-in page, as a hidden field, into the new session, and from there
//! into the form once. It never stands in an address: others could write such a link, and wait for somebody to send what
//! stands in the form. It is shown to nobody but whom the form was made for. A route says by [`keep`] that its form has
//! nothing that must not come back, such as a password.

use actix_session::Session;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::answer::is_by_script;
use super::fields::{Fields, LARGEST_FORM};
use super::notices;
use super::slow_body::is_late;
use crate::error::Error;

/// The largest form of the sign-in page, in bytes: a form that is kept is encoded once more in it, which makes three bytes
/// five.
pub const LARGEST_SIGN_IN: usize = 2 * LARGEST_FORM;

/// The entry of a session's state that holds it.
const KEPT: &str = "kept_form";

/// The field that makes a form do something once. A form that is filled in again has one of its own.
const NONCE: &str = "nonce";

/// The field with the username of whom a form was made for.
const FOR: &str = "for";

/// The form that a request brought.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Where to send it again.
    pub action: String,
    /// Names and values.
    pub fields: Vec<(String, String)>,
}

impl Sent {
    /// What was typed, as one text; empty when that is nothing.
    #[must_use]
    pub fn typed(&self) -> String {
        if self.fields.iter().all(|(name, _)| name == NONCE || name == FOR) {
            return String::new();
        }
        let fields = self.fields.iter().filter(|(name, _)| name != NONCE);
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    }
}

/// A form that is to be filled in again.
#[derive(Serialize, Deserialize)]
struct Kept {
    path: String,
    fields: Vec<(String, String)>,
}

/// Lets error pages find the form whose answer is a page. A script keeps its form itself.
///
/// # Errors
/// Those of the handler.
pub async fn keep<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let kind = request.headers().get(CONTENT_TYPE);
    let is_form = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if request.method() == Method::POST && is_form && !is_by_script(request.request()) {
        let body = match request.extract::<web::Bytes>().await {
            Ok(body) => body,
            Err(error) => {
                let error = match error.as_error() {
                    Some(PayloadError::Overflow) => Error::TooLarge,
                    Some(error) if is_late(error) => Error::TooSlow,
                    _ => Error::BadRequest("error-form-unreadable"),
                };
                return Ok(request.error_response(error).map_into_right_body());
            }
        };
        let fields = form_urlencoded::parse(&body).into_owned().collect();
        request.extensions_mut().insert(Sent { action: request.path().to_owned(), fields });
        request.set_payload(Payload::Stream { payload: Box::pin(stream::iter([Ok(body)])) });
    }
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}

/// What was typed, unless it is more than any form may be.
#[must_use]
pub fn in_size(typed: String) -> String {
    if typed.len() <= LARGEST_FORM { typed } else { String::new() }
}

/// Keeps what [`Sent::typed`] gave for the form of a page, in the session that has begun.
///
/// # Errors
/// When it cannot be kept.
pub fn remember(session: &Session, page: &str, typed: String) -> Result<(), Error> {
    let typed = in_size(typed);
    if typed.is_empty() {
        return Ok(());
    }
    let path = page.split('?').next().unwrap_or_default().to_owned();
    let fields = form_urlencoded::parse(typed.as_bytes()).into_owned().collect();
    session.insert(KEPT, Kept { path, fields }).map_err(Error::internal)
}

/// Where the form is that something is kept for.
#[must_use]
pub fn page(session: &Session) -> Option<String> {
    find_kept(session).map(|kept| kept.path)
}

/// What this person has typed into the form of the page that is asked for.
#[must_use]
pub fn find(session: &Session, request: &HttpRequest, username: &str) -> Option<Fields> {
    let Kept { path, fields } = find_kept(session)?;
    let fields = Fields(fields);
    let is_theirs = fields.one(FOR).is_ok_and(|name| name == username);
    (is_theirs && path == request.path()).then_some(fields)
}

/// To be said once a page shows it, or another page with a form is shown.
pub fn forget(session: &Session, request: &HttpRequest) {
    notices::remove(session, request, KEPT);
}

fn find_kept(session: &Session) -> Option<Kept> {
    session.get(KEPT).ok().flatten()
}
