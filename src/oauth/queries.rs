//! The statements on signing keys and on tokens that were ended.

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::schema::{revoked_tokens, signing_keys};
use crate::db::{DbConnection, Timestamp, on_either};

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

/// Notes that tokens may live this long, in seconds.
///
/// # Errors
/// When the statement fails.
pub fn note_token_lifetime(connection: &mut DbConnection, seconds: i64) -> QueryResult<()> {
    diesel::update(signing_keys::table.filter(signing_keys::longest_token_seconds.lt(seconds)))
        .set(signing_keys::longest_token_seconds.eq(seconds))
        .execute(connection)?;
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

/// Ends a token before its time. `false` when it was ended already.
///
/// # Errors
/// When a statement fails.
pub fn revoke_token(connection: &mut DbConnection, token_id: &str, expires_at: Timestamp) -> QueryResult<bool> {
    let revoked = revoked_tokens::table.find(token_id);
    if diesel::select(exists(revoked)).get_result(connection)? {
        return Ok(false);
    }
    diesel::insert_into(revoked_tokens::table)
        .values((revoked_tokens::token_id.eq(token_id), revoked_tokens::expires_at.eq(expires_at)))
        .execute(connection)?;
    Ok(true)
}

/// Forgets ended tokens whose time has come anyway.
///
/// # Errors
/// When the statement fails.
pub fn prune_revoked_tokens(connection: &mut DbConnection, now: Timestamp) -> QueryResult<()> {
    diesel::delete(revoked_tokens::table.filter(revoked_tokens::expires_at.le(now))).execute(connection)?;
    Ok(())
}
