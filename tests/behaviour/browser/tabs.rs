//! Tabs that Chromium makes of what it remembers of another one: the addresses, and what was typed into forms.

use std::path::Path;

use keyledge::secret::sha256;
use serde_json::json;

use super::chromium::Chromium;
use super::no_scripts::disable_scripts;
use super::{Page, drive, in_chromium};
use crate::support::Server;

in_chromium![a_duplicated_tab_shows_no_secret, a_restored_tab_shows_no_secret];

/// How the page of a tab came there.
const NAVIGATION: &str = "return performance.getEntriesByType('navigation')[0].type";

const DUPLICATE: &str = "
    const [address, done] = arguments;
    chrome.tabs.query({}).then(tabs => chrome.tabs.duplicate(tabs.find(tab => tab.url === address).id)).then(
        () => done('duplicated'), error => done(String(error)));";

async fn a_duplicated_tab_shows_no_secret(server: Server, _page: Page) {
    let extension = tempfile::tempdir().unwrap();
    let path = extension.path().canonicalize().unwrap();
    // WebDriver cannot duplicate a tab, and an extension can.
    let manifest = json!({ "manifest_version": 3, "name": "Duplicates", "version": "1", "permissions": ["tabs"] });
    std::fs::write(path.join("manifest.json"), manifest.to_string()).unwrap();
    std::fs::write(path.join("page.html"), "<!DOCTYPE html><title>Duplicates</title>").unwrap();
    let chromium = Chromium::start();
    let driver = chromium.driver(&[], &[&format!("--load-extension={}", path.display())]).await;
    drive(driver, &server.url, async |page| {
        page.sign_in().await;
        page.open("/profile").await;
        let (client_id, client_secret) = page.generate().await;
        let first = page.driver.window().await.unwrap();
        page.duplicate(&path).await;
        assert_eq!(page.script::<String>(NAVIGATION).await.unwrap(), "back_forward");
        assert_eq!(page.has_keys(1).await, [client_id.as_str()]);
        page.path_is("/profile").await;
        page.forgets(&client_secret).await;
        page.driver.close_window().await.unwrap();
        page.driver.switch_to_window(first.clone()).await.unwrap();
        assert_eq!(page.value("Client secret").await.unwrap(), client_secret);

        disable_scripts(&page).await;
        page.open("/profile").await;
        let (_, client_secret) = page.generate().await;
        page.path_is("/profile/api-keys").await;
        page.duplicate(&path).await;
        page.path_is("/profile/api-keys").await;
        page.forgets(&client_secret).await;
        page.open("/profile").await;
        page.has_keys(2).await;
    })
    .await;
}

async fn a_restored_tab_shows_no_secret(server: Server, _page: Page) {
    let chromium = Chromium::start();
    let mut secrets = Vec::new();
    drive(chromium.driver(&[], &[]).await, &server.url, async |page| {
        page.sign_in().await;
        page.open("/profile").await;
        secrets.push(page.generate().await.1);
        let tab = page.driver.new_tab().await.unwrap();
        page.driver.switch_to_window(tab).await.unwrap();
        disable_scripts(&page).await;
        page.open("/profile").await;
        secrets.push(page.generate().await.1);
        page.path_is("/profile/api-keys").await;
    })
    .await;

    let driver = chromium.driver(&[], &["--restore-last-session"]).await;
    drive(driver, &server.url, async |page| {
        let mut paths = Vec::new();
        for tab in page.tabs(2).await {
            page.driver.switch_to_window(tab).await.unwrap();
            let url = page.driver.current_url().await.unwrap();
            paths.push(url.path().to_owned());
            for secret in &secrets {
                page.forgets(secret).await;
            }
        }
        paths.sort();
        assert_eq!(paths, ["/profile", "/profile/api-keys"]);
        page.open("/profile").await;
        page.has_keys(2).await;
    })
    .await;
}

impl Page {
    /// Duplicates this tab, and goes to the duplicate.
    async fn duplicate(&self, extension: &Path) {
        let address = self.driver.current_url().await.unwrap();
        let before = self.driver.windows().await.unwrap();
        let tab = self.driver.new_tab().await.unwrap();
        self.driver.switch_to_window(tab.clone()).await.unwrap();
        self.driver.goto(format!("chrome-extension://{}/page.html", extension_id(extension))).await.unwrap();
        let said = self.driver.execute_async(DUPLICATE, vec![json!(address)]).await.unwrap();
        assert_eq!(said.json(), "duplicated");
        self.driver.close_window().await.unwrap();
        let tabs = self.tabs(before.len() + 1).await;
        let duplicate = tabs.into_iter().find(|tab| !before.contains(tab)).unwrap();
        self.driver.switch_to_window(duplicate).await.unwrap();
    }

    /// The tabs, once there are so many.
    async fn tabs(&self, count: usize) -> Vec<thirtyfour::WindowHandle> {
        self.until(&format!("there are {count} tabs"), async || {
            let tabs = self.driver.windows().await?;
            Ok((tabs.len() == count).then_some(tabs))
        })
        .await
    }
}

/// Chromium's name for an extension in a folder: the beginning of the digest of its path, in letters from a to p.
fn extension_id(folder: &Path) -> String {
    let digest = sha256(folder.as_os_str().as_encoded_bytes());
    digest[..16].iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(b'a' + digit)).collect()
}
