//! The first password, and the settings of one's own account.

use super::super::account::types;
use super::super::width::assert_fits;
use super::{Hand, Page, Server, in_every_look};
use crate::support::{PASSWORD, browser};

in_every_look![
    with and without scripts:
    a_first_password_is_chosen,
    an_account_is_changed,
];

const NEW: &str = "four unrelated words here";

async fn a_first_password_is_chosen(server: &Server, page: &Page, hand: Hand) {
    let ada = page.name_here("ada").await;
    let (_, told) = server.cli(&["user", "add", &ada]);
    let (_, one_time) = told.split_once("first sign-in: ").unwrap();
    hand.choose(page, "button", "Sign out").await;
    page.path_is("/login").await;
    hand.sign_in_as(page, &ada, one_time.trim()).await;
    page.path_is("/login/password").await;
    page.says("You signed in with a one-time password.").await;
    page.has_focus("textbox", "New password").await;
    assert_fits(page, "the page to choose a password").await;

    page.type_here("too short").await;
    hand.type_into(page, "Repeat new password", "too short").await;
    hand.choose(page, "button", "Save password").await;
    page.has_focus("textbox", "New password").await;
    assert!(page.script::<bool>("return document.activeElement.validity.tooShort").await.unwrap());

    hand.retype(page, "New password", NEW).await;
    hand.choose(page, "button", "Save password").await;
    page.says("The two passwords differ. Type the same one twice.").await;
    page.has_focus("textbox", "New password").await;
    assert_fits(page, "two passwords that differ").await;

    page.type_here(NEW).await;
    hand.type_into(page, "Repeat new password", NEW).await;
    hand.choose(page, "button", "Save password").await;
    page.path_is("/").await;
    page.says(&format!("You are signed in as {ada}.")).await;
    page.is_now("admin").await;
}

async fn an_account_is_changed(server: &Server, page: &Page, hand: Hand) {
    let ada = page.name_here("ada").await;
    server.add_user(&ada, &[]).await;
    server.signed_in(&ada).await;
    page.is_now(&ada).await;
    hand.choose(page, "link", "Profile").await;
    page.has_focus("heading", "Profile").await;
    hand.choose(page, "link", "Account settings").await;
    page.path_is("/account").await;
    page.find("heading", "Account settings").await;
    assert_fits(page, "the account settings").await;
    if !page.has_scripts.get() {
        page.is_gone("checkbox", "Show what is typed").await;
        page.is_gone("alertdialog", "Stay signed in?").await;
    }

    hand.select(page, "Language", "Deutsch").await;
    hand.choose(page, "button", "Save language and time zone").await;
    page.message_has_focus("Ihre Sprache und Ihre Zeitzone wurden gespeichert.").await;
    assert_fits(page, "the account settings in German").await;
    hand.select(page, "Sprache", "English").await;
    hand.choose(page, "button", "Sprache und Zeitzone speichern").await;
    page.message_has_focus("Your language and time zone were saved.").await;

    hand.choose(page, "button", "End session 2, Unknown browser").await;
    page.message_has_focus("Session ended: Unknown browser.").await;

    change_password(page, hand, "not the password").await;
    page.says("The current password is wrong. Nothing was changed.").await;
    page.has_focus("textbox", "Current password").await;
    assert_fits(page, "a wrong password").await;
    change_password(page, hand, PASSWORD).await;
    page.message_has_focus("Your password was changed. 1 other session ended").await;
    page.path_is("/account").await;

    assert_eq!(server.sign_in(&browser(), &ada, NEW).await.status(), 303);
    page.driver.refresh().await.unwrap();
    hand.choose(page, "button", "End all other sessions").await;
    page.message_has_focus("1 other session ended.").await;
    page.is_gone("button", "End all other sessions").await;
    page.is_now("admin").await;
}

async fn change_password(page: &Page, hand: Hand, current: &str) {
    hand.type_into(page, "Current password", current).await;
    hand.type_into(page, "New password", NEW).await;
    hand.type_into(page, "Repeat new password", NEW).await;
    if page.has_scripts.get() {
        hand.choose(page, "checkbox", "Show what is typed").await;
        assert_eq!(types(page).await, ["text"; 3]);
    }
    hand.choose(page, "button", "Change password").await;
}
