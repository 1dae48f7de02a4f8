//! `/auth/verify`, as a proxy asks it (RFC 6750, RFC 7617).

use chrono::Duration;
use diesel::connection::SimpleConnection as _;
use reqwest::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};

use super::{Parties, json, post};
use crate::support::{Key, Record, Server, TestDatabase, cell, on_each_database, rows};

on_each_database![
    any_method_and_both_kinds_of_credentials_are_let_through_without_a_body,
    rfc6750_3_no_credentials_are_challenged_without_an_error,
    rfc6750_3_1_a_token_that_is_no_good_is_an_invalid_token,
    rfc7617_2_a_wrong_secret_is_challenged_for_both_kinds,
    rfc6750_3_1_a_missing_scope_is_insufficient,
    what_is_presented_twice_or_unreadable_is_refused,
    the_record_tells_the_original_request_of_a_trusted_proxy,
    a_stranger_says_nothing_about_the_original_request,
    a_wrong_secret_is_limited_and_the_right_one_is_not,
    what_names_no_known_key_leaves_nothing_beyond_the_limit,
    nothing_is_decided_that_cannot_be_recorded,
];

fn check(server: &Server, path: &str) -> RequestBuilder {
    Client::new().get(server.at(path))
}

fn by_secret(request: RequestBuilder, key: &Key) -> RequestBuilder {
    request.basic_auth(&key.client_id, Some(&key.client_secret))
}

/// The status of an answer that has no body, and its challenges.
async fn outcome(request: RequestBuilder) -> (u16, Vec<String>) {
    let answer = request.send().await.unwrap();
    let challenges =
        answer.headers().get_all(WWW_AUTHENTICATE).iter().map(|value| value.to_str().unwrap().to_owned()).collect();
    (without_body(answer).await.as_u16(), challenges)
}

async fn without_body(answer: Response) -> StatusCode {
    let status = answer.status();
    assert!(answer.bytes().await.unwrap().is_empty());
    status
}

fn trusting(database: TestDatabase) -> Server {
    database.serve(&["--trusted-proxies", "127.0.0.1", "--max-failures-per-name", "3"])
}

async fn any_method_and_both_kinds_of_credentials_are_let_through_without_a_body(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let token = server.token(&key).await;
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        for path in ["/auth/verify", "/auth/verify/journals/17?page=2"] {
            let request = || Client::new().request(Method::from_bytes(method.as_bytes()).unwrap(), server.at(path));
            for request in [request().bearer_auth(&token), by_secret(request(), &key)] {
                let answer = request.send().await.unwrap();
                let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
                assert_eq!(header("x-auth-user"), "ada");
                assert!(header("x-auth-subject").starts_with("usr_"));
                assert_eq!(header("x-auth-client-id"), key.client_id);
                assert_eq!(header("x-auth-scope"), "journals:read journals:write");
                assert_eq!(without_body(answer).await, StatusCode::OK, "{method} {path}");
            }
        }
    }
}

async fn rfc6750_3_no_credentials_are_challenged_without_an_error(server: Server) {
    let challenge = vec!["Bearer realm=\"Keyledge\"".to_owned()];
    assert_eq!(outcome(check(&server, "/auth/verify")).await, (401, challenge));
}

async fn rfc6750_3_1_a_token_that_is_no_good_is_an_invalid_token(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let refused = async |token: &str| {
        let (status, challenges) = outcome(check(&server, "/auth/verify").bearer_auth(token)).await;
        assert_eq!((status, challenges.len()), (401, 1));
        assert!(challenges[0].contains("error=\"invalid_token\""), "{challenges:?}");
        challenges[0].clone()
    };
    refused("rubbish").await;
    let token = server.token(&key).await;
    assert!(server.cli(&["user", "disable", "ada"]).0);
    assert!(refused(&token).await.contains("suspended"));
    assert!(server.cli(&["user", "enable", "ada"]).0);
    server.clock.advance(Duration::hours(1));
    assert!(refused(&token).await.contains("expired"));
    let token = server.token(&key).await;
    assert!(server.cli(&["key", "delete", &key.client_id]).0);
    assert!(refused(&token).await.contains("deleted"));
}

async fn rfc7617_2_a_wrong_secret_is_challenged_for_both_kinds(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let wrong = Key { client_secret: "rubbish".to_owned(), ..key };
    let unknown = Key { client_id: "kl_0000000000000000000000".to_owned(), ..wrong.clone() };
    for key in [wrong, unknown] {
        let (status, challenges) = outcome(by_secret(check(&server, "/auth/verify"), &key)).await;
        assert_eq!(status, 401);
        assert!(challenges[0].starts_with("Basic realm=") && challenges[1].starts_with("Bearer realm="));
    }
}

