//! `/account` and below.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::actions::{self, PasswordChange, Person};
use super::model::Remaining;
use super::pages::{AccountPage, Field, News, Refusal, SessionRow};
use crate::attempts::model::Kind;
use crate::error::Error;
use crate::language::{Language, Message, parse_zone, regions};
use crate::login::handlers::too_many_attempts;
use crate::login::queries::find_session;
use crate::login::store::{KEY_DIGEST, SESSION_EPOCH};
use crate::secret::{Digest, SecretText};
use crate::users::model::{Account, Reading};
use crate::users::password_rules::{MINIMUM_LENGTH, normalize};
use crate::web::answer::{page, see_other};
use crate::web::caller;
use crate::web::fields::Mistake;
use crate::web::kept;
use crate::web::layout::{Layout, Viewer};
use crate::web::notices;
use crate::web::signed_in::SignedIn;
use crate::web::state::State;

/// The path of the page.
const ACCOUNT: &str = "/account";

/// The entry of a session's state that tells the next `/account` what was just done.
const NEWS: &str = "account_news";

/// The page of one's own account.
///
/// # Errors
/// When nobody is signed in or something goes wrong inside.
pub async fn account(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
) -> Result<HttpResponse, Error> {
    let kept = kept::find(&session, &request, &account.user.username)
        .and_then(|fields| reading(fields.one("language").ok()?, fields.one("time_zone").ok()?));
    let locale = account.locale;
    let mut shown = account_page(&state, &session, account).await?;
    shown.news = notices::take_entry(&session, &request, NEWS);
    if let Some(reading) = kept {
        shown.reading = reading;
        shown.reading_mistake = Some(Mistake::not_sent());
    }
    kept::forget(&session, &request);
    page(locale, StatusCode::OK, &shown)
}

/// For those who come back to, or load anew, the answer to the form.
pub async fn to_account() -> HttpResponse {
    see_other(ACCOUNT)
}

/// The form of `/account/password`.
#[derive(Deserialize)]
pub struct PasswordForm {
    current: SecretText,
    password: SecretText,
    repeated: SecretText,
}

/// Changes the password; this session goes on under a new key.
///
/// # Errors
/// When nobody is signed in or something goes wrong inside.
pub async fn change_password(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    form: web::Form<PasswordForm>,
) -> Result<HttpResponse, Error> {
    let username = account.user.username.clone();
    if let Some((field, message)) = check(&state, &username, &form).await? {
        return refuse(&state, &session, account, StatusCode::UNPROCESSABLE_ENTITY, Refusal { message, field }).await;
    }
    let person = person(&state, &request, &session, &account)?;
    let attempt = state.attempt(Kind::SignIn, person.source.address, &username);
    let (database, passwords, now) = (&state.database, &state.passwords, state.clock.now());
    let typed = (&form.current, &form.password);
    match actions::change_password(database, passwords, person, typed, attempt, now).await? {
        PasswordChange::Changed { session_epoch, others } => {
            session.insert(SESSION_EPOCH, session_epoch).map_err(Error::internal)?;
            session.insert(NEWS, News::PasswordChanged(others)).map_err(Error::internal)?;
            session.renew();
            Ok(see_other(ACCOUNT))
        }
        PasswordChange::Outdated => {
            session.purge();
            Err(Error::SignInNeeded { next: ACCOUNT.to_owned() })
        }
        PasswordChange::WrongPassword => {
            let message = Message::new("account-wrong-password");
            let refusal = Refusal { message, field: Field::Current };
            refuse(&state, &session, account, StatusCode::UNPROCESSABLE_ENTITY, refusal).await
        }
        PasswordChange::Limited { retry_after } => {
            let refusal = Refusal { message: too_many_attempts(retry_after), field: Field::Current };
            let mut answer = refuse(&state, &session, account, StatusCode::TOO_MANY_REQUESTS, refusal).await?;
            answer.headers_mut().insert(RETRY_AFTER, retry_after.into());
            Ok(answer)
        }
    }
}

async fn refuse(
    state: &State,
    session: &Session,
    account: Account,
    status: StatusCode,
    refusal: Refusal,
) -> Result<HttpResponse, Error> {
    let locale = account.locale;
    let shown = account_page(state, session, account).await?;
    page(locale, status, &AccountPage { refusal: Some(refusal), ..shown })
}

/// What is wrong with the new password, whatever the current one is.
async fn check(state: &State, username: &str, form: &PasswordForm) -> Result<Option<(Field, Message)>, Error> {
    let [current, chosen, repeated] =
        [&form.current, &form.password, &form.repeated].map(|typed| normalize(typed.reveal()));
    if chosen != repeated {
        return Ok(Some((Field::Repeated, Message::new("account-new-passwords-differ"))));
    }
    if chosen == current {
        return Ok(Some((Field::New, Message::new("account-same-password"))));
    }
    let choice = state.passwords.check_choice(&form.password, username, &state.config.instance_name).await?;
    Ok(choice.err().map(|message| (Field::New, message)))
}

