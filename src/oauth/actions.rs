//! What clients ask of the OAuth endpoints: a decision each, recorded before it is answered.

use std::sync::Arc;
use std::time::Duration;

use diesel::QueryResult;

use super::check::{self, Bearer, Decision};
use super::model::Scope;
use super::queries;
use super::request::ClientRequest;
use super::tokens::VerifiedToken;
use crate::attempts::model::{Attempt, Verdict};
use crate::attempts::queries as attempts;
use crate::audit::model::{Action, Reason, Source};
use crate::db::{Database, DbConnection, Error, Timestamp};

/// The permission to ask about other keys' tokens.
pub const INTROSPECT: &str = "tokens:introspect";

/// What became of a client's request.
#[derive(Clone, Debug)]
pub enum ClientOutcome<T> {
    /// It was done.
    Done(T),
    /// It was not, for this reason.
    Refused(Reason),
    /// Too many failed attempts: the credentials were not looked at.
    Limited {
        /// Seconds until they will be.
        retry_after: u64,
    },
}

/// Where and when a client's request came from, and how its failures are counted.
#[derive(Clone, Debug)]
pub struct Call {
    /// The caller.
    pub source: Source,
    /// The counters of a failure.
    pub attempt: Attempt,
    /// When.
    pub now: Timestamp,
}

/// What a client may be given.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The key and its owner, with the scope of the token.
    pub bearer: Bearer,
    /// When the token ends: never after the key.
    pub expires_at: Timestamp,
    /// The key that is to sign it.
    pub signing_key: String,
}

/// Decides on a token request (RFC 6749 section 4.4.2).
///
/// # Errors
/// When the database fails.
pub async fn grant(
    database: &Database,
    request: ClientRequest,
    token_lifetime: Duration,
    call: Call,
) -> Result<ClientOutcome<Grant>, Error> {
    let now = call.now;
    let within_limits = within_limits(database, &call, move |connection| {
        check::secret(connection, &request.client_id, &request.client_secret, now)?.and_then(|bearer| {
            let bearer = match scope_of(&request, bearer) {
                Ok(bearer) => bearer,
                Err(reason) => return Ok(Err(reason)),
            };
            let signing_key = queries::current_signing_key(connection, now)?;
            let signing_key = signing_key.ok_or(diesel::result::Error::NotFound)?;
            let lifetime = chrono::Duration::from_std(token_lifetime).unwrap_or(chrono::Duration::MAX);
            let expires_at = bearer.key_expires_at.min(now + lifetime);
            Ok(Ok(Grant { bearer, expires_at, signing_key }))
        })
    });
    let decision = match within_limits.await? {
        Ok(decision) => decision,
        Err(retry_after) => return Ok(ClientOutcome::Limited { retry_after }),
    };
    check::record(database, &decision, Action::IssueToken, call.attempt, call.source, call.now).await?;
    Ok(outcome(decision))
}

/// The key with the scope that its token is to have.
fn scope_of(request: &ClientRequest, bearer: Bearer) -> Result<Bearer, Reason> {
    if request.repeats {
        return Err(Reason::InvalidRequest);
    }
    match request.parameter("grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Err(Reason::UnsupportedGrantType),
        None => return Err(Reason::InvalidRequest),
    }
    match request.parameter("scope").map(Scope::parse) {
        None => Ok(bearer),
        Some(Some(scope)) if scope.is_within(&bearer.scope) => Ok(Bearer { scope, ..bearer }),
        Some(_) => Err(Reason::InvalidScope),
    }
}

/// What a token is worth: who it stands for now, and nothing when it is not good.
pub type Standing = Option<(Bearer, Arc<VerifiedToken>)>;

