//! The logo.

use serde_json::json;

use super::{Page, in_chromium};
use crate::support::Server;

in_chromium![without htmx: a_logo_is_shown_and_runs_no_script];

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 24">
<script>document.documentElement.setAttribute("data-script", "ran");</script>
<rect width="96" height="24" fill="#0a6b5d" onload="this.setAttribute('data-script', 'ran')"/>
</svg>"##;

const SHOWN: &str = "
    const logo = document.querySelector('.brand img');
    return [logo.src, logo.complete && logo.naturalWidth > 0, logo.clientWidth, logo.clientHeight];";

async fn a_logo_is_shown_and_runs_no_script(server: Server, page: Page) {
    let database = server.stop();
    let path = database.folder.path().join("logo.svg");
    std::fs::write(&path, LOGO).unwrap();
    let server = database.serve(&["--logo", path.to_str().unwrap()]);
    let page = Page::new(page.driver.clone(), server.url.clone());
    page.open("/login").await;
    let (address, is_shown, width, height): (String, bool, u32, u32) = page.script(SHOWN).await.unwrap();
    assert!(is_shown);
    assert_eq!((width, height), (112, 28));

    page.driver.goto(&address).await.unwrap();
    let everything = json!({ "depth": -1 });
    let document = page.driver.cdp().send_raw("DOM.getDocument", everything).await.unwrap().to_string();
    assert!(document.contains("#0a6b5d"), "the logo is not there: {document}");
    assert!(!document.contains("data-script\",\"ran"), "{document}");
}
