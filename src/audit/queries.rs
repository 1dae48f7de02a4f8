//! The statements on audit events.

use std::collections::HashMap;

use chrono::Duration;
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::model::{Event, Filter};
use crate::db::blocks::{self, Wanted};
use crate::db::schema::{api_keys, audit_events, users};
use crate::db::{DbConnection, Order, Timestamp};

/// How much later than it happened an event may be recorded: a request waits for a database that is busy.
const LONGEST_DELAY: Duration = Duration::minutes(1);

/// Events that are named in one statement at most: SQLite takes 32,766 parameters.
const LARGEST_SLICE: usize = 1_000;

diesel::alias! {
    const ACTORS: Alias<Actors> = users as actors;
}

/// A part of the record: the events from an ID on, up to before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub first: i64,
    /// The one after the last.
    pub end: i64,
}

/// The newest events that a filter lets through, newest first; only those older than `before`.
///
/// # Errors
/// When a statement fails.
pub fn newest(
    connection: &mut DbConnection,
    filter: Filter,
    before: Option<i64>,
    limit: usize,
) -> QueryResult<Vec<Event>> {
    let Range { first, end } = range(connection, &filter)?;
    list(connection, filter, Range { first, end: end.min(before.unwrap_or(i64::MAX)) }, Order::NewestFirst, limit)
}

/// The first events of a range, in this order, that a filter lets through.
///
/// # Errors
/// When a statement fails.
pub fn list(
    connection: &mut DbConnection,
    filter: Filter,
    range: Range,
    order: Order,
    limit: usize,
) -> QueryResult<Vec<Event>> {
    match (&mut *connection, filter.user_id) {
        (DbConnection::Sqlite(_), Some(user_id)) => list_by_blocks(connection, user_id, filter, range, order, limit),
        // Each outcome has an index of its own.
        (DbConnection::Postgres(_), Some(_)) if filter.refused.is_none() => {
            let mut events = Vec::new();
            for refused in [false, true] {
                let filter = Filter { refused: Some(refused), ..filter };
                events.extend(load(connection, filter, Among::Range(range), order, limit)?);
            }
            events.sort_unstable_by_key(|event| event.id);
            if order == Order::NewestFirst {
                events.reverse();
            }
            events.truncate(limit);
            Ok(events)
        }
        _ => load(connection, filter, Among::Range(range), order, limit),
    }
}

/// On SQLite the events of a user are found by blocks, in slices: some at the edges of a range of time may be outside.
fn list_by_blocks(
    connection: &mut DbConnection,
    user_id: i64,
    filter: Filter,
    mut range: Range,
    order: Order,
    limit: usize,
) -> QueryResult<Vec<Event>> {
    let mut found = Vec::new();
    while found.len() < limit {
        let DbConnection::Sqlite(sqlite) = &mut *connection else { break };
        let Filter { api_key_id, refused, .. } = filter;
        let wanted = Wanted { user_id, api_key_id, refused, first: range.first, end: range.end };
        let slice = LARGEST_SLICE.min(limit - found.len());
        let ids = blocks::find(sqlite, wanted, order, slice)?;
        let (count, last) = (ids.len(), ids.last().copied());
        found.extend(load(connection, filter, Among::These(ids), order, slice)?);
        match (last, order) {
            (Some(last), Order::NewestFirst) if count == slice => range.end = last,
            (Some(last), Order::OldestFirst) if count == slice => range.first = last + 1,
            _ => break,
        }
    }
    Ok(found)
}

/// Where the events of a statement are looked for.
enum Among {
    Range(Range),
    These(Vec<i64>),
}

