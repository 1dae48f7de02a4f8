//! What a person does in real Chromium.

mod account;
mod brand;
mod chromium;
mod downloads;
mod everywhere;
pub(crate) mod gallery;
mod hand;
mod htmx;
mod keyboard;
mod languages;
mod lighthouse;
mod no_scripts;
mod over_https;
mod page;
mod people;
mod record;
mod secret;
mod session;
mod tabs;
mod tutorials;
mod waiting;
mod width;
mod window;

use std::future::Future;

use serde_json::Value;
use thirtyfour::WebDriver;
use thirtyfour::error::WebDriverError;
use tokio::sync::Semaphore;

use crate::support::{self, Backend, Server};
use chromium::{Browser, Chromium};
use page::Page;

/// More of them at once make each slow on a small machine.
static PLACES: Semaphore = Semaphore::const_new(2);

/// Makes tests of each named `async fn(Server, Page)`: one on SQLite in the whole browser, one on Postgres and one with htmx
/// in its engine alone, unless one of them has nothing to do with it.
macro_rules! in_chromium {
    (without htmx: $($name:ident),+ $(,)?) => {
        crate::browser::in_chromium![@ sqlite, "needs Chromium: run scripts/test", $($name),+];
        crate::browser::in_chromium![@ postgres, "needs Chromium and Postgres: run scripts/test", $($name),+];
    };
    (without Postgres: $($name:ident),+ $(,)?) => {
        crate::browser::in_chromium![@ sqlite, "needs Chromium: run scripts/test", $($name),+];
        crate::browser::in_chromium![@ htmx, "needs Chromium, Caddy and htmx: run scripts/test", $($name),+];
    };
    (@ $how:ident, $needs:literal, $($name:ident),+) => {
        mod $how {
            $(
                #[test]
                #[ignore = $needs]
                fn $name() {
                    crate::browser::$how(super::$name);
                }
            )+
        }
    };
    ($($name:ident),+ $(,)?) => {
        crate::browser::in_chromium![without htmx: $($name),+];
        crate::browser::in_chromium![@ htmx, "needs Chromium, Caddy and htmx: run scripts/test", $($name),+];
    };
}

use in_chromium;

fn sqlite<F: Future<Output = ()>>(test: impl FnOnce(Server, Page) -> F) {
    run(Backend::Sqlite, Browser::Whole, test);
}

fn postgres<F: Future<Output = ()>>(test: impl FnOnce(Server, Page) -> F) {
    run(Backend::Postgres, Browser::Shell, test);
}

fn htmx<F: Future<Output = ()>>(test: impl FnOnce(Server, Page) -> F) {
    htmx::run(test);
}

/// Runs a test with a server and a browser of its own.
fn run<F: Future<Output = ()>>(backend: Backend, browser: Browser, test: impl FnOnce(Server, Page) -> F) {
    support::run(backend, async |server: Server| {
        let url = server.url.clone();
        visit(url, browser, async |page| test(server, page).await).await;
    });
}

/// Does something in another browser, which has more capabilities.
async fn in_another_browser(url: &str, capabilities: &[(&str, Value)], task: impl AsyncFnOnce(Page)) {
    let chromium = Chromium::start(Browser::Whole);
    drive(chromium.driver(capabilities, &[]).await, url, task).await;
}

/// Does something in a browser and ends it.
async fn drive(driver: WebDriver, url: &str, task: impl AsyncFnOnce(Page)) {
    let task = async |driver| {
        let page = Page::new(driver, url.to_owned());
        page.stays_in_front().await;
        task(page).await;
        Ok::<_, WebDriverError>(())
    };
    driver.run_and_quit(task).await.unwrap();
}

/// Runs a test with a browser of its own.
async fn visit(url: String, browser: Browser, test: impl AsyncFnOnce(Page)) {
    let _place = PLACES.acquire().await.unwrap();
    let chromium = Chromium::start(browser);
    drive(chromium.driver(&[], &[]).await, &url, test).await;
}
