//! Who calls the API, and whether the caller may do what is asked. Every call is recorded, with this outcome, before
//! anything is done.

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::QueryResult;

use super::problem::Problem;
use crate::attempts::model::Kind;
use crate::audit::model::{Action, Reason, Source};
use crate::db::{DbConnection, Timestamp};
use crate::oauth::check::{self, Bearer};
use crate::web::caller;
use crate::web::state::State;

/// Somebody who may do what was asked.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who the token stands for now.
    pub bearer: Bearer,
    /// When the token ends.
    pub token_expires_at: Timestamp,
    /// Where the call came from.
    pub source: Source,
    /// When it came.
    pub now: Timestamp,
}

/// Lets a caller through who holds a permission, where one is needed.
///
/// # Errors
/// When the token is missing or no good, the permission is missing, or the call cannot be recorded.
pub async fn authorize(state: &State, request: &HttpRequest, needed: Option<&'static str>) -> Result<Caller, Problem> {
    authorize_for(state, request, move |_, _| Ok(needed)).await
}

/// The same where what is needed depends on what is asked for.
///
/// # Errors
/// As for [`authorize`].
pub async fn authorize_for<N>(state: &State, request: &HttpRequest, needed: N) -> Result<Caller, Problem>
where
    N: FnOnce(&mut DbConnection, &Bearer) -> QueryResult<Option<&'static str>> + Send + 'static,
{
    let header = request.headers().get(AUTHORIZATION).ok_or(Problem::TokenMissing)?;
    let token = header.to_str().ok().and_then(caller::bearer_token).ok_or(Problem::TokenUnreadable)?;
    let now = state.clock.now();
    let token = state.tokens.verify(&state.database, token).await.map_err(Problem::Unavailable)?;
    let token_expires_at = token.as_ref().map_or(now, |token| token.claims.expires_at());
    let (decision, missing) = state
        .database
        .look_up(move |connection| {
            let mut decision = check::token(connection, token.as_deref(), now)?;
            let missing = match &decision.result {
                Ok(bearer) => needed(connection, bearer)?.filter(|permission| !bearer.scope.contains(permission)),
                Err(_) => None,
            };
            if missing.is_some() {
                decision.result = Err(Reason::PermissionMissing);
            }
            Ok((decision, missing))
        })
        .await?;
    let source = caller::source(request, &state.config.trusted_proxies);
    let attempt = state.attempt(Kind::Bearer, source.address, "");
    check::record(&state.database, &decision, Action::UseApi, attempt, source.clone(), now).await?;
    match (decision.result, missing) {
        (Ok(bearer), _) => Ok(Caller { bearer, token_expires_at, source, now }),
        (Err(_), Some(permission)) => Err(Problem::PermissionMissing(permission)),
        (Err(reason), None) => Err(Problem::TokenRefused(reason)),
    }
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
    match authorize(state, request, None).await {
        Ok(_) | Err(Problem::TokenMissing) => Ok(()),
        Err(problem) => Err(problem),
    }
}
