//! Access tokens: signed JWTs (RFC 9068).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use jsonwebtoken::Validation;
use quick_cache::sync::Cache;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};

use super::model::Scope;
use super::signing_keys::{SigningKey, SigningKeys, TOKEN_TYPE, is_key_id};
use crate::api_keys::model::ClientId;
use crate::db::{Database, Named, Timestamp};

/// Tokens whose signature this process remembers to be good. One takes about a kilobyte, and at most a few.
const REMEMBERED: usize = 32_768;

/// What most tokens stay below, in bytes.
const USUAL_LENGTH: usize = 640;

/// The longest token that is remembered, in bytes: an owner may hold any number of permissions.
const LONGEST_REMEMBERED: usize = 2048;

/// Issues and reads access tokens. Cheap to clone; clones share the signing keys and what is remembered.
#[derive(Clone)]
pub struct Tokens {
    issuer: Arc<str>,
    audience: Arc<str>,
    keys: Arc<SigningKeys>,
    /// By the whole token, which is compared in less time than its digest takes.
    verified: Arc<Cache<Box<str>, Arc<VerifiedToken>>>,
}

/// A token of ours that nobody has changed. That stays true, so it is remembered; everything else about the token is
/// for the caller to see each time.
#[derive(Debug)]
pub struct VerifiedToken {
    /// The API key that it was issued for, the key that signed it, and its own ID.
    pub named: Arc<Named>,
    /// The owner's immutable random ID.
    pub subject: String,
    /// The scope that it was issued with.
    pub scope: Scope,
    /// Whether that was asked for, so that it is all that the token is for.
    pub is_narrowed: bool,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What an access token says (RFC 9068 section 2.2): borrowed when it is issued, owned when it is read.
#[derive(Serialize, Deserialize)]
struct Claims<Text = String> {
    iss: Text,
    aud: Text,
    sub: Text,
    client_id: Text,
    /// Left out when it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Text>,
    /// A claim of our own (RFC 7519 section 4.3), there where the scope was asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    narrowed: bool,
    iat: i64,
    exp: i64,
    jti: Text,
}

/// What a token is issued for.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The owner's immutable random ID.
    pub subject: &'a str,
    /// The key.
    pub client_id: &'a ClientId,
    /// The scope.
    pub scope: &'a Scope,
    /// Whether that was asked for.
    pub is_narrowed: bool,
    /// When the token ends.
    pub expires_at: Timestamp,
}

impl Tokens {
    /// Tokens of this issuer for this audience.
    #[must_use]
    pub fn new(keys: SigningKeys, issuer: &str, audience: &str) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            keys: Arc::new(keys),
            verified: Arc::new(Cache::new(REMEMBERED)),
        }
    }

    /// Who issues them.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// For whom.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The signing keys.
    #[must_use]
    pub fn keys(&self) -> &SigningKeys {
        &self.keys
    }

    /// Signs an access token.
    ///
    /// # Errors
    /// When signing fails.
    pub fn issue(
        &self,
        key: &SigningKey,
        subject: Subject<'_>,
        rng: &mut impl CryptoRng,
        now: Timestamp,
    ) -> anyhow::Result<String> {
        let mut token_id = [0_u8; 16];
        rng.fill_bytes(&mut token_id);
        let (token_id, scope) = (URL_SAFE_NO_PAD.encode(token_id), subject.scope.as_str());
        let claims = Claims {
            iss: &*self.issuer,
            aud: &*self.audience,
            sub: subject.subject,
            client_id: subject.client_id.as_str(),
            scope: Some(scope).filter(|scope| !scope.is_empty()),
            narrowed: subject.is_narrowed,
            iat: now.unix_seconds(),
            exp: subject.expires_at.unix_seconds(),
            jti: &*token_id,
        };
        // RFC 7515 section 3.1. The library's own way would read the private key anew for each token.
        let mut token = String::with_capacity(USUAL_LENGTH);
        token.push_str(&key.token_header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(&claims)?, &mut token);
        let signature = key.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// A token of ours that was not changed; `None` for anything else. Whether it has ended is for the caller to see.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verify(&self, database: &Database, token: &str) -> anyhow::Result<Option<Arc<VerifiedToken>>> {
        if let Some(verified) = self.verified.get(token) {
            return Ok(Some(verified));
        }
        let Some(key_id) = key_id_of(token) else { return Ok(None) };
        let Some(key) = self.keys.get(database, &key_id).await? else { return Ok(None) };
        let mut validation = Validation::new(key.algorithm());
        // The program's own clock decides, see the caller.
        validation.validate_exp = false;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        let Ok(decoded) = jsonwebtoken::decode::<Claims>(token, &key.verifies, &validation) else { return Ok(None) };
        let Claims { sub, client_id, scope, narrowed, iat, exp, jti, .. } = decoded.claims;
        let verified = Arc::new(VerifiedToken {
            named: Arc::new(Named { client_id, signing_key: key_id, token_id: jti }),
            subject: sub,
            scope: scope.as_deref().and_then(Scope::parse).unwrap_or_default(),
            is_narrowed: narrowed,
            issued_at: time(iat),
            expires_at: time(exp),
        });
        if token.len() <= LONGEST_REMEMBERED {
            self.verified.insert(token.into(), verified.clone());
        }
        Ok(Some(verified))
    }
}

fn time(seconds: i64) -> Timestamp {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().into()
}

/// The `kid` of an access token's header; `None` when it is no access token of ours.
fn key_id_of(token: &str) -> Option<String> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    let typ = header.typ.as_deref()?;
    let typ = typ.strip_prefix("application/").unwrap_or(typ);
    header.kid.filter(|key_id| typ.eq_ignore_ascii_case(TOKEN_TYPE) && is_key_id(key_id))
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::config::TokenAlgorithm;
    use crate::db::DatabaseUrl;
    use crate::oauth::queries::current_signing_key;
    use crate::secret::SecretKey;

    #[actix_web::test]
    async fn a_token_is_remembered_unless_it_is_long() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("keyledge.db")), 1).unwrap();
        let (mut rng, now) = (StdRng::seed_from_u64(1), Timestamp::from_unix_micros(1_795_000_000_000_000).unwrap());
        let secret_key = SecretKey::parse(&SecretKey::generate(&mut rng)).unwrap();
        let lifetime = std::time::Duration::from_secs(3600);
        let keys = SigningKeys::open(&database, secret_key, lifetime, TokenAlgorithm::Es256, &mut rng, now).unwrap();
        let tokens = Tokens::new(keys, "https://keys.example.com", "https://api.example.com");
        let key_id = database.read_blocking(|connection| current_signing_key(connection, now)).unwrap().unwrap();
        let key = tokens.keys().get(&database, &key_id).await.unwrap().unwrap();
        let long = (0..LONGEST_REMEMBERED / 4).map(|number| format!("{number:03}")).collect::<Vec<_>>().join(" ");
        for (scope, remembered) in [(long.as_str(), 0), ("journals:read", 1)] {
            let subject = Subject {
                subject: "subject",
                client_id: &ClientId::generate(&mut rng),
                scope: &Scope::of(scope),
                is_narrowed: false,
                expires_at: now + Duration::hours(1),
            };
            let token = tokens.issue(&key, subject, &mut rng, now).unwrap();
            for _ in 0..2 {
                let verified = tokens.verify(&database, &token).await.unwrap().unwrap();
                assert_eq!(verified.scope, Scope::of(scope));
            }
            assert_eq!(tokens.verified.len(), remembered);
        }
    }
}