/// Tells a client that may ask what a token stands for (RFC 7662). It is recorded for the client's owner, and for the
/// owner of the key that the token was issued for.
///
/// # Errors
/// When the database fails.
pub async fn introspect(
    database: &Database,
    request: ClientRequest,
    token: Option<Arc<VerifiedToken>>,
    call: Call,
) -> Result<ClientOutcome<Standing>, Error> {
    let (asked, now) = (token.clone(), call.now);
    let within_limits = within_limits(database, &call, move |connection| {
        let caller = check::secret(connection, &request.client_id, &request.client_secret, now)?;
        let caller = caller.and_then(|bearer| {
            Ok(if bearer.scope.contains(INTROSPECT) { about_a_token(&request) } else { Err(Reason::PermissionMissing) })
        })?;
        let about = match caller.result {
            Ok(()) => Some(check::token(connection, asked.as_deref(), now)?),
            Err(_) => None,
        };
        Ok((caller, about))
    });
    let (caller, about) = match within_limits.await? {
        Ok(decisions) => decisions,
        Err(retry_after) => return Ok(ClientOutcome::Limited { retry_after }),
    };
    match &about {
        Some(about) if about.key.is_some() => {
            let events = vec![
                caller.event(Action::Introspect, call.source.clone(), now),
                about.event(Action::Introspected, call.source, now),
            ];
            database.record(events).await?;
        }
        _ => check::record(database, &caller, Action::Introspect, call.attempt, call.source, now).await?,
    }
    let standing = about.and_then(|about| about.result.ok()).zip(token);
    Ok(outcome(Decision { key: caller.key, result: caller.result.map(|()| standing) }))
}

/// Ends a token of the client's own (RFC 7009). A token that is no good is as ended as it can be.
///
/// # Errors
/// When the database fails.
pub async fn revoke(
    database: &Database,
    request: ClientRequest,
    token: Option<Arc<VerifiedToken>>,
    call: Call,
) -> Result<ClientOutcome<()>, Error> {
    let now = call.now;
    let within_limits = within_limits(database, &call, move |connection| {
        check::secret(connection, &request.client_id, &request.client_secret, now)?
            .and_then(|bearer| Ok(about_a_token(&request).and_then(|()| revocable(&bearer, token, now))))
    });
    let decision = match within_limits.await? {
        Ok(decision) => decision,
        Err(retry_after) => return Ok(ClientOutcome::Limited { retry_after }),
    };
    match &decision.result {
        Ok(Some(token)) => {
            let (token_id, expires_at) = (token.claims.jti.clone(), token.claims.expires_at());
            let event = decision.event(Action::RevokeToken, call.source, now);
            database
                .write(move |transaction| {
                    queries::revoke_token(transaction, &token_id, expires_at)?;
                    transaction.record(event);
                    Ok(())
                })
                .await?;
        }
        _ => check::record(database, &decision, Action::RevokeToken, call.attempt, call.source, now).await?,
    }
    Ok(outcome(Decision { key: decision.key, result: decision.result.map(|_| ()) }))
}

/// The token that is to be ended; none when there is nothing to end.
fn revocable(
    client: &Bearer,
    token: Option<Arc<VerifiedToken>>,
    now: Timestamp,
) -> Result<Option<Arc<VerifiedToken>>, Reason> {
    match token {
        Some(token) if token.claims.client_id != client.client_id.as_str() => Err(Reason::TokenOfAnotherKey),
        Some(token) if token.claims.expires_at() > now => Ok(Some(token)),
        _ => Ok(None),
    }
}

fn outcome<T>(decision: Decision<T>) -> ClientOutcome<T> {
    match decision.result {
        Ok(value) => ClientOutcome::Done(value),
        Err(reason) => ClientOutcome::Refused(reason),
    }
}

/// Whether a request names one token (RFC 7662 section 2.1, RFC 7009 section 2.1).
fn about_a_token(request: &ClientRequest) -> Result<(), Reason> {
    let names_one = !request.repeats && request.parameter("token").is_some();
    if names_one { Ok(()) } else { Err(Reason::InvalidRequest) }
}

/// Decides, unless the caller has made too many failed attempts: then the attempt is counted, and what comes back is after
/// how many seconds one will be looked at.
async fn within_limits<T, D>(database: &Database, call: &Call, decide: D) -> Result<Result<T, u64>, Error>
where
    T: Send + 'static,
    D: FnOnce(&mut DbConnection) -> QueryResult<T> + Send + 'static,
{
    let (attempt, now) = (call.attempt.clone(), call.now);
    let decision = database
        .look_up(move |connection| match attempts::verdict(connection, &attempt, now)? {
            Verdict::Allowed => decide(connection).map(Ok),
            Verdict::Limited { retry_after } => Ok(Err(retry_after)),
        })
        .await?;
    if decision.is_err() {
        let attempt = call.attempt.clone();
        database.write(move |transaction| attempts::count(transaction, &attempt, now)).await?;
    }
    Ok(decision)
}
