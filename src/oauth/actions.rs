//! Deciding on presented credentials: one transaction each, its audit event inside it.

use std::time::Duration;

use diesel::QueryResult;

use super::model::Scope;
use super::request::ClientRequest;
use super::tokens::Claims;
use crate::api_keys::model::{ClientId, ClientSecret, Status};
use crate::api_keys::queries::{self as api_keys, Credential};
use crate::attempts::model::{Attempt, Verdict};
use crate::attempts::queries as attempts;
use crate::audit;
use crate::audit::model::{Action, NewEvent, Outcome, Reason, Source};
use crate::db::{Database, DbConnection, Error, Timestamp};
use crate::users::model::User;
use crate::users::queries as users;

/// What a client may be given.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The key.
    pub client_id: ClientId,
    /// Its owner.
    pub owner: User,
    /// What the token may be used for.
    pub scope: Scope,
    /// When the token ends: never after the key.
    pub expires_at: Timestamp,
}

/// What became of a token request.
#[derive(Clone, Debug)]
pub enum GrantOutcome {
    /// A token is to be issued.
    Granted(Grant),
    /// No token, for this reason.
    Refused(Reason),
    /// Too many failed attempts: the credentials were not looked at.
    Limited {
        /// Seconds until they will be.
        retry_after: u64,
    },
}

/// Decides on a token request (RFC 6749 section 4.4.2).
///
/// # Errors
/// When the transaction fails.
pub async fn grant(
    database: &Database,
    request: ClientRequest,
    attempt: Attempt,
    token_lifetime: Duration,
    source: Source,
    now: Timestamp,
) -> Result<GrantOutcome, Error> {
    database
        .write(move |connection| {
            if let Verdict::Limited { retry_after } = attempts::verdict(connection, &attempt, now)? {
                return Ok(GrantOutcome::Limited { retry_after });
            }
            let client_id = ClientId::parse(&request.client_id);
            let credential = match &client_id {
                Some(client_id) => api_keys::find_credential(connection, client_id)?,
                None => None,
            };
            let decision = match (client_id.clone(), &credential) {
                (Some(client_id), Some(credential)) => decide(connection, client_id, credential, &request, now)?,
                _ => Err(Reason::Unknown),
            };
            let outcome = decision.as_ref().map_or_else(|reason| Outcome::Refused(*reason), |_| Outcome::Allowed);
            let event = NewEvent {
                at: now,
                user_id: credential.as_ref().map(|credential| credential.owner.id),
                client_id: credential.as_ref().and(client_id.as_ref()).map(ClientId::as_str),
                action: Action::IssueToken,
                outcome,
                source: Some(&source),
            };
            audit::queries::insert(connection, event)?;
            match (decision, credential) {
                (Ok(mut grant), Some(credential)) => {
                    api_keys::touch(connection, credential.id, &source.address.to_string(), now)?;
                    let lifetime = chrono::Duration::from_std(token_lifetime).unwrap_or(chrono::Duration::MAX);
                    grant.expires_at = grant.expires_at.min(now + lifetime);
                    Ok(GrantOutcome::Granted(grant))
                }
                (Ok(_), None) => Ok(GrantOutcome::Refused(Reason::Unknown)),
                (Err(reason), _) => {
                    if matches!(reason, Reason::Unknown | Reason::WrongSecret | Reason::KeyDeleted) {
                        attempts::count(connection, &attempt, now)?;
                    }
                    Ok(GrantOutcome::Refused(reason))
                }
            }
        })
        .await
}

