//! What an API key is: its formats, its lifetime, its status.

use std::fmt;

use chrono::{Days, Duration, NaiveDate};
use chrono_tz::Tz;
use rand::CryptoRng;

use crate::db::Timestamp;
use crate::language::{Message, start_of_day};
use crate::secret::{Digest, SecretText, base62, equal_in_constant_time, random_base62, sha256};

/// The lifetime of a key when its user chooses none, in days.
pub const DEFAULT_LIFETIME_DAYS: u32 = 90;

/// The longest name of a key, in characters.
pub const LONGEST_NAME: usize = 100;

const CLIENT_ID_PREFIX: &str = "kl_";
const CLIENT_ID_RANDOM_LENGTH: usize = 22;
/// What each client secret begins with.
pub const SECRET_PREFIX: &str = "kls_";
const SECRET_RANDOM_LENGTH: usize = 43;
const CHECKSUM_LENGTH: usize = 6;

/// A client ID: `kl_` and 22 base62 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientId(String);

impl ClientId {
    /// A new client ID of 128 random bits.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(format!("{CLIENT_ID_PREFIX}{}", random_base62::<16>(rng, CLIENT_ID_RANDOM_LENGTH)))
    }

    /// Reads a client ID; `None` for anything that never was one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(CLIENT_ID_PREFIX)?;
        is_base62(random, CLIENT_ID_RANDOM_LENGTH).then(|| Self(text.to_owned()))
    }

    /// The client ID as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<ClientId> for String {
    fn from(client_id: ClientId) -> Self {
        client_id.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A client secret: `kls_`, 256 random bits as 43 base62 characters, and a checksum of 6, so that scanners recognise
/// it and rubbish needs no lookup.
#[derive(Clone, Debug)]
pub struct ClientSecret(SecretText);

impl ClientSecret {
    /// A new client secret.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let body = format!("{SECRET_PREFIX}{}", random_base62::<32>(rng, SECRET_RANDOM_LENGTH));
        let checksum = checksum(&body);
        Self(SecretText::new(body + &checksum))
    }

    /// Reads a client secret; `None` for anything that never was one.
    #[must_use]
    pub fn parse(text: &SecretText) -> Option<Self> {
        let random = text.reveal().strip_prefix(SECRET_PREFIX)?;
        if !is_base62(random, SECRET_RANDOM_LENGTH + CHECKSUM_LENGTH) {
            return None;
        }
        let (body, given) = text.reveal().split_at(SECRET_PREFIX.len() + SECRET_RANDOM_LENGTH);
        (checksum(body) == given).then(|| Self(text.clone()))
    }

    /// The secret itself, for the one answer that shows it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// What is stored of the secret. A random secret of 256 bits needs no slow hash (NIST SP 800-63B section 3.1.2).
    #[must_use]
    pub fn digest(&self) -> Digest {
        sha256(self.0.reveal().as_bytes())
    }

    /// Whether this is the secret behind a stored digest.
    #[must_use]
    pub fn matches(&self, digest: &[u8]) -> bool {
        equal_in_constant_time(&self.digest(), digest)
    }
}

/// CRC-32 (IEEE) over all that comes before, in base62.
fn checksum(body: &str) -> String {
    base62(&crc32fast::hash(body.as_bytes()).to_be_bytes(), CHECKSUM_LENGTH)
}

fn is_base62(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a key can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It can.
    Valid,
    /// Its owner is disabled.
    Suspended,
    /// Its expiration date has passed.
    Expired,
}

impl Status {
    /// The status of a key. Expired wins over Suspended, because it is final.
    #[must_use]
    pub fn of(expires_at: Timestamp, owner_is_active: bool, now: Timestamp) -> Self {
        if expires_at <= now {
            Self::Expired
        } else if owner_is_active {
            Self::Valid
        } else {
            Self::Suspended
        }
    }

    /// What people read.
    #[must_use]
    pub const fn label(self) -> Message {
        Message::new(match self {
            Self::Valid => "status-valid",
            Self::Suspended => "status-suspended",
            Self::Expired => "status-expired",
        })
    }

    /// The class of the word's badge.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Suspended => "suspended",
            Self::Expired => "expired",
        }
    }
}

/// How long a key lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// From when on the key cannot be used.
    pub expires_at: Timestamp,
    /// The same in days, for a replacement that lives as long.
    pub days: u32,
}

/// Why a lifetime cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadLifetime {
    /// Neither a number of days nor a date.
    Unreadable,
    /// The date is not in the future.
    InThePast,
    /// The operator's limit is lower.
    TooLong,
}

impl Lifetime {
    /// A lifetime of whole days from now on.
    ///
    /// # Errors
    /// When it is shorter than a day or longer than the operator allows.
    pub fn in_days(days: u32, longest: u32, now: Timestamp) -> Result<Self, BadLifetime> {
        if days == 0 {
            return Err(BadLifetime::InThePast);
        }
        if days > longest {
            return Err(BadLifetime::TooLong);
        }
        Ok(Self { expires_at: now + Duration::days(days.into()), days })
    }

    /// A lifetime up to the end of a day in a time zone.
    ///
    /// # Errors
    /// When the day has passed or is later than the operator allows.
    pub fn until(date: NaiveDate, longest: u32, now: Timestamp, zone: Tz) -> Result<Self, BadLifetime> {
        let today = Self::earliest_date(now, zone);
        if date < today {
            return Err(BadLifetime::InThePast);
        }
        if date > Self::latest_date(longest, now, zone) {
            return Err(BadLifetime::TooLong);
        }
        let end = date.checked_add_days(Days::new(1)).ok_or(BadLifetime::TooLong)?;
        let expires_at = start_of_day(end, zone).ok_or(BadLifetime::TooLong)?;
        let days = u32::try_from((end - today).num_days()).map_err(|_| BadLifetime::TooLong)?;
        Ok(Self { expires_at, days })
    }

