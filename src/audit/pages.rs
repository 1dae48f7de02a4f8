//! The activity pages.

use askama::Template;

use super::model::Event;
use super::uses::Month;
use crate::web::layout::{Layout, Time};

/// `/activity` and `/activity/everybody`.
#[derive(Template)]
#[template(path = "activity/activity.html")]
pub struct ActivityPage {
    /// What all pages share.
    pub layout: Layout,
    /// Whether it is everybody's activity.
    pub everybody: bool,
    /// The filters.
    pub form: FilterForm,
    /// The uses of the last thirty days; none when the filters cannot be read.
    pub month: Option<Month>,
    /// The events, newest first.
    pub events: Vec<EventRow>,
    /// Where the page of older events is.
    pub older: Option<String>,
    /// Where the first page is, on the others.
    pub newest: Option<String>,
    /// Where the same events are as CSV.
    pub csv: String,
    /// Where the same events are as JSON Lines.
    pub json_lines: String,
}

/// The filters as they were chosen.
#[derive(Clone, Debug, Default)]
pub struct FilterForm {
    /// Where the form leads.
    pub path: &'static str,
    /// Whether anything is filtered.
    pub is_filtered: bool,
    /// The username, where everybody's activity is shown.
    pub user: String,
    /// The client ID.
    pub key: String,
    /// The keys to choose from, where one's own activity is shown.
    pub keys: Vec<KeyChoice>,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// `allowed`, `refused` or nothing.
    pub outcome: String,
    /// What is wrong.
    pub mistake: Option<Mistake>,
}

impl FilterForm {
    /// Whether this field is the wrong one.
    #[must_use]
    pub fn is_wrong(&self, field: &str) -> bool {
        self.mistake.as_ref().is_some_and(|mistake| mistake.field == field)
    }
}

/// Why a filter cannot be used.
#[derive(Clone, Copy, Debug)]
pub struct Mistake {
    /// The name of the field.
    pub field: &'static str,
    /// What was expected.
    pub message: &'static str,
}

/// A key to choose.
#[derive(Clone, Debug)]
pub struct KeyChoice {
    /// The client ID.
    pub client_id: String,
    /// What people read after it.
    pub note: String,
}

/// A row of the list.
pub struct EventRow {
    /// When it happened.
    pub time: Time,
    /// The user in whose record it is.
    pub owner: Option<String>,
    /// What was done.
    pub action: &'static str,
    /// Who did it, where that is not the owner.
    pub actor: Option<String>,
    /// What else there is to say.
    pub detail: Option<String>,
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
            owner: event.username,
            action: action(&event.action),
            actor: event.actor,
            detail: event.detail,
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

/// What people read for an [`Action`](super::model::Action).
#[must_use]
pub fn action(code: &str) -> &'static str {
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

/// What people read for a [`Reason`](super::model::Reason).
#[must_use]
pub fn reason(code: &str) -> &'static str {
    match code {
        "unknown" => "No such API key or user",
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
        "invalid_scope" => "Asked for more than the owner holds",
        "invalid_request" => "Incomplete or repeated parameters",
        "holds_more" => "Holds a permission that was not held by who asked",
        "grants_more" => "Grants a permission that was not held by who asked",
        "own_account" => "Not for one's own account",
        "last_administrator" => "Last active administrator",
        "built_in_role" => "Built-in role",
        "role_in_use" => "Role has users",
        _ => "Other",
    }
}
