//! What `scripts/pages` needs besides the program: a database with a long record, many users and many keys, and a browser
//! with a stop-watch.
//!
//! The events are written by the program's own code, so their chains, blocks and counts are those of a record that has
//! grown; only their times are made up.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod support;

use std::fmt::Write as _;
use std::time::{Duration as StdDuration, Instant};

use anyhow::{Context as _, bail};
use chrono::Duration;
use clap::{Args, Parser, Subcommand};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use keyledge::clock::Clock;
use keyledge::config::StorageConfig;
use keyledge::db::schema::{api_keys, roles, users};
use keyledge::db::{Database, DbConnection, Entry, Timestamp};
use keyledge::roles::model::MEMBER;
use keyledge::secret::{SecretText, random_base62};
use keyledge::storage::Storage;
use keyledge::users::model::generate_subject;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::{Client, StatusCode, redirect};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use support::{connect, dialect, settle};

/// The password of every user.
const PASSWORD: &str = "correct horse battery staple";

/// Users whose record is of a kind of its own; each has as many keys as the others.
const SPECIAL: [&str; 4] = ["busy", "formerly", "quiet", "silent"];
const BUSY: i64 = 0;
const FORMERLY: i64 = 1;
const QUIET: i64 = 2;

/// The last so many days have events.
const DAYS: i64 = 90;

/// The keys are as old as a year at the most.
const OLDEST_KEY_DAYS: i64 = 365;

/// Most events are of one user in so many, each with one key.
const ACTIVE: i64 = 5;

/// Users in a transaction.
const BATCH: i64 = 5_000;

/// Events that are handed over together, and how many such are under way at once.
const EVENTS: i64 = 500;
const UNDER_WAY: usize = 8;

#[derive(Parser)]
#[command(name = "pages")]
struct Cli {
    /// Given by `cargo bench` to everything that it runs.
    #[arg(long, hide = true)]
    bench: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Fill a database on which the server was started once.
    Fill(Box<Fill>),
    /// Ask a server on such a database for each page, and print how long it took.
    Measure {
        /// The URL of the server.
        #[arg(long)]
        server: String,
        /// How often each page is asked for.
        #[arg(long, default_value_t = 21)]
        times: usize,
    },
}

#[derive(Args)]
struct Fill {
    #[command(flatten)]
    storage: StorageConfig,

    #[arg(long, default_value_t = 10_000_000)]
    events: i64,

    #[arg(long, default_value_t = 100_000)]
    users: i64,

    #[arg(long, default_value_t = 10)]
    keys_per_user: i64,
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match Cli::parse().command {
        None => {
            println!("The pages are measured by scripts/pages.");
            Ok(())
        }
        Some(Command::Fill(fill)) => fill.run(&runtime),
        Some(Command::Measure { server, times }) => runtime.block_on(measure(&server, times)),
    }
}

impl Fill {
    fn run(&self, runtime: &tokio::runtime::Runtime) -> anyhow::Result<()> {
        let (now, mut rng) = (Clock::default().now(), StdRng::seed_from_u64(1));
        let storage = Storage::open(&self.storage)?;
        let password_hash = storage.passwords.hash_blocking(&SecretText::new(PASSWORD))?;
        let mut connection = connect(&self.storage)?;
        let first_user: i64 = users::table.select(users::id).order(users::id.desc()).first::<i64>(&mut connection)? + 1;
        let newest_key = api_keys::table.select(api_keys::id).order(api_keys::id.desc());
        let first_key = newest_key.first::<i64>(&mut connection).optional()?.unwrap_or(0) + 1;
        self.insert_users(&mut connection, first_user, &password_hash, &mut rng, now)?;
        self.insert_keys(&mut connection, first_user, first_key, &mut rng, now)?;
        settle(&mut connection)?;
        let people = People { first_user, first_key, users: self.users, keys_per_user: self.keys_per_user };
        let indexes = drop_indexes(&mut connection)?;
        runtime.block_on(self.record_events(&storage.database, &people, &mut rng, now))?;
        for definition in indexes {
            sql_query(definition).execute(&mut connection)?;
        }
        Ok(settle(&mut connection)?)
    }

