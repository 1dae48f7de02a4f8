//! `keyledge key`.

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};

use super::{Operator, output, table};
use crate::all_keys::model::{Concern, KeyFilter};
use crate::all_keys::queries;
use crate::api::keys::Key;
use crate::api_keys::actions;
use crate::api_keys::model::{ClientId, Status};
use crate::clock::Clock;
use crate::config::StorageConfig;
use crate::db::Timestamp;
use crate::storage::Storage;
use crate::users::model::normalize_username;
use crate::users::queries as users;

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// List the API keys of all users, newest first; expired and soon expiring ones by their expiration date.
    #[command(after_help = "Examples:
  keyledge key list --user ada
  keyledge key list --only expires-soon
  keyledge key list --status suspended --only unused --json")]
    List(List),
    /// Delete an API key. This cannot be reversed.
    #[command(after_help = "Example: keyledge key delete kl_0123456789abcdefABCDEF")]
    Delete {
        /// The client ID.
        client_id: String,
    },
}

#[derive(Args)]
pub(super) struct List {
    /// Only those of one user.
    #[arg(long)]
    user: Option<String>,
    /// Only those of this status.
    #[arg(long)]
    status: Option<StatusWord>,
    /// Only those that somebody may want to look at for this reason.
    #[arg(long)]
    only: Option<Concern>,
    /// At most so many.
    #[arg(long, default_value_t = 1000)]
    limit: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A status as the command line takes it.
#[derive(Clone, Copy, ValueEnum)]
enum StatusWord {
    /// It can be used.
    Valid,
    /// Its owner is disabled.
    Suspended,
    /// Its expiration date has passed.
    Expired,
}

impl From<StatusWord> for Status {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::Valid => Self::Valid,
            StatusWord::Suspended => Self::Suspended,
            StatusWord::Expired => Self::Expired,
        }
    }
}

pub(super) fn run(config: &StorageConfig, command: KeyCommand) -> anyhow::Result<()> {
    let storage = Operator::open(config)?;
    let now = Clock::default().now();
    match command {
        KeyCommand::List(wanted) => list(&storage, wanted, now)?,
        KeyCommand::Delete { client_id } => {
            let client_id =
                ClientId::parse(&client_id).context("that is no client ID: expected kl_ and 22 letters or digits")?;
            if !actions::delete_as_operator(&storage.database, &client_id, now)? {
                bail!("there is no API key {client_id}");
            }
            output::after_change(output::print(&format!("The API key {client_id} was deleted.")))?;
        }
    }
    Ok(())
}

fn list(storage: &Storage, wanted: List, now: Timestamp) -> anyhow::Result<()> {
    let List { user, status, only, limit, json: as_json } = wanted;
    let username = user.as_deref().map(normalize_username);
    let keys = storage.database.read_blocking(|connection| {
        let owners = match &username {
            Some(username) => match users::find_by_username(connection, username)? {
                Some(user) => Some(vec![user.id]),
                None => return Ok(None),
            },
            None => None,
        };
        let filter = KeyFilter { owners, status: status.map(Status::from), concern: only };
        queries::page(connection, &filter, None, limit.saturating_add(1), now).map(Some)
    })?;
    let Some(mut keys) = keys else { bail!("there is no user {}", username.unwrap_or_default()) };
    let more = keys.len() > limit;
    keys.truncate(limit);
    if as_json {
        output::print_json(&keys.into_iter().map(|(key, owner)| Key::of(key, owner, now)).collect::<Vec<_>>())?;
    } else {
        let rows = keys.into_iter().map(|(key, owner)| {
            let status = Status::of(key.expires_at, owner.is_active(), now).label().to_string();
            let last_used = key.last_used_at.map_or_else(|| "never".to_owned(), Timestamp::rfc3339);
            let expires_at = key.expires_at.rfc3339();
            vec![key.client_id, owner.username, key.name.unwrap_or_default(), status, expires_at, last_used]
        });
        output::print(&table::render(&["CLIENT ID", "OWNER", "NAME", "STATUS", "EXPIRATION DATE", "LAST USED"], rows))?;
    }
    if more {
        output::remark(&format!("There are more than {limit}: narrow them down, or raise --limit."));
    }
    Ok(())
}
