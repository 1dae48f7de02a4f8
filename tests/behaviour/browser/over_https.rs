//! Over https browsers keep whole pages for Back and Forward, even pages that must not be stored.

use serde_json::json;

use super::no_scripts::disable_scripts;
use super::{Page, in_another_browser, in_chromium};
use crate::proxies::proxy::Proxy;
use crate::support::Server;

in_chromium![back_and_forward_bring_no_secret_back_though_the_browser_keeps_pages];

async fn back_and_forward_bring_no_secret_back_though_the_browser_keeps_pages(server: Server, _page: Page) {
    let proxy = Proxy::with_https(server.url.strip_prefix("http://").unwrap().parse().unwrap());
    in_another_browser(&proxy.url, &[("acceptInsecureCerts", json!(true))], async |page| {
        page.sign_in().await;
        for path in ["/harmless", "/account"] {
            assert!(page.is_kept(path).await, "the browser does not keep {path}: nothing would be proven");
        }

        page.open("/profile").await;
        let (_, client_secret) = page.generate().await;
        page.click("link", "Activity").await;
        page.find("heading", "Activity").await;
        page.driver.back().await.unwrap();
        page.has_keys(1).await;
        page.forgets(&client_secret).await;
        page.driver.forward().await.unwrap();
        page.find("heading", "Activity").await;
        page.forgets(&client_secret).await;

        disable_scripts(&page).await;
        page.open("/profile").await;
        let (_, client_secret) = page.generate().await;
        page.path_is("/profile/api-keys").await;
        page.click("link", "Activity").await;
        page.find("heading", "Activity").await;
        page.driver.back().await.unwrap();
        page.path_is("/profile/api-keys").await;
        page.forgets(&client_secret).await;
        page.open("/profile").await;
        page.has_keys(2).await;
    })
    .await;
}

impl Page {
    /// Whether the browser brings a page back as it was left.
    async fn is_kept(&self, path: &str) -> bool {
        self.open(path).await;
        self.script::<()>("addEventListener('pageshow', event => { window.kept = event.persisted; })").await.unwrap();
        self.open("/activity").await;
        self.driver.back().await.unwrap();
        self.path_is(path).await;
        self.script("return window.kept ?? false").await.unwrap()
    }
}
