//! The statements on failed attempts.

use diesel::prelude::*;
use diesel::sql_types;

use super::model::{Attempt, Verdict};
use crate::db::schema::failed_attempts;
use crate::db::{DbConnection, Timestamp};

/// Whether an attempt will be looked at.
///
/// # Errors
/// When a statement fails.
pub fn verdict(connection: &mut DbConnection, attempt: &Attempt, now: Timestamp) -> QueryResult<Verdict> {
    for (bucket, most) in
        [(&attempt.by_name, attempt.limits.per_name), (&attempt.by_address, attempt.limits.per_address)]
    {
        let ends_at: Option<Timestamp> = failed_attempts::table
            .find(bucket)
            .filter(failed_attempts::window_ends_at.gt(now))
            .filter(failed_attempts::failures.ge(most))
            .select(failed_attempts::window_ends_at)
            .first(connection)
            .optional()?;
        if let Some(ends_at) = ends_at {
            let retry_after = u64::try_from((ends_at - now).num_seconds()).unwrap_or(0) + 1;
            return Ok(Verdict::Limited { retry_after });
        }
    }
    Ok(Verdict::Allowed)
}

/// Counts a failure.
///
/// # Errors
/// When a statement fails.
pub fn count(connection: &mut DbConnection, attempt: &Attempt, now: Timestamp) -> QueryResult<()> {
    diesel::delete(failed_attempts::table.filter(failed_attempts::window_ends_at.le(now))).execute(connection)?;
    for bucket in [&attempt.by_address, &attempt.by_name] {
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
