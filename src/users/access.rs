//! `/users/{subject}/disable`, `/enable` and `/password`: whether a user can sign in.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};

use super::actions;
use super::editing;
use super::listing::ListedUser;
use super::model::Account;
use super::pages::{ConfirmPage, PasswordPage};
use super::password::generate_one_time;
use crate::error::Error;
use crate::roles::permissions::USERS_WRITE;
use crate::secret::{SecretText, random_base62};
use crate::web::answer::{page, see_other};
use crate::web::caller::author;
use crate::web::fields::Fields;
use crate::web::layout::{Layout, Viewer};
use crate::web::notices;
use crate::web::signed_in::SignedIn;
use crate::web::state::State;

/// Asks before a user is disabled.
///
/// # Errors
/// When somebody may not, there is no such user or something goes wrong inside.
pub async fn confirm_disable(
    state: web::Data<State>,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
) -> Result<HttpResponse, Error> {
    account.require(USERS_WRITE)?;
    let listed = editing::find(&state, subject.into_inner()).await?;
    let consequences = vec![
        keys_suspended(listed.valid_keys(), &listed.user.username),
        format!("{} is signed out everywhere and cannot sign in until enabled again.", listed.user.display_name),
    ];
    confirm(&state, &account, listed, "disable", consequences)
}

/// Asks before a user is enabled.
///
/// # Errors
/// When somebody may not, there is no such user or something goes wrong inside.
pub async fn confirm_enable(
    state: web::Data<State>,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
) -> Result<HttpResponse, Error> {
    account.require(USERS_WRITE)?;
    let listed = editing::find(&state, subject.into_inner()).await?;
    let consequences = vec![
        keys_restored(listed.suspended_keys(), &listed.user.username),
        format!("{} can sign in again with the same password as before.", listed.user.display_name),
    ];
    confirm(&state, &account, listed, "enable", consequences)
}

/// Asks before a user gets a one-time password.
///
/// # Errors
/// When somebody may not, there is no such user or something goes wrong inside.
pub async fn confirm_password(
    state: web::Data<State>,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
) -> Result<HttpResponse, Error> {
    account.require(USERS_WRITE)?;
    let listed = editing::find(&state, subject.into_inner()).await?;
    let consequences = vec![
        format!(
            "The password of {} is replaced by a new one, which you see once and must be changed at the next sign-in.",
            listed.user.display_name
        ),
        "All browser sessions end. The API keys go on working.".to_owned(),
    ];
    confirm(&state, &account, listed, "password", consequences)
}

fn confirm(
    state: &State,
    account: &Account,
    listed: ListedUser,
    action: &'static str,
    consequences: Vec<String>,
) -> Result<HttpResponse, Error> {
    let (heading, button) = match action {
        "disable" => ("Disable user", "Disable"),
        "enable" => ("Enable user", "Enable"),
        _ => ("Set one-time password", "Set password"),
    };
    page(
        StatusCode::OK,
        &ConfirmPage {
            layout: Layout::new(state, Some(Viewer::from(account))),
            heading,
            subject: listed.user.subject,
            username: listed.user.username,
            display_name: listed.user.display_name,
            consequences,
            action,
            button,
            is_danger: action == "disable",
            nonce: (action == "password").then(|| random_base62::<16>(&mut rand::rng(), 22)),
        },
    )
}

/// Disables a user.
///
/// # Errors
/// When somebody may not, there is no such user or something goes wrong inside.
pub async fn disable(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
) -> Result<HttpResponse, Error> {
    set_disabled(&state, &request, &session, &account, subject.into_inner(), true).await
}

/// Enables a user.
///
/// # Errors
/// When somebody may not, there is no such user or something goes wrong inside.
pub async fn enable(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
) -> Result<HttpResponse, Error> {
    set_disabled(&state, &request, &session, &account, subject.into_inner(), false).await
}

async fn set_disabled(
    state: &State,
    request: &HttpRequest,
    session: &Session,
    account: &Account,
    subject: String,
    disabled: bool,
) -> Result<HttpResponse, Error> {
    account.require(USERS_WRITE)?;
    let ListedUser { user, .. } = editing::find(state, subject).await?;
    let (author, now, user_id) = (author(state, request, account), state.clock.now(), user.id);
    let changed = state
        .database
        .write(move |transaction| actions::set_disabled(transaction, &author, user_id, disabled, now))
        .await?;
    let word = if disabled { "disabled" } else { "enabled" };
    let notice = match changed {
        Ok(true) => format!("{} is {word} now.", user.username),
        Ok(false) => format!("{} was {word} already.", user.username),
        Err(refusal) => return editing::refused(state, account, user.subject, refusal).await,
    };
    notices::tell(session, notice)?;
    Ok(see_other(&format!("/users/{}", user.subject)))
}

/// Sets a one-time password and shows it, in this one answer.
///
/// # Errors
/// When somebody may not, there is no such user or something goes wrong inside.
pub async fn set_password(
    state: web::Data<State>,
    request: HttpRequest,
    SignedIn(account): SignedIn,
    subject: web::Path<String>,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    account.require(USERS_WRITE)?;
    let nonce = Fields(form.into_inner()).nonce()?.to_owned();
    let ListedUser { user, .. } = editing::find(&state, subject.into_inner()).await?;
    let password = generate_one_time(&mut rand::rng());
    let hash = state.passwords.hash(&password).await?;
    let (author, now, user_id) = (author(&state, &request, &account), state.clock.now(), user.id);
    let set = state
        .database
        .write(move |transaction| actions::set_password(transaction, &author, user_id, &hash, Some(&nonce), now))
        .await?;
    match set {
        Ok(()) => password_page(&state, &account, user.subject, user.username, false, &password),
        Err(refusal) => editing::refused(&state, &account, user.subject, refusal).await,
    }
}

/// The one answer that shows a one-time password.
pub(super) fn password_page(
    state: &State,
    account: &Account,
    subject: String,
    username: String,
    added: bool,
    password: &SecretText,
) -> Result<HttpResponse, Error> {
    let layout = Layout::new(state, Some(Viewer::from(account)));
    let password = password.reveal().to_owned();
    let mut answer = page(StatusCode::OK, &PasswordPage { layout, subject, username, added, password })?;
    // A compressed answer's length tells about its content.
    answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
    Ok(answer)
}

fn keys_suspended(valid: i64, username: &str) -> String {
    match valid {
        0 => format!("{username} has no valid API key."),
        1 => "1 valid API key will be suspended. Programs that use it are refused from the next request on.".to_owned(),
        valid => format!(
            "{valid} valid API keys will be suspended. Programs that use them are refused from the next request on."
        ),
    }
}

fn keys_restored(suspended: i64, username: &str) -> String {
    match suspended {
        0 => format!("{username} has no suspended API key."),
        1 => "1 suspended API key will be valid again.".to_owned(),
        suspended => format!("{suspended} suspended API keys will be valid again."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_to_the_keys_is_said_with_the_right_plural() {
        assert_eq!(keys_suspended(0, "ada"), "ada has no valid API key.");
        assert!(keys_suspended(1, "ada").starts_with("1 valid API key will be suspended. Programs that use it"));
        assert!(keys_suspended(3, "ada").starts_with("3 valid API keys will be suspended. Programs that use them"));
        assert_eq!(keys_restored(1, "ada"), "1 suspended API key will be valid again.");
        assert_eq!(keys_restored(2, "ada"), "2 suspended API keys will be valid again.");
    }
}
