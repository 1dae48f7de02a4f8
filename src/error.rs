//! The errors of the pages. What people can do something about is a variant with its own words; what went wrong inside
//! is [`Error::Internal`] or [`Error::Unavailable`], whose cause goes to the log and is never displayed.
//!
//! Programs get theirs in the form they expect: [`crate::oauth`] as RFC 6749 JSON, [`crate::api`] as RFC 9457 problem
//! details.

use actix_web::http::StatusCode;

/// Why a page cannot answer as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, or the session has ended.
    #[error("sign in first")]
    SignInNeeded {
        /// The path to come back to.
        next: String,
    },
    /// The one-time password has to be replaced before anything else.
    #[error("choose a new password first")]
    PasswordChangeNeeded,
    /// The person lacks this permission.
    #[error("the permission {0} is missing")]
    PermissionMissing(&'static str),
    /// There is nothing at this address, or nothing that this person may see.
    #[error("not found")]
    NotFound,
    /// The request cannot be read; the text of this ID says what was expected.
    #[error("{0}")]
    BadRequest(&'static str),
    /// The page exists, but not for this method.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The request is larger than any form of this program.
    #[error("the request is too large")]
    TooLarge,
    /// The request did not arrive in time.
    #[error("the request did not arrive in time")]
    TooSlow,
    /// Another website sent this request.
    #[error("cross-origin request refused")]
    CrossOrigin,
    /// More work is waiting than this process takes on.
    #[error("too busy")]
    Busy,
    /// The database cannot be reached.
    #[error("the database cannot be reached")]
    Unavailable(#[source] anyhow::Error),
    /// Something went wrong inside.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

impl Error {
    /// The status code of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignInNeeded { .. } | Self::PasswordChangeNeeded => StatusCode::SEE_OTHER,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::PermissionMissing(_) | Self::CrossOrigin => StatusCode::FORBIDDEN,
            Self::Busy | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether it says nothing about the request, because the program could not do its work.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.status().is_server_error()
    }

    /// An internal error from any cause.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<crate::db::Error> for Error {
    fn from(cause: crate::db::Error) -> Self {
        match cause {
            crate::db::Error::Busy => Self::Busy,
            cause if cause.is_unreachable() => Self::Unavailable(cause.into()),
            cause => Self::internal(cause),
        }
    }
}

impl actix_web::ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.status()
    }
}
