//! Signing in and out.

use reqwest::StatusCode;

use crate::support::{Server, browser, on_each_database};

on_each_database![a_user_signs_in_and_out];

async fn a_user_signs_in_and_out(server: Server) {
    let admin = server.signed_in("admin").await;
    assert!(server.text(&admin, "/").await.contains("Administrator"));

    let answer = admin.post(server.at("/logout")).send().await.unwrap();
    assert_eq!(answer.headers()["location"], "/login");
    assert_eq!(admin.get(server.at("/")).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    assert_eq!(browser().get(server.at("/")).send().await.unwrap().headers()["location"], "/login?next=%2F");
}
