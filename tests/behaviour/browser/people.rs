//! The users and roles screens, as an administrator and as a member see them.

use serde_json::json;

use super::width::assert_fits;
use super::{Page, in_chromium};
use crate::support::{Server, browser};

in_chromium![
    an_administrator_adds_edits_disables_and_enables_a_user,
    an_administrator_adds_edits_and_deletes_a_role,
    a_form_that_waits_for_its_page_is_sent_once,
    the_later_of_two_administrators_sees_what_was_changed,
    a_member_finds_no_way_to_users_and_roles,
    at_320_pixels_the_people_screens_do_not_scroll_sideways,
    no_people_page_logs_an_error,
];

async fn an_administrator_adds_edits_disables_and_enables_a_user(server: Server, page: Page) {
    assert!(server.cli(&["role", "add", "accountant", "--permission", "journals:read"]).0);
    page.sign_in().await;
    page.click("link", "Users").await;
    page.find("table", "Users").await;
    page.click("link", "Add user").await;
    page.has_focus("textbox", "Username").await;
    page.type_into("Username", "a b").await;
    page.click("button", "Add user").await;
    page.says("This cannot be a username").await;
    page.has_focus("textbox", "Username").await;
    page.clear("Username").await;
    page.type_into("Username", "ada").await;
    page.type_into("Display name", "Ada Lovelace").await;
    page.click("checkbox", "accountant").await;
    page.click("button", "Add user").await;
    page.has_focus("heading", "ada was added").await;
    let password = page.value("One-time password").await.unwrap();
    assert_eq!(password.len(), 22);

    page.click("link", "Go to ada").await;
    page.find("heading", "Ada Lovelace").await;
    page.forgets(&password).await;
    page.driver.back().await.unwrap();
    page.forgets(&password).await;
    page.open("/users?search=lovelace").await;
    let rows = page.table("Users").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&*rows[0]["Roles"], &*rows[0]["Status"], &*rows[0]["Last sign-in"]),
        ("accountant, member", "Active", "Never")
    );

    page.click("link", "ada").await;
    page.find("table", "Effective permissions").await;
    assert_eq!(page.table("Effective permissions").await[0]["Through"], "accountant");
    page.type_into("Display name", " King").await;
    page.click("checkbox", "member").await;
    page.click("button", "Save changes").await;
    page.says("ada was changed.").await;
    page.find("heading", "Ada Lovelace King").await;

    page.click("button", "Disable user").await;
    page.find("dialog", "Disable user").await;
    page.has_focus("button", "Cancel").await;
    page.says("ada has no valid API key.").await;
    page.click("button", "Cancel").await;
    page.click("button", "Disable user").await;
    page.click("button", "Disable").await;
    page.says("ada is disabled now.").await;
    assert_eq!(server.sign_in(&browser(), "ada", &password).await.status(), 401);
    page.click("button", "Enable user").await;
    page.click("button", "Enable").await;
    page.says("ada is enabled now.").await;
    assert_eq!(server.sign_in(&browser(), "ada", &password).await.status(), 303);

    page.open("/activity").await;
    page.find("table", "Activity").await;
}

async fn an_administrator_adds_edits_and_deletes_a_role(server: Server, page: Page) {
    page.sign_in().await;
    page.click("link", "Roles").await;
    page.find("table", "Roles").await;
    page.click("link", "Add role").await;
    page.has_focus("textbox", "Name").await;
    page.type_into("Name", "accountant").await;
    page.type_into("Permissions of your APIs", "journals:read\n\"all\"").await;
    page.click("checkbox", "keys:read").await;
    page.click("button", "Add role").await;
    page.says("cannot be a permission").await;
    page.has_focus("textbox", "Permissions of your APIs").await;
    page.clear("Permissions of your APIs").await;
    page.type_into("Permissions of your APIs", "journals:read\njournals:write").await;
    page.click("button", "Add role").await;
    page.says("The role accountant was added.").await;
    let accountant = async || page.table("Roles").await.into_iter().find(|row| row["Role"] == "accountant").unwrap();
    assert_eq!(accountant().await["Permissions"], "journals:read journals:write keys:read");

    page.click("link", "Edit accountant").await;
    page.find("heading", "Edit role accountant").await;
    page.click("checkbox", "keys:read").await;
    page.type_into("Description (optional)", "Keeps the books").await;
    page.click("button", "Save changes").await;
    page.says("The role accountant was changed.").await;
    assert_eq!(accountant().await["Permissions"], "journals:read journals:write");

    server.add_user("ada", &["accountant"]).await;
    page.open("/roles").await;
    page.is_gone("link", "Delete accountant").await;
    page.click("link", "1 with the role accountant").await;
    page.find("table", "Users").await;
    assert_eq!(page.table("Users").await[0]["Username"], "ada");
    assert!(server.cli(&["user", "edit", "ada", "--remove-role", "accountant"]).0);
    page.open("/roles").await;
    page.click("link", "Delete accountant").await;
    page.find("dialog", "Delete role").await;
    page.has_focus("button", "Cancel").await;
    page.click("button", "Delete").await;
    page.says("The role accountant was deleted.").await;
}

