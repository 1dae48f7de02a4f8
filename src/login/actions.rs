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
/// guesses made at the same moment, those beyond the limits learn nothing.
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
            let (hash, session_epoch) = users::password(connection, user.id)?;
            Ok((verdict, Some((Checked { user_id: user.id, session_epoch }, hash))))
        })
        .await?;
    if let Verdict::Limited { retry_after } = verdict {
        return Ok(SignIn::Limited { retry_after });
    }
    let (checked, hash) = found.unzip();
    let matches = passwords.verify(password, hash.clone()).await?;
    let signed_in = database
        .write(move |connection| {
            one_at_a_time(connection, &attempt.counters().by_address)?;
            if let Verdict::Limited { retry_after } = attempts::verdict(connection, &attempt, now)? {
                return Ok(SignIn::Limited { retry_after });
            }
            let decision = match checked {
                Some(checked) => decide(connection, checked, matches)?,
                None => Err(Reason::Unknown),
            };
            match decision {
                Ok(user) => Ok(SignIn::SignedIn(user)),
                Err(reason) => {
                    let user_id = checked.map(|checked| checked.user_id);
                    record(connection, user_id, Action::SignIn, Outcome::Refused(reason), source, now);
                    attempts::count(connection, &attempt, now)?;
                    Ok(SignIn::Refused)
                }
            }
        })
        .await?;
    if let (SignIn::SignedIn(user), Some(hash)) = (&signed_in, hash) {
        renew(database, passwords, user.id, password, hash).await;
    }
    Ok(signed_in)
}

/// Whose password was checked, and in which epoch.
#[derive(Clone, Copy)]
struct Checked {
    user_id: i64,
    session_epoch: i32,
}

/// The user is read again: what was checked may have changed while bcrypt was at work.
fn decide(connection: &mut DbConnection, checked: Checked, matches: bool) -> diesel::QueryResult<Result<User, Reason>> {
    let Some(user) = users::find(connection, checked.user_id)? else { return Ok(Err(Reason::Unknown)) };
    Ok(match user {
        _ if !matches => Err(Reason::WrongPassword),
        user if !user.is_active() => Err(Reason::UserDisabled),
        user if user.session_epoch != checked.session_epoch => Err(Reason::WrongPassword),
        user => Ok(user),
    })
}

/// Hashes a password anew whose hash has another cost than new ones. Only whoever is signed in waits for it: before that was
/// decided, the time would tell that the password is right.
async fn renew(database: &Database, passwords: &Passwords, user_id: i64, password: &SecretText, before: String) {
    if !passwords.is_outdated(&before) {
        return;
    }
    let renewed = async {
        let after = passwords.hash(password).await?;
        let renew =
            move |connection: &mut Transaction<'_>| users::renew_password_hash(connection, user_id, &before, &after);
        database.write(renew).await.map_err(Error::from)
    };
    if let Err(error) = renewed.await {
        tracing::warn!("a password keeps the hash of another cost until its user signs in again: {error}");
    }
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
    let (one_time, session_epoch) = database.read(move |connection| users::password(connection, user_id)).await?;
    if passwords.verify(password, Some(one_time)).await? {
        return Ok(PasswordChoice::Unchanged);
    }
    let chosen = passwords.hash(password).await?;
    database
        .write(move |connection| {
            users::one_after_another(connection)?;
            let is_as_before =
                |user: &User| user.is_active() && user.password_must_change && user.session_epoch == session_epoch;
            if !users::find(connection, user_id)?.as_ref().is_some_and(is_as_before) {
                return Ok(PasswordChoice::Outdated);
            }
            users::set_password(connection, user_id, &chosen, false, now)?;
            sessions::delete_sessions_of(connection, user_id)?;
            record(connection, Some(user_id), Action::ChangePassword, Outcome::Allowed, source, now);
            Ok(PasswordChoice::Chosen { session_epoch: session_epoch + 1 })
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
