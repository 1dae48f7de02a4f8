//! `keyledge audit`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::{Operator, output, table};
use crate::audit::asked::{Asked, Missing, Whose, parse_from, parse_until};
use crate::audit::chain::{Break, Verified};
use crate::audit::export::{AuditEvent, EventOutcome, Export, Shape};
use crate::audit::model::{Event, Filter};
use crate::audit::pages::{action, reason};
use crate::audit::queries;
use crate::audit::verify;
use crate::config::StorageConfig;
use crate::db::Timestamp;
use crate::storage::Storage;

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// List audit events, newest first.
    #[command(after_help = "Examples:
  keyledge audit list --user ada --outcome refused
  keyledge audit list --from 2026-11-01 --until 2026-11-30 --limit 1000 --json")]
    List {
        #[command(flatten)]
        filter: EventFilter,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write audit events to standard output, oldest first. JSON Lines have every column of an event, so that whoever has
    /// all events can compute their chains anew.
    #[command(after_help = "Examples:
  keyledge audit export > record.jsonl
  keyledge audit export --format csv --key kl_0123456789abcdefABCDEF > uses.csv")]
    Export {
        #[command(flatten)]
        filter: EventFilter,
        /// What to write.
        #[arg(long, default_value = "jsonl")]
        format: Format,
    },
    /// Check that nobody has changed the record: the one in the database, or a whole export of it.
    #[command(after_help = "Examples:
  keyledge audit verify
  keyledge audit verify --export record.jsonl --public-key 5f2c…")]
    Verify {
        /// A whole export as JSON Lines; - for standard input. The database is not looked at.
        #[arg(long, requires = "public_key")]
        export: Option<PathBuf>,
        /// The public key that the record is signed with, as `keyledge audit public-key` printed it. [default: the one
        /// of this installation]
        #[arg(long, value_parser = parse_public_key)]
        public_key: Option<PublicKey>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the public key that the record is signed with, in hexadecimal.
    PublicKey,
}

/// An Ed25519 public key: 32 bytes.
#[derive(Clone)]
pub(super) struct PublicKey(Vec<u8>);

fn parse_public_key(text: &str) -> Result<PublicKey, String> {
    match hex::decode(text) {
        Ok(bytes) if bytes.len() == 32 => Ok(PublicKey(bytes)),
        _ => Err("expected 64 hexadecimal digits, as keyledge audit public-key prints them".to_owned()),
    }
}

#[derive(Args)]
pub(super) struct EventFilter {
    /// Only those in the record of one user.
    #[arg(long)]
    user: Option<String>,
    /// Only those about the API key of this client ID.
    #[arg(long)]
    key: Option<String>,
    /// Only those of this outcome.
    #[arg(long)]
    outcome: Option<EventOutcome>,
    /// Not before this date or time (UTC unless it says otherwise).
    #[arg(long, value_parser = parse_from)]
    from: Option<Timestamp>,
    /// Not after the end of this date, or before this time.
    #[arg(long, value_parser = parse_until)]
    until: Option<Timestamp>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// One JSON object a line.
    Jsonl,
    /// A table for spreadsheets.
    Csv,
}

pub(super) fn run(config: &StorageConfig, command: AuditCommand) -> anyhow::Result<()> {
    if let AuditCommand::Verify { export: Some(path), public_key: Some(PublicKey(public_key)), json } = &command {
        return tell(verify::export(open(path)?, public_key)?, *json);
    }
    let storage = Operator::open(config)?;
    match command {
        AuditCommand::List { filter, limit, json } => {
            let filter = find(&storage, filter)?;
            let events =
                storage.database.read_blocking(|connection| queries::newest(connection, filter, None, limit))?;
            list(events, json)
        }
        AuditCommand::Export { filter, format } => {
            let filter = find(&storage, filter)?;
            let shape = match format {
                Format::Jsonl => Shape::Chain,
                Format::Csv => Shape::Csv,
            };
            export(&storage, filter, shape)
        }
        AuditCommand::Verify { public_key, json, .. } => {
            let public_key = match public_key {
                Some(PublicKey(public_key)) => public_key,
                None => storage.signer.public_key().to_vec(),
            };
            tell(verify::database(&storage.database, &public_key)?, json)
        }
        AuditCommand::PublicKey => output::print(&hex::encode(storage.signer.public_key())),
    }
}

fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}

