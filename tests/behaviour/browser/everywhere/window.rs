//! The Profile window and the secret it shows once.

use chrono::Duration;
use thirtyfour::{By, Key as Press};

use super::super::width::assert_fits;
use super::{Hand, Page, Server, in_every_look};

in_every_look![
    with scripts:
    the_window_opens_and_closes,
    a_key_is_generated_copied_saved_and_deleted,
    a_secret_is_asked_about_and_forgotten,
    a_secret_is_asked_about_before_the_panel_shows_something_else,
];

const SECRET_IS_IN_VIEW: &str = "
    const secret = document.getElementById('client-secret');
    const { left, top, width, height } = secret.getBoundingClientRect();
    return document.elementFromPoint(left + width / 2, top + height / 2) === secret;";

async fn the_window_opens_and_closes(_server: &Server, page: &Page, hand: Hand) {
    page.open("/activity").await;
    hand.choose(page, "link", "Profile").await;
    page.has_focus("heading", "Profile").await;
    page.path_is("/profile").await;
    page.says("You have no API keys yet.").await;
    assert_fits(page, "the empty Profile window").await;
    hand.choose(page, "button", "Close").await;
    page.is_closed("/activity").await;

    hand.choose(page, "link", "Profile").await;
    page.has_focus("heading", "Profile").await;
    page.press(Press::Escape).await;
    page.is_closed("/activity").await;

    hand.choose(page, "link", "Profile").await;
    page.has_focus("heading", "Profile").await;
    page.driver.back().await.unwrap();
    page.is_closed("/activity").await;
    page.driver.forward().await.unwrap();
    page.find("dialog", "Profile").await;

    page.driver.refresh().await.unwrap();
    page.find("dialog", "Profile").await;
    page.path_is("/profile").await;
    hand.close(page).await;
    page.is_gone("dialog", "Profile").await;
}

async fn a_key_is_generated_copied_saved_and_deleted(_server: &Server, page: &Page, hand: Hand) {
    let folder = tempfile::tempdir().unwrap();
    page.allow_downloads(folder.path()).await;
    hand.choose(page, "link", "Profile").await;
    page.has_focus("heading", "Profile").await;
    let before = page.key_rows().await.unwrap().len();

    hand.type_into(page, "Name (optional)", "Night shift").await;
    hand.select(page, "Lifetime", "7 days").await;
    hand.choose_twice(page, "Generate").await;
    page.has_focus("heading", "Your new API key: Night shift").await;
    let (client_id, client_secret) = page.credentials().await;
    page.until("the client secret is in view", async || {
        Ok(page.script::<bool>(SECRET_IS_IN_VIEW).await?.then_some(()))
    })
    .await;
    page.has_keys(before + 1).await;
    page.says("Nobody can show it to you again").await;
    assert_fits(page, "a new API key").await;

    let variables = format!("API_CLIENT_ID={client_id}\nAPI_CLIENT_SECRET={client_secret}");
    for (name, copied, text) in [
        ("Copy client ID", "Client ID copied", &client_id),
        ("Copy client secret", "Client secret copied", &client_secret),
        ("Copy both as environment variables", "Both copied as environment variables", &variables),
    ] {
        hand.choose(page, "button", name).await;
        page.says(copied).await;
        page.clipboard_is(text).await;
        page.has_focus("button", name).await;
    }
    let command = page.copies(hand, "Copy command", "Command copied").await;
    assert!(command.starts_with(&format!("curl --user {client_id} ")), "{command}");
    hand.choose(page, "button", "Download as .env file").await;
    assert_eq!(page.downloaded(folder.path(), "env").await, variables + "\n");

    hand.choose(page, "button", &format!("Delete {client_id}")).await;
    page.has_focus("button", "Cancel").await;
    assert_fits(page, "the question before a key is deleted").await;
    hand.choose(page, "button", "Cancel").await;
    page.has_focus("button", &format!("Delete {client_id}")).await;
    hand.choose(page, "button", &format!("Delete {client_id}")).await;
    page.has_focus("button", "Cancel").await;
    hand.choose(page, "button", "Delete").await;
    page.says(&format!("API key {client_id} was deleted")).await;
    match page.has_keys(before).await.first() {
        Some(next) => page.has_focus("button", &format!("Delete {next}")).await,
        None => page.has_focus("heading", "API Keys").await,
    }
    hand.choose(page, "button", "Generate a replacement").await;
    page.credentials().await;
    let [newest, ..] = &*page.key_rows().await.unwrap() else { panic!("there is no key") };
    assert_eq!(newest["Name"], "Night shift");
    assert!(newest["Expiration date"].contains("7 days"), "{newest:?}");
    hand.choose(page, "button", "Copy client secret").await;
    page.says("Client secret copied").await;
    hand.close(page).await;
    page.is_closed("/").await;
    for (button, told) in [
        ("Copy API base URL", "API base URL copied"),
        ("Copy token command", "Token command copied"),
        ("Copy call command", "Call command copied"),
    ] {
        page.copies(hand, button, told).await;
    }
    hand.choose(page, "link", "See what expires in your profile").await;
    page.has_focus("heading", "Profile").await;
}