    fn insert_users(
        &self,
        connection: &mut DbConnection,
        first_user: i64,
        password_hash: &str,
        rng: &mut StdRng,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let role_id: i64 = roles::table.filter(roles::name.eq(MEMBER)).select(roles::id).first(connection)?;
        let created = text(now + -Duration::days(OLDEST_KEY_DAYS + 1));
        let (elements, _) = dialect(connection);
        for batch in (0..self.users).step_by(usize::try_from(BATCH)?) {
            let rows: Vec<Value> = (batch..(batch + BATCH).min(self.users))
                .map(|number| {
                    let name = usize::try_from(number)
                        .ok()
                        .and_then(|number| SPECIAL.get(number))
                        .map_or_else(|| format!("user{number:07}"), |name| (*name).to_owned());
                    // One in fifty is disabled.
                    let disabled = (number % 50 == 49).then(|| text(now));
                    json!([first_user + number, name, generate_subject(rng), disabled])
                })
                .collect();
            let rows = serde_json::to_string(&rows)?;
            connection.transaction(|connection| {
                sql_query(format!(
                    "WITH rows (value) AS (SELECT value FROM {elements}) INSERT INTO users \
                     (id, created_at, updated_at, username, display_name, subject, disabled_at, password_hash, \
                     password_must_change) \
                     SELECT CAST(value ->> 0 AS BIGINT), {created}, {created}, value ->> 1, value ->> 1, value ->> 2, \
                     {disabled}, $2, FALSE FROM rows",
                    created = time(connection, &format!("'{created}'")),
                    disabled = time(connection, "value ->> 3"),
                ))
                .bind::<Text, _>(&rows)
                .bind::<Text, _>(password_hash)
                .execute(connection)?;
                sql_query(format!(
                    "WITH rows (value) AS (SELECT value FROM {elements}) INSERT INTO user_roles (user_id, role_id) \
                     SELECT CAST(value ->> 0 AS BIGINT), $2 FROM rows"
                ))
                .bind::<Text, _>(&rows)
                .bind::<BigInt, _>(role_id)
                .execute(connection)?;
                sql_query(format!(
                    "WITH rows (value) AS (SELECT value FROM {elements}) INSERT INTO user_words (word, user_id) \
                     SELECT value ->> 1, CAST(value ->> 0 AS BIGINT) FROM rows"
                ))
                .bind::<Text, _>(&rows)
                .execute(connection)
            })?;
        }
        Ok(())
    }

    /// Keys in the order of their age, the first one of each user, then the second and so on. Three in ten are meant to
    /// live for a year, the others for 90 days; one in ten is deleted, one in ten was never used, two in ten not lately.
    fn insert_keys(
        &self,
        connection: &mut DbConnection,
        first_user: i64,
        first_key: i64,
        rng: &mut StdRng,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let (elements, bytes) = dialect(connection);
        let (keys, digest) = (self.users * self.keys_per_user, bytes("value ->> 8"));
        for batch in (0..keys).step_by(usize::try_from(BATCH)?) {
            let rows: Vec<Value> = (batch..(batch + BATCH).min(keys))
                .map(|number| {
                    let age = Duration::seconds(OLDEST_KEY_DAYS * 86_400 * (keys - number) / keys);
                    let lifetime = if rng.random_ratio(3, 10) { 365 } else { 90 };
                    let created = now + -age;
                    let last_used = match rng.random_range(0..10) {
                        0 => None,
                        1 | 2 => Some(created + Duration::hours(1)),
                        _ => Some(now + -Duration::seconds(rng.random_range(0..86_400))),
                    };
                    let deleted = rng.random_ratio(1, 10).then(|| text(now));
                    let mut digest = String::with_capacity(64);
                    for byte in rng.random::<[u8; 32]>() {
                        // Writing to a string cannot fail.
                        let _ = write!(digest, "{byte:02x}");
                    }
                    json!([
                        first_key + number,
                        first_user + number % self.users,
                        format!("kl_{}", random_base62::<16>(rng, 22)),
                        random_base62::<16>(rng, 22),
                        lifetime,
                        text(created),
                        text(created + Duration::days(lifetime)),
                        last_used.map(text),
                        digest,
                        deleted,
                    ])
                })
                .collect();
            sql_query(format!(
                "WITH rows (value) AS (SELECT value FROM {elements}) INSERT INTO api_keys \
                 (id, user_id, client_id, nonce, lifetime_days, created_at, expires_at, last_used_at, secret_digest, \
                 deleted_at) \
                 SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), value ->> 2, value ->> 3, \
                 CAST(value ->> 4 AS INTEGER), {}, {}, {}, {digest}, {} FROM rows",
                time(connection, "value ->> 5"),
                time(connection, "value ->> 6"),
                time(connection, "value ->> 7"),
                time(connection, "value ->> 9"),
            ))
            .bind::<Text, _>(serde_json::to_string(&rows)?)
            .execute(connection)?;
        }
        if let DbConnection::Postgres(postgres) = connection {
            sql_query("SELECT setval(pg_get_serial_sequence('api_keys', 'id'), (SELECT max(id) FROM api_keys))")
                .execute(postgres)?;
        }
        Ok(())
    }

