//! The API's requests.

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::DateTime;
use serde_json::json;

use super::problem::Problem;
use crate::attempts::model::Kind;
use crate::db::Timestamp;
use crate::oauth::actions::{self, Bearer};
use crate::web::caller;
use crate::web::state::State;

/// Who the token stands for: user, client ID, permissions and when token and key end.
///
/// # Errors
/// When the token is missing or refused.
pub async fn me(state: web::Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (bearer, token_expires_at) = authenticate(&state, &request).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(json!({
        "user": {
            "id": bearer.owner.subject,
            "username": bearer.owner.username,
            "display_name": bearer.owner.display_name,
            "email": bearer.owner.email,
        },
        "client_id": bearer.client_id.as_str(),
        "permissions": bearer.scope.into_tokens(),
        "key_expires_at": bearer.key_expires_at.rfc3339(),
        "token_expires_at": token_expires_at.rfc3339(),
    })))
}

async fn authenticate(state: &State, request: &HttpRequest) -> Result<(Bearer, Timestamp), Problem> {
    let header = request.headers().get(AUTHORIZATION).ok_or(Problem::TokenMissing)?;
    let token = header.to_str().ok().and_then(bearer_token).ok_or(Problem::TokenUnreadable)?;
    if state.tokens.names_unknown_key(token) {
        state.tokens.reload(&state.database).await.map_err(Problem::Internal)?;
    }
    let claims = state.tokens.read(token);
    let expires_at = claims.as_ref().and_then(|claims| DateTime::from_timestamp(claims.exp, 0)).unwrap_or_default();
    let source = caller::source(request, &state.config.trusted_proxies);
    let attempt = state.attempt(Kind::Bearer, source.address, "");
    let bearer = actions::check(&state.database, claims, attempt, source, state.clock.now())
        .await?
        .map_err(Problem::TokenRefused)?;
    Ok((bearer, expires_at.into()))
}

/// The token of an `Authorization` header (RFC 6750 section 2.1).
fn bearer_token(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' ')).then_some(token)
}

/// An address that is not one of the API's. A token that comes with it is used, so it is checked and recorded.
///
/// # Errors
/// Always.
pub async fn not_found(state: web::Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    check_presented(&state, &request).await?;
    Err(Problem::NotFound)
}

/// A method that the resource does not know. A token that comes with it is used, so it is checked and recorded.
///
/// # Errors
/// Always.
pub async fn method_not_allowed(state: web::Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    check_presented(&state, &request).await?;
    Err(Problem::MethodNotAllowed)
}

async fn check_presented(state: &State, request: &HttpRequest) -> Result<(), Problem> {
    match authenticate(state, request).await {
        Ok(_) | Err(Problem::TokenMissing) => Ok(()),
        Err(problem) => Err(problem),
    }
}
