//! The pages of the record and of everybody's keys.

use chrono::Duration;
use thirtyfour::{By, Key as Press};

use super::{Page, in_chromium};
use crate::support::{Server, record_uses};

in_chromium![
    a_member_filters_pages_and_exports_the_own_activity,
    a_member_filters_the_own_activity_with_the_keyboard_alone,
    an_administrator_reads_and_exports_everybodys_activity,
    an_administrator_filters_everybodys_activity_with_the_keyboard_alone,
    who_exports_after_the_session_has_ended_comes_to_the_sign_in,
    a_filter_that_cannot_be_used_gets_the_focus,
    an_administrator_finds_and_deletes_a_key_of_somebody_else,
    an_administrator_finds_and_deletes_a_key_with_the_keyboard_alone,
    a_member_sees_no_way_to_what_is_everybodys,
];

/// How many events the page lists.
const EVENTS: &str = "return document.querySelectorAll('table[role=table] tbody tr').length;";

async fn has_events(page: &Page, count: usize) {
    page.until(&format!("there are {count} events"), async || {
        Ok((page.script::<usize>(EVENTS).await? == count).then_some(()))
    })
    .await;
}

async fn a_member_filters_pages_and_exports_the_own_activity(server: Server, page: Page) {
    let ada = server.add_user("ada", &[]).await;
    let (key, other) = (server.generate(&ada).await, server.generate(&ada).await);
    let database = server.open_database();
    record_uses(&database, &key.client_id, server.clock.now(), Some("key_expired"), 60).await;
    record_uses(&database, &other.client_id, server.clock.now(), None, 3).await;
    let folder = tempfile::tempdir().unwrap();
    page.allow_downloads(folder.path()).await;

    page.sign_in_as("ada").await;
    page.click("link", "Activity").await;
    page.says("63 uses in the last 30 days, 60 refused.").await;
    has_events(&page, 50).await;
    page.find("combobox", "API key").await.send_keys(&key.client_id).await.unwrap();
    page.find("combobox", "Outcome").await.send_keys("Refused").await.unwrap();
    page.click("button", "Filter").await;
    page.find("heading", "Filtered events").await;
    page.says("60 uses in the last 30 days, 60 refused.").await;
    has_events(&page, 50).await;
    page.click("link", "Older").await;
    has_events(&page, 10).await;
    page.find("heading", "Filtered events").await;

    page.click("link", "CSV for spreadsheets").await;
    let csv = page.downloaded(folder.path(), "csv").await;
    assert_eq!(csv.lines().count(), 61);
    assert!(csv.lines().skip(1).all(|line| line.contains(&key.client_id) && line.contains("Refused,API key expired")));
    page.click("link", "JSON Lines for programs").await;
    assert_eq!(page.downloaded(folder.path(), "jsonl").await.lines().count(), 60);

    page.click("link", "Newest").await;
    has_events(&page, 50).await;
    page.click("link", "Clear filters").await;
    page.find("heading", "Events").await;
}

async fn a_member_filters_the_own_activity_with_the_keyboard_alone(server: Server, page: Page) {
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&ada).await;
    let database = server.open_database();
    record_uses(&database, &key.client_id, server.clock.now(), Some("key_expired"), 60).await;
    page.sign_in_as("ada").await;
    page.tab_to("link", "Activity").await;
    page.press(Press::Enter).await;
    page.find("heading", "Activity").await;
    page.tab_to("combobox", "Outcome").await;
    page.type_here("Refused").await;
    page.tab_to("button", "Filter").await;
    page.press(Press::Enter).await;
    page.find("heading", "Filtered events").await;
    has_events(&page, 50).await;
    page.tab_to("link", "Older").await;
    page.press(Press::Enter).await;
    has_events(&page, 10).await;
    page.tab_to("link", "Clear filters").await;
    page.press(Press::Enter).await;
    page.find("heading", "Events").await;
}

async fn an_administrator_reads_and_exports_everybodys_activity(server: Server, page: Page) {
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&ada).await;
    server.token(&key).await;
    let folder = tempfile::tempdir().unwrap();
    page.allow_downloads(folder.path()).await;

    page.sign_in().await;
    page.click("link", "Activity").await;
    page.click("link", "Everybody’s activity").await;
    page.find("heading", "Everybody’s activity").await;
    page.says("Generated API key").await;
    page.type_into("Username", "ada").await;
    page.click("button", "Filter").await;
    page.find("heading", "Filtered events").await;
    // Added, signed in, generated, used.
    has_events(&page, 4).await;
    page.click("link", "JSON Lines for programs").await;
    let exported = page.downloaded(folder.path(), "jsonl").await;
    assert_eq!(exported.lines().count(), 4);
    assert!(exported.lines().all(|line| line.contains("\"digest\":\"") && line.contains("\"username\":\"ada\"")));
    page.click("link", "My activity").await;
    page.find("heading", "Activity").await;
}

