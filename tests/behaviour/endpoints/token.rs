//! `POST /auth/token` (RFC 6749) and the tokens that it gives (RFC 9068).

use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use reqwest::{Client, StatusCode};
use serde_json::json;

use super::json;
use crate::support::{Key, Server, on_each_database};
use crate::tokens::{accountant, admins_key, assert_error, form_answer, form_credentials, part, token_request};

on_each_database![
    rfc6749_2_3_1_credentials_may_stand_in_the_form,
    rfc6749_3_2_only_post_gets_a_token,
    rfc6749_3_2_malformed_requests_are_refused,
    rfc6749_3_2_unknown_and_empty_parameters_are_ignored,
    rfc6749_3_3_a_token_carries_what_is_asked_for_or_all_that_the_owner_holds,
    rfc6749_3_3_a_scope_that_the_owner_does_not_hold_is_refused,
    rfc6749_4_4_2_another_grant_type_is_refused,
    rfc6749_5_1_token_answers_are_not_stored,
    rfc9110_15_5_2_a_failed_authentication_is_challenged,
    rfc9068_2_2_a_token_has_the_claims,
];

async fn rfc6749_2_3_1_credentials_may_stand_in_the_form(server: Server) {
    let key = admins_key(&server).await;
    let answer = form_answer(&server, &form_credentials(&key)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let token = json(answer).await["access_token"].as_str().unwrap().to_owned();
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);
}

async fn rfc6749_3_2_only_post_gets_a_token(server: Server) {
    let key = admins_key(&server).await;
    let query = form_credentials(&key);
    for answer in [
        Client::new().get(server.at(&format!("/auth/token?{query}"))).send().await.unwrap(),
        Client::new().put(server.at("/auth/token")).body(query).send().await.unwrap(),
    ] {
        assert_eq!(answer.headers()["allow"], "POST");
        assert_error(answer, 405, "invalid_request").await;
    }
}

async fn rfc6749_3_2_malformed_requests_are_refused(server: Server) {
    let key = admins_key(&server).await;
    let credentials = form_credentials(&key);
    for body in [
        &*format!("{credentials}&scope=a&scope=b"),
        &format!("{credentials}&grant_type=client_credentials"),
        &format!("{credentials}&client_id={}", key.client_id),
        &format!("{credentials}&unknown=1&unknown=2"),
        &credentials.replace("grant_type=client_credentials", "grant_type="),
        &credentials.replace("grant_type=client_credentials", "other=1"),
    ] {
        assert_error(form_answer(&server, body).await, 400, "invalid_request").await;
    }
    let both = token_request(&server, &credentials).basic_auth(&key.client_id, Some(&key.client_secret));
    assert_error(both.send().await.unwrap(), 400, "invalid_request").await;

    let as_json = Client::new().post(server.at("/auth/token")).json(&json!({ "grant_type": "client_credentials" }));
    let without_type = Client::new().post(server.at("/auth/token")).body(credentials.clone());
    let wrong_type = without_type.try_clone().unwrap().header(CONTENT_TYPE, "text/plain");
    for request in [as_json, without_type, wrong_type] {
        assert_error(request.send().await.unwrap(), 400, "invalid_request").await;
    }
    let not_utf8 = token_request(&server, "").body(b"grant_type=\xff".to_vec());
    assert_error(not_utf8.send().await.unwrap(), 400, "invalid_request").await;
}

async fn rfc6749_3_2_unknown_and_empty_parameters_are_ignored(server: Server) {
    let key = admins_key(&server).await;
    let body = format!("{}&scope=&audience=x&resource=&empty", form_credentials(&key));
    assert_eq!(form_answer(&server, &body).await.status(), StatusCode::OK);
}

