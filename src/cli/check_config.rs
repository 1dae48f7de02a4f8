//! `keyledge check-config`.

use super::output;
use crate::app;
use crate::config::{ServerConfig, StorageConfig};
use crate::db::Contents;
use crate::storage::Storage;
use crate::users::actions::check_given_password;

/// Says whether the server would start with these settings, and with which database. Changes nothing, and does not listen.
///
/// # Errors
/// When it would not start.
pub(super) fn run(storage: &StorageConfig, config: &ServerConfig) -> anyhow::Result<()> {
    let (_, admin_password) = app::check(config)?;
    let (contents, has_users) = Storage::check(storage)?;
    if let Some(given) = admin_password.filter(|_| !has_users) {
        check_given_password(&given, &config.instance_name)?;
    }
    let database = match contents {
        Contents::Missing => "does not exist: the server will make it",
        Contents::Empty => "is empty: the server will make its tables",
        Contents::Other => "is of another version or another program: the server will add the tables that are missing",
        Contents::Current => "has all tables, and the secret key opens what is sealed in it",
    };
    output::print(&format!("The settings can be used. The database {:?} {database}.", storage.database_url()?))
}
