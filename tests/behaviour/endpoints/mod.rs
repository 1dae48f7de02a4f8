//! What programs and proxies ask of the endpoints, section by section of the standards.

mod discovery;
mod gateway;
mod introspection;
mod people;
mod revocation;
mod rotation;
mod v1;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

use crate::support::{Key, Server};

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
