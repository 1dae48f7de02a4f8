//! The command line. One file a command; no subcommand means `serve`.

mod audit;
mod backup;
mod check_config;
mod completions;
mod demo;
mod key;
mod output;
mod role;
mod serve;
mod signing_key;
mod table;
mod user;
mod user_command;

use std::io::IsTerminal as _;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::clock::Clock;
use crate::config::{ServerConfig, StorageConfig};
use crate::storage::Storage;

/// API keys that belong to people: generated in a browser, checked against live state, every use on record.
#[derive(Parser)]
#[command(name = "keyledge", version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    storage: StorageConfig,

    /// What is logged to standard error: error, warn, info or debug.
    #[arg(long, env = "KEYLEDGE_LOG", default_value = "info", value_parser = parse_log, global = true)]
    log: String,

    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    server: ServerConfig,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server. This is also what happens without a subcommand.
    Serve(Box<ServerConfig>),
    /// Add, list, show, edit, enable and disable users, and set their passwords.
    User(user::UserArgs),
    /// Add, list, show, edit and delete roles.
    Role(role::RoleArgs),
    /// List and delete API keys.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// List, export and verify audit events.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// List and rotate the keys that sign access tokens.
    #[command(subcommand)]
    SigningKey(signing_key::SigningKeyCommand),
    /// Copy an SQLite database to a new file while the server runs. The secret key is not in the copy.
    #[command(after_help = "Example: keyledge backup backups/keyledge-$(date +%F).db")]
    Backup {
        /// The file to make.
        file: PathBuf,
    },
    /// Say whether the server would start with these settings, and with which database. Changes nothing, and does not try
    /// the address.
    CheckConfig(Box<ServerConfig>),
    /// Fill an empty database with a small company, to try the program out: people, roles, API keys in every status, and
    /// three months of activity. Prints the names to sign in with and their one password.
    #[command(after_help = "Example:
  keyledge demo --database-url sqlite:demo.db
  keyledge serve --database-url sqlite:demo.db")]
    Demo {
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print a script with which a shell completes commands, flags and their values.
    #[command(after_help = "Example: keyledge completions bash > ~/.local/share/bash-completion/completions/keyledge")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Runs what the command line asks for. The exit code is 0 when it was done, 1 when it was not, and 2 when the command
/// line could not be understood.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(help) => return explain(&help),
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&cli.log))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // It would say on standard error that standard error cannot be written, and panic.
        .log_internal_errors(false)
        .init();
    let result = match cli.command {
        None => serve::run(&cli.storage, cli.server),
        Some(Command::Serve(server)) => serve::run(&cli.storage, *server),
        Some(Command::User(command)) => user::run(&cli.storage, command),
        Some(Command::Role(command)) => role::run(&cli.storage, command),
        Some(Command::Key(command)) => key::run(&cli.storage, command),
        Some(Command::Audit(command)) => audit::run(&cli.storage, command),
        Some(Command::SigningKey(command)) => signing_key::run(&cli.storage, &command),
        Some(Command::Backup { file }) => backup::run(&cli.storage, &file),
        Some(Command::CheckConfig(server)) => check_config::run(&cli.storage, &server),
        Some(Command::Demo { password_stdin }) => demo::run(&cli.storage, password_stdin),
        Some(Command::Completions { shell }) => completions::run(shell),
    };
    end(result)
}

fn end(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::remark(&format!("keyledge: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints the help that was asked for, or why the command line cannot be understood.
fn explain(help: &clap::Error) -> ExitCode {
    let printed = output::print_help(help);
    if help.use_stderr() { ExitCode::from(2) } else { end(printed) }
}

/// One of the levels, or levels by module as tracing's `EnvFilter` reads them. A word that is neither would be taken for a
/// module, and nothing else be logged.
fn parse_log(text: &str) -> Result<String, String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let text = text.trim();
    if text.is_empty() {
        return Ok("info".to_owned());
    }
    let is_readable = |directive: &str| LEVELS.contains(&directive) || directive.contains('=');
    if text.split(',').all(is_readable) && EnvFilter::try_new(text).is_ok() {
        Ok(text.to_owned())
    } else {
        Err("expected error, warn, info or debug".to_owned())
    }
}

/// What commands work on. What they record is signed when they end.
struct Operator(Storage);

impl Operator {
    fn open(config: &StorageConfig) -> anyhow::Result<Self> {
        Storage::open(config).map(Self)
    }
}

impl Deref for Operator {
    type Target = Storage;

    fn deref(&self) -> &Storage {
        &self.0
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        if let Err(error) = self.signer.sign_own(&self.database, Clock::default().now()) {
            let error = anyhow::Error::from(error);
            tracing::error!("what was done is recorded, but the record could not be signed: {error:#}");
        }
    }
}
