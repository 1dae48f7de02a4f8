//! The home page.

use askama::Template;

use crate::language::{Message, Time, filters};
use crate::web::layout::Layout;

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
    /// What is to be said about the keys that expire soon.
    pub expiring: Option<Message>,
    /// A command line that gets a token.
    pub token_command: String,
    /// A command line that uses it.
    pub me_command: String,
}