async fn a_secret_is_asked_about_and_forgotten(_server: &Server, page: &Page, hand: Hand) {
    let kept = page.new_secret(hand).await;
    hand.close(page).await;
    page.has_focus("button", "Keep open").await;
    assert_fits(page, "the question before a secret is lost").await;
    hand.choose(page, "button", "Keep open").await;
    page.is_gone("alertdialog", "Close without copying?").await;
    assert_eq!(page.value("Client secret").await.unwrap(), kept);
    hand.close(page).await;
    page.has_focus("button", "Keep open").await;
    hand.choose(page, "button", "Close without copying").await;
    page.is_closed("/").await;
    page.forgets(&kept).await;

    let left_with_back = page.new_secret(hand).await;
    page.driver.back().await.unwrap();
    page.has_focus("button", "Keep open").await;
    hand.choose(page, "button", "Close without copying").await;
    page.is_closed("/").await;
    page.driver.forward().await.unwrap();
    page.find("dialog", "Profile").await;
    page.forgets(&left_with_back).await;

    page.open("/").await;
    let left_with_a_reload = page.new_secret(hand).await;
    page.driver.refresh().await.unwrap();
    page.find("dialog", "Profile").await;
    page.forgets(&left_with_a_reload).await;

    page.open("/").await;
    let left_for_another_page = page.new_secret(hand).await;
    page.open("/activity").await;
    page.find("heading", "Activity").await;
    page.driver.back().await.unwrap();
    page.find("dialog", "Profile").await;
    page.forgets(&left_for_another_page).await;
}

async fn a_secret_is_asked_about_before_the_panel_shows_something_else(server: &Server, page: &Page, hand: Hand) {
    let first = page.new_secret(hand).await;
    let (first_id, _) = page.credentials().await;
    page.stores_nowhere(&first).await;
    let before = page.key_rows().await.unwrap().len();
    let last_day = server.clock.now().utc() + Duration::days(30);
    page.choose_last_day(hand, &last_day.format("%m%d%Y").to_string()).await;
    hand.choose(page, "button", "Generate").await;
    page.has_focus("button", "Keep open").await;
    page.find("alertdialog", "Go on without copying?").await;
    assert_fits(page, "the question before another secret takes its place").await;
    hand.choose(page, "button", "Keep open").await;
    page.is_gone("alertdialog", "Go on without copying?").await;
    page.has_focus("button", "Generate").await;
    assert_eq!(page.value("Client secret").await.unwrap(), first);
    hand.choose(page, "button", "Generate").await;
    hand.choose(page, "button", "Go on without copying").await;
    page.has_keys(before + 1).await;
    page.has_focus("heading", "Your new API key").await;
    page.forgets(&first).await;
    let expiration = page.key_rows().await.unwrap()[0]["Expiration date"].clone();
    let midnight = (last_day + Duration::days(1)).format("%-d\u{a0}%B\u{a0}%Y, 00:00").to_string();
    assert!(expiration.starts_with(&midnight), "{expiration}");

    let (_, second) = page.credentials().await;
    hand.choose(page, "button", &format!("Delete {first_id}")).await;
    page.has_focus("button", "Cancel").await;
    hand.choose(page, "button", "Delete").await;
    page.has_focus("button", "Keep open").await;
    hand.choose(page, "button", "Go on without copying").await;
    page.says(&format!("API key {first_id} was deleted")).await;
    page.has_keys(before).await;
    page.forgets(&second).await;
}

impl Page {
    /// Waits until the window is closed, over the page it was opened on and with the focus where it was.
    async fn is_closed(&self, path: &str) {
        self.is_gone("dialog", "Profile").await;
        self.path_is(path).await;
        self.has_focus("link", "Profile").await;
    }

    /// Opens the window and generates a key.
    async fn new_secret(&self, hand: Hand) -> String {
        hand.choose(self, "link", "Profile").await;
        self.has_focus("heading", "Profile").await;
        hand.generate(self).await.1
    }

    /// Chooses the last day of a key, typed as Americans write it.
    async fn choose_last_day(&self, hand: Hand, day: &str) {
        hand.select(self, "Lifetime", "Until").await;
        let field = self.driver.find(By::Id("expires-on")).await.unwrap();
        if hand == Hand::Mouse {
            field.click().await.unwrap();
            // To the month, whatever part of the date was clicked.
            self.driver.action_chain().send_keys(Press::Left).send_keys(Press::Left).perform().await.unwrap();
        } else {
            self.press(Press::Tab).await;
            assert_eq!(self.driver.active_element().await.unwrap(), field);
        }
        self.type_here(day).await;
    }
}
