//! What single steps of a check and of a token grant cost. `scripts/bench` measures them together.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use chrono_tz::Tz;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use keyledge::api_keys::actions::{GenerateKey, Generated, generate};
use keyledge::api_keys::expiry::DaysLeft;
use keyledge::api_keys::model::{ClientId, ClientSecret, Lifetime, Status};
use keyledge::api_keys::pages::LastUse;
use keyledge::audit::model::{Action, Source};
use keyledge::audit::uses::Month;
use keyledge::clock::Clock;
use keyledge::config::TokenAlgorithm;
use keyledge::db::{Database, DatabaseUrl, Found, Presented, Timestamp, Uses};
use keyledge::language::{Language, Locale, Time};
use keyledge::oauth::check;
use keyledge::oauth::model::Scope;
use keyledge::oauth::queries::current_signing_key;
use keyledge::oauth::request::ClientRequest;
use keyledge::oauth::signing_keys::{SigningKey, SigningKeys};
use keyledge::oauth::tokens::{Subject, Tokens, VerifiedToken};
use keyledge::profile::pages::{Grid, Outcome, Panel, ProfileWindow, ProfileWindowFragment, Row};
use keyledge::roles;
use keyledge::roles::actions::NewRole;
use keyledge::secret::{SecretKey, SecretText, random_base62};
use keyledge::users;
use keyledge::users::author::Author;
use keyledge::users::model::{User, generate_subject};
use keyledge::users::queries::NewUser;
use keyledge::web::answer::page;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const ISSUER: &str = "http://127.0.0.1:8080";

const TOKEN_LIFETIME: std::time::Duration = std::time::Duration::from_secs(3600);

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

fn secrets(c: &mut Criterion) {
    let mut rng = rng();
    let secret = ClientSecret::generate(&mut rng);
    let (text, digest) = (SecretText::new(secret.reveal()), secret.digest());
    let client_id = ClientId::generate(&mut rng);

    let mut group = c.benchmark_group("secret");
    group.bench_function("parse a client ID", |b| b.iter(|| ClientId::parse(black_box(client_id.as_str()))));
    group.bench_function("parse a client secret", |b| b.iter(|| ClientSecret::parse(black_box(&text))));
    group.bench_function("digest and compare", |b| b.iter(|| black_box(&secret).matches(black_box(&digest))));
    group.bench_function("16 random bytes in base62", |b| b.iter(|| random_base62::<16>(&mut rng, 22)));
    group.bench_function("generate a client secret", |b| b.iter(|| ClientSecret::generate(&mut rng)));
    group.finish();
}

fn scopes(c: &mut Criterion) {
    let text = "bench:read bench:write journals:read";
    let of_token = Scope::parse(text).expect("a scope");

    let mut group = c.benchmark_group("scope");
    group.bench_function("parse three permissions", |b| b.iter(|| Scope::parse(black_box(text))));
    group.bench_function("what the owner holds of it", |b| {
        b.iter(|| black_box(&of_token).held("bench:read bench:write"));
    });
    group.finish();
}

fn requests(c: &mut Criterion) {
    let mut rng = rng();
    let (client_id, client_secret) = (ClientId::generate(&mut rng), ClientSecret::generate(&mut rng));
    let basic = format!("Basic {}", STANDARD.encode(format!("{client_id}:{}", client_secret.reveal())));
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(AUTHORIZATION, HeaderValue::try_from(basic).expect("a header value"));
    let body = b"grant_type=client_credentials";

    let mut group = c.benchmark_group("request");
    group.bench_function("read a token request with HTTP Basic", |b| {
        b.iter(|| ClientRequest::parse(black_box(&headers), black_box(body)));
    });
    group.finish();
}

/// A new SQLite database with one key, and a token of it.
struct Installation {
    runtime: Runtime,
    database: Database,
    tokens: Tokens,
    signing_key: Arc<SigningKey>,
    owner: User,
    client_id: ClientId,
    scope: Scope,
    token: String,
    client_secret: SecretText,
    now: Timestamp,
    _folder: TempDir,
}

