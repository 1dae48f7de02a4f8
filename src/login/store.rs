//! Keeps the sessions of actix-session in the database.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key};
use actix_web::cookie::time::Duration as CookieDuration;
use chrono::Duration;

use super::queries::{self, Session};
use crate::clock::Clock;
use crate::db::{Database, Timestamp};
use crate::secret::sha256;

/// The entry of a session's state that holds the user's row, as JSON. A session without one is never stored.
pub const USER_ID: &str = "user_id";

/// The end of an unused session is moved when at least this much is gained by it, so that most requests write nothing.
const EXTENSION_STEP: Duration = Duration::seconds(30);

type State = HashMap<String, String>;

/// The store.
#[derive(Clone)]
pub struct DatabaseSessionStore {
    /// Where the sessions are.
    pub database: Database,
    /// What time it is.
    pub clock: Clock,
    /// How long a session lives at the most.
    pub absolute_lifetime: Duration,
}

impl DatabaseSessionStore {
    fn idle_expires_at(&self, ttl: &CookieDuration) -> Timestamp {
        self.clock.now() + Duration::seconds(ttl.whole_seconds())
    }
}

impl SessionStore for DatabaseSessionStore {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let (digest, now) = (sha256(key.as_ref().as_bytes()), self.clock.now());
        let session = self
            .database
            .read(move |connection| queries::find_session(connection, &digest, now))
            .await
            .map_err(|error| LoadError::Other(error.into()))?;
        session
            .map(|session| serde_json::from_str(&session.state))
            .transpose()
            .map_err(|error| LoadError::Deserialization(error.into()))
    }

    async fn save(&self, state: State, ttl: &CookieDuration) -> Result<SessionKey, SaveError> {
        let key = generate_session_key();
        let (digest, now) = (sha256(key.as_ref().as_bytes()), self.clock.now());
        let user_id: i64 = state
            .get(USER_ID)
            .and_then(|user_id| user_id.parse().ok())
            .ok_or_else(|| SaveError::Other(anyhow::anyhow!("a session that belongs to nobody")))?;
        let session = Session {
            state: serde_json::to_string(&state).map_err(|error| SaveError::Serialization(error.into()))?,
            idle_expires_at: self.idle_expires_at(ttl),
        };
        let absolute_expires_at = now + self.absolute_lifetime;
        self.database
            .write(move |connection| {
                queries::insert_session(connection, &digest, user_id, &session, absolute_expires_at, now)
            })
            .await
            .map_err(|error| SaveError::Other(error.into()))?;
        Ok(key)
    }

    /// A session that has ended meanwhile stays ended: the key is given back as it is, and opens nothing.
    async fn update(&self, key: SessionKey, state: State, ttl: &CookieDuration) -> Result<SessionKey, UpdateError> {
        let digest = sha256(key.as_ref().as_bytes());
        let session = Session {
            state: serde_json::to_string(&state).map_err(|error| UpdateError::Serialization(error.into()))?,
            idle_expires_at: self.idle_expires_at(ttl),
        };
        self.database
            .write(move |connection| queries::update_session(connection, &digest, &session))
            .await
            .map_err(|error| UpdateError::Other(error.into()))?;
        Ok(key)
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &CookieDuration) -> Result<(), anyhow::Error> {
        let (digest, now) = (sha256(key.as_ref().as_bytes()), self.clock.now());
        let idle_expires_at = self.idle_expires_at(ttl);
        let session = self.database.read(move |connection| queries::find_session(connection, &digest, now)).await?;
        if session.is_some_and(|session| idle_expires_at - session.idle_expires_at >= EXTENSION_STEP) {
            self.database
                .write(move |connection| queries::extend_session(connection, &digest, idle_expires_at))
                .await?;
        }
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let digest = sha256(key.as_ref().as_bytes());
        self.database.write(move |connection| queries::delete_session(connection, &digest)).await?;
        Ok(())
    }
}
