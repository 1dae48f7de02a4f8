//! The keys that sign access tokens: made, sealed in the database, published, rotated.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context as _;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use rand::CryptoRng;
use serde::Serialize;

use super::queries;
use crate::audit::model::{Action, NewEvent, Outcome};
use crate::config::TokenAlgorithm;
use crate::db::{Database, Timestamp, one_at_a_time};
use crate::secret::{IS_IT_THE_KEY, SecretKey, random_base62};

/// The `typ` of an access token's header (RFC 9068 section 2.1).
pub const TOKEN_TYPE: &str = "at+jwt";

/// How long whoever fetched the published keys may keep them. A new key is published for as long before it signs.
pub const JWKS_MAX_AGE: Duration = Duration::minutes(5);

/// What the record says of it. [`crate::audit`] knows these words again, and the help of `keyledge signing-key rotate` and the
/// README say them, too.
const SIGNS_LATER: &str = "signs after five minutes";
const _: () = assert!(JWKS_MAX_AGE.num_seconds() == 5 * 60);

/// What a server that starts and a rotation do one after the other: each depends on what the other notes.
const IN_TURN: &str = "signing keys";

/// The public half of a signing key (RFC 7517 section 4).
#[derive(Clone, Debug, Serialize)]
pub struct Jwk {
    #[serde(flatten)]
    key: PublicKey,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    kid: String,
}

/// What is published of a key, in base64url (RFC 7518 sections 6.2.1 and 6.3.1).
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kty")]
enum PublicKey {
    #[serde(rename = "EC")]
    Ec { crv: &'static str, x: String, y: String },
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
}

/// Signs. Kept as it is, because reading a private key takes longer than signing.
enum KeyPair {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
}

impl KeyPair {
    /// A new private key as PKCS #8.
    fn generate(algorithm: TokenAlgorithm) -> anyhow::Result<Vec<u8>> {
        Ok(match algorithm {
            TokenAlgorithm::Es256 => {
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())?.as_ref().to_vec()
            }
            TokenAlgorithm::Rs256 => RsaKeyPair::generate(KeySize::Rsa2048)?.as_der()?.as_ref().to_vec(),
        })
    }

    /// Reads a private key. PKCS #8 says which algorithm it is for (RFC 5958 section 2), so each reads only its own.
    fn read(private_key: &[u8]) -> anyhow::Result<Self> {
        match EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private_key) {
            Ok(pair) => Ok(Self::Es256(pair)),
            Err(_) => Ok(Self::Rs256(RsaKeyPair::from_pkcs8(private_key)?)),
        }
    }

    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::ES256,
            Self::Rs256(_) => Algorithm::RS256,
        }
    }

    fn public_key(&self) -> PublicKey {
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Es256(pair) => {
                // SEC 1 section 2.3.3: an uncompressed point is 0x04, then both coordinates of 32 bytes.
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                PublicKey::Ec { crv: "P-256", x: encoded(x), y: encoded(y) }
            }
            Self::Rs256(pair) => {
                let key = pair.public_key();
                let (n, e) = (key.modulus(), key.exponent());
                PublicKey::Rsa {
                    n: encoded(n.big_endian_without_leading_zero()),
                    e: encoded(e.big_endian_without_leading_zero()),
                }
            }
        }
    }
}

/// A signing key, opened.
pub struct SigningKey {
    /// The `kid` of the tokens that it signs.
    pub key_id: String,
    pair: KeyPair,
    /// The header of each access token that it signs, encoded (RFC 7515 section 7.1).
    pub token_header: String,
    /// Verifies.
    pub verifies: DecodingKey,
    /// What is published of it.
    pub jwk: Jwk,
}

