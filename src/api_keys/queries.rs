//! The statements on API keys. Whose key it is, is part of every question that a person asks.

use std::collections::BTreeSet;

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{self, BigInt, Binary, Bool, Nullable, Text};

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
);

const API_KEY_COLUMNS: ApiKeyColumns = (
    api_keys::id,
    api_keys::client_id,
    api_keys::name,
    api_keys::lifetime_days,
    api_keys::created_at,
    api_keys::expires_at,
    api_keys::last_used_at,
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

/// Every key with its owner, by username and newest first; only those of `username` when given.
///
/// # Errors
/// When the statement fails.
pub fn list_with_owners(connection: &mut DbConnection, username: Option<&str>) -> QueryResult<Vec<(ApiKey, User)>> {
    let mut keys = api_keys::table
        .inner_join(users::table)
        .filter(api_keys::deleted_at.is_null())
        .order((users::username.asc(), api_keys::id.desc()))
        .select((API_KEY_COLUMNS, USER_COLUMNS))
        .into_boxed();
    if let Some(username) = username {
        keys = keys.filter(users::username.eq(username));
    }
    keys.load(connection)
}

/// Keys with their owners, newest first: those of one user or of all, from before a [`place`] on.
///
/// # Errors
/// When the statement fails.
pub fn page(
    connection: &mut DbConnection,
    user_id: Option<i64>,
    before: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<(ApiKey, User)>> {
    let mut keys = api_keys::table
        .inner_join(users::table)
        .filter(api_keys::deleted_at.is_null())
        .order(api_keys::id.desc())
        .limit(limit)
        .select((API_KEY_COLUMNS, USER_COLUMNS))
        .into_boxed();
    if let Some(user_id) = user_id {
        keys = keys.filter(api_keys::user_id.eq(user_id));
    }
    if let Some(before) = before {
        keys = keys.filter(api_keys::id.lt(before));
    }
    keys.load(connection)
}

/// The place of a key, deleted or not, among all keys.
///
/// # Errors
/// When the statement fails.
pub fn place(connection: &mut DbConnection, client_id: &str) -> QueryResult<Option<i64>> {
    Ok(owner_of(connection, client_id)?.map(|(id, _)| id))
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

/// What a presented credential is checked against: the key, deleted or not, its owner, and what the owner holds.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The key of the row.
    pub id: i64,
    /// SHA-256 of the client secret; none once the key is deleted.
    pub secret_digest: Option<Vec<u8>>,
    /// From when on the key cannot be used.
    pub expires_at: Timestamp,
    /// Whether the key was deleted.
    pub is_deleted: bool,
    /// When its row shows it as last used.
    pub last_used_at: Option<Timestamp>,
    /// The owner.
    pub owner: Owner,
    /// The permissions that the owner holds now, through all roles.
    pub permissions: BTreeSet<String>,
    /// Whether the signing key of the presented token counts.
    pub signing_key_counts: bool,
    /// Whether the presented token was ended.
    pub token_is_revoked: bool,
}

/// The token that is presented for a key.
#[derive(Clone, Copy, Debug)]
pub struct PresentedToken<'a> {
    /// The key that signed it.
    pub signing_key: &'a str,
    /// Its own ID.
    pub token_id: &'a str,
}

/// What a check has to know of a key's owner.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The key of the row.
    pub id: i64,
    /// The immutable random ID.
    pub subject: String,
    /// The name to sign in with.
    pub username: String,
    /// Whether the owner may use keys.
    pub is_active: bool,
}

/// Looks up a presented client ID, and the token that is presented for it. One statement, so that all of it is of the
/// same moment.
///
/// # Errors
/// When the statement fails.
pub fn find_credential(
    connection: &mut DbConnection,
    client_id: &ClientId,
    token: Option<PresentedToken<'_>>,
    now: Timestamp,
) -> QueryResult<Option<Credential>> {
    let PresentedToken { signing_key, token_id } = token.unwrap_or(PresentedToken { signing_key: "", token_id: "" });
    let query = FindCredential { client_id: client_id.as_str(), signing_key, token_id, now };
    let row: Option<CredentialRow> = on_either!(connection, either => query.get_result(either).optional())?;
    Ok(row.map(Credential::from))
}

/// The statement of [`find_credential`]. It is behind every request of a program, so it is written out: putting it
/// together from its parts took as long as running it, and a row for each permission as long again.
struct FindCredential<'a> {
    client_id: &'a str,
    signing_key: &'a str,
    token_id: &'a str,
    now: Timestamp,
}

/// Its columns, in their order.
type CredentialColumns = (
    BigInt,
    Nullable<Binary>,
    sql_types::Timestamp,
    Bool,
    Nullable<sql_types::Timestamp>,
    BigInt,
    Text,
    Text,
    Bool,
    Nullable<Text>,
    Bool,
    Bool,
);

#[derive(Queryable)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns")]
struct CredentialRow {
    id: i64,
    secret_digest: Option<Vec<u8>>,
    expires_at: Timestamp,
    is_deleted: bool,
    last_used_at: Option<Timestamp>,
    user_id: i64,
    subject: String,
    username: String,
    is_active: bool,
    permissions: Option<String>,
    signing_key_counts: bool,
    token_is_revoked: bool,
}

impl From<CredentialRow> for Credential {
    fn from(row: CredentialRow) -> Self {
        let permissions = row.permissions.as_deref().unwrap_or_default();
        Self {
            id: row.id,
            secret_digest: row.secret_digest,
            expires_at: row.expires_at,
            is_deleted: row.is_deleted,
            last_used_at: row.last_used_at,
            owner: Owner { id: row.user_id, subject: row.subject, username: row.username, is_active: row.is_active },
            permissions: permissions.split_ascii_whitespace().map(str::to_owned).collect(),
            signing_key_counts: row.signing_key_counts,
            token_is_revoked: row.token_is_revoked,
        }
    }
}

impl Query for FindCredential<'_> {
    type SqlType = CredentialColumns;
}

impl QueryId for FindCredential<'_> {
    type QueryId = FindCredential<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<C> RunQueryDsl<C> for FindCredential<'_> {}

impl<DB> QueryFragment<DB> for FindCredential<'_>
where
    DB: Backend,
    str: ToSql<Text, DB>,
    Timestamp: ToSql<sql_types::Timestamp, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(
            "SELECT api_keys.id, secret_digest, expires_at, deleted_at IS NOT NULL, last_used_at, \
             users.id, subject, username, disabled_at IS NULL, \
             (SELECT string_agg(permission, ' ') FROM user_roles \
             JOIN role_permissions ON role_permissions.role_id = user_roles.role_id \
             WHERE user_roles.user_id = users.id), \
             EXISTS (SELECT 1 FROM signing_keys WHERE key_id = ",
        );
        out.push_bind_param::<Text, str>(self.signing_key)?;
        out.push_sql(" AND (verifies_until IS NULL OR verifies_until > ");
        out.push_bind_param::<sql_types::Timestamp, _>(&self.now)?;
        out.push_sql(")), EXISTS (SELECT 1 FROM revoked_tokens WHERE token_id = ");
        out.push_bind_param::<Text, str>(self.token_id)?;
        out.push_sql(") FROM api_keys JOIN users ON users.id = api_keys.user_id WHERE client_id = ");
        out.push_bind_param::<Text, str>(self.client_id)
    }
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
