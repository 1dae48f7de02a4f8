//! What clients ask of the OAuth endpoints: a decision each, recorded before it is answered.

use std::sync::Arc;
use std::time::Duration;

use super::check::{self, Bearer, Call, Decision};
use super::model::Scope;
use super::queries;
use super::request::ClientRequest;
use super::tokens::VerifiedToken;
use crate::attempts::model::Verdict;
use crate::audit::model::{Action, Reason};
use crate::db::{Credential, Database, Entry, Error, Found, Presented, Timestamp};

/// The permission to ask about other keys' tokens.
pub use crate::roles::permissions::TOKENS_INTROSPECT as INTROSPECT;

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

impl<T> ClientOutcome<T> {
    /// Goes on with what was done.
    async fn then<U>(self, next: impl AsyncFnOnce(T) -> U) -> ClientOutcome<U> {
        match self {
            Self::Done(value) => ClientOutcome::Done(next(value).await),
            Self::Refused(reason) => ClientOutcome::Refused(reason),
            Self::Limited { retry_after } => ClientOutcome::Limited { retry_after },
        }
    }
}

impl<T> From<Result<Decision<T>, Limited>> for ClientOutcome<T> {
    fn from(decision: Result<Decision<T>, Limited>) -> Self {
        match decision {
            Ok(Decision { result: Ok(value), .. }) => Self::Done(value),
            Ok(Decision { result: Err(reason), .. }) => Self::Refused(reason),
            Err(Limited { retry_after }) => Self::Limited { retry_after },
        }
    }
}

/// What a client may be given.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The key and its owner, with the scope of the token.
    pub bearer: Bearer,
    /// Whether that scope was asked for.
    pub is_narrowed: bool,
    /// When the token ends: never after the key.
    pub expires_at: Timestamp,
    /// The key that is to sign it; none when none counts.
    pub signing_key: Option<String>,
}

/// Decides on a token request (RFC 6749 section 4.4.2), and lets the token be made while that is being recorded.
///
/// # Errors
/// When the database fails.
pub async fn grant<P>(
    database: &Database,
    request: ClientRequest,
    token_lifetime: Duration,
    call: Call,
    issue: impl AsyncFnOnce(Grant) -> P,
) -> Result<ClientOutcome<P>, Error> {
    let now = call.now;
    let client = Presented { asks_for_token: true, ..presented(&request, &call) };
    let decide = within_limits(now, move |client, _, _| {
        let signing_key = client.signing_key;
        authenticate(&request, client.credential, now).and_then(|bearer| {
            let bearer = scope_of(&request, bearer)?;
            let lifetime = chrono::Duration::from_std(token_lifetime).unwrap_or(chrono::Duration::MAX);
            let expires_at = bearer.key_expires_at.min(now + lifetime);
            Ok(Grant { bearer, is_narrowed: request.parameter("scope").is_some(), expires_at, signing_key })
        })
    });
    let prepare = async |decision| ClientOutcome::from(decision).then(issue).await;
    check::decide_and_prepare(database, vec![client], call, decide, prepare).await
}

/// Decides on a client, and then on whether its request can be understood.
fn authenticate(request: &ClientRequest, found: Option<Arc<Credential>>, now: Timestamp) -> Decision {
    let client = check::secret(&request.client_id, &request.client_secret, found, now);
    client.and_then(|bearer| if request.malformed.is_some() { Err(Reason::InvalidRequest) } else { Ok(bearer) })
}

/// The key with the scope that its token is to have.
fn scope_of(request: &ClientRequest, bearer: Bearer) -> Result<Bearer, Reason> {
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
    let (source, now) = (call.source.clone(), call.now);
    let asked = vec![presented(&request, &call), check::presented_token(token.as_deref(), now)];
    let decide = within_limits(now, move |client, other, entries| {
        authenticate(&request, client.credential, now).and_then(|bearer| {
            if !bearer.scope.contains(INTROSPECT) {
                return Err(Reason::PermissionMissing);
            }
            about_a_token(&request)?;
            let about = check::token(token.as_deref(), other.and_then(|other| other.credential), now);
            if about.key.is_some() {
                entries.push(about.event(Action::Introspected, source, now));
            }
            Ok(about.result.ok().zip(token))
        })
    });
    Ok(ClientOutcome::from(check::decide(database, asked, call, decide).await?))
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
    let client = presented(&request, &call);
    if let Verdict::Limited { retry_after } = check::verdict(database, &call.attempt, call.now).await? {
        return Ok(ClientOutcome::Limited { retry_after });
    }
    database
        .write(move |transaction| {
            let now = call.now;
            let client = transaction.find(&client)?;
            if let Verdict::Limited { retry_after } = Verdict::until(client.limited_until, now) {
                return Ok(ClientOutcome::Limited { retry_after });
            }
            let decision = authenticate(&request, client.credential, now)
                .and_then(|bearer| about_a_token(&request).and_then(|()| revocable(&bearer, token, now)));
            if let Ok(Some(token)) = &decision.result {
                queries::revoke_token(transaction, &token.named.token_id, token.expires_at)?;
            }
            check::record(transaction, &decision, call)?;
            Ok(ClientOutcome::from(Ok(decision.and_then(|_| Ok(())))))
        })
        .await
}

/// The token that is to be ended; none when there is nothing to end.
fn revocable(
    client: &Bearer,
    token: Option<Arc<VerifiedToken>>,
    now: Timestamp,
) -> Result<Option<Arc<VerifiedToken>>, Reason> {
    match token {
        Some(token) if token.named.client_id != client.client_id.as_str() => Err(Reason::TokenOfAnotherKey),
        Some(token) if token.expires_at > now => Ok(Some(token)),
        _ => Ok(None),
    }
}

/// Whether a request names a token (RFC 7662 section 2.1, RFC 7009 section 2.1).
fn about_a_token(request: &ClientRequest) -> Result<(), Reason> {
    if request.parameter("token").is_some() { Ok(()) } else { Err(Reason::InvalidRequest) }
}

/// What a client presents, with what limits its attempts.
fn presented(request: &ClientRequest, call: &Call) -> Presented {
    Presented { counters: call.attempt.counters(), ..check::presented_secret(&request.client_id, call.now) }
}

/// Too many failed attempts: see [`ClientOutcome::Limited`].
struct Limited {
    retry_after: u64,
}

/// Decides on the client, which was presented first, unless it has made too many failed attempts.
fn within_limits<T, D>(
    now: Timestamp,
    decide: D,
) -> impl FnOnce(Vec<Found>, &mut Vec<Entry>) -> Result<Decision<T>, Limited> + Send + 'static
where
    D: FnOnce(Found, Option<Found>, &mut Vec<Entry>) -> Decision<T> + Send + 'static,
{
    move |found, entries| {
        let mut found = found.into_iter();
        let client = found.next().unwrap_or_default();
        match Verdict::until(client.limited_until, now) {
            Verdict::Allowed => Ok(decide(client, found.next(), entries)),
            Verdict::Limited { retry_after } => Err(Limited { retry_after }),
        }
    }
}
