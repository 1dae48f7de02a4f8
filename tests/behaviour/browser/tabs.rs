//! Tabs that Chromium makes of what it remembers of another one: the addresses, and what was typed into forms.

use std::path::Path;

use keyledge::secret::sha256;
use serde_json::json;

use super::chromium::{Browser, Chromium};
use super::everywhere::looks;
use super::hand::Hand;
use super::no_scripts::disable_scripts;
use super::{Page, drive, in_chromium};
use crate::support::Server;

in_chromium![without Postgres: a_duplicated_tab_shows_no_secret, a_restored_tab_shows_no_secret_and_no_file_holds_it];

mod no_scripts {
    use super::without_scripts_neither_does_a_duplicated_tab;

    super::in_chromium![without htmx: without_scripts_neither_does_a_duplicated_tab];
}

/// How the page of a tab came there.
const NAVIGATION: &str = "return performance.getEntriesByType('navigation')[0].type";

const DUPLICATE: &str = "
    const [address, done] = arguments;
    chrome.tabs.query({}).then(tabs => chrome.tabs.duplicate(tabs.find(tab => tab.url === address).id)).then(
        () => done('duplicated'), error => done(String(error)));";

async fn a_duplicated_tab_shows_no_secret(_server: Server, page: Page) {
    no_duplicate_shows_a_secret(&page, true).await;
}

async fn without_scripts_neither_does_a_duplicated_tab(_server: Server, page: Page) {
    no_duplicate_shows_a_secret(&page, false).await;
}

async fn no_duplicate_shows_a_secret(page: &Page, scripts: bool) {
    let extension = tempfile::tempdir().unwrap();
    let path = extension.path().canonicalize().unwrap();
    // WebDriver cannot duplicate a tab, and an extension can.
    let manifest = json!({ "manifest_version": 3, "name": "Duplicates", "version": "1", "permissions": ["tabs"] });
    std::fs::write(path.join("manifest.json"), manifest.to_string()).unwrap();
    std::fs::write(path.join("page.html"), "<!DOCTYPE html><title>Duplicates</title>").unwrap();
    let chromium = Chromium::start(Browser::Whole);
    let driver = chromium.driver(&[], &[&format!("--load-extension={}", path.display())]).await;
    drive(driver, &page.url, async |page| {
        page.sign_in().await;
        for hand in Hand::BOTH {
            for look in looks() {
                a_duplicate_shows_no_secret(&page, hand, look, scripts, &path).await;
            }
        }
    })
    .await;
}

/// The duplicate is opened with scripts and looks as usual, whatever the first tab is like, so it is loaded again.
async fn a_duplicate_shows_no_secret(page: &Page, hand: Hand, look: (u32, &str), scripts: bool, extension: &Path) {
    let be_alike = async || {
        page.is_seen(look.0, look.1).await;
        if !scripts {
            disable_scripts(page).await;
        }
    };
    be_alike().await;
    page.open("/profile").await;
    let before = page.key_rows().await.unwrap().len();
    let client_secret = generate(page, hand, scripts).await;
    let first = page.driver.window().await.unwrap();
    page.duplicate(extension).await;
    page.is_loaded().await;
    if scripts {
        assert_eq!(page.script::<String>(NAVIGATION).await.unwrap(), "back_forward");
        page.has_keys(before + 1).await;
    }
    page.path_is(path_of(scripts)).await;
    page.forgets(&client_secret).await;
    be_alike().await;
    page.driver.refresh().await.unwrap();
    page.is_loaded().await;
    page.path_is(path_of(scripts)).await;
    page.forgets(&client_secret).await;
    page.open("/profile").await;
    page.has_keys(before + 1).await;
    page.driver.close_window().await.unwrap();
    page.driver.switch_to_window(first).await.unwrap();
    assert_eq!(page.value("Client secret").await.unwrap(), client_secret);
}

async fn a_restored_tab_shows_no_secret_and_no_file_holds_it(_server: Server, page: Page) {
    let chromium = Chromium::start(Browser::Whole);
    let mut secrets = Vec::new();
    drive(chromium.driver(&[], &[]).await, &page.url, async |page| {
        page.sign_in().await;
        for scripts in [true, false] {
            for hand in Hand::BOTH {
                let tab = page.driver.new_tab().await.unwrap();
                page.driver.switch_to_window(tab).await.unwrap();
                page.is_seen(1440, "light").await;
                if !scripts {
                    disable_scripts(&page).await;
                }
                page.open("/profile").await;
                secrets.push(generate(&page, hand, scripts).await);
            }
        }
    })
    .await;
    for secret in &secrets {
        assert!(!chromium.remembers(secret), "a file of the browser holds a secret");
    }
    // Otherwise a look through its files would say nothing.
    assert!(chromium.remembers(&format!("{}{}", page.url, path_of(true))), "no file of the browser holds an address");

    let driver = chromium.driver(&[], &["--restore-last-session"]).await;
    drive(driver, &page.url, async |page| {
        let mut paths = Vec::new();
        // The first tab has nothing but Home.
        for tab in page.tabs(1 + secrets.len()).await {
            page.driver.switch_to_window(tab).await.unwrap();
            page.is_loaded().await;
            paths.push(page.driver.current_url().await.unwrap().path().to_owned());
            for (width, scheme) in looks() {
                page.is_seen(width, scheme).await;
                for secret in &secrets {
                    page.forgets(secret).await;
                }
            }
        }
        paths.sort();
        assert_eq!(paths, ["/", path_of(true), path_of(true), path_of(false), path_of(false)]);
        page.open("/profile").await;
        page.has_keys(secrets.len()).await;
    })
    .await;
}

/// The client secret of a new key.
async fn generate(page: &Page, hand: Hand, scripts: bool) -> String {
    hand.choose(page, "button", "Generate").await;
    let (_, client_secret) = page.credentials().await;
    page.path_is(path_of(scripts)).await;
    client_secret
}

/// Where a new key is shown.
fn path_of(scripts: bool) -> &'static str {
    if scripts { "/profile" } else { "/profile/api-keys" }
}

impl Page {
    /// Waits until there is something to read.
    async fn is_loaded(&self) {
        self.until("the page is loaded", async || {
            let is_loaded = "return document.readyState === 'complete' && document.body.innerText.trim() !== ''";
            Ok(self.script::<bool>(is_loaded).await?.then_some(()))
        })
        .await;
    }

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
