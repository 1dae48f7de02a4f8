//! The endpoints for clients: `/auth/token`, `/auth/introspect`, `/auth/revoke`.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, PRAGMA};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::actions::{self, ClientOutcome, Grant};
use super::check::{Bearer, Call};
use super::error::OauthError;
use super::request::{ClientRequest, Malformed};
use super::tokens::{Subject, Tokens, VerifiedToken};
use crate::attempts::model::Kind;
use crate::audit::model::{Action, Reason};
use crate::db::Timestamp;
use crate::web::caller;
use crate::web::state::State;

type Body = Result<web::Bytes, actix_web::Error>;

/// A successful answer of the token endpoint (RFC 6749 section 5.1).
#[derive(Serialize)]
struct Granted<'a> {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

/// Exchanges an API key for an access token (RFC 6749 sections 4.4 and 5.1).
///
/// # Errors
/// As RFC 6749 section 5.2 has them.
pub async fn token(state: web::Data<State>, request: HttpRequest, body: Body) -> Result<HttpResponse, OauthError> {
    let (client, call) = read(&state, Action::IssueToken, &request, body)?;
    let (malformed, now) = (client.malformed, call.now);
    let issue = async |grant| issue(&state, &grant, now).await;
    done(actions::grant(&state.database, client, state.config.token_lifetime, call, issue).await?, malformed)?
}

async fn issue(state: &State, grant: &Grant, now: Timestamp) -> Result<HttpResponse, OauthError> {
    let key_id =
        grant.signing_key.as_ref().ok_or_else(|| OauthError::Unavailable(anyhow::anyhow!("no signing key counts")))?;
    let key = state.tokens.keys().get(&state.database, key_id).await.map_err(OauthError::Unavailable)?;
    let key = key.ok_or_else(|| OauthError::Unavailable(anyhow::anyhow!("the signing key is gone")))?;
    let scope = shown(&grant.bearer);
    let subject = Subject {
        subject: &grant.bearer.owner.subject,
        client_id: &grant.bearer.client_id,
        scope: &grant.bearer.scope,
        is_narrowed: grant.is_narrowed,
        expires_at: grant.expires_at,
    };
    let access_token = state.tokens.issue(&key, subject, &mut rand::rng(), now).map_err(OauthError::Unavailable)?;
    let expires_in = (grant.expires_at - now).num_seconds();
    Ok(answer(&Granted { access_token, token_type: "Bearer", expires_in, scope }))
}

/// What a token stands for (RFC 7662 section 2.2). A token that is not active has nothing but that.
#[derive(Serialize, Default)]
struct Introspection<'a> {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<&'a str>,
}

impl<'a> Introspection<'a> {
    fn of(tokens: &'a Tokens, bearer: &'a Bearer, token: &'a VerifiedToken) -> Self {
        Self {
            active: true,
            scope: shown(bearer),
            client_id: Some(bearer.client_id.as_str()),
            username: Some(&bearer.owner.username),
            token_type: Some("Bearer"),
            exp: Some(token.expires_at.unix_seconds()),
            iat: Some(token.issued_at.unix_seconds()),
            sub: Some(&token.subject),
            aud: Some(tokens.audience()),
            iss: Some(tokens.issuer()),
            jti: Some(&token.named.token_id),
        }
    }
}

/// Tells what a token stands for (RFC 7662).
///
/// # Errors
/// As RFC 7662 section 2.3 has them.
pub async fn introspect(state: web::Data<State>, request: HttpRequest, body: Body) -> Result<HttpResponse, OauthError> {
    let (client, call) = read(&state, Action::Introspect, &request, body)?;
    let malformed = client.malformed;
    let token = presented(&state, &client).await?;
    let standing = done(actions::introspect(&state.database, client, token, call).await?, malformed)?;
    Ok(match &standing {
        Some((bearer, token)) => answer(&Introspection::of(&state.tokens, bearer, token)),
        None => answer(&Introspection::default()),
    })
}

/// Ends a token (RFC 7009).
///
/// # Errors
/// As RFC 7009 section 2.2.1 has them.
pub async fn revoke(state: web::Data<State>, request: HttpRequest, body: Body) -> Result<HttpResponse, OauthError> {
    let (client, call) = read(&state, Action::RevokeToken, &request, body)?;
    let malformed = client.malformed;
    let token = presented(&state, &client).await?;
    done(actions::revoke(&state.database, client, token, call).await?, malformed)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).finish())
}

fn read(state: &State, action: Action, request: &HttpRequest, body: Body) -> Result<(ClientRequest, Call), OauthError> {
    let client = match body {
        Ok(body) => ClientRequest::parse(request.headers(), &body)?,
        Err(error) => {
            let malformed = match error.as_response_error().status_code() {
                StatusCode::PAYLOAD_TOO_LARGE => Malformed::TooLarge,
                _ => Malformed::Request("the body could not be read"),
            };
            ClientRequest::without_body(request.headers(), malformed)?
        }
    };
    let source = caller::source(request, &state.config.trusted_proxies);
    let attempt = state.attempt(Kind::Token, source.address, &client.client_id);
    Ok((client, Call { action, source, attempt, now: state.clock.now() }))
}

/// The token that a request is about; none when it is none of ours.
async fn presented(state: &State, client: &ClientRequest) -> Result<Option<Arc<VerifiedToken>>, OauthError> {
    match client.parameter("token") {
        Some(token) => state.tokens.verify(&state.database, token).await.map_err(OauthError::Unavailable),
        None => Ok(None),
    }
}

/// The scope as programs read it, left out when it is empty.
fn shown(bearer: &Bearer) -> Option<&str> {
    Some(bearer.scope.as_str()).filter(|scope| !scope.is_empty())
}

fn answer(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache")).json(body)
}

fn done<T>(outcome: ClientOutcome<T>, malformed: Option<Malformed>) -> Result<T, OauthError> {
    match (outcome, malformed) {
        (ClientOutcome::Done(value), _) => Ok(value),
        (ClientOutcome::Refused(Reason::InvalidRequest), Some(malformed)) => Err(malformed.into()),
        (ClientOutcome::Refused(reason), _) => Err(refusal(reason)),
        (ClientOutcome::Limited { retry_after }, _) => Err(OauthError::TooManyAttempts { retry_after }),
    }
}

/// What the client is told. Who does not hold the secret learns nothing about the client ID.
fn refusal(reason: Reason) -> OauthError {
    match reason {
        Reason::UnsupportedGrantType => OauthError::UnsupportedGrantType,
        Reason::InvalidScope => OauthError::InvalidScope,
        Reason::InvalidRequest => OauthError::InvalidRequest("a parameter is missing"),
        Reason::PermissionMissing => OauthError::InsufficientScope,
        Reason::TokenOfAnotherKey => OauthError::InvalidGrant,
        Reason::KeyExpired => OauthError::InvalidClient("the API key has expired"),
        Reason::UserDisabled => OauthError::InvalidClient("the API key is suspended"),
        _ => OauthError::InvalidClient("the client ID or the client secret is wrong"),
    }
}

/// Any other method (RFC 6749 section 3.2).
///
/// # Errors
/// Always.
pub async fn method_not_allowed() -> Result<HttpResponse, OauthError> {
    Err(OauthError::MethodNotAllowed)
}

/// An address that is not one of these endpoints.
///
/// # Errors
/// Always.
pub async fn not_found() -> Result<HttpResponse, OauthError> {
    Err(OauthError::NotFound)
}
