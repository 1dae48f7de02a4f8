//! What was typed into a form that could not be answered, kept so that nobody has to type it again.
//!
//! Where the session has ended it goes through the sign-in page, as a hidden field, into the new session, and from there
//! into the form once. It never stands in an address: others could write such a link, and wait for somebody to send what
//! stands in the form. A route says by [`keep`] that its form has nothing that must not come back, such as a password.

use actix_session::Session;
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::answer::wants_fragment;
use super::fields::Fields;
use crate::error::Error;

/// The longest form that is kept beyond a sign-in, as it is encoded, in bytes: encoded once more in the form of the sign-in
/// page it must not become too large to sign in with.
const LONGEST: usize = 8 * 1024;

/// The entry of a session's state that holds it.
const KEPT: &str = "kept_form";

/// The field that makes a form do something once. A form that is filled in again has one of its own.
const NONCE: &str = "nonce";

/// The fields of the form that a request brought.
#[derive(Clone, Debug)]
pub struct Sent(pub Vec<(String, String)>);

impl Sent {
    /// What was typed, as one text; empty when that is nothing, or too much to be kept.
    #[must_use]
    pub fn typed(&self) -> String {
        let typed = self.0.iter().filter(|(name, _)| name != NONCE);
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(typed).finish();
        if text.len() <= LONGEST { text } else { String::new() }
    }
}

/// A form that is to be filled in again.
#[derive(Serialize, Deserialize)]
struct Kept {
    path: String,
    fields: Vec<(String, String)>,
}

/// Lets error pages find the fields of a form whose answer is a page. A script keeps its form itself.
///
/// # Errors
/// Those of the handler, and when the request cannot be read.
pub async fn keep<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let kind = request.headers().get(CONTENT_TYPE);
    let is_form = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if request.method() == Method::POST && is_form && !wants_fragment(request.request()) {
        let body = request.extract::<web::Bytes>().await?;
        request.extensions_mut().insert(Sent(form_urlencoded::parse(&body).into_owned().collect()));
        request.set_payload(Payload::Stream { payload: Box::pin(stream::iter([Ok(body)])) });
    }
    next.call(request).await
}

/// Keeps what [`Sent::typed`] gave for the form of a page, in the session that has begun.
///
/// # Errors
/// When it cannot be kept.
pub fn remember(session: &Session, page: &str, typed: &str) -> Result<(), Error> {
    if typed.is_empty() || typed.len() > LONGEST {
        return Ok(());
    }
    let path = page.split('?').next().unwrap_or_default().to_owned();
    let fields = form_urlencoded::parse(typed.as_bytes()).into_owned().collect();
    session.insert(KEPT, Kept { path, fields }).map_err(Error::internal)
}

/// What was typed into the form of the page that is asked for, once. Whatever was kept for another page is forgotten.
#[must_use]
pub fn take(session: &Session, request: &HttpRequest) -> Option<Fields> {
    // Removing even what is not there would store the session anew.
    let kept = session.contains_key(KEPT).then(|| session.remove_as::<Kept>(KEPT)).flatten()?.ok()?;
    (kept.path == request.path()).then_some(Fields(kept.fields))
}
