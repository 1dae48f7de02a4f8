//! The specification's two tutorials, step by step.

use std::process::Output;

use chrono::{DateTime, Duration, Utc};
use reqwest::StatusCode;
use serde_json::Value;
use thirtyfour::Key as Press;
use tokio::process::Command;

use super::{Page, in_chromium};
use crate::support::{Key, Server};

in_chromium![a_user_generates_copies_and_uses_an_api_key, a_user_removes_an_api_key_and_generates_a_replacement];

async fn a_user_generates_copies_and_uses_an_api_key(server: Server, page: Page) {
    page.sign_in().await;
    page.allow_clipboard().await;
    page.click("link", "Profile").await;
    page.find("dialog", "Profile").await;
    page.find("heading", "API Client").await;

    page.click("button", "Generate").await;
    let (client_id, client_secret) = page.credentials().await;
    page.has_keys(1).await;
    page.click("button", "Copy client ID").await;
    page.says("Client ID copied").await;
    page.clipboard_is(&client_id).await;
    page.click("button", "Copy client secret").await;
    page.says("Client secret copied").await;
    page.clipboard_is(&client_secret).await;

    let command = format!("curl --user {client_id} --data grant_type=client_credentials {}/auth/token", server.url);
    page.says(&command).await;
    let answer = curl(&command.replace(&client_id, &format!("{client_id}:{client_secret}"))).await;
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(server.me(token).await.status(), StatusCode::OK);

    page.driver.refresh().await.unwrap();
    page.find("table", "API Keys").await;
    page.forgets(&client_secret).await;
    let [row] = page.key_rows().await.unwrap().try_into().unwrap();
    assert_eq!(row["Client ID"], client_id);
    assert_eq!(row["Status"], "Valid");
    let datetime = "return document.querySelector('[data-label=\"Expiration date\"] time').dateTime";
    let expires_at: DateTime<Utc> = page.script::<String>(datetime).await.unwrap().parse().unwrap();
    let remaining = expires_at - server.clock.now().utc();
    assert!(remaining <= Duration::days(90) && remaining > Duration::days(90) - Duration::minutes(5), "{remaining}");
    assert!(row["Expiration date"].contains(&expires_at.format("%Y").to_string()), "{row:?}");
}

async fn a_user_removes_an_api_key_and_generates_a_replacement(server: Server, page: Page) {
    let admin = server.signed_in("admin").await;
    let key = server.generate_with(&admin, &[("name", "Payroll"), ("lifetime", "30")]).await;
    let token = server.token(&key).await;
    let trash = format!("Delete {}", key.client_id);

    page.sign_in().await;
    page.open_profile().await;
    page.click("button", &trash).await;
    page.find("dialog", "Delete API key").await;
    page.has_focus("button", "Cancel").await;
    page.says(&key.client_id).await;
    page.says("This action cannot be reversed").await;
    page.says("You cannot use the API until you generate a new one.").await;
    page.click("button", "Cancel").await;
    page.is_gone("dialog", "Delete API key").await;
    page.has_focus("button", &trash).await;
    assert_eq!(page.has_keys(1).await, [key.client_id.as_str()]);

    page.click("button", &trash).await;
    page.has_focus("button", "Cancel").await;
    page.press(Press::Escape).await;
    page.is_gone("dialog", "Delete API key").await;
    page.has_focus("button", &trash).await;
    assert_eq!(page.has_keys(1).await, [key.client_id.as_str()]);
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);

    page.click("button", &trash).await;
    page.click("button", "Delete").await;
    page.has_keys(0).await;
    page.says(&format!("API key {} was deleted", key.client_id)).await;
    assert_is_refused(&server, &key).await;
    assert_eq!(server.me(&token).await.status(), StatusCode::UNAUTHORIZED);

    page.click("button", "Generate a replacement").await;
    let (client_id, _) = page.credentials().await;
    assert_ne!(client_id, key.client_id);
    assert_eq!(page.has_keys(1).await, [client_id.as_str()]);
    assert_eq!(page.key_rows().await.unwrap()[0]["Name"], "Payroll");
}

async fn assert_is_refused(server: &Server, key: &Key) {
    let answer = server.token_answer(key, &[]).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "invalid_client");
}

/// Runs a command line without quotes, as a person would paste it.
async fn curl(command: &str) -> Value {
    let mut words = command.split(' ');
    let Output { status, stdout, stderr } =
        Command::new(words.next().unwrap()).args(words).output().await.expect("curl cannot be started");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).unwrap()
}
