//! What an audit event says.

use std::net::IpAddr;

use crate::db::{Entry, Timestamp};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A user signed in, or tried to.
    SignIn,
    /// A user signed out.
    SignOut,
    /// A user chose a new password.
    ChangePassword,
    /// A user ended other sessions.
    EndSessions,
    /// A user generated an API key.
    GenerateKey,
    /// An API key was deleted.
    DeleteKey,
    /// A key was exchanged for an access token, or this was tried.
    IssueToken,
    /// An access token was used on `/api/v1`.
    UseApi,
    /// A key or a token was presented at the gateway check.
    Check,
    /// A key asked what a token stands for.
    Introspect,
    /// Another key asked what a token of this key stands for.
    Introspected,
    /// A key ended a token.
    RevokeToken,
    /// An operator made a new signing key.
    RotateSigningKey,
    /// A role was added.
    AddRole,
    /// A role was changed.
    EditRole,
    /// A role was deleted.
    DeleteRole,
    /// A user was added.
    AddUser,
    /// A user was changed.
    EditUser,
    /// A user was disabled.
    DisableUser,
    /// A user was enabled.
    EnableUser,
    /// A user got a one-time password.
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
            Self::EndSessions => "end_sessions",
            Self::GenerateKey => "generate_key",
            Self::DeleteKey => "delete_key",
            Self::IssueToken => "issue_token",
            Self::UseApi => "use_api",
            Self::Check => "check",
            Self::Introspect => "introspect",
            Self::Introspected => "introspected",
            Self::RevokeToken => "revoke_token",
            Self::RotateSigningKey => "rotate_signing_key",
            Self::AddRole => "add_role",
            Self::EditRole => "edit_role",
            Self::DeleteRole => "delete_role",
            Self::AddUser => "add_user",
            Self::EditUser => "edit_user",
            Self::DisableUser => "disable_user",
            Self::EnableUser => "enable_user",
            Self::SetPassword => "set_password",
        }
    }

    /// Whether a program presents a key or a token to do this.
    #[must_use]
    pub fn is_use(self) -> bool {
        match self {
            Self::IssueToken | Self::UseApi | Self::Check | Self::Introspect | Self::RevokeToken => true,
            Self::SignIn
            | Self::SignOut
            | Self::ChangePassword
            | Self::EndSessions
            | Self::GenerateKey
            | Self::DeleteKey
            | Self::Introspected
            | Self::RotateSigningKey
            | Self::AddRole
            | Self::EditRole
            | Self::DeleteRole
            | Self::AddUser
            | Self::EditUser
            | Self::DisableUser
            | Self::EnableUser
            | Self::SetPassword => false,
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
    /// The reason's word in the database; none when it was allowed.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Allowed => None,
            Self::Refused(reason) => Some(reason.code()),
        }
    }
}

impl<T> From<&Result<T, Reason>> for Outcome {
    fn from(decision: &Result<T, Reason>) -> Self {
        decision.as_ref().map_or_else(|reason| Self::Refused(*reason), |_| Self::Allowed)
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
    /// The token was ended before its time.
    TokenRevoked,
    /// The token was issued for another key.
    TokenOfAnotherKey,
    /// The owner lacks a permission that this needs.
    PermissionMissing,
    /// The grant type is not `client_credentials`.
    UnsupportedGrantType,
    /// The scope asks for more than the owner holds.
    InvalidScope,
    /// A parameter is missing or repeated, or the request is malformed in another way.
    InvalidRequest,
    /// The user or role holds a permission that whoever asks does not.
    HoldsMore,
    /// Whoever asks does not hold the permission that would be granted.
    GrantsMore,
    /// Nobody does this to themselves.
    OwnAccount,
    /// Nobody would be left who can manage users and roles.
    LastAdministrator,
    /// The role came with the database.
    BuiltInRole,
    /// The role has users.
    RoleInUse,
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
            Self::TokenRevoked => "token_revoked",
            Self::TokenOfAnotherKey => "token_of_another_key",
            Self::PermissionMissing => "permission_missing",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidRequest => "invalid_request",
            Self::HoldsMore => "holds_more",
            Self::GrantsMore => "grants_more",
            Self::OwnAccount => "own_account",
            Self::LastAdministrator => "last_administrator",
            Self::BuiltInRole => "built_in_role",
            Self::RoleInUse => "role_in_use",
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
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// When it happened.
    pub at: Timestamp,
    /// Whose record it goes into.
    pub user_id: Option<i64>,
    /// The key that it was done with or to.
    pub api_key_id: Option<i64>,
    /// The user who did it, where that is somebody else.
    pub actor_id: Option<i64>,
    /// What was done.
    pub action: Action,
    /// Whether it was done.
    pub outcome: Outcome,
    /// The request; none for what an operator did on the command line.
    pub source: Option<Source>,
    /// What else there is to say: which role, and what was changed; whom or which role a refused change was about; which
    /// signing key was made, and when it signs.
    pub detail: Option<String>,
}

impl From<NewEvent> for Entry {
    fn from(event: NewEvent) -> Self {
        let (method, path, address, user_agent) = match event.source {
            Some(source) => {
                (Some(source.method), Some(source.path), Some(source.address.to_string()), source.user_agent)
            }
            None => (None, None, None, None),
        };
        Self {
            occurred_at: event.at,
            user_id: event.user_id,
            api_key_id: event.api_key_id,
            actor_id: event.actor_id,
            action: event.action.code(),
            reason: event.outcome.reason(),
            is_use: event.action.is_use(),
            method,
            path,
            address,
            user_agent,
            detail: event.detail,
            is_last_use: false,
        }
    }
}

/// A recorded audit event: all its columns, and the names of those whom it names.
#[derive(Clone, Debug, diesel::Queryable)]
pub struct Event {
    /// Its place in the record.
    pub id: i64,
    /// The process that wrote it.
    pub writer_id: i64,
    /// Its place in that process's chain.
    pub sequence: i64,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The user in whose record it is; none for an attempt that names no known key.
    pub user_id: Option<i64>,
    /// The key that it was done with or to.
    pub api_key_id: Option<i64>,
    /// The user who did it, where that is somebody else.
    pub actor_id: Option<i64>,
    /// [`Action::code`].
    pub action: String,
    /// [`Reason::code`]; none when it was allowed.
    pub reason: Option<String>,
    /// [`Action::is_use`].
    pub is_use: bool,
    /// The request's method.
    pub method: Option<String>,
    /// The request's path.
    pub path: Option<String>,
    /// The caller's address; none for what an operator did on the command line.
    pub address: Option<String>,
    /// The caller's `User-Agent`.
    pub user_agent: Option<String>,
    /// What else there is to say.
    pub detail: Option<String>,
    /// The link of the chain, see [`crate::db::digest`].
    pub digest: Vec<u8>,
    /// The username of [`Event::user_id`].
    pub username: Option<String>,
    /// The client ID of [`Event::api_key_id`].
    pub client_id: Option<String>,
    /// The username of [`Event::actor_id`].
    pub actor: Option<String>,
}

/// Which events are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those in the record of this user.
    pub user_id: Option<i64>,
    /// Only those about this key, whose owner must then be [`Filter::user_id`].
    pub api_key_id: Option<i64>,
    /// Only refused ones, or only allowed ones.
    pub refused: Option<bool>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

impl Filter {
    /// Whether all events are asked for.
    #[must_use]
    pub fn is_everything(self) -> bool {
        self == Self::default()
    }
}
