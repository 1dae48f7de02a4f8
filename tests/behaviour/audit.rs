//! The record of what was done, and what never stands in it.

use reqwest::{Client, StatusCode};

use crate::support::{Key, PASSWORD, Server, browser, cell, link, on_each_database, rows};

on_each_database![
    everything_done_by_a_user_or_with_a_key_is_recorded_for_the_user,
    refusals_are_recorded_with_their_reason,
    the_record_of_one_user_is_not_shown_to_another,
    a_recorded_path_has_no_query,
    a_token_used_where_nothing_is_is_recorded_too,
    the_callers_address_and_key_are_recorded,
    a_secret_in_the_wrong_field_is_stored_nowhere,
    older_events_are_a_page_away,
    a_key_shows_when_it_was_last_used,
];

async fn everything_done_by_a_user_or_with_a_key_is_recorded_for_the_user(server: Server) {
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&ada).await;
    let token = server.token(&key).await;
    server.me(&token).await;
    server.delete(&ada, &key.client_id).await;
    ada.post(server.at("/logout")).send().await.unwrap();
    assert!(server.cli(&["user", "disable", "ada"]).0);
    assert!(server.cli(&["user", "enable", "ada"]).0);
    let ada = server.signed_in("ada").await;
    assert_eq!(
        events(&server, &ada).await,
        [
            "Signed in: Allowed, POST /login",
            "Account enabled: Allowed, Command line",
            "Account disabled: Allowed, Command line",
            "Signed out: Allowed, POST /logout",
            &format!("Deleted API key: Allowed, POST /profile/api-keys/{}/delete", key.client_id),
            "Used the API: Allowed, GET /api/v1/me",
            "Got access token: Allowed, POST /auth/token",
            "Generated API key: Allowed, POST /profile/api-keys",
            "Signed in: Allowed, POST /login",
            "Account added roles: added member: Allowed, Command line",
        ]
    );
}

async fn refusals_are_recorded_with_their_reason(server: Server) {
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&ada).await;
    let token = server.token(&key).await;
    server.sign_in(&browser(), "ada", "not the password").await;
    server.token_answer(&Key { client_secret: "rubbish".to_owned(), ..key.clone() }, &[]).await;
    server.token_answer(&key, &[("scope", "users:write")]).await;
    server.token_answer(&key, &[("scope", "a"), ("scope", "b")]).await;
    server.delete(&ada, &key.client_id).await;
    server.token_answer(&key, &[]).await;
    server.me(&token).await;
    assert!(server.cli(&["user", "disable", "ada"]).0);
    server.sign_in(&browser(), "ada", PASSWORD).await;
    assert!(server.cli(&["user", "enable", "ada"]).0);
    let ada = server.signed_in("ada").await;
    let refused: Vec<_> = events(&server, &ada).await.into_iter().filter(|event| event.contains("Refused")).collect();
    assert_eq!(
        refused,
        [
            "Signed in: Refused Account disabled, POST /login",
            "Used the API: Refused API key deleted, GET /api/v1/me",
            "Got access token: Refused API key deleted, POST /auth/token",
            "Got access token: Refused Malformed request, POST /auth/token",
            "Got access token: Refused Asked for more than the owner holds, POST /auth/token",
            "Got access token: Refused Wrong client secret, POST /auth/token",
            "Signed in: Refused Wrong password, POST /login",
        ]
    );
}

async fn the_record_of_one_user_is_not_shown_to_another(server: Server) {
    let admin = server.signed_in("admin").await;
    let ada = server.add_user("ada", &["administrator"]).await;
    let key = server.generate(&ada).await;
    server.token(&key).await;
    server.token_answer(&Key { client_secret: "rubbish".to_owned(), ..key.clone() }, &[]).await;
    assert!(server.text(&ada, "/activity").await.contains(&key.client_id));
    let page = server.text(&admin, "/activity").await;
    assert!(!page.contains(&key.client_id));
    assert!(rows(&page).iter().all(|row| cell(row, "Request") != "POST /auth/token"));
}

