//! Decides on presented credentials, always on what is in the database at that moment.
//!
//! A decision also says in whose record it belongs. Whoever asks for one records it before answering.

use chrono::Duration;
use diesel::QueryResult;

use super::model::Scope;
use super::tokens::VerifiedToken;
use crate::api_keys::model::{ClientId, ClientSecret, Status};
use crate::api_keys::queries::{self as api_keys, Credential, Owner, PresentedToken};
use crate::attempts::model::{Attempt, Kind, Verdict};
use crate::attempts::queries as attempts;
use crate::audit::model::{Action, NewEvent, Outcome, Reason, Source};
use crate::db::{Database, DbConnection, Entry, Error, Timestamp};
use crate::secret::SecretText;

/// A key's row tells its last use to this precision, so that most uses change no row; the record tells each one.
const LAST_USE_STEP: Duration = Duration::minutes(1);

/// Who a good credential stands for now.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// The key.
    pub client_id: ClientId,
    /// The key's owner.
    pub owner: Owner,
    /// What it may be used for: a token's scope as far as its owner still holds it, or all that the owner holds.
    pub scope: Scope,
    /// When the key expires.
    pub key_expires_at: Timestamp,
}

/// The key that a credential names, whether or not the credential is good.
#[derive(Clone, Copy, Debug)]
pub struct NamedKey {
    /// The key of its row.
    pub id: i64,
    /// Its owner.
    pub user_id: i64,
    last_used_at: Option<Timestamp>,
}

/// A decision on a credential.
#[derive(Clone, Debug)]
pub struct Decision<T = Bearer> {
    /// The key that it names; none when there is no such key.
    pub key: Option<NamedKey>,
    /// Who it stands for, or why for nobody.
    pub result: Result<T, Reason>,
}

impl<T> Decision<T> {
    /// Goes on with what was found.
    ///
    /// # Errors
    /// Those of `next`.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> QueryResult<Result<U, Reason>>) -> QueryResult<Decision<U>> {
        let result = match self.result {
            Ok(value) => next(value)?,
            Err(reason) => Err(reason),
        };
        Ok(Decision { key: self.key, result })
    }

    /// The audit event of this decision, in the record of the key's owner.
    #[must_use]
    pub fn event(&self, action: Action, source: Source, now: Timestamp) -> Entry {
        let event = NewEvent {
            at: now,
            user_id: self.key.map(|key| key.user_id),
            api_key_id: self.key.map(|key| key.id),
            action,
            outcome: Outcome::from(&self.result),
            source: Some(source),
            actor_id: None,
            detail: None,
        };
        let shown_since = self.key.and_then(|key| key.last_used_at);
        let is_news = shown_since.is_none_or(|shown| now - shown >= LAST_USE_STEP);
        Entry { is_last_use: action.is_use() && self.result.is_ok() && is_news, ..event.into() }
    }
}

/// A client ID with its secret. The scope is all that the owner holds.
///
/// # Errors
/// When a statement fails.
pub fn secret(
    connection: &mut DbConnection,
    client_id: &str,
    client_secret: &SecretText,
    now: Timestamp,
) -> QueryResult<Decision> {
    let Some((client_id, credential, key)) = find(connection, client_id, None, now)? else {
        return Ok(Decision { key: None, result: Err(Reason::Unknown) });
    };
    let result = match standing_of_secret(&credential, client_secret, now) {
        Ok(()) => Ok(bearer(client_id, credential, |held| held)),
        Err(reason) => Err(reason),
    };
    Ok(Decision { key: Some(key), result })
}

fn standing_of_secret(credential: &Credential, client_secret: &SecretText, now: Timestamp) -> Result<(), Reason> {
    let digest = credential.secret_digest.as_ref().ok_or(Reason::KeyDeleted)?;
    let presented = ClientSecret::parse(client_secret).ok_or(Reason::WrongSecret)?;
    if !presented.matches(digest) {
        return Err(Reason::WrongSecret);
    }
    standing_of_key(credential, now)
}

