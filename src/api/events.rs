//! `/api/v1/audit-events`.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::authorize::authorize;
use super::owners::{Owner, page_size};
use super::problem::{Problem, ProblemDetails};
use crate::api_keys::queries as api_keys;
use crate::audit::model::{Event, Filter};
use crate::audit::queries;
use crate::db::Timestamp;
use crate::web::state::State;

/// The permission to read everybody's record.
const READ: &str = "audit:read";

/// Something that was done.
#[derive(Serialize, ToSchema)]
pub struct AuditEvent {
    /// Its place in the record.
    id: String,
    #[schema(format = DateTime)]
    occurred_at: String,
    /// The username of whoever's record it is in; null for an attempt that names no known API key or user.
    owner: Option<String>,
    /// The API key that it was done with or to.
    client_id: Option<String>,
    /// What was done, such as `issue_token` or `check`.
    action: String,
    outcome: EventOutcome,
    /// Why it was refused, such as `key_expired`.
    reason: Option<String>,
    method: Option<String>,
    /// The path, without its query.
    path: Option<String>,
    /// The caller's address; null for what an operator did on the command line.
    address: Option<String>,
    user_agent: Option<String>,
}

/// Whether it was done.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventOutcome {
    /// It was.
    Allowed,
    /// It was not.
    Refused,
}

impl From<Event> for AuditEvent {
    fn from(event: Event) -> Self {
        Self {
            id: event.id.to_string(),
            occurred_at: event.occurred_at.rfc3339_micros(),
            owner: event.username,
            client_id: event.client_id,
            action: event.action,
            outcome: if event.reason.is_none() { EventOutcome::Allowed } else { EventOutcome::Refused },
            reason: event.reason,
            method: event.method,
            path: event.path,
            address: event.address,
            user_agent: event.user_agent,
        }
    }
}

/// Audit events, newest first.
#[derive(Serialize, ToSchema)]
pub struct EventPage {
    items: Vec<AuditEvent>,
    /// The `cursor` of the next page; null on the last one.
    next_cursor: Option<String>,
}

/// Which events are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Whose record: `me`, a username, or `all`. Anybody else's needs the permission `audit:read`.
    #[serde(default)]
    #[param(value_type = String, default = "me")]
    owner: Owner,
    /// Only events about this API key of the owner.
    client_id: Option<String>,
    /// Only events with this outcome.
    #[param(inline)]
    outcome: Option<EventOutcome>,
    /// Only events at this time (RFC 3339) or later.
    from: Option<DateTime<Utc>>,
    /// Only events before this time (RFC 3339).
    until: Option<DateTime<Utc>>,
    /// The `next_cursor` of the page before.
    cursor: Option<i64>,
    /// Events of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

/// Audit events, newest first.
///
/// # Errors
/// When the caller may not, or a parameter cannot be read.
#[utoipa::path(
    get,
    path = "/api/v1/audit-events",
    tag = "Audit events",
    params(EventQuery),
    responses(
        (status = 200, description = "A page of audit events", body = EventPage),
        (status = 400, description = "A parameter cannot be read", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "No access token, or one that is not valid", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "The permission audit:read is missing", body = ProblemDetails, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    state: web::Data<State>,
    request: HttpRequest,
    query: Result<web::Query<EventQuery>, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let needed = query.as_ref().ok().and_then(|query| query.owner.needs(READ));
    let caller = authorize(&state, &request, needed).await?;
    let query = query.map_err(|_| Problem::BAD_QUERY)?.into_inner();
    let limit = page_size(query.limit)?;
    let events = state
        .database
        .read(move |connection| {
            let user_id = match query.owner.find(connection, &caller)? {
                Ok(user_id) => user_id,
                Err(problem) => return Ok(Err(problem)),
            };
            let mut filter = Filter {
                user_id,
                api_key_id: None,
                refused: query.outcome.map(|outcome| matches!(outcome, EventOutcome::Refused)),
                from: query.from.map(Timestamp::from),
                until: query.until.map(Timestamp::from),
                before: query.cursor,
            };
            if let Some(client_id) = &query.client_id {
                // The key of somebody else, deleted or not, has no events here.
                match api_keys::owner_of(connection, client_id)? {
                    Some((api_key_id, owner_id)) if user_id.is_none_or(|user_id| user_id == owner_id) => {
                        filter.api_key_id = Some(api_key_id);
                        filter.user_id = Some(owner_id);
                    }
                    _ => return Ok(Ok(Vec::new())),
                }
            }
            queries::list(connection, filter, limit + 1).map(Ok)
        })
        .await??;
    let more = i64::try_from(events.len()).unwrap_or(i64::MAX) > limit;
    let items: Vec<AuditEvent> =
        events.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).map(AuditEvent::from).collect();
    let next_cursor = items.last().filter(|_| more).map(|event| event.id.clone());
    Ok(HttpResponse::Ok().json(EventPage { items, next_cursor }))
}
