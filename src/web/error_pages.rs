//! Turns the errors of pages into what people see: a redirect, a page, or a message in a page.

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};
use askama::Template;
use url::form_urlencoded;

use super::answer::{page, see_other, wants_fragment};
use super::layout::{Layout, Viewer};
use super::state::State;
use crate::error::Error;

/// A whole page about an error.
#[derive(Template)]
#[template(path = "error/error.html")]
pub struct ErrorPage {
    /// What all pages share.
    pub layout: Layout,
    /// The status code.
    pub status: u16,
    /// The heading.
    pub title: &'static str,
    /// What happened and what to do.
    pub message: String,
    /// Where to go from here.
    pub next_href: &'static str,
    /// What the link says.
    pub next_label: &'static str,
}

/// A message about an error, for a script to show in the page.
#[derive(Template)]
#[template(path = "error/_message.html")]
pub struct ErrorFragment {
    /// The heading.
    pub title: &'static str,
    /// What happened and what to do.
    pub message: String,
}

/// Gives every error of the wrapped routes its page.
///
/// # Errors
/// What a middleware could not do, such as reading the session, with the page as its answer.
pub async fn render<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let (state, fragment) = (request.app_data::<web::Data<State>>().cloned(), wants_fragment(request.request()));
    let response = match (next.call(request).await, state) {
        (Ok(response), _) => response,
        (Err(cause), Some(state)) => {
            let page = answer(&state, None, fragment, &Error::Internal(anyhow::anyhow!("{cause:?}")));
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
            status if status.is_client_error() => &Error::BadRequest("The request could not be read."),
            _ => &Error::Internal(anyhow::anyhow!("an answer without a body: {}", response.status())),
        },
    };
    let mut answer = match request.app_data::<web::Data<State>>() {
        Some(state) => {
            let viewer = request.extensions().get::<Viewer>().cloned();
            answer(state, viewer, wants_fragment(&request), error)
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

fn has_body<B: MessageBody>(response: &HttpResponse<B>) -> bool {
    !matches!(response.body().size(), BodySize::None | BodySize::Sized(0))
}

fn answer(state: &State, viewer: Option<Viewer>, fragment: bool, error: &Error) -> HttpResponse {
    if let Error::Internal(cause) = error {
        tracing::error!("a request failed: {cause:#}");
    }
    let (title, message) = match error {
        Error::SignInNeeded { .. } if fragment => {
            ("Your session has ended", "Sign in again to go on. Nothing was changed.".to_owned())
        }
        Error::SignInNeeded { next } => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
            return see_other(&format!("/login?{query}"));
        }
        Error::PasswordChangeNeeded => return redirect(fragment, "/login/password"),
        Error::PermissionMissing(permission) => (
            "Not allowed",
            format!(
                "You need the permission {permission} for this. Ask your administrator if you should have it. Nothing \
                 was changed."
            ),
        ),
        Error::NotFound => ("Not found", "There is nothing here, or nothing that you may see.".to_owned()),
        Error::BadRequest(message) => ("That did not work", (*message).to_owned()),
        Error::MethodNotAllowed => ("That did not work", "This address cannot be used in this way.".to_owned()),
        Error::TooLarge => ("Too much text", "What was sent is larger than this form allows.".to_owned()),
        Error::CrossOrigin => (
            "Not from here",
            "This request came from another website, so it was refused. Nothing was changed.".to_owned(),
        ),
        Error::Busy => ("Very busy", "Too many people are signing in right now. Try again in a moment.".to_owned()),
        Error::Internal(_) => {
            ("Something went wrong", "The mistake is ours. Try again; if it stays, tell your administrator.".to_owned())
        }
    };
    let rendered = if fragment {
        // A script cannot see where a redirect leads.
        let status = if error.status().is_redirection() { StatusCode::UNAUTHORIZED } else { error.status() };
        page(status, &ErrorFragment { title, message })
    } else {
        let (next_href, next_label) =
            if viewer.is_some() { ("/", "Go to the home page") } else { ("/login", "Sign in") };
        let layout = Layout::new(state, viewer);
        page(
            error.status(),
            &ErrorPage { layout, status: error.status().as_u16(), title, message, next_href, next_label },
        )
    };
    let mut answer = rendered.unwrap_or_else(|cause| {
        tracing::error!("an error page could not be made: {cause:?}");
        HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR)
    });
    if matches!(error, Error::Busy) {
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
        answer.headers_mut().insert(HeaderName::from_static("hx-redirect"), path.clone());
        answer.headers_mut().insert(LOCATION, path);
    }
    answer
}
