//! What is counted and how much is too much.

use std::net::{IpAddr, Ipv6Addr};

use chrono::Duration;

use crate::db::{Counters, Timestamp};
use crate::secret::{SecretKey, SecretText};

/// The operator's limits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Failures that one address may make for one name in a window.
    pub per_name: i32,
    /// Failures that one address may make in a window.
    pub per_address: i32,
    /// How long failures are counted from the first on.
    pub window: Duration,
}

/// What kind of attempt failed. Kinds are counted apart.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A sign-in with a password.
    SignIn,
    /// A token request with a client secret.
    Token,
    /// A request with an access token that names no known key.
    Bearer,
}

/// One attempt, and how many failures like it are too many.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// What kind it is.
    pub kind: Kind,
    /// Where it came from.
    pub address: IpAddr,
    /// The name that was presented, which may be a secret in the wrong field.
    pub name: SecretText,
    /// Masks the name.
    pub secret_key: SecretKey,
    /// The operator's limits.
    pub limits: Limits,
}

impl Attempt {
    /// The counters of this attempt. The name is masked: people type passwords into the wrong field, and what was
    /// presented is never stored.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let kind = match self.kind {
            Kind::SignIn => "sign_in",
            Kind::Token => "token",
            Kind::Bearer => "bearer",
        };
        let by_address = format!("{kind} {}", network(self.address));
        let by_name = format!("{by_address} {}", self.secret_key.mask(self.name.reveal()));
        let Limits { per_address, per_name, .. } = self.limits;
        Counters { by_address, per_address, by_name, per_name }
    }
}

/// Whether an attempt will be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It will.
    Allowed,
    /// Not before the window ends.
    Limited {
        /// Seconds until then, at least one.
        retry_after: u64,
    },
}

impl Verdict {
    /// The verdict when too many failures are counted until then.
    #[must_use]
    pub fn until(limited_until: Option<Timestamp>, now: Timestamp) -> Self {
        match limited_until {
            Some(end) => Self::Limited { retry_after: u64::try_from((end - now).num_seconds()).unwrap_or(0) + 1 },
            None => Self::Allowed,
        }
    }
}

/// An IPv6 subscriber has a whole /64, so that is what counts as one address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(address: &str, name: &str) -> Counters {
        Attempt {
            kind: Kind::SignIn,
            address: address.parse().unwrap(),
            name: SecretText::new(name),
            secret_key: SecretKey::parse(&SecretText::new("0123456789abcdef0123456789abcdef")).unwrap(),
            limits: Limits { per_name: 1, per_address: 1, window: Duration::minutes(1) },
        }
        .counters()
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let bucket = |address: &str| counters(address, "ada").by_address;
        assert_eq!(bucket("2001:db8::1"), bucket("2001:db8::ffff:1"));
        assert_ne!(bucket("2001:db8::1"), bucket("2001:db8:0:1::1"));
        assert_eq!(bucket("::ffff:192.0.2.1"), bucket("192.0.2.1"));
    }

    #[test]
    fn the_name_is_not_in_the_counter() {
        assert!(!counters("192.0.2.1", "hunter2").by_name.contains("hunter2"));
    }
}
