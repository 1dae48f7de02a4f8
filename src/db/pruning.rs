//! Removes the oldest part of the record, a slice in a transaction.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::schema::{audit_events, audit_writers, daily_uses};
use super::{DbConnection, Timestamp, blocks, one_at_a_time};

/// Rows of a table that a transaction removes at most because of their age: that takes about as long as a checkpoint.
pub const SLICE: i64 = 512;

/// What a slice of removing was.
#[derive(Clone, Debug)]
pub struct Pruned {
    /// The chains that lost their oldest events.
    pub writer_ids: Vec<i64>,
    /// Whether there may be more to remove.
    pub more: bool,
}

/// Removes a slice of the events that are older than `oldest`, and one of the counts. The newest event always stays, and
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

/// Removes a slice of the counts of the oldest day, and says whether there may be more.
fn prune_counts(connection: &mut DbConnection, oldest: Timestamp) -> QueryResult<bool> {
    let day: Option<i32> = daily_uses::table
        .filter(daily_uses::day.lt(oldest.unix_day()))
        .order(daily_uses::day.asc())
        .select(daily_uses::day)
        .first(connection)
        .optional()?;
    let Some(day) = day else { return Ok(false) };
    let slice: Vec<(i64, i64)> = daily_uses::table
        .filter(daily_uses::day.eq(day))
        .order((daily_uses::api_key_id.asc(), daily_uses::writer_id.asc()))
        .limit(SLICE)
        .select((daily_uses::api_key_id, daily_uses::writer_id))
        .load(connection)?;
    let Some((api_key_id, writer_id)) = slice.last().copied() else { return Ok(false) };
    // The first filter of the key is for the index: the second alone would go through the whole day.
    let in_slice = daily_uses::table
        .filter(daily_uses::day.eq(day))
        .filter(daily_uses::api_key_id.le(api_key_id))
        .filter(daily_uses::api_key_id.lt(api_key_id).or(daily_uses::writer_id.le(writer_id)));
    diesel::delete(in_slice).execute(connection)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Database, DatabaseUrl};

    #[test]
    fn the_counts_of_a_day_are_removed_a_slice_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("keyledge.db")), 1).unwrap();
        let oldest = Timestamp::from_unix_micros(1_795_000_000_000_000).unwrap();
        // Three writers a key, so that a slice ends between two rows of the same key.
        let insert = |day: i32, rows: i64| {
            let text = format!(
                "WITH RECURSIVE numbers (number) AS (
                     SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number < {rows} - 1
                 )
                 INSERT INTO daily_uses (day, api_key_id, writer_id, allowed, refused)
                 SELECT {day}, number / 3, number % 3, 1, 0 FROM numbers"
            );
            database.write_blocking(|transaction| diesel::sql_query(text).execute(&mut **transaction)).unwrap();
        };
        let (old, kept) = (oldest.unix_day() - 1, oldest.unix_day());
        insert(old, 2 * SLICE + 1);
        insert(kept, 5);
        let rows = |day: i32| {
            let rows = daily_uses::table.filter(daily_uses::day.eq(day)).count();
            database.read_blocking(|connection| rows.get_result::<i64>(connection)).unwrap()
        };
        let mut left = Vec::new();
        while database.write_blocking(|transaction| transaction.prune(oldest)).unwrap().more {
            left.push(rows(old));
        }
        assert_eq!(left, [SLICE + 1, 1, 0]);
        assert_eq!(rows(kept), 5);
    }
}
