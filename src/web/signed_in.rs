//! The guards: who is signed in, looked up for every request.

use std::future::Future;
use std::pin::Pin;

use actix_session::SessionExt;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::answer::wants_fragment;
use super::layout::Viewer;
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
    let account = state.database.look_up(move |connection| queries::account(connection, user_id)).await?;
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

/// A part of a page, or the answer to a form, is nothing to come back to: the page around it is.
fn sign_in_needed(request: &HttpRequest) -> Error {
    let whole_page = request.method().is_safe() && !wants_fragment(request);
    let next = match request.uri().path_and_query() {
        Some(path) if whole_page => path.to_string(),
        _ if request.path().starts_with("/profile") => "/profile".to_owned(),
        _ => "/".to_owned(),
    };
    Error::SignInNeeded { next }
}
