//! What `scripts/bench` needs besides the program and a load generator: a bare handler to compare with, and a database
//! with many keys.

#![allow(clippy::print_stdout)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use actix_web::{App, HttpServer, web};
use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use clap::{Args, Parser, Subcommand};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text, Timestamp as SqlTimestamp};
use keyledge::api_keys::model::{ClientId, ClientSecret};
use keyledge::clock::Clock;
use keyledge::config::StorageConfig;
use keyledge::db::schema::{audit_events, roles, users};
use keyledge::db::{DbConnection, Timestamp};
use keyledge::secret::random_base62;
use keyledge::users::model::generate_subject;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use tokio::task::JoinSet;
use url::Url;

use support::{connect, dialect, settle};

/// The role of the users that own one key each.
const ROLE: &str = "bench";

/// The user whose only key introspects tokens.
const INTROSPECTOR: &str = "introspector";

/// The user who looks at the Profile page.
const PROFILER: &str = "profiler";

const KEYS_OF_PROFILER: usize = 10;

const LIFETIME_DAYS: i32 = 90;

/// Users in a transaction. Larger ones are not faster.
const BATCH: u64 = 20_000;

/// Token requests under way at once.
const CALLERS: usize = 32;

#[derive(Parser)]
#[command(name = "load")]
struct Cli {
    /// Given by `cargo bench` to everything that it runs.
    #[arg(long, hide = true)]
    bench: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a handler that does nothing, with two workers.
    Bare {
        /// The address and port to listen on.
        #[arg(long)]
        listen: SocketAddr,
    },
    /// Fill a database on which a server runs with users of one API key each, and write down what the load draws from.
    Seed(Box<Seed>),
    /// Print the number of audit events.
    Events {
        #[command(flatten)]
        storage: StorageConfig,
    },
}

#[derive(Args)]
struct Seed {
    #[command(flatten)]
    storage: StorageConfig,

    /// The URL of the server, which issues the tokens.
    #[arg(long)]
    server: Url,

    /// API keys, of one user each.
    #[arg(long)]
    keys: u64,

    /// How many of them, evenly spread, the load draws from.
    #[arg(long)]
    active: u64,

    /// The folder for `keys.tsv`, `tokens.txt` and `introspector.tsv`.
    #[arg(long)]
    out: PathBuf,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        None => {
            println!("The load is measured by scripts/bench.");
            Ok(())
        }
        Some(Command::Bare { listen }) => bare(listen),
        Some(Command::Seed(seed)) => seed.run(),
        Some(Command::Events { storage }) => {
            let events: i64 = audit_events::table.count().get_result(&mut connect(&storage)?)?;
            println!("{events}");
            Ok(())
        }
    }
}

fn bare(listen: SocketAddr) -> anyhow::Result<()> {
    let server = HttpServer::new(|| App::new().route("/", web::get().to(async || "ok"))).workers(2).bind(listen)?;
    Ok(actix_web::rt::System::new().block_on(server.run())?)
}

/// A key that the load uses.
struct Key {
    client_id: ClientId,
    client_secret: ClientSecret,
}

impl Key {
    fn generate(rng: &mut StdRng) -> Self {
        Self { client_id: ClientId::generate(rng), client_secret: ClientSecret::generate(rng) }
    }

    /// Client ID, client secret, and both as HTTP Basic has them.
    fn line(&self) -> String {
        let (id, secret) = (self.client_id.as_str(), self.client_secret.reveal());
        format!("{id}\t{secret}\t{}\n", STANDARD.encode(format!("{id}:{secret}")))
    }

    /// As [`insert_keys`] reads it.
    fn row(&self, user_id: i64, rng: &mut StdRng) -> serde_json::Value {
        let digest = self.client_secret.digest().iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        json!([user_id, self.client_id.as_str(), digest, random_base62::<16>(rng, 22)])
    }
}

impl Seed {
    fn run(&self) -> anyhow::Result<()> {
        if self.active == 0 || self.active > self.keys {
            bail!("--active {}: expected 1 to {}, the number of keys", self.active, self.keys);
        }
        let mut connection = connect(&self.storage)?;
        let now = Clock::default().now();
        let mut rng = StdRng::seed_from_u64(self.keys);

        let active = self.insert_users(&mut connection, &mut rng, now)?;
        let introspector = Key::generate(&mut rng);
        insert_keys_of(&mut connection, INTROSPECTOR, std::slice::from_ref(&introspector), &mut rng, now)?;
        let of_profiler: Vec<_> = (0..KEYS_OF_PROFILER).map(|_| Key::generate(&mut rng)).collect();
        insert_keys_of(&mut connection, PROFILER, &of_profiler, &mut rng, now)?;
        settle(&mut connection)?;
        drop(connection);

        let tokens = actix_web::rt::System::new().block_on(get_tokens(&self.server, &active))?;
        write(&self.out, "keys.tsv", active.iter().map(Key::line).collect())?;
        write(&self.out, "introspector.tsv", introspector.line())?;
        write(&self.out, "tokens.txt", tokens.join("\n") + "\n")
    }

