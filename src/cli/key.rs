//! `keyledge key`.

use anyhow::{Context, bail};
use clap::Subcommand;

use super::{Operator, table};
use crate::api_keys::actions;
use crate::api_keys::model::{ClientId, Status};
use crate::api_keys::queries;
use crate::clock::Clock;
use crate::config::StorageConfig;
use crate::db::Timestamp;
use crate::storage::Storage;
use crate::users::model::normalize_username;
use crate::users::queries as users;

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// List the API keys of all users.
    List {
        /// Only those of one user.
        #[arg(long)]
        user: Option<String>,
    },
    /// Delete an API key. This cannot be reversed.
    Delete {
        /// The client ID.
        client_id: String,
    },
}

pub(super) fn run(config: &StorageConfig, command: KeyCommand) -> anyhow::Result<()> {
    let storage = Operator::open(config)?;
    let now = Clock::default().now();
    match command {
        KeyCommand::List { user } => list(&storage, user.as_deref(), now)?,
        KeyCommand::Delete { client_id } => {
            let client_id =
                ClientId::parse(&client_id).context("that is no client ID: expected kl_ and 22 letters or digits")?;
            if !actions::delete_as_operator(&storage.database, &client_id, now)? {
                bail!("there is no API key {client_id}");
            }
            println!("The API key {client_id} was deleted.");
        }
    }
    Ok(())
}

fn list(storage: &Storage, username: Option<&str>, now: Timestamp) -> anyhow::Result<()> {
    let username = username.map(normalize_username);
    let (known, keys) = storage.database.read_blocking(|connection| {
        let known = match &username {
            Some(username) => users::find_by_username(connection, username)?.is_some(),
            None => true,
        };
        Ok((known, queries::list_with_owners(connection, username.as_deref())?))
    })?;
    if let Some(username) = username.filter(|_| !known) {
        bail!("there is no user {username}");
    }
    let rows = keys.into_iter().map(|(key, owner)| {
        let status = Status::of(key.expires_at, owner.is_active(), now).label();
        let last_used = key.last_used_at.map_or_else(|| "never".to_owned(), Timestamp::rfc3339);
        let expires_at = key.expires_at.rfc3339();
        vec![key.client_id, owner.username, key.name.unwrap_or_default(), status.to_owned(), expires_at, last_used]
    });
    println!("{}", table::render(&["CLIENT ID", "OWNER", "NAME", "STATUS", "EXPIRATION DATE", "LAST USED"], rows));
    Ok(())
}
