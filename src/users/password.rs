//! Passwords: bcrypt over a peppered pre-hash, at most a few at a time, never on a thread that serves requests.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use rand::CryptoRng;
use tokio::sync::Semaphore;

use super::password_rules::{check_choice, normalize};
use crate::language::Message;
use crate::secret::{SecretKey, SecretText, random_base62};

/// Callers that may wait for their turn before new ones are turned away.
const LONGEST_QUEUE: usize = 64;

/// Hashes and verifies passwords. Cheap to clone; clones share one bounded pool.
#[derive(Clone, Debug)]
pub struct Passwords {
    secret_key: SecretKey,
    cost: u32,
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// The highest cost of any hash that may be checked: every check takes as long as one of this cost, whether the user
    /// exists or not.
    slowest: Arc<AtomicU32>,
}

/// Why a password was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many others are waiting.
    #[error("too many passwords are waiting to be hashed")]
    Busy,
    /// bcrypt failed.
    #[error("bcrypt failed")]
    Bcrypt(#[from] bcrypt::BcryptError),
    /// The hashing thread panicked or the runtime is shutting down.
    #[error("the hashing was abandoned")]
    Abandoned(#[from] tokio::task::JoinError),
}

impl Passwords {
    /// A pool that hashes with bcrypt's work factor `cost`, on at most as many threads as there are processors.
    ///
    /// # Errors
    /// When bcrypt refuses the cost.
    pub fn new(secret_key: SecretKey, cost: u32) -> Result<Self, PasswordError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        if !(4..=31).contains(&cost) {
            return Err(bcrypt::BcryptError::CostNotAllowed(cost).into());
        }
        Ok(Self {
            secret_key,
            cost,
            turns: Arc::new(Semaphore::new(threads)),
            waiting: Arc::new(AtomicUsize::new(0)),
            slowest: Arc::new(cost.into()),
        })
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when too many are waiting.
    pub async fn hash(&self, password: &SecretText) -> Result<String, PasswordError> {
        let (password, cost) = (self.pepper(password), self.cost);
        Ok(self.take_turn(move || bcrypt::hash(password.reveal(), cost)).await??)
    }

    /// Lets every check take at least as long as one of this hash.
    pub fn keep_pace_with(&self, hash: &str) {
        if let Some(cost) = cost_of(hash) {
            self.slowest.fetch_max(cost, Ordering::Relaxed);
        }
    }

    /// Whether a password belongs to a hash. Without a hash it is always `false`. It takes as long for every hash and for
    /// none.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when too many are waiting.
    pub async fn verify(&self, password: &SecretText, hash: Option<String>) -> Result<bool, PasswordError> {
        let password = self.pepper(password);
        if let Some(hash) = &hash {
            self.keep_pace_with(hash);
        }
        let known = hash.and_then(|hash| Some((cost_of(&hash)?, hash)));
        let slowest = self.slowest.load(Ordering::Relaxed);
        let matches = self.take_turn(move || {
            let (cost, matches) = match &known {
                Some((cost, hash)) => (Some(*cost), bcrypt::verify(password.reveal(), hash)?),
                None => (None, false),
            };
            for cost in missing_work(cost, slowest) {
                bcrypt::verify(password.reveal(), &hash_of_nobody(cost))?;
            }
            Ok::<_, bcrypt::BcryptError>(matches)
        });
        Ok(matches.await??)
    }

    /// Whether a hash was made with another cost than new ones are.
    #[must_use]
    pub fn is_outdated(&self, hash: &str) -> bool {
        cost_of(hash) != Some(self.cost)
    }

    /// [`Passwords::hash`] for callers that have no async runtime.
    ///
    /// # Errors
    /// When bcrypt fails.
    pub fn hash_blocking(&self, password: &SecretText) -> Result<String, PasswordError> {
        Ok(bcrypt::hash(self.pepper(password).reveal(), self.cost)?)
    }

    /// [`check_choice`], off the threads that serve requests.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when too many are waiting.
    pub async fn check_choice(
        &self,
        password: &SecretText,
        username: &str,
        instance_name: &str,
    ) -> Result<Result<(), Message>, PasswordError> {
        let (password, names) = (password.clone(), [username.to_owned(), instance_name.to_owned()]);
        self.take_turn(move || check_choice(&password, &names.each_ref().map(String::as_str))).await
    }

    fn pepper(&self, password: &SecretText) -> SecretText {
        self.secret_key.pepper(&SecretText::new(normalize(password.reveal())))
    }

    async fn take_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _place = Place::take(&self.waiting).ok_or(PasswordError::Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        Ok(tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        })
        .await?)
    }
}

/// A place in the queue, given back when dropped, also when the caller goes away.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Self(waiting.clone());
        (waiting.fetch_add(1, Ordering::Relaxed) < LONGEST_QUEUE).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The cost that a hash names.
