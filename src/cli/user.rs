//! `keyledge user`.

use std::io::{IsTerminal, Read as _};

use anyhow::{Context, bail};
use clap::Subcommand;

use super::{Operator, table};
use crate::clock::Clock;
use crate::config::StorageConfig;
use crate::secret::SecretText;
use crate::storage::Storage;
use crate::users::actions::{self, Added, Changed};
use crate::users::model::{MEMBER, generate_subject, normalize_username, parse_username};
use crate::users::password::generate_one_time;
use crate::users::password_rules::check_choice;
use crate::users::queries::{self, NewUser};

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Add a user. Prints a one-time password, which must be changed at the first sign-in.
    #[command(
        after_help = "Example: keyledge user add ada --display-name 'Ada Lovelace' --role member --role accountant"
    )]
    Add {
        /// The name to sign in with.
        username: String,
        /// The name that people read. [default: the username]
        #[arg(long)]
        display_name: Option<String>,
        /// The e-mail address.
        #[arg(long)]
        email: Option<String>,
        /// A role; may be given several times.
        #[arg(long = "role", default_value = MEMBER)]
        roles: Vec<String>,
        /// Read the password from standard input. It need not be changed then.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all users.
    List,
    /// Disable a user: ends the browser sessions and suspends the API keys at once.
    Disable {
        /// The name to sign in with.
        username: String,
    },
    /// Enable a user: the API keys work again.
    Enable {
        /// The name to sign in with.
        username: String,
    },
    /// Set a one-time password and print it. Ends the user's browser sessions.
    SetPassword {
        /// The name to sign in with.
        username: String,
        /// Read the one-time password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
}

pub(super) fn run(config: &StorageConfig, command: UserCommand) -> anyhow::Result<()> {
    let storage = Operator::open(config)?;
    match command {
        UserCommand::Add { username, display_name, email, roles, password_stdin } => {
            let username = parse_username(&username).map_err(|message| anyhow::anyhow!("bad username: {message}"))?;
            add(&storage, &username, display_name.as_deref(), email.as_deref(), &roles, password_stdin)
        }
        UserCommand::List => list(&storage),
        UserCommand::Disable { username } => set_disabled(&storage, &username, true),
        UserCommand::Enable { username } => set_disabled(&storage, &username, false),
        UserCommand::SetPassword { username, password_stdin } => set_password(&storage, &username, password_stdin),
    }
}

fn add(
    storage: &Storage,
    username: &str,
    display_name: Option<&str>,
    email: Option<&str>,
    roles: &[String],
    password_stdin: bool,
) -> anyhow::Result<()> {
    let password = if password_stdin { read_password(username)? } else { generate_one_time(&mut rand::rng()) };
    let subject = generate_subject(&mut rand::rng());
    let user = NewUser {
        subject: &subject,
        username,
        display_name: display_name.unwrap_or(username),
        email,
        password_hash: &storage.passwords.hash_blocking(&password)?,
        password_must_change: !password_stdin,
    };
    match actions::add(&storage.database, user, roles, Clock::default().now())? {
        Added::Added => {
            println!("The user {username} was added.");
            if !password_stdin {
                print_one_time(&password);
            }
            Ok(())
        }
        Added::NameTaken => bail!("there is a user {username} already"),
        Added::NoSuchRole(role) => bail!("there is no role {role}: add it with `keyledge role add {role}`"),
    }
}

fn list(storage: &Storage) -> anyhow::Result<()> {
    let rows = storage.database.read_blocking(|connection| {
        let mut rows = Vec::new();
        for user in queries::list(connection)? {
            let roles = queries::roles_of(connection, user.id)?;
            rows.push((user, roles));
        }
        Ok(rows)
    })?;
    let rows = rows.into_iter().map(|(user, roles)| {
        let status = if user.is_active() { "Active" } else { "Inactive" };
        vec![user.username, user.display_name, user.email.unwrap_or_default(), status.to_owned(), roles.join(", ")]
    });
    println!("{}", table::render(&["USERNAME", "DISPLAY NAME", "E-MAIL", "STATUS", "ROLES"], rows));
    Ok(())
}

fn set_disabled(storage: &Storage, username: &str, disabled: bool) -> anyhow::Result<()> {
    let username = normalize_username(username);
    let state = if disabled { "disabled" } else { "enabled" };
    match actions::set_disabled(&storage.database, &username, disabled, Clock::default().now())? {
        Changed::Changed => println!("The user {username} is {state} now."),
        Changed::AlreadySo => println!("The user {username} was {state} already."),
        Changed::NoSuchUser => bail!("there is no user {username}"),
    }
    Ok(())
}

fn set_password(storage: &Storage, username: &str, password_stdin: bool) -> anyhow::Result<()> {
    let username = normalize_username(username);
    let password = if password_stdin { read_password(&username)? } else { generate_one_time(&mut rand::rng()) };
    let hash = storage.passwords.hash_blocking(&password)?;
    match actions::set_password(&storage.database, &username, &hash, Clock::default().now())? {
        Changed::NoSuchUser => bail!("there is no user {username}"),
        Changed::Changed | Changed::AlreadySo => println!("The password of {username} was set."),
    }
    if !password_stdin {
        print_one_time(&password);
    }
    Ok(())
}

fn print_one_time(password: &SecretText) {
    println!("One-time password, to be changed at the first sign-in: {}", password.reveal());
}

fn read_password(username: &str) -> anyhow::Result<SecretText> {
    if std::io::stdin().is_terminal() {
        eprintln!("Type the password, then Enter and Ctrl-D. It is shown as you type.");
    }
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).context("the password cannot be read")?;
    let password = SecretText::new(text.trim_end_matches(['\r', '\n']));
    check_choice(&password, &[username]).map_err(anyhow::Error::msg)?;
    Ok(password)
}
