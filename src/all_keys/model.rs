//! Which keys can be asked for.

use chrono::Duration;

use crate::api_keys::expiry::SOON_DAYS;
use crate::api_keys::model::Status;
use crate::db::Timestamp;
use crate::language::Message;

/// A key is unused when it is older than so many days and was not used for as long.
pub const UNUSED_DAYS: i64 = 90;

/// Why somebody may want to look at a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Concern {
    /// It was never used.
    NeverUsed,
    /// It expires within 14 days.
    ExpiresSoon,
    /// It was not used for 90 days, or never since it was generated before that.
    Unused,
}

impl Concern {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::NeverUsed, Self::ExpiresSoon, Self::Unused];

    /// The word in addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NeverUsed => "never-used",
            Self::ExpiresSoon => "expires-soon",
            Self::Unused => "unused",
        }
    }

    /// What people read.
    #[must_use]
    pub fn label(self) -> Message {
        match self {
            Self::NeverUsed => Message::new("keys-never-used"),
            Self::ExpiresSoon => Message::new("keys-expires-soon").with("days", SOON_DAYS),
            Self::Unused => Message::new("keys-unused").with("days", UNUSED_DAYS),
        }
    }
}

/// Which keys are asked for.
#[derive(Clone, Debug, Default)]
pub struct KeyFilter {
    /// Only those of these users.
    pub owners: Option<Vec<i64>>,
    /// Only those of this status.
    pub status: Option<Status>,
    /// Only those of this concern.
    pub concern: Option<Concern>,
}

/// The order of a list of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrder {
    /// The newest first.
    Newest,
    /// The same by the time when it was generated, which an index finds: for lists that leave out the newest.
    LatestCreation,
    /// The one that expired last first.
    LatestExpiry,
    /// The one that expires next first.
    NextExpiry,
}

impl KeyFilter {
    /// The order in which these keys are told: what is about expiring, by the expiration date.
    #[must_use]
    pub fn order(&self) -> KeyOrder {
        match (self.concern, self.status) {
            (_, Some(Status::Expired)) => KeyOrder::LatestExpiry,
            (Some(Concern::ExpiresSoon), _) => KeyOrder::NextExpiry,
            (Some(Concern::Unused), _) => KeyOrder::LatestCreation,
            _ => KeyOrder::Newest,
        }
    }
}

/// Until when a key expires soon.
#[must_use]
pub fn soon(now: Timestamp) -> Timestamp {
    now + Duration::days(SOON_DAYS)
}

/// Since when an unused key was not used.
#[must_use]
pub fn long_ago(now: Timestamp) -> Timestamp {
    now + -Duration::days(UNUSED_DAYS)
}
