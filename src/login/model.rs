//! What is known about a session, and where a person comes back to after signing in.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use url::Url;

/// How a session began. It stays the same when the session goes on under a new key.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Beginning {
    /// When.
    pub at: DateTime<Utc>,
    /// The address of whoever signed in.
    pub address: IpAddr,
    /// The browser, as it names itself.
    pub user_agent: Option<String>,
}

/// A path on this server, for after the sign-in. Whatever would lead elsewhere becomes `/`.
#[must_use]
pub fn safe_next(next: &str) -> String {
    const HERE: &str = "http://here.invalid/";
    let inside = next.starts_with('/').then(|| Url::parse(HERE).and_then(|here| here.join(next)));
    match inside {
        Some(Ok(url)) if url.origin().ascii_serialization() == "http://here.invalid" => {
            let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
            let path = url.path().trim_start_matches('/');
            let leads_back = matches!(path.split('/').next(), Some("login" | "logout"));
            if leads_back { "/".to_owned() } else { format!("/{path}{query}") }
        }
        _ => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_on_this_server_are_gone_back_to() {
        assert_eq!(safe_next("/activity?before=12"), "/activity?before=12");
        assert_eq!(safe_next("/profile"), "/profile");
        for elsewhere in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "\\\\evil.example",
            "javascript:alert(1)",
            "/..//evil.example/..",
            "/login?next=/",
            "evil",
        ] {
            let next = safe_next(elsewhere);
            assert!(next.starts_with('/') && !next.starts_with("//"), "{elsewhere} became {next}");
            assert!(!next.contains("evil.example/.."), "{elsewhere} became {next}");
        }
        assert_eq!(safe_next("//evil.example"), "/");
        assert_eq!(safe_next("/\\evil.example"), "/");
    }
}
