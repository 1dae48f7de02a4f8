//! `POST /auth/token`.

use actix_web::http::header::{CACHE_CONTROL, PRAGMA};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::actions::{self, GrantOutcome};
use super::error::OauthError;
use super::request::{ClientAuthentication, ClientRequest};
use super::tokens::Subject;
use crate::attempts::model::Kind;
use crate::audit::model::Reason;
use crate::web::caller;
use crate::web::state::State;

/// Exchanges an API key for an access token (RFC 6749 sections 4.4 and 5.1).
///
/// # Errors
/// As RFC 6749 section 5.2 has them.
pub async fn token(
    state: web::Data<State>,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, OauthError> {
    let body = body.map_err(|error| match error.as_response_error().status_code().as_u16() {
        413 => OauthError::TooLarge,
        _ => OauthError::InvalidRequest("the body could not be read"),
    })?;
    let source = caller::source(&request, &state.config.trusted_proxies);
    let client = ClientRequest::parse(request.headers(), &body)?;
    let basic = client.authentication == ClientAuthentication::Basic;
    let attempt = state.attempt(Kind::Token, source.address, &client.client_id);
    let now = state.clock.now();
    let lifetime = state.config.token_lifetime;
    match actions::grant(&state.database, client, attempt, lifetime, source, now).await? {
        GrantOutcome::Granted(grant) => {
            let scope = (!grant.scope.is_empty()).then(|| grant.scope.to_string());
            let expires_in = (grant.expires_at - now).num_seconds();
            let subject = Subject {
                subject: grant.owner.subject,
                client_id: grant.client_id,
                scope: grant.scope,
                expires_at: grant.expires_at,
            };
            let access_token = state.tokens.issue(subject, &mut rand::rng(), now).map_err(OauthError::Internal)?;
            let mut answer = json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": expires_in });
            if let Some(scope) = scope {
                answer["scope"] = scope.into();
            }
            Ok(HttpResponse::Ok()
                .insert_header((CACHE_CONTROL, "no-store"))
                .insert_header((PRAGMA, "no-cache"))
                .json(answer))
        }
        GrantOutcome::Refused(reason) => Err(refusal(reason, basic)),
        GrantOutcome::Limited { retry_after } => Err(OauthError::TooManyAttempts { retry_after }),
    }
}

/// What the client is told. Who does not hold the secret learns nothing about the client ID.
fn refusal(reason: Reason, basic: bool) -> OauthError {
    match reason {
        Reason::UnsupportedGrantType => OauthError::UnsupportedGrantType,
        Reason::InvalidScope => OauthError::InvalidScope,
        Reason::InvalidRequest => OauthError::InvalidRequest("grant_type is missing, or a parameter is repeated"),
        Reason::KeyExpired => OauthError::InvalidClient { basic, description: "the API key has expired" },
        Reason::UserDisabled => OauthError::InvalidClient { basic, description: "the API key is suspended" },
        _ => OauthError::InvalidClient { basic, description: "the client ID or the client secret is wrong" },
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
