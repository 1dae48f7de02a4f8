//! `keyledge serve`.

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
            FirstAdministrator::WithGivenPassword => println!("The user admin was made with the given password."),
            FirstAdministrator::WithOneTimePassword(password) => println!(
                "The user admin was made. Sign in once with this one-time password, then choose your own:\n\n    {}\n",
                password.reveal()
            ),
        }
        println!("Keyledge is ready at {} (listening on {}).", bound.public_url.as_str(), bound.address);
        bound.run().await
    })
}

/// Takes as many open files as this process may have, since each connection is one: those that it begins with, often
/// 1,024, are there for programs that cannot do with more.
fn allow_connections() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "no more connections can be open at once than files that this process began with");
    }
}
