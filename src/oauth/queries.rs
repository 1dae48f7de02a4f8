//! The statements on signing keys and on tokens that were ended.

use chrono::Duration;
use diesel::prelude::*;

use crate::db::schema::{revoked_tokens, signing_keys};
use crate::db::{DbConnection, SLICE, Timestamp, on_either};

/// All signing keys as their ID and the sealed private key.
///
/// # Errors
/// When the statement fails.
pub fn signing_keys(connection: &mut DbConnection) -> QueryResult<Vec<(String, Vec<u8>)>> {
    signing_keys::table
        .order((signing_keys::created_at.asc(), signing_keys::key_id.asc()))
        .select((signing_keys::key_id, signing_keys::sealed_private_key))
        .load(connection)
}

/// A signing key as it is shown to the operator.
#[derive(Clone, Debug, Queryable)]
pub struct ListedKey {
    /// The `kid`.
    pub key_id: String,
    /// From when on it signs.
    pub signs_from: Timestamp,
    /// Until when its tokens are accepted; none when no other key takes its place.
    pub verifies_until: Option<Timestamp>,
}

/// All signing keys, newest first.
///
/// # Errors
/// When the statement fails.
pub fn list_signing_keys(connection: &mut DbConnection) -> QueryResult<Vec<ListedKey>> {
    signing_keys::table
        .order((signing_keys::signs_from.desc(), signing_keys::key_id.asc()))
        .select((signing_keys::key_id, signing_keys::signs_from, signing_keys::verifies_until))
        .load(connection)
}

/// The sealed private key of a signing key.
///
/// # Errors
/// When the statement fails.
pub fn sealed_key(connection: &mut DbConnection, key_id: &str) -> QueryResult<Option<Vec<u8>>> {
    signing_keys::table.find(key_id).select(signing_keys::sealed_private_key).first(connection).optional()
}

/// The ID of the key that signs now. When the machine's clock is behind that of the one that made all keys, it is the
/// first of them.
///
/// # Errors
/// When a statement fails.
pub fn current_signing_key(connection: &mut DbConnection, now: Timestamp) -> QueryResult<Option<String>> {
    let counting = signing_keys::table
        .filter(signing_keys::verifies_until.is_null().or(signing_keys::verifies_until.gt(now)))
        .select(signing_keys::key_id);
    let current = counting.filter(signing_keys::signs_from.le(now)).order(signing_keys::signs_from.desc());
    let current: Option<String> = on_either!(connection, either => current.first(either).optional())?;
    match current {
        Some(key_id) => Ok(Some(key_id)),
        None => counting.order(signing_keys::signs_from.asc()).first(connection).optional(),
    }
}

/// The IDs of the keys whose tokens are accepted now or will be.
///
/// # Errors
/// When the statement fails.
pub fn published_signing_keys(connection: &mut DbConnection, now: Timestamp) -> QueryResult<Vec<String>> {
    signing_keys::table
        .filter(signing_keys::verifies_until.is_null().or(signing_keys::verifies_until.gt(now)))
        .order((signing_keys::signs_from.desc(), signing_keys::key_id.asc()))
        .select(signing_keys::key_id)
        .load(connection)
}

/// Inserts a signing key.
///
/// # Errors
/// When the statement fails.
pub fn insert_signing_key(
    connection: &mut DbConnection,
    key_id: &str,
    sealed: &[u8],
    longest_token_seconds: i64,
    now: Timestamp,
    signs_from: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(signing_keys::table)
        .values((
            signing_keys::key_id.eq(key_id),
            signing_keys::sealed_private_key.eq(sealed),
            signing_keys::longest_token_seconds.eq(longest_token_seconds),
            signing_keys::created_at.eq(now),
            signing_keys::signs_from.eq(signs_from),
        ))
        .execute(connection)?;
    Ok(())
}

