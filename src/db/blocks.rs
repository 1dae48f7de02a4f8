//! The index of events by user and key on SQLite, and the counts by day: built for a block of events at a time.
//!
//! An ordinary index would touch a page of its own for each event, and SQLite writes whole pages: measured, that is
//! twice the cost of everything else about an event. A block's entries lie together in few pages, and a step of events is
//! added to the newest block in one transaction, so what is committed is always a whole: blocks with their entries, and
//! after the last block little more than a step of events ([`tail`]), which a reader goes through one by one. Counts by
//! day are kept in the same way, in steps of their own, so that no transaction takes long; where there is time, before a
//! step is full. These transactions follow those of the events: nobody's answer waits for what others left to be counted.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable};
use diesel::sqlite::Sqlite;

use super::schema::audit_events;

/// From so many events on a block is full. Fewer would let a reader look at more blocks, more would let the writer touch
/// more pages in each step.
const BLOCK: i64 = 4096;

/// Events that are added to a block together. Fewer would write its pages more often, more would let the writer pause for
/// longer.
const BLOCK_STEP: i64 = 1024;

/// Events that are counted together. Every Profile page reads those that are not counted yet; fewer would write the pages
/// of the counts more often.
const COUNT_STEP: i64 = 512;

/// Events that are worth counting when there is nothing else to write.
pub(super) const IDLE_COUNT_STEP: usize = 32;

/// From so many events on a writer looks again whether there is something to do, as soon as nobody waits for it.
pub(super) const CHECK_EVERY: usize = 128;

/// From so many events on it looks although somebody waits.
pub(super) const CHECK_AT_LAST: usize = 1024;

diesel::table! {
    audit_blocks (first_id) {
        first_id -> BigInt,
        last_id -> BigInt,
        refused -> BigInt,
    }
}

diesel::table! {
    audit_counted (last_id) {
        last_id -> BigInt,
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

/// From which end events are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From the newest to older ones.
    NewestFirst,
    /// From the oldest to newer ones.
    OldestFirst,
}

/// The first of the wanted events in this order.
///
/// # Errors
/// When a statement fails.
pub(crate) fn find(sqlite: &mut SqliteConnection, wanted: Wanted, order: Order, limit: usize) -> QueryResult<Vec<i64>> {
    let tail = tail(sqlite)?;
    let mut ids = Vec::new();
    let tail_first = order == Order::NewestFirst;
    for in_tail in [tail_first, !tail_first] {
        let rest = limit - ids.len();
        if rest > 0 && in_tail {
            ids.extend(find_in_tail(sqlite, wanted, order, tail, rest)?);
        } else if rest > 0 {
            ids.extend(find_in_blocks(sqlite, wanted, order, tail, rest)?);
        }
    }
    Ok(ids)
}

/// Among the events after the last block.
fn find_in_tail(
    sqlite: &mut SqliteConnection,
    wanted: Wanted,
    order: Order,
    tail: i64,
    limit: usize,
) -> QueryResult<Vec<i64>> {
    let mut events = audit_events::table
        .filter(audit_events::id.ge(wanted.first.max(tail + 1)))
        .filter(audit_events::id.lt(wanted.end))
        .filter(audit_events::user_id.eq(wanted.user_id))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(audit_events::id)
        .into_boxed();
    events = match order {
        Order::NewestFirst => events.order(audit_events::id.desc()),
        Order::OldestFirst => events.order(audit_events::id.asc()),
    };
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

/// Among the events of blocks. One statement goes through the blocks in order, and searches each of them until it has found
/// enough.
fn find_in_blocks(
    sqlite: &mut SqliteConnection,
    wanted: Wanted,
    order: Order,
    tail: i64,
    limit: usize,
) -> QueryResult<Vec<i64>> {
    // The words say in which order to join: SQLite would rather go through all entries.
    let mut text = "SELECT event_id FROM audit_blocks CROSS JOIN audit_block_entries \
        WHERE block_id = first_id AND first_id < ?1 AND last_id >= ?2 AND user_id = ?3 AND event_id >= ?2 AND event_id < ?4"
        .to_owned();
    text.push_str(match wanted.refused {
        Some(true) => " AND audit_blocks.refused > 0 AND audit_block_entries.refused = TRUE",
        Some(false) => " AND audit_block_entries.refused = FALSE",
        // Naming both lets the search go on to the key.
        None => " AND audit_block_entries.refused IN (FALSE, TRUE)",
    });
    if wanted.api_key_id.is_some() {
        text.push_str(" AND api_key_id = ?6");
    }
    text.push_str(match order {
        Order::NewestFirst => " ORDER BY first_id DESC, event_id DESC LIMIT ?5",
        Order::OldestFirst => " ORDER BY first_id, event_id LIMIT ?5",
    });
    let mut query = diesel::sql_query(text)
        .into_boxed()
        .bind::<BigInt, _>(wanted.end.min(tail + 1))
        .bind::<BigInt, _>(wanted.first)
        .bind::<BigInt, _>(wanted.user_id)
        // What has come to the block since the tail was read was looked for there.
        .bind::<BigInt, _>(wanted.end.min(tail + 1))
        .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX));
    if let Some(api_key_id) = wanted.api_key_id {
        query = query.bind::<BigInt, _>(api_key_id);
    }
    let found: Vec<Found> = query.load(sqlite)?;
    Ok(found.into_iter().map(|found| found.event_id).collect())
}

