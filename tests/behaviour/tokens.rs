//! Programs: from an API key to an access token, and from the token to the API.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Key, Server, TestDatabase, cell, on_each_database, row};

on_each_database![
    a_key_gets_a_token_that_opens_the_api,
    the_operator_sets_issuer_audience_and_lifetime,
    a_lost_permission_narrows_a_token_at_once,
    a_token_never_outlives_its_key,
    an_unknown_client_and_a_wrong_secret_are_answered_alike,
    an_oversized_request_is_refused_as_json,
    a_deleted_key_and_its_tokens_stop_at_once,
    a_disabled_users_keys_are_suspended_until_the_user_is_enabled,
    a_token_ends_after_its_lifetime,
    a_changed_token_is_refused,
    failed_attempts_are_limited_for_a_client_id_until_the_window_ends,
    a_deleted_key_is_limited_like_one_that_never_was,
    a_stranger_cannot_lock_a_key_out,
    programs_neither_get_nor_use_cookies,
    unknown_addresses_of_the_api_answer_as_json,
];

async fn a_key_gets_a_token_that_opens_the_api(server: Server) {
    let ada = accountant(&server).await;
    let key = server.generate(&ada).await;
    let answer = server.token_answer(&key, &[]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
    let granted = json(answer).await;
    assert_eq!(granted["token_type"], "Bearer");
    assert_eq!(granted["expires_in"], 3600);

    let answer = server.me(granted["access_token"].as_str().unwrap()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    let me = json(answer).await;
    assert_eq!(me["user"]["username"], "ada");
    assert_eq!(me["user"]["display_name"], "ada");
    assert_eq!(me["client_id"], *key.client_id);
    assert_eq!(me["permissions"], json!(["journals:read", "journals:write"]));
    let now = server.clock.now().utc();
    assert!((time(&me["token_expires_at"]) - now - Duration::hours(1)).abs() < Duration::minutes(1));
    assert!((time(&me["key_expires_at"]) - now - Duration::days(90)).abs() < Duration::minutes(1));
}

async fn the_operator_sets_issuer_audience_and_lifetime(database: TestDatabase) {
    let server = database.serve(&[
        "--public-url",
        "http://keys.example.com",
        "--audience",
        "https://api.example.com",
        "--token-lifetime",
        "90s",
    ]);
    let key = admins_key(&server).await;
    let granted = json(server.token_answer(&key, &[]).await).await;
    assert_eq!(granted["expires_in"], 90);
    let token = granted["access_token"].as_str().unwrap();
    let claims = part(token, 1);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!("http://keys.example.com"), &json!("https://api.example.com"))
    );
    assert_eq!(server.me(token).await.status(), StatusCode::OK);
}

async fn a_lost_permission_narrows_a_token_at_once(server: Server) {
    let ada = accountant(&server).await;
    let key = server.generate(&ada).await;
    let token = server.token(&key).await;
    server.lose("journals:write");
    assert_eq!(json(server.me(&token).await).await["permissions"], json!(["journals:read"]));
    assert_error(server.token_answer(&key, &[("scope", "journals:write")]).await, 400, "invalid_scope").await;
}

async fn a_token_never_outlives_its_key(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate_with(&admin, &[("lifetime", "1")]).await;
    server.clock.advance(Duration::hours(24) - Duration::minutes(10));
    let granted = json(server.token_answer(&key, &[]).await).await;
    let seconds = granted["expires_in"].as_i64().unwrap();
    assert!((540..=600).contains(&seconds), "{seconds}");
    let token = granted["access_token"].as_str().unwrap();
    let me = json(server.me(token).await).await;
    assert!(time(&me["token_expires_at"]) <= time(&me["key_expires_at"]));

    server.clock.advance(Duration::minutes(10));
    assert_token_refused(&server, token, "The API key has expired.").await;
}

async fn an_unknown_client_and_a_wrong_secret_are_answered_alike(server: Server) {
    let admin = server.signed_in("admin").await;
    let (key, other) = (server.generate(&admin).await, server.generate(&admin).await);
    let deleted = server.generate(&admin).await;
    server.delete(&admin, &deleted.client_id).await;
    let unknown = "kl_0000000000000000000000";
    let mut answers = Vec::new();
    for (client_id, client_secret) in [
        (&*key.client_id, &*other.client_secret),
        (&key.client_id, "rubbish"),
        (&key.client_id, ""),
        (unknown, &key.client_secret),
        (unknown, "rubbish"),
        ("rubbish", "rubbish"),
        (&deleted.client_id, "rubbish"),
        (&deleted.client_id, &deleted.client_secret),
    ] {
        let presented = Key { client_id: client_id.to_owned(), client_secret: client_secret.to_owned() };
        let answer = server.token_answer(&presented, &[]).await;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove("date");
        answers.push((status, headers, answer.text().await.unwrap()));
    }
    assert_eq!(answers[0].0, StatusCode::UNAUTHORIZED);
    assert!(answers[0].2.contains("invalid_client"));
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
}