    /// Inserts the users with a key each and returns the keys that the load draws from.
    fn insert_users(
        &self,
        connection: &mut DbConnection,
        rng: &mut StdRng,
        now: Timestamp,
    ) -> anyhow::Result<Vec<Key>> {
        let role_id = roles::table
            .filter(roles::name.eq(ROLE))
            .select(roles::id)
            .first(connection)
            .with_context(|| format!("the role {ROLE}, which scripts/bench adds, is missing"))?;
        let first_id = users::table.select(users::id).order(users::id.desc()).first::<i64>(connection)? + 1;
        std::thread::scope(|scope| {
            let (send, receive) = mpsc::sync_channel(2);
            // Making the keys takes as long as inserting them.
            let maker = scope.spawn(move || {
                let (mut active, mut number) = (Vec::new(), 0);
                while number < self.keys {
                    let (mut users, mut keys) = (Vec::new(), Vec::new());
                    for _ in 0..BATCH.min(self.keys - number) {
                        let (key, user_id) = (Key::generate(rng), first_id + i64::try_from(number)?);
                        number += 1;
                        users.push(json!([user_id, format!("user{number:07}"), generate_subject(rng)]));
                        keys.push(key.row(user_id, rng));
                        if is_active(number, self.keys, self.active) {
                            active.push(key);
                        }
                    }
                    let batch = (serde_json::to_string(&users)?, serde_json::to_string(&keys)?);
                    if send.send(batch).is_err() {
                        break;
                    }
                }
                anyhow::Ok(active)
            });
            for (users, keys) in receive {
                connection.transaction(|connection| {
                    insert_users(connection, &users, role_id, now)?;
                    insert_keys(connection, &keys, now)
                })?;
            }
            maker.join().expect("making keys does not panic")
        })
    }
}

/// Whether the key of this number, counted from 1, is one of those that are spread evenly over all.
fn is_active(number: u64, keys: u64, active: u64) -> bool {
    number * active / keys > (number - 1) * active / keys
}

/// Inserts users of one role from a JSON array of row key, username and subject. Nobody can sign in as they.
fn insert_users(connection: &mut DbConnection, rows: &str, role_id: i64, now: Timestamp) -> QueryResult<()> {
    let (elements, _) = dialect(connection);
    sql_query(format!(
        "WITH rows (value) AS (SELECT value FROM {elements}) INSERT INTO users \
         (id, created_at, updated_at, username, display_name, subject, password_hash, password_must_change) \
         SELECT CAST(value ->> 0 AS BIGINT), $2, $2, value ->> 1, value ->> 1, value ->> 2, '', FALSE FROM rows"
    ))
    .bind::<Text, _>(rows)
    .bind::<SqlTimestamp, _>(now)
    .execute(connection)?;
    sql_query(format!(
        "WITH rows (value) AS (SELECT value FROM {elements}) INSERT INTO user_roles (user_id, role_id) \
         SELECT CAST(value ->> 0 AS BIGINT), $2 FROM rows"
    ))
    .bind::<Text, _>(rows)
    .bind::<BigInt, _>(role_id)
    .execute(connection)?;
    Ok(())
}

/// Inserts API keys from a JSON array of the owner's row key, client ID, digest in hexadecimal digits and nonce.
fn insert_keys(connection: &mut DbConnection, rows: &str, now: Timestamp) -> QueryResult<()> {
    let (elements, bytes) = dialect(connection);
    let digest = bytes("value ->> 2");
    sql_query(format!(
        "WITH rows (value) AS (SELECT value FROM {elements}) INSERT INTO api_keys (created_at, expires_at, lifetime_days, user_id, client_id, secret_digest, nonce) \
         SELECT $2, $3, {LIFETIME_DAYS}, CAST(value ->> 0 AS BIGINT), value ->> 1, {digest}, value ->> 3 \
         FROM rows"
    ))
    .bind::<Text, _>(rows)
    .bind::<SqlTimestamp, _>(now)
    .bind::<SqlTimestamp, _>(now + Duration::days(LIFETIME_DAYS.into()))
    .execute(connection)?;
    Ok(())
}

fn insert_keys_of(
    connection: &mut DbConnection,
    username: &str,
    keys: &[Key],
    rng: &mut StdRng,
    now: Timestamp,
) -> anyhow::Result<()> {
    let user_id = users::table
        .filter(users::username.eq(username))
        .select(users::id)
        .first(connection)
        .with_context(|| format!("the user {username}, whom scripts/bench adds, is missing"))?;
    let rows: Vec<_> = keys.iter().map(|key| key.row(user_id, rng)).collect();
    Ok(insert_keys(connection, &serde_json::to_string(&rows)?, now)?)
}

/// A token of each key, in their order.
async fn get_tokens(server: &Url, keys: &[Key]) -> anyhow::Result<Vec<String>> {
    let (client, endpoint) = (reqwest::Client::new(), server.join("/auth/token")?);
    let mut callers = JoinSet::new();
    let share = keys.len().div_ceil(CALLERS);
    for (number, keys) in keys.chunks(share).enumerate() {
        let (client, endpoint) = (client.clone(), endpoint.clone());
        let credentials: Vec<_> =
            keys.iter().map(|key| (key.client_id.to_string(), key.client_secret.reveal().to_owned())).collect();
        callers.spawn(async move {
            let mut tokens = Vec::with_capacity(credentials.len());
            for (client_id, client_secret) in credentials {
                let request = client.post(endpoint.clone()).basic_auth(client_id, Some(client_secret));
                let request = request.form(&[("grant_type", "client_credentials")]);
                let answer: serde_json::Value = request.send().await?.error_for_status()?.json().await?;
                tokens.push(answer["access_token"].as_str().context("no access_token in the answer")?.to_owned());
            }
            anyhow::Ok((number, tokens))
        });
    }
    let mut shares = Vec::new();
    while let Some(share) = callers.join_next().await {
        shares.push(share??);
    }
    shares.sort_unstable();
    Ok(shares.into_iter().flat_map(|(_, tokens)| tokens).collect())
}

fn write(folder: &Path, name: &str, text: String) -> anyhow::Result<()> {
    let path = folder.join(name);
    fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
}
