//! Who calls the API, and whether the caller may do what is asked. Every call is recorded, with this outcome, before
//! anything is done.

use std::convert::Infallible;

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, web};

use super::problem::Problem;
use crate::attempts::model::Kind;
use crate::audit::model::{Action, Reason, Source};
use crate::db::Timestamp;
use crate::oauth::check::{self, Bearer, Call};
use crate::oauth::tokens::VerifiedToken;
use crate::web::state::State;
use crate::web::{caller, nul};

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
    decide(state, request, needed.unwrap_or_default(), move |_, _| needed.is_some(), Problem::PermissionMissing).await
}

/// The same where it depends on who asks whether the things are somebody else's. One's own need no permission, unless the
/// token was asked for with a scope: then it is for that and nothing else, whoever it is passed on to.
///
/// # Errors
/// As for [`authorize`].
pub async fn authorize_where<N>(
    state: &State,
    request: &HttpRequest,
    permission: &'static str,
    are_others: N,
) -> Result<Caller, Problem>
where
    N: FnOnce(&Bearer) -> bool + Send + 'static,
{
    let is_needed = |bearer: &Bearer, token: &VerifiedToken| token.is_narrowed || are_others(bearer);
    decide(state, request, permission, is_needed, Problem::OwnPermissionMissing).await
}

async fn decide<N>(
    state: &State,
    request: &HttpRequest,
    permission: &'static str,
    is_needed: N,
    missing: fn(&'static str) -> Problem,
) -> Result<Caller, Problem>
where
    N: FnOnce(&Bearer, &VerifiedToken) -> bool + Send + 'static,
{
    let text = presented_token(request.headers())?;
    let now = state.clock.now();
    let token = match text {
        Some(text) => state.tokens.verify(&state.database, text).await.map_err(Problem::Unavailable)?,
        None => None,
    };
    let token_expires_at = token.as_ref().map_or(now, |token| token.expires_at);
    let source = caller::source(request, &state.config.trusted_proxies);
    let attempt = state.attempt(Kind::Bearer, source.address, "");
    let call = Call { action: Action::UseApi, source: source.clone(), attempt, now };
    let presented = vec![check::presented_token(token.as_deref(), now)];
    let Ok(decision) = check::decide(&state.database, presented, call, move |found, _| {
        let found = found.into_iter().next().and_then(|found| found.credential);
        Ok::<_, Infallible>(check::token(token.as_deref(), found, now).and_then(|bearer| {
            let is_needed = token.as_deref().is_some_and(|token| is_needed(&bearer, token));
            if is_needed && !bearer.scope.contains(permission) { Err(Reason::PermissionMissing) } else { Ok(bearer) }
        }))
    })
    .await?;
    match decision.result {
        Ok(_) if nul::is_in(request.uri()) => Err(Problem::BadParameter("Expected no NUL character.")),
        Ok(bearer) => Ok(Caller { bearer, token_expires_at, source, now }),
        Err(Reason::PermissionMissing) => Err(missing(permission)),
        // A scheme that is not known here is told no error (RFC 6750 section 3.1), only which one is.
        Err(_) if text.is_none() && !is_bearer(request.headers()) => Err(Problem::TokenMissing),
        Err(_) if text.is_none() => Err(Problem::TokenUnreadable),
        Err(reason) => Err(Problem::TokenRefused(reason)),
    }
}

/// What the `Authorization` header presents as an access token; none when that cannot be read, or when there are
/// several headers, of which nobody can say which one is meant.
fn presented_token(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut authorizations = headers.get_all(AUTHORIZATION);
    let header = authorizations.next().ok_or(Problem::TokenMissing)?;
    let token = header.to_str().ok().and_then(caller::bearer_token);
    Ok(token.filter(|_| authorizations.next().is_none()))
}

/// Whether what cannot be read as a token was meant as one.
fn is_bearer(headers: &HeaderMap) -> bool {
    headers.get_all(AUTHORIZATION).any(|header| caller::is_scheme(header, "bearer"))
}

/// An address that is not one of the API's. A token that comes with it is used, so it is checked and recorded.
///
/// # Errors
/// Always.
pub async fn not_found(state: web::Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    check_presented(&state, &request).await?;
    Err(Problem::NotFound)
}

/// A method that is none of those `allowed`, which are separated by commas. A token that comes with it is used, so it is
/// checked and recorded.
///
/// # Errors
/// Always.
pub async fn method_not_allowed(
    state: web::Data<State>,
    request: HttpRequest,
    allowed: &'static str,
) -> Result<HttpResponse, Problem> {
    check_presented(&state, &request).await?;
    Err(Problem::MethodNotAllowed(allowed))
}

async fn check_presented(state: &State, request: &HttpRequest) -> Result<(), Problem> {
    match authorize(state, request, None).await {
        Ok(_) | Err(Problem::TokenMissing) => Ok(()),
        Err(problem) => Err(problem),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn rfc6750_2_1_one_header_presents_one_token() {
        for (values, expected) in [
            (&["Bearer abc"][..], Some("abc")),
            (&["bearer abc"], Some("abc")),
            (&["Bearer"], None),
            (&["Bearer a b"], None),
            (&["Basic YTpi"], None),
            (&["Bearer abc", "Bearer abc"], None),
            (&["Bearer abc", "Basic YTpi"], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_static(value));
            }
            assert_eq!(presented_token(&headers).unwrap(), expected, "{values:?}");
        }
        assert!(matches!(presented_token(&HeaderMap::new()), Err(Problem::TokenMissing)));
    }
}
