//! Turns the errors of pages into what people see: a redirect, a page, or a message in a page.

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use askama::Template;
use url::form_urlencoded;

use super::answer::{HX_REDIRECT, is_by_script, page, see_other};
use super::kept::Sent;
use super::layout::{Layout, Viewer};
use super::locale::of_browser;
use super::slow_body;
use super::state::State;
use crate::error::Error;
use crate::language::{Locale, Message, filters};

/// A whole page about an error.
#[derive(Template)]
#[template(path = "error/error.html")]
pub struct ErrorPage {
    /// What all pages share.
    pub layout: Layout,
    /// The status code.
    pub status: u16,
    /// The ID of the heading.
    pub title: &'static str,
    /// What happened and what to do.
    pub message: Message,
    /// Where to go from here.
    pub next_href: &'static str,
    /// The ID of what the link says.
    pub next_label: &'static str,
    /// How to go on with the form that was sent.
    pub again: Option<Again>,
}

/// A form without anything to type, which sends again what was typed.
pub struct Again {
    /// Where to.
    pub action: String,
    /// The ID of what its button says.
    pub label: &'static str,
    /// Names and values.
    pub fields: Vec<(String, String)>,
}

impl Again {
    /// Back to the form, after a new sign-in.
    fn after_sign_in(next: &str, sent: &Sent) -> Option<Self> {
        let typed = sent.typed();
        let fields = vec![("next".to_owned(), next.to_owned()), ("kept".to_owned(), typed)];
        let is_typed = fields.iter().all(|(_, value)| !value.is_empty());
        is_typed.then(|| Self { action: SIGN_IN_AGAIN.to_owned(), label: "error-sign-in-again", fields })
    }
}

/// Where the sign-in page is for those who have typed something.
pub const SIGN_IN_AGAIN: &str = "/login/again";

/// A message about an error, for a script to show in the page.
#[derive(Template)]
#[template(path = "error/_message.html")]
pub struct ErrorFragment {
    /// The ID of the heading.
    pub title: &'static str,
    /// What happened and what to do.
    pub message: Message,
}

/// Gives every error of the wrapped routes its page.
///
/// # Errors
/// What a middleware could not do, such as reading the session, with the page as its answer.
pub async fn render<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let state = request.app_data::<web::Data<State>>().cloned();
    let fragment = is_by_script(request.request());
    let browser = of_browser(request.request());
    let response = match (next.call(request).await, state) {
        (Ok(response), _) => response,
        (Err(cause), Some(state)) => {
            // On the way to a page only the session is read and written. Its middleware hides why that failed, but it needs
            // nothing else than the database.
            let error = Error::Unavailable(anyhow::anyhow!("{cause:?}"));
            let page = answer(&state, browser, None, fragment, &error, None);
            return Err(InternalError::from_response(cause, page).into());
        }
        (Err(cause), None) => return Err(cause),
    };
    let (request, mut response) = response.into_parts();
    let error = match response.error().and_then(actix_web::Error::as_error::<Error>) {
        Some(error) => error,
        None if response.status().is_success() || response.status().is_redirection() || has_body(&response) => {
            return Ok(ServiceResponse::new(request, response.map_into_boxed_body()));
        }
        None => match response.status() {
            StatusCode::NOT_FOUND => &Error::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => &Error::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => &Error::TooLarge,
            status if status.is_client_error() => &Error::BadRequest("error-unreadable"),
            _ => &Error::Internal(anyhow::anyhow!("an answer without a body: {}", response.status())),
        },
    };
    let mut answer = match request.app_data::<web::Data<State>>() {
        Some(state) => {
            let viewer = request.extensions().get::<Viewer>().cloned();
            let again = again(&request, error);
            answer(state, of_browser(&request), viewer, fragment, error, again)
        }
        None => HttpResponse::new(error.status()),
    };
    // What the session middleware or the router said, such as a cookie that ends or the methods that are allowed.
    for name in [ALLOW, SET_COOKIE] {
        for value in response.headers_mut().remove(&name) {
            answer.headers_mut().append(name.clone(), value);
        }
    }
    Ok(ServiceResponse::new(request, answer))
}