    /// The first date that can be chosen: today.
    #[must_use]
    pub fn earliest_date(now: Timestamp, zone: Tz) -> NaiveDate {
        now.utc().with_timezone(&zone).date_naive()
    }

    /// The last date that can be chosen: its end is within the operator's limit.
    #[must_use]
    pub fn latest_date(longest: u32, now: Timestamp, zone: Tz) -> NaiveDate {
        Self::earliest_date(now + Duration::days(i64::from(longest) - 1), zone)
    }
}

/// A key as its owner sees it.
#[derive(Clone, Debug, diesel::Queryable)]
pub struct ApiKey {
    /// The key of the row; never shown.
    pub id: i64,
    /// The client ID.
    pub client_id: String,
    /// The name that its owner gave.
    pub name: Option<String>,
    /// The lifetime that was chosen, in days.
    pub lifetime_days: i32,
    /// When it was generated.
    pub created_at: Timestamp,
    /// From when on it cannot be used.
    pub expires_at: Timestamp,
    /// When it was last used, to a minute.
    pub last_used_at: Option<Timestamp>,
    /// From which address that was.
    pub last_used_address: Option<String>,
}

/// A name as it is stored: without white space around it, `None` when nothing is left.
///
/// # Errors
/// A sentence for the person when it is too long or has characters that cannot be shown.
pub fn parse_name(text: &str) -> Result<Option<String>, Message> {
    let name = text.trim();
    if name.is_empty() {
        return Ok(None);
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Message::new("panel-name-too-long").with("length", LONGEST_NAME));
    }
    if name.chars().any(char::is_control) {
        return Err(Message::new("panel-name-unreadable"));
    }
    Ok(Some(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().into()
    }

    #[test]
    fn a_client_id_is_a_prefix_and_22_base62_characters() {
        let id = ClientId::generate(&mut StdRng::seed_from_u64(1));
        assert_eq!(id.as_str().len(), 25);
        assert_eq!(ClientId::parse(id.as_str()), Some(id));
        for bad in ["", "kl_", "kl_short", "kls_0123456789012345678901", "kl_012345678901234567890!"] {
            assert_eq!(ClientId::parse(bad), None, "{bad} was accepted");
        }
    }

    #[test]
    fn a_client_secret_carries_a_checksum_over_all_that_comes_before() {
        let secret = ClientSecret::generate(&mut StdRng::seed_from_u64(1));
        let text = secret.reveal().to_owned();
        assert_eq!(text.len(), 4 + 43 + 6);
        let crc = crc32fast::hash(&text.as_bytes()[..47]);
        let digits: Vec<_> = text[47..]
            .chars()
            .map(|c| "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".find(c).unwrap() as u64)
            .collect();
        assert_eq!(digits.iter().fold(0, |number, digit| number * 62 + digit), u64::from(crc));
        assert!(ClientSecret::parse(&SecretText::new(text.clone())).is_some());

        let mut changed = text.into_bytes();
        changed[10] = if changed[10] == b'a' { b'b' } else { b'a' };
        assert!(ClientSecret::parse(&SecretText::new(String::from_utf8(changed).unwrap())).is_none());
    }

    #[test]
    fn a_client_secret_cannot_be_printed_by_accident() {
        let secret = ClientSecret::generate(&mut StdRng::seed_from_u64(1));
        assert!(!format!("{secret:?}").contains("kls_"));
    }

    #[test]
    fn only_the_secret_itself_matches_its_digest() {
        let mut rng = StdRng::seed_from_u64(1);
        let (one, other) = (ClientSecret::generate(&mut rng), ClientSecret::generate(&mut rng));
        assert!(one.matches(&one.digest()));
        assert!(!one.matches(&other.digest()));
        assert!(!one.matches(&[]));
    }

    #[test]
    fn expired_wins_over_suspended() {
        let now = at("2026-11-24T12:00:00Z");
        let later = now + Duration::seconds(1);
        assert_eq!(Status::of(later, true, now), Status::Valid);
        assert_eq!(Status::of(later, false, now), Status::Suspended);
        assert_eq!(Status::of(now, true, now), Status::Expired);
        assert_eq!(Status::of(now, false, now), Status::Expired);
    }

    #[test]
    fn a_lifetime_until_a_date_ends_with_that_day() {
        let now = at("2026-11-24T12:00:00Z");
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let lifetime = Lifetime::until(date("2026-11-30"), 365, now, Tz::UTC).unwrap();
        assert_eq!(lifetime, Lifetime { expires_at: at("2026-12-01T00:00:00Z"), days: 7 });
        assert_eq!(Lifetime::until(date("2026-11-23"), 365, now, Tz::UTC), Err(BadLifetime::InThePast));
        assert!(Lifetime::until(date("2027-11-23"), 365, now, Tz::UTC).is_ok());
        assert_eq!(Lifetime::until(date("2027-11-24"), 365, now, Tz::UTC), Err(BadLifetime::TooLong));
    }

    #[test]
    fn a_name_is_trimmed_short_and_visible() {
        assert_eq!(parse_name("  CI  "), Ok(Some("CI".to_owned())));
        assert_eq!(parse_name("   "), Ok(None));
        assert!(parse_name(&"x".repeat(101)).is_err());
        assert!(parse_name("a\u{7}b").is_err());
    }
}
