//! Errors of the OAuth endpoints, as JSON (RFC 6749 section 5.2).

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

/// Why no token is given.
#[derive(Debug)]
pub enum OauthError {
    /// The request cannot be read.
    InvalidRequest(&'static str),
    /// Client authentication failed; the words say what the client may know.
    InvalidClient(&'static str),
    /// The grant type is another one.
    UnsupportedGrantType,
    /// The scope asks for more than the key's owner holds.
    InvalidScope,
    /// The token to be ended was issued for another key.
    InvalidGrant,
    /// The key's owner lacks the permission that this needs.
    InsufficientScope,
    /// The endpoint takes POST only.
    MethodNotAllowed,
    /// There is no such endpoint.
    NotFound,
    /// The body is larger than any token request.
    TooLarge,
    /// Too many failed attempts.
    TooManyAttempts {
        /// Seconds until another attempt is looked at.
        retry_after: u64,
    },
    /// The database cannot be reached, or the record cannot be written: nothing is decided without it. Or no token can be
    /// signed.
    Unavailable(anyhow::Error),
}

impl OauthError {
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) | Self::MethodNotAllowed | Self::NotFound | Self::TooLarge => "invalid_request",
            Self::InvalidClient(_) => "invalid_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidGrant => "invalid_grant",
            // RFC 6750 section 3.1.
            Self::InsufficientScope => "insufficient_scope",
            // RFC 6749 has no code for these two at this endpoint; these are its codes at the authorization endpoint.
            Self::TooManyAttempts { .. } | Self::Unavailable(_) => "temporarily_unavailable",
        }
    }

    fn description(&self) -> String {
        match self {
            Self::InvalidRequest(description) | Self::InvalidClient(description) => (*description).to_owned(),
            Self::UnsupportedGrantType => "the grant type must be client_credentials".to_owned(),
            Self::InvalidScope => "the scope is malformed or asks for more than the key's owner holds".to_owned(),
            Self::InvalidGrant => "the token was issued for another API key".to_owned(),
            Self::InsufficientScope => "the key's owner lacks the permission tokens:introspect".to_owned(),
            Self::MethodNotAllowed => "use POST".to_owned(),
            Self::NotFound => "there is no such endpoint".to_owned(),
            Self::TooLarge => "the request is too large".to_owned(),
            Self::TooManyAttempts { retry_after } => {
                format!("too many failed attempts; try again in {retry_after} seconds")
            }
            Self::Unavailable(_) => "the server cannot decide at the moment; try again".to_owned(),
        }
    }
}

impl fmt::Display for OauthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl From<crate::db::Error> for OauthError {
    fn from(cause: crate::db::Error) -> Self {
        Self::Unavailable(cause.into())
    }
}

impl ResponseError for OauthError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::InvalidRequest(_) | Self::UnsupportedGrantType | Self::InvalidScope | Self::InvalidGrant => {
                StatusCode::BAD_REQUEST
            }
            Self::InsufficientScope => StatusCode::FORBIDDEN,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::InvalidClient(_) => StatusCode::UNAUTHORIZED,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((CACHE_CONTROL, "no-store"));
        match self {
            // Each 401 names a scheme (RFC 9110 section 15.5.2), also where the client used none of them.
            Self::InvalidClient(_) => {
                response.insert_header((WWW_AUTHENTICATE, "Basic realm=\"Keyledge\", charset=\"UTF-8\""));
            }
            Self::MethodNotAllowed => {
                response.insert_header((actix_web::http::header::ALLOW, "POST"));
            }
            Self::TooManyAttempts { retry_after } => {
                response.insert_header((RETRY_AFTER, retry_after.to_string()));
            }
            Self::Unavailable(cause) => {
                response.insert_header((RETRY_AFTER, "1"));
                tracing::error!("an OAuth request failed: {cause:#}");
            }
            _ => {}
        }
        response.json(json!({ "error": self.code(), "error_description": self.description() }))
    }
}
