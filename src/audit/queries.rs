//! The statements on audit events.

use diesel::prelude::*;

use super::model::{Event, NewEvent};
use crate::db::DbConnection;
use crate::db::schema::audit_events;

/// Records an event. Called inside the transaction of what the event describes.
///
/// # Errors
/// When the statement fails.
pub fn insert(connection: &mut DbConnection, event: NewEvent<'_>) -> QueryResult<()> {
    diesel::insert_into(audit_events::table)
        .values((
            audit_events::occurred_at.eq(event.at),
            audit_events::user_id.eq(event.user_id),
            audit_events::client_id.eq(event.client_id),
            audit_events::action.eq(event.action.code()),
            audit_events::outcome.eq(event.outcome.code()),
            audit_events::reason.eq(event.outcome.reason()),
            audit_events::method.eq(event.source.map(|source| source.method.as_str())),
            audit_events::path.eq(event.source.map(|source| source.path.as_str())),
            audit_events::address.eq(event.source.map(|source| source.address.to_string())),
            audit_events::user_agent.eq(event.source.and_then(|source| source.user_agent.as_deref())),
        ))
        .execute(connection)?;
    Ok(())
}

/// A user's events, newest first, from before the event `before` on.
///
/// # Errors
/// When the statement fails.
pub fn list_of_user(
    connection: &mut DbConnection,
    user_id: i64,
    before: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<Event>> {
    audit_events::table
        .filter(audit_events::user_id.eq(user_id))
        .filter(audit_events::id.lt(before.unwrap_or(i64::MAX)))
        .order(audit_events::id.desc())
        .limit(limit)
        .select((
            audit_events::id,
            audit_events::occurred_at,
            audit_events::client_id,
            audit_events::action,
            audit_events::outcome,
            audit_events::reason,
            audit_events::method,
            audit_events::path,
            audit_events::address,
        ))
        .load(connection)
}
