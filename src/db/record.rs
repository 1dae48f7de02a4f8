//! The record on disk: rows of audit events, each linked to the one before by a digest, and the counts kept with them.
//!
//! What the rows mean is [`crate::audit`]'s to say. They are written here because a batch of them is one of the few
//! places where the two databases need different statements.

use std::collections::{BTreeMap, BTreeSet};

use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{self, Array, BigInt, Binary, Bool, HasSqlType, Integer, Nullable, Text};
use diesel::sqlite::Sqlite;
use serde::Deserialize;

use super::schema::audit_writers;
use super::{DbConnection, Timestamp, one_at_a_time};
use crate::secret::{Digest, sha256};

/// An audit event about to be written.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The user in whose record it is.
    pub user_id: Option<i64>,
    /// The key that it was done with or to.
    pub api_key_id: Option<i64>,
    /// The user who did it, where that is somebody else.
    pub actor_id: Option<i64>,
    /// What was done.
    pub action: &'static str,
    /// Why it was refused; none when it was allowed.
    pub reason: Option<&'static str>,
    /// Whether a program presented the key or one of its tokens.
    pub is_use: bool,
    /// The request's method.
    pub method: Option<String>,
    /// The request's path, without its query.
    pub path: Option<String>,
    /// The caller's address.
    pub address: Option<String>,
    /// The caller's `User-Agent`.
    pub user_agent: Option<String>,
    /// What else there is to say.
    pub detail: Option<String>,
    /// Whether the key is to show this as its last use.
    pub is_last_use: bool,
}

#[cfg(test)]
impl Entry {
    /// What an operator did, of nobody's record.
    pub(crate) fn example(action: &'static str) -> Self {
        Self {
            occurred_at: Timestamp::from_unix_micros(1_795_000_000_000_000).unwrap(),
            user_id: None,
            api_key_id: None,
            actor_id: None,
            action,
            reason: None,
            is_use: false,
            method: None,
            path: None,
            address: None,
            user_agent: None,
            detail: None,
            is_last_use: false,
        }
    }
}

/// What this process has recorded since it began.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// How many events, by what was done and whether it was allowed.
    pub events: BTreeMap<(&'static str, bool), u64>,
    /// In how many transactions.
    pub commits: u64,
}

impl Recorded {
    /// Adds a transaction with these events, if any.
    pub(super) fn count(&mut self, entries: &[Entry]) {
        let kind = |entry: &Entry| (entry.action, entry.reason.is_none());
        for alike in entries.chunk_by(|one, next| kind(one) == kind(next)) {
            *self.events.entry(kind(&alike[0])).or_default() += alike.len() as u64;
        }
        self.commits += u64::from(!entries.is_empty());
    }
}

/// The chain of events that this process writes: where it is now.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    writer_id: i64,
    sequence: i64,
    digest: Digest,
}

impl Chain {
    /// Begins a chain after the one that was begun last.
    pub(super) fn begin(connection: &mut DbConnection, now: Timestamp) -> QueryResult<Self> {
        one_at_a_time(connection, "chain")?;
        let last =
            audit_writers::table.order(audit_writers::id.desc()).select((audit_writers::id, audit_writers::genesis));
        let last: Option<(i64, Vec<u8>)> = last.first(connection).optional()?;
        let (last_id, last_genesis) = last.unwrap_or_else(|| (0, vec![0; 32]));
        let writer_id = last_id + 1;
        let genesis = genesis(&last_genesis, writer_id, now);
        diesel::insert_into(audit_writers::table)
            .values((
                audit_writers::id.eq(writer_id),
                audit_writers::started_at.eq(now),
                audit_writers::genesis.eq(genesis.as_slice()),
            ))
            .execute(connection)?;
        Ok(Self { writer_id, sequence: 0, digest: genesis })
    }

    /// Where the chain is.
    pub(super) fn head(&self) -> Head {
        Head { writer_id: self.writer_id, sequence: self.sequence, digest: self.digest }
    }

    fn link(&mut self, entry: &Entry) -> Head {
        self.sequence += 1;
        self.digest = digest(
            &self.digest,
            &Columns {
                writer_id: self.writer_id,
                sequence: self.sequence,
                occurred_at: entry.occurred_at.unix_micros(),
                user_id: entry.user_id,
                api_key_id: entry.api_key_id,
                actor_id: entry.actor_id,
                action: entry.action,
                reason: entry.reason,
                is_use: entry.is_use,
                method: entry.method.as_deref(),
                path: entry.path.as_deref(),
                address: entry.address.as_deref(),
                user_agent: entry.user_agent.as_deref(),
                detail: entry.detail.as_deref(),
            },
        );
        self.head()
    }
}

