//! The pages and their states.

use chrono::Duration;
use thirtyfour::By;

use super::super::no_scripts::disable_scripts;
use super::super::waiting::{break_storage, mend_storage};
use super::{Gallery, Page};
use crate::support::{PASSWORD, Server};

pub(super) async fn signing_in(server: &Server, gallery: &Gallery) {
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
    server.database.add_user("paula", &[]);
    gallery.sign_in_as("paula").await;
    gallery.look("home-without-keys").await;
    gallery.look_at("/profile", "profile-without-keys").await;
    gallery.look_at("/account", "account-without-other-sessions").await;
}

pub(super) async fn home_and_the_profile_window(server: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.sign_in_as("amara").await;
    gallery.look("home").await;
    page.open_profile().await;
    gallery.look("profile-window").await;
    page.type_into("Name (optional)", "Catalogue export").await;
    let (client_id, _) = page.generate().await;
    gallery.look("profile-window-new-key").await;
    page.click("button", "Generate").await;
    page.find("alertdialog", "Go on without copying?").await;
    gallery.look("profile-window-replace").await;
    page.click("button", "Keep open").await;
    page.click("button", "Close").await;
    page.find("alertdialog", "Close without copying?").await;
    gallery.look("profile-window-close").await;
    page.click("button", "Keep open").await;
    page.click("button", &format!("Delete {client_id}")).await;
    page.find("dialog", "Delete API key").await;
    gallery.look("profile-window-delete").await;
    page.click("button", "Delete").await;
    page.is_gone("dialog", "Delete API key").await;
    gallery.look("profile-window-deleted").await;
    page.click("button", "Close").await;
    page.is_gone("dialog", "Profile").await;

    server.clock.advance(Duration::minutes(59));
    page.come_back().await;
    page.find("alertdialog", "Stay signed in?").await;
    gallery.look("session-ends").await;
    server.clock.advance(Duration::minutes(2));
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

pub(super) async fn the_profile_page_and_deleting(_: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.sign_in_as("jonas").await;
    gallery.look_at("/profile", "profile-page").await;
    let client_ids = page.has_keys(2).await;
    gallery.look_at(&format!("/profile/api-keys/{}/delete", client_ids[0]), "profile-page-delete").await;
    gallery.look_at(&format!("/profile/api-keys/{}/delete", client_ids[1]), "profile-page-delete-last").await;
    page.open("/profile").await;
    page.generate().await;
    gallery.look("profile-page-new-key").await;
    page.click("button", "Copy client secret").await;
    page.says("Client secret copied").await;
    gallery.look("profile-page-copied").await;
    page.forbid_copying().await;
    page.click("button", "Copy client secret").await;
    page.says("Your browser did not allow copying.").await;
    gallery.look("profile-page-not-copied").await;
    let send = "return fetch('/profile/api-keys', {
        method: 'POST', body: new URLSearchParams(new FormData(document.querySelector('.generate')))
    }).then(answer => answer.text()).then(text => text.match(/kl_\\w{22}/)[0])";
    for (deleted, words, state) in [
        (false, "whose secret cannot be shown again", "profile-page-sent-twice"),
        (true, "which has since been deleted", "profile-page-sent-twice-and-deleted"),
    ] {
        page.open("/profile").await;
        let client_id: String = page.script(send).await.unwrap();
        if deleted {
            let delete = format!(
                "return fetch('/profile/api-keys/{client_id}/delete', {{ method: 'POST' }}).then(answer => answer.ok)"
            );
            assert!(page.script::<bool>(&delete).await.unwrap());
        }
        page.click("button", "Generate").await;
        page.says(words).await;
        gallery.look(state).await;
    }
}

pub(super) async fn the_profile_window_when_it_waits_and_fails(server: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.sign_in_as("amara").await;
    page.open_profile().await;
    page.script::<()>("document.getElementById('key-name').value = 'a'.repeat(101)").await.unwrap();
    page.click("button", "Generate").await;
    page.says("The name is too long").await;
    gallery.look("profile-window-refused").await;
    page.clear("Name (optional)").await;
    page.type_into("Name (optional)", "Night shift").await;
    page.lose_server(true).await;
    page.click("button", "Generate").await;
    page.is_told("The server could not be reached.").await;
    gallery.look("profile-window-unreachable").await;
    page.lose_server(false).await;
    page.limit(true).await;
    page.click("button", "Generate").await;
    page.is_told("There were too many requests.").await;
    gallery.look("profile-window-limited").await;
    page.limit(false).await;
    break_storage(server);
    page.click("button", "Generate").await;
    page.is_told("The mistake is ours.").await;
    gallery.look("profile-window-mistake").await;
    gallery.look_at("/profile", "server-error").await;
    mend_storage(server);
    page.open("/").await;
    page.open_profile().await;
    let client_id = page.table("API Keys").await[0]["Client ID"].clone();
    page.click("button", &format!("Delete {client_id}")).await;
    page.find("dialog", "Delete API key").await;
    fail_to_delete(server, page).await;
    gallery.look("profile-window-delete-mistake").await;
    page.click("button", "Cancel").await;
    page.is_gone("dialog", "Delete API key").await;
    page.slow_down(60_000).await;
    page.click("button", "Generate").await;
    page.is_busy().await;
    gallery.look("profile-window-waiting").await;
}

