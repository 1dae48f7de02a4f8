//! A form that a script sends, so that the page it is on stays: a redirect is told, an error is a message for that page.

use chrono::Duration;
use diesel::connection::SimpleConnection as _;
use reqwest::header::{HeaderName, LOCATION};
use reqwest::{Client, StatusCode};

use crate::people::{filled, post, with};
use crate::support::{PASSWORD, Server, alert, browser_sending, on_each_database};

on_each_database![
    a_redirect_is_told_where_it_leads,
    a_form_with_a_mistake_comes_back_with_its_page,
    a_mistake_of_the_server_is_a_message_for_the_page,
    an_ended_session_is_told_and_nothing_else_is_shown,
    a_missing_permission_is_a_message_for_the_page,
];

const HX_REDIRECT: &str = "hx-redirect";

fn script() -> Client {
    browser_sending(HeaderName::from_static("hx-boosted"), "true")
}

/// Signed in by a script, as the sign-in page does it.
async fn signed_in(server: &Server, username: &str) -> Client {
    let script = script();
    let answer = server.sign_in(&script, username, PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::OK);
    script
}

/// What is told in the page that the form is on.
async fn told(server: &Server, script: &Client, path: &str, fields: &[(String, String)]) -> (StatusCode, String) {
    let answer = post(server, script, path, fields).await;
    assert!(!answer.headers().contains_key(HX_REDIRECT) && !answer.headers().contains_key(LOCATION));
    let status = answer.status();
    let message = answer.text().await.unwrap();
    assert!(!message.contains("<main"), "{message}");
    (status, alert(&message))
}

async fn new_user(server: &Server, script: &Client) -> Vec<(String, String)> {
    with(filled(&server.text(script, "/users/new").await, "/users/new"), "username", "bob")
}

async fn a_redirect_is_told_where_it_leads(server: Server) {
    let script = script();
    let form = [("username", "admin"), ("password", PASSWORD), ("next", "/activity")];
    let answer = script.post(server.at("/login")).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[HX_REDIRECT], "/activity");
    assert!(!answer.headers().contains_key(LOCATION));
    assert!(answer.headers().contains_key("set-cookie"), "who follows is signed in");
    assert!(server.text(&script, "/activity").await.contains("Sign out"));

    let answer = post(&server, &script, "/logout", &[]).await;
    assert_eq!((answer.status(), &answer.headers()[HX_REDIRECT]), (StatusCode::OK, &"/login".parse().unwrap()));
    let after = script.get(server.at("/activity")).send().await.unwrap();
    assert_eq!(after.status(), StatusCode::UNAUTHORIZED);
}

async fn a_form_with_a_mistake_comes_back_with_its_page(server: Server) {
    let script = signed_in(&server, "admin").await;
    let fields = with(new_user(&server, &script).await, "username", "two words");
    let answer = post(&server, &script, "/users/new", &fields).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.unwrap();
    assert!(page.contains("<main") && page.contains("two words"), "{page}");
    assert_ne!(alert(&page), "");
}

async fn a_mistake_of_the_server_is_a_message_for_the_page(server: Server) {
    let script = signed_in(&server, "admin").await;
    let fields = new_user(&server, &script).await;
    server.database.connect().batch_execute("ALTER TABLE audit_events RENAME TO lost").unwrap();
    let (status, message) = told(&server, &script, "/users/new", &fields).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(message.contains("The mistake is ours."), "{message}");
    server.database.connect().batch_execute("ALTER TABLE lost RENAME TO audit_events").unwrap();
    assert_eq!(post(&server, &script, "/users/new", &fields).await.status(), StatusCode::OK);
}

async fn an_ended_session_is_told_and_nothing_else_is_shown(server: Server) {
    let script = signed_in(&server, "admin").await;
    let fields = new_user(&server, &script).await;
    server.clock.advance(Duration::minutes(61));
    let (status, message) = told(&server, &script, "/users/new", &fields).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(message.contains("session has ended"), "{message}");
}

async fn a_missing_permission_is_a_message_for_the_page(server: Server) {
    server.add_user("ada", &["member"]).await;
    let script = signed_in(&server, "ada").await;
    let (status, message) = told(&server, &script, "/users/new", &[]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(message.contains("users:write"), "{message}");
}
