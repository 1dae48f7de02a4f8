//! Removes the oldest part of the record, a slice in a transaction.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::schema::{audit_events, audit_writers, daily_uses};
use super::{DbConnection, Timestamp, blocks, one_at_a_time};

/// Events of a slice: their removal takes about as long as a checkpoint does.
const SLICE: i64 = 512;

/// What a slice of removing was.
#[derive(Clone, Debug)]
pub struct Pruned {
    /// The chains that lost their oldest events.
    pub writer_ids: Vec<i64>,
    /// Whether there may be more to remove.
    pub more: bool,
}

/// Removes a slice of what is older than `oldest`. The newest event always stays, and
/// on SQLite the newest block and what comes after it. A chain loses its oldest run; where it goes on and from which
/// digest stays with its writer.
pub(super) fn prune(connection: &mut DbConnection, oldest: Timestamp) -> QueryResult<Pruned> {
    // Two instances that removed the same slice could tell of each other's removals in the wrong order.
    one_at_a_time(connection, "prune")?;
    let end = first_to_stay(connection)?;
    let slice: Vec<(i64, i64, i64, Vec<u8>)> = audit_events::table
        .filter(audit_events::id.lt(end))
        .order(audit_events::id.asc())
        .limit(SLICE)
        .select((
            audit_events::id,
            audit_events::writer_id,
            audit_events::sequence,
            audit_events::digest,
            audit_events::occurred_at,
        ))
        .load::<(i64, i64, i64, Vec<u8>, Timestamp)>(connection)?
        .into_iter()
        .take_while(|(.., occurred_at)| *occurred_at < oldest)
        .map(|(id, writer_id, sequence, digest, _)| (id, writer_id, sequence, digest))
        .collect();
    if let Some((last, ..)) = slice.last() {
        diesel::delete(audit_events::table.filter(audit_events::id.le(last))).execute(connection)?;
        if let DbConnection::Sqlite(sqlite) = connection {
            blocks::forget(sqlite, *last)?;
        }
    }
    let removed = slice.len();
    let ends: BTreeMap<i64, (i64, Vec<u8>)> =
        slice.into_iter().map(|(_, writer_id, sequence, digest)| (writer_id, (sequence, digest))).collect();
    let writer_ids = ends.keys().copied().collect();
    for (writer_id, (sequence, digest)) in ends {
        diesel::update(audit_writers::table.find(writer_id))
            .set((audit_writers::pruned_through.eq(sequence), audit_writers::pruned_digest.eq(Some(digest))))
            .execute(connection)?;
    }
    let counts = prune_counts(connection, oldest)?;
    Ok(Pruned { writer_ids, more: removed == usize::try_from(SLICE).unwrap_or(0) || counts })
}

fn first_to_stay(connection: &mut DbConnection) -> QueryResult<i64> {
    if let DbConnection::Sqlite(sqlite) = connection {
        return blocks::first_of_newest(sqlite);
    }
    let newest: Option<i64> =
        audit_events::table.order(audit_events::id.desc()).select(audit_events::id).first(connection).optional()?;
    Ok(newest.unwrap_or(0))
}

/// Removes the counts of the oldest day.
fn prune_counts(connection: &mut DbConnection, oldest: Timestamp) -> QueryResult<bool> {
    let day: Option<i32> = daily_uses::table
        .filter(daily_uses::day.lt(oldest.unix_day()))
        .order(daily_uses::day.asc())
        .select(daily_uses::day)
        .first(connection)
        .optional()?;
    let Some(day) = day else { return Ok(false) };
    diesel::delete(daily_uses::table.filter(daily_uses::day.eq(day))).execute(connection)?;
    Ok(true)
}