    async fn record_events(
        &self,
        database: &Database,
        people: &People,
        rng: &mut StdRng,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let (begun, step) = (Instant::now(), DAYS * 86_400_000_000 / self.events);
        let first = now + -Duration::days(DAYS);
        let mut under_way = JoinSet::new();
        for batch in (0..self.events).step_by(usize::try_from(EVENTS)?) {
            let entries = (batch..(batch + EVENTS).min(self.events))
                .map(|number| people.event(number, self.events, first + Duration::microseconds(step * number), rng))
                .collect();
            // One after another, so that events are recorded in the order of their times.
            while under_way.len() >= UNDER_WAY {
                under_way.join_next().await.context("nothing is under way")???;
            }
            let database = database.clone();
            under_way.spawn(async move { database.record(entries).await });
            if batch % 1_000_000 == 0 {
                eprintln!("{batch} events after {:.0?}", begun.elapsed());
            }
        }
        while let Some(recorded) = under_way.join_next().await {
            recorded??;
        }
        eprintln!("{} events after {:.0?}", self.events, begun.elapsed());
        Ok(())
    }
}

/// A definition of an index.
#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    definition: String,
}

/// Drops the indexes of events on Postgres and returns how to make them again, which takes a fraction of the time that
/// keeping them up to date does.
fn drop_indexes(connection: &mut DbConnection) -> anyhow::Result<Vec<String>> {
    let DbConnection::Postgres(postgres) = connection else { return Ok(Vec::new()) };
    let indexes: Vec<Index> = sql_query(
        "SELECT indexname::text AS name, indexdef AS definition FROM pg_indexes \
         WHERE tablename = 'audit_events' AND indexname <> 'audit_events_pkey'",
    )
    .load(postgres)?;
    for Index { name, .. } in &indexes {
        sql_query(format!("DROP INDEX {name}")).execute(postgres)?;
    }
    Ok(indexes.into_iter().map(|index| index.definition).collect())
}

/// Who does what.
struct People {
    first_user: i64,
    first_key: i64,
    users: i64,
    keys_per_user: i64,
}

