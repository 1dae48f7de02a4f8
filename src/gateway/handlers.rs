//! `/auth/verify`.

use std::convert::Infallible;

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderName};
use actix_web::{HttpRequest, HttpResponse, web};
use url::form_urlencoded;

use super::challenge::Refusal;
use super::original;
use crate::attempts::model::Kind;
use crate::audit::model::{Action, Reason};
use crate::oauth::check::{self, Bearer, Call, Decision};
use crate::oauth::model::Scope;
use crate::oauth::request::basic_credentials;
use crate::secret::SecretText;
use crate::web::caller::{self, bearer_token};
use crate::web::state::State;

/// Names what the route needs where the query cannot, because it is the original request's.
const REQUIRED_SCOPE: HeaderName = HeaderName::from_static("x-auth-required-scope");

/// What a caller presented.
enum Presented {
    Token(String),
    Secret { client_id: String, client_secret: SecretText },
    Unreadable(Scheme),
}

/// The authentication scheme of what cannot be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Bearer,
    Basic,
    /// One that this check does not know.
    Other,
}

/// Tells a proxy whether to let a request through, and who is calling: 200, 401, 403 or 503, never with a body.
pub async fn verify(state: web::Data<State>, request: HttpRequest) -> HttpResponse {
    match check(&state, &request).await {
        Ok(bearer) => let_through(&bearer),
        Err(refusal) => refusal.answer(),
    }
}

async fn check(state: &State, request: &HttpRequest) -> Result<Bearer, Refusal> {
    let now = state.clock.now();
    let Some(presented) = presented(request) else { return Err(Refusal::Missing) };
    let required = required_scope(request);
    let (scheme, kind, name) = match &presented {
        Presented::Secret { client_id, .. } => (Scheme::Basic, Kind::Token, client_id.as_str()),
        Presented::Token(_) => (Scheme::Bearer, Kind::Bearer, ""),
        Presented::Unreadable(scheme) => (*scheme, Kind::Bearer, ""),
    };
    let source = original::source(state, request);
    let attempt = state.attempt(kind, source.address, name);
    let call = Call { action: Action::Check, source, attempt, now };
    let decision = decide(state, presented, required.clone(), call).await.map_err(Refusal::Unavailable)?;
    decision.result.map_err(|reason| match (reason, required) {
        (Reason::PermissionMissing, Some(scope)) => Refusal::Scope(scope),
        // A scheme that is not known here is told no error (RFC 6750 section 3.1), only which ones are.
        (_, _) if scheme == Scheme::Other => Refusal::Missing,
        (reason, _) => Refusal::Credentials { reason, basic: scheme == Scheme::Basic },
    })
}

async fn decide(state: &State, presented: Presented, required: Option<Scope>, call: Call) -> anyhow::Result<Decision> {
    let now = call.now;
    let token = match &presented {
        Presented::Token(token) => state.tokens.verify(&state.database, token).await?,
        Presented::Secret { .. } | Presented::Unreadable(_) => None,
    };
    let asked = match &presented {
        Presented::Secret { client_id, .. } => check::presented_secret(client_id, now),
        Presented::Token(_) | Presented::Unreadable(_) => check::presented_token(token.as_deref(), now),
    };
    let Ok(decision) = check::decide(&state.database, vec![asked], call, move |found, _| {
        let found = found.into_iter().next().and_then(|found| found.credential);
        let decision = match &presented {
            Presented::Secret { client_id, client_secret } => check::secret(client_id, client_secret, found, now),
            Presented::Token(_) | Presented::Unreadable(_) => check::token(token.as_deref(), found, now),
        };
        let missing = |bearer: &Bearer| required.is_some_and(|required| !required.is_within(&bearer.scope));
        Ok::<_, Infallible>(
            decision.and_then(|bearer| if missing(&bearer) { Err(Reason::PermissionMissing) } else { Ok(bearer) }),
        )
    })
    .await?;
    Ok(decision)
}

/// What the `Authorization` header presents; none when there is no such header. Of several, it cannot be said which one
/// the API behind would take.
fn presented(request: &HttpRequest) -> Option<Presented> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next()?;
    if headers.next().is_some() {
        return Some(Presented::Unreadable(Scheme::Bearer));
    }
    let text = header.to_str().unwrap_or_default();
    if let Some(token) = bearer_token(text) {
        return Some(Presented::Token(token.to_owned()));
    }
    Some(match basic_credentials(text) {
        Some((client_id, client_secret)) => Presented::Secret { client_id, client_secret },
        None if caller::is_scheme(header, "basic") => Presented::Unreadable(Scheme::Basic),
        None if caller::is_scheme(header, "bearer") => Presented::Unreadable(Scheme::Bearer),
        None => Presented::Unreadable(Scheme::Other),
    })
}

/// What the route needs: the `scope` of the query where it is the proxy's own, and the header anywhere. Several are
/// needed together, so that one which the caller adds can only ask for more. One that is malformed is held by nobody.
fn required_scope(request: &HttpRequest) -> Option<Scope> {
    let mut required = None::<Scope>;
    let mut add = |text: Option<&str>| {
        let scope = text.and_then(Scope::parse).unwrap_or_else(Scope::held_by_nobody);
        required = Some(required.take().unwrap_or_default().or(&scope));
    };
    if request.match_info().get("original").is_none_or(str::is_empty) {
        for (name, value) in form_urlencoded::parse(request.query_string().as_bytes()) {
            if name == "scope" {
                add(Some(&value));
            }
        }
    }
    for value in request.headers().get_all(REQUIRED_SCOPE) {
        add(value.to_str().ok());
    }
    required
}

fn let_through(bearer: &Bearer) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((HeaderName::from_static("x-auth-user"), bearer.owner.username.as_str()))
        .insert_header((HeaderName::from_static("x-auth-subject"), bearer.owner.subject.as_str()))
        .insert_header((HeaderName::from_static("x-auth-client-id"), bearer.client_id.as_str()));
    if !bearer.scope.is_empty() {
        response.insert_header((HeaderName::from_static("x-auth-scope"), bearer.scope.as_str()));
    }
    response.finish()
}
