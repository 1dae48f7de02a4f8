//! The real htmx in place of the script that speaks its attributes: what they mean here is what htmx says they mean.

use std::future::Future;
use std::path::Path;

use super::chromium::Browser;
use super::{Page, visit};
use crate::proxies::proxy::Proxy;
use crate::support::{self, Backend, Server};

/// Nothing that the policy of the pages forbids and no page in the session storage. What a script of ours puts in is
/// processed as htmx wants it, when it says so.
const SETTINGS: &str = "
    Object.assign(htmx.config, { includeIndicatorStyles: false, historyCacheSize: 0, allowEval: false, timeout: 60_000 });
    htmx.onLoad(element => htmx.process(element));
    window.htmx = htmx;";

/// Runs a test with a server and a browser of its own. What htmx does does not depend on the database.
pub(super) fn run<F: Future<Output = ()>>(test: impl FnOnce(Server, Page) -> F) {
    support::run(Backend::Sqlite, async |server: Server| {
        let url = server.url.clone();
        visit_with_htmx(&url, async |page| test(server, page).await).await;
    });
}

/// Does something with a browser of its own, for which htmx is in front of the program.
pub(super) async fn visit_with_htmx(url: &str, test: impl AsyncFnOnce(Page)) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/npm/node_modules/htmx.org/dist/htmx.min.js");
    let htmx = std::fs::read_to_string(file).expect("htmx is not there: run scripts/test, which installs it");
    let keyledge = url.strip_prefix("http://").unwrap().parse().unwrap();
    let proxy = Proxy::with_script(keyledge, "partial.js", &(htmx + SETTINGS));
    visit(proxy.url.clone(), Browser::Shell, async |page| {
        page.open("/login").await;
        let version: String = page.script("return htmx.version").await.unwrap();
        assert!(version.starts_with("2."), "{version}");
        test(page).await;
    })
    .await;
}