/// The newest event of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The chain.
    pub writer_id: i64,
    /// The event's place in it, from 1 on; 0 for the genesis of a chain without events.
    pub sequence: i64,
    /// The event's digest.
    pub digest: Digest,
}

/// What an event's digest covers: its columns in the order of the table, without `id` and `digest`.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "they are the columns of audit_events, which the migration describes")]
pub struct Columns<'a> {
    pub writer_id: i64,
    pub sequence: i64,
    pub occurred_at: i64,
    pub user_id: Option<i64>,
    pub api_key_id: Option<i64>,
    pub actor_id: Option<i64>,
    pub action: &'a str,
    pub reason: Option<&'a str>,
    pub is_use: bool,
    pub method: Option<&'a str>,
    pub path: Option<&'a str>,
    pub address: Option<&'a str>,
    pub user_agent: Option<&'a str>,
    pub detail: Option<&'a str>,
}

/// An event with all its columns, in their order, from the database or from a line of an
/// [export](crate::audit::export::ExportedEvent).
#[derive(Debug, Queryable, Deserialize)]
#[expect(missing_docs, reason = "they are the columns of audit_events, which the migration describes")]
pub struct StoredEvent {
    pub id: i64,
    pub writer_id: i64,
    pub sequence: i64,
    pub occurred_at: i64,
    pub user_id: Option<i64>,
    pub api_key_id: Option<i64>,
    pub actor_id: Option<i64>,
    pub action: String,
    pub reason: Option<String>,
    pub is_use: bool,
    pub method: Option<String>,
    pub path: Option<String>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub detail: Option<String>,
    #[serde(with = "hex::serde")]
    pub digest: Vec<u8>,
}

impl StoredEvent {
    /// What its digest covers.
    #[must_use]
    pub fn columns(&self) -> Columns<'_> {
        Columns {
            writer_id: self.writer_id,
            sequence: self.sequence,
            occurred_at: self.occurred_at,
            user_id: self.user_id,
            api_key_id: self.api_key_id,
            actor_id: self.actor_id,
            action: &self.action,
            reason: self.reason.as_deref(),
            is_use: self.is_use,
            method: self.method.as_deref(),
            path: self.path.as_deref(),
            address: self.address.as_deref(),
            user_agent: self.user_agent.as_deref(),
            detail: self.detail.as_deref(),
        }
    }
}

/// What the first event of a chain joins on to: SHA-256 over the genesis of the chain that was begun before it (32 zero
/// bytes for the first one), the chain's number and when it was begun, in microseconds since 1970; the two written as
/// [`digest`] writes columns.
#[must_use]
pub fn genesis(before: &[u8], writer_id: i64, started_at: Timestamp) -> Digest {
    let mut text = before.to_vec();
    let mut buffer = itoa::Buffer::new();
    add(&mut text, Some(buffer.format(writer_id)));
    add(&mut text, Some(buffer.format(started_at.unix_micros())));
    sha256(&text)
}

/// SHA-256 over the digest of the event before (32 bytes) and this event's [`Columns`]. Each column is its length in bytes
/// as 32 bits, big-endian, and its text: numbers in decimal, truth as `1` or `0`. A null is the length `ffffffff` and
/// nothing more.
#[must_use]
pub fn digest(before: &Digest, event: &Columns<'_>) -> Digest {
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(before);
    let mut buffer = itoa::Buffer::new();
    for number in [
        Some(event.writer_id),
        Some(event.sequence),
        Some(event.occurred_at),
        event.user_id,
        event.api_key_id,
        event.actor_id,
    ] {
        add(&mut text, number.map(|number| buffer.format(number)));
    }
    for column in [
        Some(event.action),
        event.reason,
        Some(if event.is_use { "1" } else { "0" }),
        event.method,
        event.path,
        event.address,
        event.user_agent,
        event.detail,
    ] {
        add(&mut text, column);
    }
    sha256(&text)
}

fn add(text: &mut Vec<u8>, column: Option<&str>) {
    let length = column.map_or(u32::MAX, |column| u32::try_from(column.len()).unwrap_or(u32::MAX - 1));
    text.extend_from_slice(&length.to_be_bytes());
    text.extend_from_slice(column.unwrap_or_default().as_bytes());
}

