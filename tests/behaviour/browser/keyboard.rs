//! Everything with the keyboard alone.

use chrono::Duration;
use thirtyfour::Key as Press;

use super::{Page, in_chromium};
use crate::support::{PASSWORD, Server};

in_chromium![
    a_user_generates_copies_and_deletes_keys_with_the_keyboard_alone,
    the_way_back_and_past_the_navigation_is_a_key_away,
];

async fn a_user_generates_copies_and_deletes_keys_with_the_keyboard_alone(server: Server, page: Page) {
    page.open("/login").await;
    page.allow_clipboard().await;
    page.has_focus("textbox", "Username").await;
    page.type_here("admin").await;
    page.press(Press::Tab).await;
    page.has_focus("textbox", "Password").await;
    page.type_here(PASSWORD).await;
    page.press(Press::Enter).await;
    page.find("link", "Profile").await;

    page.tab_to("link", "Profile").await;
    page.press(Press::Enter).await;
    page.has_focus("heading", "Profile").await;
    page.tab_to("combobox", "Lifetime").await;
    page.press(Press::Up).await;
    page.tab_to("button", "Generate").await;
    page.press(Press::Space).await;
    page.has_focus("heading", "Your new API key").await;
    let (client_id, client_secret) = page.credentials().await;

    let expiration = page.key_rows().await.unwrap()[0]["Expiration date"].clone();
    let in_sixty_days = server.clock.now().utc() + Duration::days(60);
    assert!(expiration.starts_with(&in_sixty_days.format("%-d\u{a0}%B\u{a0}%Y").to_string()), "{expiration}");

    for (role, name) in [
        ("textbox", "Client ID"),
        ("button", "Copy client ID"),
        ("textbox", "Client secret"),
        ("button", "Copy client secret"),
    ] {
        page.press(Press::Tab).await;
        page.has_focus(role, name).await;
        if name == "Copy client ID" {
            page.press(Press::Enter).await;
            page.clipboard_is(&client_id).await;
        }
    }
    page.press(Press::Space).await;
    page.clipboard_is(&client_secret).await;

    page.tab_to("button", "Generate").await;
    page.press(Press::Enter).await;
    let [first, second] = page.has_keys(2).await.try_into().unwrap();
    page.has_focus("heading", "Your new API key").await;

    page.tab_to("button", &format!("Delete {first}")).await;
    page.press(Press::Enter).await;
    page.has_focus("button", "Cancel").await;
    page.press(Press::Tab).await;
    page.has_focus("button", "Delete").await;
    page.press(Press::Enter).await;
    page.has_keys(1).await;
    page.has_focus("button", &format!("Delete {second}")).await;

    page.press(Press::Space).await;
    page.has_focus("button", "Cancel").await;
    page.press(Press::Tab).await;
    page.press(Press::Enter).await;
    page.has_keys(0).await;
    page.has_focus("heading", "API Keys").await;

    page.press(Press::Escape).await;
    page.is_gone("dialog", "Profile").await;
    page.has_focus("link", "Profile").await;
}

async fn the_way_back_and_past_the_navigation_is_a_key_away(_server: Server, page: Page) {
    page.sign_in().await;
    page.open("/account").await;
    page.press(Press::Tab).await;
    page.has_focus("link", "Skip to the content").await;
    page.press(Press::Enter).await;
    page.press(Press::Tab).await;
    page.has_focus("textbox", "Current password").await;

    page.open_profile().await;
    page.generate().await;
    page.tab_to("button", "Copy client secret").await;
    for (role, name) in [
        ("textbox", "Client secret"),
        ("button", "Copy client ID"),
        ("textbox", "Client ID"),
        ("button", "Generate"),
        ("combobox", "Lifetime"),
        ("textbox", "Name (optional)"),
    ] {
        page.shift_tab().await;
        page.has_focus(role, name).await;
    }
    page.press(Press::Tab).await;
    let chosen = async || {
        let script = "return document.getElementById('lifetime').selectedOptions[0].textContent";
        page.script::<String>(script).await.unwrap()
    };
    let before = chosen().await;
    page.press(Press::Down).await;
    assert_ne!(chosen().await, before);
    page.press(Press::Up).await;
    assert_eq!(chosen().await, before);
}
