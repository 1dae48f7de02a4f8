//! `POST /auth/introspect` (RFC 7662).

use chrono::Duration;
use reqwest::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json as value};

use super::{Parties, json, post, refusal, refused};
use crate::support::{Key, Server, cell, on_each_database, rows};

on_each_database![
    rfc7662_2_1_the_caller_authenticates_as_a_client,
    rfc7662_2_1_a_request_names_one_token,
    rfc7662_2_1_an_unknown_hint_is_ignored,
    rfc7662_2_1_only_keys_with_the_permission_may_ask,
    rfc7662_2_2_an_active_token_is_described,
    rfc7662_2_2_whatever_is_no_good_is_inactive_and_nothing_more,
    rfc7662_2_2_the_scope_is_what_the_owner_still_holds,
    rfc7662_4_answers_are_not_stored,
    an_introspection_is_in_the_record_of_both_owners,
];

const PATH: &str = "/auth/introspect";

async fn introspect(server: &Server, api: &Key, token: &str) -> Value {
    let answer = post(server, PATH, api, &[("token", token)]).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    json(answer).await
}

async fn rfc7662_2_1_the_caller_authenticates_as_a_client(server: Server) {
    let Parties { key, api, .. } = Parties::new(&server).await;
    let token = server.token(&key).await;
    let form = [("token", &*token), ("client_id", &api.client_id), ("client_secret", &api.client_secret)];
    let in_form = Client::new().post(server.at(PATH)).form(&form).send().await.unwrap();
    assert_eq!(json(in_form).await["active"], true);
    let both = post(&server, PATH, &api, &form);
    assert_eq!(refusal(both).await, refused(400, "invalid_request"));
    let nobody = Client::new().post(server.at(PATH)).form(&[("token", &token)]);
    assert_eq!(refusal(nobody).await, refused(401, "invalid_client"));
    let wrong = Key { client_secret: "rubbish".to_owned(), ..api };
    let answer = post(&server, PATH, &wrong, &[("token", &token)]).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(answer.headers()[WWW_AUTHENTICATE].to_str().unwrap().starts_with("Basic realm="));
    let get = Client::new().get(server.at(PATH)).basic_auth(&wrong.client_id, Some("x"));
    assert_eq!(refusal(get).await, refused(405, "invalid_request"));
}

async fn rfc7662_2_1_a_request_names_one_token(server: Server) {
    let Parties { api, .. } = Parties::new(&server).await;
    for form in [&[][..], &[("token", "")], &[("token", "a"), ("token", "b")]] {
        assert_eq!(refusal(post(&server, PATH, &api, form)).await, refused(400, "invalid_request"), "{form:?}");
    }
    let as_json = Client::new().post(server.at(PATH)).basic_auth(&api.client_id, Some(&api.client_secret));
    assert_eq!(refusal(as_json.json(&value!({ "token": "a" }))).await, refused(400, "invalid_request"));
}

async fn rfc7662_2_1_an_unknown_hint_is_ignored(server: Server) {
    let Parties { key, api, .. } = Parties::new(&server).await;
    let token = server.token(&key).await;
    for hint in ["access_token", "refresh_token", "rubbish"] {
        let form = [("token", &*token), ("token_type_hint", hint), ("other", "")];
        let answer = post(&server, PATH, &api, &form).send().await.unwrap();
        assert_eq!(json(answer).await["active"], true);
    }
}

async fn rfc7662_2_1_only_keys_with_the_permission_may_ask(server: Server) {
    let Parties { key, .. } = Parties::new(&server).await;
    let token = server.token(&key).await;
    for token in [&*token, "rubbish"] {
        let request = post(&server, PATH, &key, &[("token", token)]);
        assert_eq!(refusal(request).await, refused(403, "insufficient_scope"));
    }
}

async fn rfc7662_2_2_an_active_token_is_described(server: Server) {
    let Parties { key, api, .. } = Parties::new(&server).await;
    let token = server.token(&key).await;
    let answer = introspect(&server, &api, &token).await;
    let me: Value = json(server.me(&token).await).await;
    assert_eq!(answer["active"], true);
    assert_eq!(answer["scope"], "journals:read journals:write");
    assert_eq!(answer["client_id"], *key.client_id);
    assert_eq!(answer["username"], "ada");
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!((&answer["iss"], &answer["aud"]), (&value!(server.url), &value!(server.url)));
    assert_eq!(answer["sub"], me["user"]["id"]);
    assert_eq!(answer["exp"].as_i64().unwrap() - answer["iat"].as_i64().unwrap(), 3600);
    assert!(!answer["jti"].as_str().unwrap().is_empty());
}

async fn rfc7662_2_2_whatever_is_no_good_is_inactive_and_nothing_more(server: Server) {
    let Parties { key, api, .. } = Parties::new(&server).await;
    let inactive = value!({ "active": false });
    let revoked = server.token(&key).await;
    post(&server, "/auth/revoke", &key, &[("token", &revoked)]).send().await.unwrap();
    let mut changed = server.token(&key).await;
    changed.push('x');
    for token in [&*revoked, &changed, "rubbish", &key.client_secret, "a.b.c"] {
        assert_eq!(introspect(&server, &api, token).await, inactive, "{token}");
    }
    let token = server.token(&key).await;
    assert!(server.cli(&["user", "disable", "ada"]).0);
    assert_eq!(introspect(&server, &api, &token).await, inactive);
    assert!(server.cli(&["user", "enable", "ada"]).0);
    assert_eq!(introspect(&server, &api, &token).await["active"], true);
    server.clock.advance(Duration::hours(1));
    assert_eq!(introspect(&server, &api, &token).await, inactive);
    let token = server.token(&key).await;
    assert!(server.cli(&["key", "delete", &key.client_id]).0);
    assert_eq!(introspect(&server, &api, &token).await, inactive);
}

async fn rfc7662_2_2_the_scope_is_what_the_owner_still_holds(server: Server) {
    let Parties { api, .. } = Parties::new(&server).await;
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let answer = json(server.token_answer(&key, &[("scope", "users:read audit:read")]).await).await;
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(introspect(&server, &api, token).await["scope"], "audit:read users:read");
    server.lose("users:read");
    assert_eq!(introspect(&server, &api, token).await["scope"], "audit:read");
    server.lose("audit:read");
    let answer = introspect(&server, &api, token).await;
    assert_eq!((&answer["active"], answer.get("scope")), (&value!(true), None));
}

async fn rfc7662_4_answers_are_not_stored(server: Server) {
    let Parties { key, api, .. } = Parties::new(&server).await;
    for token in [&*server.token(&key).await, "rubbish"] {
        let answer = post(&server, PATH, &api, &[("token", token)]).send().await.unwrap();
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    }
}

async fn an_introspection_is_in_the_record_of_both_owners(server: Server) {
    let Parties { ada, key, api } = Parties::new(&server).await;
    let token = server.token(&key).await;
    introspect(&server, &api, &token).await;
    let newest = async |browser: &Client| {
        let page = server.text(browser, "/activity").await;
        let row = rows(&page)[0];
        (cell(row, "Action"), cell(row, "API key"))
    };
    assert_eq!(newest(&ada).await, ("Token was asked about".to_owned(), key.client_id));
    let browser = server.signed_in("api").await;
    let page = server.text(&browser, "/activity").await;
    assert_eq!(cell(rows(&page)[1], "Action"), "Asked about a token");
    assert_eq!(cell(rows(&page)[1], "API key"), api.client_id);
}