/// See [`find_in_blocks`].
#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    event_id: i64,
}

/// The first event of the newest block; 0 when there is no block yet.
pub(super) fn first_of_newest(sqlite: &mut SqliteConnection) -> QueryResult<i64> {
    audit_blocks::table
        .order(audit_blocks::first_id.desc())
        .select(audit_blocks::first_id)
        .first(sqlite)
        .optional()
        .map(|first| first.unwrap_or(0))
}

/// Removes the blocks whose events, up to this one, are gone.
pub(super) fn forget(sqlite: &mut SqliteConnection, last: i64) -> QueryResult<()> {
    let gone: Vec<i64> =
        audit_blocks::table.filter(audit_blocks::last_id.le(last)).select(audit_blocks::first_id).load(sqlite)?;
    for block_id in gone {
        diesel::delete(audit_block_entries::table.filter(audit_block_entries::block_id.eq(block_id)))
            .execute(sqlite)?;
        diesel::delete(audit_blocks::table.find(block_id)).execute(sqlite)?;
    }
    Ok(())
}

/// The last event that is in a block; 0 when there is no block yet.
fn tail(sqlite: &mut SqliteConnection) -> QueryResult<i64> {
    newest(sqlite).map(|newest| newest.map_or(0, |(_, last)| last))
}

/// The first and the last event of the newest block.
fn newest(sqlite: &mut SqliteConnection) -> QueryResult<Option<(i64, i64)>> {
    audit_blocks::table
        .order(audit_blocks::first_id.desc())
        .select((audit_blocks::first_id, audit_blocks::last_id))
        .first(sqlite)
        .optional()
}

/// The first event up to the last block that is not in a block with its own entry, or in whose place there is another; all
/// that a block has more than the events that are left is of events that were removed.
pub(crate) fn first_misplaced(sqlite: &mut SqliteConnection) -> QueryResult<Option<i64>> {
    const FIRST_MISPLACED: &str = "
        WITH oldest (id) AS (SELECT MIN(id) FROM audit_events)
        SELECT COALESCE((
            SELECT MIN(id) FROM audit_events AS event
            WHERE id <= (SELECT MAX(last_id) FROM audit_blocks) AND NOT EXISTS (
                SELECT 1 FROM audit_block_entries
                WHERE block_id = (SELECT MAX(first_id) FROM audit_blocks WHERE first_id <= event.id)
                AND user_id = IFNULL(event.user_id, 0) AND refused = (event.reason IS NOT NULL)
                AND api_key_id = IFNULL(event.api_key_id, 0) AND event_id = event.id
            )
        ), (
            SELECT MIN(first_id) FROM audit_blocks AS block
            WHERE (SELECT COUNT(*) FROM audit_block_entries WHERE block_id = first_id AND event_id >= (SELECT id FROM oldest))
                <> (SELECT COUNT(*) FROM audit_events WHERE id BETWEEN first_id AND last_id)
            OR refused < (SELECT COUNT(reason) FROM audit_events WHERE id BETWEEN first_id AND last_id)
        )) AS event_id";
    #[derive(QueryableByName)]
    struct Misplaced {
        #[diesel(sql_type = Nullable<BigInt>)]
        event_id: Option<i64>,
    }
    diesel::sql_query(FIRST_MISPLACED).get_result(sqlite).map(|Misplaced { event_id }| event_id)
}

/// Counts the events after those last counted, or adds those after the last block to a block, once they are enough. At
/// most one of the two, so that the pause is short. Returns whether they were.
pub(super) fn bring_forward(sqlite: &mut SqliteConnection) -> QueryResult<bool> {
    let Some(last) = last_event(sqlite)? else { return Ok(false) };
    let counted = counted(sqlite)?;
    if last - counted >= COUNT_STEP {
        count(sqlite, counted + 1, last)?;
        return Ok(true);
    }
    let newest = newest(sqlite)?;
    let first = newest.map_or(0, |(_, last)| last) + 1;
    if last - first + 1 < BLOCK_STEP {
        return Ok(false);
    }
    let block_id = newest.filter(|(first, last)| last - first + 1 < BLOCK).map_or(first, |(first, _)| first);
    run(sqlite, ADD, &[block_id, last, first, last])?;
    run(sqlite, INDEX, &[block_id, first, last])?;
    Ok(true)
}

/// Counts what is not counted yet, so that pages have little of it to read. Returns whether there was something.
pub(super) fn count_idly(sqlite: &mut SqliteConnection) -> QueryResult<bool> {
    let counted = counted(sqlite)?;
    match last_event(sqlite)? {
        Some(last) if last > counted => count(sqlite, counted + 1, last).map(|()| true),
        _ => Ok(false),
    }
}

