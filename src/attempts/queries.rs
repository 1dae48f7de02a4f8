//! The statements on failed attempts.

use diesel::prelude::*;
use diesel::sql_types;

use super::model::{Attempt, Buckets, Verdict};
use crate::db::schema::failed_attempts;
use crate::db::{DbConnection, Timestamp, on_either};

/// Whether an attempt will be looked at.
///
/// # Errors
/// When a statement fails.
pub fn verdict(connection: &mut DbConnection, attempt: &Attempt, now: Timestamp) -> QueryResult<Verdict> {
    let Buckets { by_address, by_name } = attempt.buckets();
    let too_many_by_name =
        failed_attempts::bucket.eq(by_name).and(failed_attempts::failures.ge(attempt.limits.per_name));
    let too_many_by_address =
        failed_attempts::bucket.eq(by_address).and(failed_attempts::failures.ge(attempt.limits.per_address));
    let query = failed_attempts::table
        .filter(too_many_by_name.or(too_many_by_address))
        .filter(failed_attempts::window_ends_at.gt(now))
        .select(failed_attempts::window_ends_at);
    let ends: Vec<Timestamp> = on_either!(connection, either => query.load(either))?;
    if let Some(ends_at) = ends.into_iter().max() {
        let retry_after = u64::try_from((ends_at - now).num_seconds()).unwrap_or(0) + 1;
        return Ok(Verdict::Limited { retry_after });
    }
    Ok(Verdict::Allowed)
}

/// Counts a failure.
///
/// # Errors
/// When a statement fails.
pub fn count(connection: &mut DbConnection, attempt: &Attempt, now: Timestamp) -> QueryResult<()> {
    diesel::delete(failed_attempts::table.filter(failed_attempts::window_ends_at.le(now))).execute(connection)?;
    let Buckets { by_address, by_name } = attempt.buckets();
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