async fn an_oversized_request_is_refused_as_json(server: Server) {
    let key = admins_key(&server).await;
    let body = format!("{}&padding={}", form_credentials(&key), "x".repeat(20_000));
    assert_error(form_answer(&server, &body).await, 413, "invalid_request").await;
}

async fn a_deleted_key_and_its_tokens_stop_at_once(server: Server) {
    let admin = server.signed_in("admin").await;
    let (key, other) = (server.generate(&admin).await, server.generate(&admin).await);
    let (token, others_token) = (server.token(&key).await, server.token(&other).await);
    assert_eq!(server.delete(&admin, &key.client_id).await.status(), StatusCode::SEE_OTHER);
    assert_error(server.token_answer(&key, &[]).await, 401, "invalid_client").await;
    assert_token_refused(&server, &token, "The API key was deleted.").await;

    assert_eq!(server.me(&others_token).await.status(), StatusCode::OK);
    let (deleted, _) = server.cli(&["key", "delete", &other.client_id]);
    assert!(deleted);
    assert_error(server.token_answer(&other, &[]).await, 401, "invalid_client").await;
    assert_token_refused(&server, &others_token, "The API key was deleted.").await;
}

async fn a_disabled_users_keys_are_suspended_until_the_user_is_enabled(server: Server) {
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&ada).await;
    let token = server.token(&key).await;
    assert!(server.cli(&["user", "disable", "ada"]).0);

    assert!(line_about(&server, &key).contains("Suspended"));
    assert_eq!(ada.get(server.at("/")).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    let answer = server.token_answer(&key, &[]).await;
    assert_eq!(assert_error(answer, 401, "invalid_client").await, "the API key is suspended");
    assert_token_refused(&server, &token, "The API key is suspended.").await;

    assert!(server.cli(&["user", "enable", "ada"]).0);
    assert!(line_about(&server, &key).contains("Valid"));
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);
    server.token(&key).await;
    let before = ada.get(server.at("/")).send().await.unwrap();
    assert_eq!(before.status(), StatusCode::SEE_OTHER, "a session came back to life");
    let ada = server.signed_in("ada").await;
    let page = server.text(&ada, "/profile").await;
    assert_eq!(cell(row(&page, &key.client_id).unwrap(), "Status"), "Valid");
}

async fn a_token_ends_after_its_lifetime(server: Server) {
    let key = admins_key(&server).await;
    let token = server.token(&key).await;
    server.clock.advance(Duration::minutes(59));
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);
    server.clock.advance(Duration::minutes(1));
    assert_token_refused(&server, &token, "The access token has expired.").await;
    assert_eq!(server.me(&server.token(&key).await).await.status(), StatusCode::OK);
}

async fn a_changed_token_is_refused(server: Server) {
    let admin = server.signed_in("admin").await;
    let (key, other) = (server.generate(&admin).await, server.generate(&admin).await);
    let token = server.token(&key).await;
    let others_token = server.token(&other).await;
    let parts: Vec<_> = token.split('.').collect();
    let others_signature = others_token.rsplit('.').next().unwrap();
    let changed = |index: usize, name: &str, value: Value| {
        let mut json = part(&token, index);
        json[name] = value;
        let encoded = URL_SAFE_NO_PAD.encode(json.to_string());
        if index == 0 {
            format!("{encoded}.{}.{}", parts[1], parts[2])
        } else {
            format!("{}.{encoded}.{}", parts[0], parts[2])
        }
    };
    let unsigned = changed(0, "alg", json!("none"));
    for bad in [
        changed(1, "client_id", json!(other.client_id)),
        changed(1, "exp", json!(4_000_000_000_i64)),
        changed(1, "scope", json!("users:write")),
        changed(0, "typ", json!("JWT")),
        changed(0, "kid", json!("another")),
        changed(0, "alg", json!("HS256")),
        unsigned.rsplit_once('.').unwrap().0.to_owned() + ".",
        unsigned,
        format!("{}.{}.{others_signature}", parts[0], parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{token}x"),
        "rubbish".to_owned(),
    ] {
        assert_token_refused(&server, &bad, "The access token is not valid.").await;
    }
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);
}

async fn failed_attempts_are_limited_for_a_client_id_until_the_window_ends(database: TestDatabase) {
    let server = database.serve(&["--max-failures-per-name", "3"]);
    let admin = server.signed_in("admin").await;
    let (key, other) = (server.generate(&admin).await, server.generate(&admin).await);
    for _ in 0..5 {
        server.token(&key).await;
    }
    let wrong = Key { client_secret: "rubbish".to_owned(), ..key.clone() };
    for _ in 0..3 {
        assert_error(server.token_answer(&wrong, &[]).await, 401, "invalid_client").await;
    }
    let answer = server.token_answer(&key, &[]).await;
    let seconds: i64 = answer.headers()[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&seconds));
    assert_error(answer, 429, "temporarily_unavailable").await;
    server.token(&other).await;
    server.signed_in("admin").await;

    server.clock.advance(Duration::seconds(seconds));
    server.token(&key).await;
}

