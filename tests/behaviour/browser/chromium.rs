//! Chromium, and the chromedriver process that drives it.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, LoggingPrefsLogLevel, WebDriver};

/// What every Chromium is started with.
pub(super) const ARGUMENTS: [&str; 7] = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
];

/// What the whole browser needs so that nobody sees it.
pub(super) const UNSEEN: &str = "--headless=new";

/// Where the shell is. Debian's command is a script that leaves the program behind when it is killed.
const SHELLS: [&str; 3] =
    ["/usr/lib/chromium/chromium-headless-shell", "/usr/bin/chromium-headless-shell", "/usr/bin/chrome-headless-shell"];

/// Which program shows the pages.
#[derive(Clone, Copy)]
pub enum Browser {
    /// All of Chromium, with windows, tabs and what it remembers of them.
    Whole,
    /// Its engine alone, which draws the same pages and runs the same scripts with a third less work. Where it is not
    /// installed, the whole.
    Shell,
}

/// Tells scripts, too, which role and name is computed for an element, and keeps ready what that takes.
const TELLS_NAMES: [&str; 2] = ["--enable-blink-features=ComputedAccessibilityInfo", "--force-renderer-accessibility"];

/// A chromedriver on a port of its own. It ends with this value.
pub struct Chromium {
    browser: Browser,
    url: String,
    folder: TempDir,
    process: Child,
    _output: Lines<BufReader<ChildStdout>>,
}

impl Chromium {
    pub fn start(browser: Browser) -> Self {
        // It takes a free port for IPv6 and ends when another program holds the same one for IPv4, so it is asked again.
        (0..10).find_map(|_| Self::started(browser)).expect("chromedriver ended before it was ready, ten times")
    }

    fn started(browser: Browser) -> Option<Self> {
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
        Some(Self { browser, url: format!("http://127.0.0.1:{port}"), folder, process, _output: output })
    }

    /// A browser with more capabilities and arguments than the usual ones. Nobody used it before, unless it is started
    /// a second time.
    pub async fn driver(&self, more: &[(&str, Value)], arguments: &[&str]) -> WebDriver {
        let mut capabilities = ChromeCapabilities::new();
        let shell = SHELLS.into_iter().find(|path| Path::new(path).exists());
        match (self.browser, shell) {
            (Browser::Shell, Some(shell)) => {
                capabilities.set_binary(shell).unwrap();
                capabilities.as_mut().set("browserName", "chrome-headless-shell").unwrap();
            }
            _ => capabilities.add_arg(UNSEEN).unwrap(),
        }
        for argument in ARGUMENTS.iter().chain(&TELLS_NAMES).chain(arguments) {
            capabilities.add_arg(argument).unwrap();
        }
        capabilities.add_arg(&format!("--user-data-dir={}", self.profile().display())).unwrap();
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        for (name, value) in more {
            capabilities.as_mut().set(*name, value).unwrap();
        }
        WebDriver::new(&self.url, capabilities).await.unwrap()
    }

    /// Whether a file that the browser has left holds a text, in either way to write it there.
    pub fn remembers(&self, text: &str) -> bool {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let holds = |file: &[u8], text: &[u8]| file.windows(text.len()).any(|part| part == text);
        let mut folders = vec![self.profile()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let kind = entry.file_type().unwrap();
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    let file = std::fs::read(entry.path()).unwrap();
                    if holds(&file, text.as_bytes()) || holds(&file, &wide) {
                        return true;
                    }
                }
            }
        }
        false
    }

    fn profile(&self) -> PathBuf {
        self.folder.path().join("profile")
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
