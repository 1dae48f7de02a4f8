//! What clients and APIs can find out by themselves: the endpoints (RFC 8414) and the public signing keys (RFC 7517).

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde_json::json;

use super::error::OauthError;
use super::queries;
use super::signing_keys::JWKS_MAX_AGE;
use crate::web::state::State;

/// How clients may authenticate.
const AUTHENTICATION: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// Tells which endpoints there are (RFC 8414 section 3).
pub async fn metadata(state: web::Data<State>) -> HttpResponse {
    let at = |path: &str| format!("{}{path}", state.public_url.as_str());
    public(&json!({
        "issuer": state.public_url.as_str(),
        "token_endpoint": at("/auth/token"),
        "token_endpoint_auth_methods_supported": AUTHENTICATION,
        "introspection_endpoint": at("/auth/introspect"),
        "introspection_endpoint_auth_methods_supported": AUTHENTICATION,
        "revocation_endpoint": at("/auth/revoke"),
        "revocation_endpoint_auth_methods_supported": AUTHENTICATION,
        "jwks_uri": at("/.well-known/jwks.json"),
        "grant_types_supported": ["client_credentials"],
        // RFC 8414 section 2 requires it, also where there is no authorization endpoint.
        "response_types_supported": [],
    }))
}

/// The public signing keys: those whose tokens are good now, and the one that will sign next.
///
/// # Errors
/// When the database fails.
pub async fn jwks(state: web::Data<State>) -> Result<HttpResponse, OauthError> {
    let now = state.clock.now();
    let key_ids = state.database.look_up(move |connection| queries::published_signing_keys(connection, now)).await?;
    let mut keys = Vec::new();
    for key_id in key_ids {
        let key = state.tokens.keys().get(&state.database, &key_id).await.map_err(OauthError::Unavailable)?;
        keys.extend(key.map(|key| key.jwk.clone()));
    }
    Ok(public(&json!({ "keys": keys })))
}

fn public(body: &serde_json::Value) -> HttpResponse {
    let age = JWKS_MAX_AGE.num_seconds();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, format!("public, max-age={age}"))).json(body)
}