/// Notes that tokens may live this long, in seconds. A key that signs until another one takes its place is accepted for
/// as long after that.
///
/// # Errors
/// When a statement fails.
pub fn note_token_lifetime(connection: &mut DbConnection, seconds: i64, now: Timestamp) -> QueryResult<()> {
    diesel::update(signing_keys::table.filter(signing_keys::longest_token_seconds.lt(seconds)))
        .set(signing_keys::longest_token_seconds.eq(seconds))
        .execute(connection)?;
    let counting: Vec<(String, Timestamp)> = signing_keys::table
        .filter(signing_keys::verifies_until.is_null().or(signing_keys::verifies_until.gt(now)))
        .order((signing_keys::signs_from.desc(), signing_keys::key_id.asc()))
        .select((signing_keys::key_id, signing_keys::signs_from))
        .load(connection)?;
    for ((_, signs_until), (key_id, _)) in counting.iter().zip(counting.iter().skip(1)) {
        if *signs_until <= now {
            break;
        }
        let until = *signs_until + Duration::seconds(seconds);
        // Asked again here, because another process may have withdrawn it meanwhile.
        let ends_too_early = signing_keys::table
            .filter(signing_keys::key_id.eq(key_id.as_str()))
            .filter(signing_keys::verifies_until.gt(now))
            .filter(signing_keys::verifies_until.lt(until));
        diesel::update(ends_too_early).set(signing_keys::verifies_until.eq(Some(until))).execute(connection)?;
    }
    Ok(())
}

/// The longest lifetime of a token, in seconds.
///
/// # Errors
/// When the statement fails.
pub fn longest_token(connection: &mut DbConnection) -> QueryResult<i64> {
    let longest: Option<i64> = signing_keys::table
        .order(signing_keys::longest_token_seconds.desc())
        .select(signing_keys::longest_token_seconds)
        .first(connection)
        .optional()?;
    Ok(longest.unwrap_or(0))
}

/// Gives the keys that have no successor yet an end.
///
/// # Errors
/// When the statement fails.
pub fn retire_signing_keys(connection: &mut DbConnection, until: Timestamp) -> QueryResult<()> {
    diesel::update(signing_keys::table.filter(signing_keys::verifies_until.is_null()))
        .set(signing_keys::verifies_until.eq(Some(until)))
        .execute(connection)?;
    Ok(())
}

/// Lets no key count any more. Their end is far in the past, so that no instance's clock has to agree.
///
/// # Errors
/// When the statement fails.
pub fn withdraw_signing_keys(connection: &mut DbConnection) -> QueryResult<()> {
    diesel::update(signing_keys::table)
        .set(signing_keys::verifies_until.eq(Some(Timestamp::from(chrono::DateTime::UNIX_EPOCH))))
        .execute(connection)?;
    Ok(())
}

/// Ends a token before its time. `false` when it was ended already, also by somebody else at the same moment.
///
/// # Errors
/// When the statement fails.
pub fn revoke_token(connection: &mut DbConnection, token_id: &str, expires_at: Timestamp) -> QueryResult<bool> {
    let row = (revoked_tokens::token_id.eq(token_id), revoked_tokens::expires_at.eq(expires_at));
    let insert = diesel::insert_into(revoked_tokens::table).values(row).on_conflict_do_nothing();
    let inserted = on_either!(connection, either => insert.execute(either))?;
    Ok(inserted > 0)
}

/// Forgets a slice of the ended tokens whose time has come anyway, and says whether there may be more.
///
/// # Errors
/// When a statement fails.
pub fn prune_revoked_tokens(connection: &mut DbConnection, now: Timestamp) -> QueryResult<bool> {
    let slice: Vec<String> = revoked_tokens::table
        .filter(revoked_tokens::expires_at.le(now))
        .order(revoked_tokens::expires_at.asc())
        .limit(SLICE)
        .select(revoked_tokens::token_id)
        .load(connection)?;
    let more = !slice.is_empty();
    diesel::delete(revoked_tokens::table.filter(revoked_tokens::token_id.eq_any(slice))).execute(connection)?;
    Ok(more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Database, DatabaseUrl};

    #[test]
    fn ended_tokens_are_forgotten_a_slice_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("keyledge.db")), 1).unwrap();
        let now = Timestamp::from_unix_micros(1_795_000_000_000_000).unwrap();
        let revoke = |name: &str, number: i64, expires_at: Timestamp| {
            database
                .write_blocking(|transaction| {
                    for number in 0..number {
                        revoke_token(transaction, &format!("{name} {number}"), expires_at)?;
                    }
                    Ok(())
                })
                .unwrap();
        };
        revoke("old", 2 * SLICE + 1, now);
        revoke("new", 5, now + Duration::seconds(1));
        let rows = || {
            let rows = revoked_tokens::table.count();
            database.read_blocking(|connection| rows.get_result::<i64>(connection)).unwrap()
        };
        let mut left = Vec::new();
        while database.write_blocking(|transaction| prune_revoked_tokens(transaction, now)).unwrap() {
            left.push(rows());
        }
        assert_eq!(left, [SLICE + 6, 6, 5]);
        assert_eq!(rows(), 5);
    }
}
