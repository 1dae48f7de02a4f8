//! `keyledge serve`.

use anyhow::Context;

use super::output;
use crate::app;
use crate::clock::Clock;
use crate::config::{ServerConfig, StorageConfig};
use crate::users::actions::FirstAdministrator;

/// Runs the server until it is told to stop.
///
/// # Errors
/// When it cannot start.
pub(super) fn run(storage: &StorageConfig, config: ServerConfig) -> anyhow::Result<()> {
    allow_connections();
    actix_web::rt::System::new().block_on(async {
        let bound = app::bind(storage, config, Clock::default())?;
        match &bound.administrator {
            FirstAdministrator::NotNeeded => {}
            FirstAdministrator::WithGivenPassword => say("The user admin was made with the given password."),
            FirstAdministrator::WithOneTimePassword(password) => {
                let words = "The user admin was made. Sign in once with this one-time password, then choose your own:";
                output::print_whole(format!("{words}\n\n    {}\n\n", password.reveal()).as_bytes()).context(
                    "admin has a one-time password now that could not be told: make another one with `keyledge user \
                     set-password admin`",
                )?;
            }
        }
        say(&format!("Keyledge is ready at {} (listening on {}).", bound.public_url.as_str(), bound.address));
        bound.run().await
    })
}

/// What a server that nobody listens to need not end for.
fn say(words: &str) {
    if let Err(error) = output::print(words) {
        tracing::warn!("{error:#}: {words}");
    }
}

/// Takes as many open files as this process may have, since each connection is one: those that it begins with, often
/// 1,024, are there for programs that cannot do with more.
fn allow_connections() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "no more connections can be open at once than files that this process began with");
    }
}
