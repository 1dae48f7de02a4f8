//! The same without JavaScript.

use serde_json::json;

use super::{Page, in_chromium};
use crate::support::{Record, Server};

in_chromium![
    without htmx:
    without_scripts_a_user_generates_reads_and_deletes_a_key,
    without_scripts_a_double_click_deletes_once_and_says_so,
];

async fn without_scripts_a_user_generates_reads_and_deletes_a_key(_server: Server, page: Page) {
    disable_scripts(&page).await;
    page.sign_in().await;
    page.open_profile().await;
    let (client_id, client_secret) = page.generate().await;
    page.path_is("/profile/api-keys").await;
    page.is_gone("button", "Copy client ID").await;
    page.is_gone("button", "Copy client secret").await;
    assert_eq!(page.has_keys(1).await, [client_id.as_str()]);

    page.driver.refresh().await.unwrap();
    page.says(&format!("It generated the API key {client_id}, whose secret cannot be shown again.")).await;
    page.says("No second key was generated.").await;
    page.forgets(&client_secret).await;
    assert_eq!(page.has_keys(1).await, [client_id.as_str()]);

    let trash = format!("Delete {client_id}");
    page.click("button", &trash).await;
    page.path_is(&format!("/profile/api-keys/{client_id}/delete")).await;
    page.has_focus("button", "Cancel").await;
    page.says("This action cannot be reversed").await;
    page.click("button", "Cancel").await;
    page.path_is("/profile").await;
    page.has_keys(1).await;

    page.click("button", &trash).await;
    page.click("button", "Delete").await;
    page.path_is("/profile").await;
    page.says(&format!("API key {client_id} was deleted")).await;
    page.has_keys(0).await;
    page.click("button", "Generate a replacement").await;
    page.credentials().await;
    page.has_keys(1).await;
}

async fn without_scripts_a_double_click_deletes_once_and_says_so(server: Server, page: Page) {
    let admin = server.signed_in("admin").await;
    let [mine, of_list] = [server.generate(&admin).await, server.generate(&admin).await];
    disable_scripts(&page).await;
    page.sign_in().await;
    for (list, key) in [("/profile/api-keys", &mine), ("/keys", &of_list)] {
        page.open(&format!("{list}/{}/delete", key.client_id)).await;
        let button = page.find("button", "Delete").await;
        page.double_click(&button, 20).await;
        page.says(&format!("API key {}", key.client_id)).await;
        page.says("was deleted").await;
    }
    assert_eq!(Record::whole(&server.database).of_action("delete_key"), 2);
}

pub(super) async fn disable_scripts(page: &Page) {
    allow_scripts(page, false).await;
}

/// Lets scripts run again, or no longer. Those of a page that is there already do not run later.
pub(super) async fn allow_scripts(page: &Page, allowed: bool) {
    let disabled = json!({ "value": !allowed });
    page.driver.cdp().send_raw("Emulation.setScriptExecutionDisabled", disabled).await.unwrap();
    page.has_scripts.set(allowed);
}
