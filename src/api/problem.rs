//! Problem details (RFC 9457) with the challenges of RFC 6750 section 3.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::audit::model::Reason;
use crate::gateway::challenge::description;
use crate::roles::rules::Refusal;

/// Why the API does not answer as asked.
#[derive(Debug)]
pub enum Problem {
    /// No token was presented.
    TokenMissing,
    /// The `Authorization` header is not a bearer token.
    TokenUnreadable,
    /// The token is not good, or not any more.
    TokenRefused(Reason),
    /// There is nothing at this address.
    NotFound,
    /// The resource knows these methods, separated by commas, and not this one.
    MethodNotAllowed(&'static str),
    /// The caller lacks this permission.
    PermissionMissing(&'static str),
    /// The same for something that its owner needs no permission for, with a token that no scope was asked for.
    OwnPermissionMissing(&'static str),
    /// The rules of who may change what do not allow it.
    Refused(Refusal),
    /// A parameter cannot be read; the words say what was expected.
    BadParameter(&'static str),
    /// The database cannot be reached, or the record cannot be written: nothing is done without it.
    Unavailable(anyhow::Error),
}

/// Why a request was not answered as asked (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct ProblemDetails {
    /// The status in words.
    title: &'static str,
    /// The status code.
    status: u16,
    /// What was wrong, for people.
    detail: Cow<'static, str>,
}

impl Problem {
    /// The query has parameters that cannot be read.
    pub const BAD_QUERY: Self =
        Self::BadParameter("A query parameter cannot be read; /api/openapi.json describes them.");

    /// A cursor that no page gave.
    pub const BAD_CURSOR: Self = Self::BadParameter("Expected a cursor that a page gave as next_cursor.");

    /// An owner that nobody is.
    pub const NO_SUCH_OWNER: Self = Self::BadParameter("There is no user of the name given as owner.");

    fn detail(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::TokenMissing => "Send an access token in the Authorization header: Bearer, a space, the token.",
            Self::TokenUnreadable => "The Authorization header is not: Bearer, a space, an access token.",
            Self::TokenRefused(reason) => description(*reason),
            Self::NotFound => "There is nothing at this address.",
            Self::MethodNotAllowed(_) => "This address does not answer this method.",
            Self::PermissionMissing(permission) => {
                return format!(
                    "This needs the permission {permission}, which the token does not carry or its owner does not hold."
                )
                .into();
            }
            Self::OwnPermissionMissing(permission) => {
                return format!(
                    "{} What is the owner's own needs none with a token that was asked for without a scope.",
                    Self::PermissionMissing(permission)
                )
                .into();
            }
            Self::Refused(refusal) => return refusal.to_string().into(),
            Self::BadParameter(expected) => expected,
            Self::Unavailable(_) => "The server cannot answer at the moment. Try again.",
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail())
    }
}

impl From<crate::db::Error> for Problem {
    fn from(cause: crate::db::Error) -> Self {
        Self::Unavailable(cause.into())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoSuchUser | Refusal::NoSuchRole(_) => Self::NotFound,
            Refusal::PermissionMissing(permission) => Self::PermissionMissing(permission),
            refusal => Self::Refused(refusal),
        }
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::TokenMissing | Self::TokenRefused(_) => StatusCode::UNAUTHORIZED,
            Self::TokenUnreadable | Self::BadParameter(_) => StatusCode::BAD_REQUEST,
            Self::Refused(Refusal::LastAdministrator) => StatusCode::CONFLICT,
            Self::PermissionMissing(_) | Self::OwnPermissionMissing(_) | Self::Refused(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        response.insert_header((CACHE_CONTROL, "no-store"));
        let challenge = match self {
            Self::TokenMissing => Some("Bearer realm=\"Keyledge\"".to_owned()),
            Self::TokenUnreadable => Some("Bearer realm=\"Keyledge\", error=\"invalid_request\"".to_owned()),
            Self::TokenRefused(_) => {
                Some(format!("Bearer realm=\"Keyledge\", error=\"invalid_token\", error_description=\"{self}\""))
            }
            Self::PermissionMissing(scope) | Self::OwnPermissionMissing(scope) => {
                Some(format!("Bearer realm=\"Keyledge\", error=\"insufficient_scope\", scope=\"{scope}\""))
            }
            Self::Unavailable(cause) => {
                response.insert_header((RETRY_AFTER, "1"));
                tracing::error!("an API request failed: {cause:#}");
                None
            }
            Self::MethodNotAllowed(allowed) => {
                response.insert_header((ALLOW, *allowed));
                None
            }
            Self::NotFound | Self::Refused(_) | Self::BadParameter(_) => None,
        };
        if let Some(challenge) = challenge {
            response.insert_header((WWW_AUTHENTICATE, challenge));
        }
        let title = status.canonical_reason().unwrap_or_default();
        let details = ProblemDetails { title, status: status.as_u16(), detail: self.detail() };
        response.insert_header((CONTENT_TYPE, "application/problem+json")).json(details)
    }
}
