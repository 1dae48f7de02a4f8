//! Chromium, and the chromedriver process that drives it.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, LoggingPrefsLogLevel, WebDriver};

/// What every Chromium is started with.
pub(super) const ARGUMENTS: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
];

/// A chromedriver on a port of its own. It ends with this value.
pub struct Chromium {
    url: String,
    folder: TempDir,
    process: Child,
    _output: Lines<BufReader<ChildStdout>>,
}

impl Chromium {
    pub fn start() -> Self {
        // It takes a free port for IPv6 and ends when another program holds the same one for IPv4, so it is asked again.
        (0..10).find_map(|_| Self::started()).expect("chromedriver ended before it was ready, ten times")
    }

    fn started() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver cannot be started: run scripts/test, which installs it");
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = output.by_ref().find_map(|line| {
            Some(line.unwrap().split_once("started successfully on port ")?.1.trim_end_matches('.').to_owned())
        });
        let Some(port) = port else {
            process.wait().unwrap();
            return None;
        };
        Some(Self { url: format!("http://127.0.0.1:{port}"), folder, process, _output: output })
    }

    /// A browser with more capabilities and arguments than the usual ones. Nobody used it before, unless it is started
    /// a second time.
    pub async fn driver(&self, more: &[(&str, Value)], arguments: &[&str]) -> WebDriver {
        let mut capabilities = ChromeCapabilities::new();
        for argument in ARGUMENTS.iter().chain(arguments) {
            capabilities.add_arg(argument).unwrap();
        }
        capabilities.add_arg(&format!("--user-data-dir={}", self.folder.path().join("profile").display())).unwrap();
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        for (name, value) in more {
            capabilities.as_mut().set(*name, value).unwrap();
        }
        WebDriver::new(&self.url, capabilities).await.unwrap()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