/// An access token; none when what was presented is none of ours.
///
/// # Errors
/// When a statement fails.
pub fn token(connection: &mut DbConnection, token: Option<&VerifiedToken>, now: Timestamp) -> QueryResult<Decision> {
    let unknown = Decision { key: None, result: Err(Reason::TokenInvalid) };
    let Some(token) = token else { return Ok(unknown) };
    let presented = PresentedToken { signing_key: &token.key_id, token_id: &token.claims.jti };
    let found = find(connection, &token.claims.client_id, Some(presented), now)?;
    let Some((client_id, credential, key)) = found else { return Ok(unknown) };
    let result = match standing_of_token(token, &credential, now) {
        Ok(()) => Ok(bearer(client_id, credential, |held| token.claims.scope().and(&held))),
        Err(reason) => Err(reason),
    };
    Ok(Decision { key: Some(key), result })
}

fn standing_of_token(token: &VerifiedToken, credential: &Credential, now: Timestamp) -> Result<(), Reason> {
    if token.claims.sub != credential.owner.subject || !credential.signing_key_counts {
        return Err(Reason::TokenInvalid);
    }
    if credential.is_deleted {
        return Err(Reason::KeyDeleted);
    }
    standing_of_key(credential, now)?;
    if token.claims.expires_at() <= now {
        return Err(Reason::TokenExpired);
    }
    if credential.token_is_revoked { Err(Reason::TokenRevoked) } else { Ok(()) }
}

fn standing_of_key(credential: &Credential, now: Timestamp) -> Result<(), Reason> {
    match Status::of(credential.expires_at, credential.owner.is_active, now) {
        Status::Valid => Ok(()),
        Status::Expired => Err(Reason::KeyExpired),
        Status::Suspended => Err(Reason::UserDisabled),
    }
}

fn find(
    connection: &mut DbConnection,
    client_id: &str,
    token: Option<PresentedToken<'_>>,
    now: Timestamp,
) -> QueryResult<Option<(ClientId, Credential, NamedKey)>> {
    let Some(client_id) = ClientId::parse(client_id) else { return Ok(None) };
    Ok(api_keys::find_credential(connection, &client_id, token, now)?.map(|credential| {
        let (id, user_id, last_used_at) = (credential.id, credential.owner.id, credential.last_used_at);
        (client_id, credential, NamedKey { id, user_id, last_used_at })
    }))
}

fn bearer(client_id: ClientId, credential: Credential, scope: impl FnOnce(Scope) -> Scope) -> Bearer {
    let scope = scope(Scope::of(credential.permissions));
    Bearer { client_id, scope, owner: credential.owner, key_expires_at: credential.expires_at }
}

/// Records a decision that somebody who cannot be told apart from a stranger may have caused: an attempt that names no
/// known key, or gives a wrong secret, counts against its address, and beyond the limit is only counted.
///
/// # Errors
/// When it cannot be recorded.
pub async fn record<T>(
    database: &Database,
    decision: &Decision<T>,
    action: Action,
    attempt: Attempt,
    source: Source,
    now: Timestamp,
) -> Result<(), Error> {
    let event = decision.event(action, source, now);
    if !is_guess(decision, attempt.kind) {
        return database.record(vec![event]).await;
    }
    database
        .write(move |transaction| {
            let verdict = attempts::verdict(transaction, &attempt, now)?;
            attempts::count(transaction, &attempt, now)?;
            if verdict == Verdict::Allowed {
                transaction.record(event);
            }
            Ok(())
        })
        .await
}

/// The secret of a deleted key is forgotten, so whoever presents one is a stranger, as with a key that never was.
fn is_guess<T>(decision: &Decision<T>, kind: Kind) -> bool {
    match &decision.result {
        Ok(_) => false,
        Err(Reason::WrongSecret) => true,
        Err(Reason::KeyDeleted) => matches!(kind, Kind::Token),
        Err(_) => decision.key.is_none(),
    }
}
