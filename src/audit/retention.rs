//! Removes what is older than the operator wants to keep, a little at a time, so that no check waits for it.

use std::time::Duration;

use chrono::Duration as Days;

use crate::clock::Clock;
use crate::db::{Database, Error, Timestamp};
use crate::oauth;

/// How long to wait after looking for something to remove.
const INTERVAL: Duration = Duration::from_secs(10 * 60);

/// How long to leave the database to others between two slices.
const PAUSE: Duration = Duration::from_millis(20);

/// Removes what has become too old, for as long as the process runs.
pub async fn keep_clean(database: Database, clock: Clock, retention_days: u32) {
    loop {
        if let Err(error) = clean(&database, clock.now(), retention_days).await {
            tracing::error!("what is too old could not be removed: {:#}", anyhow::Error::from(error));
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Removes events, counts and ended tokens that are too old now.
///
/// # Errors
/// When a transaction fails. What was removed before stays removed.
pub async fn clean(database: &Database, now: Timestamp, retention_days: u32) -> Result<(), Error> {
    let oldest = now + -Days::days(retention_days.into());
    while database.write(move |transaction| transaction.prune(oldest)).await? {
        tokio::time::sleep(PAUSE).await;
    }
    database.write(move |transaction| oauth::queries::prune_revoked_tokens(transaction, now)).await
}