async fn a_recorded_path_has_no_query(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let token = server.token(&key).await;
    let request = Client::new().get(server.at("/api/v1/me?account=hunter2#fragment")).bearer_auth(&token);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(events(&server, &admin).await[0], "Used the API: Allowed, GET /api/v1/me");
    assert!(!server.database.everything().contains("hunter2"));
}

async fn a_token_used_where_nothing_is_is_recorded_too(server: Server) {
    let admin = server.signed_in("admin").await;
    let token = server.token(&server.generate(&admin).await).await;
    let answer = Client::new().get(server.at("/api/v1/nothing")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(events(&server, &admin).await[0], "Used the API: Allowed, GET /api/v1/nothing");
}

async fn the_callers_address_and_key_are_recorded(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    server.token(&key).await;
    let page = server.text(&admin, "/activity").await;
    let newest = rows(&page)[0];
    assert_eq!(cell(newest, "API key"), key.client_id);
    assert_eq!(cell(newest, "Address"), "127.0.0.1");
}

async fn a_secret_in_the_wrong_field_is_stored_nowhere(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let secret = &key.client_secret;
    assert_eq!(server.sign_in(&browser(), secret, "x").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(server.sign_in(&browser(), PASSWORD, "x").await.status(), StatusCode::UNAUTHORIZED);
    let check = || Client::new().get(server.at("/auth/verify"));
    for presented in [secret, &format!("kl_{}", &secret[4..26]), PASSWORD] {
        let as_client_id = Key { client_id: presented.to_owned(), client_secret: key.client_id.clone() };
        assert_eq!(server.token_answer(&as_client_id, &[]).await.status(), StatusCode::UNAUTHORIZED);
        for request in [check().basic_auth(presented, Some(&key.client_id)), check().bearer_auth(presented)] {
            assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
        }
        for path in ["/auth/introspect", "/auth/revoke"] {
            let about = Client::new().post(server.at(path)).basic_auth(&key.client_id, Some(secret));
            let answer = about.form(&[("token", presented)]).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
        }
    }
    server.me(secret).await;
    let stored = server.database.everything().to_lowercase();
    assert!(stored.contains(&key.client_id.to_lowercase()));
    for never in [&secret[4..], &secret[4..26], PASSWORD] {
        assert!(!stored.contains(&never.to_lowercase()), "{never} is stored");
    }
}

async fn older_events_are_a_page_away(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    for _ in 0..120 {
        server.token(&key).await;
    }
    let mut path = Some("/activity".to_owned());
    let mut sizes = Vec::new();
    let mut seen = Vec::new();
    while let Some(here) = path {
        let page = server.text(&admin, &here).await;
        sizes.push(rows(&page).len());
        seen.extend(rows(&page).iter().map(|row| cell(row, "Action")));
        path = link(&page, "next");
    }
    assert_eq!(sizes, [50, 50, 23]);
    assert!(seen[..120].iter().all(|action| action == "Got access token"));
    assert_eq!(seen[120..], ["Generated API key", "Signed in", "Account added roles: added administrator"]);
}

async fn a_key_shows_when_it_was_last_used(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let last_used = async || cell(rows(&server.text(&admin, "/profile").await)[0], "Last used");
    server.token_answer(&Key { client_secret: "rubbish".to_owned(), ..key.clone() }, &[]).await;
    assert_eq!(last_used().await, "Never");
    server.token(&key).await;
    assert!(last_used().await.contains("UTC from 127.0.0.1"));
}

/// What a user's activity page tells, newest first.
async fn events(server: &Server, browser: &Client) -> Vec<String> {
    rows(&server.text(browser, "/activity").await)
        .iter()
        .map(|row| format!("{}: {}, {}", cell(row, "Action"), cell(row, "Outcome"), cell(row, "Request")))
        .collect()
}
