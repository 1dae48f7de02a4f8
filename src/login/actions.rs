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

/// Checks a password. Whether the attempt is within the limits is asked before, to spare the work, and again with the
/// outcome: of many guesses made at the same moment, those beyond the limits learn nothing.
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
    let (username, asked) = (normalize_username(username), attempt.clone());
    let (verdict, found) = database
        .read(move |connection| {
            let verdict = attempts::verdict(connection, &asked, now)?;
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
    database
        .write(move |connection| {
            if let Verdict::Limited { retry_after } = attempts::verdict(connection, &attempt, now)? {
                return Ok(SignIn::Limited { retry_after });
            }
            let outcome = match user_id {
                Some(user_id) => outcome(connection, user_id, hash.as_deref(), matches)?,
                None => Outcome::Refused(Reason::Unknown),
            };
            record(connection, user_id, Action::SignIn, outcome, &source, now)?;
            match (outcome, user_id) {
                (Outcome::Allowed, Some(user_id)) => Ok(SignIn::SignedIn { user_id }),
                _ => attempts::count(connection, &attempt, now).map(|()| SignIn::Refused),
            }
        })
        .await
        .map_err(Error::from)
}

/// The user and the hash are read again: what was checked may have changed while bcrypt was at work.
fn outcome(
    connection: &mut DbConnection,
    user_id: i64,
    checked: Option<&str>,
    matches: bool,
) -> diesel::QueryResult<Outcome> {
    let Some(user) = users::find(connection, user_id)? else { return Ok(Outcome::Refused(Reason::Unknown)) };
    if !matches || Some(users::password_hash(connection, user_id)?.as_str()) != checked {
        return Ok(Outcome::Refused(Reason::WrongPassword));
    }
    Ok(if user.is_active() { Outcome::Allowed } else { Outcome::Refused(Reason::UserDisabled) })
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

/// Whether a password is the one that a user has now.
///
/// # Errors
/// When the database or the hashing fails.
pub async fn is_current_password(
    database: &Database,
    passwords: &Passwords,
    user_id: i64,
    password: &SecretText,
) -> Result<bool, Error> {
    let hash = database.read(move |connection| users::password_hash(connection, user_id)).await?;
    Ok(passwords.verify(password, Some(hash)).await?)
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
