//! Generating and deleting, in the Profile window.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;

use super::actions::{self, GenerateKey, Generated};
use super::model::{BadLifetime, ClientId, DEFAULT_LIFETIME_DAYS, Lifetime, Status, parse_name};
use super::pages::{Confirm, DeleteFragment, DeletePage};
use super::queries::list_of_user;
use crate::db::Timestamp;
use crate::error::Error;
use crate::language::{Message, Time};
use crate::profile::handlers::{answer, deleted, remember_deleted};
use crate::profile::pages::{GeneratedKey, Outcome};
use crate::profile::window::{self, Typed, UNTIL_A_DATE};
use crate::web::answer::{page, see_other, wants_fragment};
use crate::web::caller;
use crate::web::fields::Mistake;
use crate::web::layout::{Layout, Viewer};
use crate::web::signed_in::{self, SignedIn};
use crate::web::state::State;

/// The form of the API Client panel.
#[derive(Deserialize)]
pub struct GenerateForm {
    nonce: String,
    #[serde(flatten)]
    typed: Typed,
}

/// Generates a key and shows it, with its secret, in this one answer.
///
/// # Errors
/// When nobody is signed in or something goes wrong inside.
pub async fn generate(
    state: web::Data<State>,
    request: HttpRequest,
    SignedIn(account): SignedIn,
    form: web::Form<GenerateForm>,
) -> Result<HttpResponse, Error> {
    let form = form.into_inner();
    if !(16..=64).contains(&form.nonce.len()) || !form.nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Error::BadRequest("error-panel-incomplete"));
    }
    let viewer = Viewer::from(&account);
    let now = state.clock.now();
    let longest = state.config.max_key_lifetime_days;
    let accepted = parse_name(&form.typed.name)
        .map_err(|message| Mistake { field: "name", message })
        .and_then(|name| lifetime(&form.typed, longest, now, account.locale.zone).map(|lifetime| (name, lifetime)));
    let (name, lifetime) = match accepted {
        Ok(accepted) => accepted,
        Err(mistake) => {
            let typed = Typed { mistake: Some(mistake), ..form.typed };
            let window = window::renew(&state, account, typed, Outcome::None).await?;
            return answer(&state, &request, viewer, window);
        }
    };
    let source = caller::source(&request, &state.config.trusted_proxies);
    let wanted = GenerateKey { user_id: account.user.id, name: name.clone(), lifetime, nonce: form.nonce };
    let outcome = match actions::generate(&state.database, wanted, source, &mut rand::rng(), now).await? {
        Generated::New { client_id, client_secret } => Outcome::Generated(GeneratedKey {
            token_command: token_command(state.public_url.as_str(), client_id.as_str()),
            client_id: client_id.to_string(),
            client_secret: client_secret.reveal().to_owned(),
            name,
            expires_at: Time(lifetime.expires_at),
        }),
        Generated::Repeated { client_id, deleted } => Outcome::AlreadyGenerated { client_id, deleted },
        Generated::NonceTaken => {
            return Err(Error::BadRequest("error-panel-of-another"));
        }
    };
    let window = window::renew(&state, account, Typed::default(), outcome).await?;
    answer(&state, &request, viewer, window)
}

/// A command line that gets a token. curl asks for the client secret, so that it stays out of the shell's history.
#[must_use]
pub fn token_command(public_url: &str, client_id: &str) -> String {
    format!("curl --user {client_id} --data grant_type=client_credentials {public_url}/auth/token")
}

fn lifetime(typed: &Typed, longest: u32, now: Timestamp, zone: Tz) -> Result<Lifetime, Mistake> {
    let is_date = typed.lifetime == UNTIL_A_DATE;
    let lifetime = if is_date {
        typed
            .expires_on
            .parse::<NaiveDate>()
            .map_err(|_| BadLifetime::Unreadable)
            .and_then(|date| Lifetime::until(date, longest, now, zone))
    } else if typed.lifetime.is_empty() {
        Lifetime::in_days(DEFAULT_LIFETIME_DAYS.min(longest), longest, now)
    } else {
        typed
            .lifetime
            .parse()
            .map_err(|_| BadLifetime::Unreadable)
            .and_then(|days| Lifetime::in_days(days, longest, now))
    };
    lifetime.map_err(|bad| Mistake {
        field: if is_date { "expires_on" } else { "lifetime" },
        message: match bad {
            BadLifetime::Unreadable => Message::new("panel-bad-lifetime"),
            BadLifetime::InThePast => Message::new("panel-date-passed"),
            BadLifetime::TooLong => Message::new("panel-lifetime-too-long").with("days", longest),
        },
    })
}

/// Asks before a key is deleted.
///
/// # Errors
/// [`Error::NotFound`] when the person has no such key.
pub async fn confirm(
    state: web::Data<State>,
    request: HttpRequest,
    client_id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let now = state.clock.now();
    let (account, keys) = signed_in::with(&request, list_of_user).await?;
    let status = |expires_at| Status::of(expires_at, account.user.is_active(), now);
    let valid = keys.iter().filter(|key| status(key.expires_at) == Status::Valid).count();
    let key = keys.into_iter().find(|key| key.client_id == *client_id).ok_or(Error::NotFound)?;
    let status = status(key.expires_at);
    let last_valid = status == Status::Valid && valid == 1;
    let over_window = wants_fragment(&request);
    let confirm = Confirm { client_id: key.client_id, name: key.name, status, last_valid, over_window };
    let mut answer = if over_window {
        page(account.locale, StatusCode::OK, &DeleteFragment { confirm })?
    } else {
        let layout = Layout::new(&state, Some(Viewer::from(&account)));
        page(account.locale, StatusCode::OK, &DeletePage { layout, confirm })?
    };
    answer.headers_mut().append(VARY, HeaderValue::from_static("HX-Request"));
    Ok(answer)
}

/// Deletes a key. A second wish, as from a double click, is answered as the first one was.
///
/// # Errors
/// [`Error::NotFound`] when the person never had such a key.
pub async fn delete(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    client_id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let client_id = ClientId::parse(&client_id).ok_or(Error::NotFound)?;
    let source = caller::source(&request, &state.config.trusted_proxies);
    let (user_id, now) = (account.user.id, state.clock.now());
    let deletion = actions::delete(&state.database, user_id, user_id, client_id, source, now).await?;
    let key = deletion.key().ok_or(Error::NotFound)?;
    if wants_fragment(&request) {
        let viewer = Viewer::from(&account);
        let window = window::renew(&state, account, Typed::default(), deleted(key)).await?;
        answer(&state, &request, viewer, window)
    } else {
        remember_deleted(&session, key)?;
        Ok(see_other("/profile"))
    }
}
