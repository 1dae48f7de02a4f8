//! Random text, digests, keys derived from the one secret key, and types that cannot be printed by accident.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{digest, hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rand::CryptoRng;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Text that must not be seen: its `Debug` shows nothing and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// Wraps a text that was read from somewhere.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl std::str::FromStr for SecretText {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::new(text))
    }
}

impl<'de> serde::Deserialize<'de> for SecretText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// SHA-256 of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Digest {
    let mut digest = [0; 32];
    digest.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    digest
}

/// Whether two byte strings are equal, in a time that tells nothing about where they differ.
#[must_use]
pub fn equal_in_constant_time(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// `BYTES` random bytes in base62, `width` characters wide.
#[must_use]
pub fn random_base62<const BYTES: usize>(rng: &mut impl CryptoRng, width: usize) -> String {
    let mut bytes = [0; BYTES];
    rng.fill_bytes(&mut bytes);
    base62(&bytes, width)
}

/// A big-endian number in base62 (`0-9A-Za-z`), padded with zeros to `width` characters.
#[must_use]
pub fn base62(number: &[u8], width: usize) -> String {
    let mut number = number.to_vec();
    let mut digits = vec![b'0'; width];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0_usize;
        for byte in &mut number {
            let value = remainder * 256 + usize::from(*byte);
            // value / 62 < 256, because remainder < 62.
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            remainder = value % 62;
        }
        *digit = BASE62[remainder];
    }
    digits.into_iter().map(char::from).collect()
}

/// The one secret of an installation. Cookies are keyed, passwords are peppered and signing keys are sealed with keys
/// derived from it, so that a copy of the database alone is of no use.
#[derive(Clone)]
pub struct SecretKey {
    extracted: Arc<hkdf::Prk>,
    /// Derived once, because many requests need it.
    mask: Arc<hmac::Key>,
}

/// The shortest secret key that is accepted, in bytes.
pub const SECRET_KEY_LENGTH: usize = 32;

impl SecretKey {
    /// Reads a secret key: any text of at least [`SECRET_KEY_LENGTH`] bytes, surrounding white space ignored.
    ///
    /// # Errors
    /// A sentence for the operator when the text is too short.
    pub fn parse(text: &SecretText) -> Result<Self, String> {
        let text = text.reveal().trim();
        if text.len() < SECRET_KEY_LENGTH {
            return Err(format!(
                "the secret key is too short: expected at least {SECRET_KEY_LENGTH} characters, for example from `openssl rand -hex 32`"
            ));
        }
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, b"keyledge").extract(text.as_bytes());
        let mask = hmac::Key::new(hmac::HMAC_SHA256, &derive::<32>(&extracted, b"mask"));
        Ok(Self { extracted: Arc::new(extracted), mask: Arc::new(mask) })
    }

    /// A new secret key as the text that goes into the key file.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> SecretText {
        SecretText(random_base62::<32>(rng, 43))
    }

    /// 64 bytes that key the session cookie.
    #[must_use]
    pub fn cookie_key(&self) -> [u8; 64] {
        self.derive(b"session cookie")
    }

    /// The HMAC-SHA-384 of a password in base64: 64 characters, so that bcrypt, which reads 72 bytes, cuts nothing
    /// (OWASP Password Storage Cheat Sheet, "Pre-Hashing Passwords with bcrypt").
    #[must_use]
    pub fn pepper(&self, password: &SecretText) -> SecretText {
        let key = hmac::Key::new(hmac::HMAC_SHA384, &self.derive::<48>(b"password pepper"));
        SecretText(STANDARD.encode(hmac::sign(&key, password.reveal().as_bytes())))
    }

    /// Stands for a text that must not be stored: always the same for the same text, and of no use without this key.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(&hmac::sign(&self.mask, text.as_bytes()).as_ref()[..16])
    }

    /// Encrypts bytes so that only the same secret key opens them, and only for the same `purpose`.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let mut bytes = plain.to_vec();
        let nonce = self
            .sealing_key()?
            .seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut bytes)
            .map_err(|_| Unsealable)?;
        Ok([nonce.as_ref().as_slice(), &bytes].concat())
    }

    /// Decrypts what [`SecretKey::seal`] returned.
    ///
    /// # Errors
    /// When the bytes were sealed with another secret key or for another purpose, or were changed.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let (nonce, bytes) = sealed.split_at_checked(NONCE_LEN).ok_or(Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let mut bytes = bytes.to_vec();
        let plain = self
            .sealing_key()?
            .open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut bytes)
            .map_err(|_| Unsealable)?;
        Ok(plain.to_vec())
    }

    fn sealing_key(&self) -> Result<RandomizedNonceKey, Unsealable> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.derive::<32>(b"sealing")).map_err(|_| Unsealable)
    }

    fn derive<const LENGTH: usize>(&self, purpose: &[u8]) -> [u8; LENGTH] {
        derive(&self.extracted, purpose)
    }
}

fn derive<const LENGTH: usize>(extracted: &hkdf::Prk, purpose: &[u8]) -> [u8; LENGTH] {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut key = [0; LENGTH];
    extracted
        .expand(&[purpose], Length(LENGTH))
        .and_then(|okm| okm.fill(&mut key))
        .expect("HKDF-SHA256 fills any length up to 8,160 bytes");
    key
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// What is asked where bytes that were sealed in the database cannot be opened.
pub const IS_IT_THE_KEY: &str = "is this the secret key that the database was made with?";

/// Sealed bytes could not be opened, or plain ones not be sealed.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("what was sealed in the database cannot be opened with this secret key")]
pub struct Unsealable;

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn base62_is_big_endian_and_padded() {
        assert_eq!(base62(&[0], 4), "0000");
        assert_eq!(base62(&[61], 4), "000z");
        assert_eq!(base62(&[1, 0], 3), "048");
        assert_eq!(base62(&[255; 32], 43).len(), 43);
    }

    #[test]
    fn what_one_key_seals_no_other_key_or_purpose_opens() {
        let key = |seed| SecretKey::parse(&SecretKey::generate(&mut StdRng::seed_from_u64(seed))).unwrap();
        let sealed = key(1).seal("signing key", b"plain").unwrap();
        assert_eq!(key(1).open("signing key", &sealed).unwrap(), b"plain");
        assert!(key(2).open("signing key", &sealed).is_err());
        assert!(key(1).open("something else", &sealed).is_err());
        assert!(!sealed.windows(5).any(|window| window == b"plain"));
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let text = SecretText::new("correct horse battery staple");
        assert_eq!(format!("{text:?}"), "SecretText(…)");
    }

    #[test]
    fn a_password_is_peppered_to_fewer_bytes_than_bcrypt_reads() {
        let key = SecretKey::parse(&SecretText::new("0123456789abcdef0123456789abcdef")).unwrap();
        let long = SecretText::new("a".repeat(500));
        assert_eq!(key.pepper(&long).reveal().len(), 64);
        assert_ne!(key.pepper(&long), key.pepper(&SecretText::new("a".repeat(501))));
    }
}
