//! The keys that sign access tokens: made, sealed in the database, published, rotated.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, Signature};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use jsonwebtoken::DecodingKey;
use rand::CryptoRng;
use serde::Serialize;

use super::queries;
use crate::audit::model::{Action, NewEvent, Outcome};
use crate::db::{Database, Timestamp};
use crate::secret::{SecretKey, random_base62};

/// How long whoever fetched the published keys may keep them. A new key is published for as long before it signs.
pub const JWKS_MAX_AGE: Duration = Duration::minutes(5);

/// The public half of a signing key (RFC 7517 section 4, RFC 7518 section 6.2.1).
#[derive(Clone, Debug, Serialize)]
pub struct Jwk {
    kty: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    kid: String,
    crv: &'static str,
    x: String,
    y: String,
}

/// A signing key, opened.
pub struct SigningKey {
    /// The `kid` of the tokens that it signs.
    pub key_id: String,
    /// Signs. Kept as it is, because reading a private key takes longer than signing.
    pair: EcdsaKeyPair,
    /// Verifies.
    pub verifies: DecodingKey,
    /// What is published of it.
    pub jwk: Jwk,
}

impl SigningKey {
    /// The ES256 signature of a JWS signing input: 64 bytes (RFC 7518 section 3.4).
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(&self, input: &[u8]) -> anyhow::Result<Signature> {
        Ok(self.pair.sign(&SystemRandom::new(), input)?)
    }

    fn unseal(secret_key: &SecretKey, key_id: &str, sealed: &[u8]) -> anyhow::Result<Self> {
        let private_key = secret_key.open(&sealing_purpose(key_id), sealed)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private_key)?;
        // SEC 1 section 2.3.3: an uncompressed point is 0x04, then both coordinates of 32 bytes.
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        Ok(Self {
            key_id: key_id.to_owned(),
            pair,
            verifies: DecodingKey::from_ec_components(&x, &y)?,
            jwk: Jwk { kty: "EC", usage: "sig", alg: "ES256", kid: key_id.to_owned(), crv: "P-256", x, y },
        })
    }
}

/// A new signing key, not yet in the database.
struct NewKey {
    key_id: String,
    sealed: Vec<u8>,
}

impl NewKey {
    fn generate(secret_key: &SecretKey, rng: &mut impl CryptoRng) -> anyhow::Result<Self> {
        let key_id = random_base62::<12>(rng, 17);
        let private_key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())?;
        let sealed = secret_key.seal(&sealing_purpose(&key_id), private_key.as_ref())?;
        Ok(Self { key_id, sealed })
    }
}

/// The signing keys that this process has opened. What is remembered is what a key is, never whether it still counts.
pub struct SigningKeys {
    secret_key: SecretKey,
    opened: RwLock<HashMap<String, Arc<SigningKey>>>,
}

impl SigningKeys {
    /// Makes the first signing key where there is none, and notes in all of them how long the tokens of this process
    /// live, so that a rotation knows for how long they are needed.
    ///
    /// # Errors
    /// When the database fails or was written with another secret key.
    pub fn open(
        database: &Database,
        secret_key: SecretKey,
        token_lifetime: std::time::Duration,
        rng: &mut impl CryptoRng,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let seconds = i64::try_from(token_lifetime.as_secs())?;
        // Generating one takes most of the time of a start, because the library has to gather randomness first.
        let is_first_start = database.read_blocking(queries::signing_keys)?.is_empty();
        let new = if is_first_start { Some(NewKey::generate(&secret_key, rng)?) } else { None };
        database.write_blocking(|transaction| {
            // Another instance that started at the same moment may have been first.
            if let Some(new) = &new
                && queries::signing_keys(transaction)?.is_empty()
            {
                queries::insert_signing_key(transaction, &new.key_id, &new.sealed, seconds, now, now)?;
            }
            queries::note_token_lifetime(transaction, seconds)
        })?;
        Ok(Self { secret_key, opened: RwLock::default() })
    }

    /// A key by its ID; `None` when there is no such key.
    ///
    /// # Errors
    /// When the database fails or the key was sealed with another secret key.
    pub async fn get(&self, database: &Database, key_id: &str) -> anyhow::Result<Option<Arc<SigningKey>>> {
        if let Some(key) = self.opened.read().unwrap_or_else(PoisonError::into_inner).get(key_id) {
            return Ok(Some(key.clone()));
        }
        let asked = key_id.to_owned();
        let Some(sealed) = database.look_up(move |connection| queries::sealed_key(connection, &asked)).await? else {
            return Ok(None);
        };
        let key = Arc::new(SigningKey::unseal(&self.secret_key, key_id, &sealed)?);
        self.opened.write().unwrap_or_else(PoisonError::into_inner).insert(key_id.to_owned(), key.clone());
        Ok(Some(key))
    }
}

/// What a rotation did.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The new key.
    pub key_id: String,
    /// When it begins to sign.
    pub signs_from: Timestamp,
    /// Until when tokens of the keys before it are accepted; none when they are not from now on.
    pub old_until: Option<Timestamp>,
}

/// Makes a new signing key. It is published at once and signs once every kept copy of the published keys has it; the
/// old ones stay until the last of their tokens has ended. With `immediately` it signs at once and the old ones, with
/// all their tokens, count no more.
///
/// # Errors
/// When the transaction or the cryptographic library fails.
pub fn rotate(
    database: &Database,
    secret_key: &SecretKey,
    immediately: bool,
    rng: &mut impl CryptoRng,
    now: Timestamp,
) -> anyhow::Result<Rotation> {
    let new = NewKey::generate(secret_key, rng)?;
    let signs_from = if immediately { now } else { now + JWKS_MAX_AGE };
    let old_until = database.write_blocking(|transaction| {
        let longest = queries::longest_token(transaction)?;
        let old_until = (!immediately).then(|| signs_from + Duration::seconds(longest));
        match old_until {
            Some(until) => queries::retire_signing_keys(transaction, until)?,
            None => queries::withdraw_signing_keys(transaction)?,
        }
        queries::insert_signing_key(transaction, &new.key_id, &new.sealed, longest, now, signs_from)?;
        let (action, outcome) = (Action::RotateSigningKey, Outcome::Allowed);
        let event = NewEvent {
            at: now,
            user_id: None,
            api_key_id: None,
            action,
            outcome,
            source: None,
            actor_id: None,
            detail: None,
        };
        transaction.record(event.into());
        Ok(old_until)
    })?;
    Ok(Rotation { key_id: new.key_id, signs_from, old_until })
}

/// How many signing keys a secret key opens in the database: none when no server was started on it yet.
///
/// # Errors
/// When it is not the secret key that the database was written with, or the database fails.
pub fn count_openable(database: &Database, secret_key: &SecretKey) -> anyhow::Result<usize> {
    let stored = database.read_blocking(queries::signing_keys)?;
    for (key_id, sealed) in &stored {
        SigningKey::unseal(secret_key, key_id, sealed)?;
    }
    Ok(stored.len())
}

fn sealing_purpose(key_id: &str) -> String {
    format!("signing key {key_id}")
}