fn count(sqlite: &mut SqliteConnection, first: i64, last: i64) -> QueryResult<()> {
    run(sqlite, COUNT, &[first, last])?;
    run(sqlite, COUNT_ALL, &[first, last])?;
    diesel::update(audit_counted::table).set(audit_counted::last_id.eq(last)).execute(sqlite)?;
    Ok(())
}

fn last_event(sqlite: &mut SqliteConnection) -> QueryResult<Option<i64>> {
    audit_events::table.order(audit_events::id.desc()).select(audit_events::id).first(sqlite).optional()
}

/// The last event that is counted in `daily_uses`.
fn counted(sqlite: &mut SqliteConnection) -> QueryResult<i64> {
    audit_counted::table.select(audit_counted::last_id).first(sqlite)
}

fn run(sqlite: &mut SqliteConnection, pieces: &'static [&'static str], numbers: &[i64]) -> QueryResult<()> {
    Statement { pieces, numbers }.execute(sqlite).map(|_| ())
}

/// A statement in pieces, with a number after each but the last one. It is prepared once, which Diesel's own statements in
/// SQL are not.
struct Statement<'a> {
    pieces: &'static [&'static str],
    numbers: &'a [i64],
}

impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<SqliteConnection> for Statement<'_> {}

impl QueryFragment<Sqlite> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let mut numbers = self.numbers.iter();
        for piece in self.pieces {
            out.push_sql(piece);
            if let Some(number) = numbers.next() {
                out.push_bind_param::<BigInt, _>(number)?;
            }
        }
        Ok(())
    }
}

/// A block, or what is added to it.
const ADD: &[&str] = &[
    "INSERT INTO audit_blocks (first_id, last_id, refused) SELECT ",
    ", ",
    ", COUNT(reason) FROM audit_events WHERE id BETWEEN ",
    " AND ",
    " ON CONFLICT (first_id) DO UPDATE SET last_id = excluded.last_id, refused = audit_blocks.refused + excluded.refused",
];

/// Not in the order of the entries: to sort them first takes longer than it saves.
const INDEX: &[&str] = &[
    "INSERT INTO audit_block_entries (block_id, user_id, refused, api_key_id, event_id) SELECT ",
    ", IFNULL(user_id, 0), reason IS NOT NULL, IFNULL(api_key_id, 0), id FROM audit_events WHERE id BETWEEN ",
    " AND ",
    "",
];

/// Uses by key, one after another: to bring those of a key together first takes longer than it saves.
const COUNT: &[&str] = &[
    "INSERT INTO daily_uses (day, api_key_id, writer_id, allowed, refused) \
     SELECT occurred_at / 86400000000, api_key_id, 0, reason IS NULL, reason IS NOT NULL \
     FROM audit_events WHERE id BETWEEN ",
    " AND ",
    " AND is_use AND api_key_id IS NOT NULL \
     ON CONFLICT (day, api_key_id, writer_id) DO UPDATE SET \
         allowed = daily_uses.allowed + excluded.allowed, refused = daily_uses.refused + excluded.refused",
];

/// All uses, as those of key 0.
const COUNT_ALL: &[&str] = &[
    "INSERT INTO daily_uses (day, api_key_id, writer_id, allowed, refused) \
     SELECT occurred_at / 86400000000, 0, 0, COUNT(*) - COUNT(reason), COUNT(reason) \
     FROM audit_events WHERE id BETWEEN ",
    " AND ",
    " AND is_use GROUP BY 1 \
     ON CONFLICT (day, api_key_id, writer_id) DO UPDATE SET \
         allowed = daily_uses.allowed + excluded.allowed, refused = daily_uses.refused + excluded.refused",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Database, DatabaseUrl, DbConnection, Entry};

    async fn record(database: &Database, events: i64) {
        let event = Entry { user_id: Some(1), ..Entry::example("sign_in") };
        database.record(vec![event; usize::try_from(events).unwrap()]).await.unwrap();
        while sqlite(database, bring_forward) {}
    }

    fn sqlite<T>(database: &Database, work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T>) -> T {
        let work = |connection: &mut DbConnection| match connection {
            DbConnection::Sqlite(sqlite) => work(sqlite),
            DbConnection::Postgres(_) => unreachable!(),
        };
        database.write_blocking(|transaction| work(&mut *transaction)).unwrap()
    }

    #[actix_web::test]
    async fn what_comes_to_a_block_between_two_looks_is_found_once() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("keyledge.db")), 1).unwrap();
        record(&database, BLOCK_STEP).await;
        let seen = sqlite(&database, tail);
        assert_eq!(seen, BLOCK_STEP);
        record(&database, BLOCK_STEP).await;
        assert_eq!(sqlite(&database, newest), Some((1, 2 * BLOCK_STEP)));
        let wanted = Wanted { user_id: 1, api_key_id: None, refused: None, first: 0, end: i64::MAX };
        for order in [Order::NewestFirst, Order::OldestFirst] {
            let found = sqlite(&database, |sqlite| find_in_blocks(sqlite, wanted, order, seen, 10_000));
            assert!(found.len() == 1024 && found.iter().all(|id| *id <= seen), "{found:?}");
        }
    }
}
