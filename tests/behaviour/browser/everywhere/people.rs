//! What administrators do: users, roles, the keys and the activity of others.

use thirtyfour::Key as Press;

use super::super::width::assert_fits;
use super::{Hand, Page, Server, in_every_look};
use crate::support::{browser, record_uses};

in_every_look![
    with and without scripts:
    a_user_is_added_changed_disabled_and_enabled,
    a_role_is_added_changed_and_deleted,
    keys_of_others_are_filtered_and_deleted,
    activity_is_filtered,
];

/// What is selected in the field that has the focus.
const SELECTED: &str = "
    const { value, selectionStart, selectionEnd } = document.activeElement;
    return value.slice(selectionStart, selectionEnd);";

async fn a_user_is_added_changed_disabled_and_enabled(server: &Server, page: &Page, hand: Hand) {
    let ada = page.name_here("ada").await;
    hand.choose(page, "link", "Users").await;
    page.find("table", "Users").await;
    assert_fits(page, "the users").await;
    hand.choose(page, "link", "Add user").await;
    page.has_focus("textbox", "Username").await;
    assert_fits(page, "the form to add a user").await;
    page.type_here("a b").await;
    hand.choose(page, "button", "Add user").await;
    page.says("This cannot be a username").await;
    page.has_focus("textbox", "Username").await;
    assert_eq!(page.value("Username").await.unwrap(), "a b");
    assert_fits(page, "a username that is refused").await;

    hand.retype(page, "Username", &ada).await;
    hand.type_into(page, "Display name", "Ada Lovelace").await;
    hand.choose(page, "checkbox", "administrator").await;
    hand.choose(page, "button", "Add user").await;
    page.has_focus("heading", &format!("{ada} was added")).await;
    assert_fits(page, "a one-time password").await;
    let password = page.takes_one_time_password(hand).await;
    page.driver.refresh().await.unwrap();
    if page.has_scripts.get() {
        page.has_focus("textbox", "Username").await;
    } else {
        page.message_has_focus(&format!("This form was already used. It added the user {ada}")).await;
    }
    page.forgets(&password).await;
    begin(server, &ada, &password).await;

    hand.choose(page, "link", "Users").await;
    page.find("table", "Users").await;
    hand.type_into(page, "Search", &ada).await;
    hand.choose(page, "button", "Show").await;
    page.is_gone("link", "admin").await;
    hand.choose(page, "link", &ada).await;
    page.find("heading", "Ada Lovelace").await;
    assert_fits(page, "a user").await;
    hand.retype(page, "Display name", "Ada King").await;
    hand.choose(page, "checkbox", "member").await;
    hand.choose(page, "button", "Save changes").await;
    page.message_has_focus(&format!("{ada} was changed.")).await;
    page.find("heading", "Ada King").await;

    hand.choose(page, "button", "Disable user").await;
    page.has_focus("button", "Cancel").await;
    page.find("dialog", "Disable user").await;
    page.says("1 valid API key will be suspended.").await;
    assert_fits(page, "the question before a user is disabled").await;
    hand.cancel(page).await;
    page.find("heading", "Ada King").await;
    hand.choose(page, "button", "Disable user").await;
    page.has_focus("button", "Cancel").await;
    hand.choose(page, "button", "Disable").await;
    page.message_has_focus(&format!("{ada} is disabled now.")).await;
    page.says("0 valid, 1 suspended").await;
    hand.choose(page, "button", "Enable user").await;
    page.has_focus("button", "Cancel").await;
    hand.choose(page, "button", "Enable").await;
    page.message_has_focus(&format!("{ada} is enabled now.")).await;

    hand.choose(page, "button", "Set one-time password").await;
    page.has_focus("button", "Cancel").await;
    assert_fits(page, "the question before a password is replaced").await;
    hand.choose(page, "button", "Set password").await;
    page.has_focus("heading", &format!("{ada} has a new one-time password")).await;
    let replaced = page.takes_one_time_password(hand).await;
    hand.choose(page, "link", &format!("Go to {ada}")).await;
    page.find("heading", "Ada King").await;
    page.forgets(&replaced).await;
}

async fn a_role_is_added_changed_and_deleted(_server: &Server, page: &Page, hand: Hand) {
    let clerk = page.name_here("clerk").await;
    let permissions = async || {
        let roles = page.table("Roles").await;
        roles.into_iter().find(|row| row["Role"] == clerk).unwrap()["Permissions"].clone()
    };
    hand.choose(page, "link", "Roles").await;
    page.find("table", "Roles").await;
    assert_fits(page, "the roles").await;
    hand.choose(page, "link", "Add role").await;
    page.has_focus("textbox", "Name").await;
    assert_fits(page, "the form to add a role").await;
    page.type_here(&clerk).await;
    hand.type_into(page, "Permissions of your APIs", "\"all\"").await;
    hand.choose(page, "checkbox", "keys:read").await;
    hand.choose(page, "button", "Add role").await;
    page.says("cannot be a permission").await;
    page.has_focus("textbox", "Permissions of your APIs").await;
    assert_eq!(page.value("Name").await.unwrap(), clerk);
    assert_fits(page, "a permission that is refused").await;
    hand.retype(page, "Permissions of your APIs", "journals:read").await;
    hand.choose(page, "button", "Add role").await;
    page.message_has_focus(&format!("The role {clerk} was added.")).await;
    assert_eq!(permissions().await, "journals:read keys:read");

    hand.choose(page, "link", &format!("Edit {clerk}")).await;
    page.find("heading", &format!("Edit role {clerk}")).await;
    hand.type_into(page, "Description (optional)", "Keeps the books").await;
    hand.choose(page, "checkbox", "keys:read").await;
    hand.choose(page, "button", "Save changes").await;
    page.message_has_focus(&format!("The role {clerk} was changed.")).await;
    assert_eq!(permissions().await, "journals:read");

    let delete = format!("Delete {clerk}");
    hand.choose(page, "link", &delete).await;
    page.has_focus("button", "Cancel").await;
    page.find("dialog", "Delete role").await;
    assert_fits(page, "the question before a role is deleted").await;
    hand.cancel(page).await;
    page.path_is("/roles").await;
    hand.choose(page, "link", &delete).await;
    page.has_focus("button", "Cancel").await;
    hand.choose(page, "button", "Delete").await;
    page.message_has_focus(&format!("The role {clerk} was deleted.")).await;
    page.is_gone("link", &delete).await;
}