fn cost_of(hash: &str) -> Option<u32> {
    Some(hash.parse::<bcrypt::HashParts>().ok()?.get_cost())
}

/// The costs of the checks that take as long, together with one of `cost`, as one of `slowest`. Each cost doubles the work of
/// the one before.
fn missing_work(cost: Option<u32>, slowest: u32) -> RangeInclusive<u32> {
    match cost {
        Some(cost) => cost..=slowest.saturating_sub(1),
        None => slowest..=slowest,
    }
}

/// A well-formed hash of this cost that no password has; checking it takes as long as checking any other.
fn hash_of_nobody(cost: u32) -> String {
    format!("$2b${cost:02}${}", ".".repeat(53))
}

/// A one-time password: 22 random base62 characters.
#[must_use]
pub fn generate_one_time(rng: &mut impl CryptoRng) -> SecretText {
    SecretText::new(random_base62::<16>(rng, 22))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn passwords() -> Passwords {
        with_cost(4)
    }

    fn with_cost(cost: u32) -> Passwords {
        let secret_key = SecretKey::parse(&SecretText::new("0123456789abcdef0123456789abcdef")).unwrap();
        Passwords::new(secret_key, cost).unwrap()
    }

    #[actix_web::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let passwords = passwords();
        let hash = passwords.hash(&SecretText::new("correct horse battery")).await.unwrap();
        assert!(hash.starts_with("$2b$04$"));
        assert!(passwords.verify(&SecretText::new("correct horse battery"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(&SecretText::new("wrong horse battery"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(&SecretText::new(""), None).await.unwrap());
    }

    /// The least of some times that it takes to refuse a password.
    async fn time_to_refuse(passwords: &Passwords, hash: Option<&str>) -> Duration {
        let mut times = Vec::new();
        for _ in 0..5 {
            let begin = Instant::now();
            let wrong = SecretText::new("wrong horse battery");
            assert!(!passwords.verify(&wrong, hash.map(str::to_owned)).await.unwrap());
            times.push(begin.elapsed());
        }
        times.into_iter().min().unwrap()
    }

    #[actix_web::test]
    async fn a_refusal_takes_as_long_for_every_hash_and_for_none() {
        let [low, high] = [4, 9].map(|cost| bcrypt::hash("correct horse battery", cost).unwrap());
        for cost in [4, 9] {
            let passwords = with_cost(cost);
            passwords.keep_pace_with(&high);
            let of_nobody = time_to_refuse(&passwords, None).await;
            for hash in [&low, &high] {
                let ratio = time_to_refuse(&passwords, Some(hash)).await.div_duration_f64(of_nobody);
                assert!((0.2..5.0).contains(&ratio), "cost {cost}, {hash}: {ratio} times as long");
            }
        }
    }

    #[test]
    fn the_work_that_is_missing_makes_every_check_the_same_work() {
        let work = |cost: u32| 1_u64 << cost;
        for slowest in 4..=31 {
            assert_eq!(missing_work(None, slowest).map(work).sum::<u64>(), work(slowest));
            for cost in 4..=slowest {
                let missing: u64 = missing_work(Some(cost), slowest).map(work).sum();
                assert_eq!(work(cost) + missing, work(slowest), "{cost} of {slowest}");
            }
        }
    }

    #[actix_web::test]
    async fn a_higher_cost_than_any_that_was_known_is_learned() {
        let passwords = passwords();
        let before = time_to_refuse(&passwords, None).await;
        let high = bcrypt::hash("correct horse battery", 8).unwrap();
        time_to_refuse(&passwords, Some(&high)).await;
        assert!(time_to_refuse(&passwords, None).await > before * 4);
    }

    #[test]
    fn a_hash_of_another_cost_is_outdated() {
        for (cost, outdated) in [(4, false), (5, true)] {
            assert_eq!(passwords().is_outdated(&bcrypt::hash("correct horse battery", cost).unwrap()), outdated);
        }
    }

    #[actix_web::test]
    async fn passwords_that_differ_after_72_bytes_are_different() {
        let passwords = passwords();
        let hash = passwords.hash(&SecretText::new("a".repeat(72))).await.unwrap();
        assert!(!passwords.verify(&SecretText::new("a".repeat(73)), Some(hash)).await.unwrap());
    }

    #[actix_web::test]
    async fn a_password_is_the_same_however_a_device_writes_its_accents() {
        let passwords = passwords();
        let hash = passwords.hash(&SecretText::new("zu\u{308}rich im fru\u{308}hling")).await.unwrap();
        assert!(passwords.verify(&SecretText::new("zürich im frühling"), Some(hash)).await.unwrap());
    }
}
