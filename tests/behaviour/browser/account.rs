//! Account settings: the password and the sessions.

use super::{Page, in_chromium};
use crate::support::{PASSWORD, Server};

in_chromium![a_user_ends_a_session_and_changes_the_password];

const NEW: &str = "four unrelated words here";

async fn a_user_ends_a_session_and_changes_the_password(server: Server, page: Page) {
    server.signed_in("admin").await;
    server.signed_in("admin").await;
    page.sign_in().await;
    page.open_profile().await;
    page.click("link", "Account settings").await;
    page.path_is("/account").await;
    page.find("table", "Sessions").await;
    page.says("Chrome on Linux").await;
    page.says("This session").await;

    page.find("button", "End session 2, Unknown browser").await;
    page.click("button", "End session 3, Unknown browser").await;
    page.says("Session ended: Unknown browser.").await;
    page.is_gone("button", "End session 3, Unknown browser").await;
    page.message_has_focus("Session ended: Unknown browser.").await;

    page.type_into("Current password", "not the password").await;
    page.type_into("New password", NEW).await;
    page.type_into("Repeat new password", NEW).await;
    assert_eq!(types(&page).await, ["password"; 3]);
    page.click("checkbox", "Show what is typed").await;
    assert_eq!(types(&page).await, ["text"; 3]);
    page.click("button", "Change password").await;
    page.says("The current password is wrong. Nothing was changed.").await;
    page.has_focus("textbox", "Current password").await;
    assert_eq!(types(&page).await, ["password"; 3]);
    page.forgets(NEW).await;

    page.type_into("Current password", PASSWORD).await;
    page.type_into("New password", "qwertyuiopasdfghjkl").await;
    page.type_into("Repeat new password", "qwertyuiopasdfghjkl").await;
    page.click("button", "Change password").await;
    page.says("This password is known from a data leak").await;
    page.has_focus("textbox", "New password").await;

    page.type_into("Current password", PASSWORD).await;
    page.type_into("New password", NEW).await;
    page.type_into("Repeat new password", NEW).await;
    page.click("button", "Change password").await;
    page.says("Your password was changed. 1 other session ended: sign in there again with the new password.").await;
    page.is_gone("button", "End session 2, Unknown browser").await;
}

/// How the fields of the form show what is typed into them.
pub(super) async fn types(page: &Page) -> Vec<String> {
    let script = "return [...document.querySelectorAll('[autocomplete$=\"-password\"]')].map(field => field.type)";
    page.script(script).await.unwrap()
}
