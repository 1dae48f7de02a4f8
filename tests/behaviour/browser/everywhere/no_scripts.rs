//! The same without scripts: every answer is a whole page.

use chrono::Duration;
use thirtyfour::Key as Press;

use super::super::waiting::{break_storage, mend_storage};
use super::super::width::assert_fits;
use super::{Hand, Page, Server, in_every_look};
use crate::support::{PASSWORD, browser};

in_every_look![
    without scripts:
    a_key_is_generated_once_and_deleted,
    a_secret_is_forgotten,
    what_fails_is_told_on_a_page,
    a_session_ends_and_begins_again,
];

async fn a_key_is_generated_once_and_deleted(_server: &Server, page: &Page, hand: Hand) {
    hand.choose(page, "link", "Profile").await;
    page.path_is("/profile").await;
    let before = page.key_rows().await.unwrap().len();
    hand.type_into(page, "Name (optional)", "Night shift").await;
    hand.choose_twice(page, "Generate").await;
    page.until("the one key is shown, or told to be there already", async || {
        let shown = page.value("Client secret").await?.starts_with("kls_");
        Ok((shown || page.everything().await?.contains("No second key was generated.")).then_some(()))
    })
    .await;
    page.has_keys(before + 1).await;

    page.open("/profile").await;
    hand.type_into(page, "Name (optional)", "Night shift").await;
    hand.select(page, "Lifetime", "7 days").await;
    hand.choose(page, "button", "Generate").await;
    page.path_is("/profile/api-keys").await;
    page.has_focus("heading", "Your new API key: Night shift").await;
    let (client_id, client_secret) = page.credentials().await;
    page.is_gone("button", "Copy client secret").await;
    page.says("Nobody can show it to you again").await;
    assert_fits(page, "a new API key").await;
    page.driver.refresh().await.unwrap();
    page.says("No second key was generated.").await;
    page.forgets(&client_secret).await;
    page.has_keys(before + 2).await;
    assert_fits(page, "a form that was used before").await;

    hand.choose(page, "link", "Home").await;
    page.says("Your API key Night shift expires in 7 days.").await;
    assert_fits(page, "a key that expires soon").await;
    hand.choose(page, "link", "See what expires in your profile").await;
    page.path_is("/profile").await;
    page.has_focus("heading", "Profile").await;
    hand.choose(page, "button", &format!("Delete {client_id}")).await;
    page.has_focus("button", "Cancel").await;
    assert_fits(page, "the question before a key is deleted").await;
    hand.choose(page, "button", "Cancel").await;
    page.path_is("/profile").await;
    hand.choose(page, "button", &format!("Delete {client_id}")).await;
    page.has_focus("button", "Cancel").await;
    hand.choose(page, "button", "Delete").await;
    page.says(&format!("API key {client_id} was deleted")).await;
    page.has_keys(before + 1).await;
    hand.choose(page, "button", "Close").await;
    page.path_is("/").await;
}

async fn a_secret_is_forgotten(_server: &Server, page: &Page, hand: Hand) {
    hand.choose(page, "link", "Profile").await;
    page.path_is("/profile").await;
    hand.choose(page, "button", "Generate").await;
    page.path_is("/profile/api-keys").await;
    let (_, client_secret) = page.credentials().await;
    hand.choose(page, "link", "Activity").await;
    page.find("heading", "Activity").await;
    page.driver.back().await.unwrap();
    page.path_is("/profile/api-keys").await;
    page.forgets(&client_secret).await;
    page.driver.back().await.unwrap();
    page.path_is("/profile").await;
    page.forgets(&client_secret).await;
    page.driver.forward().await.unwrap();
    page.path_is("/profile/api-keys").await;
    page.forgets(&client_secret).await;
}

async fn what_fails_is_told_on_a_page(server: &Server, page: &Page, hand: Hand) {
    page.open("/profile").await;
    hand.type_into(page, "Name (optional)", "Night shift").await;
    hand.select(page, "Lifetime", "Until").await;
    hand.choose(page, "button", "Generate").await;
    page.message_has_focus("Choose a lifetime, or a date such as").await;
    assert_eq!(page.value("Name (optional)").await.unwrap(), "Night shift");
    assert_fits(page, "an error").await;

    page.open("/profile").await;
    let before = page.key_rows().await.unwrap().len();
    hand.type_into(page, "Name (optional)", "Night shift").await;
    break_storage(server);
    hand.choose(page, "button", "Generate").await;
    page.find("heading", "Something went wrong").await;
    assert_fits(page, "a mistake of the server").await;
    mend_storage(server);
    hand.choose(page, "button", "Try again").await;
    page.has_focus("heading", "Your new API key: Night shift").await;
    page.has_keys(before + 1).await;
}

async fn a_session_ends_and_begins_again(server: &Server, page: &Page, hand: Hand) {
    page.open("/profile").await;
    hand.type_into(page, "Name (optional)", "Night shift").await;
    server.clock.advance(Duration::minutes(61));
    hand.choose(page, "button", "Generate").await;
    page.says("Nothing was changed. Sign in again, and what you typed will be there.").await;
    assert_fits(page, "the end of a session").await;
    hand.choose(page, "button", "Sign in again").await;
    page.path_is("/login/again").await;
    assert_fits(page, "the sign-in page").await;
    page.has_focus("textbox", "Username").await;
    page.type_here("admin").await;
    hand.type_into(page, "Password", "not the password").await;
    page.press(Press::Enter).await;
    page.says("The username or the password is wrong").await;
    page.has_focus("textbox", "Password").await;
    assert_eq!(page.value("Username").await.unwrap(), "admin");

    while server.sign_in(&browser(), "admin", "not the password").await.status() != 429 {}
    page.type_here(PASSWORD).await;
    page.press(Press::Enter).await;
    page.says("There were too many failed attempts. Try again in").await;
    assert_eq!(page.value("Username").await.unwrap(), "admin");
    assert_fits(page, "too many failed attempts").await;

    server.clock.advance(Duration::minutes(16));
    page.has_focus("textbox", "Password").await;
    page.type_here(PASSWORD).await;
    hand.choose(page, "button", "Sign in").await;
    page.path_is("/profile").await;
    page.message_has_focus("Your session had ended. Nothing was changed.").await;
    assert_eq!(page.value("Name (optional)").await.unwrap(), "Night shift");

    page.open("/activity").await;
    server.clock.advance(Duration::minutes(61));
    hand.choose(page, "link", "Profile").await;
    page.path_is("/login").await;
    hand.sign_in(page).await;
    page.path_is("/profile").await;
}
