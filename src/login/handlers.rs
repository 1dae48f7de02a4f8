//! `/login`, `/login/password` and `/logout`.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::actions::{self, PasswordChoice, SignIn};
use super::model::safe_next;
use super::pages::{LoginPage, PasswordPage};
use super::store::{KEY_DIGEST, SESSION_EPOCH, SIGNED_IN_FROM, USER_ID};
use crate::attempts::model::Kind;
use crate::error::Error;
use crate::language::{Locale, Message};
use crate::secret::{Digest, SecretText};
use crate::users::model::{Account, normalize_username};
use crate::users::password_rules::{MINIMUM_LENGTH, normalize};
use crate::web::answer::{page, see_other};
use crate::web::caller;
use crate::web::error_pages::SIGN_IN_AGAIN;
use crate::web::kept::{self, Sent};
use crate::web::layout::Layout;
use crate::web::signed_in::{SignedIn, SignedInOrChanging};
use crate::web::state::State;

/// The query of `/login`.
#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// The sign-in page; a person who is signed in already goes on.
///
/// # Errors
/// When the page cannot be made.
pub async fn login(
    state: web::Data<State>,
    locale: Locale,
    query: web::Query<Next>,
    signed_in: Result<SignedIn, Error>,
) -> Result<HttpResponse, Error> {
    let next = safe_next(&query.next);
    match signed_in {
        Ok(_) | Err(Error::PasswordChangeNeeded) => Ok(see_other(&next)),
        Err(error) if error.is_failure() => Err(error),
        Err(_) => login_page(&state, locale, next, String::new()),
    }
}

/// For those who come back to the answer to the form.
pub async fn to_login() -> HttpResponse {
    see_other("/login")
}

/// The form of `/login/again`.
#[derive(Deserialize)]
pub struct AgainForm {
    next: String,
    kept: String,
}

/// The sign-in page for somebody whose session ended while they typed; a person who is signed in already goes on.
///
/// # Errors
/// When the page cannot be made.
pub async fn login_again(
    state: web::Data<State>,
    session: Session,
    locale: Locale,
    signed_in: Result<SignedIn, Error>,
    form: web::Form<AgainForm>,
) -> Result<HttpResponse, Error> {
    let next = safe_next(&form.next);
    let typed = kept::in_size(form.into_inner().kept);
    match signed_in {
        Ok(_) | Err(Error::PasswordChangeNeeded) => {
            kept::remember(&session, &next, typed)?;
            Ok(see_other(&next))
        }
        Err(error) if error.is_failure() => Err(error),
        Err(_) => login_page(&state, locale, next, typed),
    }
}

fn login_page(state: &State, locale: Locale, next: String, kept: String) -> Result<HttpResponse, Error> {
    let layout = Layout::new(state, None);
    page(locale, StatusCode::OK, &LoginPage { layout, username: String::new(), message: None, next, kept })
}

/// The form of `/login`.
#[derive(Deserialize)]
pub struct SignInForm {
    username: String,
    password: SecretText,
    #[serde(default)]
    next: String,
    #[serde(default)]
    kept: String,
}

/// Signs in, under a new session key.
///
/// # Errors
/// When something goes wrong inside.
pub async fn sign_in(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    locale: Locale,
    form: web::Form<SignInForm>,
) -> Result<HttpResponse, Error> {
    let source = caller::source(&request, &state.config.trusted_proxies);
    let name = normalize_username(&form.username);
    let attempt = state.attempt(Kind::SignIn, source.address, &name);
    let next = safe_next(&form.next);
    if !form.kept.is_empty() {
        let fields = [("next", &next), ("kept", &form.kept)].map(|(name, value)| (name.to_owned(), value.clone()));
        request.extensions_mut().insert(Sent { action: SIGN_IN_AGAIN.to_owned(), fields: fields.into() });
    }
    let now = state.clock.now();
    let (database, passwords, from) = (&state.database, &state.passwords, source.clone());
    let outcome = actions::sign_in(database, passwords, &name, &form.password, attempt, source, now).await?;
    let (status, message) = match outcome {
        SignIn::SignedIn(user) => {
            session.clear();
            session.renew();
            session.insert(USER_ID, user.id).map_err(Error::internal)?;
            session.insert(SESSION_EPOCH, user.session_epoch).map_err(Error::internal)?;
            session.insert(SIGNED_IN_FROM, from).map_err(Error::internal)?;
            kept::remember(&session, &next, form.into_inner().kept)?;
            return Ok(see_other(&next));
        }
        SignIn::Refused => (StatusCode::UNAUTHORIZED, Message::new("sign-in-refused")),
        SignIn::Limited { retry_after } => (StatusCode::TOO_MANY_REQUESTS, too_many_attempts(retry_after)),
    };
    let mut answer = page(
        locale,
        status,
        &LoginPage {
            layout: Layout::new(&state, None),
            username: form.username.trim().to_owned(),
            message: Some(message),
            next,
            kept: form.into_inner().kept,
        },
    )?;
    if let SignIn::Limited { retry_after } = outcome {
        answer.headers_mut().insert(RETRY_AFTER, retry_after.into());
    }
    Ok(answer)
}