impl People {
    fn event(&self, number: i64, events: i64, at: Timestamp, rng: &mut StdRng) -> Entry {
        let any_key = rng.random_range(0..self.keys_per_user);
        let who = match rng.random_range(0..1000) {
            // Three events in all.
            _ if number % (events / 4).max(1) == 7 && number > events / 4 => Some((QUIET, 0)),
            0..100 => Some((BUSY, any_key)),
            100..200 if number < events / 3 => Some((FORMERLY, any_key)),
            200..205 => None,
            205..215 => Some((self.random_user(rng), any_key)),
            _ => Some((self.random_user(rng) / ACTIVE * ACTIVE, 0)),
        };
        // The special users have what was meant for them only.
        let who = who.map(|(user, key)| match user {
            BUSY..=3 => (user, key),
            user => (user.max(ACTIVE), key),
        });
        let refused = who.is_none() || rng.random_ratio(1, 50);
        let signs_in = who.is_some() && rng.random_ratio(3, 100);
        Entry {
            occurred_at: at,
            user_id: who.map(|(user, _)| self.first_user + user),
            api_key_id: who.filter(|_| !signs_in).map(|(user, key)| self.first_key + key * self.users + user),
            actor_id: None,
            action: if signs_in { "sign_in" } else { "check" },
            reason: match (refused, signs_in) {
                (false, _) => None,
                (true, true) => Some("wrong_password"),
                (true, false) if who.is_none() => Some("unknown"),
                (true, false) => Some("permission_missing"),
            },
            is_use: !signs_in,
            method: Some("GET".to_owned()),
            path: Some(format!("/api/journals/{}/entries", rng.random_range(0..100_000))),
            address: Some(format!("203.0.113.{}", rng.random_range(0..256))),
            user_agent: Some("python-requests/2.32.3".to_owned()),
            detail: None,
            is_last_use: false,
        }
    }

    /// None of the special ones.
    fn random_user(&self, rng: &mut StdRng) -> i64 {
        rng.random_range(ACTIVE..self.users)
    }
}

