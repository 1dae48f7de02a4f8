//! `keyledge signing-key`.

use clap::Subcommand;

use super::{Operator, output, table};
use crate::clock::Clock;
use crate::config::{StorageConfig, TokenAlgorithm};
use crate::db::Timestamp;
use crate::oauth::queries;
use crate::oauth::signing_keys::{self, Rotation};
use crate::storage::Storage;

#[derive(Subcommand)]
pub(super) enum SigningKeyCommand {
    /// List the keys that sign access tokens.
    List,
    /// Make a new signing key. It is published at once and signs after five minutes, when every API that keeps the
    /// published keys has it. The old one is accepted until the last of its tokens has ended.
    Rotate {
        /// Sign with the new key at once and accept no token that an old one has signed: for a key that was stolen.
        #[arg(long)]
        now: bool,

        /// How the new key signs. [default: as the newest key does]
        #[arg(long, value_enum, ignore_case = true)]
        token_algorithm: Option<TokenAlgorithm>,
    },
}

pub(super) fn run(config: &StorageConfig, command: &SigningKeyCommand) -> anyhow::Result<()> {
    let storage = Operator::open(config)?;
    let now = Clock::default().now();
    match command {
        SigningKeyCommand::List => list(&storage, now),
        SigningKeyCommand::Rotate { now: immediately, token_algorithm } => {
            let (database, secret_key) = (&storage.database, &storage.secret_key);
            let rotation =
                signing_keys::rotate(database, secret_key, *token_algorithm, *immediately, &mut rand::rng(), now)?;
            output::after_change(output::print(&told(&rotation)))
        }
    }
}

fn told(Rotation { key_id, signs_from, old_until }: &Rotation) -> String {
    match old_until {
        Some(until) => format!(
            "The signing key {key_id} was made. It signs from {} on; tokens of the old ones are accepted until {}.",
            signs_from.rfc3339(),
            until.rfc3339()
        ),
        None => format!("The signing key {key_id} was made and signs now. All tokens issued before are refused."),
    }
}

fn list(storage: &Storage, now: Timestamp) -> anyhow::Result<()> {
    let (keys, current) = storage.database.read_blocking(|connection| {
        Ok((queries::list_signing_keys(connection)?, queries::current_signing_key(connection, now)?))
    })?;
    let rows = keys.into_iter().map(|key| {
        let state = match key.verifies_until {
            Some(until) if until <= now => "Not accepted",
            _ if Some(&key.key_id) == current.as_ref() => "Signs",
            _ if key.signs_from > now => "Published",
            _ => "Accepted",
        };
        let until = key.verifies_until.map_or_else(String::new, Timestamp::rfc3339);
        vec![key.key_id, state.to_owned(), key.signs_from.rfc3339(), until]
    });
    output::print(&table::render(&["KEY ID", "STATE", "SIGNS FROM", "ACCEPTED UNTIL"], rows))
}
