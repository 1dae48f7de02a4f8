//! The activity pages.

use askama::Template;

use super::details::detail;
use super::model::Event;
use super::uses::Month;
use crate::language::{Message, Time, filters};
use crate::web::layout::Layout;

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
    /// The ID of what was expected.
    pub message: &'static str,
}

/// A key to choose.
#[derive(Clone, Debug)]
pub struct KeyChoice {
    /// The client ID.
    pub client_id: String,
    /// What people read after it.
    pub note: Option<Message>,
}

/// A row of the list.
pub struct EventRow {
    /// When it happened.
    pub time: Time,
    /// The user in whose record it is.
    pub owner: Option<String>,
    /// What was done.
    pub action: Message,
    /// Who did it, where that is not the owner.
    pub actor: Option<String>,
    /// What else there is to say.
    pub detail: Option<Message>,
    /// Whether it was done.
    pub outcome: Message,
    /// Why not.
    pub reason: Option<Message>,
    /// The key that it was done with or to.
    pub client_id: Option<String>,
    /// Method and path; none for what an operator did on the command line.
    pub request: Option<String>,
    /// The caller's address; none for what was done on this server.
    pub address: Option<String>,
}

impl From<Event> for EventRow {
    fn from(event: Event) -> Self {
        Self {
            time: Time(event.occurred_at),
            owner: event.username,
            action: action(&event.action),
            actor: event.actor,
            detail: event.detail.as_deref().map(detail),
            outcome: outcome(event.reason.as_deref()),
            reason: event.reason.as_deref().map(reason),
            client_id: event.client_id,
            request: event.method.zip(event.path).map(|(method, path)| format!("{method} {path}")),
            address: event.address,
        }
    }
}

/// What people read for an outcome.
#[must_use]
pub fn outcome(reason: Option<&str>) -> Message {
    Message::new(if reason.is_none() { "common-allowed" } else { "common-refused" })
}

/// What people read for an [`Action`](super::model::Action).
#[must_use]
pub fn action(code: &str) -> Message {
    Message::new(match code {
        "sign_in" => "event-sign-in",
        "sign_out" => "event-sign-out",
        "change_password" => "event-change-password",
        "end_sessions" => "event-end-sessions",
        "generate_key" => "event-generate-key",
        "delete_key" => "event-delete-key",
        "issue_token" => "event-issue-token",
        "use_api" => "event-use-api",
        "check" => "event-check",
        "introspect" => "event-introspect",
        "introspected" => "event-introspected",
        "revoke_token" => "event-revoke-token",
        "rotate_signing_key" => "event-rotate-signing-key",
        "add_role" => "event-add-role",
        "edit_role" => "event-edit-role",
        "delete_role" => "event-delete-role",
        "add_user" => "event-add-user",
        "edit_user" => "event-edit-user",
        "disable_user" => "event-disable-user",
        "enable_user" => "event-enable-user",
        "set_password" => "event-set-password",
        _ => "event-other",
    })
}

/// What people read for a [`Reason`](super::model::Reason).
#[must_use]
pub fn reason(code: &str) -> Message {
    Message::new(match code {
        "unknown" => "reason-unknown",
        "wrong_password" => "reason-wrong-password",
        "wrong_secret" => "reason-wrong-secret",
        "user_disabled" => "reason-user-disabled",
        "key_expired" => "reason-key-expired",
        "key_deleted" => "reason-key-deleted",
        "token_expired" => "reason-token-expired",
        "token_invalid" => "reason-token-invalid",
        "token_revoked" => "reason-token-revoked",
        "token_of_another_key" => "reason-token-of-another-key",
        "permission_missing" => "reason-permission-missing",
        "unsupported_grant_type" => "reason-unsupported-grant-type",
        "invalid_scope" => "reason-invalid-scope",
        "invalid_request" => "reason-invalid-request",
        "holds_more" => "reason-holds-more",
        "grants_more" => "reason-grants-more",
        "own_account" => "reason-own-account",
        "last_administrator" => "reason-last-administrator",
        "built_in_role" => "reason-built-in-role",
        "role_in_use" => "reason-role-in-use",
        _ => "reason-other",
    })
}
