//! The statements on audit events.

use chrono::Duration;
use diesel::dsl::auto_type;
use diesel::prelude::*;

use super::model::{Event, Filter};
use crate::db::blocks::{self, Wanted};
use crate::db::schema::{api_keys, audit_events, users};
use crate::db::{DbConnection, Timestamp};

/// How much later than it happened an event may be recorded: a request waits for a database that is busy.
const LONGEST_DELAY: Duration = Duration::minutes(1);

/// The columns of an [`Event`].
#[auto_type]
fn events() -> _ {
    let username = users::username.nullable();
    let client_id = api_keys::client_id.nullable();
    audit_events::table
        .left_join(users::table.on(users::id.nullable().eq(audit_events::user_id)))
        .left_join(api_keys::table.on(api_keys::id.nullable().eq(audit_events::api_key_id)))
        .select((
            audit_events::id,
            audit_events::occurred_at,
            username,
            client_id,
            audit_events::action,
            audit_events::reason,
            audit_events::method,
            audit_events::path,
            audit_events::address,
            audit_events::user_agent,
        ))
}

/// The newest events that a filter lets through, newest first.
///
/// # Errors
/// When a statement fails.
pub fn list(connection: &mut DbConnection, filter: Filter, limit: i64) -> QueryResult<Vec<Event>> {
    let (first, end) = range(connection, &filter)?;
    match (connection, filter.user_id) {
        (DbConnection::Sqlite(sqlite), Some(user_id)) => list_of_user(sqlite, user_id, filter, first, end, limit),
        (connection, _) => scan(connection, filter, first, end, limit),
    }
}

fn scan(connection: &mut DbConnection, filter: Filter, first: i64, end: i64, limit: i64) -> QueryResult<Vec<Event>> {
    let mut events = events()
        .filter(audit_events::id.ge(first))
        .filter(audit_events::id.lt(end))
        .order(audit_events::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(user_id) = filter.user_id {
        events = events.filter(audit_events::user_id.eq(user_id));
    }
    if let Some(api_key_id) = filter.api_key_id {
        events = events.filter(audit_events::api_key_id.eq(api_key_id));
    }
    match filter.refused {
        Some(true) => events = events.filter(audit_events::reason.is_not_null()),
        Some(false) => events = events.filter(audit_events::reason.is_null()),
        None => {}
    }
    if let Some(from) = filter.from {
        events = events.filter(audit_events::occurred_at.ge(from.unix_micros()));
    }
    if let Some(until) = filter.until {
        events = events.filter(audit_events::occurred_at.lt(until.unix_micros()));
    }
    events.load(connection)
}

/// On SQLite the events of a user are found by blocks, in slices: some at the edges of a range of time may be outside.
fn list_of_user(
    sqlite: &mut SqliteConnection,
    user_id: i64,
    filter: Filter,
    first: i64,
    mut end: i64,
    limit: i64,
) -> QueryResult<Vec<Event>> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let mut found = Vec::new();
    while found.len() < limit {
        let wanted = Wanted { user_id, api_key_id: filter.api_key_id, refused: filter.refused, first, end };
        let slice = limit - found.len();
        let ids = blocks::newest(sqlite, wanted, slice)?;
        for id in &ids {
            let event: Event = events().filter(audit_events::id.eq(id)).first(sqlite)?;
            let early = filter.from.is_some_and(|from| event.occurred_at < from);
            let late = filter.until.is_some_and(|until| event.occurred_at >= until);
            if !early && !late {
                found.push(event);
            }
        }
        match ids.last() {
            Some(last) if ids.len() == slice => end = *last,
            _ => break,
        }
    }
    Ok(found)
}

/// The IDs that can be in the filter's range of time: from the first up to before the second.
fn range(connection: &mut DbConnection, filter: &Filter) -> QueryResult<(i64, i64)> {
    let first = match filter.from {
        Some(from) => first_since(connection, from + -LONGEST_DELAY)?,
        None => 0,
    };
    let end = match filter.until {
        Some(until) => first_since(connection, until + LONGEST_DELAY)?,
        None => i64::MAX,
    };
    Ok((first, end.min(filter.before.unwrap_or(i64::MAX))))
}

/// The first event since a time, found by halving: IDs go up with the time, so no index on it is needed.
fn first_since(connection: &mut DbConnection, time: Timestamp) -> QueryResult<i64> {
    let newest: Option<i64> =
        audit_events::table.order(audit_events::id.desc()).select(audit_events::id).first(connection).optional()?;
    let (mut low, mut high) = (0, newest.map_or(0, |newest| newest + 1));
    while low < high {
        let middle = low + (high - low) / 2;
        let next: Option<(i64, Timestamp)> = audit_events::table
            .filter(audit_events::id.ge(middle))
            .order(audit_events::id.asc())
            .select((audit_events::id, audit_events::occurred_at))
            .first(connection)
            .optional()?;
        match next {
            Some((id, occurred_at)) if occurred_at < time => low = id + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}
