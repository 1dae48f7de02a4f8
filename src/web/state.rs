//! What every handler may use.

use std::net::IpAddr;

use chrono::Duration;

use super::brand::Brand;
use crate::attempts::model::{Attempt, Kind, Limits};
use crate::clock::Clock;
use crate::config::{PublicUrl, ServerConfig};
use crate::db::Database;
use crate::metrics::Metrics;
use crate::oauth::tokens::Tokens;
use crate::secret::{SecretKey, SecretText};
use crate::users::password::Passwords;

/// The state of the application, made once and shared by all workers.
#[derive(Clone)]
pub struct State {
    /// The settings.
    pub config: ServerConfig,
    /// The looks of the instance.
    pub brand: Brand,
    /// Under which URL people and programs reach this server.
    pub public_url: PublicUrl,
    /// What time it is.
    pub clock: Clock,
    /// Where everything is kept.
    pub database: Database,
    /// The secret of this installation.
    pub secret_key: SecretKey,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Issues and reads access tokens.
    pub tokens: Tokens,
    /// Counts requests.
    pub metrics: Metrics,
}

impl State {
    /// An attempt from `address` under `name`.
    #[must_use]
    pub fn attempt(&self, kind: Kind, address: IpAddr, name: &str) -> Attempt {
        let (secret_key, limits) = (self.secret_key.clone(), self.limits());
        Attempt { kind, address, name: SecretText::new(name), secret_key, limits }
    }

    fn limits(&self) -> Limits {
        let saturated = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        Limits {
            per_name: saturated(self.config.max_failures_per_name),
            per_address: saturated(self.config.max_failures_per_address),
            window: Duration::from_std(self.config.failure_window).unwrap_or(Duration::MAX),
        }
    }
}