async fn rfc6750_3_1_a_missing_scope_is_insufficient(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let narrow = server.token_answer(&key, &[("scope", "journals:read")]).await;
    let narrow: serde_json::Value = narrow.json().await.unwrap();
    let narrow = narrow["access_token"].as_str().unwrap();
    let status = async |path: &str, required: &[&str]| {
        let mut request = check(&server, path).bearer_auth(narrow);
        for scope in required {
            request = request.header("X-Auth-Required-Scope", *scope);
        }
        outcome(request).await.0
    };
    for (path, expected) in [
        ("/auth/verify?scope=journals:read", 200),
        ("/auth/verify?scope=", 200),
        ("/auth/verify?scope=journals:read+journals:write", 403),
        ("/auth/verify?scope=journals:read&scope=journals:write", 403),
        ("/auth/verify?scope=%22", 403),
        ("/auth/verify/search?scope=everything", 200),
        ("/auth/verify/?scope=journals:write", 403),
    ] {
        assert_eq!(status(path, &[]).await, expected, "{path}");
    }
    assert_eq!(status("/auth/verify/journals", &["journals:read"]).await, 200);
    assert_eq!(status("/auth/verify/journals", &["journals:read", "journals:write"]).await, 403);
    assert_eq!(status("/auth/verify?scope=journals:read", &["journals:write"]).await, 403);
    let (_, challenges) = outcome(check(&server, "/auth/verify?scope=journals:write").bearer_auth(narrow)).await;
    assert_eq!(challenges, ["Bearer realm=\"Keyledge\", error=\"insufficient_scope\", scope=\"journals:write\""]);
    let (_, challenges) = outcome(check(&server, "/auth/verify?scope=%22").bearer_auth(narrow)).await;
    assert_eq!(
        challenges,
        [concat!(
            "Bearer realm=\"Keyledge\", error=\"insufficient_scope\", ",
            "error_description=\"The proxy asks for a scope that cannot be read.\""
        )]
    );
    let by_key = by_secret(check(&server, "/auth/verify?scope=journals:read+journals:write"), &key);
    assert_eq!(outcome(by_key).await.0, 200);
}

async fn what_is_presented_twice_or_unreadable_is_refused(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let good = format!("Bearer {}", server.token(&key).await);
    let bearer = "Bearer realm=\"Keyledge\"";
    let invalid = format!("{bearer}, error=\"invalid_token\", error_description=\"The access token is not valid.\"");
    let basic = "Basic realm=\"Keyledge\", charset=\"UTF-8\"";
    for (headers, challenges) in [
        (&[&*good, "Bearer other"][..], &[&*invalid][..]),
        (&["Bearer"], &[&*invalid]),
        (&["Basic !!!"], &[basic, bearer]),
        // RFC 6750 section 3.1: no error for a scheme that is not supported.
        (&["Digest abc"], &[bearer]),
        (&[""], &[bearer]),
    ] {
        let mut request = check(&server, "/auth/verify");
        for header in headers {
            request = request.header(AUTHORIZATION, *header);
        }
        assert_eq!(outcome(request).await, (401, challenges.iter().map(ToString::to_string).collect()), "{headers:?}");
    }
}

/// What the newest event of a user's record says: the request and the address.
async fn newest(server: &Server, browser: &Client) -> (String, String) {
    let page = server.text(browser, "/activity").await;
    let row = rows(&page)[0];
    (cell(row, "Request"), cell(row, "Address"))
}

async fn the_record_tells_the_original_request_of_a_trusted_proxy(database: TestDatabase) {
    let server = trusting(database);
    let Parties { ada, key, .. } = Parties::new(&server).await;
    let nginx = [("X-Original-Method", "PUT"), ("X-Original-URI", "/journals/17?token=hunter2")];
    let caddy = [("X-Forwarded-Method", "POST"), ("X-Forwarded-Uri", "https://api.example.com/orders?x=hunter2")];
    let contradiction = [nginx, caddy].concat();
    let redirect = [("X-Original-Method", "GET"), ("X-Original-URI", "/login?next=https://app.example.com/hunter2")];
    let within = [("X-Original-Method", "GET"), ("X-Original-URI", "/proxy/https://app.example.com/orders")];
    for (method, path, headers, told) in [
        (Method::GET, "/auth/verify", &nginx[..], "PUT /journals/17"),
        (Method::GET, "/auth/verify", &caddy, "POST /orders"),
        (Method::GET, "/auth/verify", &contradiction, "GET /auth/verify"),
        (Method::GET, "/auth/verify", &redirect, "GET /login"),
        (Method::GET, "/auth/verify", &within, "GET /proxy/https://app.example.com/orders"),
        (Method::DELETE, "/auth/verify/journals/18?token=hunter2", &[], "DELETE /journals/18"),
    ] {
        let request = by_secret(Client::new().request(method, server.at(path)), &key);
        let mut request = request.header("X-Forwarded-For", "203.0.113.9");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        assert_eq!(outcome(request).await.0, 200);
        assert_eq!(newest(&server, &ada).await, (told.to_owned(), "203.0.113.9".to_owned()));
    }
    let unreadable = by_secret(check(&server, "/auth/verify"), &key)
        .header("X-Original-Method", "DELETE")
        .header("X-Original-URI", b"/journals/\xe4?x=\xff".as_slice())
        .header("X-Forwarded-For", b"\xff, 203.0.113.9".as_slice());
    assert_eq!(outcome(unreadable).await.0, 200);
    let told = ("DELETE /journals/\u{fffd}".to_owned(), "203.0.113.9".to_owned());
    assert_eq!(newest(&server, &ada).await, told, "what is no text hides nothing else");
    assert!(!server.database.everything().contains("hunter2"));
}

