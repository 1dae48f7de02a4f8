//! Tabs that Chromium makes of what it remembers of another one: the addresses, and what was typed into forms.

use std::path::Path;

use keyledge::secret::sha256;
use serde_json::json;

use super::chromium::Chromium;
use super::everywhere::looks;
use super::hand::Hand;
use super::no_scripts::disable_scripts;
use super::{Page, drive, in_chromium};
use crate::support::Server;

in_chromium![without Postgres: a_duplicated_tab_shows_no_secret, a_restored_tab_shows_no_secret];

/// How the page of a tab came there.
const NAVIGATION: &str = "return performance.getEntriesByType('navigation')[0].type";

const DUPLICATE: &str = "
    const [address, done] = arguments;
    chrome.tabs.query({}).then(tabs => chrome.tabs.duplicate(tabs.find(tab => tab.url === address).id)).then(
        () => done('duplicated'), error => done(String(error)));";

async fn a_duplicated_tab_shows_no_secret(_server: Server, page: Page) {
    let extension = tempfile::tempdir().unwrap();
    let path = extension.path().canonicalize().unwrap();
    // WebDriver cannot duplicate a tab, and an extension can.
    let manifest = json!({ "manifest_version": 3, "name": "Duplicates", "version": "1", "permissions": ["tabs"] });
    std::fs::write(path.join("manifest.json"), manifest.to_string()).unwrap();
    std::fs::write(path.join("page.html"), "<!DOCTYPE html><title>Duplicates</title>").unwrap();
    let chromium = Chromium::start();
    let driver = chromium.driver(&[], &[&format!("--load-extension={}", path.display())]).await;
    drive(driver, &page.url, async |page| {
        page.sign_in().await;
        for hand in Hand::BOTH {
            page.in_every_look(async || a_duplicate_shows_no_secret(&page, hand, "/profile", &path).await).await;
        }
        disable_scripts(&page).await;
        for hand in Hand::BOTH {
            page.in_every_look(async || a_duplicate_shows_no_secret(&page, hand, "/profile/api-keys", &path).await)
                .await;
        }
    })
    .await;
}

async fn a_duplicate_shows_no_secret(page: &Page, hand: Hand, path: &str, extension: &Path) {
    page.open("/profile").await;
    let before = page.key_rows().await.unwrap().len();
    hand.choose(page, "button", "Generate").await;
    let (_, client_secret) = page.credentials().await;
    page.path_is(path).await;
    let first = page.driver.window().await.unwrap();
    page.duplicate(extension).await;
    if path == "/profile" {
        assert_eq!(page.script::<String>(NAVIGATION).await.unwrap(), "back_forward");
    }
    page.path_is(path).await;
    page.forgets(&client_secret).await;
    page.open("/profile").await;
    page.has_keys(before + 1).await;
    page.driver.close_window().await.unwrap();
    page.driver.switch_to_window(first).await.unwrap();
    assert_eq!(page.value("Client secret").await.unwrap(), client_secret);
}

async fn a_restored_tab_shows_no_secret(_server: Server, page: Page) {
    let chromium = Chromium::start();
    let mut secrets = Vec::new();
    drive(chromium.driver(&[], &[]).await, &page.url, async |page| {
        page.sign_in().await;
        for scripts in [true, false] {
            for hand in Hand::BOTH {
                for (width, scheme) in looks() {
                    let tab = page.driver.new_tab().await.unwrap();
                    page.driver.switch_to_window(tab).await.unwrap();
                    page.is_seen(width, scheme).await;
                    if !scripts {
                        disable_scripts(&page).await;
                    }
                    page.open("/profile").await;
                    hand.choose(&page, "button", "Generate").await;
                    secrets.push(page.credentials().await.1);
                    page.path_is(if scripts { "/profile" } else { "/profile/api-keys" }).await;
                }
            }
        }
    })
    .await;

    let driver = chromium.driver(&[], &["--restore-last-session"]).await;
    drive(driver, &page.url, async |page| {
        let mut paths = Vec::new();
        // The first one was opened by WebDriver.
        for tab in page.tabs(1 + secrets.len()).await {
            page.driver.switch_to_window(tab).await.unwrap();
            let everything = page.everything().await.unwrap();
            assert!(!secrets.iter().any(|secret| everything.contains(secret)));
            paths.push(page.driver.current_url().await.unwrap().path().to_owned());
        }
        let restored = |path: &str| paths.iter().filter(|restored| *restored == path).count();
        assert_eq!([restored("/profile"), restored("/profile/api-keys")], [secrets.len() / 2; 2], "{paths:?}");
        page.open("/profile").await;
        page.has_keys(secrets.len()).await;
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
