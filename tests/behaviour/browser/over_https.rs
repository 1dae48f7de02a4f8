//! Over https browsers keep whole pages for Back and Forward, even pages that must not be stored.

use serde_json::json;

use super::hand::Hand;
use super::no_scripts::disable_scripts;
use super::{Page, in_another_browser, in_chromium};
use crate::proxies::proxy::Proxy;
use crate::support::Server;

/// Tells whether the page was brought back, once it is shown: an event that comes after the address.
const SHOWN: &str = "
    const [done] = arguments;
    const tell = () => document.readyState === 'complete' ? setTimeout(() => done(window.kept ?? false), 200)
        : addEventListener('load', tell);
    tell();";

in_chromium![
    without Postgres:
    back_and_forward_bring_no_secret_back_though_the_browser_keeps_pages,
    nor_to_the_window_over_another_page,
];

mod no_scripts {
    use super::without_scripts_neither;

    super::in_chromium![@ sqlite, "needs Chromium and Caddy: run scripts/test", without_scripts_neither];
}

/// Where a secret is shown.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Page,
    Window,
    PageWithoutScripts,
}

async fn back_and_forward_bring_no_secret_back_though_the_browser_keeps_pages(_server: Server, page: Page) {
    bring_no_secret_back(&page, Place::Page).await;
}

async fn nor_to_the_window_over_another_page(_server: Server, page: Page) {
    bring_no_secret_back(&page, Place::Window).await;
}

async fn without_scripts_neither(_server: Server, page: Page) {
    bring_no_secret_back(&page, Place::PageWithoutScripts).await;
}

async fn bring_no_secret_back(page: &Page, place: Place) {
    let proxy = Proxy::with_https(page.url.strip_prefix("http://").unwrap().parse().unwrap());
    in_another_browser(&proxy.url, &[("acceptInsecureCerts", json!(true))], async |page| {
        page.sign_in().await;
        for path in ["/harmless", "/account"] {
            assert!(page.is_kept(path).await, "the browser does not keep {path}: nothing would be proven");
        }

        if place == Place::PageWithoutScripts {
            disable_scripts(&page).await;
        }
        for hand in Hand::BOTH {
            page.in_every_look(async || {
                for far in [false, true] {
                    brings_no_secret_back(&page, hand, place, far).await;
                }
            })
            .await;
        }
    })
    .await;
}

/// Leaves for another page of the program, or far away for one that it knows nothing of, and comes back.
async fn brings_no_secret_back(page: &Page, hand: Hand, place: Place, far: bool) {
    if place == Place::Window {
        page.open("/").await;
        hand.choose(page, "link", "Profile").await;
        page.find("dialog", "Profile").await;
    } else {
        page.open("/profile").await;
    }
    let before = page.key_rows().await.unwrap().len();
    hand.choose(page, "button", "Generate").await;
    let (_, client_secret) = page.credentials().await;
    let path = if place == Place::PageWithoutScripts { "/profile/api-keys" } else { "/profile" };
    page.path_is(path).await;
    let (link, address) =
        if place == Place::Window { ("Account settings", "/account") } else { ("Activity", "/activity") };
    let elsewhere = if far { "/harmless" } else { address };
    if far {
        page.open(elsewhere).await;
    } else {
        hand.choose(page, "link", link).await;
    }
    page.path_is(elsewhere).await;
    page.driver.back().await.unwrap();
    page.path_is(path).await;
    page.forgets(&client_secret).await;
    page.driver.forward().await.unwrap();
    page.path_is(elsewhere).await;
    page.forgets(&client_secret).await;
    page.open("/profile").await;
    page.has_keys(before + 1).await;
}

impl Page {
    /// Whether the browser brings a page back as it was left. It is free not to, so it is asked again.
    async fn is_kept(&self, path: &str) -> bool {
        for _ in 0..5 {
            if self.brings_back(path).await {
                return true;
            }
        }
        false
    }

    async fn brings_back(&self, path: &str) -> bool {
        self.open(path).await;
        self.script::<()>("addEventListener('pageshow', event => { window.kept = event.persisted; })").await.unwrap();
        self.open("/activity").await;
        self.driver.back().await.unwrap();
        self.path_is(path).await;
        self.driver.execute_async(SHOWN, Vec::new()).await.unwrap().json() == &json!(true)
    }
}