async fn keys_of_others_are_filtered_and_deleted(server: &Server, page: &Page, hand: Hand) {
    let owner = page.name_here("ada").await;
    let ada = server.add_user(&owner, &[]).await;
    let (key, used) = (server.generate(&ada).await, server.generate(&ada).await);
    server.token(&used).await;
    let (delete, delete_used) = (format!("Delete {}", key.client_id), format!("Delete {}", used.client_id));
    hand.choose(page, "link", "API keys").await;
    page.find("button", &delete_used).await;
    assert_fits(page, "all keys").await;
    hand.type_into(page, "Owner (username begins with)", &owner).await;
    hand.select(page, "Use and expiry", "Never used").await;
    hand.choose(page, "button", "Filter").await;
    page.find("heading", "Filtered API keys").await;
    page.is_gone("button", &delete_used).await;
    assert_fits(page, "filtered keys").await;

    hand.choose(page, "button", &delete).await;
    page.has_focus("button", "Cancel").await;
    page.find("dialog", "Delete API key").await;
    page.says(&format!("Owner: {owner}")).await;
    assert_fits(page, "the question before a key of somebody else is deleted").await;
    hand.cancel(page).await;
    page.is_gone("dialog", "Delete API key").await;
    page.find("heading", "Filtered API keys").await;
    if page.has_scripts.get() {
        page.has_focus("button", &delete).await;
    }
    hand.choose(page, "button", &delete).await;
    page.has_focus("button", "Cancel").await;
    hand.choose(page, "button", "Delete").await;
    page.message_has_focus(&format!("API key {} of {owner} was deleted.", key.client_id)).await;
    page.says("No API key matches these filters.").await;
    hand.choose(page, "link", "Clear filters").await;
    page.find("button", &delete_used).await;
}

async fn activity_is_filtered(server: &Server, page: &Page, hand: Hand) {
    let ada = page.name_here("ada").await;
    server.add_user(&ada, &[]).await;
    let key = server.generate(&server.signed_in("admin").await).await;
    record_uses(&server.open_database(), &key.client_id, server.clock.now(), Some("key_expired"), 2).await;
    hand.choose(page, "link", "Activity").await;
    page.find("heading", "Events").await;
    assert_fits(page, "activity").await;
    hand.select(page, "API key", &key.client_id).await;
    hand.select(page, "Outcome", "Refused").await;
    hand.choose(page, "button", "Filter").await;
    page.find("heading", "Filtered events").await;
    let refused = page.table("Activity").await;
    assert!(refused.len() == 2 && refused.iter().all(|row| row["API key"] == key.client_id), "{refused:?}");
    assert_fits(page, "filtered activity").await;
    hand.choose(page, "link", "Clear filters").await;
    page.find("heading", "Events").await;

    hand.choose(page, "link", "Everybody’s activity").await;
    page.find("heading", "Everybody’s activity").await;
    assert_fits(page, "everybody’s activity").await;
    hand.type_into(page, "Username", &ada).await;
    hand.choose(page, "button", "Filter").await;
    page.find("heading", "Filtered events").await;
    // Added, signed in.
    let of_ada = page.table("Everybody’s activity").await;
    assert!(of_ada.len() == 2 && of_ada.iter().all(|row| row["User"] == ada), "{of_ada:?}");
    hand.choose(page, "link", "Clear filters").await;
    page.find("heading", "Events").await;
    hand.choose(page, "link", "My activity").await;
    page.path_is("/activity").await;
}

impl Page {
    /// Takes the one-time password that is shown to where it can be pasted.
    async fn takes_one_time_password(&self, hand: Hand) -> String {
        let password = self.value("One-time password").await.unwrap();
        assert_eq!(password.len(), 22);
        if self.has_scripts.get() {
            hand.choose(self, "button", "Copy one-time password").await;
            self.says("One-time password copied").await;
            self.clipboard_is(&password).await;
            return password;
        }
        self.is_gone("button", "Copy one-time password").await;
        if hand == Hand::Keyboard {
            self.press(Press::Tab).await;
            assert_eq!(self.script::<String>(SELECTED).await.unwrap(), password);
        }
        password
    }
}

/// Replaces a one-time password, and generates a key.
async fn begin(server: &Server, username: &str, one_time: &str) {
    let person = browser();
    assert_eq!(server.sign_in(&person, username, one_time).await.status(), 303);
    let chosen = [("password", "four unrelated words here"), ("repeated", "four unrelated words here")];
    let answer = person.post(server.at("/login/password")).form(&chosen).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    server.generate(&person).await;
}