async fn rfc6749_3_3_a_token_carries_what_is_asked_for_or_all_that_the_owner_holds(server: Server) {
    let ada = accountant(&server).await;
    let key = server.generate(&ada).await;
    for (scope, granted) in [
        ("", "journals:read journals:write"),
        ("journals:read", "journals:read"),
        ("journals:write journals:read journals:write", "journals:read journals:write"),
    ] {
        let answer = json(server.token_answer(&key, &[("scope", scope)]).await).await;
        assert_eq!(answer["scope"], granted);
        let token = answer["access_token"].as_str().unwrap();
        assert_eq!(part(token, 1)["scope"], granted);
        let permissions: Vec<_> = granted.split(' ').collect();
        assert_eq!(json(server.me(token).await).await["permissions"], json!(permissions));
    }
}

async fn rfc6749_3_3_a_scope_that_the_owner_does_not_hold_is_refused(server: Server) {
    let ada = accountant(&server).await;
    let key = server.generate(&ada).await;
    let not_held = ["users:write", "journals:read users:write", "journals", "JOURNALS:READ"];
    let malformed = ["jour\"nals", "журнал", " ", "  "];
    for scope in not_held.into_iter().chain(malformed) {
        assert_error(server.token_answer(&key, &[("scope", scope)]).await, 400, "invalid_scope").await;
    }
}

async fn rfc6749_4_4_2_another_grant_type_is_refused(server: Server) {
    let key = admins_key(&server).await;
    for grant_type in ["password", "authorization_code", "CLIENT_CREDENTIALS"] {
        let body = form_credentials(&key).replace("client_credentials", grant_type);
        assert_error(form_answer(&server, &body).await, 400, "unsupported_grant_type").await;
    }
}

async fn rfc6749_5_1_token_answers_are_not_stored(server: Server) {
    let key = admins_key(&server).await;
    let granted = server.token_answer(&key, &[]).await;
    assert_eq!(granted.headers()["pragma"], "no-cache");
    let refused = server.token_answer(&Key { client_secret: String::new(), ..key }, &[]).await;
    for answer in [granted, refused, form_answer(&server, "").await] {
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    }
}

async fn rfc9110_15_5_2_a_failed_authentication_is_challenged(server: Server) {
    let key = Key { client_secret: "rubbish".to_owned(), ..admins_key(&server).await };
    let by_another_scheme = token_request(&server, "grant_type=client_credentials").bearer_auth("abc");
    for answer in [
        server.token_answer(&key, &[]).await,
        form_answer(&server, &form_credentials(&key)).await,
        form_answer(&server, "grant_type=client_credentials").await,
        by_another_scheme.send().await.unwrap(),
    ] {
        assert!(answer.headers()[WWW_AUTHENTICATE].to_str().unwrap().starts_with("Basic realm="));
        assert_error(answer, 401, "invalid_client").await;
    }
}

async fn rfc9068_2_2_a_token_has_the_claims(server: Server) {
    server.add_user("ada", &[]).await;
    let ada = server.signed_in("ada").await;
    let key = server.generate(&ada).await;
    let (one, two) = (server.token(&key).await, server.token(&key).await);
    let (header, claims) = (part(&one, 0), part(&one, 1));
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(header["alg"], "ES256");
    assert!(!header["kid"].as_str().unwrap().is_empty());
    assert_eq!(claims["iss"], *server.url);
    assert_eq!(claims["aud"], *server.url);
    assert_eq!(claims["client_id"], *key.client_id);
    assert_eq!(claims["sub"], json(server.me(&one).await).await["user"]["id"]);
    assert!(claims["sub"].as_str().unwrap().starts_with("usr_"));
    let (issued_at, expires_at) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert!((issued_at - server.clock.now().unix_seconds()).abs() < 60);
    assert_eq!(expires_at - issued_at, 3600);
    assert!(claims.get("scope").is_none(), "an empty scope is left out");
    assert_ne!(claims["jti"], part(&two, 1)["jti"]);
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "client_id", "exp", "iat", "iss", "jti", "sub"]);
}
