//! `keyledge signing-key`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::{Client, StatusCode};
use serde_json::Value;

use super::{Parties, json};
use crate::support::{Server, TestDatabase, on_each_database};

on_each_database![
    a_new_key_is_published_before_it_signs_and_the_old_one_outlives_its_tokens,
    a_stolen_key_is_withdrawn_with_all_its_tokens_at_once,
    the_record_says_which_key_was_made_and_when_it_signs,
    rfc9068_2_1_tokens_are_signed_with_rs256_where_that_is_set,
    rfc9068_2_1_a_rotation_changes_the_algorithm,
];

fn signed_by(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

async fn published(server: &Server) -> Vec<String> {
    let answer = Client::new().get(server.at("/.well-known/jwks.json")).send().await.unwrap();
    json(answer).await["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn state_of(server: &Server, key_id: &str) -> String {
    let (listed, table) = server.cli(&["signing-key", "list"]);
    assert!(listed, "{table}");
    table.lines().find(|line| line.starts_with(key_id)).unwrap().to_owned()
}

async fn a_new_key_is_published_before_it_signs_and_the_old_one_outlives_its_tokens(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let old = signed_by(&server.token(&key).await);
    assert_eq!(published(&server).await, std::slice::from_ref(&old));
    let begun = server.clock.now();
    assert!(server.cli(&["signing-key", "rotate"]).0);
    let done = server.clock.now();
    let both = published(&server).await;
    assert_eq!(both.len(), 2);
    let new = both.iter().find(|key_id| **key_id != old).unwrap().clone();
    assert!(state_of(&server, &old).contains("Signs") && state_of(&server, &new).contains("Published"));

    server.clock.advance(Duration::minutes(4));
    assert_eq!(signed_by(&server.token(&key).await), old);
    let last = loop {
        server.clock.advance(begun + Duration::seconds(299) - server.clock.now());
        let token = server.token(&key).await;
        // On a busy machine it may have come too late.
        if server.clock.now() < begun + Duration::minutes(5) {
            break token;
        }
    };
    assert_eq!(signed_by(&last), old);
    server.clock.advance(done + Duration::seconds(301) - server.clock.now());
    let first = server.token(&key).await;
    assert_eq!(signed_by(&first), new);

    server.clock.advance(Duration::minutes(59));
    assert_eq!(server.me(&last).await.status(), StatusCode::OK);
    assert_eq!(published(&server).await.len(), 2);
    server.clock.advance(Duration::minutes(2));
    assert_eq!(published(&server).await, [new]);
    assert_eq!(server.me(&last).await.status(), StatusCode::UNAUTHORIZED);
}

async fn a_stolen_key_is_withdrawn_with_all_its_tokens_at_once(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let token = server.token(&key).await;
    let old = signed_by(&token);
    let check = || Client::new().get(server.at("/auth/verify")).bearer_auth(&token).send();
    assert_eq!(check().await.unwrap().status(), StatusCode::OK);
    assert!(server.cli(&["signing-key", "rotate", "--now"]).0);
    assert_eq!(check().await.unwrap().status(), StatusCode::UNAUTHORIZED, "a remembered signature still counts");
    assert!(!published(&server).await.contains(&old));
    assert!(state_of(&server, &old).contains("Not accepted"));
    let token = server.token(&key).await;
    assert_ne!(signed_by(&token), old);
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);
}

async fn the_record_says_which_key_was_made_and_when_it_signs(server: Server) {
    let first = published(&server).await;
    assert!(server.cli(&["signing-key", "rotate"]).0);
    let second = published(&server).await.into_iter().find(|key_id| !first.contains(key_id)).unwrap();
    assert!(server.cli(&["signing-key", "rotate", "--now"]).0);
    let third = published(&server).await.pop().unwrap();
    let (_, listed) = server.cli(&["audit", "list", "--limit", "2", "--json"]);
    let events: Value = serde_json::from_str(&listed).unwrap();
    let details = [0, 1].map(|index| (events[index]["action"].as_str().unwrap(), events[index]["detail"].as_str()));
    let (at_once, later) =
        (format!("{third}: signs at once, earlier tokens end"), format!("{second}: signs after five minutes"));
    assert_eq!(details, [&at_once, &later].map(|detail| ("rotate_signing_key", Some(&**detail))));
    let page = server.text(&server.signed_in("admin").await, "/activity/everybody").await;
    assert!(page.contains(&at_once) && page.contains(&later));
}

/// The algorithm of a token whose signature was verified with what is published, as an API would.
async fn algorithm_of(server: &Server, token: &str) -> Algorithm {
    let answer = Client::new().get(server.at("/.well-known/jwks.json")).send().await.unwrap();
    let keys: JwkSet = serde_json::from_value(json(answer).await).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    let verifies = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[&server.url]);
    jsonwebtoken::decode::<Value>(token, &verifies, &validation).unwrap();
    header.alg
}

async fn rfc9068_2_1_tokens_are_signed_with_rs256_where_that_is_set(database: TestDatabase) {
    let server = database.serve(&["--token-algorithm", "RS256"]);
    let Parties { key, .. } = Parties::new(&server).await;
    let token = server.token(&key).await;
    assert_eq!(algorithm_of(&server, &token).await, Algorithm::RS256);
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    assert_eq!(server.me(&forged).await.status(), StatusCode::UNAUTHORIZED);
}

async fn rfc9068_2_1_a_rotation_changes_the_algorithm(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let old = server.token(&key).await;
    assert!(server.cli(&["signing-key", "rotate", "--token-algorithm", "RS256"]).0);
    server.clock.advance(Duration::minutes(6));
    let new = server.token(&key).await;
    assert_eq!(algorithm_of(&server, &old).await, Algorithm::ES256);
    assert_eq!(algorithm_of(&server, &new).await, Algorithm::RS256);
    for token in [old, new] {
        assert_eq!(server.me(&token).await.status(), StatusCode::OK);
    }
}
