//! The statements on sessions.

use diesel::prelude::*;

use crate::db::schema::sessions;
use crate::db::{DbConnection, Timestamp, on_either};
use crate::secret::Digest;

/// A stored session.
#[derive(Clone, Debug, Queryable)]
pub struct Session {
    /// What the session knows, as JSON.
    pub state: String,
    /// When it ends unless it is used before.
    pub idle_expires_at: Timestamp,
}

/// The session behind a key's digest, unless it has ended.
///
/// # Errors
/// When the statement fails.
pub fn find_session(connection: &mut DbConnection, digest: &Digest, now: Timestamp) -> QueryResult<Option<Session>> {
    let query = sessions::table
        .find(digest.as_slice())
        .filter(sessions::idle_expires_at.gt(now))
        .filter(sessions::absolute_expires_at.gt(now))
        .select((sessions::state, sessions::idle_expires_at));
    on_either!(connection, either => query.first(either).optional())
}

/// Inserts a session, and removes those that have ended.
///
/// # Errors
/// When a statement fails.
pub fn insert_session(
    connection: &mut DbConnection,
    digest: &Digest,
    user_id: i64,
    session: &Session,
    absolute_expires_at: Timestamp,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::idle_expires_at.le(now))).execute(connection)?;
    diesel::insert_into(sessions::table)
        .values((
            sessions::key_digest.eq(digest.as_slice()),
            sessions::user_id.eq(user_id),
            sessions::state.eq(session.state.as_str()),
            sessions::idle_expires_at.eq(session.idle_expires_at),
            sessions::absolute_expires_at.eq(absolute_expires_at),
        ))
        .execute(connection)?;
    Ok(())
}

/// Replaces what a session knows. `false` when the session has ended.
///
/// # Errors
/// When the statement fails.
pub fn update_session(connection: &mut DbConnection, digest: &Digest, session: &Session) -> QueryResult<bool> {
    let updated = diesel::update(sessions::table.find(digest.as_slice()))
        .set((sessions::state.eq(session.state.as_str()), sessions::idle_expires_at.eq(session.idle_expires_at)))
        .execute(connection)?;
    Ok(updated > 0)
}

/// Moves the end of an unused session.
///
/// # Errors
/// When the statement fails.
pub fn extend_session(connection: &mut DbConnection, digest: &Digest, idle_expires_at: Timestamp) -> QueryResult<()> {
    diesel::update(sessions::table.find(digest.as_slice()))
        .set(sessions::idle_expires_at.eq(idle_expires_at))
        .execute(connection)?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// When the statement fails.
pub fn delete_session(connection: &mut DbConnection, digest: &Digest) -> QueryResult<()> {
    diesel::delete(sessions::table.find(digest.as_slice())).execute(connection)?;
    Ok(())
}

/// Ends all sessions of a user.
///
/// # Errors
/// When the statement fails.
pub fn delete_sessions_of(connection: &mut DbConnection, user_id: i64) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user_id))).execute(connection)?;
    Ok(())
}
