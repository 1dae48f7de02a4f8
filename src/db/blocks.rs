//! The index of events by user and key on SQLite, and the counts by day: built for a block of events at a time.
//!
//! An ordinary index would touch a page of its own for each event, and SQLite writes whole pages: measured, that is
//! twice the cost of everything else about an event. A block's entries are sorted once and appended, in the transaction
//! of the event that completes the block, so what is committed is always a whole: blocks with their entries and counts,
//! and after the last block fewer than a block of events ([`tail`]), which a reader goes through one by one.
//!
//! Small blocks keep the writer's pause short; a reader has to look into each block, so some of them at a time are merged
//! into a larger one.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::schema::audit_events;

/// Events of a small block.
const SMALL: i64 = 512;

/// Events of a large block: no fewer than this.
const LARGE: i64 = 4096;

/// How many events a writer appends before it looks again whether a block is complete.
pub(super) const CHECK_EVERY: usize = 128;

diesel::table! {
    audit_blocks (id) {
        id -> BigInt,
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
        .order(audit_blocks::id.desc())
        .select((audit_blocks::id, audit_blocks::refused))
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

/// The first event of the newest block; 0 when there is no block yet.
pub(super) fn first_of_newest(sqlite: &mut SqliteConnection) -> QueryResult<i64> {
    audit_blocks::table
        .order(audit_blocks::id.desc())
        .select(audit_blocks::first_id)
        .first(sqlite)
        .optional()
        .map(|first| first.unwrap_or(0))
}

/// Removes the blocks whose events, up to this one, are gone.
pub(super) fn forget(sqlite: &mut SqliteConnection, last: i64) -> QueryResult<()> {
    let gone: Vec<i64> =
        audit_blocks::table.filter(audit_blocks::last_id.le(last)).select(audit_blocks::id).load(sqlite)?;
    gone.into_iter().try_for_each(|block_id| remove(sqlite, block_id))
}

fn remove(sqlite: &mut SqliteConnection, block_id: i64) -> QueryResult<()> {
    diesel::delete(audit_block_entries::table.filter(audit_block_entries::block_id.eq(block_id))).execute(sqlite)?;
    diesel::delete(audit_blocks::table.find(block_id)).execute(sqlite)?;
    Ok(())
}

/// The last event that is in a block; 0 when there is no block yet.
fn tail(sqlite: &mut SqliteConnection) -> QueryResult<i64> {
    audit_blocks::table
        .order(audit_blocks::id.desc())
        .select(audit_blocks::last_id)
        .first(sqlite)
        .optional()
        .map(|last| last.unwrap_or(0))
}

/// Makes a block of the events after the last one, or merges small blocks, once they are enough. At most one of the two,
/// so that the pause is short.
pub(super) fn complete(sqlite: &mut SqliteConnection) -> QueryResult<()> {
    let last_of_block = tail(sqlite)?;
    let last: Option<i64> =
        audit_events::table.order(audit_events::id.desc()).select(audit_events::id).first(sqlite).optional()?;
    match last {
        Some(last) if last - last_of_block >= SMALL => add(sqlite, last_of_block + 1, last),
        _ => merge(sqlite),
    }
}

fn add(sqlite: &mut SqliteConnection, first: i64, last: i64) -> QueryResult<()> {
    let refused: i64 = audit_events::table
        .filter(audit_events::id.between(first, last))
        .filter(audit_events::reason.is_not_null())
        .count()
        .get_result(sqlite)?;
    let block_id = insert(sqlite, first, last, refused)?;
    for (statement, parameters) in [(INDEX, &[first, last, block_id][..]), (COUNT, &[first, last])] {
        let mut query = diesel::sql_query(statement).into_boxed();
        for parameter in parameters {
            query = query.bind::<BigInt, _>(parameter);
        }
        query.execute(sqlite)?;
    }
    Ok(())
}

fn insert(sqlite: &mut SqliteConnection, first: i64, last: i64, refused: i64) -> QueryResult<i64> {
    diesel::insert_into(audit_blocks::table)
        .values((audit_blocks::first_id.eq(first), audit_blocks::last_id.eq(last), audit_blocks::refused.eq(refused)))
        .returning(audit_blocks::id)
        .get_result(sqlite)
}

/// Merges the small blocks, which are the newest ones, into one, once they make a large one.
fn merge(sqlite: &mut SqliteConnection) -> QueryResult<()> {
    let small: Vec<(i64, i64, i64, i64)> = audit_blocks::table
        .filter((audit_blocks::last_id - audit_blocks::first_id).lt(LARGE - 1))
        .order(audit_blocks::id.asc())
        .select((audit_blocks::id, audit_blocks::first_id, audit_blocks::last_id, audit_blocks::refused))
        .load(sqlite)?;
    let (Some((first_block, first, ..)), Some((last_block, _, last, _))) = (small.first(), small.last()) else {
        return Ok(());
    };
    if last - first + 1 < LARGE {
        return Ok(());
    }
    let refused: i64 = small.iter().map(|(.., refused)| refused).sum();
    let block_id = insert(sqlite, *first, *last, refused)?;
    diesel::sql_query(MERGE)
        .bind::<BigInt, _>(first_block)
        .bind::<BigInt, _>(last_block)
        .bind::<BigInt, _>(block_id)
        .execute(sqlite)?;
    small.iter().try_for_each(|(block_id, ..)| remove(sqlite, *block_id))
}

const INDEX: &str = "INSERT INTO audit_block_entries (block_id, user_id, refused, api_key_id, event_id) \
    SELECT ?3, IFNULL(user_id, 0), reason IS NOT NULL, IFNULL(api_key_id, 0), id \
    FROM audit_events WHERE id BETWEEN ?1 AND ?2 ORDER BY 2, 3, 4, 5";

const MERGE: &str = "INSERT INTO audit_block_entries (block_id, user_id, refused, api_key_id, event_id) \
    SELECT ?3, user_id, refused, api_key_id, event_id \
    FROM audit_block_entries WHERE block_id BETWEEN ?1 AND ?2 ORDER BY 2, 3, 4, 5";

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
