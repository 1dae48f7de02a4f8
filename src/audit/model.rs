//! What an audit event says.

use std::net::IpAddr;

use crate::db::Timestamp;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A user signed in, or tried to.
    SignIn,
    /// A user signed out.
    SignOut,
    /// A user chose a new password.
    ChangePassword,
    /// A user generated an API key.
    GenerateKey,
    /// An API key was deleted.
    DeleteKey,
    /// A key was exchanged for an access token, or this was tried.
    IssueToken,
    /// An access token was used on `/api/v1`.
    UseApi,
    /// An operator added a role.
    AddRole,
    /// An operator added a user.
    AddUser,
    /// An operator disabled a user.
    DisableUser,
    /// An operator enabled a user.
    EnableUser,
    /// An operator set a user's password.
    SetPassword,
}

impl Action {
    /// The word in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignOut => "sign_out",
            Self::ChangePassword => "change_password",
            Self::GenerateKey => "generate_key",
            Self::DeleteKey => "delete_key",
            Self::IssueToken => "issue_token",
            Self::UseApi => "use_api",
            Self::AddRole => "add_role",
            Self::AddUser => "add_user",
            Self::DisableUser => "disable_user",
            Self::EnableUser => "enable_user",
            Self::SetPassword => "set_password",
        }
    }
}

/// Whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Allowed,
    /// It was refused, for this reason.
    Refused(Reason),
}

impl Outcome {
    /// The word in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused(_) => "refused",
        }
    }

    /// The reason's word in the database.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Allowed => None,
            Self::Refused(reason) => Some(reason.code()),
        }
    }
}

/// Why something was refused: for the record, more than the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No user or API key has this name.
    Unknown,
    /// The password is not the user's.
    WrongPassword,
    /// The client secret is not the key's.
    WrongSecret,
    /// The user is disabled.
    UserDisabled,
    /// The key's expiration date has passed.
    KeyExpired,
    /// The key was deleted.
    KeyDeleted,
    /// The token's lifetime has passed.
    TokenExpired,
    /// The token is not one of this issuer, or was changed.
    TokenInvalid,
    /// The grant type is not `client_credentials`.
    UnsupportedGrantType,
    /// The scope asks for more than the owner holds.
    InvalidScope,
    /// A parameter is missing or repeated.
    InvalidRequest,
}

impl Reason {
    /// The word in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::WrongPassword => "wrong_password",
            Self::WrongSecret => "wrong_secret",
            Self::UserDisabled => "user_disabled",
            Self::KeyExpired => "key_expired",
            Self::KeyDeleted => "key_deleted",
            Self::TokenExpired => "token_expired",
            Self::TokenInvalid => "token_invalid",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidRequest => "invalid_request",
        }
    }
}

/// Where a request came from and what it asked for.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// The caller's address, as far as trusted proxies tell it.
    pub address: IpAddr,
    /// The method.
    pub method: String,
    /// The path, without its query.
    pub path: String,
    /// The `User-Agent` header, cut to a sensible length.
    pub user_agent: Option<String>,
}

/// An audit event about to be recorded.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent<'a> {
    /// When it happened.
    pub at: Timestamp,
    /// Whose record it goes into.
    pub user_id: Option<i64>,
    /// The key that it was done with or to.
    pub client_id: Option<&'a str>,
    /// What was done.
    pub action: Action,
    /// Whether it was done.
    pub outcome: Outcome,
    /// The request; none for what an operator did on the command line.
    pub source: Option<&'a Source>,
}

/// A recorded audit event.
#[derive(Clone, Debug, diesel::Queryable)]
pub struct Event {
    /// Its place in the record.
    pub id: i64,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The key that it was done with or to.
    pub client_id: Option<String>,
    /// [`Action::code`].
    pub action: String,
    /// [`Outcome::code`].
    pub outcome: String,
    /// [`Reason::code`].
    pub reason: Option<String>,
    /// The request's method.
    pub method: Option<String>,
    /// The request's path.
    pub path: Option<String>,
    /// The caller's address; none for what an operator did on the command line.
    pub address: Option<String>,
}