/// The form of `/account/reading`: empty fields mean what the browser says.
#[derive(Deserialize)]
pub struct ReadingForm {
    language: String,
    time_zone: String,
}

/// Saves in which language and time zone pages are read.
///
/// # Errors
/// When nobody is signed in, there is no such choice or something goes wrong inside.
pub async fn set_reading(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    form: web::Form<ReadingForm>,
) -> Result<HttpResponse, Error> {
    let reading = reading(&form.language, &form.time_zone).ok_or(Error::BadRequest("reading-bad-choice"))?;
    let person = person(&state, &request, &session, &account)?;
    let changed = actions::set_reading(&state.database, person, reading, state.clock.now()).await?;
    tell(&session, &News::ReadingSaved(changed))
}

/// What was chosen; `None` when there is no such choice.
fn reading(language: &str, time_zone: &str) -> Option<Reading> {
    let reading = Reading { language: Language::of_tag(language), zone: parse_zone(time_zone) };
    let both = language.is_empty() == reading.language.is_none() && time_zone.is_empty() == reading.zone.is_none();
    both.then_some(reading)
}

/// Ends another session.
///
/// # Errors
/// When nobody is signed in or something goes wrong inside.
pub async fn end_session(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
    handle: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let person = person(&state, &request, &session, &account)?;
    let ended = actions::end_session(&state.database, person, handle.into_inner(), state.clock.now()).await?;
    tell(&session, &ended.map_or(News::SessionGone, News::SessionEnded))
}

/// Ends all other sessions.
///
/// # Errors
/// When nobody is signed in or something goes wrong inside.
pub async fn end_other_sessions(
    state: web::Data<State>,
    request: HttpRequest,
    session: Session,
    SignedIn(account): SignedIn,
) -> Result<HttpResponse, Error> {
    let person = person(&state, &request, &session, &account)?;
    let others = actions::end_other_sessions(&state.database, person, state.clock.now()).await?;
    tell(&session, &News::OthersEnded(others))
}

/// How long the session lasts.
///
/// # Errors
/// When nobody is signed in or something goes wrong inside.
pub async fn session(state: web::Data<State>, session: Session, SignedIn(_): SignedIn) -> Result<HttpResponse, Error> {
    let (digest, now) = (digest(&session)?, state.clock.now());
    let session = state.database.look_up(move |connection| find_session(connection, &digest, now)).await?;
    let session = session.ok_or(Error::SignInNeeded { next: "/".to_owned() })?;
    let idle = chrono::Duration::from_std(state.config.session_idle_lifetime).unwrap_or(chrono::Duration::MAX);
    Ok(HttpResponse::Ok().json(Remaining::new(session.idle_expires_at, session.absolute_expires_at, idle, now)))
}

/// Prolongs the session, as any request does.
pub async fn stay(SignedIn(_): SignedIn) -> HttpResponse {
    HttpResponse::NoContent().finish()
}

fn tell(session: &Session, news: &News) -> Result<HttpResponse, Error> {
    session.insert(NEWS, news).map_err(Error::internal)?;
    Ok(see_other(ACCOUNT))
}

fn person(state: &State, request: &HttpRequest, session: &Session, account: &Account) -> Result<Person, Error> {
    let source = caller::source(request, &state.config.trusted_proxies);
    Ok(Person { user_id: account.user.id, session: digest(session)?, source })
}

fn digest(session: &Session) -> Result<Digest, Error> {
    let digest = session.get(KEY_DIGEST).map_err(Error::internal)?;
    digest.ok_or_else(|| Error::Internal(anyhow::anyhow!("somebody is signed in without a session")))
}

async fn account_page(state: &State, session: &Session, account: Account) -> Result<AccountPage, Error> {
    let (database, now) = (&state.database, state.clock.now());
    let (this, others) = actions::list_sessions(database, account.user.id, digest(session)?, now).await?;
    let this = this.map(|session| SessionRow::new(session, true));
    let others = others.into_iter().map(|session| SessionRow::new(session, false));
    Ok(AccountPage {
        reading: account.user.reading,
        reading_mistake: None,
        regions: regions(),
        layout: Layout::new(state, Some(Viewer::from(&account))),
        username: account.user.username,
        news: None,
        refusal: None,
        minimum_length: MINIMUM_LENGTH,
        sessions: this.into_iter().chain(others).collect(),
    })
}