/// What `--json` prints of a verification.
#[derive(Serialize)]
struct Verification {
    whole: bool,
    #[serde(rename = "break")]
    found: Option<String>,
    #[serde(flatten)]
    verified: Option<Verified>,
}

fn tell(verified: Result<Verified, Break>, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let found = verified.as_ref().err().map(ToString::to_string);
        output::print_json(&Verification {
            whole: verified.is_ok(),
            found,
            verified: verified.as_ref().ok().copied(),
        })?;
    }
    match verified {
        Ok(Verified { chains, events, unsigned }) if !as_json => {
            let events_word = if events == 1 { "event" } else { "events" };
            let chains_word = if chains == 1 { "chain" } else { "chains" };
            let mut lines = vec![format!("The record is whole: {events} {events_word} in {chains} {chains_word}.")];
            if unsigned > 0 {
                lines.push(format!("{unsigned} of them came after the newest signed head of their chain."));
            }
            output::print(&lines.join("\n"))
        }
        Ok(_) => Ok(()),
        Err(found) => bail!("the record is not what was written: {found}"),
    }
}

fn find(storage: &Storage, EventFilter { user, key, outcome, from, until }: EventFilter) -> anyhow::Result<Filter> {
    let asked = Asked {
        whose: user.clone().map_or(Whose::Everybody, Whose::Named),
        client_id: key.clone(),
        refused: outcome.map(|outcome| outcome == EventOutcome::Refused),
        from,
        until,
    };
    match (storage.database.read_blocking(|connection| asked.filter(connection))?, user) {
        (Ok(filter), _) => Ok(filter),
        (Err(Missing::User), user) => bail!("there is no user {}", user.unwrap_or_default()),
        (Err(Missing::Key), Some(user)) => bail!("{user} has no API key {}", key.unwrap_or_default()),
        (Err(Missing::Key), None) => bail!("there is no API key {}", key.unwrap_or_default()),
    }
}

fn list(events: Vec<Event>, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return output::print_json(&events.into_iter().map(AuditEvent::from).collect::<Vec<_>>());
    }
    let rows = events.into_iter().map(|event| {
        let outcome =
            event.reason.as_deref().map_or_else(|| "Allowed".to_owned(), |code| format!("Refused: {}", reason(code)));
        let request = match (event.method, event.path) {
            (Some(method), Some(path)) => format!("{method} {path}"),
            _ => String::new(),
        };
        let done = match (event.actor, event.detail) {
            (None, None) => action(&event.action).to_string(),
            (Some(actor), None) => format!("{} (by {actor})", action(&event.action)),
            (None, Some(detail)) => format!("{} ({detail})", action(&event.action)),
            (Some(actor), Some(detail)) => format!("{} ({detail}, by {actor})", action(&event.action)),
        };
        let or_nothing = Option::unwrap_or_default;
        vec![
            event.occurred_at.rfc3339(),
            or_nothing(event.username),
            done,
            outcome,
            or_nothing(event.client_id),
            request,
            or_nothing(event.address),
        ]
    });
    output::print(&table::render(&["TIME", "USER", "ACTION", "OUTCOME", "CLIENT ID", "REQUEST", "ADDRESS"], rows))
}

fn export(storage: &Storage, filter: Filter, shape: Shape) -> anyhow::Result<()> {
    let mut export = storage.database.read_blocking(|connection| Export::begin(connection, filter, shape))?;
    while let Some(part) = storage.database.read_blocking(|connection| export.next_part(connection))? {
        output::print_whole(&part)?;
    }
    Ok(())
}
