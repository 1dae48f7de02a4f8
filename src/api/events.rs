//! `/api/v1/audit-events`.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::authorize::authorize_where;
use super::owners::Owner;
use super::paging::{page, page_size};
use super::problem::{Problem, ProblemDetails};
use crate::audit::asked::{Asked, Missing, Whose, is_in_range};
use crate::audit::export::{AuditEvent, EventOutcome};
use crate::audit::queries;
use crate::db::Timestamp;
use crate::roles::permissions::AUDIT_READ;
use crate::web::state::State;

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
    /// Whose record: `me`, a username, or `all`. Anybody else's needs the permission `audit:read`, as does one's own with a
    /// token that was asked for with a scope.
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
    #[param(value_type = Option<String>)]
    cursor: Option<i64>,
    /// Events of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
}

/// Audit events, newest first.
///
/// Whoever asks again for what is new reads a minute that was read before, too: with several instances, an event may come in
/// before others that were there already.
///
/// # Errors
/// When the caller may not, or a parameter cannot be read.
#[utoipa::path(
    get,
    path = "/api/v1/audit-events",
    operation_id = "list_audit_events",
    tag = "Audit events",
    params(EventQuery),
    responses(
        (status = 200, description = "A page of audit events", body = EventPage),
        (status = 400, description = "The Authorization header or a parameter cannot be read", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "No access token, or one that is not valid", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "The permission audit:read is missing", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The call cannot be recorded or answered at the moment", body = ProblemDetails, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    state: web::Data<State>,
    request: HttpRequest,
    query: Result<web::Query<EventQuery>, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let owner = query.as_ref().map(|query| query.owner.clone()).unwrap_or_default();
    let caller = authorize_where(&state, &request, AUDIT_READ, move |caller| !owner.is(caller)).await?;
    let query = query.map_err(|_| Problem::BAD_QUERY)?.into_inner();
    let limit = page_size(query.limit)?;
    let (from, until) = (query.from.map(Timestamp::from), query.until.map(Timestamp::from));
    if ![from, until].into_iter().flatten().all(is_in_range) {
        return Err(Problem::BAD_QUERY);
    }
    let events = state
        .database
        .read(move |connection| {
            let whose = match query.owner {
                Owner::Me => Whose::User(caller.bearer.owner.id),
                Owner::All => Whose::Everybody,
                Owner::User(username) => Whose::Named(username),
            };
            let asked = Asked {
                whose,
                client_id: query.client_id,
                refused: query.outcome.map(|outcome| outcome == EventOutcome::Refused),
                from,
                until,
            };
            match asked.filter(connection)? {
                Ok(filter) => queries::newest(connection, filter, query.cursor, limit + 1).map(Ok),
                Err(Missing::User) => Ok(Err(Problem::NO_SUCH_OWNER)),
                // The key of somebody else, deleted or not, has no events here.
                Err(Missing::Key) => Ok(Ok(Vec::new())),
            }
        })
        .await??;
    let (events, next_cursor) = page(events, limit, |event| event.id.to_string());
    let items = events.into_iter().map(AuditEvent::from).collect();
    Ok(HttpResponse::Ok().json(EventPage { items, next_cursor }))
}
