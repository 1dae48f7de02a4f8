//! The statements on failed attempts.

use diesel::prelude::*;
use diesel::sql_types;

use super::model::{Attempt, Verdict};
use crate::db::schema::failed_attempts;
use crate::db::{Counters, DbConnection, Timestamp, on_either};

/// Whether an attempt will be looked at.
///
/// # Errors
/// When a statement fails.
pub fn verdict(connection: &mut DbConnection, attempt: &Attempt, now: Timestamp) -> QueryResult<Verdict> {
    let Counters { by_address, per_address, by_name, per_name } = attempt.counters();
    let too_many_by_name = failed_attempts::bucket.eq(by_name).and(failed_attempts::failures.ge(per_name));
    let too_many_by_address = failed_attempts::bucket.eq(by_address).and(failed_attempts::failures.ge(per_address));
    let query = failed_attempts::table
        .filter(too_many_by_name.or(too_many_by_address))
        .filter(failed_attempts::window_ends_at.gt(now))
        .select(failed_attempts::window_ends_at);
    let ends: Vec<Timestamp> = on_either!(connection, either => query.load(either))?;
    Ok(Verdict::until(ends.into_iter().max(), now))
}

/// Counts a failure.
///
/// # Errors
/// When a statement fails.
pub fn count(connection: &mut DbConnection, attempt: &Attempt, now: Timestamp) -> QueryResult<()> {
    diesel::delete(failed_attempts::table.filter(failed_attempts::window_ends_at.le(now))).execute(connection)?;
    let Counters { by_address, by_name, .. } = attempt.counters();
    for bucket in [by_address, by_name] {
        // An upsert: two failures at once must both count. Diesel's `on_conflict` does not compile for both databases.
        diesel::sql_query(
            "INSERT INTO failed_attempts (bucket, failures, window_ends_at) VALUES ($1, 1, $2) \
             ON CONFLICT (bucket) DO UPDATE SET failures = failed_attempts.failures + 1",
        )
        .bind::<sql_types::Text, _>(bucket)
        .bind::<sql_types::Timestamp, _>(now + attempt.limits.window)
        .execute(connection)?;
    }
    Ok(())
}
