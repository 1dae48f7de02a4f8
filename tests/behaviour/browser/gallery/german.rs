//! The same in German, whose words are longer.

use chrono::Duration;
use serde_json::json;

use super::Gallery;
use crate::support::{PASSWORD, Server};

pub(super) async fn in_german(server: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.sign_in_as("olivia").await;
    page.speak_german().await;
    gallery.look("german-account").await;
    for (path, state) in [
        ("/", "german-home"),
        ("/activity", "german-activity"),
        ("/activity/everybody?outcome=refused", "german-everybody-refused"),
        ("/users", "german-users"),
        ("/users/new", "german-user-new"),
        ("/roles", "german-roles"),
        ("/roles/accountant/edit", "german-role"),
        ("/keys", "german-keys"),
        ("/no-such-page", "german-not-found"),
    ] {
        gallery.look_at(path, state).await;
    }
    page.open("/").await;
    page.click("link", "Profil").await;
    page.find("dialog", "Profil").await;
    gallery.look("german-profile-window").await;
    page.script::<()>("document.getElementById('key-name').value = 'a'.repeat(101)").await.unwrap();
    page.click("button", "Generieren").await;
    page.says("Der Name ist zu lang.").await;
    gallery.look("german-profile-window-refused").await;
    page.clear("Name (freiwillig)").await;
    page.click("button", "Generieren").await;
    page.says("Kopieren Sie das Client-Secret jetzt").await;
    gallery.look("german-profile-window-new-key").await;
    let newest = "return document.querySelector('#profile [data-row]').dataset.row";
    let client_id: String = page.script(newest).await.unwrap();
    page.click("button", &format!("{client_id} löschen")).await;
    page.find("dialog", "API-Schlüssel löschen").await;
    gallery.look("german-profile-window-delete").await;

    page.open("/").await;
    server.clock.advance(Duration::minutes(58));
    page.come_back().await;
    page.find("alertdialog", "Angemeldet bleiben?").await;
    gallery.look("german-session-ends").await;
    server.clock.advance(Duration::minutes(3));
    page.come_back().await;
    page.find("alertdialog", "Ihre Sitzung ist beendet").await;
    gallery.look("german-session-ended").await;
    gallery.sign_in_as("olivia").await;
    page.goes_on_all_day(server).await;
    page.open("/").await;
    server.clock.advance(Duration::minutes(4));
    page.come_back().await;
    page.find("alertdialog", "Ihre Sitzung endet bald").await;
    gallery.look("german-session-ends-soon").await;
    sign_in_in_german(gallery).await;
}

/// Signs in with a one-time password, in a browser that says that German is spoken.
async fn sign_in_in_german(gallery: &Gallery) {
    let page = &gallery.page;
    page.driver.delete_all_cookies().await.unwrap();
    let german = json!({ "headers": { "Accept-Language": "de" } });
    page.driver.cdp().send_raw("Network.enable", json!({})).await.unwrap();
    page.driver.cdp().send_raw("Network.setExtraHTTPHeaders", german).await.unwrap();
    gallery.look_at("/login", "german-sign-in").await;
    page.type_into("Benutzername", "noah").await;
    page.type_into("Passwort", "not the password").await;
    gallery.submit("Anmelden").await;
    gallery.look("german-sign-in-refused").await;
    page.type_into("Passwort", PASSWORD).await;
    gallery.submit("Anmelden").await;
    gallery.look("german-choose-password").await;
}
