//! Home, and the Profile window as a window and as a page.

use thirtyfour::Key as Press;

use super::super::waiting::{break_storage, mend_storage};
use super::Gallery;
use crate::support::{Key, Server};

pub(super) async fn home_and_the_profile_window(_: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.sign_in_as("amara").await;
    gallery.look("home").await;
    page.press(Press::Tab).await;
    page.has_focus("link", "Skip to the content").await;
    gallery.look_over(".page-header", "home-skip-link").await;
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
}

pub(super) async fn somebody_without_keys(server: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    server.database.add_user("paula", &[]);
    gallery.sign_in_as("paula").await;
    gallery.look("home-without-keys").await;
    gallery.look_at("/profile", "profile-without-keys").await;
    gallery.look_at("/account", "account-without-other-sessions").await;
    page.open_profile().await;
    gallery.look("profile-window-without-keys").await;
    gallery.send_beside(".generate").await;
    page.click("button", "Generate").await;
    page.says("whose secret cannot be shown again").await;
    gallery.look("profile-window-sent-twice").await;
    page.click("button", "Delete this key").await;
    page.find("dialog", "Delete API key").await;
    gallery.look("profile-window-delete-last").await;
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
    for (deleted, words, state) in [
        (false, "whose secret cannot be shown again", "profile-page-sent-twice"),
        (true, "which has since been deleted", "profile-page-sent-twice-and-deleted"),
    ] {
        page.open("/profile").await;
        let client_id = Key::shown_in(&gallery.send_beside(".generate").await).client_id;
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
    page.find("combobox", "Lifetime").await.send_keys("Until").await.unwrap();
    gallery.look("profile-window-until-date").await;
    page.click("button", "Generate").await;
    page.says("Choose a lifetime, or a date").await;
    gallery.look("profile-window-date-refused").await;
    page.find("combobox", "Lifetime").await.send_keys("90").await.unwrap();
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
    gallery.fail_to_delete(server).await;
    gallery.look("profile-window-delete-mistake").await;
    page.click("button", "Cancel").await;
    page.is_gone("dialog", "Delete API key").await;
    page.slow_down(60_000).await;
    page.click("button", "Generate").await;
    page.is_busy().await;
    gallery.look("profile-window-waiting").await;
}
