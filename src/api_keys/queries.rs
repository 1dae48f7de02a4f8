//! The statements on API keys. Whose key it is, is part of every question that a person asks.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::model::{ApiKey, ClientId, Lifetime};
use crate::db::schema::{api_keys, users};
use crate::db::{DbConnection, Timestamp, on_either};
use crate::secret::Digest;
use crate::users::model::User;
use crate::users::queries::USER_COLUMNS;

type ApiKeyColumns = (
    api_keys::id,
    api_keys::client_id,
    api_keys::name,
    api_keys::lifetime_days,
    api_keys::created_at,
    api_keys::expires_at,
    api_keys::last_used_at,
    api_keys::last_used_address,
);

/// The columns of an [`ApiKey`].
pub const API_KEY_COLUMNS: ApiKeyColumns = (
    api_keys::id,
    api_keys::client_id,
    api_keys::name,
    api_keys::lifetime_days,
    api_keys::created_at,
    api_keys::expires_at,
    api_keys::last_used_at,
    api_keys::last_used_address,
);

/// A user's keys, newest first.
///
/// # Errors
/// When the statement fails.
pub fn list_of_user(connection: &mut DbConnection, user_id: i64) -> QueryResult<Vec<ApiKey>> {
    let query = api_keys::table
        .filter(api_keys::user_id.eq(user_id))
        .filter(api_keys::deleted_at.is_null())
        .order(api_keys::id.desc())
        .select(API_KEY_COLUMNS);
    on_either!(connection, either => query.load(either))
}

/// The client IDs and names of all keys that a user ever had, newest first, and whether each was deleted.
///
/// # Errors
/// When the statement fails.
pub fn names_of_user(connection: &mut DbConnection, user_id: i64) -> QueryResult<Vec<(String, Option<String>, bool)>> {
    api_keys::table
        .filter(api_keys::user_id.eq(user_id))
        .order(api_keys::id.desc())
        .select((api_keys::client_id, api_keys::name, api_keys::deleted_at.is_not_null()))
        .load(connection)
}

/// How many keys of each user have not expired; users without any are left out.
///
/// # Errors
/// When the statement fails.
pub fn count_unexpired(
    connection: &mut DbConnection,
    user_ids: &[i64],
    now: Timestamp,
) -> QueryResult<HashMap<i64, i64>> {
    let counts: Vec<(i64, i64)> = api_keys::table
        .filter(api_keys::user_id.eq_any(user_ids))
        .filter(api_keys::deleted_at.is_null())
        .filter(api_keys::expires_at.gt(now))
        .group_by(api_keys::user_id)
        .select((api_keys::user_id, count_star()))
        .load(connection)?;
    Ok(counts.into_iter().collect())
}

/// A user's key by its client ID.
///
/// # Errors
/// When the statement fails.
pub fn find_of_user(connection: &mut DbConnection, user_id: i64, client_id: &str) -> QueryResult<Option<ApiKey>> {
    api_keys::table
        .filter(api_keys::client_id.eq(client_id))
        .filter(api_keys::user_id.eq(user_id))
        .filter(api_keys::deleted_at.is_null())
        .select(API_KEY_COLUMNS)
        .first(connection)
        .optional()
}

/// The same of a key that was deleted.
///
/// # Errors
/// When the statement fails.
pub fn find_deleted_of_user(
    connection: &mut DbConnection,
    user_id: i64,
    client_id: &str,
) -> QueryResult<Option<ApiKey>> {
    api_keys::table
        .filter(api_keys::client_id.eq(client_id))
        .filter(api_keys::user_id.eq(user_id))
        .filter(api_keys::deleted_at.is_not_null())
        .select(API_KEY_COLUMNS)
        .first(connection)
        .optional()
}

/// The key that a form with this nonce has made, and whether it was deleted since.
///
/// # Errors
/// When the statement fails.
pub fn find_by_nonce(connection: &mut DbConnection, nonce: &str) -> QueryResult<Option<MadeByNonce>> {
    api_keys::table
        .filter(api_keys::nonce.eq(nonce))
        .select((api_keys::user_id, api_keys::client_id, api_keys::deleted_at.is_not_null()))
        .first(connection)
        .optional()
}

/// See [`find_by_nonce`].
#[derive(Clone, Debug, Queryable)]
pub struct MadeByNonce {
    /// Who submitted the form.
    pub user_id: i64,
    /// The key that it made.
    pub client_id: String,
    /// Whether the key was deleted since.
    pub deleted: bool,
}

/// The rows of a key, deleted or not, and of its owner.
///
/// # Errors
/// When the statement fails.
pub fn owner_of(connection: &mut DbConnection, client_id: &str) -> QueryResult<Option<(i64, i64)>> {
    api_keys::table
        .filter(api_keys::client_id.eq(client_id))
        .select((api_keys::id, api_keys::user_id))
        .first(connection)
        .optional()
}

/// A key with its owner.
///
/// # Errors
/// When the statement fails.
pub fn find_with_owner(connection: &mut DbConnection, client_id: &str) -> QueryResult<Option<(ApiKey, User)>> {
    api_keys::table
        .inner_join(users::table)
        .filter(api_keys::client_id.eq(client_id))
        .filter(api_keys::deleted_at.is_null())
        .select((API_KEY_COLUMNS, USER_COLUMNS))
        .first(connection)
        .optional()
}

/// What a new key's row holds.
#[derive(Clone, Copy, Debug)]
pub struct NewApiKey<'a> {
    /// The client ID.
    pub client_id: &'a ClientId,
    /// Its owner.
    pub user_id: i64,
    /// SHA-256 of the client secret.
    pub secret_digest: &'a Digest,
    /// The name that its owner gave.
    pub name: Option<&'a str>,
    /// The nonce of the form that makes it.
    pub nonce: &'a str,
    /// How long it lives.
    pub lifetime: Lifetime,
}

/// Inserts a key and returns the key of the row.
///
/// # Errors
/// When the statement fails, also because the nonce was used before.
pub fn insert(connection: &mut DbConnection, key: NewApiKey<'_>, now: Timestamp) -> QueryResult<i64> {
    diesel::insert_into(api_keys::table)
        .values((
            api_keys::client_id.eq(key.client_id.as_str()),
            api_keys::user_id.eq(key.user_id),
            api_keys::secret_digest.eq(Some(key.secret_digest.as_slice())),
            api_keys::name.eq(key.name),
            api_keys::nonce.eq(key.nonce),
            api_keys::lifetime_days.eq(i32::try_from(key.lifetime.days).unwrap_or(i32::MAX)),
            api_keys::created_at.eq(now),
            api_keys::expires_at.eq(key.lifetime.expires_at),
        ))
        .returning(api_keys::id)
        .get_result(connection)
}

/// Deletes a key. `false` when it was deleted already: of two deletes at once, one is told `true`.
///
/// # Errors
/// When the statement fails.
pub fn delete(connection: &mut DbConnection, client_id: &str, now: Timestamp) -> QueryResult<bool> {
    let deleted = diesel::update(
        api_keys::table.filter(api_keys::client_id.eq(client_id)).filter(api_keys::deleted_at.is_null()),
    )
    .set((api_keys::deleted_at.eq(Some(now)), api_keys::secret_digest.eq(None::<Vec<u8>>)))
    .execute(connection)?;
    Ok(deleted > 0)
}
