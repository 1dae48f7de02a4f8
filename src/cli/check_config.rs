//! `keyledge check-config`.

use crate::app;
use crate::config::{ServerConfig, StorageConfig};
use crate::storage::{Place, Storage};
use crate::users::actions::check_given_password;

/// Says whether the server would start with these settings, and with which database. Changes nothing.
///
/// # Errors
/// When it would not.
pub(super) fn run(storage: &StorageConfig, config: &ServerConfig) -> anyhow::Result<()> {
    let (_, admin_password) = app::check(config)?;
    let url = storage.database_url()?;
    let place = Storage::check(storage)?;
    if place != Place::Current
        && let Some(given) = &admin_password
    {
        check_given_password(given, &config.instance_name)?;
    }
    let database = match place {
        Place::Empty => "does not exist: the server will make it",
        Place::NotCurrent => "is not one of this version: the server will add to it what is missing",
        Place::Current => "is one of this version, and the secret key belongs to it",
    };
    println!("The settings can be used. The database {url:?} {database}.");
    Ok(())
}