async fn an_administrator_filters_everybodys_activity_with_the_keyboard_alone(server: Server, page: Page) {
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&ada).await;
    let database = server.open_database();
    record_uses(&database, &key.client_id, server.clock.now(), Some("key_expired"), 60).await;
    let folder = tempfile::tempdir().unwrap();
    page.allow_downloads(folder.path()).await;

    page.sign_in().await;
    page.tab_to("link", "Activity").await;
    page.press(Press::Enter).await;
    page.tab_to("link", "Everybody’s activity").await;
    page.press(Press::Enter).await;
    page.find("heading", "Everybody’s activity").await;
    page.tab_to("textbox", "Username").await;
    page.type_here("ada").await;
    page.tab_to("combobox", "Outcome").await;
    page.type_here("Refused").await;
    page.press(Press::Tab).await;
    page.tab_to("button", "Filter").await;
    page.press(Press::Enter).await;
    page.find("heading", "Filtered events").await;
    has_events(&page, 50).await;
    page.tab_to("link", "JSON Lines for programs").await;
    page.press(Press::Enter).await;
    assert_eq!(page.downloaded(folder.path(), "jsonl").await.lines().count(), 60);
    page.tab_to("link", "Older").await;
    page.press(Press::Enter).await;
    has_events(&page, 10).await;
    page.tab_to("link", "My activity").await;
    page.press(Press::Enter).await;
    page.find("heading", "Activity").await;
}

async fn who_exports_after_the_session_has_ended_comes_to_the_sign_in(server: Server, page: Page) {
    page.sign_in().await;
    page.open("/activity").await;
    server.clock.advance(Duration::minutes(61));
    page.click("link", "CSV for spreadsheets").await;
    page.path_is("/login").await;
}

async fn a_filter_that_cannot_be_used_gets_the_focus(_server: Server, page: Page) {
    page.sign_in().await;
    page.open("/activity/everybody").await;
    page.type_into("Username", "nobody").await;
    page.press(Press::Enter).await;
    page.says("There is no user with this name.").await;
    page.message_has_focus("There is no user with this name.").await;
    let field = page.find("textbox", "Username").await;
    assert_eq!(field.attr("aria-invalid").await.unwrap().as_deref(), Some("true"));
    let described_by = field.attr("aria-describedby").await.unwrap().unwrap();
    let description = page.driver.find(By::Id(described_by)).await.unwrap().text().await.unwrap();
    assert!(description.starts_with("There is no user with this name."));
}

async fn an_administrator_finds_and_deletes_a_key_of_somebody_else(server: Server, page: Page) {
    let ada = server.add_user("ada", &[]).await;
    let (key, other) = (server.generate(&ada).await, server.generate(&ada).await);
    server.token(&other).await;
    page.sign_in().await;
    page.click("link", "API keys").await;
    page.find("table", "All API keys").await;
    page.says("system administrators should not create API keys for other users").await;
    page.type_into("Owner (username begins with)", "ad").await;
    page.find("combobox", "Use and expiry").await.send_keys("Never used").await.unwrap();
    page.click("button", "Filter").await;
    page.find("heading", "Filtered API keys").await;
    has_events(&page, 1).await;

    page.click("button", &format!("Delete {}", key.client_id)).await;
    page.find("dialog", "Delete API key").await;
    page.says("Owner: ada").await;
    page.says("This action cannot be reversed").await;
    page.click("button", "Cancel").await;
    page.is_gone("dialog", "Delete API key").await;
    page.has_focus("button", &format!("Delete {}", key.client_id)).await;
    page.click("button", &format!("Delete {}", key.client_id)).await;
    page.click("button", "Delete").await;
    page.says(&format!("API key {} of ada was deleted.", key.client_id)).await;
    page.says("No API key matches these filters.").await;
    assert!(!server.text(&ada, "/profile").await.contains(&key.client_id));
    server.token(&other).await;
}

async fn an_administrator_finds_and_deletes_a_key_with_the_keyboard_alone(server: Server, page: Page) {
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&ada).await;
    page.sign_in().await;
    page.tab_to("link", "API keys").await;
    page.press(Press::Enter).await;
    page.find("table", "All API keys").await;
    page.tab_to("textbox", "Owner (username begins with)").await;
    page.driver.action_chain().send_keys("ada").perform().await.unwrap();
    page.press(Press::Enter).await;
    page.find("heading", "Filtered API keys").await;
    page.tab_to("button", &format!("Delete {}", key.client_id)).await;
    page.press(Press::Enter).await;
    page.has_focus("button", "Cancel").await;
    page.press(Press::Escape).await;
    page.has_focus("button", &format!("Delete {}", key.client_id)).await;
    page.press(Press::Space).await;
    page.has_focus("button", "Cancel").await;
    page.press(Press::Tab).await;
    page.has_focus("button", "Delete").await;
    page.press(Press::Enter).await;
    page.message_has_focus(&format!("API key {} of ada was deleted.", key.client_id)).await;
}

async fn a_member_sees_no_way_to_what_is_everybodys(server: Server, page: Page) {
    server.add_user("ada", &[]).await;
    page.sign_in_as("ada").await;
    page.click("link", "Activity").await;
    page.find("heading", "Events").await;
    page.is_gone("link", "API keys").await;
    page.is_gone("link", "Everybody’s activity").await;
    for (path, permission) in [("/activity/everybody", "audit:read"), ("/keys", "keys:read")] {
        page.open(path).await;
        page.find("heading", "Not allowed").await;
        page.says(&format!("You need the permission {permission}")).await;
    }
}
