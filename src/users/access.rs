//! `/users/{subject}/disable`, `/enable` and `/password`: whether a user can sign in.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::actions;
use super::editing;
use super::listing::ListedUser;
use super::model::Account;
use super::pages::{ConfirmPage, PasswordPage};
use super::password::generate_one_time;
use crate::error::Error;
use crate::language::Message;
use crate::secret::SecretText;
use crate::web::answer::{page, see_other};
use crate::web::caller::author;
use crate::web::fields::Fields;
use crate::web::layout::{Layout, Viewer};
use crate::web::notices;
use crate::web::shown_secret::showing_secret;
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
    editing::require_to_write(&account)?;
    let listed = editing::find(&state, subject.into_inner()).await?;
    let consequences = vec![
        Message::new("confirm-keys-suspended").with("keys", listed.valid_keys()).with("user", &listed.user.username),
        Message::new("confirm-signed-out").with("name", &listed.user.display_name),
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
    editing::require_to_write(&account)?;
    let listed = editing::find(&state, subject.into_inner()).await?;
    let consequences = vec![
        Message::new("confirm-keys-restored").with("keys", listed.suspended_keys()).with("user", &listed.user.username),
        Message::new("confirm-can-sign-in").with("name", &listed.user.display_name),
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
    editing::require_to_write(&account)?;
    let listed = editing::find(&state, subject.into_inner()).await?;
    let consequences = vec![
        Message::new("confirm-password-replaced").with("name", &listed.user.display_name),
        Message::new("confirm-sessions-end"),
    ];
    confirm(&state, &account, listed, "password", consequences)
}

fn confirm(
    state: &State,
    account: &Account,
    listed: ListedUser,
    action: &'static str,
    consequences: Vec<Message>,
) -> Result<HttpResponse, Error> {
    let (heading, button) = match action {
        "disable" => ("user-disable", "confirm-disable"),
        "enable" => ("user-enable", "confirm-enable"),
        _ => ("user-set-password", "confirm-set-password"),
    };
    page(
        account.locale,
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
            session_epoch: (action == "password").then_some(listed.user.session_epoch),
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
    editing::require_to_write(account)?;
    let ListedUser { user, .. } = editing::find(state, subject).await?;
    let (author, now, user_id) = (author(state, request, account), state.clock.now(), user.id);
    let changed = state
        .database
        .write(move |transaction| actions::set_disabled(transaction, &author, user_id, disabled, now))
        .await?;
    let notice = match changed {
        Ok(true) => Message::new(if disabled { "user-disabled" } else { "user-enabled" }),
        Ok(false) => Message::new(if disabled { "user-disabled-already" } else { "user-enabled-already" }),
        Err(refusal) => return editing::refused(state, account, user.subject, refusal).await,
    };
    notices::tell(session, notice.with("user", user.username))?;
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
    editing::require_to_write(&account)?;
    let session_epoch = Fields(form.into_inner()).number("session_epoch")?;
    let ListedUser { user, .. } = editing::find(&state, subject.into_inner()).await?;
    let password = generate_one_time(&mut rand::rng());
    let hash = state.passwords.hash(&password).await?;
    let (author, now, user_id) = (author(&state, &request, &account), state.clock.now(), user.id);
    let set = state
        .database
        .write(move |transaction| actions::set_password(transaction, &author, user_id, &hash, Some(session_epoch), now))
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
    page(account.locale, StatusCode::OK, &PasswordPage { layout, subject, username, added, password })
        .map(showing_secret)
}