/// The grant's end is the key's own until the caller bounds it.
fn decide(
    connection: &mut DbConnection,
    client_id: ClientId,
    credential: &Credential,
    request: &ClientRequest,
    now: Timestamp,
) -> QueryResult<Result<Grant, Reason>> {
    let Some(digest) = &credential.secret_digest else { return Ok(Err(Reason::KeyDeleted)) };
    let presented = ClientSecret::parse(&request.client_secret);
    if !presented.is_some_and(|secret| secret.matches(digest)) {
        return Ok(Err(Reason::WrongSecret));
    }
    match Status::of(credential.expires_at, credential.owner.is_active(), now) {
        Status::Valid => {}
        Status::Expired => return Ok(Err(Reason::KeyExpired)),
        Status::Suspended => return Ok(Err(Reason::UserDisabled)),
    }
    if request.repeats {
        return Ok(Err(Reason::InvalidRequest));
    }
    match request.parameter("grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Ok(Err(Reason::UnsupportedGrantType)),
        None => return Ok(Err(Reason::InvalidRequest)),
    }
    let held = Scope::of(users::permissions_of(connection, credential.owner.id)?);
    let scope = match request.parameter("scope").map(Scope::parse) {
        None => held,
        Some(Some(asked)) if asked.is_within(&held) => asked,
        Some(_) => return Ok(Err(Reason::InvalidScope)),
    };
    Ok(Ok(Grant { client_id, owner: credential.owner.clone(), scope, expires_at: credential.expires_at }))
}

/// Who a good token stands for now.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// The key that it was issued for.
    pub client_id: ClientId,
    /// The key's owner.
    pub owner: User,
    /// The token's scope, less what its owner has lost since.
    pub scope: Scope,
    /// When the key expires.
    pub key_expires_at: Timestamp,
}

/// Checks a token's claims against the state of its key and owner now, and records the use. An attempt that names no
/// known key is refused either way, and recorded as long as its address has not made too many.
///
/// # Errors
/// When the transaction fails.
pub async fn check(
    database: &Database,
    claims: Option<Claims>,
    attempt: Attempt,
    source: Source,
    now: Timestamp,
) -> Result<Result<Bearer, Reason>, Error> {
    database
        .write(move |connection| {
            let client_id = claims.as_ref().and_then(|claims| ClientId::parse(&claims.client_id));
            let credential = match &client_id {
                Some(client_id) => api_keys::find_credential(connection, client_id)?,
                None => None,
            };
            let decision = match (claims, client_id.clone(), &credential) {
                (Some(claims), Some(client_id), Some(credential)) => {
                    check_state(connection, &claims, client_id, credential, now)?
                }
                _ => Err(Reason::TokenInvalid),
            };
            if credential.is_none() {
                if attempts::verdict(connection, &attempt, now)? != Verdict::Allowed {
                    return Ok(decision);
                }
                attempts::count(connection, &attempt, now)?;
            }
            let event = NewEvent {
                at: now,
                user_id: credential.as_ref().map(|credential| credential.owner.id),
                client_id: credential.as_ref().and(client_id.as_ref()).map(ClientId::as_str),
                action: Action::UseApi,
                outcome: decision.as_ref().map_or_else(|reason| Outcome::Refused(*reason), |_| Outcome::Allowed),
                source: Some(&source),
            };
            audit::queries::insert(connection, event)?;
            if let (Ok(_), Some(credential)) = (&decision, credential) {
                api_keys::touch(connection, credential.id, &source.address.to_string(), now)?;
            }
            Ok(decision)
        })
        .await
}

fn check_state(
    connection: &mut DbConnection,
    claims: &Claims,
    client_id: ClientId,
    credential: &Credential,
    now: Timestamp,
) -> QueryResult<Result<Bearer, Reason>> {
    if claims.sub != credential.owner.subject {
        return Ok(Err(Reason::TokenInvalid));
    }
    if credential.deleted_at.is_some() {
        return Ok(Err(Reason::KeyDeleted));
    }
    match Status::of(credential.expires_at, credential.owner.is_active(), now) {
        Status::Valid => {}
        Status::Expired => return Ok(Err(Reason::KeyExpired)),
        Status::Suspended => return Ok(Err(Reason::UserDisabled)),
    }
    if claims.exp <= now.unix_seconds() {
        return Ok(Err(Reason::TokenExpired));
    }
    let held = Scope::of(users::permissions_of(connection, credential.owner.id)?);
    Ok(Ok(Bearer {
        client_id,
        owner: credential.owner.clone(),
        scope: claims.scope().and(&held),
        key_expires_at: credential.expires_at,
    }))
}
