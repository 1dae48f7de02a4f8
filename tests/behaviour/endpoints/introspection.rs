//! `POST /auth/introspect` (RFC 7662).

use chrono::Duration;
use reqwest::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json as value};

use super::{Parties, json, look_alikes, post, refusal, refused};
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
    let Parties { key, api, .. } = Parties::new(&server).await;
    let token = server.token(&key).await;
    for token in [&*token, "rubbish"] {
        let request = post(&server, PATH, &key, &[("token", token)]);
        assert_eq!(refusal(request).await, refused(403, "insufficient_scope"));
    }
    assert_eq!(introspect(&server, &api, &token).await["active"], true);
    server.lose("tokens:introspect");
    let request = post(&server, PATH, &api, &[("token", &token)]);
    assert_eq!(refusal(request).await, refused(403, "insufficient_scope"));
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
    let look_alikes = look_alikes(&server, &key).await;
    let others = [&*revoked, &changed, "rubbish", &key.client_secret, "a.b.c"];
    for token in look_alikes.iter().map(String::as_str).chain(others) {
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
    let Parties { key, api, .. } = Parties::new(&server).await;
    let token = server.token(&key).await;
    introspect(&server, &api, &token).await;
    post(&server, "/auth/revoke", &key, &[("token", &token)]).send().await.unwrap();
    introspect(&server, &api, &token).await;
    server.clock.advance(Duration::hours(1));
    introspect(&server, &api, &token).await;
    let token = server.token(&key).await;
    assert!(server.cli(&["key", "delete", &key.client_id]).0);
    introspect(&server, &api, &token).await;

    let outcomes = async |username: &str, action: &str, key: &Key| {
        let browser = server.signed_in(username).await;
        let page = server.text(&browser, "/activity").await;
        let of_action = rows(&page).into_iter().filter(|row| cell(row, "Action") == action);
        let outcomes = of_action.map(|row| {
            assert!(cell(row, "API key").starts_with(&key.client_id), "{row}");
            cell(row, "Outcome")
        });
        outcomes.collect::<Vec<_>>()
    };
    assert_eq!(
        outcomes("ada", "Token was asked about", &key).await,
        ["Refused API key deleted", "Refused Access token expired", "Refused Access token was revoked", "Allowed"]
    );
    assert_eq!(outcomes("api", "Asked about a token", &api).await, ["Allowed"; 4]);
}
