//! `/profile`.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::pages::{Outcome, ProfileContentFragment, ProfilePage, ProfileWindow, ProfileWindowFragment};
use super::window::{self, Listed, Typed};
use crate::api_keys::model::ApiKey;
use crate::error::Error;
use crate::web::answer::{page, wants_fragment};
use crate::web::kept;
use crate::web::layout::{Layout, Viewer};
use crate::web::notices;
use crate::web::shown_secret::showing_secret;
use crate::web::signed_in;
use crate::web::state::State;

/// The entry of a session's state that tells the next `/profile` which key was just deleted.
const DELETED_KEY: &str = "deleted_key";

/// A key that was just deleted.
#[derive(Serialize, Deserialize)]
struct DeletedKey {
    client_id: String,
    name: Option<String>,
    lifetime_days: i32,
}

impl From<DeletedKey> for Outcome {
    fn from(key: DeletedKey) -> Self {
        Self::Deleted { client_id: key.client_id, name: key.name, lifetime: key.lifetime_days.to_string() }
    }
}

impl From<ApiKey> for DeletedKey {
    fn from(key: ApiKey) -> Self {
        Self { client_id: key.client_id, name: key.name, lifetime_days: key.lifetime_days }
    }
}

/// What became of a deleted key, for the answer to its deletion.
#[must_use]
pub fn deleted(key: ApiKey) -> Outcome {
    DeletedKey::from(key).into()
}

/// Remembers a deleted key until the next `/profile`.
///
/// # Errors
/// When it cannot be remembered.
pub fn remember_deleted(session: &Session, key: ApiKey) -> Result<(), Error> {
    session.insert(DELETED_KEY, DeletedKey::from(key)).map_err(Error::internal)
}

/// The Profile window, as a page of its own or to be opened over another page.
///
/// # Errors
/// When nobody is signed in or something goes wrong inside.
pub async fn profile(state: web::Data<State>, request: HttpRequest, session: Session) -> Result<HttpResponse, Error> {
    let now = state.clock.now();
    let (account, listed) =
        signed_in::with(&request, move |connection, user_id| Listed::read(connection, user_id, now)).await?;
    let deleted: Option<DeletedKey> = notices::take_entry(&session, &request, DELETED_KEY);
    let outcome = deleted.map_or(Outcome::None, Outcome::from);
    let (viewer, locale) = (Viewer::from(&account), account.locale);
    let kept = kept::find(&session, &request, &account.user.username);
    let typed = kept.map_or_else(Typed::default, |fields| Typed::kept(&fields));
    let window = window::fill(&state, account, listed, typed, outcome);
    kept::forget(&session, &request);
    let mut answer = if wants_fragment(&request) {
        page(locale, StatusCode::OK, &ProfileWindowFragment { window })?
    } else {
        page(locale, StatusCode::OK, &ProfilePage { layout: Layout::new(&state, Some(viewer)), window })?
    };
    answer.headers_mut().append(VARY, HeaderValue::from_static("HX-Request"));
    Ok(answer)
}

/// The answer to a form of the window: what changed in it, or the whole page.
///
/// # Errors
/// When something goes wrong inside.
pub fn answer(
    state: &State,
    request: &HttpRequest,
    viewer: Viewer,
    window: ProfileWindow,
) -> Result<HttpResponse, Error> {
    let shows_secret = matches!(window.panel.outcome, Outcome::Generated(_));
    let answer = if wants_fragment(request) {
        page(viewer.locale, StatusCode::OK, &ProfileContentFragment { window })?
    } else {
        let accepted = window.panel.mistake.is_none();
        let status = if accepted { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        page(viewer.locale, status, &ProfilePage { layout: Layout::new(state, Some(viewer)), window })?
    };
    Ok(if shows_secret { showing_secret(answer) } else { answer })
}
