//! The guards: who is signed in, looked up for every request.

use std::future::Future;
use std::pin::Pin;

use actix_session::SessionExt;
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, REFERER};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use url::{Position, Url};

use super::kept::Sent;
use super::layout::Viewer;
use super::locale::of_browser;
use super::state::State;
use crate::error::Error;
use crate::login::store::{SESSION_EPOCH, USER_ID};
use crate::users::model::Account;
use crate::users::queries;

/// An active user with a session and a password of their own.
pub struct SignedIn(pub Account);

/// An active user with a session, who may still have to replace a one-time password.
pub struct SignedInOrChanging(pub Account);

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

impl FromRequest for SignedIn {
    type Error = Error;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let account = account(request.clone());
        Box::pin(async move {
            let account = account.await?;
            if account.user.password_must_change { Err(Error::PasswordChangeNeeded) } else { Ok(Self(account)) }
        })
    }
}

impl FromRequest for SignedInOrChanging {
    type Error = Error;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let account = account(request.clone());
        Box::pin(async move { account.await.map(Self) })
    }
}

async fn account(request: HttpRequest) -> Result<Account, Error> {
    let state = request
        .app_data::<web::Data<State>>()
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("the application has no state")))?;
    let session = request.get_session();
    let user_id = session.get::<i64>(USER_ID).map_err(Error::internal)?;
    let Some(user_id) = user_id else { return Err(sign_in_needed(&request)) };
    let session_epoch = session.get::<i32>(SESSION_EPOCH).map_err(Error::internal)?;
    let browser = of_browser(&request);
    let account = state.database.look_up(move |connection| queries::account(connection, user_id, browser)).await?;
    match account {
        Some(account) if account.user.is_active() && Some(account.user.session_epoch) == session_epoch => {
            request.extensions_mut().insert(Viewer::from(&account));
            Ok(account)
        }
        _ => {
            session.purge();
            Err(sign_in_needed(&request))
        }
    }
}

/// Looks up who is signed in also where no handler asked, such as at an address where there is nothing: the page about
/// the error is for them.
///
/// # Errors
/// Those of the handler.
pub async fn look_up_for_error_pages<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let response = next.call(request).await?;
    let unknown = !response.request().extensions().contains::<Viewer>();
    if unknown && response.status().is_client_error() && response.status() != StatusCode::UNAUTHORIZED {
        // Nobody is signed in, or that cannot be found out now: the page is made for a stranger.
        let _ = account(response.request().clone()).await;
    }
    Ok(response)
}

/// The answer to a form is nothing to come back to: the page around it is.
fn sign_in_needed(request: &HttpRequest) -> Error {
    let next = match request.uri().path_and_query() {
        Some(path) if request.method().is_safe() => path.to_string(),
        // Below these there are addresses that only answer forms.
        _ if request.path().starts_with("/profile") => "/profile".to_owned(),
        _ if request.path().starts_with("/account") => "/account".to_owned(),
        // A form that is kept stands at the address that it is sent to.
        _ if request.extensions().contains::<Sent>() => request.path().to_owned(),
        _ => page_around(request).unwrap_or_else(|| "/".to_owned()),
    };
    Error::SignInNeeded { next }
}

/// The page of this server that the request was made from.
fn page_around(request: &HttpRequest) -> Option<String> {
    let page = Url::parse(request.headers().get(REFERER)?.to_str().ok()?).ok()?;
    let host = request.headers().get(HOST)?.to_str().ok()?;
    (page.authority() == host).then(|| page[Position::BeforePath..Position::AfterQuery].to_owned())
}
