//! What presented credentials are checked against: the one statement behind the requests of programs. What it has found on
//! SQLite may be remembered for a while ([`super::remembered`]).
//!
//! It is written out because putting it together from its parts took as long as running it, and it stands here because
//! Postgres answers for a whole batch of credentials at once, where SQLite, which is no journey away, is asked for each.

use std::sync::Arc;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{self, Array, BigInt, Binary, Bool, Integer, Nullable, Text};
use diesel::sqlite::Sqlite;

use super::record::and;
use super::{DbConnection, Timestamp};

/// A credential that a program presents.
#[derive(Clone, Debug)]
pub struct Presented {
    /// What it names. Shared with the token, so that what was presented before is recognised without reading it.
    pub named: Arc<Named>,
    /// What decides whether it is looked at; empty where nothing does.
    pub counters: Counters,
    /// Whether a new token is asked for, which a signing key will have to sign.
    pub asks_for_token: bool,
    /// When.
    pub now: Timestamp,
}

/// What a credential names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The API key, by its client ID.
    pub client_id: String,
    /// The key that signed the token which is presented; empty for a client secret.
    pub signing_key: String,
    /// The token's own ID; empty for a client secret.
    pub token_id: String,
}

impl Presented {
    /// Whether both are the same, presented in the same way, whenever that was.
    pub(super) fn is(&self, other: &Self) -> bool {
        let Self { named, counters, asks_for_token, now: _ } = self;
        // Of an `Arc` that both share, what is in it is not compared.
        *named == other.named && *counters == other.counters && *asks_for_token == other.asks_for_token
    }
}

/// Two counters of failed attempts, and how many are too many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// The counter of the address.
    pub by_address: String,
    /// The most failures of the address.
    pub per_address: i32,
    /// The counter of the address and the name.
    pub by_name: String,
    /// The most failures of the address with that name.
    pub per_name: i32,
}

/// What there is about a presented credential. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The key that it names, if there is one.
    pub credential: Option<Arc<Credential>>,
    /// Until when attempts like this one are not looked at.
    pub limited_until: Option<Timestamp>,
    /// The key that signs now, where a token is asked for. When the machine's clock is behind that of the one that made
    /// all signing keys, it is the first of them.
    pub signing_key: Option<String>,
}

/// A key, deleted or not, its owner, and what the owner holds.
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
    pub owner: Arc<Owner>,
    /// The permissions that the owner holds now, through all roles, with spaces between them.
    pub permissions: String,
    /// Whether the signing key of the presented token counts.
    pub signing_key_counts: bool,
    /// Whether the presented token was ended.
    pub token_is_revoked: bool,
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

/// Finds what there is about each of the presented credentials, in their order.
///
/// # Errors
/// When a statement fails.
pub(super) fn find(connection: &mut DbConnection, presented: &[&Presented]) -> QueryResult<Vec<Found>> {
    if presented.is_empty() {
        return Ok(Vec::new());
    }
    match connection {
        DbConnection::Sqlite(sqlite) => presented.iter().map(|presented| find_one(sqlite, presented)).collect(),
        DbConnection::Postgres(postgres) => {
            let rows: Vec<Row> = Many::of(presented).load(postgres)?;
            Ok(rows.into_iter().map(Found::from).collect())
        }
    }
}

/// The same for one of them.
///
/// # Errors
/// When the statement fails.
pub(super) fn find_one(sqlite: &mut SqliteConnection, presented: &Presented) -> QueryResult<Found> {
    One(presented).get_result::<Row>(sqlite).map(Found::from)
}

/// What is found for a row of `asked`, which is joined with `api_keys` and `users`. The signing key is the newest that
/// signs already, or else the one that begins first.
const FOUND: &str = "SELECT api_keys.id, secret_digest, expires_at, deleted_at IS NOT NULL, last_used_at, \
    users.id, subject, username, disabled_at IS NULL, \
    (SELECT string_agg(permission, ' ') FROM user_roles \
    JOIN role_permissions ON role_permissions.role_id = user_roles.role_id WHERE user_roles.user_id = users.id), \
    EXISTS (SELECT 1 FROM signing_keys WHERE key_id = asked.signing_key \
    AND (verifies_until IS NULL OR verifies_until > asked.now)), \
    EXISTS (SELECT 1 FROM revoked_tokens WHERE token_id = asked.token_id), \
    CASE WHEN asked.by_address <> '' THEN \
    (SELECT MAX(window_ends_at) FROM failed_attempts WHERE window_ends_at > asked.now \
    AND (bucket = asked.by_address AND failures >= asked.per_address \
    OR bucket = asked.by_name AND failures >= asked.per_name)) END, \
    CASE WHEN asked.asks_for_token THEN \
    (SELECT key_id FROM signing_keys WHERE verifies_until IS NULL OR verifies_until > asked.now \
    ORDER BY signs_from > asked.now, CASE WHEN signs_from <= asked.now THEN signs_from END DESC, signs_from LIMIT 1) END";

type FoundColumns = (
    Nullable<BigInt>,
    Nullable<Binary>,
    Nullable<sql_types::Timestamp>,
    Bool,
    Nullable<sql_types::Timestamp>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Text>,
    Bool,
    Nullable<Text>,
    Bool,
    Bool,
    Nullable<sql_types::Timestamp>,
    Nullable<Text>,
);

#[derive(Queryable)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns")]
struct Row {
    id: Option<i64>,
    secret_digest: Option<Vec<u8>>,
    expires_at: Option<Timestamp>,
    is_deleted: bool,
    last_used_at: Option<Timestamp>,
    user_id: Option<i64>,
    subject: Option<String>,
    username: Option<String>,
    is_active: bool,
    permissions: Option<String>,
    signing_key_counts: bool,
    token_is_revoked: bool,
    limited_until: Option<Timestamp>,
    signing_key: Option<String>,
}

