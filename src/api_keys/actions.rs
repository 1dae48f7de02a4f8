//! What is done to API keys: a verb each, one transaction, its audit event inside it.

use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use rand::CryptoRng;

use super::model::{ApiKey, ClientId, ClientSecret, Lifetime};
use super::queries::{self, NewApiKey};
use crate::audit::model::{Action, NewEvent, Outcome, Source};
use crate::db::{Database, DbConnection, Entry, Error, Timestamp, Transaction};
use crate::secret::Digest;

/// What a user asks for.
#[derive(Clone, Debug)]
pub struct GenerateKey {
    /// Who asks.
    pub user_id: i64,
    /// The name that the user gave.
    pub name: Option<String>,
    /// How long the key is to live.
    pub lifetime: Lifetime,
    /// The form's nonce.
    pub nonce: String,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Generated {
    /// A new key. This is the only place where its secret is in clear.
    New {
        /// The client ID.
        client_id: ClientId,
        /// The client secret.
        client_secret: ClientSecret,
    },
    /// This form has made a key before.
    Repeated {
        /// The key that it made.
        client_id: String,
        /// Whether the key was deleted since.
        deleted: bool,
    },
    /// Somebody else's form has this nonce.
    NonceTaken,
}

/// Generates a key, once for each nonce.
///
/// # Errors
/// When the transaction fails.
pub async fn generate(
    database: &Database,
    request: GenerateKey,
    source: Source,
    rng: &mut impl CryptoRng,
    now: Timestamp,
) -> Result<Generated, Error> {
    let client_id = ClientId::generate(rng);
    let client_secret = ClientSecret::generate(rng);
    let secret_digest = client_secret.digest();
    let (user_id, nonce) = (request.user_id, request.nonce.clone());
    let new_id = client_id.clone();
    let inserted = database
        .write(move |transaction| {
            if let Some(earlier) = repeated(transaction, request.user_id, &request.nonce)? {
                return Ok(Some(earlier));
            }
            add(transaction, &request, &new_id, &secret_digest, source, now)?;
            Ok(None)
        })
        .await;
    match inserted {
        Ok(None) => Ok(Generated::New { client_id, client_secret }),
        Ok(Some(earlier)) => Ok(earlier),
        // The same form submitted twice at the same moment, on a database with several writers.
        Err(Error::Query(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))) => {
            let earlier = database.read(move |connection| repeated(connection, user_id, &nonce)).await?;
            Ok(earlier.unwrap_or(Generated::NonceTaken))
        }
        Err(error) => Err(error),
    }
}

/// Adds a key as a part of a transaction, and returns the key of the row.
///
/// # Errors
/// When a statement fails, also because the nonce was used before.
pub fn add(
    transaction: &mut Transaction<'_>,
    request: &GenerateKey,
    client_id: &ClientId,
    secret_digest: &Digest,
    source: Source,
    now: Timestamp,
) -> QueryResult<i64> {
    let key = NewApiKey {
        client_id,
        user_id: request.user_id,
        secret_digest,
        name: request.name.as_deref(),
        nonce: &request.nonce,
        lifetime: request.lifetime,
    };
    let api_key_id = queries::insert(transaction, key, now)?;
    transaction.record(event(request.user_id, api_key_id, Action::GenerateKey, Some(source), now));
    Ok(api_key_id)
}

fn repeated(connection: &mut DbConnection, user_id: i64, nonce: &str) -> QueryResult<Option<Generated>> {
    Ok(queries::find_by_nonce(connection, nonce)?.map(|made| {
        if made.user_id == user_id {
            Generated::Repeated { client_id: made.client_id, deleted: made.deleted }
        } else {
            Generated::NonceTaken
        }
    }))
}

/// What became of the wish to delete a key.
#[derive(Clone, Debug)]
pub enum Deletion {
    /// It was deleted.
    Done(ApiKey),
    /// It was deleted before, by whomever.
    DoneBefore(ApiKey),
    /// The user never had such a key.
    NoSuchKey,
}

impl Deletion {
    /// The key, for those to whom it does not matter which of two clicks deleted it.
    #[must_use]
    pub fn key(self) -> Option<ApiKey> {
        match self {
            Self::Done(key) | Self::DoneBefore(key) => Some(key),
            Self::NoSuchKey => None,
        }
    }
}

/// Deletes a user's key, at the wish of `actor_id`.
///
/// # Errors
/// When the transaction fails.
pub async fn delete(
    database: &Database,
    user_id: i64,
    actor_id: i64,
    client_id: ClientId,
    source: Source,
    now: Timestamp,
) -> Result<Deletion, Error> {
    database.write(move |transaction| remove(transaction, user_id, actor_id, client_id.as_str(), source, now)).await
}

/// The same as a part of a transaction.
///
/// # Errors
/// When a statement fails.
pub fn remove(
    transaction: &mut Transaction<'_>,
    user_id: i64,
    actor_id: i64,
    client_id: &str,
    source: Source,
    now: Timestamp,
) -> QueryResult<Deletion> {
    let Some(key) = queries::find_of_user(transaction, user_id, client_id)? else {
        let deleted = queries::find_deleted_of_user(transaction, user_id, client_id)?;
        return Ok(deleted.map_or(Deletion::NoSuchKey, Deletion::DoneBefore));
    };
    if !queries::delete(transaction, client_id, now)? {
        return Ok(Deletion::DoneBefore(key));
    }
    let entry = event(user_id, key.id, Action::DeleteKey, Some(source), now);
    let actor_id = (actor_id != user_id).then_some(actor_id);
    transaction.record(Entry { actor_id, ..entry });
    Ok(Deletion::Done(key))
}

/// Deletes anybody's key, for the operator on the command line; `false` when there is none.
///
/// # Errors
/// When the transaction fails.
pub fn delete_as_operator(database: &Database, client_id: &ClientId, now: Timestamp) -> Result<bool, Error> {
    database.write_blocking(|connection| {
        let Some((key, owner)) = queries::find_with_owner(connection, client_id.as_str())? else { return Ok(false) };
        let deleted = queries::delete(connection, client_id.as_str(), now)?;
        if deleted {
            connection.record(event(owner.id, key.id, Action::DeleteKey, None, now));
        }
        Ok(deleted)
    })
}

fn event(user_id: i64, api_key_id: i64, action: Action, source: Option<Source>, now: Timestamp) -> Entry {
    let (user_id, api_key_id) = (Some(user_id), Some(api_key_id));
    NewEvent { at: now, user_id, api_key_id, action, outcome: Outcome::Allowed, source, actor_id: None, detail: None }
        .into()
}
