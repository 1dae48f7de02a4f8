//! `keyledge key`.

use anyhow::{Context, bail};
use clap::Subcommand;
use comfy_table::{Table, presets};

use crate::api_keys::actions;
use crate::api_keys::model::{ClientId, Status};
use crate::api_keys::queries;
use crate::clock::Clock;
use crate::config::StorageConfig;
use crate::db::Timestamp;
use crate::storage::Storage;
use crate::users::model::normalize_username;

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
    let storage = Storage::open(config)?;
    let now = Clock::default().now();
    match command {
        KeyCommand::List { user } => {
            let username = user.as_deref().map(normalize_username);
            let keys = storage
                .database
                .read_blocking(|connection| queries::list_with_owners(connection, username.as_deref()))?;
            let mut table = Table::new();
            table.load_preset(presets::NOTHING).set_header([
                "CLIENT ID",
                "OWNER",
                "NAME",
                "STATUS",
                "EXPIRATION DATE",
                "LAST USED",
            ]);
            for (key, owner) in keys {
                let status = Status::of(key.expires_at, owner.is_active(), now).label();
                let last_used = key.last_used_at.map_or_else(|| "never".to_owned(), Timestamp::rfc3339);
                table.add_row([
                    key.client_id,
                    owner.username,
                    key.name.unwrap_or_default(),
                    status.to_owned(),
                    key.expires_at.rfc3339(),
                    last_used,
                ]);
            }
            println!("{}", table.trim_fmt());
        }
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