/// Confirms that a key is to be deleted, which the server cannot do.
async fn fail_to_delete(server: &Server, page: &Page) {
    break_storage(server);
    page.click("button", "Delete").await;
    page.says("The mistake is ours.").await;
    mend_storage(server);
}

pub(super) async fn activity_and_account(_: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.sign_in_as("olivia").await;
    gallery.look_at("/activity", "activity").await;
    page.driver.find(By::Tag("summary")).await.unwrap().click().await.unwrap();
    gallery.look("activity-numbers").await;
    let older = gallery.href("Older").await;
    gallery.look_at(&older, "activity-older").await;
    gallery.look_at("/activity?from=2001-01-01&to=2001-01-02", "activity-nothing-found").await;
    gallery.look_at("/activity?from=yesterday", "activity-bad-date").await;
    gallery.look_at("/activity/everybody", "everybody").await;
    gallery.look_at("/activity/everybody?outcome=refused", "everybody-refused").await;
    gallery.look_at("/activity/everybody?user=nobody", "everybody-nobody").await;
    page.driver.delete_all_cookies().await.unwrap();
    gallery.sign_in_as("olivia").await;
    gallery.look_at("/account", "account").await;
    for field in ["Current password", "New password"] {
        page.type_into(field, "not the password").await;
    }
    gallery.submit("Change password").await;
    gallery.look("account-refused").await;
}

pub(super) async fn people(server: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.sign_in_as("olivia").await;
    gallery.look_at("/users", "users").await;
    let (amara, lucas) = (gallery.href("amara").await, gallery.href("lucas").await);
    let own = gallery.href("olivia").await;
    gallery.look_at("/users?search=nobody", "users-nobody-found").await;
    gallery.look_at("/users/new", "user-new").await;
    page.type_into("Username", "a b").await;
    gallery.submit("Add user").await;
    gallery.look("user-new-refused").await;
    page.clear("Username").await;
    page.type_into("Username", "paula").await;
    gallery.submit("Add user").await;
    gallery.look("user-added").await;
    gallery.look_at(&amara, "user").await;
    page.type_into("E-mail (optional)", " no address").await;
    gallery.submit("Save changes").await;
    gallery.look("user-refused").await;
    gallery.look_at(&lucas, "user-inactive").await;
    gallery.look_at(&own, "user-oneself").await;
    gallery.submit("Save changes").await;
    gallery.look("user-saved").await;
    page.open(&amara).await;
    assert!(server.cli(&["user", "edit", "amara", "--display-name", "Amara Okafor-Lind"]).0);
    page.type_into("E-mail (optional)", ".uk").await;
    gallery.submit("Save changes").await;
    gallery.look("user-conflict").await;
    page.open(&amara).await;
    page.type_into("E-mail (optional)", ".uk").await;
    break_storage(server);
    gallery.submit("Save changes").await;
    gallery.look("user-try-again").await;
    mend_storage(server);
    server.clock.advance(Duration::minutes(61));
    gallery.submit("Try again").await;
    gallery.look("user-session-ended").await;
    gallery.submit("Sign in again").await;
    gallery.look("sign-in-again").await;
    page.type_into("Username", "olivia").await;
    page.type_into("Password", PASSWORD).await;
    gallery.submit("Sign in").await;
    gallery.look("user-not-sent").await;
    gallery.look_at(&format!("{amara}/disable"), "user-disable").await;
    gallery.look_at(&format!("{amara}/password"), "user-password").await;
    gallery.submit("Set password").await;
    gallery.look("user-password-set").await;
    gallery.look_at(&format!("{lucas}/enable"), "user-enable").await;
    gallery.submit("Enable").await;
    gallery.look("user-enabled").await;
}

