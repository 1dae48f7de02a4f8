//! The API's requests.

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::problem::Problem;
use crate::attempts::model::Kind;
use crate::audit::model::Action;
use crate::db::Timestamp;
use crate::oauth::check::{self, Bearer};
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
    let token = header.to_str().ok().and_then(caller::bearer_token).ok_or(Problem::TokenUnreadable)?;
    let now = state.clock.now();
    let token = state.tokens.verify(&state.database, token).await.map_err(Problem::Unavailable)?;
    let expires_at = token.as_ref().map_or(now, |token| token.claims.expires_at());
    let decision = state.database.look_up(move |connection| check::token(connection, token.as_deref(), now)).await?;
    let source = caller::source(request, &state.config.trusted_proxies);
    let attempt = state.attempt(Kind::Bearer, source.address, "");
    check::record(&state.database, &decision, Action::UseApi, attempt, source, now).await?;
    let bearer = decision.result.map_err(Problem::TokenRefused)?;
    Ok((bearer, expires_at))
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