impl From<Row> for Found {
    fn from(row: Row) -> Self {
        let Row { is_deleted, is_active, signing_key_counts, token_is_revoked, .. } = row;
        let key = row.id.zip(row.expires_at);
        let owner = row.user_id.zip(row.subject).zip(row.username);
        let credential = key.zip(owner).map(|((id, expires_at), ((user_id, subject), username))| {
            Arc::new(Credential {
                id,
                secret_digest: row.secret_digest,
                expires_at,
                is_deleted,
                last_used_at: row.last_used_at,
                owner: Arc::new(Owner { id: user_id, subject, username, is_active }),
                permissions: row.permissions.unwrap_or_default(),
                signing_key_counts,
                token_is_revoked,
            })
        });
        Self { credential, limited_until: row.limited_until, signing_key: row.signing_key }
    }
}

/// The statement for one credential.
struct One<'a>(&'a Presented);

impl Query for One<'_> {
    type SqlType = FoundColumns;
}

impl QueryId for One<'_> {
    type QueryId = One<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<SqliteConnection> for One<'_> {}

impl QueryFragment<Sqlite> for One<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Self(Presented { named, counters, asks_for_token, now }) = self;
        let Named { client_id, signing_key, token_id } = &**named;
        out.push_sql(FOUND);
        out.push_sql(" FROM (SELECT ");
        out.push_bind_param::<Text, _>(client_id)?;
        out.push_sql(" AS client_id");
        and::<_, Text, _>(&mut out, signing_key)?;
        out.push_sql(" AS signing_key");
        and::<_, Text, _>(&mut out, token_id)?;
        out.push_sql(" AS token_id");
        and::<_, Text, _>(&mut out, &counters.by_address)?;
        out.push_sql(" AS by_address");
        and::<_, Integer, _>(&mut out, &counters.per_address)?;
        out.push_sql(" AS per_address");
        and::<_, Text, _>(&mut out, &counters.by_name)?;
        out.push_sql(" AS by_name");
        and::<_, Integer, _>(&mut out, &counters.per_name)?;
        out.push_sql(" AS per_name");
        and::<_, Bool, _>(&mut out, asks_for_token)?;
        out.push_sql(" AS asks_for_token");
        and::<_, sql_types::Timestamp, _>(&mut out, now)?;
        out.push_sql(
            " AS now) AS asked LEFT JOIN api_keys ON api_keys.client_id = asked.client_id \
             LEFT JOIN users ON users.id = api_keys.user_id",
        );
        Ok(())
    }
}

/// The statement for many credentials: a column of `asked` is an array.
struct Many<'a> {
    client_ids: Vec<&'a str>,
    signing_keys: Vec<&'a str>,
    token_ids: Vec<&'a str>,
    by_address: Vec<&'a str>,
    per_address: Vec<i32>,
    by_name: Vec<&'a str>,
    per_name: Vec<i32>,
    ask_for_token: Vec<bool>,
    times: Vec<Timestamp>,
}

impl<'a> Many<'a> {
    fn of(presented: &[&'a Presented]) -> Self {
        fn column<'b, T>(presented: &[&'b Presented], value: impl Fn(&'b Presented) -> T) -> Vec<T> {
            presented.iter().copied().map(value).collect()
        }
        Self {
            client_ids: column(presented, |presented| presented.named.client_id.as_str()),
            signing_keys: column(presented, |presented| presented.named.signing_key.as_str()),
            token_ids: column(presented, |presented| presented.named.token_id.as_str()),
            by_address: column(presented, |presented| presented.counters.by_address.as_str()),
            per_address: column(presented, |presented| presented.counters.per_address),
            by_name: column(presented, |presented| presented.counters.by_name.as_str()),
            per_name: column(presented, |presented| presented.counters.per_name),
            ask_for_token: column(presented, |presented| presented.asks_for_token),
            times: column(presented, |presented| presented.now),
        }
    }
}

impl Query for Many<'_> {
    type SqlType = FoundColumns;
}

impl QueryId for Many<'_> {
    type QueryId = Many<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for Many<'_> {}

impl QueryFragment<Pg> for Many<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(FOUND);
        out.push_sql(" FROM UNNEST(");
        out.push_bind_param::<Array<Text>, _>(&self.client_ids)?;
        and::<_, Array<Text>, _>(&mut out, &self.signing_keys)?;
        and::<_, Array<Text>, _>(&mut out, &self.token_ids)?;
        and::<_, Array<Text>, _>(&mut out, &self.by_address)?;
        and::<_, Array<Integer>, _>(&mut out, &self.per_address)?;
        and::<_, Array<Text>, _>(&mut out, &self.by_name)?;
        and::<_, Array<Integer>, _>(&mut out, &self.per_name)?;
        and::<_, Array<Bool>, _>(&mut out, &self.ask_for_token)?;
        and::<_, Array<sql_types::Timestamp>, _>(&mut out, &self.times)?;
        // LIMIT keeps the planner from reading whole tables because a batch is large.
        out.push_sql(
            ") WITH ORDINALITY AS asked (client_id, signing_key, token_id, by_address, per_address, by_name, per_name, \
             asks_for_token, now, place) \
             LEFT JOIN LATERAL (SELECT * FROM api_keys WHERE api_keys.client_id = asked.client_id LIMIT 1) \
             AS api_keys ON TRUE \
             LEFT JOIN LATERAL (SELECT * FROM users WHERE users.id = api_keys.user_id LIMIT 1) AS users ON TRUE \
             ORDER BY asked.place",
        );
        Ok(())
    }
}