fn load(
    connection: &mut DbConnection,
    filter: Filter,
    among: Among,
    order: Order,
    limit: usize,
) -> QueryResult<Vec<Event>> {
    let mut events = audit_events::table
        .left_join(users::table.on(users::id.nullable().eq(audit_events::user_id)))
        .left_join(api_keys::table.on(api_keys::id.nullable().eq(audit_events::api_key_id)))
        .left_join(ACTORS.on(ACTORS.field(users::id).nullable().eq(audit_events::actor_id)))
        .select((
            audit_events::id,
            audit_events::writer_id,
            audit_events::sequence,
            audit_events::occurred_at,
            audit_events::user_id,
            audit_events::api_key_id,
            audit_events::actor_id,
            audit_events::action,
            audit_events::reason,
            audit_events::is_use,
            audit_events::method,
            audit_events::path,
            audit_events::address,
            audit_events::user_agent,
            audit_events::detail,
            audit_events::digest,
            users::username.nullable(),
            api_keys::client_id.nullable(),
            ACTORS.field(users::username).nullable(),
        ))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .into_boxed();
    events = match order {
        Order::NewestFirst => events.order(audit_events::id.desc()),
        Order::OldestFirst => events.order(audit_events::id.asc()),
    };
    events = match among {
        Among::Range(range) => events.filter(audit_events::id.ge(range.first)).filter(audit_events::id.lt(range.end)),
        Among::These(ids) => events.filter(audit_events::id.eq_any(ids)),
    };
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

/// The oldest event; 0 where there is none.
///
/// # Errors
/// When the statement fails.
pub fn oldest(connection: &mut DbConnection) -> QueryResult<i64> {
    let oldest = audit_events::table.order(audit_events::id.asc()).select(audit_events::id).first(connection);
    Ok(oldest.optional()?.unwrap_or(0))
}

/// The part of the record, as it is now, in which a filter's time is.
///
/// # Errors
/// When a statement fails.
pub fn range(connection: &mut DbConnection, filter: &Filter) -> QueryResult<Range> {
    let newest: Option<i64> =
        audit_events::table.order(audit_events::id.desc()).select(audit_events::id).first(connection).optional()?;
    let end = newest.map_or(0, |newest| newest + 1);
    let first = match filter.from {
        Some(from) => first_since(connection, from + -LONGEST_DELAY, end)?,
        None => 0,
    };
    let end = match filter.until {
        Some(until) => first_since(connection, until + LONGEST_DELAY, end)?,
        None => end,
    };
    Ok(Range { first, end })
}

/// How far each chain goes that has events in a part of the record.
///
/// # Errors
/// When the statement fails.
pub fn last_by_chain(connection: &mut DbConnection, range: Range) -> QueryResult<HashMap<i64, i64>> {
    let last: Vec<(i64, Option<i64>)> = audit_events::table
        .filter(audit_events::id.ge(range.first).and(audit_events::id.lt(range.end)))
        .group_by(audit_events::writer_id)
        .select((audit_events::writer_id, max(audit_events::sequence)))
        .load(connection)?;
    Ok(last.into_iter().filter_map(|(writer_id, last)| Some((writer_id, last?))).collect())
}

/// The first event since a time, found by halving: IDs go up with the time, so no index on it is needed. One statement does
/// it all, because each of some 25 steps is nothing beside a question of its own to Postgres.
fn first_since(connection: &mut DbConnection, time: Timestamp, end: i64) -> QueryResult<i64> {
    // Whether the event after so many IDs is too early: as many are skipped then, and half as many are tried next.
    const FIRST_SINCE: &str = "WITH RECURSIVE halving (skipped, step) AS (\
            SELECT CAST(0 AS BIGINT), $1 \
            UNION ALL \
            SELECT CASE WHEN (\
                SELECT occurred_at FROM audit_events WHERE id >= skipped + step ORDER BY id LIMIT 1\
            ) < $2 THEN skipped + step ELSE skipped END, step / 2 \
            FROM halving WHERE step > 0\
        ) SELECT skipped + 1 AS id FROM halving WHERE step = 0";
    // The greatest power of two among them.
    let step = if end > 0 { 1 << end.ilog2() } else { 0 };
    let found = diesel::sql_query(FIRST_SINCE).bind::<BigInt, _>(step).bind::<BigInt, _>(time.unix_micros());
    Ok(found.get_result::<First>(connection)?.id)
}

/// See [`first_since`].
#[derive(QueryableByName)]
struct First {
    #[diesel(sql_type = BigInt)]
    id: i64,
}
