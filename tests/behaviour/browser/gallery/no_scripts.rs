//! The same without JavaScript.

use chrono::Duration;
use diesel::connection::SimpleConnection as _;

use super::super::no_scripts::disable_scripts;
use super::super::waiting::{break_storage, mend_storage};
use super::Gallery;
use crate::support::{PASSWORD, Server};

pub(super) async fn without_scripts(server: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    disable_scripts(page).await;
    gallery.sign_in_as("amara").await;
    gallery.look_without_scripts("plain-home").await;
    for (path, state) in [("/profile", "plain-profile"), ("/activity", "plain-activity"), ("/account", "plain-account")]
    {
        gallery.look_at_without_scripts(path, state).await;
    }
    page.open("/profile").await;
    page.find("combobox", "Lifetime").await.send_keys("Until").await.unwrap();
    page.click("button", "Generate").await;
    page.says("Choose a lifetime, or a date").await;
    gallery.look_without_scripts("plain-refused").await;
    page.open("/profile").await;
    page.type_into("Name (optional)", "Catalogue export").await;
    let (client_id, _) = page.generate().await;
    gallery.look_without_scripts("plain-new-key").await;
    page.driver.refresh().await.unwrap();
    page.says("No second key was generated.").await;
    gallery.look_without_scripts("plain-sent-twice").await;
    page.click("button", &format!("Delete {client_id}")).await;
    page.find("button", "Cancel").await;
    gallery.look_without_scripts("plain-delete").await;
    page.click("button", "Delete").await;
    page.says(&format!("API key {client_id} was deleted")).await;
    gallery.look_without_scripts("plain-deleted").await;
    page.type_into("Name (optional)", "Catalogue export").await;
    break_storage(server);
    page.click("button", "Generate").await;
    page.find("button", "Try again").await;
    gallery.look_without_scripts("plain-try-again").await;
    mend_storage(server);
    server.clock.advance(Duration::minutes(61));
    page.click("button", "Try again").await;
    page.find("button", "Sign in again").await;
    gallery.look_without_scripts("plain-session-ended").await;
    page.click("button", "Sign in again").await;
    page.find("button", "Sign in").await;
    gallery.look_without_scripts("plain-sign-in-again").await;
    page.sign_in_here("amara").await;
    page.says("Your session had ended. Nothing was changed.").await;
    gallery.look_without_scripts("plain-not-sent").await;

    page.open("/account").await;
    page.script::<()>("document.getElementById('current-password').value = 'a'.repeat(17_000)").await.unwrap();
    gallery.submit("Change password").await;
    page.says("Too much text").await;
    gallery.look_without_scripts("plain-too-large").await;
    page.open("/account").await;
    let mut other = server.database.connect();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    gallery.submit("Save language and time zone").await;
    page.says("The server has too much to do right now.").await;
    gallery.look_without_scripts("plain-very-busy").await;
    other.batch_execute("ROLLBACK").unwrap();
}

pub(super) async fn administration_without_scripts(_: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    disable_scripts(page).await;
    gallery.look_at_without_scripts("/login", "plain-sign-in").await;
    page.type_into("Username", "noah").await;
    page.type_into("Password", "not the password").await;
    gallery.submit("Sign in").await;
    gallery.look_without_scripts("plain-sign-in-refused").await;
    page.type_into("Password", PASSWORD).await;
    gallery.submit("Sign in").await;
    gallery.look_without_scripts("plain-choose-password").await;

    gallery.sign_in_as("olivia").await;
    gallery.look_at_without_scripts("/users", "plain-users").await;
    let amara = gallery.href("amara").await;
    let disable = format!("{amara}/disable");
    for (path, state) in [
        (&*amara, "plain-user"),
        (&*disable, "plain-user-disable"),
        ("/roles", "plain-roles"),
        ("/roles/accountant/edit", "plain-role"),
        ("/keys", "plain-keys"),
    ] {
        gallery.look_at_without_scripts(path, state).await;
    }
    let client_id = page.table("All API keys").await[0]["Client ID"].clone();
    gallery.look_at_without_scripts(&format!("/keys/{client_id}/delete"), "plain-keys-delete").await;
    gallery.look_at_without_scripts("/users/new", "plain-user-new").await;
    page.type_into("Username", "paula").await;
    gallery.submit("Add user").await;
    gallery.look_without_scripts("plain-user-added").await;
}