pub(super) async fn roles_and_keys(server: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.sign_in_as("olivia").await;
    gallery.look_at("/roles", "roles").await;
    gallery.look_at("/roles/new", "role-new").await;
    page.type_into("Name", "The Boss").await;
    gallery.submit("Add role").await;
    gallery.look("role-new-refused").await;
    page.clear("Name").await;
    page.type_into("Name", "night-shift").await;
    gallery.submit("Add role").await;
    gallery.look("role-added").await;
    gallery.look_at("/roles/night-shift/delete", "role-delete").await;
    gallery.submit("Delete").await;
    gallery.look("role-deleted").await;
    gallery.look_at("/roles/accountant/edit", "role").await;
    assert!(server.cli(&["role", "edit", "accountant", "--add-permission", "orders:read"]).0);
    page.type_into("Description (optional)", " and pays").await;
    gallery.submit("Save changes").await;
    gallery.look("role-conflict").await;
    gallery.look_at("/roles/accountant/delete", "role-delete-refused").await;
    gallery.look_at("/keys", "keys").await;
    let newest = page.table("All API keys").await[0]["Client ID"].clone();
    gallery.look_at(&format!("/keys?after={newest}"), "keys-second-page").await;
    gallery.look_at("/keys?owner=nobody", "keys-nobody").await;
    gallery.look_at("/keys?owner=noah", "keys-nothing-found").await;
    gallery.look_at("/keys?only=expires-soon", "keys-expiring").await;
    let client_id = page.table("All API keys").await[0]["Client ID"].clone();
    page.click("button", &format!("Delete {client_id}")).await;
    page.find("dialog", "Delete API key").await;
    gallery.look("keys-delete-window").await;
    fail_to_delete(server, page).await;
    gallery.look("keys-delete-mistake").await;
    gallery.look_at(&format!("/keys/{client_id}/delete"), "keys-delete").await;
    gallery.submit("Delete").await;
    gallery.look("keys-deleted").await;
}

pub(super) async fn what_cannot_be_had(_: &Server, gallery: &Gallery) {
    gallery.look_at("/no-such-page", "not-found-signed-out").await;
    gallery.sign_in_as("amara").await;
    gallery.look_at("/no-such-page", "not-found").await;
    gallery.look_at("/users", "permission-missing").await;
    gallery.look_at("/logout", "method-not-allowed").await;
}

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
    page.click("button", "Generieren").await;
    page.says("Kopieren Sie das Client-Secret jetzt").await;
    gallery.look("german-profile-window-new-key").await;
    let newest = "return document.querySelector('#profile [data-row]').dataset.row";
    let client_id: String = page.script(newest).await.unwrap();
    page.click("button", &format!("{client_id} löschen")).await;
    page.find("dialog", "API-Schlüssel löschen").await;
    gallery.look("german-profile-window-delete").await;

    page.open("/").await;
    server.clock.advance(Duration::minutes(59));
    page.come_back().await;
    page.find("alertdialog", "Angemeldet bleiben?").await;
    gallery.look("german-session-ends").await;
    gallery.sign_in_as("olivia").await;
    page.goes_on_all_day(server).await;
    page.open("/").await;
    server.clock.advance(Duration::minutes(4));
    page.come_back().await;
    page.find("alertdialog", "Ihre Sitzung endet bald").await;
    gallery.look("german-session-ends-soon").await;
}

pub(super) async fn without_scripts(server: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    disable_scripts(page).await;
    gallery.sign_in_as("amara").await;
    gallery.look_without_scripts("plain-home").await;
    for (path, state) in [("/profile", "plain-profile"), ("/activity", "plain-activity"), ("/account", "plain-account")]
    {
        page.open(path).await;
        gallery.look_without_scripts(state).await;
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
}

/// Otherwise a look that finds nothing would say nothing.
pub(super) async fn what_is_wrong_is_found(_: &Server, gallery: &Gallery) {
    gallery.page.open("/login").await;
    let spoil = "
        document.querySelector('main').append(document.createElement('img'));
        document.querySelector('[autocomplete=username]').setAttribute('aria-describedby', 'nothing');
        document.querySelector('h1').style.color = 'light-dark(#e8e8e8, #303030)';
        document.querySelector('h1').style.background = 'light-dark(white, black)';
        document.querySelector('h1').style.colorScheme = 'light dark';";
    gallery.page.script::<serde_json::Value>(spoil).await.unwrap();
    for scheme in ["light", "dark"] {
        gallery.emulate(1280, scheme).await;
        let found = gallery.check().await;
        let found: Vec<&str> = found.iter().map(|found| found.split(':').next().unwrap()).collect();
        assert_eq!(found, ["color-contrast", "image-alt", "aria-valid-attr-value"], "{scheme}");
    }
}
