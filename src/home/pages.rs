//! The home page.

use askama::Template;

use crate::api_keys::expiry::DaysLeft;
use crate::web::layout::{Layout, Time};

/// `/`.
#[derive(Template)]
#[template(path = "home/home.html")]
pub struct HomePage {
    /// What all pages share.
    pub layout: Layout,
    /// The base URL of the API that the keys are for.
    pub base_url: String,
    /// How many keys can be used.
    pub valid: usize,
    /// How many keys are suspended.
    pub suspended: usize,
    /// How many keys have expired.
    pub expired: usize,
    /// When the next key that can be used expires.
    pub next_expiry: Option<Time>,
    /// The keys that expire soon.
    pub expiring: Option<Expiring>,
    /// A command line that gets a token.
    pub token_command: String,
    /// A command line that uses it.
    pub me_command: String,
}

/// Keys that expire soon.
pub struct Expiring {
    /// How many there are.
    pub count: usize,
    /// The client ID of the one that expires first.
    pub client_id: String,
    /// Its name.
    pub name: Option<String>,
    /// How soon it expires.
    pub days_left: DaysLeft,
    /// Within how many days all of them expire.
    pub within_days: i64,
}
