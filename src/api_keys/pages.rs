//! The question before a key is deleted, and what all lists of keys show.

use askama::Template;

use super::model::{ApiKey, Status};
use crate::language::{Time, filters};
use crate::web::layout::Layout;

/// The question as a page of its own.
#[derive(Template)]
#[template(path = "api_keys/delete.html")]
pub struct DeletePage {
    /// What all pages share.
    pub layout: Layout,
    /// The question.
    pub confirm: Confirm,
}

/// The question as a dialog over the Profile window.
#[derive(Template)]
#[template(path = "api_keys/delete.html", block = "confirm")]
pub struct DeleteFragment {
    /// The question.
    pub confirm: Confirm,
}

/// What is about to be deleted.
pub struct Confirm {
    /// The client ID.
    pub client_id: String,
    /// The name.
    pub name: Option<String>,
    /// Whether the key can be used.
    pub status: Status,
    /// Whether it is the only key that can be used.
    pub last_valid: bool,
    /// Whether it is asked over the Profile window, which then shows what became of it.
    pub over_window: bool,
}

/// The last use of a key, as `api_keys/last_use.html` shows it.
pub struct LastUse {
    /// When it was.
    pub at: Time,
    /// From which address.
    pub address: Option<String>,
}

impl LastUse {
    /// That of a key; none when it was never used.
    #[must_use]
    pub fn of(key: &ApiKey) -> Option<Self> {
        key.last_used_at.map(|at| Self { at: Time(at), address: key.last_used_address.clone() })
    }
}
