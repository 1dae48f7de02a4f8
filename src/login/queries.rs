//! The statements on sessions.

use diesel::prelude::*;

use crate::db::schema::sessions;
use crate::db::{DbConnection, SLICE, Timestamp, on_either};
use crate::secret::Digest;

/// A stored session.
#[derive(Clone, Debug, Queryable)]
pub struct Session {
    /// Names it in forms; it opens nothing.
    pub handle: String,
    /// What the session knows, as JSON.
    pub state: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When it was last used, to about a minute.
    pub last_used_at: Timestamp,
    /// The address that it began from.
    pub address: String,
    /// The browser that it began in, as it names itself.
    pub user_agent: Option<String>,
    /// When it ends unless it is used before.
    pub idle_expires_at: Timestamp,
    /// When it ends though it is used.
    pub absolute_expires_at: Timestamp,
}

type SessionColumns = (
    sessions::handle,
    sessions::state,
    sessions::began_at,
    sessions::last_used_at,
    sessions::address,
    sessions::user_agent,
    sessions::idle_expires_at,
    sessions::absolute_expires_at,
);

const SESSION_COLUMNS: SessionColumns = (
    sessions::handle,
    sessions::state,
    sessions::began_at,
    sessions::last_used_at,
    sessions::address,
    sessions::user_agent,
    sessions::idle_expires_at,
    sessions::absolute_expires_at,
);

/// The session behind a key's digest, unless it has ended.
///
/// # Errors
/// When the statement fails.
pub fn find_session(connection: &mut DbConnection, digest: &Digest, now: Timestamp) -> QueryResult<Option<Session>> {
    let query = sessions::table
        .find(digest.as_slice())
        .filter(sessions::idle_expires_at.gt(now))
        .filter(sessions::absolute_expires_at.gt(now))
        .select(SESSION_COLUMNS);
    on_either!(connection, either => query.first(either).optional())
}

/// The sessions of a user that have not ended, the last used first, but for the one behind a key's digest.
///
/// # Errors
/// When the statement fails.
pub fn other_sessions(
    connection: &mut DbConnection,
    user_id: i64,
    own: &Digest,
    now: Timestamp,
) -> QueryResult<Vec<Session>> {
    sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::key_digest.ne(own.as_slice()))
        .filter(sessions::idle_expires_at.gt(now))
        .filter(sessions::absolute_expires_at.gt(now))
        .order((sessions::last_used_at.desc(), sessions::handle))
        .select(SESSION_COLUMNS)
        .load(connection)
}

/// Inserts a session, and removes a slice of those that have ended.
///
/// # Errors
/// When a statement fails.
pub fn insert_session(
    connection: &mut DbConnection,
    digest: &Digest,
    user_id: i64,
    session: &Session,
    now: Timestamp,
) -> QueryResult<()> {
    let ended: Vec<Vec<u8>> = sessions::table
        .filter(sessions::idle_expires_at.le(now))
        .order(sessions::idle_expires_at.asc())
        .limit(SLICE)
        .select(sessions::key_digest)
        .load(connection)?;
    diesel::delete(sessions::table.filter(sessions::key_digest.eq_any(ended))).execute(connection)?;
    diesel::insert_into(sessions::table)
        .values((
            sessions::key_digest.eq(digest.as_slice()),
            sessions::user_id.eq(user_id),
            sessions::handle.eq(session.handle.as_str()),
            sessions::state.eq(session.state.as_str()),
            sessions::began_at.eq(session.began_at),
            sessions::last_used_at.eq(session.last_used_at),
            sessions::address.eq(session.address.as_str()),
            sessions::user_agent.eq(session.user_agent.as_deref()),
            sessions::idle_expires_at.eq(session.idle_expires_at),
            sessions::absolute_expires_at.eq(session.absolute_expires_at),
        ))
        .execute(connection)?;
    Ok(())
}

/// Replaces what a session knows, and notes that it was used. `false` when the session has ended.
///
/// # Errors
/// When the statement fails.
pub fn update_session(
    connection: &mut DbConnection,
    digest: &Digest,
    state: &str,
    idle_expires_at: Timestamp,
    now: Timestamp,
) -> QueryResult<bool> {
    let updated = diesel::update(sessions::table.find(digest.as_slice()))
        .set((sessions::state.eq(state), sessions::idle_expires_at.eq(idle_expires_at), sessions::last_used_at.eq(now)))
        .execute(connection)?;
    Ok(updated > 0)
}

/// Moves the end of an unused session, and notes that it was used.
///
/// # Errors
/// When the statement fails.
pub fn extend_session(
    connection: &mut DbConnection,
    digest: &Digest,
    idle_expires_at: Timestamp,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(sessions::table.find(digest.as_slice()))
        .set((sessions::idle_expires_at.eq(idle_expires_at), sessions::last_used_at.eq(now)))
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

/// Ends all sessions of a user but the one behind a key's digest.
///
/// # Errors
/// When the statement fails.
pub fn delete_other_sessions(connection: &mut DbConnection, user_id: i64, own: &Digest) -> QueryResult<()> {
    let others = sessions::table.filter(sessions::user_id.eq(user_id)).filter(sessions::key_digest.ne(own.as_slice()));
    diesel::delete(others).execute(connection)?;
    Ok(())
}

/// Ends the session of a user that has this handle.
///
/// # Errors
/// When the statement fails.
pub fn delete_session_named(connection: &mut DbConnection, user_id: i64, handle: &str) -> QueryResult<()> {
    let named = sessions::table.filter(sessions::user_id.eq(user_id)).filter(sessions::handle.eq(handle));
    diesel::delete(named).execute(connection)?;
    Ok(())
}
