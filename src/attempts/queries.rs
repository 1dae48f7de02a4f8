//! The statements on failed attempts.

use diesel::prelude::*;
use diesel::sql_types;

use super::model::{Attempt, Verdict};
use crate::db::schema::failed_attempts;
use crate::db::{Counters, DbConnection, SLICE, Timestamp, on_either};

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

/// Counts a failure, and forgets a slice of the counters whose window has ended: more than a failure adds.
///
/// # Errors
/// When a statement fails.
pub fn count(connection: &mut DbConnection, attempt: &Attempt, now: Timestamp) -> QueryResult<()> {
    let ended: Vec<String> = failed_attempts::table
        .filter(failed_attempts::window_ends_at.le(now))
        .order(failed_attempts::window_ends_at.asc())
        .limit(SLICE)
        .select(failed_attempts::bucket)
        .load(connection)?;
    diesel::delete(failed_attempts::table.filter(failed_attempts::bucket.eq_any(ended))).execute(connection)?;
    let Counters { by_address, by_name, .. } = attempt.counters();
    for bucket in [by_address, by_name] {
        // An upsert: two failures at once must both count. Diesel's `on_conflict` does not compile for both databases.
        diesel::sql_query(
            "INSERT INTO failed_attempts (bucket, failures, window_ends_at) VALUES ($1, 1, $2) \
             ON CONFLICT (bucket) DO UPDATE SET \
             failures = CASE WHEN failed_attempts.window_ends_at > $3 THEN failed_attempts.failures + 1 ELSE 1 END, \
             window_ends_at = CASE WHEN failed_attempts.window_ends_at > $3 THEN failed_attempts.window_ends_at \
             ELSE excluded.window_ends_at END",
        )
        .bind::<sql_types::Text, _>(bucket)
        .bind::<sql_types::Timestamp, _>(now + attempt.limits.window)
        .bind::<sql_types::Timestamp, _>(now)
        .execute(connection)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::super::model::{Kind, Limits};
    use super::*;
    use crate::db::{Database, DatabaseUrl};
    use crate::secret::{SecretKey, SecretText};

    #[test]
    fn a_window_that_has_ended_begins_anew_however_many_counters_have_ended_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("keyledge.db")), 1).unwrap();
        let begin = Timestamp::from_unix_micros(1_795_000_000_000_000).unwrap();
        let attempt = Attempt {
            kind: Kind::Token,
            address: "192.0.2.1".parse().unwrap(),
            name: SecretText::new("kl_1"),
            secret_key: SecretKey::parse(&SecretText::new("0123456789abcdef0123456789abcdef")).unwrap(),
            limits: Limits { per_name: 3, per_address: 3, window: Duration::minutes(1) },
        };
        let fail = |now: Timestamp| {
            database
                .write_blocking(|transaction| {
                    count(transaction, &attempt, now)?;
                    verdict(transaction, &attempt, now)
                })
                .unwrap()
        };
        let rows = || {
            let rows = failed_attempts::table.count();
            database.read_blocking(|connection| rows.get_result::<i64>(connection)).unwrap()
        };
        // More counters that end earlier than one failure forgets.
        let others = format!(
            "WITH RECURSIVE numbers (number) AS (
                 SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number < {SLICE} * 2
             )
             INSERT INTO failed_attempts (bucket, failures, window_ends_at)
             SELECT 'other ' || number, 1, '2000-01-01 00:00:00' FROM numbers"
        );
        assert_eq!([fail(begin), fail(begin)], [Verdict::Allowed; 2]);
        assert_eq!(fail(begin), Verdict::Limited { retry_after: 61 });
        database.write_blocking(|transaction| diesel::sql_query(others).execute(&mut **transaction)).unwrap();
        let left = rows();
        let anew = begin + Duration::minutes(1);
        assert_eq!([fail(anew), fail(anew)], [Verdict::Allowed; 2]);
        assert_eq!(rows(), left - 2 * SLICE);
        assert_eq!(fail(anew), Verdict::Limited { retry_after: 61 });
    }
}