impl SigningKey {
    /// The `alg` of the tokens that it signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.pair.algorithm()
    }

    /// The signature of a JWS signing input: 64 bytes for ES256 (RFC 7518 section 3.4), 256 for RS256 (section 3.3).
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(&self, input: &[u8]) -> anyhow::Result<Vec<u8>> {
        let rng = SystemRandom::new();
        match &self.pair {
            KeyPair::Es256(pair) => Ok(pair.sign(&rng, input)?.as_ref().to_vec()),
            KeyPair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &rng, input, &mut signature)?;
                Ok(signature)
            }
        }
    }

    fn unseal(secret_key: &SecretKey, key_id: &str, sealed: &[u8]) -> anyhow::Result<Self> {
        let pair = KeyPair::read(&secret_key.open(&sealing_purpose(key_id), sealed)?)?;
        let key = pair.public_key();
        let (algorithm, verifies) = match &key {
            PublicKey::Ec { x, y, .. } => (TokenAlgorithm::Es256, DecodingKey::from_ec_components(x, y)?),
            PublicKey::Rsa { n, e } => (TokenAlgorithm::Rs256, DecodingKey::from_rsa_components(n, e)?),
        };
        let jwk = Jwk { key, usage: "sig", alg: algorithm.name(), kid: key_id.to_owned() };
        let mut header = Header::new(pair.algorithm());
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(key_id.to_owned());
        let token_header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
        Ok(Self { key_id: key_id.to_owned(), pair, token_header, verifies, jwk })
    }
}

/// Characters of a signing key's ID.
const KEY_ID_LENGTH: usize = 17;

