//! Signing in and out, and choosing a password.

use super::queries as sessions;
use crate::attempts::model::{Attempt, Verdict};
use crate::attempts::queries as attempts;
use crate::audit::model::{Action, NewEvent, Outcome, Reason, Source};
use crate::db::{Database, DbConnection, Timestamp, Transaction, one_at_a_time};
use crate::error::Error;
use crate::secret::{Digest, SecretText};
use crate::users::model::{User, parse_username};
use crate::users::password::{PasswordError, Passwords};
use crate::users::queries as users;

/// What became of a sign-in.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// Welcome.
    SignedIn(User),
    /// One answer for every reason.
    Refused,
    /// Too many failed attempts: the password was not looked at.
    Limited {
        /// Seconds until one will be.
        retry_after: u64,
    },
}

/// Checks a password. A refusal is recorded here; a success is recorded by the store, together with the session.
/// Whether the attempt is within the limits is asked before, to spare the work, and again with the outcome: of many
/// guesses made at the same moment, those beyond the limits learn nothing. A password whose hash has another cost than new
/// ones is hashed anew.
///
/// # Errors
/// When a transaction or the hashing fails.
pub async fn sign_in(
    database: &Database,
    passwords: &Passwords,
    username: &str,
    password: &SecretText,
    attempt: Attempt,
    source: Source,
    now: Timestamp,
) -> Result<SignIn, Error> {
    // A name that nobody can have is not looked up, but costs the same work.
    let (username, asked) = (parse_username(username).ok(), attempt.clone());
    let (verdict, found) = database
        .read(move |connection| {
            let verdict = attempts::verdict(connection, &asked, now)?;
            let Some(username) = username else { return Ok((verdict, None)) };
            let Some(user) = users::find_by_username(connection, &username)? else { return Ok((verdict, None)) };
            let hash = users::password_hash(connection, user.id)?;
            Ok((verdict, Some((user.id, hash))))
        })
        .await?;
    if let Verdict::Limited { retry_after } = verdict {
        return Ok(SignIn::Limited { retry_after });
    }
    let (user_id, hash) = found.unzip();
    let matches = passwords.verify(password, hash.clone()).await?;
    let renewed = match &hash {
        Some(hash) if matches && passwords.is_outdated(hash) => Some(passwords.hash(password).await?),
        _ => None,
    };
    database
        .write(move |connection| {
            one_at_a_time(connection, &attempt.counters().by_address)?;
            if let Verdict::Limited { retry_after } = attempts::verdict(connection, &attempt, now)? {
                return Ok(SignIn::Limited { retry_after });
            }
            let decision = match user_id {
                Some(user_id) => decide(connection, user_id, hash.as_deref(), matches)?,
                None => Err(Reason::Unknown),
            };
            match decision {
                Ok(user) => {
                    if let Some((before, after)) = hash.zip(renewed) {
                        users::renew_password_hash(connection, user.id, &before, &after)?;
                    }
                    Ok(SignIn::SignedIn(user))
                }
                Err(reason) => {
                    record(connection, user_id, Action::SignIn, Outcome::Refused(reason), source, now);
                    attempts::count(connection, &attempt, now)?;
                    Ok(SignIn::Refused)
                }
            }
        })
        .await
        .map_err(Error::from)
}

/// The user and the hash are read again: what was checked may have changed while bcrypt was at work.
fn decide(
    connection: &mut DbConnection,
    user_id: i64,
    checked: Option<&str>,
    matches: bool,
) -> diesel::QueryResult<Result<User, Reason>> {
    let Some(user) = users::find(connection, user_id)? else { return Ok(Err(Reason::Unknown)) };
    if !matches || Some(users::password_hash(connection, user_id)?.as_str()) != checked {
        return Ok(Err(Reason::WrongPassword));
    }
    Ok(if user.is_active() { Ok(user) } else { Err(Reason::UserDisabled) })
}

/// Ends a session and records that its user signed out.
///
/// # Errors
/// When the transaction fails.
pub async fn sign_out(
    database: &Database,
    user_id: i64,
    session: Digest,
    source: Source,
    now: Timestamp,
) -> Result<(), Error> {
    database
        .write(move |connection| {
            sessions::delete_session(connection, &session)?;
            record(connection, Some(user_id), Action::SignOut, Outcome::Allowed, source, now);
            Ok(())
        })
        .await
        .map_err(Error::from)
}

/// What became of choosing a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordChoice {
    /// It is the password now, and all sessions have ended.
    Chosen {
        /// The epoch of the sessions that begin from now on.
        session_epoch: i32,
    },
    /// It is the one-time password.
    Unchanged,
    /// The account was changed meanwhile: sign in again.
    Outdated,
}

/// Replaces a one-time password by one that its user chose.
///
/// # Errors
/// When a transaction or the hashing fails.
pub async fn choose_password(
    database: &Database,
    passwords: &Passwords,
    user_id: i64,
    password: &SecretText,
    source: Source,
    now: Timestamp,
) -> Result<PasswordChoice, Error> {
    let one_time = database.read(move |connection| users::password_hash(connection, user_id)).await?;
    if passwords.verify(password, Some(one_time.clone())).await? {
        return Ok(PasswordChoice::Unchanged);
    }
    let chosen = passwords.hash(password).await?;
    database
        .write(move |connection| {
            users::one_after_another(connection)?;
            let user = users::find(connection, user_id)?.filter(|user| user.is_active() && user.password_must_change);
            let Some(user) = user else { return Ok(PasswordChoice::Outdated) };
            if users::password_hash(connection, user_id)? != one_time {
                return Ok(PasswordChoice::Outdated);
            }
            users::set_password(connection, user_id, &chosen, false, now)?;
            sessions::delete_sessions_of(connection, user_id)?;
            record(connection, Some(user_id), Action::ChangePassword, Outcome::Allowed, source, now);
            Ok(PasswordChoice::Chosen { session_epoch: user.session_epoch + 1 })
        })
        .await
        .map_err(Error::from)
}

/// Records what a person did with an account.
pub(super) fn record(
    transaction: &mut Transaction<'_>,
    user_id: Option<i64>,
    action: Action,
    outcome: Outcome,
    source: Source,
    now: Timestamp,
) {
    transaction.record(
        NewEvent {
            at: now,
            user_id,
            api_key_id: None,
            action,
            outcome,
            source: Some(source),
            actor_id: None,
            detail: None,
        }
        .into(),
    );
}

impl From<PasswordError> for Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            error => Self::internal(error),
        }
    }
}
