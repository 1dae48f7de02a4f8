//! The uses of keys by day, as they are counted: see [`super::blocks`] for when that is on SQLite.

use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Integer};
use diesel::sqlite::Sqlite;

use super::DbConnection;

/// Whose uses are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsesOf {
    /// Everybody's, and what named no key.
    Everybody,
    /// Those of the keys of a user, deleted ones included.
    User(i64),
    /// Those of one key.
    Key(i64),
}

/// The uses of a key on a day.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct Uses {
    /// The key; 0 for everybody's.
    pub api_key_id: i64,
    /// Days since 1970.
    pub day: i32,
    /// How many were allowed.
    pub allowed: i64,
    /// How many were refused.
    pub refused: i64,
}

/// The uses from a day on, and perhaps a few before it, by key and day. One statement. A key may have several rows of the
/// same day.
///
/// # Errors
/// When it fails.
pub fn uses_since(connection: &mut DbConnection, of: UsesOf, first_day: i32) -> QueryResult<Vec<Uses>> {
    let query = UsesSince { of, first_day };
    match connection {
        DbConnection::Sqlite(sqlite) => query.load(sqlite),
        DbConnection::Postgres(postgres) => query.load(postgres),
    }
}

/// The statement of [`uses_since`]. It is behind every Profile page, so it is written out: its text is one of three, and
/// each is prepared once.
struct UsesSince {
    of: UsesOf,
    first_day: i32,
}

impl UsesSince {
    fn push_counted<'b, DB>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: Backend,
        i64: ToSql<BigInt, DB>,
        i32: ToSql<Integer, DB>,
    {
        out.push_sql("SELECT api_key_id, day, allowed, refused FROM ");
        match &self.of {
            UsesOf::Everybody => out.push_sql("daily_uses WHERE api_key_id = 0"),
            // Joined: for a list of keys SQLite would make a table each time.
            UsesOf::User(user_id) => {
                out.push_sql("api_keys JOIN daily_uses ON api_key_id = api_keys.id WHERE user_id = ");
                out.push_bind_param::<BigInt, _>(user_id)?;
            }
            UsesOf::Key(api_key_id) => {
                out.push_sql("daily_uses WHERE api_key_id = ");
                out.push_bind_param::<BigInt, _>(api_key_id)?;
            }
        }
        out.push_sql(" AND day >= ");
        out.push_bind_param::<Integer, _>(&self.first_day)
    }
}

impl Query for UsesSince {
    type SqlType = (BigInt, Integer, BigInt, BigInt);
}

impl QueryId for UsesSince {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> RunQueryDsl<C> for UsesSince {}

impl QueryFragment<Sqlite> for UsesSince {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.push_counted(&mut out)?;
        // What is not counted yet is little, so it is not asked on which day it was.
        out.push_sql(match self.of {
            UsesOf::Everybody => " UNION ALL SELECT 0",
            UsesOf::User(_) | UsesOf::Key(_) => " UNION ALL SELECT api_key_id",
        });
        out.push_sql(
            ", occurred_at / 86400000000, SUM(reason IS NULL), SUM(reason IS NOT NULL) FROM audit_events \
             WHERE id > (SELECT last_id FROM audit_counted) AND is_use",
        );
        match &self.of {
            UsesOf::Everybody => {}
            UsesOf::User(user_id) => {
                out.push_sql(" AND api_key_id IS NOT NULL AND user_id = ");
                out.push_bind_param::<BigInt, _>(user_id)?;
            }
            UsesOf::Key(api_key_id) => {
                out.push_sql(" AND api_key_id = ");
                out.push_bind_param::<BigInt, _>(api_key_id)?;
            }
        }
        out.push_sql(" GROUP BY 1, 2");
        Ok(())
    }
}

impl QueryFragment<Pg> for UsesSince {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT api_key_id, day, CAST(SUM(allowed) AS BIGINT), CAST(SUM(refused) AS BIGINT) FROM (");
        self.push_counted(&mut out)?;
        out.push_sql(") AS uses GROUP BY api_key_id, day");
        Ok(())
    }
}
