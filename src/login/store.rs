//! Keeps the sessions of actix-session in the database.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key};
use actix_web::cookie::time::Duration as CookieDuration;
use chrono::Duration;
use serde::de::DeserializeOwned;

use super::actions::record;
use super::model::Beginning;
use super::queries::{self, Session};
use crate::audit::model::{Action, Outcome, Source};
use crate::clock::Clock;
use crate::db::{Database, Error, Timestamp};
use crate::secret::{Digest, random_base62, sha256};
use crate::users::queries::note_sign_in;

/// The entry of a session's state that holds the user's row. A session without one is never stored.
pub const USER_ID: &str = "user_id";

/// The entry that holds the user's session epoch at the sign-in.
pub const SESSION_EPOCH: &str = "session_epoch";

/// The entry that a sign-in leaves for [`DatabaseSessionStore::save`], which records it together with the session: where
/// it came from. It is stored only as how the session began.
pub const SIGNED_IN_FROM: &str = "signed_in_from";

/// The entry that holds what the session is stored under, so that it can be ended. It is not stored.
pub const KEY_DIGEST: &str = "key_digest";

/// The entry that holds how the session began, for one that goes on under a new key. It is stored apart from the state.
const BEGINNING: &str = "beginning";

/// What is added to the state when it is loaded, and taken from it before it is stored.
const NOT_STORED: [&str; 3] = [KEY_DIGEST, BEGINNING, SIGNED_IN_FROM];

/// The end of an unused session is moved, and its use noted, when at least this much is gained by it, so that most
/// requests write nothing.
const EXTENSION_STEP: Duration = Duration::minutes(1);

/// Or this part of the idle lifetime, where that is short.
const EXTENSION_PART: i32 = 10;

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
    /// How long a session lives from a request on; none where requests do not prolong it.
    pub idle_lifetime: Option<Duration>,
}

impl DatabaseSessionStore {
    fn idle_expires_at(&self, ttl: &CookieDuration) -> Timestamp {
        self.clock.now() + Duration::seconds(ttl.whole_seconds())
    }

    async fn prolong(&self, session: &Session, digest: Digest, now: Timestamp) -> Result<(), Error> {
        let Some(idle_lifetime) = self.idle_lifetime else { return Ok(()) };
        let idle_expires_at = now + idle_lifetime;
        if idle_expires_at - session.idle_expires_at < EXTENSION_STEP.min(idle_lifetime / EXTENSION_PART) {
            return Ok(());
        }
        self.database.write(move |connection| queries::extend_session(connection, &digest, idle_expires_at, now)).await
    }
}

impl SessionStore for DatabaseSessionStore {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let (digest, now) = (sha256(key.as_ref().as_bytes()), self.clock.now());
        let found = self.database.look_up(move |connection| queries::find_session(connection, &digest, now)).await;
        let Some(session) = found.map_err(|error| LoadError::Other(error.into()))? else { return Ok(None) };
        if let Err(error) = self.prolong(&session, digest, now).await {
            // What is asked for may be done without writing, or says itself that it cannot be written.
            tracing::warn!("a session was not prolonged: {error}");
        }
        let mut state: State = serde_json::from_str(&session.state).map_err(deserialization)?;
        state.insert(KEY_DIGEST.to_owned(), serde_json::to_string(&digest).map_err(deserialization)?);
        if let Ok(address) = session.address.parse() {
            let beginning = Beginning { at: session.began_at.utc(), address, user_agent: session.user_agent };
            state.insert(BEGINNING.to_owned(), serde_json::to_string(&beginning).map_err(deserialization)?);
        }
        Ok(Some(state))
    }

    async fn save(&self, state: State, ttl: &CookieDuration) -> Result<SessionKey, SaveError> {
        let key = generate_session_key();
        let (digest, now) = (sha256(key.as_ref().as_bytes()), self.clock.now());
        let user_id: i64 = entry(&state, USER_ID)
            .map_err(SaveError::Serialization)?
            .ok_or_else(|| SaveError::Other(anyhow::anyhow!("a session that belongs to nobody")))?;
        let signed_in_from: Option<Source> = entry(&state, SIGNED_IN_FROM).map_err(SaveError::Serialization)?;
        let beginning = match &signed_in_from {
            Some(Source { address, user_agent, .. }) => {
                Beginning { at: now.utc(), address: *address, user_agent: user_agent.clone() }
            }
            None => entry(&state, BEGINNING)
                .map_err(SaveError::Serialization)?
                .ok_or_else(|| SaveError::Other(anyhow::anyhow!("a session that began nowhere")))?,
        };
        let began_at = Timestamp::from(beginning.at);
        let session = Session {
            handle: random_base62::<16>(&mut rand::rng(), 22),
            state: stored(state).map_err(SaveError::Serialization)?,
            began_at,
            last_used_at: now,
            address: beginning.address.to_string(),
            user_agent: beginning.user_agent,
            idle_expires_at: self.idle_expires_at(ttl),
            absolute_expires_at: began_at + self.absolute_lifetime,
        };
        self.database
            .write(move |connection| {
                queries::insert_session(connection, &digest, user_id, &session, now)?;
                if let Some(source) = signed_in_from {
                    note_sign_in(connection, user_id, now)?;
                    record(connection, Some(user_id), Action::SignIn, Outcome::Allowed, source, now);
                }
                Ok(())
            })
            .await
            .map_err(|error| SaveError::Other(error.into()))?;
        Ok(key)
    }

    /// A session that has ended meanwhile stays ended: the key is given back as it is, and opens nothing.
    async fn update(&self, key: SessionKey, state: State, ttl: &CookieDuration) -> Result<SessionKey, UpdateError> {
        let (digest, now) = (sha256(key.as_ref().as_bytes()), self.clock.now());
        let state = stored(state).map_err(UpdateError::Serialization)?;
        let idle_expires_at = self.idle_expires_at(ttl);
        self.database
            .write(move |connection| queries::update_session(connection, &digest, &state, idle_expires_at, now))
            .await
            .map_err(|error| UpdateError::Other(error.into()))?;
        Ok(key)
    }

    /// Not called: loading a session prolongs it, where it is to, which saves looking it up again.
    async fn update_ttl(&self, _: &SessionKey, _: &CookieDuration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let digest = sha256(key.as_ref().as_bytes());
        self.database.write(move |connection| queries::delete_session(connection, &digest)).await?;
        Ok(())
    }
}

fn entry<T: DeserializeOwned>(state: &State, name: &str) -> Result<Option<T>, anyhow::Error> {
    state.get(name).map(|value| serde_json::from_str(value).map_err(Into::into)).transpose()
}

/// The state as it is stored.
fn stored(mut state: State) -> Result<String, anyhow::Error> {
    state.retain(|name, _| !NOT_STORED.contains(&name.as_str()));
    Ok(serde_json::to_string(&state)?)
}

fn deserialization(error: serde_json::Error) -> LoadError {
    LoadError::Deserialization(error.into())
}
