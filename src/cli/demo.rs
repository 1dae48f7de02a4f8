//! `keyledge demo`.

use anyhow::{Context, bail};

use super::{Operator, output, user};
use crate::clock::Clock;
use crate::config::{StorageConfig, TokenAlgorithm};
use crate::demo::actions::{Filled, fill};
use crate::demo::company::{ADMINISTRATOR, PEOPLE};
use crate::oauth::signing_keys::SigningKeys;
use crate::storage::Storage;
use crate::users::password::generate_one_time;
use crate::users::queries;

pub(super) fn run(config: &StorageConfig, password_stdin: bool) -> anyhow::Result<()> {
    let mut rng = rand::rng();
    let storage = Operator(Storage::open_or_create_own(config)?);
    if storage.database.read_blocking(queries::any)? {
        return refuse();
    }
    let password = if password_stdin { user::read_password("")? } else { generate_one_time(&mut rng) };
    let password_hash = storage.passwords.hash_blocking(&password)?;
    let now = Clock::default().now();
    // As a server does at its first start. It notes by itself how long its tokens live; so far there are none.
    let (no_tokens, algorithm) = (std::time::Duration::ZERO, TokenAlgorithm::Es256);
    SigningKeys::open(&storage.database, storage.secret_key.clone(), no_tokens, algorithm, &mut rng, now)?;
    if fill(&storage.database, &password_hash, &mut rng, now)? == Filled::NotEmpty {
        return refuse();
    }
    let people = PEOPLE.iter().map(|person| {
        let remark = match person {
            _ if person.username == ADMINISTRATOR => ", administrator",
            _ if person.disabled.is_some() => ", inactive: cannot sign in",
            _ if person.signs_in == 0 => ", has to choose a password first",
            _ => "",
        };
        format!("    {:<8}  {}{remark}\n", person.username, person.name)
    });
    let told = format!(
        "The database holds a small company now. It is for trying out only.\n\nSign in as one of these:\n\n{}",
        people.collect::<String>()
    );
    let start = "Start the server on the same database with `keyledge serve`.";
    if password_stdin {
        return output::after_change(output::print(&format!("{told}\n{start}")));
    }
    let told = format!("{told}\nAll of them have the password {}\n\n{start}\n", password.reveal());
    output::print_whole(told.as_bytes())
        .context("the database is filled, but its password could not be told: try it again on another database")
}

fn refuse() -> anyhow::Result<()> {
    bail!("the database holds users already: the demonstration needs an empty one, so name another with --database-url")
}
