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
use diesel::QueryResult;
use url::{Position, Url};

use super::kept::Sent;
use super::layout::Viewer;
use super::locale::of_browser;
use super::state::State;
use crate::db::{DbConnection, together};
use crate::error::Error;
use crate::login::store::{SESSION_EPOCH, USER_ID};
use crate::users::model::{Account, User};
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
        let request = request.clone();
        Box::pin(async move { with(&request, |_, _| Ok(())).await.map(|(account, ())| Self(account)) })
    }
}

impl FromRequest for SignedInOrChanging {
    type Error = Error;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { account(&request, |_, _| Ok(())).await.map(|(account, ())| Self(account)) })
    }
}

/// [`SignedIn`], and what `read` reads of this user (the key of the row), all of it of one moment where the database is
/// SQLite, which takes its lock but once.
///
/// # Errors
/// When nobody is signed in, the password is to be replaced, or a statement fails.
pub async fn with<T, F>(request: &HttpRequest, read: F) -> Result<(Account, T), Error>
where
    T: Send + 'static,
    F: FnOnce(&mut DbConnection, i64) -> QueryResult<T> + Send + 'static,
{
    let (account, read) = account(request, read).await?;
    if account.user.password_must_change { Err(Error::PasswordChangeNeeded) } else { Ok((account, read)) }
}

async fn account<T, F>(request: &HttpRequest, read: F) -> Result<(Account, T), Error>
where
    T: Send + 'static,
    F: FnOnce(&mut DbConnection, i64) -> QueryResult<T> + Send + 'static,
{
    let state = request
        .app_data::<web::Data<State>>()
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("the application has no state")))?;
    let session = request.get_session();
    let user_id = session.get::<i64>(USER_ID).map_err(Error::internal)?;
    let Some(user_id) = user_id else { return Err(sign_in_needed(request)) };
    let session_epoch = session.get::<i32>(SESSION_EPOCH).map_err(Error::internal)?;
    let browser = of_browser(request);
    let is_current = move |user: &User| user.is_active() && Some(user.session_epoch) == session_epoch;
    let found = state.database.look_up(move |connection| {
        together(connection, |connection| match queries::account(connection, user_id, browser)? {
            Some(account) if is_current(&account.user) => Ok(Some((account, read(connection, user_id)?))),
            _ => Ok(None),
        })
    });
    let Some((account, read)) = found.await? else {
        session.purge();
        return Err(sign_in_needed(request));
    };
    request.extensions_mut().insert(Viewer::from(&account));
    Ok((account, read))
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
        let _ = account(response.request(), |_, _| Ok(())).await;
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
