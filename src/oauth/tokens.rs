//! Access tokens: signed JWTs (RFC 9068) and the keys that sign them.

use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};

use super::model::Scope;
use super::queries;
use crate::api_keys::model::ClientId;
use crate::db::{Database, Timestamp};
use crate::secret::{SecretKey, random_base62};

/// The `typ` of an access token's header (RFC 9068 section 2.1).
const TOKEN_TYPE: &str = "at+jwt";

/// Issues and reads access tokens. Cheap to clone; clones share the signing keys.
#[derive(Clone)]
pub struct Tokens {
    issuer: Arc<str>,
    audience: Arc<str>,
    secret_key: SecretKey,
    keys: Arc<RwLock<Arc<[SigningKey]>>>,
}

struct SigningKey {
    key_id: String,
    signs: EncodingKey,
    verifies: DecodingKey,
}

/// What an access token says (RFC 9068 section 2.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    /// The owner's immutable random ID.
    pub sub: String,
    /// The key that it was issued for.
    pub client_id: String,
    /// The scope, left out when it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    iat: i64,
    /// Seconds since 1970 from which on it is not accepted.
    pub exp: i64,
    jti: String,
}

impl Claims {
    /// The scope that it was issued with.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.scope.as_deref().and_then(Scope::parse).unwrap_or_default()
    }
}

/// What a token is issued for.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The owner's immutable random ID.
    pub subject: String,
    /// The key.
    pub client_id: ClientId,
    /// The scope.
    pub scope: Scope,
    /// When the token ends.
    pub expires_at: Timestamp,
}

impl Tokens {
    /// Opens the signing keys in the database, making the first one where there is none.
    ///
    /// # Errors
    /// When the database fails or was written with another secret key.
    pub fn open(
        database: &Database,
        secret_key: SecretKey,
        issuer: &str,
        audience: &str,
        rng: &mut impl CryptoRng,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let mut stored = database.read_blocking(queries::signing_keys)?;
        if stored.is_empty() {
            let key_id = random_base62::<12>(rng, 17);
            let private_key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())?;
            let sealed = secret_key.seal(&sealing_purpose(&key_id), private_key.as_ref())?;
            stored = database.write_blocking(|connection| {
                if queries::signing_keys(connection)?.is_empty() {
                    queries::insert_signing_key(connection, &key_id, &sealed, now)?;
                }
                queries::signing_keys(connection)
            })?;
        }
        let keys = unseal(&secret_key, stored)?;
        Ok(Self { issuer: issuer.into(), audience: audience.into(), secret_key, keys: Arc::new(RwLock::new(keys)) })
    }

    /// Signs an access token.
    ///
    /// # Errors
    /// When signing fails.
    pub fn issue(&self, subject: Subject, rng: &mut impl CryptoRng, now: Timestamp) -> anyhow::Result<String> {
        let keys = self.keys();
        let key = keys.first().ok_or_else(|| anyhow::anyhow!("there is no signing key"))?;
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(key.key_id.clone());
        let claims = Claims {
            iss: self.issuer.to_string(),
            aud: self.audience.to_string(),
            sub: subject.subject,
            client_id: subject.client_id.to_string(),
            scope: (!subject.scope.is_empty()).then(|| subject.scope.to_string()),
            iat: now.unix_seconds(),
            exp: subject.expires_at.unix_seconds(),
            jti: random_base62::<16>(rng, 22),
        };
        Ok(jsonwebtoken::encode(&header, &claims, &key.signs)?)
    }

    /// What a token says, when it is one of ours and was not changed. Whether it has ended is for the caller to see.
    #[must_use]
    pub fn read(&self, token: &str) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let is_access_token = header.typ.as_deref().is_some_and(|typ| {
            let typ = typ.strip_prefix("application/").unwrap_or(typ);
            typ.eq_ignore_ascii_case(TOKEN_TYPE)
        });
        if !is_access_token {
            return None;
        }
        let keys = self.keys();
        let key = keys.iter().find(|key| Some(&key.key_id) == header.kid.as_ref())?;
        let mut validation = Validation::new(Algorithm::ES256);
        // The program's own clock decides, see the caller.
        validation.validate_exp = false;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        jsonwebtoken::decode::<Claims>(token, &key.verifies, &validation).ok().map(|token| token.claims)
    }

    /// Whether a token names a signing key that this instance does not know yet: another instance may have made it.
    #[must_use]
    pub fn names_unknown_key(&self, token: &str) -> bool {
        let Some(key_id) = jsonwebtoken::decode_header(token).ok().and_then(|header| header.kid) else { return false };
        !self.keys().iter().any(|key| key.key_id == key_id)
    }

    /// Reads the signing keys from the database again.
    ///
    /// # Errors
    /// When the database fails or a key was sealed with another secret key.
    pub async fn reload(&self, database: &Database) -> anyhow::Result<()> {
        let stored = database.read(queries::signing_keys).await?;
        let keys = unseal(&self.secret_key, stored)?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    fn keys(&self) -> Arc<[SigningKey]> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How many signing keys a secret key opens in the database: none when no server was started on it yet.
///
/// # Errors
/// When it is not the secret key that the database was written with, or the database fails.
pub fn count_openable(database: &Database, secret_key: &SecretKey) -> anyhow::Result<usize> {
    Ok(unseal(secret_key, database.read_blocking(queries::signing_keys)?)?.len())
}

fn unseal(secret_key: &SecretKey, stored: Vec<(String, Vec<u8>)>) -> anyhow::Result<Arc<[SigningKey]>> {
    stored
        .into_iter()
        .map(|(key_id, sealed)| {
            let private_key = secret_key.open(&sealing_purpose(&key_id), &sealed)?;
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private_key)?;
            // SEC 1 section 2.3.3: an uncompressed point is 0x04, then both coordinates of 32 bytes.
            let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
            let verifies = DecodingKey::from_ec_components(&URL_SAFE_NO_PAD.encode(x), &URL_SAFE_NO_PAD.encode(y))?;
            Ok(SigningKey { key_id, signs: EncodingKey::from_ec_der(&private_key), verifies })
        })
        .collect()
}

fn sealing_purpose(key_id: &str) -> String {
    format!("signing key {key_id}")
}