/// What those read whose attempts are limited.
#[must_use]
pub fn too_many_attempts(retry_after: u64) -> Message {
    Message::new("sign-in-limited").with("minutes", retry_after.div_ceil(60))
}

/// Signs out and ends the session.
///
/// # Errors
/// When something goes wrong inside.
pub async fn sign_out(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    signed_in: Result<SignedInOrChanging, Error>,
) -> Result<HttpResponse, Error> {
    let digest = session.get::<Digest>(KEY_DIGEST).map_err(Error::internal)?;
    match (signed_in, digest) {
        (Ok(SignedInOrChanging(account)), Some(digest)) => {
            let source = caller::source(&request, &state.config.trusted_proxies);
            actions::sign_out(&state.database, account.user.id, digest, source, state.clock.now()).await?;
        }
        (Err(error), _) if error.is_failure() => return Err(error),
        _ => {}
    }
    session.purge();
    Ok(see_other("/login"))
}

/// The page to replace a one-time password.
///
/// # Errors
/// When the page cannot be made.
pub async fn choose_password(
    state: web::Data<State>,
    SignedInOrChanging(account): SignedInOrChanging,
) -> Result<HttpResponse, Error> {
    if !account.user.password_must_change {
        return Ok(see_other("/"));
    }
    password_page(&state, &account, None)
}

/// The form of `/login/password`.
#[derive(Deserialize)]
pub struct PasswordForm {
    password: SecretText,
    repeated: SecretText,
}

/// Replaces a one-time password and goes on in a new session.
///
/// # Errors
/// When something goes wrong inside.
pub async fn change_password(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedInOrChanging(account): SignedInOrChanging,
    form: web::Form<PasswordForm>,
) -> Result<HttpResponse, Error> {
    let user = &account.user;
    if !user.password_must_change {
        return Ok(see_other("/"));
    }
    if normalize(form.password.reveal()) != normalize(form.repeated.reveal()) {
        return password_page(&state, &account, Some(Message::new("password-differ")));
    }
    let instance_name = &state.config.instance_name;
    if let Err(message) = state.passwords.check_choice(&form.password, &user.username, instance_name).await? {
        return password_page(&state, &account, Some(message));
    }
    let source = caller::source(&request, &state.config.trusted_proxies);
    let (database, passwords, now) = (&state.database, &state.passwords, state.clock.now());
    match actions::choose_password(database, passwords, user.id, &form.password, source, now).await? {
        PasswordChoice::Chosen { session_epoch } => {
            session.insert(SESSION_EPOCH, session_epoch).map_err(Error::internal)?;
            session.renew();
            Ok(see_other(&kept::page(&session).unwrap_or_else(|| "/".to_owned())))
        }
        PasswordChoice::Unchanged => password_page(&state, &account, Some(Message::new("password-is-one-time"))),
        PasswordChoice::Outdated => {
            session.purge();
            Err(Error::SignInNeeded { next: "/".to_owned() })
        }
    }
}

fn password_page(state: &State, account: &Account, message: Option<Message>) -> Result<HttpResponse, Error> {
    let status = if message.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page(
        account.locale,
        status,
        &PasswordPage {
            layout: Layout::new(state, None),
            username: account.user.username.clone(),
            message,
            minimum_length: MINIMUM_LENGTH,
        },
    )
}