impl Installation {
    fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (mut rng, now) = (rng(), Clock::default().now());
        let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("keyledge.db")), 1)?;
        let secret_key = SecretKey::parse(&SecretKey::generate(&mut rng)).map_err(anyhow::Error::msg)?;
        let keys = SigningKeys::open(&database, secret_key, TOKEN_LIFETIME, TokenAlgorithm::Es256, &mut rng, now)?;
        let tokens = Tokens::new(keys, ISSUER, ISSUER);
        let key_id = database.read_blocking(|connection| current_signing_key(connection, now))?.context("no key")?;
        let signing_key = runtime.block_on(tokens.keys().get(&database, &key_id))?.context("no key")?;

        let permissions = BTreeSet::from(["bench:read", "bench:write"].map(str::to_owned));
        let user = NewUser {
            subject: generate_subject(&mut rng),
            username: "ada".to_owned(),
            display_name: "Ada Lovelace".to_owned(),
            email: None,
            password_hash: String::new(),
            password_must_change: false,
            nonce: None,
        };
        let (name, description) = ("bench".to_owned(), String::new());
        let role = NewRole { name, description, permissions };
        let roles = BTreeSet::from(["bench".to_owned()]);
        let owner = database
            .write_blocking(|transaction| {
                let added = roles::actions::add(transaction, &Author::Operator, &role, now)?;
                let user = users::actions::add(transaction, &Author::Operator, &user, &roles, now)?;
                match (added, user) {
                    (Ok(()), Ok(user_id)) => users::queries::find(transaction, user_id),
                    _ => Ok(None),
                }
            })?
            .context("no user")?;
        let lifetime = Lifetime { expires_at: now + Duration::days(90), days: 90 };
        let nonce = random_base62::<16>(&mut rng, 22);
        let request = GenerateKey { user_id: owner.id, name: None, lifetime, nonce };
        let generated = runtime.block_on(generate(&database, request, source(), &mut rng, now))?;
        let Generated::New { client_id, client_secret } = generated else { bail!("no new key") };

        let mut installation = Self {
            runtime,
            database,
            tokens,
            signing_key,
            owner,
            client_id,
            scope: Scope::of("bench:read bench:write"),
            token: String::new(),
            client_secret: SecretText::new(client_secret.reveal()),
            now,
            _folder: folder,
        };
        installation.token = installation.issue(&mut rng);
        Ok(installation)
    }

    fn issue(&self, rng: &mut StdRng) -> String {
        let subject = Subject {
            subject: &self.owner.subject,
            client_id: &self.client_id,
            scope: &self.scope,
            is_narrowed: false,
            expires_at: self.now + Duration::hours(1),
        };
        self.tokens.issue(&self.signing_key, subject, rng, self.now).expect("a token")
    }

    fn verify(&self, token: &str) -> Arc<VerifiedToken> {
        let verified = self.runtime.block_on(self.tokens.verify(&self.database, token));
        verified.expect("the database works").expect("the token is good")
    }

    fn find(&self, presented: &Presented) -> Found {
        self.database.write_blocking(|transaction| transaction.find(presented)).expect("the database works")
    }
}

fn source() -> Source {
    Source {
        address: IpAddr::from([198, 51, 100, 7]),
        method: "GET".to_owned(),
        path: "/journals/17".to_owned(),
        user_agent: Some("python-requests/2.32.5".to_owned()),
    }
}

fn access_tokens(c: &mut Criterion) {
    let installation = Installation::new().expect("an installation");
    let mut rng = rng();
    let mut group = c.benchmark_group("access token");
    group.bench_function("issue with ES256", |b| b.iter(|| installation.issue(&mut rng)));
    group.bench_function("verify with ES256", |b| {
        b.iter_batched(|| installation.issue(&mut rng), |token| installation.verify(&token), BatchSize::SmallInput);
    });
    group.bench_function("recognise one that was verified", |b| {
        b.iter(|| installation.verify(black_box(&installation.token)));
    });
    group.finish();
}

