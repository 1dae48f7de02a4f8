//! What people do to their own account: a verb each, one transaction, its audit event inside it.

use super::model::browser;
use crate::attempts::model::{Attempt, Verdict};
use crate::attempts::queries as attempts;
use crate::audit::model::{Action, NewEvent, Outcome, Reason, Source};
use crate::db::{Database, Entry, Timestamp, one_at_a_time};
use crate::error::Error;
use crate::language::Message;
use crate::login::queries::{self as sessions, Session};
use crate::secret::{Digest, SecretText};
use crate::users::model::{Reading, User};
use crate::users::password::Passwords;
use crate::users::queries as users;

/// Whose account it is, in which session, and where the request comes from.
#[derive(Clone, Debug)]
pub struct Person {
    /// The user.
    pub user_id: i64,
    /// The session's digest.
    pub session: Digest,
    /// The request.
    pub source: Source,
}

/// What became of a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordChange {
    /// It is the password now, and all sessions have ended.
    Changed {
        /// The epoch of the sessions that begin from now on.
        session_epoch: i32,
        /// How many other sessions have ended.
        others: usize,
    },
    /// The current password was another one.
    WrongPassword,
    /// Too many failed attempts: the password was not looked at.
    Limited {
        /// Seconds until one will be.
        retry_after: u64,
    },
    /// The account was changed meanwhile: sign in again.
    Outdated,
}

/// Replaces a password that its user knows. A wrong one is counted and limited as at the sign-in, and for the same
/// reason asked for twice: of many guesses made at the same moment, those beyond the limits learn nothing.
///
/// # Errors
/// When a transaction or the hashing fails.
pub async fn change_password(
    database: &Database,
    passwords: &Passwords,
    person: Person,
    (current, chosen): (&SecretText, &SecretText),
    attempt: Attempt,
    now: Timestamp,
) -> Result<PasswordChange, Error> {
    let (user_id, asked) = (person.user_id, attempt.clone());
    let (verdict, (hash, session_epoch)) = database
        .read(move |connection| {
            Ok((attempts::verdict(connection, &asked, now)?, users::password(connection, user_id)?))
        })
        .await?;
    if let Verdict::Limited { retry_after } = verdict {
        return Ok(PasswordChange::Limited { retry_after });
    }
    let matches = passwords.verify(current, Some(hash)).await?;
    // Also after a wrong one, so that the time tells nothing that the answer may not.
    let chosen = passwords.hash(chosen).await?;
    database
        .write(move |connection| {
            one_at_a_time(connection, &attempt.counters().by_address)?;
            if let Verdict::Limited { retry_after } = attempts::verdict(connection, &attempt, now)? {
                return Ok(PasswordChange::Limited { retry_after });
            }
            if !matches {
                let refused = Outcome::Refused(Reason::WrongPassword);
                connection.record(event(&person, Action::ChangePassword, refused, None, now));
                attempts::count(connection, &attempt, now)?;
                return Ok(PasswordChange::WrongPassword);
            }
            users::one_after_another(connection)?;
            let is_as_before = |user: &User| user.is_active() && user.session_epoch == session_epoch;
            if !users::find(connection, user_id)?.as_ref().is_some_and(is_as_before) {
                return Ok(PasswordChange::Outdated);
            }
            let others = sessions::other_sessions(connection, user_id, &person.session, now)?.len();
            users::set_password(connection, user_id, &chosen, false, now)?;
            sessions::delete_sessions_of(connection, user_id)?;
            let detail = (others > 0).then(|| format!("{} ended", count_sessions(others)));
            connection.record(event(&person, Action::ChangePassword, Outcome::Allowed, detail, now));
            Ok(PasswordChange::Changed { session_epoch: session_epoch + 1, others })
        })
        .await
        .map_err(Error::from)
}

/// This session and the others of the person, the last used first.
///
/// # Errors
/// When a statement fails.
pub async fn list_sessions(
    database: &Database,
    user_id: i64,
    session: Digest,
    now: Timestamp,
) -> Result<(Option<Session>, Vec<Session>), Error> {
    database
        .look_up(move |connection| {
            let this = sessions::find_session(connection, &session, now)?;
            Ok((this, sessions::other_sessions(connection, user_id, &session, now)?))
        })
        .await
        .map_err(Error::from)
}

/// Ends another session of the person, and returns how it was called; `None` when there is none of this handle.
///
/// # Errors
/// When the transaction fails.
pub async fn end_session(
    database: &Database,
    person: Person,
    handle: String,
    now: Timestamp,
) -> Result<Option<Message>, Error> {
    database
        .write(move |connection| {
            let others = sessions::other_sessions(connection, person.user_id, &person.session, now)?;
            let Some(ended) = others.into_iter().find(|session| session.handle == handle) else { return Ok(None) };
            sessions::delete_session_named(connection, person.user_id, &handle)?;
            let browser = browser(ended.user_agent.as_deref());
            let detail = format!("1 session: {browser}, {}", ended.address);
            connection.record(event(&person, Action::EndSessions, Outcome::Allowed, Some(detail), now));
            Ok(Some(browser))
        })
        .await
        .map_err(Error::from)
}

/// Ends all other sessions of the person, and returns how many there were.
///
/// # Errors
/// When the transaction fails.
pub async fn end_other_sessions(database: &Database, person: Person, now: Timestamp) -> Result<usize, Error> {
    database
        .write(move |connection| {
            let others = sessions::other_sessions(connection, person.user_id, &person.session, now)?.len();
            if others > 0 {
                sessions::delete_other_sessions(connection, person.user_id, &person.session)?;
                let detail = Some(count_sessions(others).to_string());
                connection.record(event(&person, Action::EndSessions, Outcome::Allowed, detail, now));
            }
            Ok(others)
        })
        .await
        .map_err(Error::from)
}

/// Such as `1 other session`.
fn count_sessions(others: usize) -> Message {
    Message::new("account-other-sessions").with("others", others)
}

/// Changes how the person reads pages, and returns whether anything had to be changed.
///
/// # Errors
/// When the transaction fails.
pub async fn set_reading(database: &Database, person: Person, reading: Reading, now: Timestamp) -> Result<bool, Error> {
    database
        .write(move |connection| {
            let Some(user) = users::find(connection, person.user_id)? else { return Ok(false) };
            let changes = [
                (user.reading.language != reading.language).then_some("language"),
                (user.reading.zone != reading.zone).then_some("time zone"),
            ];
            let changes: Vec<_> = changes.into_iter().flatten().collect();
            if changes.is_empty() {
                return Ok(false);
            }
            users::set_reading(connection, user.id, reading)?;
            connection.record(event(&person, Action::EditUser, Outcome::Allowed, Some(changes.join("; ")), now));
            Ok(true)
        })
        .await
        .map_err(Error::from)
}

fn event(person: &Person, action: Action, outcome: Outcome, detail: Option<String>, now: Timestamp) -> Entry {
    NewEvent {
        at: now,
        user_id: Some(person.user_id),
        api_key_id: None,
        action,
        outcome,
        source: Some(person.source.clone()),
        actor_id: None,
        detail,
    }
    .into()
}