async fn a_stranger_says_nothing_about_the_original_request(server: Server) {
    let Parties { ada, key, .. } = Parties::new(&server).await;
    let request = by_secret(check(&server, "/auth/verify"), &key)
        .header("X-Original-Method", "PUT")
        .header("X-Original-URI", "/forged")
        .header("X-Forwarded-For", "203.0.113.9");
    assert_eq!(outcome(request).await.0, 200);
    assert_eq!(newest(&server, &ada).await, ("GET /auth/verify".to_owned(), "127.0.0.1".to_owned()));
}

async fn a_wrong_secret_is_limited_and_the_right_one_is_not(database: TestDatabase) {
    let server = trusting(database);
    let Parties { ada, key, .. } = Parties::new(&server).await;
    let wrong = Key { client_secret: key.client_secret.to_lowercase(), ..key.clone() };
    for _ in 0..6 {
        assert_eq!(outcome(by_secret(check(&server, "/auth/verify"), &wrong)).await.0, 401);
    }
    let page = server.text(&ada, "/activity").await;
    let recorded = rows(&page).iter().filter(|row| cell(row, "Outcome").contains("Wrong client secret")).count();
    assert_eq!(recorded, 3, "beyond the limit an attempt is not recorded");
    assert_eq!(outcome(by_secret(check(&server, "/auth/verify"), &key)).await.0, 200);
    assert!(!server.database.everything().contains(&wrong.client_secret));
}

async fn what_names_no_known_key_leaves_nothing_beyond_the_limit(database: TestDatabase) {
    let server = trusting(database);
    let unknown = Key { client_id: "kl_0000000000000000000000".to_owned(), client_secret: "rubbish".to_owned() };
    for _ in 0..6 {
        assert_eq!(outcome(by_secret(check(&server, "/auth/verify"), &unknown)).await.0, 401);
        assert_eq!(outcome(check(&server, "/auth/verify").bearer_auth("rubbish")).await.0, 401);
    }
    let record = Record::whole(&server.database);
    for (reason, kind) in [("unknown", "token"), ("token_invalid", "bearer")] {
        assert_eq!(record.count_of_nobody(reason), 3, "{reason}");
        assert_eq!(server.database.failures(kind), 3, "{kind}");
    }
}

async fn nothing_is_decided_that_cannot_be_recorded(server: Server) {
    let Parties { key, api, .. } = Parties::new(&server).await;
    let token = server.token(&key).await;
    let mut database = server.database.connect();
    database.batch_execute("ALTER TABLE audit_events RENAME TO away").unwrap();
    for request in [check(&server, "/auth/verify").bearer_auth(&token), by_secret(check(&server, "/auth/verify"), &key)]
    {
        assert_eq!(outcome(request).await, (503, Vec::new()));
    }
    for (path, client) in [("/auth/token", &key), ("/auth/introspect", &api), ("/auth/revoke", &key)] {
        let form = [("grant_type", "client_credentials"), ("token", &*token)];
        let answer = post(&server, path, client, &form).send().await.unwrap();
        let again = answer.headers()["retry-after"].to_str().unwrap();
        assert_eq!((answer.status().as_u16(), again), (503, "1"), "{path}");
        assert_eq!(json(answer).await["error"], "temporarily_unavailable", "{path}");
    }
    assert_eq!(server.me(&token).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    database.batch_execute("ALTER TABLE away RENAME TO audit_events").unwrap();
    assert_eq!(outcome(check(&server, "/auth/verify").bearer_auth(&token)).await.0, 200);
}
