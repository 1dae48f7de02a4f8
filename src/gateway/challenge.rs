//! Refusals as headers (RFC 6750 section 3): the only thing that a proxy passes on to the caller.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};

use crate::audit::model::Reason;
use crate::oauth::model::Scope;

/// Why the caller is not let through.
#[derive(Debug)]
pub enum Refusal {
    /// No credentials, or some of a scheme that this check does not know.
    Missing,
    /// The credentials are no good, for this reason.
    Credentials {
        /// Why.
        reason: Reason,
        /// Whether they came as client ID and secret.
        basic: bool,
    },
    /// The caller lacks this scope.
    Scope(Scope),
    /// Nothing is decided when the record cannot be written.
    Unavailable(anyhow::Error),
}

impl Refusal {
    /// The answer to the proxy.
    #[must_use]
    pub fn answer(&self) -> HttpResponse {
        let mut response = match self {
            Self::Missing | Self::Credentials { .. } => HttpResponse::Unauthorized(),
            Self::Scope(_) => HttpResponse::Forbidden(),
            Self::Unavailable(cause) => {
                tracing::error!("a gateway check failed: {cause:#}");
                let mut response = HttpResponse::ServiceUnavailable();
                response.insert_header((RETRY_AFTER, "1"));
                response
            }
        };
        for challenge in self.challenges() {
            response.append_header((WWW_AUTHENTICATE, challenge));
        }
        response.insert_header((CACHE_CONTROL, "no-store")).finish()
    }

    fn challenges(&self) -> Vec<String> {
        match self {
            Self::Missing => vec!["Bearer realm=\"Keyledge\"".to_owned()],
            Self::Credentials { basic: true, .. } => {
                vec!["Basic realm=\"Keyledge\", charset=\"UTF-8\"".to_owned(), "Bearer realm=\"Keyledge\"".to_owned()]
            }
            Self::Credentials { reason, basic: false } => vec![format!(
                "Bearer realm=\"Keyledge\", error=\"invalid_token\", error_description=\"{}\"",
                description(*reason)
            )],
            Self::Scope(scope) if scope.can_be_held() => {
                // A scope token has no character that would have to be quoted (RFC 6749 section 3.3).
                vec![format!("Bearer realm=\"Keyledge\", error=\"insufficient_scope\", scope=\"{}\"", scope.as_str())]
            }
            Self::Scope(_) => vec![
                "Bearer realm=\"Keyledge\", error=\"insufficient_scope\", \
                 error_description=\"The proxy asks for a scope that cannot be read.\""
                    .to_owned(),
            ],
            Self::Unavailable(_) => Vec::new(),
        }
    }
}

/// What the caller may know about a token that is no good.
#[must_use]
pub fn description(reason: Reason) -> &'static str {
    match reason {
        Reason::TokenExpired => "The access token has expired.",
        Reason::TokenRevoked => "The access token was revoked.",
        Reason::KeyExpired => "The API key has expired.",
        Reason::KeyDeleted => "The API key was deleted.",
        Reason::UserDisabled => "The API key is suspended.",
        _ => "The access token is not valid.",
    }
}