/// Appends events to the chain. On Postgres with the counts that belong to them; for SQLite see [`super::blocks`].
pub(super) fn append(connection: &mut DbConnection, chain: &mut Chain, entries: &[Entry]) -> QueryResult<()> {
    match connection {
        DbConnection::Sqlite(sqlite) => {
            let rows: Vec<SqliteRow<'_>> =
                entries.iter().map(|entry| SqliteRow::of(chain.link(entry), entry)).collect();
            insert(sqlite, &rows)?;
            for (api_key_id, entry) in last_uses(entries) {
                LastUse { api_key_id, at: entry.occurred_at, address: entry.address.as_deref() }.execute(sqlite)?;
            }
        }
        DbConnection::Postgres(postgres) => {
            let links: Vec<Head> = entries.iter().map(|entry| chain.link(entry)).collect();
            Appended {
                counts: Counts::of(entries, chain.writer_id),
                last_uses: LastUses::of(&last_uses(entries)),
                rows: Rows::of(entries, &links),
            }
            .execute(postgres)?;
        }
    }
    Ok(())
}

/// The newest use that each key is to show.
fn last_uses(entries: &[Entry]) -> BTreeMap<i64, &Entry> {
    let shown = entries.iter().filter(|entry| entry.is_last_use);
    shown.filter_map(|entry| entry.api_key_id.map(|api_key_id| (api_key_id, entry))).collect()
}

/// All that there is to append on Postgres, in one statement: it is one journey to the server, and may be a transaction of
/// its own.
struct Appended<'a> {
    counts: Counts,
    last_uses: LastUses<'a>,
    rows: Rows<'a>,
}

impl QueryId for Appended<'_> {
    type QueryId = Appended<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for Appended<'_> {}

impl QueryFragment<Pg> for Appended<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH ");
        self.counts.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        self.last_uses.walk_ast(out.reborrow())?;
        out.push_sql(" ");
        self.rows.walk_ast(out)
    }
}

/// A row as it is bound on SQLite.
struct SqliteRow<'a> {
    link: Head,
    occurred_at: i64,
    entry: &'a Entry,
}

impl<'a> SqliteRow<'a> {
    fn of(link: Head, entry: &'a Entry) -> Self {
        Self { link, occurred_at: entry.occurred_at.unix_micros(), entry }
    }
}

/// Inserts rows by statements for 16, 4 or 1 of them: each is prepared once, and most of what a row costs is what a
/// statement costs.
fn insert(sqlite: &mut SqliteConnection, rows: &[SqliteRow<'_>]) -> QueryResult<()> {
    let (sixteens, rest) = rows.as_chunks::<16>();
    let (fours, ones) = rest.as_chunks::<4>();
    for rows in sixteens {
        SqliteRows(rows).execute(sqlite)?;
    }
    for rows in fours {
        SqliteRows(rows).execute(sqlite)?;
    }
    for row in ones {
        SqliteRows(std::array::from_ref(row)).execute(sqlite)?;
    }
    Ok(())
}

/// A number of events in one statement.
struct SqliteRows<'a, const ROWS: usize>(&'a [SqliteRow<'a>; ROWS]);

impl<const ROWS: usize> QueryId for SqliteRows<'_, ROWS> {
    type QueryId = SqliteRows<'static, ROWS>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<const ROWS: usize> RunQueryDsl<SqliteConnection> for SqliteRows<'_, ROWS> {}

impl<const ROWS: usize> QueryFragment<Sqlite> for SqliteRows<'_, ROWS> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(INSERT_EVENTS);
        out.push_sql(" VALUES (");
        for (number, SqliteRow { link, occurred_at, entry }) in self.0.iter().enumerate() {
            if number > 0 {
                out.push_sql("), (");
            }
            out.push_bind_param::<BigInt, _>(&link.writer_id)?;
            and::<_, BigInt, _>(&mut out, &link.sequence)?;
            and::<_, BigInt, _>(&mut out, occurred_at)?;
            and::<_, Nullable<BigInt>, _>(&mut out, &entry.user_id)?;
            and::<_, Nullable<BigInt>, _>(&mut out, &entry.api_key_id)?;
            and::<_, Nullable<BigInt>, _>(&mut out, &entry.actor_id)?;
            and::<_, Text, _>(&mut out, entry.action)?;
            and::<_, Nullable<Text>, _>(&mut out, &entry.reason)?;
            and::<_, Bool, _>(&mut out, &entry.is_use)?;
            and::<_, Nullable<Text>, _>(&mut out, &entry.method)?;
            and::<_, Nullable<Text>, _>(&mut out, &entry.path)?;
            and::<_, Nullable<Text>, _>(&mut out, &entry.address)?;
            and::<_, Nullable<Text>, _>(&mut out, &entry.user_agent)?;
            and::<_, Nullable<Text>, _>(&mut out, &entry.detail)?;
            and::<_, Binary, _>(&mut out, link.digest.as_slice())?;
        }
        out.push_sql(")");
        Ok(())
    }
}