fn decisions(c: &mut Criterion) {
    let installation = Installation::new().expect("an installation");
    let now = installation.now;
    let client_id = installation.client_id.to_string();
    let verified = installation.verify(&installation.token);

    let mut group = c.benchmark_group("SQLite");
    let (by_secret, by_token) =
        (check::presented_secret(&client_id, now), check::presented_token(Some(&verified), now));
    for (name, presented) in [("client ID", by_secret), ("verified token", by_token)] {
        group.bench_function(format!("find what a {name} is checked against"), |b| {
            b.iter(|| installation.find(&presented));
        });
    }
    let found = installation.find(&check::presented_token(Some(&verified), now)).credential;
    let secret = &installation.client_secret;
    group.bench_function("decide on a client ID and secret", |b| {
        b.iter_batched(|| found.clone(), |found| check::secret(&client_id, secret, found, now), BatchSize::SmallInput);
    });
    group.bench_function("decide on a verified token", |b| {
        b.iter_batched(|| found.clone(), |found| check::token(Some(&verified), found, now), BatchSize::SmallInput);
    });
    let decision = check::token(Some(&verified), found, now);
    for count in [1, 32, 256] {
        group.bench_function(format!("commit {count} events"), |b| {
            b.iter_batched(
                || (0..count).map(|_| decision.event(Action::Check, source(), now)).collect(),
                |events| installation.runtime.block_on(installation.database.record(events)).expect("a commit"),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

/// The Profile window of somebody with so many keys.
fn profile(keys: i64, now: Timestamp) -> ProfileWindowFragment {
    let used = |key| Uses { api_key_id: key, day: now.unix_day(), allowed: 12_345, refused: key };
    let row = |key| Row {
        client_id: ClientId::generate(&mut rng()).to_string(),
        name: Some(format!("Key {key}")),
        created_at: Time(now + -Duration::days(key)),
        expires_at: Time(now + Duration::days(90 - key)),
        days_left: DaysLeft::of(now + Duration::days(90 - key), now, Tz::UTC),
        last_use: Some(LastUse { at: Time(now), address: Some("203.0.113.1".to_owned()) }),
        month: Some(Month::of([used(key)], now)),
        status: Status::Valid,
    };
    let panel = Panel {
        nonce: random_base62::<16>(&mut rng(), 22),
        name: String::new(),
        choices: Vec::new(),
        default_days: 90,
        earliest_date: "2026-11-24".to_owned(),
        latest_date: "2027-11-23".to_owned(),
        expires_on: String::new(),
        mistake: None,
        outcome: Outcome::None,
    };
    ProfileWindowFragment {
        window: ProfileWindow {
            username: "ada".to_owned(),
            display_name: "Ada Lovelace".to_owned(),
            email: None,
            roles: vec!["member".to_owned()],
            permissions: vec!["journals:read".to_owned()],
            panel,
            grid: Grid { rows: (0..keys).map(row).collect() },
        },
    }
}

fn pages(c: &mut Criterion) {
    let now = Clock::default().now();
    let window = profile(10, now);
    let mut group = c.benchmark_group("page");
    for (name, language, zone) in
        [("English, in UTC", Language::English, Tz::UTC), ("German, in Berlin", Language::German, Tz::Europe__Berlin)]
    {
        let locale = Locale { language, zone };
        group.bench_function(format!("the Profile window with 10 keys in {name}"), |b| {
            b.iter(|| page(black_box(locale), StatusCode::OK, &window).expect("a page"));
        });
    }
    group.finish();
}

criterion_group!(pieces, secrets, scopes, requests, access_tokens, decisions, pages);
criterion_main!(pieces);
