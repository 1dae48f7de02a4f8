//! The samples of `docs/apis`, by which an API checks tokens by itself: run as they are, on tokens of real servers.

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use keyledge::clock::Clock;
use keyledge::config::TokenAlgorithm;
use keyledge::oauth::signing_keys::SigningKeys;
use keyledge::secret::{SecretKey, SecretText};
use serde_json::{Value, json};

use crate::support::{self, Backend, Finished, Process, SECRET_KEY, Server, TestDatabase};
use crate::tokens::{accountant, part};

/// What a sample ends with.
const REFUSED: i32 = 1;
const CANNOT_CHECK: i32 = 2;

#[derive(Clone, Copy)]
enum Sample {
    Python,
    Node,
}

mod python {
    #[test]
    #[ignore = "needs PyJWT: run scripts/test"]
    fn a_good_token_is_accepted_and_any_other_refused() {
        super::run(super::Sample::Python, super::a_good_token_is_accepted_and_any_other_refused);
    }

    #[test]
    #[ignore = "needs PyJWT: run scripts/test"]
    fn keys_that_cannot_be_fetched_are_no_fault_of_the_token() {
        super::run(super::Sample::Python, super::keys_that_cannot_be_fetched_are_no_fault_of_the_token);
    }
}

mod node {
    #[test]
    #[ignore = "needs jose: run scripts/test"]
    fn a_good_token_is_accepted_and_any_other_refused() {
        super::run(super::Sample::Node, super::a_good_token_is_accepted_and_any_other_refused);
    }

    #[test]
    #[ignore = "needs jose: run scripts/test"]
    fn keys_that_cannot_be_fetched_are_no_fault_of_the_token() {
        super::run(super::Sample::Node, super::keys_that_cannot_be_fetched_are_no_fault_of_the_token);
    }
}

/// Runs a test on SQLite alone: what a sample does does not depend on the database.
fn run<F: Future<Output = ()>>(sample: Sample, test: impl FnOnce(Sample, TestDatabase) -> F) {
    support::run(Backend::Sqlite, async |database: TestDatabase| test(sample, database).await);
}

impl Sample {
    /// Gives it a token, in an API whose audience is the issuer.
    fn check(self, issuer: &str, token: &str) -> Finished {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = tempfile::tempdir().unwrap();
        let mut command = match self {
            Self::Python => {
                let mut command = Command::new("python3");
                command.arg(root.join("docs/apis/check.py")).env("PYTHONPATH", root.join("target/pypi"));
                command
            }
            Self::Node => {
                // Node.js looks for packages beside the script.
                let script = folder.path().join("check.mjs");
                std::fs::copy(root.join("docs/apis/check.mjs"), &script).unwrap();
                symlink(root.join("target/npm/node_modules"), folder.path().join("node_modules")).unwrap();
                let mut command = Command::new("node");
                // Node.js 18, which Debian 12 has, hands out what jose needs only where it is told to.
                let version = Command::new("node").arg("--version").output().map(|told| told.stdout);
                if version.is_ok_and(|version| version.starts_with(b"v18.")) {
                    command.arg("--experimental-global-webcrypto");
                }
                command.arg(script);
                command
            }
        };
        command.env("KEYLEDGE_ISSUER", issuer).env_remove("KEYLEDGE_AUDIENCE");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the sample cannot be started: run scripts/test");
        child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
        Finished::of(child)
    }
}

