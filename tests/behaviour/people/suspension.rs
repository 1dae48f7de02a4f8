//! Disabling and enabling on the pages, and what becomes of keys and tokens.

use reqwest::StatusCode;

use super::{event, newest, path, row, switch};
use crate::support::{Server, browser, cell, on_each_database};

on_each_database![
    a_disabled_user_is_signed_out_and_the_keys_are_suspended_until_enabled,
    the_question_says_what_happens_to_the_keys,
    disabling_twice_says_so,
    expired_and_deleted_keys_are_not_counted,
];

async fn a_disabled_user_is_signed_out_and_the_keys_are_suspended_until_enabled(server: Server) {
    let admin = server.signed_in("admin").await;
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&ada).await;
    let token = server.token(&key).await;
    let page = switch(&server, &admin, "ada", "disable").await;
    assert!(page.contains("ada is disabled now.") && page.contains(">Inactive<"));
    assert_eq!(newest(&server, "disable_user"), event("disable_user", Some("ada"), Some("admin"), None));
    assert_eq!(ada.get(server.at("/")).send().await.unwrap().headers()["location"], "/login?next=%2F");
    let refused = server.sign_in(&browser(), "ada", crate::support::PASSWORD).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(server.token_answer(&key, &[]).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(server.me(&token).await.status(), StatusCode::UNAUTHORIZED);
    assert!(server.cli(&["key", "list", "--user", "ada"]).1.contains("Suspended"));
    let its_row = row(&server, &admin, "ada").await;
    assert_eq!((&*cell(&its_row, "Status"), &*cell(&its_row, "Valid keys")), ("Inactive", "0 1 suspended"));

    let page = switch(&server, &admin, "ada", "enable").await;
    assert!(page.contains("ada is enabled now.") && page.contains(">Active<"));
    assert_eq!(newest(&server, "enable_user"), event("enable_user", Some("ada"), Some("admin"), None));
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);
    server.token(&key).await;
    assert_eq!(cell(&row(&server, &admin, "ada").await, "Valid keys"), "1");
    assert_eq!(ada.get(server.at("/")).send().await.unwrap().status(), StatusCode::SEE_OTHER, "a session came back");
    server.signed_in("ada").await;
}

async fn the_question_says_what_happens_to_the_keys(server: Server) {
    let admin = server.signed_in("admin").await;
    let ada = server.add_user("ada", &[]).await;
    let path = path(&server, &admin, "ada").await;
    for (words, again) in [
        ("ada has no valid API key.", "ada has no suspended API key."),
        ("1 valid API key will be suspended.", "1 suspended API key will be valid again."),
        ("2 valid API keys will be suspended.", "2 suspended API keys will be valid again."),
    ] {
        let question = server.text(&admin, &format!("{path}/disable")).await;
        assert!(question.contains("Disable user") && question.contains(words), "{words} is not in {question}");
        switch(&server, &admin, "ada", "disable").await;
        let question = server.text(&admin, &format!("{path}/enable")).await;
        assert!(question.contains("Enable user") && question.contains(again), "{again} is not in {question}");
        switch(&server, &admin, "ada", "enable").await;
        let ada = server.signed_in("ada").await;
        server.generate(&ada).await;
    }
    drop(ada);
}

async fn disabling_twice_says_so(server: Server) {
    let admin = server.signed_in("admin").await;
    server.add_user("ada", &[]).await;
    switch(&server, &admin, "ada", "disable").await;
    assert!(switch(&server, &admin, "ada", "disable").await.contains("ada was already disabled."));
    switch(&server, &admin, "ada", "enable").await;
    assert!(switch(&server, &admin, "ada", "enable").await.contains("ada was already enabled."));
}

async fn expired_and_deleted_keys_are_not_counted(server: Server) {
    let admin = server.signed_in("admin").await;
    let ada = server.add_user("ada", &[]).await;
    let deleted = server.generate(&ada).await;
    server.generate_with(&ada, &[("lifetime", "7")]).await;
    server.generate(&ada).await;
    server.delete(&ada, &deleted.client_id).await;
    assert_eq!(cell(&row(&server, &admin, "ada").await, "Valid keys"), "2");
    server.clock.advance(chrono::Duration::days(8));
    let admin = server.signed_in("admin").await;
    assert_eq!(cell(&row(&server, &admin, "ada").await, "Valid keys"), "1");
}
