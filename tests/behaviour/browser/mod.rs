//! What a person does in real Chromium.

mod account;
mod chromium;
pub(crate) mod gallery;
mod keyboard;
mod no_scripts;
mod page;
mod people;
mod record;
mod session;
mod tutorials;
mod width;
mod window;

use std::future::Future;

use thirtyfour::error::WebDriverError;
use tokio::sync::Semaphore;

use crate::support::{self, Backend, Server};
use chromium::Chromium;
use page::Page;

/// More of them at once make each slow on a small machine.
static PLACES: Semaphore = Semaphore::const_new(2);

/// Makes a test of each named `async fn(Server, Page)`, once on SQLite and once on Postgres.
macro_rules! in_chromium {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[test]
                #[ignore = "needs Chromium: run scripts/test"]
                fn $name() {
                    crate::browser::run(crate::support::Backend::Sqlite, super::$name);
                }
            )+
        }

        mod postgres {
            $(
                #[test]
                #[ignore = "needs Chromium and Postgres: run scripts/test"]
                fn $name() {
                    crate::browser::run(crate::support::Backend::Postgres, super::$name);
                }
            )+
        }
    };
}

use in_chromium;

/// Runs a test with a server and a browser of its own.
fn run<F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(Server, Page) -> F) {
    support::run(backend, async |server: Server| {
        let url = server.url.clone();
        visit(url, async |page| test(server, page).await).await;
    });
}

/// Runs a test with a browser of its own.
async fn visit(url: String, test: impl AsyncFnOnce(Page)) {
    let _place = PLACES.acquire().await.unwrap();
    let chromium = Chromium::start();
    let test = async |driver| {
        test(Page::new(driver, url)).await;
        Ok::<_, WebDriverError>(())
    };
    chromium.driver().await.run_and_quit(test).await.unwrap();
}
