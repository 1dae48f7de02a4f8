//! Users, roles and everybody's keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use keyledge::users::queries::{NewUser, insert};

use super::super::waiting::{break_storage, mend_storage};
use super::Gallery;
use crate::support::{PASSWORD, Server};

pub(super) async fn people(server: &Server, gallery: &Gallery) {
    let page = &gallery.page;
    gallery.sign_in_as("olivia").await;
    gallery.look_at("/users", "users").await;
    let (amara, lucas) = (gallery.href("amara").await, gallery.href("lucas").await);
    let own = gallery.href("olivia").await;
    page.find("link", "Username").await.focus().await.unwrap();
    gallery.look_over(".table tbody", "users-sort-links").await;
    gallery.look_at("/users?search=nobody", "users-nobody-found").await;
    let after_all = URL_SAFE_NO_PAD.encode("zz\nzz");
    gallery.look_at(&format!("/users?after={after_all}"), "users-no-more").await;
    gallery.look_at("/users/new", "user-new").await;
    page.type_into("Username", "a b").await;
    gallery.submit("Add user").await;
    gallery.look("user-new-refused").await;
    page.clear("Username").await;
    page.type_into("Username", "paula").await;
    gallery.submit("Add user").await;
    gallery.look("user-added").await;
    page.open("/users/new").await;
    page.type_into("Username", "quentin").await;
    gallery.send_beside(".form").await;
    gallery.submit("Add user").await;
    gallery.look("user-new-sent-twice").await;
    gallery.look_at(&amara, "user").await;
    page.type_into("E-mail (optional)", " no address").await;
    gallery.submit("Save changes").await;
    gallery.look("user-refused").await;
    gallery.look_at(&lucas, "user-inactive").await;
    gallery.look_at(&own, "user-oneself").await;
    gallery.submit("Save changes").await;
    gallery.look("user-unchanged").await;
    page.open(&format!("{own}/disable")).await;
    gallery.submit("Disable").await;
    gallery.look("user-disable-refused").await;
    page.open(&amara).await;
    assert!(server.cli(&["user", "edit", "amara", "--display-name", "Amara Okafor-Lind"]).0);
    page.type_into("E-mail (optional)", ".uk").await;
    gallery.submit("Save changes").await;
    gallery.look("user-conflict").await;
    gallery.submit("Save changes").await;
    gallery.look("user-saved").await;
    page.type_into("E-mail (optional)", ".uk").await;
    break_storage(server);
    page.click("button", "Save changes").await;
    page.says("The mistake is ours.").await;
    gallery.look("user-mistake").await;
    mend_storage(server);
    server.clock.advance(Duration::minutes(61));
    page.click("button", "Save changes").await;
    page.find("alertdialog", "Your session has ended").await;
    gallery.look("user-session-ended").await;
    gallery.submit("Sign in again").await;
    gallery.look("sign-in-again").await;
    page.type_into("Username", "olivia").await;
    page.type_into("Password", PASSWORD).await;
    gallery.submit("Sign in").await;
    gallery.look("user-not-sent").await;
    gallery.look_at(&format!("{amara}/password"), "user-password").await;
    gallery.submit("Set password").await;
    gallery.look("user-password-set").await;
    gallery.look_at(&format!("{amara}/disable"), "user-disable").await;
    gallery.submit("Disable").await;
    gallery.look("user-disabled").await;
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
    gallery.submit("Save changes").await;
    gallery.look("role-changed").await;
    gallery.look_at("/roles/accountant/delete", "role-delete-refused").await;
    gallery.look_at("/keys", "keys").await;
    let keys = page.table("All API keys").await;
    for (key, state) in [(keys.first(), "keys-second-page"), (keys.last(), "keys-no-more")] {
        gallery.look_at(&format!("/keys?after={}", key.unwrap()["Client ID"]), state).await;
    }
    gallery.look_at("/keys?owner=nobody", "keys-nobody").await;
    gallery.look_at("/keys?owner=noah", "keys-nothing-found").await;
    gallery.look_at("/keys?only=expires-soon", "keys-expiring").await;
    let client_id = page.table("All API keys").await[0]["Client ID"].clone();
    page.click("button", &format!("Delete {client_id}")).await;
    page.find("dialog", "Delete API key").await;
    gallery.look("keys-delete-window").await;
    gallery.fail_to_delete(server).await;
    gallery.look("keys-delete-mistake").await;
    gallery.look_at(&format!("/keys/{client_id}/delete"), "keys-delete").await;
    gallery.submit("Delete").await;
    gallery.look("keys-deleted").await;
    add_namesakes(server, "amara");
    gallery.look_at("/keys?owner=amara", "keys-too-many-owners").await;
}

/// As somebody sees it who may change nothing.
pub(super) async fn read_only(_: &Server, gallery: &Gallery) {
    gallery.sign_in_as("hannah").await;
    gallery.look("home-of-an-auditor").await;
    gallery.look_at("/users", "users-read-only").await;
    let amara = gallery.href("amara").await;
    gallery.look_at(&amara, "user-read-only").await;
    gallery.look_at("/roles", "roles-read-only").await;
    gallery.look_at("/keys", "keys-read-only").await;
    gallery.look_at("/users/new", "user-new-not-allowed").await;
}

/// Adds more users whose names begin like this one than a list of keys looks through.
fn add_namesakes(server: &Server, username: &str) {
    let now = server.clock.now();
    server
        .open_database()
        .write_blocking(|transaction| {
            for number in 0..100 {
                let new = NewUser {
                    subject: format!("usr_{number}"),
                    username: format!("{username}{number}"),
                    display_name: format!("{username} {number}"),
                    email: None,
                    password_hash: String::new(),
                    password_must_change: true,
                    nonce: None,
                };
                insert(transaction, &new, now)?;
            }
            Ok(())
        })
        .unwrap();
}
