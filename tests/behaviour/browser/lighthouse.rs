//! Lighthouse, which rates pages as they are on a phone with a slow network.

use std::path::Path;

use serde_json::{Value, json};
use tokio::process::Command;

use super::PLACES;
use super::chromium::{ARGUMENTS, UNSEEN};
use super::gallery::company;
use crate::support::{self, Backend, PASSWORD, TestDatabase, browser, session_cookie};

/// The least score for performance.
const GOOD: f64 = 0.95;

/// A busy machine makes a page look slow, or Lighthouse miss when it began, but nothing makes it look quick.
const ATTEMPTS: usize = 3;

#[test]
#[ignore = "needs Chromium and Lighthouse: run scripts/test"]
fn sign_in_home_profile_and_activity_are_rated_best() {
    support::run(Backend::Sqlite, async |database: TestDatabase| {
        let server = company(database);
        let cookie = session_cookie(&server.sign_in(&browser(), "amara", PASSWORD).await);
        // No other browser beside it.
        let _places = PLACES.acquire_many(2).await.unwrap();
        for (path, cookie) in [("/login", ""), ("/", &cookie), ("/profile", &cookie), ("/activity", &cookie)] {
            let report = Report::of(&server.at(path), cookie).await;
            assert_eq!(report.shown(), server.at(path));
            assert!(report.score("accessibility") >= 1.0, "{report}");
            assert!(report.score("best-practices") >= 1.0, "{report}");
            assert!(report.score("performance") >= GOOD, "{report}");
            assert!(report.number("total-byte-weight") < 60_000.0, "{report}");
            assert!(report.number("cumulative-layout-shift") <= 0.0, "{report}");
        }
    });
}

struct Report(Value);

impl Report {
    /// What Lighthouse says about a page: of some attempts the one with the best performance, once it is good.
    async fn of(url: &str, cookie: &str) -> Self {
        let mut best = Err(String::new());
        for _ in 0..ATTEMPTS {
            let performance = |report: &Self| report.score("performance");
            best = match (best, Self::once(url, cookie).await) {
                (Ok(best), Ok(next)) if performance(&next) <= performance(&best) => Ok(best),
                (Ok(best), Err(_)) => Ok(best),
                (_, next) => next,
            };
            if best.as_ref().is_ok_and(|best| performance(best) >= GOOD) {
                break;
            }
        }
        best.unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    async fn once(url: &str, cookie: &str) -> Result<Self, String> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/npm/node_modules/lighthouse/cli/index.js");
        let finished = Command::new("node")
            .arg(program)
            .arg(url)
            .args(["--quiet", "--output=json", "--no-enable-error-reporting"])
            .arg("--only-categories=accessibility,best-practices,performance")
            .arg(format!("--chrome-flags={}", [&[UNSEEN], &ARGUMENTS[..]].concat().join(" ")))
            .arg(format!("--extra-headers={}", json!({ "Cookie": cookie })))
            .kill_on_drop(true)
            .output()
            .await
            .expect("node cannot be started: run scripts/test, which installs it");
        let words = String::from_utf8_lossy(&finished.stderr);
        let report = serde_json::from_slice(&finished.stdout);
        report.map(Self).map_err(|error| format!("{error}: {words}"))
    }

    /// The address at which the page was shown in the end.
    fn shown(&self) -> &str {
        self.0["finalDisplayedUrl"].as_str().unwrap()
    }

    /// The score of a category, at most 1.
    fn score(&self, category: &str) -> f64 {
        self.0["categories"][category]["score"].as_f64().unwrap_or_else(|| panic!("no score: {self}"))
    }

    /// What an audit measured.
    fn number(&self, audit: &str) -> f64 {
        self.0["audits"][audit]["numericValue"].as_f64().unwrap_or_else(|| panic!("not measured: {self}"))
    }
}

/// The audits that found something.
impl std::fmt::Display for Report {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(formatter, "{}", self.0["finalDisplayedUrl"])?;
        for audit in self.0["audits"].as_object().into_iter().flat_map(|audits| audits.values()) {
            if audit["score"].as_f64().is_some_and(|score| score < 1.0) {
                writeln!(formatter, "{}: {} {}", audit["id"], audit["displayValue"], audit["details"]["items"])?;
            }
        }
        Ok(())
    }
}