const INSERT_EVENTS: &str = "INSERT INTO audit_events (writer_id, sequence, occurred_at, user_id, api_key_id, actor_id, \
    action, reason, is_use, method, path, address, user_agent, detail, digest)";

/// The newest use of a key; Diesel's own update would be written out and parsed each time.
struct LastUse<'a> {
    api_key_id: i64,
    at: Timestamp,
    address: Option<&'a str>,
}

impl QueryId for LastUse<'_> {
    type QueryId = LastUse<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<SqliteConnection> for LastUse<'_> {}

impl QueryFragment<Sqlite> for LastUse<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("UPDATE api_keys SET last_used_at = ");
        out.push_bind_param::<sql_types::Timestamp, _>(&self.at)?;
        out.push_sql(", last_used_address = ");
        out.push_bind_param::<Nullable<Text>, _>(&self.address)?;
        out.push_sql(" WHERE id = ");
        out.push_bind_param::<BigInt, _>(&self.api_key_id)
    }
}

/// The newest uses of many keys. A row that another process is changing just now is left to it, so that no two can wait for
/// each other.
struct LastUses<'a> {
    api_key_ids: Vec<i64>,
    times: Vec<Timestamp>,
    addresses: Vec<Option<&'a str>>,
}

impl<'a> LastUses<'a> {
    fn of(last_uses: &BTreeMap<i64, &'a Entry>) -> Self {
        Self {
            api_key_ids: last_uses.keys().copied().collect(),
            times: last_uses.values().map(|entry| entry.occurred_at).collect(),
            addresses: last_uses.values().map(|entry| entry.address.as_deref()).collect(),
        }
    }
}

impl QueryFragment<Pg> for LastUses<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("used AS (SELECT * FROM UNNEST(");
        out.push_bind_param::<Array<BigInt>, _>(&self.api_key_ids)?;
        and::<_, Array<sql_types::Timestamp>, _>(&mut out, &self.times)?;
        and::<_, Array<Nullable<Text>>, _>(&mut out, &self.addresses)?;
        out.push_sql(
            ") AS used (id, at, address)), \
             free AS (SELECT id FROM api_keys WHERE id IN (SELECT id FROM used) FOR NO KEY UPDATE SKIP LOCKED), \
             shown AS (UPDATE api_keys SET last_used_at = used.at, last_used_address = used.address \
             FROM used JOIN free ON free.id = used.id WHERE api_keys.id = free.id)",
        );
        Ok(())
    }
}

/// Many events: a column is an array, so that the statement is the same for any number of rows and is prepared once.
struct Rows<'a> {
    writer_ids: Vec<i64>,
    sequences: Vec<i64>,
    times: Vec<i64>,
    user_ids: Vec<Option<i64>>,
    api_key_ids: Vec<Option<i64>>,
    actor_ids: Vec<Option<i64>>,
    actions: Vec<&'a str>,
    reasons: Vec<Option<&'a str>>,
    uses: Vec<bool>,
    methods: Vec<Option<&'a str>>,
    paths: Vec<Option<&'a str>>,
    addresses: Vec<Option<&'a str>>,
    user_agents: Vec<Option<&'a str>>,
    details: Vec<Option<&'a str>>,
    digests: Vec<Vec<u8>>,
}

impl<'a> Rows<'a> {
    fn of(entries: &'a [Entry], links: &[Head]) -> Self {
        fn column<'b, R, T>(rows: &'b [R], value: impl Fn(&'b R) -> T) -> Vec<T> {
            rows.iter().map(value).collect()
        }
        Self {
            writer_ids: column(links, |link| link.writer_id),
            sequences: column(links, |link| link.sequence),
            times: column(entries, |entry| entry.occurred_at.unix_micros()),
            user_ids: column(entries, |entry| entry.user_id),
            api_key_ids: column(entries, |entry| entry.api_key_id),
            actor_ids: column(entries, |entry| entry.actor_id),
            actions: column(entries, |entry| entry.action),
            reasons: column(entries, |entry| entry.reason),
            uses: column(entries, |entry| entry.is_use),
            methods: column(entries, |entry| entry.method.as_deref()),
            paths: column(entries, |entry| entry.path.as_deref()),
            addresses: column(entries, |entry| entry.address.as_deref()),
            user_agents: column(entries, |entry| entry.user_agent.as_deref()),
            details: column(entries, |entry| entry.detail.as_deref()),
            digests: column(links, |link| link.digest.to_vec()),
        }
    }
}