async fn a_good_token_is_accepted_and_any_other_refused(sample: Sample, database: TestDatabase) {
    // Its first tokens are two hours old when they are checked.
    let clock = Clock::default();
    clock.advance(-Duration::hours(2));
    let server = Server::start_on(database, clock, &[]);
    let ada = accountant(&server).await;
    let key = server.generate(&ada).await;
    let expired = server.token(&key).await;
    server.clock.advance(Duration::hours(2));

    let token = server.token(&key).await;
    let accepted = sample.check(&server.url, &token);
    assert_eq!(accepted.code, 0, "{accepted:?}");
    let expected = json!({
        "sub": part(&token, 1)["sub"],
        "client_id": key.client_id,
        "scope": ["journals:read", "journals:write"],
    });
    assert_eq!(serde_json::from_str::<Value>(&accepted.output).unwrap(), expected);

    let with_flags = async |flags: &[&str]| Process::start(&server.database.text, flags).token(&key).await;
    let elsewhere = "http://elsewhere.example.com";
    let another = Server::start(Backend::Sqlite);
    let others_key = another.generate(&another.signed_in("admin").await).await;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = (part(&token, 0), part(&token, 1));
    let without = |name: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(name).unwrap();
        claims
    };
    let mut more = claims.clone();
    more["scope"] = json!("journals:read journals:write users:write");
    let mut id_token = header.clone();
    id_token["typ"] = json!("JWT");
    let mut unsigned = header.clone();
    unsigned["alg"] = json!("none");
    let unsigned = format!("{}.{}.", encoded(&unsigned), encoded(&claims));
    for (name, bad, words) in [
        ("expired", expired, "exp"),
        ("of another audience", with_flags(&["--public-url", &server.url, "--audience", elsewhere]).await, "aud"),
        ("of another issuer", with_flags(&["--public-url", elsewhere, "--audience", &server.url]).await, "iss"),
        ("of another server", another.token(&others_key).await, "key"),
        ("with another signature", format!("{signed}.{}", other_signature(signature)), "signature"),
        ("with another scope", format!("{}.{}.{signature}", encoded(&header), encoded(&more)), "signature"),
        ("of another type", signed_by(&server, &id_token, &claims).await, "typ"),
        ("without an end", signed_by(&server, &header, &without("exp")).await, "exp"),
        ("without an audience", signed_by(&server, &header, &without("aud")).await, "aud"),
        ("unsigned", unsigned, ""),
        ("no token", "rubbish".to_owned(), ""),
    ] {
        let refused = sample.check(&server.url, &bad);
        assert_eq!((refused.code, &*refused.output), (REFUSED, ""), "{name}: {refused:?}");
        let said = refused.errors.to_lowercase();
        assert!(said.starts_with("refused: ") && said.contains(words), "{name}: {refused:?}");
    }
    // What the refused ones were made by makes good ones, too.
    let made = signed_by(&server, &header, &claims).await;
    assert_eq!(sample.check(&server.url, &made).code, 0);

    assert!(server.cli(&["signing-key", "rotate", "--now", "--token-algorithm", "RS256"]).0);
    let by_another_algorithm = server.token(&key).await;
    for token in [by_another_algorithm, token] {
        assert_eq!(sample.check(&server.url, &token).code, REFUSED, "{token}");
    }
}

async fn keys_that_cannot_be_fetched_are_no_fault_of_the_token(sample: Sample, database: TestDatabase) {
    let server = database.serve(&[]);
    let ada = accountant(&server).await;
    let token = server.token(&server.generate(&ada).await).await;
    let url = server.url.clone();
    drop(server);
    let finished = sample.check(&url, &token);
    assert_eq!((finished.code, &*finished.output), (CANNOT_CHECK, ""), "{finished:?}");
    assert!(finished.errors.starts_with("Cannot check: "), "{finished:?}");
}

fn encoded(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// A signature of which one bit is another.
fn other_signature(signature: &str) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    bytes[0] ^= 1;
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the server never signs, signed with its own key.
async fn signed_by(server: &Server, header: &Value, claims: &Value) -> String {
    let database = server.open_database();
    let secret_key = SecretKey::parse(&SecretText::new(SECRET_KEY)).unwrap();
    let (hour, now) = (time::Duration::from_secs(3600), server.clock.now());
    let keys = SigningKeys::open(&database, secret_key, hour, TokenAlgorithm::Es256, &mut rand::rng(), now).unwrap();
    let key = keys.get(&database, header["kid"].as_str().unwrap()).await.unwrap().unwrap();
    let input = format!("{}.{}", encoded(header), encoded(claims));
    let signature = key.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}
