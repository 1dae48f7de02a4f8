//! The only caller of `Utc::now`. Everything else is told what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{Duration, Utc};

use crate::db::Timestamp;

/// Where the program gets the time from. Cheap to clone; clones of a moved clock move together.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_micros: Arc<AtomicI64>,
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let ahead = Duration::microseconds(self.ahead_micros.load(Ordering::Relaxed));
        (Utc::now() + ahead).into()
    }

    /// Lets this clock and its clones run ahead of the machine's, so that a test can see a key expire.
    pub fn advance(&self, duration: Duration) {
        self.ahead_micros.fetch_add(duration.num_microseconds().unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}
