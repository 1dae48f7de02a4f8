//! The index of events by user and key on SQLite, and the counts by day: built for a block of events at a time.
//!
//! An ordinary index would touch a page of its own for each event, and SQLite writes whole pages: measured, that is
//! twice the cost of everything else about an event. A block's entries are sorted once and appended, in the transaction
//! of the event that completes the block, so what is committed is always a whole: blocks with their entries and counts,
//! and after the last block fewer than a block of events ([`tail`]), which a reader goes through one by one.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::schema::audit_events;

/// Events of a block. Fewer would let a reader look at more blocks, more would let the writer pause for longer.
pub(super) const BLOCK: i64 = 4096;

/// How many events a writer appends before it looks again whether a block is complete.
pub(super) const CHECK_EVERY: usize = 256;

diesel::table! {
    audit_blocks (first_id) {
        first_id -> BigInt,
        last_id -> BigInt,
        refused -> BigInt,
    }
}

diesel::table! {
    audit_block_entries (block_id, user_id, refused, api_key_id, event_id) {
        block_id -> BigInt,
        user_id -> BigInt,
        refused -> Bool,
        api_key_id -> BigInt,
        event_id -> BigInt,
    }
}

/// Which events of a user are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) user_id: i64,
    pub(crate) api_key_id: Option<i64>,
    pub(crate) refused: Option<bool>,
    /// From this event on.
    pub(crate) first: i64,
    /// Up to before this event.
    pub(crate) end: i64,
}

/// The newest of the wanted events, newest first.
///
/// # Errors
/// When a statement fails.
pub(crate) fn newest(sqlite: &mut SqliteConnection, wanted: Wanted, limit: usize) -> QueryResult<Vec<i64>> {
    let mut ids = newest_of_tail(sqlite, wanted, limit)?;
    let blocks: Vec<(i64, i64)> = audit_blocks::table
        .filter(audit_blocks::first_id.lt(wanted.end))
        .filter(audit_blocks::last_id.ge(wanted.first))
        .order(audit_blocks::first_id.desc())
        .select((audit_blocks::first_id, audit_blocks::refused))
        .load(sqlite)?;
    for (block_id, refused) in blocks {
        if ids.len() >= limit {
            break;
        }
        let mut of_block = Vec::new();
        if wanted.refused != Some(true) {
            of_block.extend(newest_of_block(sqlite, block_id, false, wanted)?);
        }
        if wanted.refused != Some(false) && refused > 0 {
            of_block.extend(newest_of_block(sqlite, block_id, true, wanted)?);
        }
        of_block.sort_unstable_by(|one, other| other.cmp(one));
        ids.extend(of_block);
    }
    ids.truncate(limit);
    Ok(ids)
}

fn newest_of_tail(sqlite: &mut SqliteConnection, wanted: Wanted, limit: usize) -> QueryResult<Vec<i64>> {
    let first = wanted.first.max(tail(sqlite)? + 1);
    let mut events = audit_events::table
        .filter(audit_events::id.ge(first))
        .filter(audit_events::id.lt(wanted.end))
        .filter(audit_events::user_id.eq(wanted.user_id))
        .order(audit_events::id.desc())
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(audit_events::id)
        .into_boxed();
    if let Some(api_key_id) = wanted.api_key_id {
        events = events.filter(audit_events::api_key_id.eq(api_key_id));
    }
    match wanted.refused {
        Some(true) => events = events.filter(audit_events::reason.is_not_null()),
        Some(false) => events = events.filter(audit_events::reason.is_null()),
        None => {}
    }
    events.load(sqlite)
}

fn newest_of_block(
    sqlite: &mut SqliteConnection,
    block_id: i64,
    refused: bool,
    wanted: Wanted,
) -> QueryResult<Vec<i64>> {
    let entries = audit_block_entries::table
        .filter(audit_block_entries::block_id.eq(block_id))
        .filter(audit_block_entries::user_id.eq(wanted.user_id))
        .filter(audit_block_entries::refused.eq(refused))
        .filter(audit_block_entries::event_id.ge(wanted.first))
        .filter(audit_block_entries::event_id.lt(wanted.end))
        .select(audit_block_entries::event_id);
    match wanted.api_key_id {
        Some(api_key_id) => entries.filter(audit_block_entries::api_key_id.eq(api_key_id)).load(sqlite),
        None => entries.load(sqlite),
    }
}

/// The last event that is in a block; 0 when there is no block yet.
fn tail(sqlite: &mut SqliteConnection) -> QueryResult<i64> {
    audit_blocks::table
        .order(audit_blocks::first_id.desc())
        .select(audit_blocks::last_id)
        .first(sqlite)
        .optional()
        .map(|last| last.unwrap_or(0))
}

/// Makes a block of the events after the last one, once they are enough.
pub(super) fn complete(sqlite: &mut SqliteConnection) -> QueryResult<()> {
    let last_of_block = tail(sqlite)?;
    let last: Option<i64> =
        audit_events::table.order(audit_events::id.desc()).select(audit_events::id).first(sqlite).optional()?;
    let Some(last) = last.filter(|last| last - last_of_block >= BLOCK) else { return Ok(()) };
    let first = last_of_block + 1;
    for statement in [BLOCK_ROW, INDEX, COUNT] {
        diesel::sql_query(statement).bind::<BigInt, _>(first).bind::<BigInt, _>(last).execute(sqlite)?;
    }
    Ok(())
}

const BLOCK_ROW: &str = "INSERT INTO audit_blocks (first_id, last_id, refused) \
    SELECT ?1, ?2, COUNT(reason) FROM audit_events WHERE id BETWEEN ?1 AND ?2";

const INDEX: &str = "INSERT INTO audit_block_entries (block_id, user_id, refused, api_key_id, event_id) \
    SELECT ?1, IFNULL(user_id, 0), reason IS NOT NULL, IFNULL(api_key_id, 0), id \
    FROM audit_events WHERE id BETWEEN ?1 AND ?2 ORDER BY 2, 3, 4, 5";

/// Key 0 counts all uses. The condition that is always true tells the parser that `ON` does not begin a join.
const COUNT: &str = "INSERT INTO daily_uses (day, api_key_id, writer_id, allowed, refused) \
    WITH uses AS (SELECT occurred_at / 86400000000 AS day, IFNULL(api_key_id, 0) AS api_key_id, writer_id, \
        SUM(reason IS NULL) AS allowed, SUM(reason IS NOT NULL) AS refused \
        FROM audit_events WHERE is_use AND id BETWEEN ?1 AND ?2 GROUP BY 1, 2, 3) \
    SELECT day, api_key_id, writer_id, allowed, refused FROM uses WHERE api_key_id <> 0 \
    UNION ALL SELECT day, 0, writer_id, SUM(allowed), SUM(refused) FROM uses WHERE true GROUP BY 1, 3 \
    ORDER BY 1, 2, 3 \
    ON CONFLICT (day, api_key_id, writer_id) DO UPDATE SET \
        allowed = daily_uses.allowed + excluded.allowed, refused = daily_uses.refused + excluded.refused";
