//! What the three endpoints for clients have in common: `/auth/token`, `/auth/introspect` and `/auth/revoke`.

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, RequestBuilder, StatusCode};

use super::{json, post, refusal, refused};
use crate::support::{Key, Record, Server, TestDatabase, on_each_database};
use crate::tokens::admins_key;

on_each_database![
    rfc6749_2_3_a_client_authenticates_once,
    rfc6749_2_3_1_a_client_id_beside_basic_is_the_same,
    rfc6749_2_3_1_both_parts_of_basic_are_form_decoded,
    a_malformed_request_is_in_the_record_of_the_key_that_it_names_by_basic,
    failures_are_limited_at_all_endpoints_together,
    an_unknown_client_leaves_nothing_beyond_the_limit,
];

const PATHS: [&str; 3] = ["/auth/token", "/auth/introspect", "/auth/revoke"];

/// A key of somebody who may ask about tokens, and a token of it.
async fn key_and_token(server: &Server) -> (Key, String) {
    let key = admins_key(server).await;
    let token = server.token(&key).await;
    (key, token)
}

/// A request that is a good one at each of the endpoints: what is for another one is ignored.
fn ask(server: &Server, path: &str, client: &Key, token: &str) -> RequestBuilder {
    post(server, path, client, &[("grant_type", "client_credentials"), ("token", token)])
}

async fn rfc6749_2_3_a_client_authenticates_once(server: Server) {
    let (key, token) = key_and_token(&server).await;
    for path in PATHS {
        let good = || ask(&server, path, &key, &token);
        for request in [good().basic_auth(&key.client_id, Some(&key.client_secret)), good().bearer_auth(&token)] {
            assert_eq!(refusal(request).await, refused(400, "invalid_request"), "{path}");
        }
    }
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);
}

async fn rfc6749_2_3_1_a_client_id_beside_basic_is_the_same(server: Server) {
    let (key, token) = key_and_token(&server).await;
    let other = admins_key(&server).await;
    for path in PATHS {
        let beside = |client_id: &str| {
            let form = [("grant_type", "client_credentials"), ("token", &*token), ("client_id", client_id)];
            post(&server, path, &key, &form)
        };
        assert_eq!(refusal(beside(&other.client_id)).await, refused(400, "invalid_request"), "{path}");
        assert_eq!(beside(&key.client_id).send().await.unwrap().status(), StatusCode::OK, "{path}");
    }
}

async fn rfc6749_2_3_1_both_parts_of_basic_are_form_decoded(server: Server) {
    let (key, token) = key_and_token(&server).await;
    let encoded = Key {
        client_id: key.client_id.replacen("kl_", "kl%5F", 1),
        client_secret: key.client_secret.replacen("kls_", "k%6cs%5f", 1),
    };
    for path in PATHS {
        let answer = ask(&server, path, &encoded, &token).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
    let check = Client::new().get(server.at("/auth/verify"));
    let answer = check.basic_auth(&encoded.client_id, Some(&encoded.client_secret)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["x-auth-client-id"], *key.client_id);
}

async fn a_malformed_request_is_in_the_record_of_the_key_that_it_names_by_basic(server: Server) {
    let (key, _) = key_and_token(&server).await;
    for path in PATHS {
        let malformed = |client_secret: &str| {
            let request = Client::new().post(server.at(path)).basic_auth(&key.client_id, Some(client_secret));
            request.json(&["no form"])
        };
        assert_eq!(refusal(malformed(&key.client_secret)).await, refused(400, "invalid_request"), "{path}");
        assert_eq!(refusal(malformed("rubbish")).await, refused(401, "invalid_client"), "{path}");
    }
    let record = Record::whole(&server.database);
    assert_eq!((record.count("invalid_request"), record.count("wrong_secret")), (3, 3));
    assert_eq!(record.count_of_nobody("invalid_request"), 0);
}

async fn failures_are_limited_at_all_endpoints_together(database: TestDatabase) {
    let server = database.serve(&["--max-failures-per-name", "3"]);
    let (key, token) = key_and_token(&server).await;
    let wrong = Key { client_secret: "rubbish".to_owned(), ..key.clone() };
    for path in PATHS {
        assert_eq!(refusal(ask(&server, path, &wrong, &token)).await, refused(401, "invalid_client"), "{path}");
    }
    for path in PATHS {
        let answer = ask(&server, path, &key, &token).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "{path}");
        let seconds: i64 = answer.headers()[RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=900).contains(&seconds), "{path}: {seconds}");
        assert_eq!(json(answer).await["error"], "temporarily_unavailable");
    }
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);
    assert_eq!(Record::whole(&server.database).count("wrong_secret"), 3);
    assert_eq!(server.database.failures("token"), 3);
}

async fn an_unknown_client_leaves_nothing_beyond_the_limit(database: TestDatabase) {
    let server = database.serve(&["--max-failures-per-name", "3"]);
    let unknown = Key { client_id: "kl_0000000000000000000000".to_owned(), client_secret: "rubbish".to_owned() };
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(server.token_answer(&unknown, &[]).await.status().as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429, 429]);
    assert_eq!(Record::whole(&server.database).count_of_nobody("unknown"), 3);
    assert_eq!(server.database.failures("token"), 3);
}