async fn a_deleted_key_is_limited_like_one_that_never_was(database: TestDatabase) {
    let server = database.serve(&["--max-failures-per-name", "3"]);
    let admin = server.signed_in("admin").await;
    let deleted = server.generate(&admin).await;
    server.delete(&admin, &deleted.client_id).await;
    let unknown = Key { client_id: "kl_0000000000000000000000".to_owned(), ..deleted.clone() };
    for key in [deleted, unknown] {
        for _ in 0..3 {
            assert_error(server.token_answer(&key, &[]).await, 401, "invalid_client").await;
        }
        assert_error(server.token_answer(&key, &[]).await, 429, "temporarily_unavailable").await;
    }
}

async fn a_stranger_cannot_lock_a_key_out(database: TestDatabase) {
    let server = database.serve(&["--trusted-proxies", "127.0.0.1", "--max-failures-per-name", "3"]);
    let key = admins_key(&server).await;
    let wrong = Key { client_secret: "rubbish".to_owned(), ..key.clone() };
    for _ in 0..3 {
        assert_error(token_from(&server, &wrong, "198.51.100.7").await, 401, "invalid_client").await;
    }
    assert_error(token_from(&server, &key, "198.51.100.7").await, 429, "temporarily_unavailable").await;
    assert_eq!(token_from(&server, &key, "203.0.113.9").await.status(), StatusCode::OK);
}

async fn programs_neither_get_nor_use_cookies(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let token = server.token(&key).await;
    let with_cookie_only = admin.get(server.at("/api/v1/me")).send().await.unwrap();
    assert_eq!(with_cookie_only.status(), StatusCode::UNAUTHORIZED);
    for answer in [
        with_cookie_only,
        admin.get(server.at("/api/v1/me")).bearer_auth(&token).send().await.unwrap(),
        admin.get(server.at("/api/nothing")).send().await.unwrap(),
        admin.post(server.at("/auth/token")).body(form_credentials(&key)).send().await.unwrap(),
        admin.get(server.at("/auth/nothing")).send().await.unwrap(),
        admin.get(server.at("/.well-known/nothing")).send().await.unwrap(),
        server.token_answer(&key, &[]).await,
    ] {
        assert!(!answer.headers().contains_key(SET_COOKIE), "{} sets a cookie", answer.url());
    }
}

async fn unknown_addresses_of_the_api_answer_as_json(server: Server) {
    let client = Client::new();
    let token = server.token(&admins_key(&server).await).await;
    for (answer, status) in [
        (client.get(server.at("/api/v1/nothing")).send().await.unwrap(), 404),
        (client.get(server.at("/api")).send().await.unwrap(), 404),
        (client.post(server.at("/api/v1/me")).bearer_auth(&token).send().await.unwrap(), 405),
    ] {
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(json(answer).await["status"], status);
    }
}

/// A browser in which `ada` is signed in, whose role has two permissions.
pub async fn accountant(server: &Server) -> Client {
    let permissions = ["--permission", "journals:read", "--permission", "journals:write"];
    let (added, printed) = server.cli(&[&["role", "add", "accountant"], &permissions[..]].concat());
    assert!(added, "{printed}");
    server.add_user("ada", &["accountant"]).await
}

pub async fn admins_key(server: &Server) -> Key {
    let admin = server.signed_in("admin").await;
    server.generate(&admin).await
}

pub fn form_credentials(Key { client_id, client_secret }: &Key) -> String {
    format!("grant_type=client_credentials&client_id={client_id}&client_secret={client_secret}")
}

pub fn token_request(server: &Server, body: &str) -> RequestBuilder {
    let request = Client::new().post(server.at("/auth/token")).body(body.to_owned());
    request.header(CONTENT_TYPE, "application/x-www-form-urlencoded")
}

pub async fn form_answer(server: &Server, body: &str) -> Response {
    token_request(server, body).send().await.unwrap()
}

pub async fn token_from(server: &Server, key: &Key, forwarded_for: &str) -> Response {
    token_request(server, &form_credentials(key)).header("X-Forwarded-For", forwarded_for).send().await.unwrap()
}

async fn json(answer: Response) -> Value {
    answer.json().await.unwrap()
}

/// Checks that an answer is an error of RFC 6749 section 5.2 and returns its description.
pub async fn assert_error(answer: Response, status: u16, error: &str) -> String {
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
    let answered = answer.status();
    let answer = json(answer).await;
    assert_eq!((answered.as_u16(), &answer["error"]), (status, &json!(error)), "{answer}");
    answer["error_description"].as_str().unwrap().to_owned()
}

async fn assert_token_refused(server: &Server, token: &str, words: &str) {
    let answer = server.me(token).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{token} was accepted");
    let challenge = answer.headers()[WWW_AUTHENTICATE].to_str().unwrap().to_owned();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    assert_eq!(json(answer).await["detail"], words, "{token}");
}

/// The header (0) or the claims (1) of a token.
pub fn part(token: &str, index: usize) -> Value {
    let part = URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

fn line_about(server: &Server, key: &Key) -> String {
    let (listed, table) = server.cli(&["key", "list"]);
    assert!(listed, "{table}");
    table.lines().find(|line| line.contains(&key.client_id)).unwrap().to_owned()
}
