//! Removes the oldest part of the record, a slice in a transaction.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use diesel::prelude::*;

use super::record::StoredEvent;
use super::schema::{audit_events, audit_writers, daily_uses};
use super::{DbConnection, Timestamp, blocks, is_next, record};
use crate::secret::Digest;

/// Rows of a table that a transaction removes at most because of their age: that takes about as long as a checkpoint.
pub const SLICE: i64 = 512;

/// What a slice of removing was.
#[derive(Clone, Debug)]
pub struct Pruned {
    /// The chains that lost their oldest events.
    pub chains: Vec<PrunedChain>,
    /// Whether there may be more to remove.
    pub more: bool,
}

/// A chain that lost its oldest events, and where it had begun before.
#[derive(Clone, Debug)]
pub struct PrunedChain {
    /// The chain.
    pub writer_id: i64,
    /// The last event that had been removed earlier; 0 when none had been.
    pub through: i64,
    /// The digest of that event.
    pub digest: Option<Vec<u8>>,
}

/// Removes a slice of the events that are older than `oldest`, and one of the counts. The newest event always stays, and
/// on SQLite the newest block and what comes after it. A chain loses its oldest run; where it goes on and from which
/// digest stays with its writer. Where another instance is removing, that is left to it.
///
/// # Errors
/// When a statement fails, and when an event is not what was written: nothing is removed then, since what was changed could
/// not be found out any more.
pub(super) fn prune(connection: &mut DbConnection, oldest: Timestamp) -> QueryResult<Pruned> {
    if !is_next(connection, "prune")? {
        return Ok(Pruned { chains: Vec::new(), more: false });
    }
    let end = first_to_stay(connection)?;
    let mut slice: Vec<StoredEvent> =
        audit_events::table.filter(audit_events::id.lt(end)).order(audit_events::id).limit(SLICE).load(connection)?;
    // Not in the order of time where a clock was ahead.
    let stays = |event: &StoredEvent| event.occurred_at >= oldest.unix_micros();
    slice.truncate(slice.iter().position(stays).unwrap_or(slice.len()));
    let mut chains = BTreeMap::new();
    for event in &slice {
        let run = match chains.entry(event.writer_id) {
            Entry::Occupied(run) => run.into_mut(),
            Entry::Vacant(place) => place.insert(Run::begin(connection, event.writer_id)?),
        };
        if !run.goes_on_with(event) {
            tracing::error!("event {} was changed, or one before it: run keyledge audit verify", event.id);
            return Err(diesel::result::Error::RollbackTransaction);
        }
    }
    if let Some(last) = slice.last() {
        diesel::delete(audit_events::table.filter(audit_events::id.le(last.id))).execute(connection)?;
        if let DbConnection::Sqlite(sqlite) = connection {
            blocks::forget(sqlite, last.id)?;
        }
    }
    for (writer_id, run) in &chains {
        diesel::update(audit_writers::table.find(writer_id))
            .set((
                audit_writers::pruned_through.eq(run.sequence),
                audit_writers::pruned_digest.eq(Some(run.digest.as_slice())),
            ))
            .execute(connection)?;
    }
    let counts = prune_counts(connection, oldest)?;
    let more = slice.len() == usize::try_from(SLICE).unwrap_or(0) || counts;
    Ok(Pruned { chains: chains.into_values().map(|run| run.before).collect(), more })
}

/// The oldest events of a chain, one after another.
struct Run {
    before: PrunedChain,
    sequence: i64,
    digest: Digest,
}

impl Run {
    fn begin(connection: &mut DbConnection, writer_id: i64) -> QueryResult<Self> {
        let (genesis, through, digest): (Vec<u8>, i64, Option<Vec<u8>>) = audit_writers::table
            .find(writer_id)
            .select((audit_writers::genesis, audit_writers::pruned_through, audit_writers::pruned_digest))
            .first(connection)?;
        let joins_on_to = digest.as_ref().unwrap_or(&genesis).as_slice().try_into();
        let joins_on_to = joins_on_to.map_err(|_| diesel::result::Error::RollbackTransaction)?;
        Ok(Self { before: PrunedChain { writer_id, through, digest }, sequence: through, digest: joins_on_to })
    }

    fn goes_on_with(&mut self, event: &StoredEvent) -> bool {
        let computed = record::digest(&self.digest, &event.columns());
        let goes_on = event.sequence == self.sequence + 1 && computed == *event.digest;
        (self.sequence, self.digest) = (event.sequence, computed);
        goes_on
    }
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