/// How to go on with what was typed, for errors that are not the form's.
fn again(request: &HttpRequest, error: &Error) -> Option<Again> {
    let sent = request.extensions_mut().remove::<Sent>()?;
    match error {
        Error::SignInNeeded { next } => Again::after_sign_in(next, &sent),
        error if error.is_failure() => {
            Some(Again { action: sent.action, label: "error-try-again", fields: sent.fields })
        }
        _ => None,
    }
}

fn has_body<B: MessageBody>(response: &HttpResponse<B>) -> bool {
    !matches!(response.body().size(), BodySize::None | BodySize::Sized(0))
}

fn answer(
    state: &State,
    browser: Locale,
    viewer: Option<Viewer>,
    fragment: bool,
    error: &Error,
    again: Option<Again>,
) -> HttpResponse {
    if let Error::Internal(cause) | Error::Unavailable(cause) = error {
        tracing::error!("a request failed: {cause:#}");
    }
    let title = match error {
        Error::SignInNeeded { .. } if fragment || again.is_some() => "error-session-ended",
        Error::SignInNeeded { next } => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
            return see_other(&format!("/login?{query}"));
        }
        Error::PasswordChangeNeeded => return redirect(fragment, "/login/password"),
        Error::PermissionMissing(_) => "error-not-allowed",
        Error::NotFound => "error-not-found",
        Error::BadRequest(_) | Error::MethodNotAllowed => "error-failed",
        Error::TooLarge => "error-too-large",
        Error::TooSlow => "error-too-slow",
        Error::CrossOrigin => "error-cross-origin",
        Error::Busy => "error-busy",
        Error::Unavailable(_) => "error-unavailable",
        Error::Internal(_) => "error-internal",
    };
    let message = match error {
        Error::SignInNeeded { .. } if again.is_some() => Message::new("error-session-ended-kept"),
        Error::SignInNeeded { .. } | Error::PasswordChangeNeeded => Message::new("error-session-ended-text"),
        Error::PermissionMissing(permission) => Message::new("error-not-allowed-text").with("permission", *permission),
        Error::NotFound => Message::new("error-not-found-text"),
        Error::BadRequest(id) => Message::new(id),
        Error::MethodNotAllowed => Message::new("error-method"),
        Error::TooLarge => Message::new("error-too-large-text"),
        Error::TooSlow => Message::new("error-too-slow-text").with("seconds", slow_body::LONGEST.as_secs()),
        Error::CrossOrigin => Message::new("error-cross-origin-text"),
        Error::Busy => Message::new("error-busy-text"),
        Error::Unavailable(_) => Message::new("error-unavailable-text"),
        Error::Internal(_) => Message::new("error-internal-text"),
    };
    let locale = viewer.as_ref().map_or(browser, |viewer| viewer.locale);
    // A script cannot see where a redirect leads.
    let status = if error.status().is_redirection() { StatusCode::UNAUTHORIZED } else { error.status() };
    let rendered = if fragment {
        page(locale, status, &ErrorFragment { title, message })
    } else {
        let (next_href, next_label) =
            if viewer.is_some() { ("/", "error-go-home") } else { ("/login", "error-sign-in") };
        let layout = Layout::new(state, viewer);
        page(
            locale,
            status,
            &ErrorPage { layout, status: status.as_u16(), title, message, next_href, next_label, again },
        )
    };
    let mut answer = rendered.unwrap_or_else(|cause| {
        tracing::error!("an error page could not be made: {cause:?}");
        HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR)
    });
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    answer
}

/// A script cannot see where a redirect leads, so it is told in htmx's header.
fn redirect(fragment: bool, path: &str) -> HttpResponse {
    if !fragment {
        return see_other(path);
    }
    let mut answer = HttpResponse::new(StatusCode::UNAUTHORIZED);
    if let Ok(path) = HeaderValue::from_str(path) {
        answer.headers_mut().insert(HX_REDIRECT, path.clone());
        answer.headers_mut().insert(LOCATION, path);
    }
    answer
}
