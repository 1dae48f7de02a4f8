//! The pages of those who are not signed in, and the end of a session.

use chrono::Duration;

use super::Gallery;
use crate::support::Server;

pub(super) async fn signing_in(_: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.look_at("/login", "sign-in").await;
    for state in ["sign-in-refused", "", "", "sign-in-limited"] {
        page.clear("Username").await;
        page.type_into("Username", "amara").await;
        page.type_into("Password", "not the password").await;
        gallery.submit("Sign in").await;
        if !state.is_empty() {
            gallery.look(state).await;
        }
    }
    gallery.sign_in_as("noah").await;
    gallery.look("choose-password").await;
    page.type_into("New password", "too short").await;
    gallery.submit("Save password").await;
    gallery.look("choose-password-refused").await;
}

pub(super) async fn the_end_of_a_session(server: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.sign_in_as("amara").await;
    server.clock.advance(Duration::minutes(58));
    page.come_back().await;
    page.find("alertdialog", "Stay signed in?").await;
    gallery.look("session-ends").await;
    page.lose_server(true).await;
    page.click("button", "Stay signed in").await;
    page.says("The server could not be reached.").await;
    gallery.look("session-ends-unreachable").await;
    page.lose_server(false).await;
    page.click("button", "Stay signed in").await;
    page.says("You stay signed in").await;
    gallery.look_over("#main", "session-stayed").await;
    server.clock.advance(Duration::minutes(61));
    page.come_back().await;
    page.find("alertdialog", "Your session has ended").await;
    gallery.look("session-ended").await;

    gallery.sign_in_as("amara").await;
    page.goes_on_all_day(server).await;
    page.open("/").await;
    server.clock.advance(Duration::minutes(4));
    page.come_back().await;
    page.find("alertdialog", "Your session ends soon").await;
    gallery.look("session-ends-soon").await;
}
