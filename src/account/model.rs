//! How a browser is called, and how long a session lasts.

use chrono::Duration;
use serde::Serialize;

use crate::db::Timestamp;
use crate::language::Message;

/// How long before the end of a session people are warned, in seconds.
const WARNING: i64 = 120;

/// How long a session lasts, for the script that warns.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
pub struct Remaining {
    /// Seconds until the session ends unless it is used.
    pub seconds_left: i64,
    /// When so many are left, the person is warned.
    pub warn_at: i64,
    /// Whether using the session prolongs it.
    pub can_stay: bool,
}

impl Remaining {
    /// What is left of a session that has not ended. One that lives shortly is not warned of at once.
    #[must_use]
    pub fn new(idle_expires_at: Timestamp, absolute_expires_at: Timestamp, idle: Duration, now: Timestamp) -> Self {
        let left = idle_expires_at.min(absolute_expires_at) - now;
        Self {
            // Rounded up: when none is left, the session has ended.
            seconds_left: left.num_seconds() + 1,
            warn_at: WARNING.min(idle.num_seconds() / 2),
            can_stay: idle_expires_at < absolute_expires_at,
        }
    }
}

/// Names by which browsers call themselves, and what people call them. Most browsers name others as well, so the first
/// one that is found counts.
const BROWSERS: [(&str, &str); 13] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// The same for systems.
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
    ("X11", "Unix"),
];

/// The longest name of a program that is shown, in bytes.
const LONGEST_PROGRAM: usize = 30;

/// What people call a browser, such as `Firefox on Windows`; other programs by the name that they give themselves.
#[must_use]
pub fn browser(user_agent: Option<&str>) -> Message {
    let user_agent = user_agent.unwrap_or_default();
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(name, _)| user_agent.contains(name)).map(|(_, known_as)| *known_as)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => {
            Message::new("account-browser-on").with("browser", browser).with("system", system)
        }
        (Some(browser), None) => named(browser),
        (None, Some(system)) => Message::new("account-unknown-browser-on").with("system", system),
        (None, None) => program(user_agent).map_or(Message::new("account-unknown-browser"), named),
    }
}

fn named(name: &str) -> Message {
    Message::new("account-browser-named").with("browser", name)
}

/// The product's name in `curl/8.5.0`.
fn program(user_agent: &str) -> Option<&str> {
    let (name, _) = user_agent.split_once('/')?;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (plain && (1..=LONGEST_PROGRAM).contains(&name.len()) && name != "Mozilla").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_called_as_people_call_it() {
        for (user_agent, name) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Windows"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
                 Safari/537.36 Edg/142.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 \
                 Chrome/136.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/26.1 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 FxiOS/145.0 Mobile/15E148 Safari/605.1.15",
                "Firefox on iPhone",
            ),
            ("curl/8.5.0", "curl"),
            ("Mozilla/5.0", "Unknown browser"),
            ("Mozilla/5.0 (Windows NT 10.0)", "Unknown browser on Windows"),
            ("<b>x</b>/1", "Unknown browser"),
            ("", "Unknown browser"),
        ] {
            assert_eq!(browser(Some(user_agent)).to_string(), name, "{user_agent}");
        }
        assert_eq!(browser(None).to_string(), "Unknown browser");
    }
}
