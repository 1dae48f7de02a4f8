//! Account settings: the password and the sessions.

use thirtyfour::Key as Press;

use super::{Page, in_chromium};
use crate::support::{PASSWORD, Server, browser};

in_chromium![
    a_user_ends_a_session_and_changes_the_password,
    a_user_changes_the_password_and_ends_sessions_with_the_keyboard_alone,
];

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

async fn a_user_changes_the_password_and_ends_sessions_with_the_keyboard_alone(server: Server, page: Page) {
    page.sign_in().await;
    page.tab_to("link", "Profile").await;
    page.press(Press::Enter).await;
    page.has_focus("heading", "Profile").await;
    page.tab_to("link", "Account settings").await;
    page.press(Press::Enter).await;
    page.find("heading", "Account settings").await;

    page.tab_to("textbox", "Current password").await;
    page.type_here(PASSWORD).await;
    page.tab_to("textbox", "New password").await;
    page.type_here(NEW).await;
    page.tab_to("textbox", "Repeat new password").await;
    page.type_here(NEW).await;
    page.tab_to("checkbox", "Show what is typed").await;
    page.press(Press::Space).await;
    assert_eq!(types(&page).await, ["text"; 3]);
    page.tab_to("button", "Change password").await;
    page.press(Press::Enter).await;
    page.says("Your password was changed.").await;

    for _ in 0..2 {
        server.sign_in(&browser(), "admin", NEW).await;
    }
    page.driver.refresh().await.unwrap();
    page.tab_to("button", "End session 2, Unknown browser").await;
    page.press(Press::Space).await;
    page.says("Session ended: Unknown browser.").await;
    page.tab_to("button", "End all other sessions").await;
    page.press(Press::Enter).await;
    page.says("1 other session ended.").await;
    page.is_gone("button", "End all other sessions").await;
    page.message_has_focus("1 other session ended.").await;
}

/// How the fields of the form show what is typed into them.
async fn types(page: &Page) -> Vec<String> {
    let script = "return [...document.querySelectorAll('[autocomplete$=\"-password\"]')].map(field => field.type)";
    page.script(script).await.unwrap()
}