async fn a_form_that_waits_for_its_page_is_sent_once(_server: Server, page: Page) {
    page.sign_in().await;
    page.open("/users/new").await;
    page.type_into("Username", "ada").await;
    page.slow_down(3000).await;
    let press_again = "
        const button = document.querySelector('main form button');
        button.click();
        setTimeout(() => button.click(), 500);
        setTimeout(() => sessionStorage.setItem('told', [button.ariaDisabled,
            document.getElementById('status').textContent]), 1500);";
    page.script::<()>(press_again).await.unwrap();
    page.find("heading", "ada was added").await;
    // WebDriver waits for the next page, so the page itself notes what it says meanwhile.
    assert_eq!(page.script::<String>("return sessionStorage.getItem('told')").await.unwrap(), "true,Please wait…");
}

async fn the_later_of_two_administrators_sees_what_was_changed(server: Server, page: Page) {
    server.add_user("ada", &["member"]).await;
    page.sign_in().await;
    page.open("/users?search=ada").await;
    page.click("link", "ada").await;
    page.find("heading", "About ada").await;
    assert!(server.cli(&["user", "edit", "ada", "--email", "ada@example.com"]).0);
    page.type_into("Display name", " Mine").await;
    page.click("button", "Save changes").await;
    page.says("Somebody else made a change while you were editing.").await;
    page.says("E-mail is “ada@example.com” now; you have empty.").await;
    assert_eq!(page.value("Display name").await.unwrap(), "ada Mine");
    page.type_into("E-mail (optional)", "ada@example.com").await;
    page.click("button", "Save changes").await;
    page.says("ada was changed.").await;
    let (_, shown) = server.cli(&["user", "show", "ada"]);
    assert!(shown.contains("ada Mine") && shown.contains("ada@example.com"), "{shown}");
}

async fn a_member_finds_no_way_to_users_and_roles(server: Server, page: Page) {
    server.add_user("ada", &["member"]).await;
    page.sign_in_as("ada").await;
    page.find("link", "Activity").await;
    page.is_gone("link", "Users").await;
    page.is_gone("link", "Roles").await;
    for path in ["/users", "/users/new", "/roles", "/roles/new", "/roles/member/edit"] {
        page.open(path).await;
        page.find("heading", "Not allowed").await;
        page.is_gone("link", "Users").await;
        page.find("link", "Go to the home page").await;
    }
}

async fn at_320_pixels_the_people_screens_do_not_scroll_sideways(server: Server, page: Page) {
    let (name, permission) = ("W".repeat(100), "w".repeat(128));
    let (long, email) = ("w".repeat(64), format!("{}@example.com", "w".repeat(200)));
    assert!(server.cli(&["role", "add", &long, "--description", &name, "--permission", &permission]).0);
    let user = ["user", "add", &long, "--display-name", &name, "--email", &email, "--role", &long];
    assert!(server.cli(&user).0);
    let small = json!({ "width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": false });
    page.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", small).await.unwrap();
    page.sign_in().await;
    page.open("/users").await;
    page.find("table", "Users").await;
    assert_fits(&page, "the users").await;
    page.tab_to("link", "Username").await;
    assert_fits(&page, "the users, with the links that sort them").await;
    page.click("link", &long).await;
    page.find("button", "Save changes").await;
    assert_fits(&page, "a user").await;
    page.type_into("E-mail (optional)", " ").await;
    page.click("button", "Save changes").await;
    page.says("already had these details").await;
    assert_fits(&page, "a user with a notice").await;
    page.click("button", "Set one-time password").await;
    page.find("dialog", "Set one-time password").await;
    assert_fits(&page, "the question before a password").await;
    page.click("button", "Set password").await;
    page.find("textbox", "One-time password").await;
    assert_fits(&page, "a one-time password").await;
    page.click("link", &format!("Go to {long}")).await;
    page.find("button", "Save changes").await;
    page.is_seen(1440, "light").await;
    assert_fits(&page, "a user on a wide screen").await;
    page.is_seen(320, "light").await;
    for path in ["/users/new", "/roles", "/roles/new", &format!("/roles/{long}/edit"), "/users?search=nobody"] {
        page.open(path).await;
        page.find("link", "Users").await;
        assert_fits(&page, path).await;
    }
}

async fn no_people_page_logs_an_error(server: Server, page: Page) {
    server.add_user("ada", &["member"]).await;
    page.sign_in().await;
    page.open("/users?search=ada&sort=-updated").await;
    page.click("link", "ada").await;
    page.click("button", "Set one-time password").await;
    page.click("button", "Set password").await;
    page.find("textbox", "One-time password").await;
    for path in ["/users", "/users/new", "/roles", "/roles/new"] {
        page.open(path).await;
    }
    page.script::<()>("console.error('the end')").await.unwrap();
    let log = page.driver.browser_log().await.unwrap();
    assert!(log.len() == 1 && log[0].message.contains("the end"), "{log:?}");
}