/// Whether a text looks like the ID of a signing key of ours. Whoever made a token up chose what stands in it.
#[must_use]
pub fn is_key_id(text: &str) -> bool {
    text.len() == KEY_ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A new signing key, not yet in the database.
struct NewKey {
    key_id: String,
    sealed: Vec<u8>,
}

impl NewKey {
    fn generate(secret_key: &SecretKey, algorithm: TokenAlgorithm, rng: &mut impl CryptoRng) -> anyhow::Result<Self> {
        let key_id = random_base62::<12>(rng, KEY_ID_LENGTH);
        let sealed = secret_key.seal(&sealing_purpose(&key_id), &KeyPair::generate(algorithm)?)?;
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
    /// live, so that a rotation, also one that was begun before, knows for how long they are needed.
    ///
    /// # Errors
    /// When the database fails or was written with another secret key.
    pub fn open(
        database: &Database,
        secret_key: SecretKey,
        token_lifetime: std::time::Duration,
        algorithm: TokenAlgorithm,
        rng: &mut impl CryptoRng,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let seconds = i64::try_from(token_lifetime.as_secs())?;
        // Generating one takes most of the time of a start, because the library has to gather randomness first.
        let is_first_start = database.read_blocking(queries::signing_keys)?.is_empty();
        let new = if is_first_start { Some(NewKey::generate(&secret_key, algorithm, rng)?) } else { None };
        database.write_blocking(|transaction| {
            one_at_a_time(transaction, IN_TURN)?;
            // Another instance that started at the same moment may have been first.
            if let Some(new) = &new
                && queries::signing_keys(transaction)?.is_empty()
            {
                queries::insert_signing_key(transaction, &new.key_id, &new.sealed, seconds, now, now)?;
            }
            queries::note_token_lifetime(transaction, seconds, now)
        })?;
        let keys = Self { secret_key, opened: RwLock::default() };
        if !keys.any_signs_with(database, algorithm, now)? {
            tracing::warn!(
                "no signing key is for {name}; `keyledge signing-key rotate --token-algorithm {name}` makes one",
                name = algorithm.name()
            );
        }
        Ok(keys)
    }

    /// Whether a key whose tokens are accepted, now or later, is for this algorithm.
    fn any_signs_with(&self, database: &Database, algorithm: TokenAlgorithm, now: Timestamp) -> anyhow::Result<bool> {
        let counting = database.read_blocking(|connection| queries::published_signing_keys(connection, now))?;
        for (key_id, sealed) in database.read_blocking(queries::signing_keys)? {
            if counting.contains(&key_id)
                && SigningKey::unseal(&self.secret_key, &key_id, &sealed)?.jwk.alg == algorithm.name()
            {
                return Ok(true);
            }
        }
        Ok(false)
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

/// Makes a new signing key, which signs as the newest one does unless an algorithm is given. It is published at once and
/// signs once every kept copy of the published keys has it; the old ones stay until the last of their tokens has ended.
/// With `immediately` it signs at once and the old ones, with all their tokens, count no more.
///
/// # Errors
/// When the transaction or the cryptographic library fails.
pub fn rotate(
    database: &Database,
    secret_key: &SecretKey,
    algorithm: Option<TokenAlgorithm>,
    immediately: bool,
    rng: &mut impl CryptoRng,
    now: Timestamp,
) -> anyhow::Result<Rotation> {
    let algorithm = match algorithm {
        Some(algorithm) => algorithm,
        None => newest_algorithm(database, secret_key)?,
    };
    let new = NewKey::generate(secret_key, algorithm, rng)?;
    let signs_from = if immediately { now } else { now + JWKS_MAX_AGE };
    let old_until = database.write_blocking(|transaction| {
        one_at_a_time(transaction, IN_TURN)?;
        let longest = queries::longest_token(transaction)?;
        let old_until = (!immediately).then(|| signs_from + Duration::seconds(longest));
        match old_until {
            Some(until) => queries::retire_signing_keys(transaction, until)?,
            None => queries::withdraw_signing_keys(transaction)?,
        }
        queries::insert_signing_key(transaction, &new.key_id, &new.sealed, longest, now, signs_from)?;
        let (action, outcome) = (Action::RotateSigningKey, Outcome::Allowed);
        let way = if immediately { "signs at once, earlier tokens end" } else { SIGNS_LATER };
        let event = NewEvent {
            at: now,
            user_id: None,
            api_key_id: None,
            action,
            outcome,
            source: None,
            actor_id: None,
            detail: Some(format!("{}: {way}", new.key_id)),
        };
        transaction.record(event.into());
        Ok(old_until)
    })?;
    Ok(Rotation { key_id: new.key_id, signs_from, old_until })
}

/// How the newest signing key signs; as that of a new database does where there is none.
fn newest_algorithm(database: &Database, secret_key: &SecretKey) -> anyhow::Result<TokenAlgorithm> {
    let Some((key_id, sealed)) = database.read_blocking(queries::signing_keys)?.pop() else {
        return Ok(TokenAlgorithm::Es256);
    };
    Ok(match SigningKey::unseal(secret_key, &key_id, &sealed)?.pair {
        KeyPair::Es256(_) => TokenAlgorithm::Es256,
        KeyPair::Rs256(_) => TokenAlgorithm::Rs256,
    })
}

/// Refuses a secret key that does not open what [`queries::signing_keys`] found.
///
/// # Errors
/// When it is not the secret key that the database was written with.
pub fn check_secret_key(signing_keys: &[(String, Vec<u8>)], secret_key: &SecretKey) -> anyhow::Result<()> {
    for (key_id, sealed) in signing_keys {
        SigningKey::unseal(secret_key, key_id, sealed).context(IS_IT_THE_KEY)?;
    }
    Ok(())
}

fn sealing_purpose(key_id: &str) -> String {
    format!("signing key {key_id}")
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use tempfile::TempDir;

    use super::*;
    use crate::db::DatabaseUrl;

    struct Installation {
        _folder: TempDir,
        database: Database,
        secret_key: SecretKey,
        rng: StdRng,
    }

    impl Installation {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("keyledge.db")), 1).unwrap();
            let mut rng = StdRng::seed_from_u64(1);
            let secret_key = SecretKey::parse(&SecretKey::generate(&mut rng)).unwrap();
            Self { _folder: folder, database, secret_key, rng }
        }

        /// As a server does whose tokens live for so many hours.
        fn start(&mut self, hours: u64, now: Timestamp) {
            let (secret_key, lifetime) = (self.secret_key.clone(), std::time::Duration::from_secs(hours * 3600));
            SigningKeys::open(&self.database, secret_key, lifetime, TokenAlgorithm::Es256, &mut self.rng, now).unwrap();
        }

        fn rotate(&mut self, algorithm: Option<TokenAlgorithm>, immediately: bool, now: Timestamp) -> Rotation {
            rotate(&self.database, &self.secret_key, algorithm, immediately, &mut self.rng, now).unwrap()
        }

        /// Until when the tokens of each key are accepted, by when it begins to sign, the last one first.
        fn ends(&self) -> Vec<Option<Timestamp>> {
            let keys = self.database.read_blocking(queries::list_signing_keys).unwrap();
            keys.into_iter().map(|key| key.verifies_until).collect()
        }
    }

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_unix_micros(1_795_000_000_000_000).unwrap() + Duration::minutes(minutes)
    }

    /// Hours after a rotation's key has begun to sign.
    fn after(rotation: &Rotation, hours: i64) -> Timestamp {
        rotation.signs_from + Duration::hours(hours)
    }

    #[test]
    fn an_old_key_is_kept_for_the_longest_lifetime_that_a_token_ever_had() {
        let mut installation = Installation::new();
        installation.start(2, at(0));
        installation.start(1, at(1));
        let rotation = installation.rotate(None, false, at(2));
        assert_eq!(rotation.signs_from, at(7));
        assert_eq!(rotation.old_until, Some(after(&rotation, 2)));
        assert_eq!(installation.ends(), [None, rotation.old_until]);
    }

    #[test]
    fn an_old_key_that_still_signs_is_kept_for_tokens_that_live_longer_from_now_on() {
        let mut installation = Installation::new();
        installation.start(1, at(0));
        let second = installation.rotate(None, false, at(1));
        let third = installation.rotate(None, false, at(2));
        assert_eq!(installation.ends(), [None, Some(after(&third, 1)), Some(after(&second, 1))]);
        installation.start(3, at(3));
        let longer = [None, Some(after(&third, 3)), Some(after(&second, 3))];
        assert_eq!(installation.ends(), longer);
        installation.start(2, at(4));
        assert_eq!(installation.ends(), longer);
    }

    #[test]
    fn a_key_that_signs_no_more_or_was_withdrawn_is_not_kept_longer() {
        let mut installation = Installation::new();
        installation.start(1, at(0));
        let rotation = installation.rotate(None, false, at(1));
        installation.start(2, at(6));
        assert_eq!(installation.ends(), [None, Some(after(&rotation, 1))]);
        installation.rotate(None, false, at(7));
        installation.rotate(None, true, at(8));
        installation.start(3, at(9));
        let withdrawn = Some(Timestamp::from(chrono::DateTime::UNIX_EPOCH));
        assert_eq!(installation.ends(), [withdrawn, None, withdrawn, withdrawn]);
    }

    #[test]
    fn a_key_that_was_withdrawn_is_for_no_algorithm_any_more() {
        let mut installation = Installation::new();
        let lifetime = std::time::Duration::from_secs(3600);
        let signs_with = |installation: &mut Installation, algorithm| {
            let Installation { database, secret_key, rng, .. } = installation;
            let keys =
                SigningKeys::open(database, secret_key.clone(), lifetime, TokenAlgorithm::Es256, rng, at(9)).unwrap();
            keys.any_signs_with(database, algorithm, at(9)).unwrap()
        };
        installation.start(1, at(0));
        installation.rotate(Some(TokenAlgorithm::Rs256), false, at(1));
        assert!(signs_with(&mut installation, TokenAlgorithm::Rs256));
        installation.rotate(Some(TokenAlgorithm::Es256), true, at(8));
        assert!(!signs_with(&mut installation, TokenAlgorithm::Rs256));
        assert!(signs_with(&mut installation, TokenAlgorithm::Es256));
    }

    #[test]
    fn a_new_key_signs_as_the_newest_one_does_unless_another_algorithm_is_given() {
        let mut installation = Installation::new();
        installation.start(1, at(0));
        for (minute, given, expected) in [
            (1, None, TokenAlgorithm::Es256),
            (2, Some(TokenAlgorithm::Rs256), TokenAlgorithm::Rs256),
            (3, None, TokenAlgorithm::Rs256),
            (4, Some(TokenAlgorithm::Es256), TokenAlgorithm::Es256),
        ] {
            installation.rotate(given, false, at(minute));
            let algorithm = newest_algorithm(&installation.database, &installation.secret_key).unwrap();
            assert_eq!(algorithm, expected, "{minute}");
        }
    }
}
