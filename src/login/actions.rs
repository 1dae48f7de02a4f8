//! Signing in and out, and choosing a password: one transaction each, its audit event inside it.

use super::queries as sessions;
use crate::attempts::model::{Attempt, Verdict};
use crate::attempts::queries as attempts;
use crate::audit;
use crate::audit::model::{Action, NewEvent, Outcome, Reason, Source};
use crate::db::{Database, DbConnection, Timestamp};
use crate::error::Error;
use crate::secret::SecretText;
use crate::users::model::normalize_username;
use crate::users::password::{PasswordError, Passwords};
use crate::users::queries as users;

/// What became of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// Welcome.
    SignedIn {
        /// The user's row.
        user_id: i64,
    },
    /// One answer for every reason.
    Refused,
    /// Too many failed attempts: the password was not looked at.
    Limited {
        /// Seconds until one will be.
        retry_after: u64,
    },
}

/// Checks a password. The attempt is counted before and taken back after a success, so that many attempts at the same
/// moment do not all slip through.
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
    let username = normalize_username(username);
    let counted = attempt.clone();
    let verdict = database
        .write(move |connection| {
            let verdict = attempts::verdict(connection, &counted, now)?;
            if verdict == Verdict::Allowed {
                attempts::count(connection, &counted, now)?;
            }
            Ok(verdict)
        })
        .await?;
    if let Verdict::Limited { retry_after } = verdict {
        return Ok(SignIn::Limited { retry_after });
    }
    let found = database
        .read(move |connection| {
            let Some(user) = users::find_by_username(connection, &username)? else { return Ok(None) };
            let hash = users::password_hash(connection, user.id)?;
            Ok(Some((user, hash)))
        })
        .await?;
    let (user, hash) = found.unzip();
    let matches = passwords.verify(password, hash.clone()).await?;
    database
        .write(move |connection| {
            // The user and the hash are read again: what was checked may have changed while bcrypt was at work.
            let user = match user {
                Some(user) => users::find(connection, user.id)?,
                None => None,
            };
            let outcome = match &user {
                None => Outcome::Refused(Reason::Unknown),
                Some(user) if !matches || Some(users::password_hash(connection, user.id)?) != hash => {
                    Outcome::Refused(Reason::WrongPassword)
                }
                Some(user) if !user.is_active() => Outcome::Refused(Reason::UserDisabled),
                Some(_) => Outcome::Allowed,
            };
            let user_id = user.map(|user| user.id);
            record(connection, user_id, Action::SignIn, outcome, &source, now)?;
            match (outcome, user_id) {
                (Outcome::Allowed, Some(user_id)) => {
                    attempts::take_back(connection, &attempt)?;
                    Ok(SignIn::SignedIn { user_id })
                }
                _ => Ok(SignIn::Refused),
            }
        })
        .await
        .map_err(Error::from)
}

/// Records that a user signs out. The session itself ends with the answer.
///
/// # Errors
/// When the transaction fails.
pub async fn sign_out(database: &Database, user_id: i64, source: Source, now: Timestamp) -> Result<(), Error> {
    database
        .write(move |connection| record(connection, Some(user_id), Action::SignOut, Outcome::Allowed, &source, now))
        .await
        .map_err(Error::from)
}

/// Replaces a user's one-time password and ends all sessions.
///
/// # Errors
/// When the transaction or the hashing fails.
pub async fn change_password(
    database: &Database,
    passwords: &Passwords,
    user_id: i64,
    password: &SecretText,
    source: Source,
    now: Timestamp,
) -> Result<(), Error> {
    let hash = passwords.hash(password).await?;
    database
        .write(move |connection| {
            users::set_password(connection, user_id, &hash, false, now)?;
            sessions::delete_sessions_of(connection, user_id)?;
            record(connection, Some(user_id), Action::ChangePassword, Outcome::Allowed, &source, now)
        })
        .await
        .map_err(Error::from)
}

fn record(
    connection: &mut DbConnection,
    user_id: Option<i64>,
    action: Action,
    outcome: Outcome,
    source: &Source,
    now: Timestamp,
) -> diesel::QueryResult<()> {
    audit::queries::insert(
        connection,
        NewEvent { at: now, user_id, client_id: None, action, outcome, source: Some(source) },
    )
}

impl From<PasswordError> for Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            error => Self::internal(error),
        }
    }
}