impl QueryFragment<Pg> for Rows<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(INSERT_EVENTS);
        out.push_sql(" SELECT * FROM UNNEST(");
        out.push_bind_param::<Array<BigInt>, _>(&self.writer_ids)?;
        and::<_, Array<BigInt>, _>(&mut out, &self.sequences)?;
        and::<_, Array<BigInt>, _>(&mut out, &self.times)?;
        and::<_, Array<Nullable<BigInt>>, _>(&mut out, &self.user_ids)?;
        and::<_, Array<Nullable<BigInt>>, _>(&mut out, &self.api_key_ids)?;
        and::<_, Array<Nullable<BigInt>>, _>(&mut out, &self.actor_ids)?;
        and::<_, Array<Text>, _>(&mut out, &self.actions)?;
        and::<_, Array<Nullable<Text>>, _>(&mut out, &self.reasons)?;
        and::<_, Array<Bool>, _>(&mut out, &self.uses)?;
        and::<_, Array<Nullable<Text>>, _>(&mut out, &self.methods)?;
        and::<_, Array<Nullable<Text>>, _>(&mut out, &self.paths)?;
        and::<_, Array<Nullable<Text>>, _>(&mut out, &self.addresses)?;
        and::<_, Array<Nullable<Text>>, _>(&mut out, &self.user_agents)?;
        and::<_, Array<Nullable<Text>>, _>(&mut out, &self.details)?;
        and::<_, Array<Binary>, _>(&mut out, &self.digests)?;
        out.push_sql(")");
        Ok(())
    }
}

/// Uses of a batch, counted by day and key in the order of the table's key; key 0 counts all of them.
#[derive(Default)]
struct Counts {
    days: Vec<i32>,
    api_key_ids: Vec<i64>,
    writer_ids: Vec<i64>,
    allowed: Vec<i64>,
    refused: Vec<i64>,
}

impl Counts {
    fn of(entries: &[Entry], writer_id: i64) -> Self {
        let mut by_day_and_key = BTreeMap::<(i32, i64), (i64, i64)>::new();
        for entry in entries.iter().filter(|entry| entry.is_use) {
            for api_key_id in BTreeSet::from([0, entry.api_key_id.unwrap_or(0)]) {
                let (allowed, refused) = by_day_and_key.entry((entry.occurred_at.unix_day(), api_key_id)).or_default();
                *if entry.reason.is_none() { allowed } else { refused } += 1;
            }
        }
        let mut counts = Self::default();
        for ((day, api_key_id), (allowed, refused)) in by_day_and_key {
            counts.days.push(day);
            counts.api_key_ids.push(api_key_id);
            counts.writer_ids.push(writer_id);
            counts.allowed.push(allowed);
            counts.refused.push(refused);
        }
        counts
    }
}

impl QueryFragment<Pg> for Counts {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "counted AS (INSERT INTO daily_uses (day, api_key_id, writer_id, allowed, refused) SELECT * FROM UNNEST(",
        );
        out.push_bind_param::<Array<Integer>, _>(&self.days)?;
        and::<_, Array<BigInt>, _>(&mut out, &self.api_key_ids)?;
        and::<_, Array<BigInt>, _>(&mut out, &self.writer_ids)?;
        and::<_, Array<BigInt>, _>(&mut out, &self.allowed)?;
        and::<_, Array<BigInt>, _>(&mut out, &self.refused)?;
        out.push_sql(
            ") ON CONFLICT (day, api_key_id, writer_id) DO UPDATE SET \
             allowed = daily_uses.allowed + excluded.allowed, refused = daily_uses.refused + excluded.refused)",
        );
        Ok(())
    }
}

/// A further parameter of a list.
pub(super) fn and<'b, DB, ST, T>(out: &mut AstPass<'_, 'b, DB>, value: &'b T) -> QueryResult<()>
where
    DB: Backend + HasSqlType<ST>,
    T: ToSql<ST, DB> + ?Sized,
{
    out.push_sql(", ");
    out.push_bind_param::<ST, T>(value)
}
