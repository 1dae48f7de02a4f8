//! The activity page.

use askama::Template;

use super::model::Event;
use crate::web::layout::{Layout, Time};

/// `/activity`.
#[derive(Template)]
#[template(path = "activity/activity.html")]
pub struct ActivityPage {
    /// What all pages share.
    pub layout: Layout,
    /// The events, newest first.
    pub events: Vec<EventRow>,
    /// Where the page of older events is.
    pub older: Option<String>,
}

/// A row of the list.
pub struct EventRow {
    /// When it happened.
    pub time: Time,
    /// What was done.
    pub action: &'static str,
    /// Whether it was done.
    pub outcome: &'static str,
    /// Why not.
    pub reason: Option<&'static str>,
    /// The key that it was done with or to.
    pub client_id: Option<String>,
    /// Method and path.
    pub request: String,
    /// The caller's address.
    pub address: String,
}

impl From<Event> for EventRow {
    fn from(event: Event) -> Self {
        Self {
            time: Time(event.occurred_at),
            action: action(&event.action),
            outcome: if event.reason.is_none() { "Allowed" } else { "Refused" },
            reason: event.reason.as_deref().map(reason),
            client_id: event.client_id,
            request: match (event.method, event.path) {
                (Some(method), Some(path)) => format!("{method} {path}"),
                _ => "Command line".to_owned(),
            },
            address: event.address.unwrap_or_else(|| "This server".to_owned()),
        }
    }
}

fn action(code: &str) -> &'static str {
    match code {
        "sign_in" => "Signed in",
        "sign_out" => "Signed out",
        "change_password" => "Changed password",
        "end_sessions" => "Ended sessions",
        "generate_key" => "Generated API key",
        "delete_key" => "Deleted API key",
        "issue_token" => "Got access token",
        "use_api" => "Used the API",
        "check" => "Checked at the gateway",
        "introspect" => "Asked about a token",
        "introspected" => "Token was asked about",
        "revoke_token" => "Ended access token",
        "rotate_signing_key" => "New signing key",
        "add_role" => "Role added",
        "edit_role" => "Role changed",
        "delete_role" => "Role deleted",
        "add_user" => "Account added",
        "edit_user" => "Account changed",
        "disable_user" => "Account disabled",
        "enable_user" => "Account enabled",
        "set_password" => "One-time password set",
        _ => "Other",
    }
}

fn reason(code: &str) -> &'static str {
    match code {
        "wrong_password" => "Wrong password",
        "wrong_secret" => "Wrong client secret",
        "user_disabled" => "Account disabled",
        "key_expired" => "API key expired",
        "key_deleted" => "API key deleted",
        "token_expired" => "Access token expired",
        "token_invalid" => "Access token not valid",
        "token_revoked" => "Access token was ended",
        "token_of_another_key" => "Access token of another API key",
        "permission_missing" => "Permission missing",
        "unsupported_grant_type" => "Wrong grant type",
        "invalid_scope" => "Asked for more than you hold",
        "invalid_request" => "Incomplete or repeated parameters",
        _ => "Other",
    }
}
