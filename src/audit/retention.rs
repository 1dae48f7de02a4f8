//! Removes what is older than the operator wants to keep, a little at a time, so that no check waits for it.

use std::time::Duration;

use chrono::Duration as Days;

use super::signer::Signer;
use crate::clock::Clock;
use crate::db::{Database, Error, Timestamp};
use crate::oauth;

/// How long to wait after looking for something to remove.
const INTERVAL: Duration = Duration::from_secs(10 * 60);

/// How long to leave the database to others between two slices.
const PAUSE: Duration = Duration::from_millis(20);

/// Removes what has become too old, for as long as the process runs.
pub async fn keep_clean(database: Database, signer: Signer, clock: Clock, retention_days: u32) {
    loop {
        if let Err(error) = clean(&database, &signer, clock.now(), retention_days).await {
            tracing::error!("what is too old could not be removed: {:#}", anyhow::Error::from(error));
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Removes events, counts and ended tokens that are too old now.
///
/// # Errors
/// When a transaction fails. What was removed before stays removed.
pub async fn clean(database: &Database, signer: &Signer, now: Timestamp, retention_days: u32) -> Result<(), Error> {
    // First, because a record that was changed stays as it is.
    while database.write(move |transaction| oauth::queries::prune_revoked_tokens(transaction, now)).await? {
        tokio::time::sleep(PAUSE).await;
    }
    let oldest = now + -Days::days(retention_days.into());
    while prune(database, signer.clone(), oldest, now).await? {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Removes a slice, and says whether there may be more.
async fn prune(database: &Database, signer: Signer, oldest: Timestamp, now: Timestamp) -> Result<bool, Error> {
    database
        .write(move |transaction| {
            let pruned = transaction.prune(oldest)?;
            signer.sign_pruned(transaction, &pruned.chains, now)?;
            Ok(pruned.more)
        })
        .await
}
