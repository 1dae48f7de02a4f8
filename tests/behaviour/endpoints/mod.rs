//! What programs and proxies ask of the endpoints, section by section of the standards.

mod clients;
mod discovery;
mod gateway;
mod introspection;
mod people;
mod revocation;
mod rotation;
mod token;
mod v1;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

use crate::support::{Key, Process, Server};
use crate::tokens::part;

/// Two users with a key each: `ada`, who holds `journals:read` and `journals:write`, and `api`, who may ask about tokens.
struct Parties {
    ada: Client,
    key: Key,
    api: Key,
}

impl Parties {
    async fn new(server: &Server) -> Self {
        let permissions = ["--permission", "journals:read", "--permission", "journals:write"];
        assert!(server.cli(&[&["role", "add", "accountant"], &permissions[..]].concat()).0);
        assert!(server.cli(&["role", "add", "checker", "--permission", "tokens:introspect"]).0);
        let ada = server.add_user("ada", &["accountant"]).await;
        let api = server.add_user("api", &["checker"]).await;
        Self { key: server.generate(&ada).await, api: server.generate(&api).await, ada }
    }
}

/// A form posted by a client that authenticates by HTTP Basic.
fn post(server: &Server, path: &str, client: &Key, form: &[(&str, &str)]) -> RequestBuilder {
    Client::new().post(server.at(path)).basic_auth(&client.client_id, Some(&client.client_secret)).form(form)
}

/// Access tokens that only look like ours: those of another issuer, who signed one with a key of its own and one with
/// ours, and those that say what ours says and were signed by somebody else, one of them with a character in its header
/// that no database takes.
async fn look_alikes(server: &Server, key: &Key) -> [String; 4] {
    let flags = ["--public-url", "http://elsewhere.example.com", "--audience", &server.url];
    let elsewhere = Process::start(&server.database.text, &flags);
    let (ours, with_our_signing_key) = (server.token(key).await, elsewhere.token(key).await);
    let private_key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let private_key = EncodingKey::from_ec_der(private_key.as_ref());
    let signed = |signing_key: &str, token: &str| {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(signing_key.to_owned());
        jsonwebtoken::encode(&header, &part(token, 1), &private_key).unwrap()
    };
    let our_signing_key = part(&ours, 0)["kid"].as_str().unwrap().to_owned();
    [
        signed("another", &with_our_signing_key),
        signed("another17letters\0", &ours),
        signed(&our_signing_key, &ours),
        with_our_signing_key,
    ]
}

async fn json(answer: Response) -> Value {
    assert!(answer.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("application/"));
    answer.json().await.unwrap()
}

/// The status and the error code of a refusal.
async fn refusal(request: RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body = json(answer).await;
    (status, body["error"].as_str().unwrap_or_default().to_owned())
}

fn refused(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}