/// A point in time as Diesel writes it on SQLite.
fn text(time: Timestamp) -> String {
    time.utc().format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// How a point in time is read from such a text.
fn time(connection: &DbConnection, text: &str) -> String {
    match connection {
        DbConnection::Sqlite(_) => text.to_owned(),
        DbConnection::Postgres(_) => format!("CAST({text} AS TIMESTAMP)"),
    }
}

/// A browser in which somebody is signed in.
struct Browser {
    client: Client,
    server: String,
    times: usize,
}

async fn measure(server: &str, times: usize) -> anyhow::Result<()> {
    println!("| page | median | slowest |\n|---|---:|---:|");
    let lately = (Clock::default().now() + -Duration::days(45)).utc().format("%Y-%m-%d").to_string();
    let until = (Clock::default().now() + -Duration::days(40)).utc().format("%Y-%m-%d").to_string();
    let range = format!("from={lately}&to={until}");

    for (name, about) in [
        ("user0000050", "an active user's"),
        ("busy", "of a user with a tenth of all events"),
        ("formerly", "of a user with 3 % of all events, the newest of them 60 days old"),
        ("quiet", "of a user with 3 events"),
        ("silent", "of a user without events"),
    ] {
        let browser = Browser::sign_in(server, name, times).await?;
        let key = browser.first_key().await?;
        browser.pages(&format!("Activity {about}"), "/activity", &[""]).await?;
        let filters = [
            &*range,
            "outcome=refused",
            "outcome=allowed",
            &format!("key={key}"),
            &format!("key={key}&outcome=refused&{range}"),
        ];
        browser.pages(&format!("Activity {about}, filtered"), "/activity", &filters).await?;
        browser.pages("Profile window of the same user", "/profile", &[""]).await?;
    }
    let browser = Browser::sign_in(server, "admin", times).await?;
    browser.pages("Everybody's activity", "/activity/everybody", &[""]).await?;
    let filters = [
        "outcome=refused",
        "outcome=allowed",
        &*range,
        &format!("{range}&outcome=refused"),
        "from=2020-01-01&to=2020-12-31",
    ];
    browser.pages("Everybody's activity, filtered", "/activity/everybody", &filters).await?;
    for user in ["busy", "formerly", "quiet", "silent", "user0000050"] {
        let filters = [format!("user={user}"), format!("user={user}&outcome=refused"), format!("user={user}&{range}")];
        let filters: Vec<&str> = filters.iter().map(|filter| &**filter).collect();
        browser.pages(&format!("Everybody's activity, of {user}"), "/activity/everybody", &filters).await?;
    }
    browser.pages("Users", "/users", &[""]).await?;
    for filter in [
        "sort=-display-name",
        "sort=email",
        "sort=-last-sign-in",
        "sort=-updated",
        "search=user",
        "search=user00000",
        "search=user0000050",
        "search=nobody",
        "search=user&sort=-updated",
        "status=active",
        "status=inactive",
        "role=member",
        "search=user&status=inactive&role=member",
    ] {
        browser.pages(&format!("Users, {filter}"), "/users", &[filter]).await?;
    }
    browser.pages("All API keys", "/keys", &[""]).await?;
    for filter in [
        "status=valid",
        "status=suspended",
        "status=expired",
        "only=never-used",
        "only=expires-soon",
        "only=unused",
        "status=valid&only=never-used",
        "status=suspended&only=unused",
        "owner=user00000",
        "owner=user0000050",
        "owner=user",
        "owner=nobody",
        "owner=user&status=expired&only=unused",
    ] {
        browser.pages(&format!("All API keys, {filter}"), "/keys", &[filter]).await?;
    }
    Ok(())
}

impl Browser {
    async fn sign_in(server: &str, username: &str, times: usize) -> anyhow::Result<Self> {
        let client = Client::builder().cookie_store(true).redirect(redirect::Policy::none()).build()?;
        let form = [("username", username), ("password", PASSWORD)];
        let answer = client.post(format!("{server}/login")).form(&form).send().await?;
        if answer.status() != StatusCode::SEE_OTHER {
            bail!("{username} cannot sign in: {}", answer.status());
        }
        Ok(Self { client, server: server.to_owned(), times })
    }

    /// The client ID of the oldest key in the Profile window.
    async fn first_key(&self) -> anyhow::Result<String> {
        let page = self.text("/profile").await?;
        let row = page.rsplit_once("data-row=\"").context("no key")?.1;
        Ok(row.split('"').next().unwrap_or_default().to_owned())
    }

    async fn text(&self, path: &str) -> anyhow::Result<String> {
        let answer = self.client.get(format!("{}{path}", self.server)).send().await?.error_for_status()?;
        Ok(answer.text().await?)
    }

    /// Measures a page with each of these queries, and the pages after them. Prints the slowest of each kind.
    async fn pages(&self, name: &str, path: &str, queries: &[&str]) -> anyhow::Result<()> {
        let (mut first, mut next, mut fifth) = (Vec::new(), Vec::new(), Vec::new());
        for query in queries {
            let mut here = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
            for number in 1..=5 {
                let (time, page) = self.time(&here).await?;
                match number {
                    1 => first.push((time, *query)),
                    2 => next.push((time, *query)),
                    5 => fifth.push((time, *query)),
                    _ => {}
                }
                match page.split_once("\" rel=\"next\">") {
                    Some((before, _)) => {
                        here = before.rsplit_once("href=\"").context("no link")?.1.replace("&#38;", "&");
                    }
                    None => break,
                }
            }
        }
        for (which, times) in [("first page", first), ("next page", next), ("fifth page", fifth)] {
            if let Some(((median, slowest), query)) = times.into_iter().max_by_key(|((median, _), _)| *median) {
                let query = if queries.len() > 1 { format!(" (slowest: `{query}`)") } else { String::new() };
                println!(
                    "| {name}, {which}{query} | {:.1} ms | {:.1} ms |",
                    milliseconds(median),
                    milliseconds(slowest)
                );
            }
        }
        Ok(())
    }

    /// The median and the longest time until a page is there, and the page.
    async fn time(&self, path: &str) -> anyhow::Result<((StdDuration, StdDuration), String)> {
        let mut page = self.text(path).await?;
        let mut times = Vec::with_capacity(self.times);
        for _ in 0..self.times {
            let begun = Instant::now();
            page = self.text(path).await?;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        Ok(((times[times.len() / 2], times[times.len() - 1]), page))
    }
}

fn milliseconds(time: StdDuration) -> f64 {
    time.as_secs_f64() * 1000.0
}
