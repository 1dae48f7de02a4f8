//! The same without JavaScript.

use serde_json::json;

use super::{Page, in_chromium};
use crate::support::Server;

in_chromium![without_scripts_a_user_generates_reads_and_deletes_a_key];

async fn without_scripts_a_user_generates_reads_and_deletes_a_key(_server: Server, page: Page) {
    let disabled = json!({ "value": true });
    page.driver.cdp().send_raw("Emulation.setScriptExecutionDisabled", disabled).await.unwrap();
    page.sign_in().await;
    page.open_profile().await;
    let (client_id, client_secret) = page.generate().await;
    page.path_is("/profile/api-keys").await;
    page.is_gone("button", "Copy client ID").await;
    page.is_gone("button", "Copy client secret").await;
    assert_eq!(page.has_keys(1).await, [client_id.as_str()]);

    page.driver.refresh().await.unwrap();
    page.says(&format!("It generated the API key {client_id}, whose secret cannot be shown again.")).await;
    page.says("No second key was made.").await;
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
