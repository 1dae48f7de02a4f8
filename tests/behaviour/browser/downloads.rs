//! Files that a page offers, as they come into a folder.

use std::path::Path;

use serde_json::json;

use super::Page;

impl Page {
    /// Lets downloads go into a folder.
    pub(super) async fn allow_downloads(&self, folder: &Path) {
        let behaviour = json!({ "behavior": "allow", "downloadPath": folder });
        self.driver.cdp().send_raw("Browser.setDownloadBehavior", behaviour).await.unwrap();
    }

    /// What a file of this kind that came into the folder holds, once it is whole.
    pub(super) async fn downloaded(&self, folder: &Path, extension: &str) -> String {
        self.until(&format!("a .{extension} file is downloaded"), async || {
            let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
            let of = |wanted: &str| files.iter().find(|file| file.extension().is_some_and(|found| found == wanted));
            // Chromium puts an empty file in the place first, and another one beside it until all has come.
            let found = of(extension).filter(|_| of("crdownload").is_none());
            Ok(found.map(|file| std::fs::read_to_string(file).unwrap()).filter(|text| !text.is_empty()))
        })
        .await
    }
}
