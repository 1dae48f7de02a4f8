//! The statements on signing keys.

use diesel::prelude::*;

use crate::db::schema::signing_keys;
use crate::db::{DbConnection, Timestamp};

/// All signing keys as their ID and the sealed private key, the one that signs first.
///
/// # Errors
/// When the statement fails.
pub fn signing_keys(connection: &mut DbConnection) -> QueryResult<Vec<(String, Vec<u8>)>> {
    signing_keys::table
        .order((signing_keys::created_at.asc(), signing_keys::key_id.asc()))
        .select((signing_keys::key_id, signing_keys::sealed_private_key))
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
    now: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(signing_keys::table)
        .values((
            signing_keys::key_id.eq(key_id),
            signing_keys::sealed_private_key.eq(sealed),
            signing_keys::created_at.eq(now),
        ))
        .execute(connection)?;
    Ok(())
}
